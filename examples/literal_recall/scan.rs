//! What has to be found: every paragraph looked through for every string, in one pass.

use std::collections::HashMap;

use crate::Paragraph;

/// The first character of what is looked for, and the second if there is one.
type Start = (char, Option<char>);

/// For each string of folded letters and digits the paragraphs that have it, ascending.
pub(crate) fn scan(paragraphs: &[Paragraph], wanted: &[String]) -> Vec<Vec<usize>> {
    let mut by_start: HashMap<Start, Vec<usize>> = HashMap::new();
    for (string, characters) in wanted.iter().map(|wanted| wanted.chars()).enumerate() {
        by_start.entry(start(characters)).or_default().push(string);
    }
    let mut found = vec![Vec::new(); wanted.len()];
    for (paragraph, Paragraph { searchable, .. }) in paragraphs.iter().enumerate() {
        for (at, _) in searchable.char_indices() {
            let rest = &searchable[at..];
            let (first, second) = start(rest.chars());
            // At the end of a paragraph both are the same, and looking twice changes nothing.
            for string in [(first, second), (first, None)].iter().filter_map(|start| by_start.get(start)).flatten() {
                if found[*string].last() != Some(&paragraph) && rest.starts_with(&wanted[*string]) {
                    found[*string].push(paragraph);
                }
            }
        }
    }
    found
}

fn start(mut characters: impl Iterator<Item = char>) -> Start {
    (characters.next().expect("what is looked for is not empty"), characters.next())
}
