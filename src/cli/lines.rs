//! Lines of a file, one at a time, however long the file is.

use std::io::{self, BufRead, Read as _};

/// The longest line: a text of 16 MiB of which every character is escaped, and what stands around it.
const LINE_BYTES: u64 = 64 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of a file. Memory is that of the longest line.
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    line_bytes: u64,
    number: u64,
    has_ended: bool,
}

/// Why a line cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    /// It is no text.
    #[error("not UTF-8 at byte {0} of the line; save the file as UTF-8")]
    NotUtf8(usize),
    /// It is longer than any record can be.
    #[error("the line is longer than {0} bytes")]
    TooLong(u64),
    /// The file gives no more.
    #[error("cannot read on: {0}")]
    Read(io::Error),
}

impl<R: BufRead> Lines<R> {
    /// The lines of a file from its beginning.
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), line_bytes: LINE_BYTES, number: 0, has_ended: false }
    }

    /// The number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line: without its end, and without a byte order mark at the start of the file. After
    /// [`LineError::Read`] there is none; after the other errors there may be.
    pub(super) fn next(&mut self) -> Option<Result<&str, LineError>> {
        if self.has_ended {
            return None;
        }
        self.buffer.clear();
        self.number += 1;
        match self.fill() {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => {
                self.has_ended = matches!(error, LineError::Read(_));
                return Some(Err(error));
            }
        }
        let start =
            if self.number == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let line = &self.buffer[start..];
        Some(std::str::from_utf8(line).map_err(|error| LineError::NotUtf8(start + error.valid_up_to())))
    }

    /// Reads a line into the buffer; false at the end of the file.
    fn fill(&mut self) -> Result<bool, LineError> {
        let bound = self.line_bytes + 1;
        let read = self.reader.by_ref().take(bound).read_until(b'\n', &mut self.buffer).map_err(LineError::Read)?;
        if read as u64 == bound && self.buffer.last() != Some(&b'\n') {
            self.buffer.clear();
            self.reader.skip_until(b'\n').map_err(LineError::Read)?;
            return Err(LineError::TooLong(self.line_bytes));
        }
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        Ok(read > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &[u8], expected: &[Result<&str, &str>]) {
        let mut lines = Lines { line_bytes: 12, ..Lines::new(file) };
        for (number, expected) in (1..).zip(expected) {
            let line = lines.next().expect("a line").map_err(|error| error.to_string());
            assert_eq!(line.as_deref().map_err(String::as_str), *expected);
            assert_eq!(lines.number(), number);
        }
        assert!(lines.next().is_none());
    }

    #[test]
    fn ends_of_lines_and_the_byte_order_mark_are_taken_off() {
        check("\u{feff}甲\r\n\n\u{feff}乙".as_bytes(), &[Ok("甲"), Ok(""), Ok("\u{feff}乙")]);
        check(b"", &[]);
    }

    #[test]
    fn a_file_that_cannot_be_read_on_ends() {
        struct Broken;
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::InvalidData.into())
            }
        }
        let mut lines = Lines::new(io::BufReader::new(io::Read::chain(&b"ok\n"[..], Broken)));
        assert_eq!(lines.next().unwrap().unwrap(), "ok");
        assert!(matches!(lines.next(), Some(Err(LineError::Read(_)))));
        assert!(lines.next().is_none());
    }

    #[test]
    fn a_bad_line_does_not_spoil_the_next() {
        check(
            b"ab\xff\n0123456789ab\n0123456789abc\nok\n",
            &[
                Err("not UTF-8 at byte 2 of the line; save the file as UTF-8"),
                Ok("0123456789ab"),
                Err("the line is longer than 12 bytes"),
                Ok("ok"),
            ],
        );
    }
}
