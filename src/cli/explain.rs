//! `explain QUERY`: how a query is understood, and what a score is made of.

use std::io::{self, Write};

use tonic::transport::Channel;

use super::{
    arguments::ExplainArguments,
    connection::search_service,
    failure::Failure,
    json::JsonForm,
    output::{Form, Output, Printable, Styles},
    search::warn,
};
use crate::rpc::proto::{
    ExplainRequest, ExplainResponse, ExplainedParagraph, ExplainedTerm, ExplainedTermKind, LeftOutReason, Mismatch,
    MismatchReason, PlanClause, PlanOccurrence, QueryField, ScoreFeature, ScoreFeatureKind, ScorePart, ScorePartKind,
    TokenDictionary, explain_request::QueryForm, plan_clause::Node,
};

/// What stands before each line of a section.
const INDENT: &str = "  ";

/// Explains a query and prints it.
pub(super) async fn explain(channel: Channel, arguments: ExplainArguments, output: &mut Output) -> Result<(), Failure> {
    let ExplainArguments { query, wording, paragraph, filter } = arguments;
    let request = ExplainRequest {
        query_form: Some(wording.form(query, QueryForm::Query, QueryForm::Prose)),
        r#match: wording.mode().into(),
        filter: filter.filter()?,
        paragraph_id: paragraph,
        min_generation: String::new(),
        no_synonyms: wording.no_synonyms,
    };
    let explained = search_service(channel).explain(request).await?.into_inner();
    match output.form {
        Form::Json => JsonForm::of("ExplainResponse").write(&mut output.results, &explained)?,
        Form::Text => {
            warn(&explained.warnings);
            Page { styles: output.styles }.write(&mut output.results, &explained)?;
        }
    }
    Ok(())
}

/// An explanation for people.
struct Page {
    styles: Styles,
}

impl Page {
    fn write(&self, out: &mut impl Write, explained: &ExplainResponse) -> io::Result<()> {
        let Styles { name, aside, .. } = &self.styles;
        let ExplainResponse { generation, canonical_query, paragraph_count, .. } = explained;
        let index = format!("{paragraph_count} paragraphs at generation {generation}");
        writeln!(out, "{name}query{name:#}  {}", Printable(canonical_query))?;
        writeln!(out, "{name}index{name:#}  {aside}{index}{aside:#}\n")?;
        self.write_terms(out, &explained.terms)?;
        if let Some(plan) = &explained.plan {
            let legend = if plan.matches.is_some() { "  ✓ ✗ what the paragraph matches" } else { "" };
            writeln!(out, "{name}plan{name:#}{aside}{legend}{aside:#}")?;
            self.write_clause(out, plan, 1)?;
        }
        explained.paragraph.as_ref().map_or(Ok(()), |paragraph| self.write_paragraph(out, paragraph))
    }

    /// In how many paragraphs each stands, and what it is.
    fn write_terms(&self, out: &mut impl Write, terms: &[ExplainedTerm]) -> io::Result<()> {
        let Styles { name, place, aside, .. } = &self.styles;
        if terms.is_empty() {
            return Ok(());
        }
        writeln!(out, "{name}terms{name:#}")?;
        writeln!(out, "{INDENT}{aside}paragraphs  term{aside:#}")?;
        for term in terms {
            let counts = term.left_out() == LeftOutReason::Unspecified;
            let style = if counts { place } else { aside };
            let characters = Printable(&term.term);
            write!(out, "{INDENT}{:>10}  {style}{characters}{style:#}", term.document_frequency)?;
            writeln!(out, "  {aside}{}{aside:#}", kind_of_term(term))?;
        }
        writeln!(out)
    }

    /// A clause and those inside it, each with its sign and whether the paragraph matches it.
    fn write_clause(&self, out: &mut impl Write, clause: &PlanClause, depth: usize) -> io::Result<()> {
        let Styles { aside, .. } = &self.styles;
        let mark = match clause.matches {
            None => "",
            Some(true) => "✓ ",
            Some(false) => "✗ ",
        };
        let sign = match clause.occurrence() {
            // The whole plan has no need of one.
            PlanOccurrence::Must if depth > 1 => "+ ",
            PlanOccurrence::MustNot => "- ",
            PlanOccurrence::Should => "  ",
            PlanOccurrence::Must | PlanOccurrence::Unspecified => "",
        };
        write!(out, "{}{aside}{mark}{aside:#}{sign}", INDENT.repeat(depth))?;
        writeln!(out, "{}", Printable(&clause.description))?;
        let Some(Node::Group(group)) = &clause.node else { return Ok(()) };
        group.clauses.iter().try_for_each(|clause| self.write_clause(out, clause, depth + 1))
    }

