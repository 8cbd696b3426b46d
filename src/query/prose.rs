//! From prose to the tree: questions and sentences, in which signs are punctuation.

use std::ops::Range;

use crate::{
    query::{
        Boolean, DocumentNumber, Field, MAX_CLAUSES, NamedDocument, Phrase, Query,
        scan::{Character, Mark, MarkKind, marks},
        sequence::collapsed,
    },
    text::has_searchable,
};

/// Nodes beside what is quoted or named: their combination, and the words.
const OTHER_CLAUSES: usize = 2;

/// Reads prose, in linear time: everything in it is wanted, nothing is required. What stands in quotation marks is wanted
/// in sequence, documents that are named by title or number are recognised, and no other sign means anything. What is
/// quoted or named beyond [`MAX_CLAUSES`] nodes is words.
pub fn prose(text: &str) -> Query {
    let characters: Vec<_> = text.chars().map(|value| Character { value, escaped: false }).collect();
    let (mut wanted, mut words, mut at) = (Vec::new(), String::new(), 0);
    for mark in marks(&characters) {
        if let Some(part) = part(&characters, &mark)
            && wanted.len() + OTHER_CLAUSES < MAX_CLAUSES
        {
            words.extend(values(&characters, at..mark.start).chain([' ']));
            wanted.push(part);
            at = mark.end;
        }
    }
    words.extend(values(&characters, at..characters.len()));
    if wanted.is_empty() || has_searchable(&words) {
        wanted.insert(0, Query::words(words.trim()));
    }
    collapsed(Boolean { should: wanted, ..Boolean::default() })
}

/// What a mark wants that is more than words.
fn part(characters: &[Character], Mark { start, end, kind }: &Mark) -> Option<Query> {
    let inner = || Some(values(characters, start + 1..end - 1).collect()).filter(|text: &String| has_searchable(text));
    match kind {
        MarkKind::Quote => inner().map(|text| Query::Phrase(Phrase { text, field: Field::Text })),
        MarkKind::Title => inner().map(|title| Query::NamedDocument(NamedDocument { title })),
        MarkKind::Number(number) => Some(Query::DocumentNumber(DocumentNumber { number: number.clone() })),
        MarkKind::UnclosedQuote
        | MarkKind::UnclosedTitle
        | MarkKind::Open(_)
        | MarkKind::Close { .. }
        | MarkKind::Bar => None,
    }
}

fn values(characters: &[Character], range: Range<usize>) -> impl Iterator<Item = char> {
    characters[range].iter().map(|character| character.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::MAX_CHARACTERS;

    /// Words bare, phrases in `"`, titles in `《》`, numbers in `#`.
    fn shown(query: &Query) -> String {
        match query {
            Query::Words(words) => words.text.clone(),
            Query::Phrase(Phrase { text, field: Field::Text }) => format!("\"{text}\""),
            Query::NamedDocument(NamedDocument { title }) => format!("《{title}》"),
            Query::DocumentNumber(DocumentNumber { number }) => format!("#{number}#"),
            Query::Boolean(Boolean { must, should, must_not }) if must.is_empty() && must_not.is_empty() => {
                should.iter().map(shown).collect::<Vec<_>>().join(" / ")
            }
            other => panic!("prose requires and excludes nothing: {other:?}"),
        }
    }

    #[test]
    fn everything_is_wanted_and_nothing_required() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(shown(&prose(text)), expected, "{text}");
        }
        check("什么是营商环境？", "什么是营商环境？");
        check("什么是“放管服”改革？", "什么是 改革？ / \"放管服\"");
        check("「放管服」", "\"放管服\"");
        check("“放管服”，“双减”", "\"放管服\" / \"双减\"");
        check("《党章》和国发〔2024〕1号", "和 / 《党章》 / #国发〔2024〕1号#");
        check("+甲 -乙 | 丙 OR (丁) 标题:戊 \\(", "+甲 -乙 | 丙 OR (丁) 标题:戊 \\(");
        check("“没有完", "“没有完");
        check("‘the party’s line’是什么", "是什么 / \"the party’s line\"");
        check("“，”甲", "“，”甲");
        check("《》“”", "《》“”");
        check("", "");
    }

    #[test]
    fn the_longest_prose_of_nothing_but_quotations_fits() {
        let text = "“甲”".repeat(MAX_CHARACTERS / 3);
        let Query::Boolean(Boolean { should, .. }) = prose(&text) else { panic!("it has many parts") };
        assert_eq!(should.len() + 1, MAX_CLAUSES);
        assert!(matches!(&should[0], Query::Words(words) if words.text.contains("“甲”“甲”")));
    }
}
