//! What has to be found: every paragraph looked through for every question, in one pass.

use std::collections::HashMap;

use crate::{Paragraph, draw::Question, law::Law};

/// The first character of what is looked for, and the second if there is one.
type Start = (char, Option<char>);

/// For each question the paragraphs that have its folded letters and digits, ascending.
pub(crate) fn scan(paragraphs: &[Paragraph], questions: &[Question], law: &Law) -> Vec<Vec<usize>> {
    let wanted: Vec<String> = questions.iter().map(|question| law.searchable(&question.text)).collect();
    let mut by_start: HashMap<Start, Vec<usize>> = HashMap::new();
    for (question, wanted) in wanted.iter().enumerate() {
        let mut characters = wanted.chars();
        let first = characters.next().expect("a question has a letter or digit");
        by_start.entry((first, characters.next())).or_default().push(question);
    }
    let mut found = vec![Vec::new(); questions.len()];
    for (paragraph, Paragraph { searchable, .. }) in paragraphs.iter().enumerate() {
        for (at, first) in searchable.char_indices() {
            let rest = &searchable[at..];
            let starts = [(first, rest.chars().nth(1)), (first, None)];
            // At the end of a paragraph both are the same.
            let starts = if starts[0] == starts[1] { &starts[1..] } else { &starts };
            for &question in starts.iter().filter_map(|start| by_start.get(start)).flatten() {
                if found[question].last() != Some(&paragraph) && rest.starts_with(&wanted[question]) {
                    found[question].push(paragraph);
                }
            }
        }
    }
    found
}
