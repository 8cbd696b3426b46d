//! From a query tree to what an engine can match: words cut, characters folded.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    engine::{Clause, Expression, MetadataTerm, ReadError, Snapshot, Term, TermField, Verbatim},
    query::{
        Boolean, DocumentNumber, Field, MatchMode, Metadata, MetadataKey, NamedDocument, Phrase, Query, Substring,
        Words,
    },
    text::{QueryWord, Segmenter, Synonym, searchable},
};

/// What the paragraphs of a document score whose number is asked for: more than any paragraph that only mentions it.
const NAMED_SCORE: u16 = 100;

/// A word or phrase of a query, and in how many paragraphs it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermStatistics {
    /// Folded letters and digits.
    pub characters: String,
    /// Paragraphs.
    pub frequency: u64,
    /// Where they were counted; `TextOrTitle` when neither has them.
    pub field: TermField,
}

/// What the engine is to match. `mode` holds for words that do not say themselves.
pub(super) fn plan(query: &Query, mode: MatchMode, segmenter: &Segmenter) -> Expression {
    match query {
        Query::Words(words) => plan_words(words, mode, segmenter),
        Query::Phrase(phrase) => plan_phrase(phrase),
        Query::Substring(substring) => plan_substring(substring),
        Query::NamedDocument(named) => plan_named_document(named),
        Query::DocumentNumber(number) => plan_document_number(number),
        Query::Metadata(metadata) => plan_metadata(metadata),
        Query::Boolean(boolean) => plan_boolean(boolean, mode, segmenter),
        Query::Alternatives(alternatives) => combined(any_of(alternatives, mode, segmenter)),
        Query::MatchAll => Expression::All,
    }
}

/// Every term that may match, in query order; of exact characters their letters and digits.
pub(super) fn terms(expression: &Expression) -> Vec<&Term> {
    let mut terms = Vec::new();
    collect_terms(expression, &mut terms);
    terms
}

/// The frequency of every term that may match, in query order.
///
/// What is looked for in text or title is counted in the text, and only where no text has it in the title: counting
/// both at once would walk over all that either has, at each search.
pub(super) fn term_statistics(
    expression: &Expression,
    snapshot: &dyn Snapshot,
    stop: &Arc<AtomicBool>,
) -> Result<Vec<TermStatistics>, ReadError> {
    let mut terms = terms(expression);
    let mut seen = HashSet::new();
    terms.retain(|term| seen.insert((&term.characters, term.field)));
    let (mut counted, mut known) = (Vec::with_capacity(terms.len()), HashSet::new());
    for term in terms {
        let statistics = statistics(term, snapshot, stop)?;
        if known.insert((&term.characters, statistics.field)) {
            counted.push(statistics);
        }
    }
    Ok(counted)
}

fn statistics(term: &Term, snapshot: &dyn Snapshot, stop: &Arc<AtomicBool>) -> Result<TermStatistics, ReadError> {
    let fields: &[TermField] = match term.field {
        TermField::TextOrTitle => &[TermField::Text, TermField::Title],
        TermField::Text => &[TermField::Text],
        TermField::Title => &[TermField::Title],
    };
    let characters = &term.characters;
    for &field in fields {
        let frequency = snapshot.frequency(&Term { field, ..term.clone() }, stop)?;
        if frequency > 0 {
            return Ok(TermStatistics { characters: characters.clone(), frequency, field });
        }
    }
    Ok(TermStatistics { characters: characters.clone(), frequency: 0, field: term.field })
}

/// Why a word of a query is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// It carries no meaning, and others beside it do.
    NoContent,
    /// It stands among the same words before.
    Repeated,
}

/// The words that a text is cut into, in order, with why those are left out that do not count: words that carry meaning
/// count, or all where none does, and each once.
pub(super) fn weighed(text: &str, segmenter: &Segmenter) -> impl Iterator<Item = (QueryWord, Option<LeftOut>)> {
    let words = segmenter.query_words(text);
    let meaningful = words.iter().any(|word| word.content);
    let mut seen = HashSet::new();
    (0..words.len()).map(move |index| {
        let word = words[index].clone();
        let left_out = if meaningful && !word.content {
            Some(LeftOut::NoContent)
        } else {
            let is_new = seen.insert(word.characters.clone());
            (!is_new).then_some(LeftOut::Repeated)
        };
        (word, left_out)
    })
}

