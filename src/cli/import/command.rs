//! `import PATH…`: an import with its progress on the terminal.

use std::{fmt, io::Write as _, sync::Arc, time::Duration};

use bytesize::ByteSize;
use indicatif::{ProgressBar, ProgressStyle};
use tonic::transport::Channel;

use super::{
    Content, ImportError, ImportEvent, ImportOptions, ImportSummary, files,
    journal::Journal,
    reader::ReadBytes,
    stream::{Beside, run_beside},
};
use crate::cli::{
    arguments::ImportArguments,
    failure::Failure,
    output,
    output::{Form, Output, Printable},
};

/// Warnings that are shown one by one; the rest is counted.
const WARNINGS_SHOWN: u64 = 20;

/// How often a line says how far it is, where nothing can be drawn.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// When there is enough to say how long the rest takes.
const ESTIMATE_AFTER: Duration = Duration::from_secs(3);

/// How often the progress is drawn.
const TICK: Duration = Duration::from_millis(100);

/// An import that may begin.
pub(in crate::cli) struct Prepared {
    options: ImportOptions,
    journal: Option<Journal>,
}

/// Reads what the command line asks for. One path that it names has to be there at least.
pub(in crate::cli) fn prepare(arguments: ImportArguments) -> Result<Prepared, Failure> {
    let ImportArguments { paths, ready_made, collection, resume } = arguments;
    files::check(&paths).map_err(ImportError::from)?;
    let content = if ready_made { Content::ReadyMade } else { Content::AsFound };
    let options = ImportOptions { paths, content, collection };
    let journal = resume.map(|path| Journal::open(&path, &options)).transpose().map_err(ImportError::from)?;
    Ok(Prepared { options, journal })
}

impl Prepared {
    /// Imports and prints the summary.
    pub(in crate::cli) async fn run(self, channel: Channel, output: &mut Output) -> Result<(), Failure> {
        let Self { options, journal } = self;
        let read = Arc::default();
        let mut progress = Progress::new(files::bytes(&options.paths), Arc::clone(&read));
        let beside = Beside { journal, read };
        let ended = tokio::select! {
            ended = run_beside(channel, &options, beside, |event| progress.take(event)) => ended.map_err(Failure::from),
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted("stopped; run it again to go on".to_owned())),
        };
        let summary = match ended {
            Ok(summary) => summary,
            Err(failure) => {
                progress.say_how_far();
                return Err(failure);
            }
        };
        progress.clear();
        match output.form {
            Form::Json => summary.write_json(&mut output.results)?,
            Form::Text => writeln!(output.results, "{summary}")?,
        }
        match summary.failed {
            0 => Ok(()),
            1 => Err(Failure::Incomplete("1 record was refused".to_owned())),
            failed => Err(Failure::Incomplete(format!("{failed} records were refused"))),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Path(_) | ImportError::Journal(_) => Self::Usage(error.to_string()),
            ImportError::Stream(_)
            | ImportError::Cut { .. }
            | ImportError::Thread(_)
            | ImportError::Note(_)
            | ImportError::Reader => Self::Incomplete(error.to_string()),
        }
    }
}

/// What standard error shows of an import: refusals and warnings as they come and, on a terminal, how far it is.
struct Progress {
    bar: ProgressBar,
    warnings: u64,
    so_far: ImportSummary,
    /// Bytes of all files, compressed where they are.
    total_bytes: u64,
    read: Arc<ReadBytes>,
    /// When the next line is due where nothing can be drawn.
    next_line: Duration,
}

impl Progress {
    fn new(total_bytes: u64, read: Arc<ReadBytes>) -> Self {
        // Draws nothing where standard error is no terminal.
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
        bar.enable_steady_tick(TICK);
        let so_far = ImportSummary::default();
        Self { bar, warnings: 0, so_far, total_bytes, read, next_line: LINE_EVERY }
    }

    fn take(&mut self, event: ImportEvent<'_>) {
        match event {
            ImportEvent::Refused(remark) => self.print(remark),
            ImportEvent::Warned(remark) => {
                self.warnings += 1;
                if self.warnings <= WARNINGS_SHOWN {
                    self.print(format_args!("{remark} [warning]"));
                }
                if self.warnings == WARNINGS_SHOWN {
                    self.print("further warnings are only counted");
                }
            }
            ImportEvent::Acknowledged(summary) => {
                self.so_far = *summary;
                let line = progress_line(summary, self.left());
                if self.bar.is_hidden() && summary.elapsed >= self.next_line {
                    self.next_line = summary.elapsed + LINE_EVERY;
                    output::notice(&line);
                }
                self.bar.set_message(line);
            }
        }
    }

    /// The time that the rest takes, if it goes on like this; `None` while that cannot be told. What was read and is not
    /// acknowledged yet counts as done.
    fn left(&self) -> Option<Duration> {
        let passed_over = self.read.passed_over();
        let read = self.read.all().saturating_sub(passed_over);
        time_left(self.so_far.elapsed, read, self.total_bytes.saturating_sub(passed_over))
    }

    fn print(&self, line: impl fmt::Display) {
        self.bar.suspend(|| output::notice(Printable(&line.to_string())));
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Says what is in although the import was not finished.
    fn say_how_far(&self) {
        self.clear();
        if self.so_far.documents() > 0 {
            output::notice(self.so_far);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
fn time_left(elapsed: Duration, read_bytes: u64, total_bytes: u64) -> Option<Duration> {
    if elapsed < ESTIMATE_AFTER || read_bytes == 0 {
        return None;
    }
    let left = total_bytes.saturating_sub(read_bytes) as f64 / read_bytes as f64;
    Duration::try_from_secs_f64((elapsed.as_secs_f64() * left).round()).ok()
}

fn progress_line(summary: &ImportSummary, left: Option<Duration>) -> String {
    let seconds = summary.elapsed.as_secs_f64().max(f64::EPSILON);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people, to one digit")]
    let rate = summary.bytes as f64 / 1e6 / seconds;
    let left = left.map_or_else(String::new, |left| format!(", about {} left", humantime::format_duration(left)));
    format!(
        "{} documents, {}, {rate:.1} MB/s, {} failed{left}",
        summary.documents(),
        ByteSize(summary.bytes).display().si(),
        summary.failed,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_for_people() {
        let summary = ImportSummary {
            created: 100,
            unchanged: 1,
            bytes: 3_000_000,
            elapsed: Duration::from_secs(2),
            ..ImportSummary::default()
        };
        assert_eq!(progress_line(&summary, None), "101 documents, 3.0 MB, 1.5 MB/s, 0 failed");
        let left = Some(Duration::from_secs(75));
        assert_eq!(progress_line(&summary, left), "101 documents, 3.0 MB, 1.5 MB/s, 0 failed, about 1m 15s left");
    }

    #[test]
    fn the_time_left_is_that_of_what_was_not_read() {
        let check = |elapsed, read, total, expected: Option<u64>| {
            let left = time_left(Duration::from_secs(elapsed), read, total);
            assert_eq!(left, expected.map(Duration::from_secs), "{read} of {total} in {elapsed} s");
        };
        check(10, 1_000, 4_000, Some(30));
        check(10, 4_000, 4_000, Some(0));
        // A file has grown.
        check(10, 5_000, 4_000, Some(0));
        check(1, 1_000, 4_000, None);
        check(10, 0, 4_000, None);
    }
}
