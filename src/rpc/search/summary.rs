//! What is said at the head and at the end of a stream.

use std::time::Duration;

use crate::{
    rpc::{
        convert::{place, tree},
        proto,
    },
    search::{Diagnosis, Ranked, RuledOut, TermStatistics, Total},
};

/// So many hits were sent by earlier calls and by this one; some are missing if the time budget cut it short.
pub(super) fn search_summary(
    ranked: &Ranked,
    (before, sent): (u32, u64),
    is_cut: bool,
    timings: proto::Timings,
) -> proto::SearchSummary {
    let finish_reason = match ranked.exhausted() {
        _ if is_cut => proto::FinishReason::TimeBudget,
        true => proto::FinishReason::Exhausted,
        false => proto::FinishReason::Limit,
    };
    let total = match ranked.total() {
        Total::Exact(total) if is_cut => Total::AtLeast(total),
        total => total,
    };
    let sent = count(sent);
    proto::SearchSummary {
        finish_reason: finish_reason.into(),
        hits_sent: sent,
        last_rank: before + sent,
        total_hits: Some(total_hits(total)),
        timings: Some(timings),
        diagnosis: (before + sent == 0 && !is_cut).then(|| diagnosis(ranked)),
    }
}

fn diagnosis(ranked: &Ranked) -> proto::ZeroHitDiagnosis {
    // One that is looked for in two places, as a named document is, may stand in the other.
    let is_absent = |term: &&TermStatistics| {
        let terms = ranked.terms().iter();
        terms.filter(|other| other.characters == term.characters).all(|other| other.frequency == 0)
    };
    let absent: Vec<_> = ranked.terms().iter().filter(is_absent).map(stats).collect();
    let mut absent_terms: Vec<_> = absent.iter().map(|term| term.term.clone()).collect();
    absent_terms.dedup();
    let Diagnosis { ruled_out, without_filter, filter_rules_out_everything } = ranked.diagnosis();
    proto::ZeroHitDiagnosis {
        absent_terms,
        ruled_out: ruled_out.iter().map(self::ruled_out).collect(),
        without_filter: *without_filter,
        absent,
        filter_rules_out_everything: *filter_rules_out_everything,
    }
}

fn ruled_out(part: &RuledOut) -> proto::RuledOut {
    let RuledOut { written, clause, excluded, without_it, in_conflict } = part;
    proto::RuledOut {
        written: written.clone(),
        clause: Some(tree(clause)),
        excluded: *excluded,
        without_it: *without_it,
        in_conflict: *in_conflict,
    }
}

pub(super) fn term_stats(ranked: &Ranked) -> Vec<proto::TermStats> {
    ranked.terms().iter().map(stats).collect()
}

fn stats(term: &TermStatistics) -> proto::TermStats {
    let TermStatistics { characters, frequency, field } = term;
    proto::TermStats { term: characters.clone(), document_frequency: *frequency, field: place(*field).into() }
}

pub(super) fn total_hits(total: Total) -> proto::TotalHits {
    use proto::total_hits::Relation;
    let (value, relation) = match total {
        Total::Exact(value) => (value, Relation::Exact),
        Total::AtLeast(value) => (value, Relation::AtLeast),
    };
    proto::TotalHits { value, relation: relation.into() }
}

/// Hits of a search, of which there are never more than its limit.
pub(super) fn count(hits: impl TryInto<u32>) -> u32 {
    hits.try_into().unwrap_or(u32::MAX)
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