/// Where words are looked for.
pub(super) fn words_field(words: &Words) -> TermField {
    match words.field {
        None => TermField::TextOrTitle,
        Some(Field::Text) => TermField::Text,
        Some(Field::Title) => TermField::Title,
    }
}

fn plan_words(words: &Words, mode: MatchMode, segmenter: &Segmenter) -> Expression {
    let field = words_field(words);
    let term = |(QueryWord { characters, .. }, left_out): (QueryWord, Option<LeftOut>)| {
        left_out.is_none().then_some(Expression::Term(Term { characters, field, word: true }))
    };
    let counting: Vec<_> = weighed(&words.text, segmenter).map(term).collect();
    match words.mode.unwrap_or(mode) {
        MatchMode::Any => {
            let mut seen = HashSet::new();
            let others = words.synonyms.iter().filter(|name| seen.insert(&name.written));
            let others = others.flat_map(|name| other_names(name, field));
            one_of(counting.into_iter().flatten().chain(others).map(Clause::Should).collect())
        }
        MatchMode::All => one_of(required_words(&counting, &words.synonyms, field)),
    }
}

/// Requires each word that counts; of what has other names, all its words or another name.
fn required_words(counting: &[Option<Expression>], names: &[Synonym], field: TermField) -> Vec<Clause> {
    let required = |words: &[Option<Expression>]| words.iter().flatten().cloned().map(Clause::Must).collect::<Vec<_>>();
    let (mut clauses, mut next) = (Vec::new(), 0);
    for name in names {
        clauses.extend(required(&counting[next..name.words.start]));
        let written = required(&counting[name.words.clone()]);
        // What stands there a second time is required already.
        if !written.is_empty() {
            let any = [one_of(written)].into_iter().chain(other_names(name, field));
            clauses.push(Clause::Must(Expression::Combined(any.map(Clause::Should).collect())));
        }
        next = name.words.end;
    }
    clauses.extend(required(&counting[next..]));
    clauses
}

fn other_names(name: &Synonym, field: TermField) -> impl Iterator<Item = Expression> {
    name.others.iter().map(move |other| Expression::Term(Term { characters: other.clone(), field, word: false }))
}

/// Clauses as one expression; a single one as what it is of.
fn one_of(mut clauses: Vec<Clause>) -> Expression {
    match clauses.pop() {
        None => Expression::Nothing,
        Some(Clause::Should(only) | Clause::Must(only)) if clauses.is_empty() => only,
        Some(last) => {
            clauses.push(last);
            Expression::Combined(clauses)
        }
    }
}

fn plan_phrase(Phrase { text, field }: &Phrase) -> Expression {
    let field = match field {
        Field::Text => TermField::Text,
        Field::Title => TermField::Title,
    };
    phrase(text, field)
}

/// Nothing for one without a letter or digit, which the door refuses.
fn plan_substring(Substring { text }: &Substring) -> Expression {
    Verbatim::new(text).map_or(Expression::Nothing, Expression::Verbatim)
}

/// The documents titled so, and the paragraphs that mention them.
fn plan_named_document(NamedDocument { title }: &NamedDocument) -> Expression {
    either(phrase(title, TermField::Title), phrase(title, TermField::Text))
}

/// The document with the number, and the paragraphs that mention it.
fn plan_document_number(DocumentNumber { number }: &DocumentNumber) -> Expression {
    let numbered = MetadataTerm { key: MetadataKey::DocumentNumber, value: number.clone(), score: NAMED_SCORE };
    either(Expression::Metadata(numbered), phrase(number, TermField::Text))
}

/// The documents with the value: it selects and does not score.
fn plan_metadata(Metadata { field, value }: &Metadata) -> Expression {
    Expression::Metadata(MetadataTerm { key: *field, value: value.clone(), score: 0 })
}

