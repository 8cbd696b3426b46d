//! Frequent questions, narrowed: what thousands of paragraphs have need not be fetched whole each time.

use crate::{
    Paragraph,
    draw::{Kind, Question},
    law::Law,
    scan::scan,
};

/// More paragraphs than this make a question frequent.
const FREQUENT: usize = 1_000;
/// One in so many frequent questions is asked as it is.
const WHOLE_EVERY: usize = 20;
/// The letters and digits of what is asked for beside.
const BESIDE_LETTERS: usize = 12;

/// What has to be found for each question. A frequent one is narrowed first: it is asked together with the first
/// letters of its paragraph, and exactly those paragraphs have to be found that have both. Single characters are asked
/// as they are.
pub(crate) fn narrow(paragraphs: &[Paragraph], questions: &mut [Question], law: &Law) -> Vec<Vec<usize>> {
    let wanted: Vec<String> = questions.iter().map(|question| law.searchable(&question.text)).collect();
    let mut expected = scan(paragraphs, &wanted);
    let is_frequent = |at: &usize| questions[*at].kind != Kind::Character && expected[*at].len() > FREQUENT;
    let frequent = (0..questions.len()).filter(is_frequent).enumerate();
    let narrowed: Vec<usize> = frequent.filter(|(number, _)| number % WHOLE_EVERY != 0).map(|(_, at)| at).collect();
    let first_letters = |&at: &usize| -> String {
        paragraphs[questions[at].paragraph].searchable.chars().take(BESIDE_LETTERS).collect()
    };
    let beside: Vec<String> = narrowed.iter().map(first_letters).collect();
    let with_beside = scan(paragraphs, &beside);
    for ((at, beside), with_beside) in narrowed.into_iter().zip(beside).zip(with_beside) {
        expected[at].retain(|paragraph| with_beside.binary_search(paragraph).is_ok());
        questions[at].beside = Some(beside);
    }
    expected
}
