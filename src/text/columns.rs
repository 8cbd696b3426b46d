//! How wide a text is where it is set in characters of one size.

/// The columns that a text takes: one a Latin letter, figure or space, two everything that Chinese text is made of; a
/// letter of other alphabets one and a half.
///
/// What is broken to fit a page is broken by columns: a line with Latin words in it has more characters than others.
pub fn columns(text: &str) -> usize {
    columns_of(text.chars().count(), text.len())
}

/// The columns of a text that has so many characters and bytes: characters that are wide have three bytes.
pub fn columns_of(characters: usize, bytes: usize) -> usize {
    characters + (bytes - characters) / 2
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