fn plan_boolean(Boolean { must, should, must_not }: &Boolean, mode: MatchMode, segmenter: &Segmenter) -> Expression {
    let mut clauses = all_of(must, mode, segmenter);
    clauses.extend(any_of(should, mode, segmenter));
    for part in must_not {
        let clause = Clause::MustNot(plan_excluded(part, segmenter));
        // To exclude it again excludes no more, and costs a walk.
        if !clauses.contains(&clause) {
            clauses.push(clause);
        }
    }
    combined(clauses)
}

/// What is excluded does not depend on what the request says: else requiring more could find more.
pub(super) fn plan_excluded(query: &Query, segmenter: &Segmenter) -> Expression {
    plan(query, MatchMode::Any, segmenter)
}

/// Requirements, in one row with those that they consist of.
fn all_of(queries: &[Query], mode: MatchMode, segmenter: &Segmenter) -> Vec<Clause> {
    row(queries.iter().map(|part| plan(part, mode, segmenter)), Clause::Must, |part| matches!(part, Clause::Must(_)))
}

/// Alternatives, in one row with those among them: engines prune flat unions only.
fn any_of(queries: &[Query], mode: MatchMode, segmenter: &Segmenter) -> Vec<Clause> {
    let parts = queries.iter().map(|part| plan(part, mode, segmenter));
    lacking_one(row(parts, Clause::Should, |part| matches!(part, Clause::Should(_))))
}

/// What lacks one of several things is what has not all of them: so every paragraph is walked over once, not once for
/// each of them.
fn lacking_one(clauses: Vec<Clause>) -> Vec<Clause> {
    if clauses.iter().filter(|clause| only_excludes(clause)).count() < 2 {
        return clauses;
    }
    let (lacking, mut clauses): (Vec<_>, Vec<_>) = clauses.into_iter().partition(only_excludes);
    let mut all = Vec::new();
    for clause in lacking {
        let Clause::Should(Expression::Combined(parts)) = clause else { continue };
        let mut excluded: Vec<_> = parts.into_iter().filter_map(excluded).collect();
        let clause = match excluded.pop() {
            Some(only) if excluded.is_empty() => Clause::Must(only),
            last => Clause::Must(combined(excluded.into_iter().chain(last).map(Clause::Should).collect())),
        };
        if !all.contains(&clause) {
            all.push(clause);
        }
    }
    clauses.push(Clause::Should(Expression::Combined(vec![Clause::MustNot(combined(all))])));
    clauses
}

/// Whether an alternative is there by what it lacks.
fn only_excludes(clause: &Clause) -> bool {
    let Clause::Should(Expression::Combined(parts)) = clause else { return false };
    !parts.is_empty() && parts.iter().all(|part| matches!(part, Clause::MustNot(_)))
}

fn excluded(clause: Clause) -> Option<Expression> {
    match clause {
        Clause::MustNot(part) => Some(part),
        Clause::Must(_) | Clause::Should(_) => None,
    }
}

/// Clauses of one kind in one row, those of combinations that have no other kind included.
fn row(
    parts: impl Iterator<Item = Expression>,
    wrap: fn(Expression) -> Clause,
    is_wrapped: fn(&Clause) -> bool,
) -> Vec<Clause> {
    let mut clauses = Vec::new();
    for part in parts {
        match part {
            Expression::Combined(parts) if parts.iter().all(is_wrapped) => clauses.extend(parts),
            part => clauses.push(wrap(part)),
        }
    }
    clauses
}

fn combined(clauses: Vec<Clause>) -> Expression {
    if clauses.is_empty() { Expression::Nothing } else { Expression::Combined(clauses) }
}

fn either(one: Expression, other: Expression) -> Expression {
    match (one, other) {
        (Expression::Nothing, only) | (only, Expression::Nothing) => only,
        (one, other) => Expression::Combined(vec![Clause::Should(one), Clause::Should(other)]),
    }
}

fn phrase(text: &str, field: TermField) -> Expression {
    let characters = searchable(text);
    if characters.is_empty() {
        return Expression::Nothing;
    }
    Expression::Term(Term { characters, field, word: false })
}

