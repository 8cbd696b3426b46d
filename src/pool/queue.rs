//! The jobs that wait for a thread, and which of them is next.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// How often a line is passed over before it has its turn.
const PASSES: u32 = 4;

/// Which jobs are taken before which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precedence {
    /// Of work already begun: first, so that what was begun comes to its end and makes room.
    Continuing,
    /// Of work that begins, which someone waits for.
    Beginning,
    /// Of work that takes as long as it takes.
    Background,
}

/// Does the work and tells whoever waits for it.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// A line for each precedence. Whichever is first goes first; one that was passed over [`PASSES`] times has its turn, so
/// that none waits for ever.
#[derive(Default)]
pub(super) struct Queue {
    lines: [Line; 3],
}

/// Jobs that are taken in the order in which they came.
#[derive(Default)]
struct Line {
    jobs: VecDeque<(Instant, Job)>,
    passed_over: u32,
}

impl Queue {
    /// Puts a job behind those of its precedence.
    pub(super) fn push(&mut self, precedence: Precedence, came: Instant, job: Job) {
        self.lines[precedence as usize].jobs.push_back((came, job));
    }

    /// The job that is next.
    pub(super) fn pop(&mut self) -> Option<Job> {
        let waits = |line: &Line| !line.jobs.is_empty();
        let due = self.lines.iter().position(|line| waits(line) && line.passed_over >= PASSES);
        let next = due.or_else(|| self.lines.iter().position(waits))?;
        self.lines[next].passed_over = 0;
        for behind in self.lines[next + 1..].iter_mut().filter(|line| waits(line)) {
            behind.passed_over += 1;
        }
        self.lines[next].jobs.pop_front().map(|(_, job)| job)
    }

    /// How long the first job of a line has been waiting.
    pub(super) fn longest_wait(&self, precedence: Precedence) -> Duration {
        let first = self.lines[precedence as usize].jobs.front();
        first.map_or(Duration::ZERO, |(came, _)| came.elapsed())
    }
}

/// How much later a job begins for each one that stands before it, learnt from those that have begun.
#[derive(Debug, Default)]
pub(super) struct Pace(Duration);

impl Pace {
    /// What each further job counts for: the last sixteen have most of the say.
    const WEIGHT: u32 = 8;

    /// Learns from a job that waited behind so many.
    pub(super) fn learn(&mut self, waited: Duration, ahead: usize) {
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX).saturating_add(1);
        self.0 = (self.0 * (Self::WEIGHT - 1) + waited / ahead) / Self::WEIGHT;
    }

    /// How long a job is likely to wait behind so many.
    pub(super) fn wait(&self, ahead: usize) -> Duration {
        self.0.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Puts jobs into a queue, written as the first letters of their precedences, and checks the order in which they
    /// are taken.
    fn check(pushed: &str, taken: &str) {
        let (send, taken_jobs) = mpsc::sync_channel(pushed.len());
        let mut queue = Queue::default();
        for letter in pushed.chars() {
            let precedence = match letter {
                'c' => Precedence::Continuing,
                'b' => Precedence::Beginning,
                _ => Precedence::Background,
            };
            let send = send.clone();
            queue.push(precedence, Instant::now(), Box::new(move || send.send(letter).unwrap()));
        }
        while let Some(job) = queue.pop() {
            job();
        }
        drop(send);
        assert_eq!(taken_jobs.iter().collect::<String>(), taken);
    }

    #[test]
    fn what_was_begun_goes_first() {
        check("", "");
        check("gbc", "cbg");
        check("gbcbcg", "ccbbgg");
    }

    #[test]
    fn none_waits_for_ever() {
        check("bbcccccccccc", "ccccbccccbcc");
        check("gbbbbbb", "bbbbgbb");
        check("gbbcccccccccc", "ccccbgccccbcc");
    }

    #[test]
    fn the_pace_follows_those_that_have_begun() {
        let mut pace = Pace::default();
        assert_eq!(pace.wait(64), Duration::ZERO, "nothing is known yet");
        for _ in 0..64 {
            pace.learn(Duration::from_millis(20), 9);
        }
        let wait = pace.wait(50).as_millis();
        assert!((90..=100).contains(&wait), "{wait}");
        for _ in 0..64 {
            pace.learn(Duration::ZERO, 0);
        }
        assert!(pace.wait(50) < Duration::from_millis(1));
    }
}
