//! A plan as it is shown: what is matched, and what of it one paragraph matches.

use std::fmt;

use crate::{
    engine::{Clause, Expression, MetadataTerm, Term, TermField, Verbatim, Verdict},
    query,
};

/// A part of a plan. Written out, it is one line without the parts inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanClause {
    /// How it counts in the group that it belongs to; the whole plan has to match.
    pub occurrence: Occurrence,
    /// What it asks for.
    pub part: PlanPart,
    /// Whether the paragraph that is explained matches it; `None` when there is none.
    pub matches: Option<bool>,
}

/// How a clause counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// It has to match.
    Must,
    /// It lifts the score; without a `Must` beside it, one of its kind has to match.
    Should,
    /// It may not match.
    MustNot,
}

/// What a clause asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanPart {
    /// Every paragraph.
    Everything,
    /// No paragraph.
    Nothing,
    /// A word or a character sequence.
    Term(Term),
    /// Exact characters.
    Verbatim(Verbatim),
    /// A value of the document.
    Condition(MetadataTerm),
    /// Others, combined; at least one.
    Group(Vec<PlanClause>),
}

/// Why a paragraph does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It has no letter or digit.
    NotSearchable,
    /// The filter keeps its document out.
    FilteredOut,
    /// It does not match this clause, which has to match.
    RequiredMissing(PlanClause),
    /// It matches none of these clauses, of which one has to match.
    NoneOfWanted(Vec<PlanClause>),
    /// It matches this clause, which may not match.
    ExcludedPresent(PlanClause),
}

impl PlanClause {
    /// The clause of an expression. The verdict is the expression's.
    pub(super) fn new(occurrence: Occurrence, expression: &Expression, verdict: Option<&Verdict>) -> Self {
        let part = match expression {
            Expression::All => PlanPart::Everything,
            Expression::Nothing => PlanPart::Nothing,
            Expression::Term(term) => PlanPart::Term(term.clone()),
            Expression::Verbatim(verbatim) => PlanPart::Verbatim(verbatim.clone()),
            Expression::Metadata(condition) => PlanPart::Condition(condition.clone()),
            Expression::Combined(clauses) => PlanPart::Group(
                clauses
                    .iter()
                    .enumerate()
                    .map(|(index, clause)| Self::of(clause, verdict.map(|verdict| &verdict.clauses[index])))
                    .collect(),
            ),
        };
        Self { occurrence, part, matches: verdict.map(|verdict| verdict.matches) }
    }

    fn of(clause: &Clause, verdict: Option<&Verdict>) -> Self {
        let (occurrence, part) = match clause {
            Clause::Must(part) => (Occurrence::Must, part),
            Clause::Should(part) => (Occurrence::Should, part),
            Clause::MustNot(part) => (Occurrence::MustNot, part),
        };
        Self::new(occurrence, part, verdict)
    }

    /// Why a paragraph does not match this clause, which it has to: nothing when it does.
    pub(super) fn mismatches(&self) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        self.collect_mismatches(&mut mismatches);
        mismatches
    }

    fn collect_mismatches(&self, mismatches: &mut Vec<Mismatch>) {
        if self.matches != Some(false) {
            return;
        }
        let PlanPart::Group(clauses) = &self.part else {
            mismatches.push(Mismatch::RequiredMissing(self.clone()));
            return;
        };
        for clause in clauses {
            match clause.occurrence {
                Occurrence::Must => clause.collect_mismatches(mismatches),
                Occurrence::MustNot if clause.matches == Some(true) => {
                    mismatches.push(Mismatch::ExcludedPresent(clause.clone()));
                }
                Occurrence::Should | Occurrence::MustNot => {}
            }
        }
        let wanted: Vec<_> = of_kind(clauses, Occurrence::Should).cloned().collect();
        let one_has_to_match = of_kind(clauses, Occurrence::Must).next().is_none() && !wanted.is_empty();
        if one_has_to_match && wanted.iter().all(|clause| clause.matches == Some(false)) {
            mismatches.push(Mismatch::NoneOfWanted(wanted));
        }
    }
}

fn of_kind(clauses: &[PlanClause], occurrence: Occurrence) -> impl Iterator<Item = &PlanClause> {
    clauses.iter().filter(move |clause| clause.occurrence == occurrence)
}

impl fmt::Display for PlanClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            PlanPart::Everything => f.write_str("every paragraph"),
            PlanPart::Nothing => f.write_str("no paragraph"),
            PlanPart::Term(Term { characters, field, word }) => {
                let (open, close) = if *word { ("", "") } else { ("“", "”") };
                write!(f, "{open}{characters}{close} {}", place(*field))
            }
            PlanPart::Verbatim(verbatim) => {
                // On one line, and apart from quotation marks that are a part of it.
                write!(f, "exactly `{}` {}", verbatim.text().replace('\n', "\\n"), place(TermField::Text))
            }
            PlanPart::Condition(MetadataTerm { key, value, score: _ }) => {
                let condition = query::Metadata { field: *key, value: value.clone() };
                write!(f, "{} of the document", query::Query::Metadata(condition))
            }
            PlanPart::Group(clauses) => write_group(f, clauses),
        }
    }
}

fn write_group(f: &mut fmt::Formatter<'_>, clauses: &[PlanClause]) -> fmt::Result {
    let has = |occurrence| of_kind(clauses, occurrence).next().is_some();
    f.write_str(match (has(Occurrence::Must), has(Occurrence::Should)) {
        (true, true) => "every required clause, better with more of the others",
        (true, false) => "every required clause",
        (false, true) => "at least one clause, better with more",
        (false, false) => "every paragraph",
    })?;
    f.write_str(if has(Occurrence::MustNot) { ", no excluded clause" } else { "" })
}