    fn write_paragraph(&self, out: &mut impl Write, paragraph: &ExplainedParagraph) -> io::Result<()> {
        let Styles { name, place, aside, .. } = &self.styles;
        let ExplainedParagraph {
            paragraph_id,
            matches,
            score,
            parts,
            mismatches,
            scored_paragraph_count,
            first_stage_score,
            features,
            first_stage_scale: _,
        } = paragraph;
        write!(out, "\n{name}paragraph{name:#}  {place}{}{place:#}  ", Printable(paragraph_id))?;
        if !matches {
            writeln!(out, "does not match")?;
            return mismatches.iter().try_for_each(|mismatch| write_mismatch(out, mismatch));
        }
        writeln!(out, "score {score:.4}  {aside}rarity among {scored_paragraph_count} paragraphs{aside:#}")?;
        if !features.is_empty() {
            writeln!(out, "{INDENT}{aside}      added   share   value  weight  second stage{aside:#}")?;
            features.iter().filter(|it| it.value > 0.0).try_for_each(|feature| self.write_feature(out, feature))?;
        }
        if first_stage_score.to_bits() != score.to_bits() {
            writeln!(out, "{INDENT}{name}first stage{name:#}  {first_stage_score:.4}")?;
        }
        if !parts.is_empty() {
            let head = "value   share  times      idf  length   norm  term";
            writeln!(out, "{INDENT}{aside}{head:>56}{aside:#}")?;
        }
        parts.iter().try_for_each(|part| self.write_part(out, part))
    }

    fn write_feature(&self, out: &mut impl Write, feature: &ScoreFeature) -> io::Result<()> {
        let Styles { place, .. } = &self.styles;
        let ScoreFeature { value, weight, contribution, share, .. } = feature;
        let (percent, kind) = (share * 100.0, kind_of_feature(feature));
        write!(out, "{INDENT}{contribution:>11.4}  {percent:>5.1}%  {value:>6.4}  {weight:>6.2}")?;
        writeln!(out, "  {place}{kind}{place:#}")
    }

    fn write_part(&self, out: &mut impl Write, part: &ScorePart) -> io::Result<()> {
        let Styles { place, aside, .. } = &self.styles;
        let ScorePart { term, frequency, index_terms, idf, length, length_norm, value, share, .. } = part;
        let percent = share * 100.0;
        write!(out, "{INDENT}{value:>11.4}  {percent:>5.1}%  ")?;
        match part.kind() {
            ScorePartKind::Sequence | ScorePartKind::Word => {
                write!(out, "{frequency:>5}  {idf:>7.4}  {length:>6}  {length_norm:>5.3}")?;
            }
            ScorePartKind::Character | ScorePartKind::Document | ScorePartKind::Unspecified => {
                let frequency = if *frequency > 0 { frequency.to_string() } else { "-".to_owned() };
                write!(out, "{frequency:>5}  {0:>7}  {0:>6}  {0:>5}", "-")?;
            }
        }
        let found: Vec<_> =
            index_terms.iter().map(|entry| format!("{} in {}", entry.term, entry.document_frequency)).collect();
        let found = if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) };
        write!(out, "  {place}{}{place:#}", Printable(term))?;
        writeln!(out, "  {aside}{}{}{aside:#}", kind_of_part(part), Printable(&found))
    }
}

fn kind_of_feature(feature: &ScoreFeature) -> &'static str {
    match feature.kind() {
        ScoreFeatureKind::Coverage => "bigrams of the query in the text or the title",
        ScoreFeatureKind::TitleCoverage => "bigrams of the query in the title",
        ScoreFeatureKind::FirstStage => "rarity and frequency, against the best",
        ScoreFeatureKind::Neighbour => "the same of the paragraph before or after",
        ScoreFeatureKind::QuestionType => "what the question's type looks for",
        ScoreFeatureKind::Definition => "a definition of what is asked for",
        ScoreFeatureKind::Words => "words of the query as words",
        ScoreFeatureKind::Characters => "characters of the query in the text",
        ScoreFeatureKind::Document => "the document that the query names",
        ScoreFeatureKind::Phrases => "phrases that are wanted, titles that are named",
        ScoreFeatureKind::Unspecified => "something newer than this program",
    }
}

