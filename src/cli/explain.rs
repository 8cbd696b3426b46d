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
    ExplainRequest, ExplainResponse, ExplainedParagraph, ExplainedTerm, ExplainedTermKind, LeftOutReason, MatchMode,
    Mismatch, MismatchReason, PlanClause, PlanOccurrence, QueryField, ScorePart, ScorePartKind, TokenDictionary,
    explain_request::QueryForm, plan_clause::Node,
};

/// What stands before each line of a section.
const INDENT: &str = "  ";

/// Explains a query and prints it.
pub(super) async fn explain(channel: Channel, arguments: ExplainArguments, output: &mut Output) -> Result<(), Failure> {
    let ExplainArguments { query, words_wanted, paragraph } = arguments;
    let request = ExplainRequest {
        query_form: Some(QueryForm::Query(query)),
        r#match: MatchMode::from(words_wanted).into(),
        paragraph_id: paragraph,
        ..ExplainRequest::default()
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
            writeln!(out, "{name}plan{name:#}")?;
            self.write_clause(out, plan, 1)?;
            writeln!(out)?;
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
        let ExplainedParagraph { paragraph_id, matches, score, parts, mismatches, scored_paragraph_count } = paragraph;
        write!(out, "{name}paragraph{name:#}  {place}{}{place:#}  ", Printable(paragraph_id))?;
        if !matches {
            writeln!(out, "does not match")?;
            return mismatches.iter().try_for_each(|mismatch| write_mismatch(out, mismatch));
        }
        writeln!(out, "score {score:.4}  {aside}rarity among {scored_paragraph_count} paragraphs{aside:#}")?;
        if !parts.is_empty() {
            let head = "value   share  times      idf  length   norm  term";
            writeln!(out, "{INDENT}{aside}{head:>56}{aside:#}")?;
        }
        parts.iter().try_for_each(|part| self.write_part(out, part))
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
            ScorePartKind::Character => write!(out, "{frequency:>5}  {:>7}  {:>6}  {:>5}", "-", "-", "-")?,
            ScorePartKind::Document | ScorePartKind::Unspecified => {
                write!(out, "{:>5}  {:>7}  {:>6}  {:>5}", "-", "-", "-", "-")?;
            }
        }
        let found: Vec<_> =
            index_terms.iter().map(|entry| format!("{} in {}", entry.term, entry.document_frequency)).collect();
        let found = if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) };
        write!(out, "  {place}{}{place:#}", Printable(term))?;
        writeln!(out, "  {aside}{}{}{aside:#}", kind_of_part(part), Printable(&found))
    }
}

fn kind_of_term(term: &ExplainedTerm) -> String {
    let kind = match term.kind() {
        ExplainedTermKind::Word => format!("word ({})", dictionary(term.dictionary())),
        ExplainedTermKind::Sequence | ExplainedTermKind::Unspecified => "sequence".to_owned(),
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