fn place(field: TermField) -> &'static str {
    match field {
        TermField::Text => "in the text",
        TermField::Title => "in the title",
        TermField::TextOrTitle => "in the text or the title",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::query::MetadataKey;

    fn term(characters: &str, field: TermField, word: bool) -> Expression {
        Expression::Term(Term { characters: characters.to_owned(), field, word })
    }

    fn word(characters: &str) -> Expression {
        term(characters, TermField::TextOrTitle, true)
    }

    fn written(clause: &PlanClause, depth: usize) -> String {
        let sign = match clause.occurrence {
            Occurrence::Must => '+',
            Occurrence::Should => ' ',
            Occurrence::MustNot => '-',
        };
        let mut lines = format!("{}{sign} {clause}\n", "  ".repeat(depth));
        if let PlanPart::Group(clauses) = &clause.part {
            lines.extend(clauses.iter().map(|clause| written(clause, depth + 1)));
        }
        lines
    }

    fn check(expression: &Expression, expected: &Expect) {
        expected.assert_eq(&written(&PlanClause::new(Occurrence::Must, expression, None), 0));
    }

    /// What one paragraph matches: a verdict for an expression, made of those for its terms.
    fn verdict(expression: &Expression, has: &[&str]) -> Verdict {
        let (matches, clauses) = match expression {
            Expression::All => (true, Vec::new()),
            Expression::Nothing | Expression::Metadata(_) | Expression::Verbatim(_) => (false, Vec::new()),
            Expression::Term(term) => (has.contains(&term.characters.as_str()), Vec::new()),
            Expression::Combined(clauses) => {
                let verdicts: Vec<_> = clauses
                    .iter()
                    .map(|clause| match clause {
                        Clause::Must(part) | Clause::Should(part) | Clause::MustNot(part) => verdict(part, has),
                    })
                    .collect();
                let held = |kind: fn(&Clause) -> bool| {
                    clauses
                        .iter()
                        .zip(&verdicts)
                        .filter(move |(clause, _)| kind(clause))
                        .map(|(_, verdict)| verdict.matches)
                };
                let is_must = |clause: &Clause| matches!(clause, Clause::Must(_));
                let is_should = |clause: &Clause| matches!(clause, Clause::Should(_));
                let is_must_not = |clause: &Clause| matches!(clause, Clause::MustNot(_));
                let wanted = held(is_must).count() > 0 || held(is_should).count() == 0 || held(is_should).any(|it| it);
                (held(is_must).all(|it| it) && wanted && !held(is_must_not).any(|it| it), verdicts)
            }
        };
        Verdict { matches, parts: Vec::new(), clauses }
    }

    fn check_mismatches(expression: &Expression, has: &[&str], expected: &[&str]) {
        let clause = PlanClause::new(Occurrence::Must, expression, Some(&verdict(expression, has)));
        let shown: Vec<_> = clause
            .mismatches()
            .iter()
            .map(|mismatch| match mismatch {
                Mismatch::NotSearchable | Mismatch::FilteredOut => unreachable!("no clause says so"),
                Mismatch::RequiredMissing(clause) => format!("missing: {clause}"),
                Mismatch::NoneOfWanted(clauses) => {
                    format!("none of: {}", clauses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
                }
                Mismatch::ExcludedPresent(clause) => format!("excluded: {clause}"),
            })
            .collect();
        assert_eq!(shown, expected, "{has:?}");
    }

    fn combined() -> Expression {
        Expression::Combined(vec![
            Clause::Must(term("两个确立", TermField::Text, false)),
            Clause::Must(Expression::Combined(vec![Clause::Should(word("干部")), Clause::Should(word("忠诚"))])),
            Clause::Should(word("学习")),
            Clause::MustNot(word("教育")),
        ])
    }

    #[test]
    fn a_plan_is_written_line_by_line() {
        check(
            &combined(),
            &expect![[r"
            + every required clause, better with more of the others, no excluded clause
              + “两个确立” in the text
              + at least one clause, better with more
                  干部 in the text or the title
                  忠诚 in the text or the title
                学习 in the text or the title
              - 教育 in the text or the title
        "]],
        );
        let source = MetadataTerm { key: MetadataKey::Source, value: "云溪网".to_owned(), score: 0 };
        check(
            &Expression::Combined(vec![
                Clause::MustNot(Expression::Metadata(source)),
                Clause::MustNot(term("通知", TermField::Title, true)),
                Clause::MustNot(Expression::Verbatim(Verbatim::new("〔\n2024〕").expect("it has digits"))),
                Clause::MustNot(Expression::Nothing),
                Clause::MustNot(Expression::All),
            ]),
            &expect![[r#"
                + every paragraph, no excluded clause
                  - 来源:"云溪网" of the document
                  - 通知 in the title
                  - exactly `〔\n2024〕` in the text
                  - no paragraph
                  - every paragraph
            "#]],
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let any = "none of: 干部 in the text or the title, 忠诚 in the text or the title";
        check_mismatches(&combined(), &["两个确立", "忠诚"], &[]);
        check_mismatches(&combined(), &["忠诚", "学习"], &["missing: “两个确立” in the text"]);
        check_mismatches(&combined(), &["两个确立", "学习"], &[any]);
        check_mismatches(&combined(), &["学习"], &["missing: “两个确立” in the text", any]);
        check_mismatches(&combined(), &["两个确立", "忠诚", "教育"], &["excluded: 教育 in the text or the title"]);
        check_mismatches(&word("干部"), &[], &["missing: 干部 in the text or the title"]);
        check_mismatches(&Expression::Nothing, &[], &["missing: no paragraph"]);
    }
}