fn kind_of_term(term: &ExplainedTerm) -> String {
    let kind = match term.kind() {
        ExplainedTermKind::Word => format!("word ({})", dictionary(term.dictionary())),
        ExplainedTermKind::Sequence | ExplainedTermKind::Unspecified => "sequence".to_owned(),
        ExplainedTermKind::Synonym => "another name".to_owned(),
    };
    let place = match term.field() {
        QueryField::Unspecified => "in the text or the title",
        QueryField::Text => "in the text",
        QueryField::Title => "in the title",
    };
    let remark = match term.left_out() {
        LeftOutReason::Unspecified if term.excluded => ", excluded",
        LeftOutReason::Unspecified => "",
        LeftOutReason::NoContent => ", left out: a question or function word",
        LeftOutReason::Repeated => ", left out: it stands there before",
    };
    format!("{kind} {place}{remark}")
}

fn dictionary(dictionary: TokenDictionary) -> &'static str {
    match dictionary {
        TokenDictionary::BuiltIn => "general",
        TokenDictionary::Official => "official",
        TokenDictionary::User => "user",
        TokenDictionary::Numeral => "numeral",
        TokenDictionary::Quoted => "quoted",
        TokenDictionary::None | TokenDictionary::Unspecified => "in no dictionary",
    }
}

fn kind_of_part(part: &ScorePart) -> &'static str {
    match (part.kind(), part.field()) {
        (ScorePartKind::Sequence, QueryField::Title) => "sequence in the title",
        (ScorePartKind::Sequence, _) => "sequence in the text",
        (ScorePartKind::Word, QueryField::Title) => "word in the title",
        (ScorePartKind::Word, _) => "word in the text",
        (ScorePartKind::Character, QueryField::Title) => "character in the title",
        (ScorePartKind::Character, _) => "character in the text",
        (ScorePartKind::Document, _) => "of the document",
        (ScorePartKind::Unspecified, _) => "for a reason that this client does not know",
    }
}

