//! Where results and notices go: results to standard output, everything else to standard error.

use std::{
    fmt,
    io::{self, BufWriter, IsTerminal as _, StdoutLock, Write},
};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// Bytes of results that are gathered before they are written.
const BUFFER_BYTES: usize = 64 * 1024;

/// Who reads the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// People.
    Text,
    /// Programs.
    Json,
}

/// The standard output of the process, held for as long as a command runs.
pub(super) struct Output {
    /// Results are written here.
    pub(super) results: BufWriter<StdoutLock<'static>>,
    /// Who reads them.
    pub(super) form: Form,
    /// How they are coloured.
    pub(super) styles: Styles,
    /// Whether they appear on a terminal.
    pub(super) is_terminal: bool,
}

impl Output {
    /// Takes standard output.
    pub(super) fn open(form: Form) -> Self {
        let stdout = io::stdout();
        let styles = Styles::when(AutoStream::choice(&stdout) != ColorChoice::Never);
        let is_terminal = stdout.is_terminal();
        Self { results: BufWriter::with_capacity(BUFFER_BYTES, stdout.lock()), form, styles, is_terminal }
    }
}

/// The colours of results; without colour, nothing at all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Styles {
    /// What names a thing: a title, a key.
    pub(super) name: Style,
    /// What places it: an id, a heading path, a score.
    pub(super) place: Style,
    /// What stands beside it.
    pub(super) aside: Style,
    /// What was cut out.
    pub(super) cut: Style,
    /// What of a text matched.
    pub(super) matched: Style,
}

impl Styles {
    fn when(coloured: bool) -> Self {
        if !coloured {
            return Self::default();
        }
        Self {
            name: Style::new().bold(),
            place: AnsiColor::Cyan.on_default(),
            aside: Style::new().dimmed(),
            cut: AnsiColor::Red.on_default().strikethrough(),
            matched: AnsiColor::Red.on_default().bold(),
        }
    }
}

/// Writes a line to standard error. If nobody reads it there is nobody to tell.
pub(super) fn notice(line: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes `error: …` to standard error.
pub(super) fn error(message: impl fmt::Display) {
    labelled("error", AnsiColor::Red, message);
}

/// Writes `warning: …` to standard error.
pub(super) fn warning(message: impl fmt::Display) {
    labelled("warning", AnsiColor::Yellow, message);
}

fn labelled(label: &str, colour: AnsiColor, message: impl fmt::Display) {
    let style = colour.on_default().bold();
    let _ = writeln!(anstream::stderr().lock(), "{style}{label}:{style:#} {}", Printable(&message.to_string()));
}

/// A text of a document, safe to show: what would steer a terminal is replaced by U+FFFD.
pub(super) struct Printable<'a>(pub(super) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steers = |character: char| character.is_control() && character != '\n' && character != '\t';
        let mut parts = self.0.split(steers);
        formatter.write_str(parts.next().unwrap_or_default())?;
        parts.try_for_each(|part| write!(formatter, "\u{fffd}{part}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        assert_eq!(Printable("甲\u{1b}[2J乙\n\t丙\u{9b}").to_string(), "甲\u{fffd}[2J乙\n\t丙\u{fffd}");
    }
}