/// The terms that may match, in order.
pub(super) fn collect_terms<'a>(expression: &'a Expression, terms: &mut Vec<&'a Term>) {
    match expression {
        Expression::All | Expression::Nothing | Expression::Metadata(_) => {}
        Expression::Term(term) => terms.push(term),
        Expression::Verbatim(verbatim) => terms.push(verbatim.term()),
        Expression::Combined(clauses) => {
            for clause in clauses {
                if let Clause::Must(part) | Clause::Should(part) = clause {
                    collect_terms(part, terms);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::MetadataTerm, query::parse, text::Synonyms};

    /// Writes a plan down: words bare, phrases quoted, `+` required, `-` excluded.
    fn written(expression: &Expression) -> String {
        match expression {
            Expression::All => "*".to_owned(),
            Expression::Nothing => "nothing".to_owned(),
            Expression::Verbatim(verbatim) => format!("={}={}", verbatim.text(), verbatim.term().characters),
            Expression::Metadata(MetadataTerm { key, value, score }) => format!("{key:?}:{value}^{score}"),
            Expression::Term(Term { characters, field, word }) => {
                let field = if *field == TermField::Title { "title:" } else { "" };
                if *word { format!("{field}{characters}") } else { format!("{field}“{characters}”") }
            }
            Expression::Combined(clauses) => {
                let parts: Vec<_> = clauses
                    .iter()
                    .map(|clause| match clause {
                        Clause::Must(part) => format!("+{}", written(part)),
                        Clause::Should(part) => written(part),
                        Clause::MustNot(part) => format!("-{}", written(part)),
                    })
                    .collect();
                format!("({})", parts.join(" "))
            }
        }
    }

    fn check(query: &Query, mode: MatchMode, expected: &str) {
        static SEGMENTER: std::sync::OnceLock<Segmenter> = std::sync::OnceLock::new();
        let segmenter = SEGMENTER.get_or_init(Segmenter::new);
        assert_eq!(written(&plan(query, mode, segmenter)), expected, "{query:?}");
    }

    #[test]
    fn words_are_wanted_and_phrases_required() {
        let any = |text: &str, expected: &str| check(&parse(text).query, MatchMode::Any, expected);
        any("营商环境", "营商环境");
        any("优化营商环境", "(优化 营商环境)");
        any("問題導向　干部", "(问题导向 干部)");
        any("“两个确立”", "“两个确立”");
        any("干部 “两个确立” 忠诚", "(+“两个确立” 干部 忠诚)");
        any("优化 优化", "优化");
    }

    #[test]
    fn other_names_are_as_good_as_what_is_written() {
        let list = "version = \"t\"\ngroups = [[\"云溪市发展和改革委员会\", \"云溪市发改委\"]]";
        let (synonyms, segmenter) = (Synonyms::parse(list.as_bytes()).unwrap(), Segmenter::new());
        let named = |text: &str, mode: MatchMode, expected: &str| {
            check(&parse(text).query.with_synonyms(&|text| synonyms.find(text, &segmenter)), mode, expected);
        };
        let other = "“云溪市发展和改革委员会”";
        named("云溪市发改委的通知", MatchMode::Any, &format!("(云溪市 发改委 通知 {other})"));
        named("云溪市发改委的通知", MatchMode::All, &format!("(+((+云溪市 +发改委) {other}) +通知)"));
        named("云溪市发改委 云溪市发改委", MatchMode::Any, &format!("(云溪市 发改委 {other})"));
        named("云溪市发改委 云溪市发改委", MatchMode::All, &format!("((+云溪市 +发改委) {other})"));
        named("+云溪市发改委 通知", MatchMode::Any, &format!("(+((+云溪市 +发改委) {other}) 通知)"));
        named("“云溪市发改委” 通知", MatchMode::Any, "(+“云溪市发改委” 通知)");
        named("通知 -云溪市发改委", MatchMode::Any, "(通知 -(+云溪市 +发改委))");
    }

    #[test]
    fn words_without_meaning_count_only_where_there_is_nothing_else() {
        let any = |text: &str, expected: &str| check(&parse(text).query, MatchMode::Any, expected);
        any("什么是营商环境", "营商环境");
        any("什么", "什么");
        any("，。", "nothing");
    }

    #[test]
    fn signs_alternatives_and_names_keep_their_meaning() {
        let any = |text: &str, expected: &str| check(&parse(text).query, MatchMode::Any, expected);
        any("+优化营商环境 干部 -教育", "(+优化 +营商环境 干部 -教育)");
        any("干部 | 忠诚 教育", "(干部 忠诚 教育)");
        any("+(干部 | 忠诚) 教育", "(+(干部 忠诚) 教育)");
        any("标题:通知 标题:“意见”", "(+title:“意见” title:通知)");
        any("《党章》", "(title:“党章” “党章”)");
        any("学习《党章》", "(学习 title:“党章” “党章”)");
        any("国办发[2024] 1号", "(DocumentNumber:国办发〔2024〕1号^100 “国办发20241号”)");
    }

    #[test]
    fn alternatives_stay_alternatives_when_everything_is_required() {
        let all = |text: &str, expected: &str| check(&parse(text).query.requiring_all(), MatchMode::All, expected);
        all("干部 | 忠诚 教育", "(+(干部 忠诚) +教育)");
        all("干部 | 忠诚", "(干部 忠诚)");
        all("(优化营商环境 《党章》) | 忠诚", "((+优化 +营商环境 +(title:“党章” “党章”)) 忠诚)");
    }

    #[test]
    fn what_is_excluded_is_the_same_in_every_mode() {
        for mode in [MatchMode::Any, MatchMode::All] {
            check(&parse("-(优化营商环境 干部) 教育").query, mode, "(教育 -((+优化 +营商环境) 干部))");
            let tree = Boolean {
                must: vec![Query::words("教育")],
                should: vec![],
                must_not: vec![Query::words("优化营商环境")],
            };
            check(&Query::Boolean(tree), mode, "(+教育 -(优化 营商环境))");
        }
    }

    #[test]
    fn alternatives_that_only_exclude_are_one() {
        let any = |text: &str, expected: &str| check(&parse(text).query, MatchMode::Any, expected);
        any("干部 | -教育", "(干部 (-教育))");
        any("-干部 | 忠诚 | -(教育 担当) | -干部", "(忠诚 (-(+干部 +(教育 担当))))");
        any("-干部 | -干部", "((-(+干部)))");
    }

    #[test]
    fn every_word_is_required_when_all_are() {
        let query = parse("干部 “两个确立” 忠诚").query;
        check(&query.requiring_all(), MatchMode::Any, "(+“两个确立” +干部 +忠诚)");
        check(&parse("优化营商环境").query, MatchMode::All, "(+优化 +营商环境)");
    }

    #[test]
    fn combinations_keep_their_shape_and_alternatives_stand_in_one_row() {
        let title = Query::Phrase(Phrase { text: "通 知".to_owned(), field: Field::Title });
        let boolean = Boolean {
            must: vec![title],
            should: vec![Query::words("优化营商环境"), Query::words("干部")],
            must_not: vec![Query::words("教育")],
        };
        check(&Query::Boolean(boolean), MatchMode::Any, "(+title:“通知” 优化 营商环境 干部 -教育)");
        check(&Query::Boolean(Boolean::default()), MatchMode::Any, "nothing");
        check(&Query::MatchAll, MatchMode::Any, "*");
    }

    #[test]
    fn exact_characters_are_found_by_their_letters_and_digits() {
        let substring = |text: &str| Query::Substring(Substring { text: text.to_owned() });
        check(&substring("國發〔2024〕１號"), MatchMode::Any, "=國發〔2024〕１號=国发20241号");
        check(&substring("〔〕"), MatchMode::Any, "nothing");
        let boolean = Boolean { must: vec![substring("、党")], should: vec![], must_not: vec![substring("黨。")] };
        check(&Query::Boolean(boolean), MatchMode::All, "(+=、党=党 -=黨。=党)");
    }
}
