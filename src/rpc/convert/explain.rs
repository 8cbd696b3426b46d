//! Explanations: what is asked, and what is answered.

use crate::{
    document::{InvalidParagraphId, ParagraphId},
    query::{MAX_CHARACTERS, MatchMode, Query, RequiringAll},
    rpc::{
        convert::{
            analyze::dictionary,
            filter::filter,
            invalid::Invalid,
            query::{checked_text, metadata_field, tree, typed},
            search::{Asked, Understood, generation, mode},
        },
        proto::{self, explain_request, plan_clause},
    },
    search::{
        Bm25, Evidence, ExplainRequest, Explained, ExplainedParagraph, ExplainedTerm, Feature, IndexTerm, LeftOut,
        MetadataTerm, Mismatch, Occurrence, PlanClause, PlanPart, Score, ScorePart, Stage, Term, TermField, TermKind,
        TermPart,
    },
};

/// Checks what is to be explained.
pub(crate) fn explain_request(request: proto::ExplainRequest) -> Result<Asked<ExplainRequest>, Invalid> {
    let proto::ExplainRequest { query_form, r#match, filter: conditions, paragraph_id, min_generation, no_synonyms } =
        request;
    let mode = mode(r#match)?;
    let Understood { query, warnings, written } = match query_form {
        None => return Err(Invalid::new("query", "must not be empty")),
        Some(explain_request::QueryForm::Query(text)) => Understood::written(checked_text("query", text)?, mode),
        Some(explain_request::QueryForm::Prose(text)) => Understood::prose(checked_text("prose", text)?, mode),
        Some(explain_request::QueryForm::TypedQuery(query)) => Understood::tree(typed("typed_query", query)?),
    };
    let request = ExplainRequest {
        query,
        mode,
        filter: filter(conditions)?,
        paragraph: paragraph(&paragraph_id)?,
        min_generation: generation(&min_generation)?,
    };
    Ok(Asked { request, warnings, written, synonyms: !no_synonyms })
}

fn paragraph(id: &str) -> Result<Option<ParagraphId>, Invalid> {
    if id.is_empty() {
        return Ok(None);
    }
    let id: Result<_, InvalidParagraphId> = id.parse();
    id.map(Some).map_err(|error| Invalid::new("paragraph_id", error.to_string()))
}

/// Writes an explanation of a query, which people wrote or services built.
pub(crate) fn explain_response(
    request: &ExplainRequest,
    is_written: bool,
    explained: Explained,
    warnings: Vec<proto::Warning>,
) -> proto::ExplainResponse {
    let Explained { generation, paragraphs, terms, plan, paragraph } = explained;
    proto::ExplainResponse {
        generation: generation.to_string(),
        parsed: Some(tree(&request.query)),
        canonical_query: canonical(&request.query, request.mode, is_written),
        warnings,
        terms: terms.into_iter().map(term).collect(),
        paragraph_count: paragraphs,
        plan: Some(clause(plan)),
        paragraph: paragraph.map(explained_paragraph),
    }
}

/// Writes a query back, if it can be sent then.
fn canonical(query: &Query, mode: MatchMode, is_written: bool) -> String {
    let written =
        if is_written && mode == MatchMode::All { RequiringAll(query).to_string() } else { query.to_string() };
    if written.chars().count() <= MAX_CHARACTERS { written } else { String::new() }
}

fn term(term: ExplainedTerm) -> proto::ExplainedTerm {
    use proto::{ExplainedTermKind as Kind, LeftOutReason as Reason, TokenDictionary};
    let ExplainedTerm { characters, field, kind, excluded, frequency } = term;
    let (kind, content, left_out, dictionary) = match kind {
        TermKind::Sequence => (Kind::Sequence, true, None, TokenDictionary::Unspecified),
        TermKind::Synonym => (Kind::Synonym, true, None, TokenDictionary::Unspecified),
        TermKind::Word { content, left_out, dictionary: known } => (Kind::Word, content, left_out, dictionary(known)),
    };
    let left_out = match left_out {
        None => Reason::Unspecified,
        Some(LeftOut::NoContent) => Reason::NoContent,
        Some(LeftOut::Repeated) => Reason::Repeated,
    };
    proto::ExplainedTerm {
        term: characters,
        kind: kind.into(),
        field: place(field).into(),
        document_frequency: frequency,
        excluded,
        content,
        left_out: left_out.into(),
        dictionary: dictionary.into(),
    }
}

/// Writes where a term is looked for.
pub(crate) fn place(field: TermField) -> proto::QueryField {
    match field {
        TermField::Text => proto::QueryField::Text,
        TermField::Title => proto::QueryField::Title,
        TermField::TextOrTitle => proto::QueryField::Unspecified,
    }
}

fn clause(clause: PlanClause) -> proto::PlanClause {
    use plan_clause::Node;
    let description = clause.to_string();
    let PlanClause { occurrence, part, matches } = clause;
    let node = match part {
        PlanPart::Everything => Node::Everything(proto::MatchAllQuery {}),
        PlanPart::Nothing => Node::Nothing(proto::PlanNothing {}),
        PlanPart::Term(Term { characters, field, word }) => {
            Node::Term(proto::PlanTerm { term: characters, field: place(field).into(), word })
        }
        PlanPart::Verbatim(verbatim) => Node::Substring(proto::SubstringQuery { text: verbatim.text().to_owned() }),
        PlanPart::Condition(MetadataTerm { key, value, score }) => {
            Node::Condition(proto::PlanCondition { field: metadata_field(key).into(), value, score: score.into() })
        }
        PlanPart::Group(clauses) => {
            Node::Group(proto::PlanGroup { clauses: clauses.into_iter().map(self::clause).collect() })
        }
    };
    proto::PlanClause { occurrence: self::occurrence(occurrence).into(), node: Some(node), description, matches }
}

fn occurrence(occurrence: Occurrence) -> proto::PlanOccurrence {
    match occurrence {
        Occurrence::Must => proto::PlanOccurrence::Must,
        Occurrence::Should => proto::PlanOccurrence::Should,
        Occurrence::MustNot => proto::PlanOccurrence::MustNot,
    }
}

fn explained_paragraph(paragraph: ExplainedParagraph) -> proto::ExplainedParagraph {
    let ExplainedParagraph { id, score, parts, mismatches, scored_paragraphs } = paragraph;
    let matches = score.is_some();
    let (score, first_stage_score, first_stage_scale, features) = match score {
        None => (0.0, 0.0, 0.0, Vec::new()),
        Some(Score { value, first_stage, stage: Stage::First(scale) }) => (value, first_stage, scale, Vec::new()),
        Some(Score { value, first_stage, stage: Stage::Second(features) }) => (value, first_stage, 0.0, features),
    };
    let part = |part| score_part(part, first_stage_score);
    proto::ExplainedParagraph {
        paragraph_id: id.to_string(),
        matches,
        score,
        parts: parts.into_iter().map(part).collect(),
        mismatches: mismatches.iter().map(mismatch).collect(),
        scored_paragraph_count: scored_paragraphs,
        first_stage_score,
        features: features.into_iter().map(|(feature, value)| score_feature(feature, value, score)).collect(),
        first_stage_scale,
    }
}

/// Writes what a feature adds to a score, which is above 0.
#[expect(clippy::cast_possible_truncation, reason = "a share")]
fn score_feature(feature: Feature, value: f64, score: f32) -> proto::ScoreFeature {
    use proto::ScoreFeatureKind as Kind;
    let kind = match feature {
        Feature::Coverage => Kind::Coverage,
        Feature::TitleCoverage => Kind::TitleCoverage,
        Feature::FirstStage => Kind::FirstStage,
        Feature::Neighbour => Kind::Neighbour,
        Feature::QuestionType => Kind::QuestionType,
        Feature::Definition => Kind::Definition,
        Feature::Words => Kind::Words,
        Feature::Characters => Kind::Characters,
        Feature::Document => Kind::Document,
        Feature::Phrases => Kind::Phrases,
    };
    let (weight, contribution) = (feature.weight(), value * feature.weight());
    let share = (contribution / f64::from(score)) as f32;
    proto::ScoreFeature { kind: kind.into(), value, weight, contribution, share }
}

/// Writes a summand of a score, which is above 0 then.
fn score_part(part: TermPart, score: f32) -> proto::ScorePart {
    use proto::ScorePartKind as Kind;
    let TermPart { characters, part: ScorePart { value, evidence } } = part;
    let part = proto::ScorePart { term: characters, value, share: value / score, ..proto::ScorePart::default() };
    match evidence {
        Evidence::Sequence(bm25) => with_bm25(part, Kind::Sequence, bm25),
        Evidence::Word(bm25) => with_bm25(part, Kind::Word, bm25),
        Evidence::Character { field, frequency } => {
            proto::ScorePart { field: place(field).into(), kind: Kind::Character.into(), frequency, ..part }
        }
        Evidence::Document => proto::ScorePart { kind: Kind::Document.into(), ..part },
    }
}

fn with_bm25(part: proto::ScorePart, kind: proto::ScorePartKind, bm25: Bm25) -> proto::ScorePart {
    let Bm25 { field, frequency, terms, idf, length, average_length, length_norm } = bm25;
    proto::ScorePart {
        field: place(field).into(),
        kind: kind.into(),
        frequency,
        index_terms: terms.into_iter().map(index_term).collect(),
        idf,
        length,
        average_length,
        length_norm,
        ..part
    }
}

fn index_term(term: IndexTerm) -> proto::IndexTerm {
    let IndexTerm { characters, frequency, idf } = term;
    proto::IndexTerm { term: characters, document_frequency: frequency, idf }
}

fn mismatch(mismatch: &Mismatch) -> proto::Mismatch {
    use proto::MismatchReason as Reason;
    let (reason, clauses) = match mismatch {
        Mismatch::NotSearchable => (Reason::NotSearchable, [].as_slice()),
        Mismatch::FilteredOut => (Reason::FilteredOut, [].as_slice()),
        Mismatch::RequiredMissing(clause) => (Reason::RequiredMissing, std::slice::from_ref(clause)),
        Mismatch::NoneOfWanted(clauses) => (Reason::NoneOfWanted, clauses.as_slice()),
        Mismatch::ExcludedPresent(clause) => (Reason::ExcludedPresent, std::slice::from_ref(clause)),
    };
    proto::Mismatch { reason: reason.into(), clauses: clauses.iter().map(ToString::to_string).collect() }
}
