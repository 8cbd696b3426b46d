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
    /// Jobs that came so far.
    came: u64,
}

/// Jobs that are taken in the order in which they came.
#[derive(Default)]
struct Line {
    jobs: VecDeque<Waiting>,
    passed_over: u32,
}

struct Waiting {
    ticket: Ticket,
    came: Instant,
    job: Job,
}

/// Names a job that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    precedence: Precedence,
    /// Rises from one job to the next.
    number: u64,
}

impl Queue {
    /// Puts a job behind those of its precedence.
    pub(super) fn push(&mut self, precedence: Precedence, came: Instant, job: Job) -> Ticket {
        self.came += 1;
        let ticket = Ticket { precedence, number: self.came };
        self.lines[precedence as usize].jobs.push_back(Waiting { ticket, came, job });
        ticket
    }

    /// Takes a job out that nobody wants any more, if it still waits.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Job> {
        let jobs = &mut self.lines[ticket.precedence as usize].jobs;
        let at = jobs.binary_search_by_key(&ticket.number, |waiting| waiting.ticket.number).ok()?;
        jobs.remove(at).map(|waiting| waiting.job)
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
        self.lines[next].jobs.pop_front().map(|waiting| waiting.job)
    }

    /// Jobs that wait.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lines.iter().map(|line| line.jobs.len()).sum()
    }

    /// How long the first job of a line has been waiting.
    pub(super) fn longest_wait(&self, precedence: Precedence) -> Duration {
        let first = self.lines[precedence as usize].jobs.front();
        first.map_or(Duration::ZERO, |first| first.came.elapsed())
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
    fn a_job_that_nobody_wants_leaves_the_queue() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let long_ago = now.checked_sub(Duration::from_mins(1)).unwrap();
        let (send, taken) = mpsc::sync_channel(4);
        let mut push = |name: char, came| {
            let send = send.clone();
            queue.push(Precedence::Beginning, came, Box::new(move || send.send(name).unwrap()))
        };
        let [first, _second, third, _fourth] =
            [('a', long_ago), ('b', now), ('c', now), ('d', now)].map(|(name, came)| push(name, came));
        for gone in [first, third] {
            assert!(queue.remove(gone).is_some());
            assert!(queue.remove(gone).is_none(), "it is gone");
        }
        assert!(queue.longest_wait(Precedence::Beginning) < Duration::from_secs(30), "those that left do not count");
        while let Some(job) = queue.pop() {
            job();
        }
        assert_eq!(taken.try_iter().collect::<String>(), "bd");
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