fn write_mismatch(out: &mut impl Write, mismatch: &Mismatch) -> io::Result<()> {
    let clauses = mismatch.clauses.join(", ");
    let clauses = Printable(&clauses);
    match mismatch.reason() {
        MismatchReason::NotSearchable => writeln!(out, "{INDENT}it has no letter or digit, so no query finds it"),
        MismatchReason::FilteredOut => writeln!(out, "{INDENT}the filter keeps its document out"),
        MismatchReason::RequiredMissing => writeln!(out, "{INDENT}required and not there: {clauses}"),
        MismatchReason::NoneOfWanted => writeln!(out, "{INDENT}none of these is there: {clauses}"),
        MismatchReason::ExcludedPresent => writeln!(out, "{INDENT}excluded and there: {clauses}"),
        MismatchReason::Unspecified => writeln!(out, "{INDENT}for a reason that this client does not know: {clauses}"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::rpc::proto::{IndexTerm, PlanGroup, PlanTerm};

    fn check(explained: &ExplainResponse, expected: &Expect) {
        let mut out = Vec::new();
        Page { styles: Styles::default() }.write(&mut out, explained).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap());
    }

    fn clause(occurrence: PlanOccurrence, description: &str, matches: Option<bool>) -> PlanClause {
        let node = Some(Node::Term(PlanTerm::default()));
        PlanClause { occurrence: occurrence.into(), node, description: description.to_owned(), matches }
    }

    fn response(matches: Option<bool>, paragraph: Option<ExplainedParagraph>) -> ExplainResponse {
        let clauses = vec![
            clause(PlanOccurrence::Must, "“两个确立” in the text", matches),
            clause(PlanOccurrence::Should, "水 in the text or the title", matches),
            clause(PlanOccurrence::MustNot, "教育 in the text", matches.map(|matches| !matches)),
        ];
        let group = Some(Node::Group(PlanGroup { clauses }));
        ExplainResponse {
            generation: "1-2".to_owned(),
            canonical_query: "\"两个确立\" 什么\u{1b}水".to_owned(),
            terms: vec![
                ExplainedTerm {
                    term: "两个确立".to_owned(),
                    kind: ExplainedTermKind::Sequence.into(),
                    field: QueryField::Text.into(),
                    document_frequency: 12_345,
                    ..ExplainedTerm::default()
                },
                ExplainedTerm {
                    term: "什么".to_owned(),
                    kind: ExplainedTermKind::Word.into(),
                    left_out: LeftOutReason::NoContent.into(),
                    dictionary: TokenDictionary::BuiltIn.into(),
                    ..ExplainedTerm::default()
                },
            ],
            paragraph_count: 20_000,
            plan: Some(PlanClause { node: group, ..clause(PlanOccurrence::Must, "every required clause", matches) }),
            paragraph,
            ..ExplainResponse::default()
        }
    }

    #[test]
    fn a_query_for_people() {
        check(
            &response(None, None),
            &expect![[r#"
                query  "两个确立" 什么�水
                index  20000 paragraphs at generation 1-2

                terms
                  paragraphs  term
                       12345  两个确立  sequence in the text
                           0  什么  word (general) in the text or the title, left out: a question or function word

                plan
                  every required clause
                    + “两个确立” in the text
                      水 in the text or the title
                    - 教育 in the text
            "#]],
        );
    }

    #[test]
    fn a_score_for_people() {
        let paragraph = ExplainedParagraph {
            paragraph_id: "甲#1".to_owned(),
            matches: true,
            score: 4.0,
            parts: vec![
                ScorePart {
                    term: "两个确立".to_owned(),
                    field: QueryField::Text.into(),
                    kind: ScorePartKind::Sequence.into(),
                    frequency: 2,
                    index_terms: vec![
                        IndexTerm { term: "两个".to_owned(), document_frequency: 70, idf: 5.0 },
                        IndexTerm { term: "个确".to_owned(), document_frequency: 7, idf: 7.0 },
                    ],
                    idf: 12.0,
                    length: 120,
                    average_length: 100.0,
                    length_norm: 1.15,
                    value: 3.0,
                    share: 0.75,
                },
                ScorePart {
                    term: "水".to_owned(),
                    field: QueryField::Title.into(),
                    kind: ScorePartKind::Character.into(),
                    frequency: 3,
                    value: 1.0,
                    share: 0.25,
                    ..ScorePart::default()
                },
            ],
            mismatches: Vec::new(),
            scored_paragraph_count: 20_001,
            first_stage_score: 4.0,
            features: Vec::new(),
            first_stage_scale: 1.0,
        };
        check(
            &response(Some(true), Some(paragraph)),
            &expect![[r#"
                query  "两个确立" 什么�水
                index  20000 paragraphs at generation 1-2

                terms
                  paragraphs  term
                       12345  两个确立  sequence in the text
                           0  什么  word (general) in the text or the title, left out: a question or function word

                plan  ✓ ✗ what the paragraph matches
                  ✓ every required clause
                    ✓ + “两个确立” in the text
                    ✓   水 in the text or the title
                    ✗ - 教育 in the text

                paragraph  甲#1  score 4.0000  rarity among 20001 paragraphs
                        value   share  times      idf  length   norm  term
                       3.0000   75.0%      2  12.0000     120  1.150  两个确立  sequence in the text: 两个 in 70, 个确 in 7
                       1.0000   25.0%      3        -       -      -  水  character in the title
            "#]],
        );
    }

    #[test]
    fn what_does_not_match_for_people() {
        let mismatch = |reason: MismatchReason, clauses: &[&str]| Mismatch {
            reason: reason.into(),
            clauses: clauses.iter().map(|&clause| clause.to_owned()).collect(),
        };
        let paragraph = ExplainedParagraph {
            paragraph_id: "甲#1".to_owned(),
            mismatches: vec![
                mismatch(MismatchReason::RequiredMissing, &["“两个确立” in the text"]),
                mismatch(MismatchReason::NoneOfWanted, &["水 in the text", "火 in the text"]),
                mismatch(MismatchReason::ExcludedPresent, &["教育 in the text"]),
            ],
            ..ExplainedParagraph::default()
        };
        check(
            &response(Some(false), Some(paragraph)),
            &expect![[r#"
                query  "两个确立" 什么�水
                index  20000 paragraphs at generation 1-2

                terms
                  paragraphs  term
                       12345  两个确立  sequence in the text
                           0  什么  word (general) in the text or the title, left out: a question or function word

                plan  ✓ ✗ what the paragraph matches
                  ✗ every required clause
                    ✗ + “两个确立” in the text
                    ✗   水 in the text or the title
                    ✓ - 教育 in the text

                paragraph  甲#1  does not match
                  required and not there: “两个确立” in the text
                  none of these is there: 水 in the text, 火 in the text
                  excluded and there: 教育 in the text
            "#]],
        );
    }
}
