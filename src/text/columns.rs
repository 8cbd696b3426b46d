//! How wide a text is where it is set in characters of one size.

/// The columns that a text takes: one a Latin letter, figure or space, two everything that Chinese text is made of.
///
/// What is broken to fit a page is broken by columns: a line with Latin words in it has more characters than others.
pub fn columns(text: &str) -> usize {
    /// The first byte of a character of three bytes or four, as ideographs and their marks are.
    const WIDE: u8 = 0xE0;
    let is_first = |byte: u8| byte & 0xC0 != 0x80;
    text.bytes().map(|byte| usize::from(is_first(byte)) + usize::from(byte >= WIDE)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_takes_half_of_what_ideographs_do() {
        #[track_caller]
        fn check(text: &str, expected: usize) {
            assert_eq!(columns(text), expected, "{text}");
        }
        check("", 0);
        check("联合体，", 8);
        check("5G基站 ", 7);
        check("\u{3000}“ＡI”é", 10);
        check("\u{20000}", 2);
    }
}
