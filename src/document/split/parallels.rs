//! Sentences that are built alike and each open what they tell: 传承好讲政治的基因。…… 传承好公道正派的基因。……

use std::collections::HashMap;

use super::{labels::is_topic, span::Span};

/// How many first characters two sentences share that are built alike, and how many first and last ones.
const FIRST: usize = 3;
const FIRST_OF_BOTH: usize = 2;
const LAST: usize = 2;

/// For each sentence of a text whether it is built like another of them, and opens more than itself. Takes linear time.
pub(super) fn parallels(text: &str, sentences: &[Span]) -> Vec<bool> {
    let mut repeats: HashMap<Form, bool> = HashMap::new();
    for form in sentences.iter().filter_map(|sentence| forms(sentence.text(text))).flatten() {
        repeats.entry(form).and_modify(|repeats| *repeats = true).or_default();
    }
    // Asked anew instead of kept: a text may be nearly all sentences, and few of them open anything.
    let is_like_another =
        |sentence: &Span| forms(sentence.text(text)).is_some_and(|forms| forms.iter().any(|form| repeats[form]));
    let alike: Vec<bool> = sentences.iter().map(is_like_another).collect();
    let opens = |at: usize| alike[at] && alike.get(at + 1) == Some(&false);
    (0..alike.len()).map(opens).collect()
}

/// How a sentence begins and ends: its first and last characters; where there are fewer, nulls.
type Form = [char; FIRST_OF_BOTH + LAST];

fn forms(sentence: &str) -> Option<[Form; 2]> {
    let said = sentence.trim().strip_suffix('。').filter(|_| is_topic(sentence))?;
    said.chars().nth(FIRST)?;
    let form = |first: usize, last: usize| {
        let mut form = Form::default();
        let characters = said.chars().take(first).chain(said.chars().rev().take(last));
        form.iter_mut().zip(characters).for_each(|(place, character)| *place = character);
        form
    };
    Some([form(FIRST, 0), form(FIRST_OF_BOTH, LAST)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::split::{
        cutting::{Cut, Units},
        span::Place,
    };

    /// The sentences that open something.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let whole = Span { start: Place::default(), end: Place::default().after(text) };
        let sentences: Vec<Span> = Units::new(text, whole, Cut::Sentence).collect();
        let found = sentences.iter().zip(parallels(text, &sentences)).filter(|&(_, opens)| opens);
        assert_eq!(found.map(|(sentence, _)| sentence.text(text)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn sentences_built_alike() {
        check(
            "传承好讲政治的基因。这是要求。传承好正派的基因。要公道。",
            &["传承好讲政治的基因。", "传承好正派的基因。"],
        );
        check("要抓牢思想提升。要学。要抓紧能力提升。要练。", &["要抓牢思想提升。", "要抓紧能力提升。"]);
        check("要抓牢思想。要学习理论。要抓紧能力。要练。", &[]);
        check("要做到无忧。要做到放心。要做到满意。", &[]);
        check("要做到家庭无忧，谈心谈话。好。要做到身心无忧，锻炼。好。", &[]);
        check("传承好。传承好。", &[]);
        check("", &[]);
    }
}
