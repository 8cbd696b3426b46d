//! `import PATH…`: an import with its progress on the terminal.

use std::{fmt, io::Write as _, time::Duration};

use bytesize::ByteSize;
use indicatif::{ProgressBar, ProgressStyle};
use tonic::transport::Channel;

use super::{Content, ImportError, ImportEvent, ImportOptions, ImportSummary, files, run};
use crate::cli::{
    arguments::ImportArguments,
    failure::Failure,
    output,
    output::{Form, Output, Printable},
};

/// Warnings that are shown one by one; the rest is counted.
const WARNINGS_SHOWN: u64 = 20;

/// How often the progress is drawn.
const TICK: Duration = Duration::from_millis(100);

/// Reads what the command line asks for. One path that it names has to be there at least.
pub(in crate::cli) fn options(arguments: ImportArguments) -> Result<ImportOptions, Failure> {
    let ImportArguments { paths, ready_made, collection } = arguments;
    files::check(&paths).map_err(ImportError::from)?;
    let content = if ready_made { Content::ReadyMade } else { Content::AsFound };
    Ok(ImportOptions { paths, content, collection })
}

/// Imports and prints the summary.
pub(in crate::cli) async fn import(
    channel: Channel,
    options: ImportOptions,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut progress = Progress::new();
    let ended = tokio::select! {
        ended = run(channel, &options, |event| progress.take(event)) => ended.map_err(Failure::from),
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

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Path(error) => Self::Usage(error.to_string()),
            ImportError::Stream(_) | ImportError::Cut { .. } | ImportError::Thread(_) | ImportError::Reader => {
                Self::Incomplete(error.to_string())
            }
        }
    }
}

/// What standard error shows of an import: refusals and warnings as they come and, on a terminal, how far it is.
struct Progress {
    bar: ProgressBar,
    warnings: u64,
    so_far: ImportSummary,
}

impl Progress {
    fn new() -> Self {
        // Draws nothing where standard error is no terminal.
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
        bar.enable_steady_tick(TICK);
        Self { bar, warnings: 0, so_far: ImportSummary::default() }
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
                self.bar.set_message(progress_line(summary));
            }
        }
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

fn progress_line(summary: &ImportSummary) -> String {
    let seconds = summary.elapsed.as_secs_f64().max(f64::EPSILON);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people, to one digit")]
    let rate = summary.bytes as f64 / 1e6 / seconds;
    format!(
        "{} documents, {}, {rate:.1} MB/s, {} failed",
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
        assert_eq!(progress_line(&summary), "101 documents, 3.0 MB, 1.5 MB/s, 0 failed");
    }
}
