//! Purges: what is asked, and what is answered.

use crate::{
    document::DocumentId,
    query::Filter,
    rpc::{
        convert::{filter::filter, invalid::Invalid},
        proto,
    },
    search::Generation,
};

/// What is to be deleted.
#[derive(Debug)]
pub(crate) struct Purge {
    /// Which documents; without a condition only if that was asked for.
    pub(crate) filter: Filter,
    /// Whether they are counted only.
    pub(crate) validate_only: bool,
}

/// Checks what is to be deleted: everything has to be asked for, it is not what is left of a forgotten filter.
pub(crate) fn purge_request(request: proto::PurgeDocumentsRequest) -> Result<Purge, Invalid> {
    let proto::PurgeDocumentsRequest { filter: conditions, all, validate_only } = request;
    let filter = filter(conditions)?;
    match (filter.is_empty(), all) {
        (true, false) => Err(Invalid::new("filter", "has no condition; set `all` to delete every document")),
        (false, true) => Err(Invalid::new("all", "contradicts `filter`, which has conditions; leave one of them out")),
        _ => Ok(Purge { filter, validate_only }),
    }
}

/// Writes what was deleted, or would be.
pub(crate) fn purge_response(
    count: u64,
    sample: Vec<DocumentId>,
    generation: Generation,
) -> proto::PurgeDocumentsResponse {
    proto::PurgeDocumentsResponse {
        purge_count: count,
        purge_sample: sample.into_iter().map(String::from).collect(),
        generation: generation.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_to_be_asked_for() {
        let request = |levels: &[&str], all| {
            let levels = levels.iter().map(ToString::to_string).collect();
            let filter = Some(proto::Filter { levels, ..proto::Filter::default() });
            purge_request(proto::PurgeDocumentsRequest { filter, all, validate_only: false })
        };
        assert_eq!(request(&[], false).unwrap_err().field, "filter");
        assert_eq!(request(&["省级"], true).unwrap_err().field, "all");
        assert!(request(&[], true).unwrap().filter.is_empty());
        assert!(!request(&["省级"], false).unwrap().filter.is_empty());
        let unset = proto::PurgeDocumentsRequest::default();
        assert_eq!(purge_request(unset).unwrap_err().field, "filter");
    }
}
