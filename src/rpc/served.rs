//! The search service as it is served: the contract's, but for what its streams carry. A batch of hits is there as it is
//! sent, written where it was fetched, so that nobody makes messages of it and nobody writes these while others wait for
//! the connection.

use prost::bytes::Bytes;

use crate::rpc::proto;

pub(crate) use self::generated::search_service_server::{SearchService, SearchServiceServer};

/// What a search answers, part by part: `xunzhang.v1.SearchResponse`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SearchResponse {
    #[prost(oneof = "SearchEvent", tags = "1, 2, 3")]
    pub(crate) event: Option<SearchEvent>,
}

/// A part of it.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum SearchEvent {
    #[prost(message, tag = "1")]
    Header(proto::SearchHeader),
    /// A `HitBatch`, written.
    #[prost(bytes = "bytes", tag = "2")]
    Hits(Bytes),
    #[prost(message, tag = "3")]
    Summary(proto::SearchSummary),
}

/// What an export answers, part by part: `xunzhang.v1.ExportResponse`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ExportResponse {
    #[prost(oneof = "ExportEvent", tags = "1, 2, 3, 4, 5")]
    pub(crate) event: Option<ExportEvent>,
}

/// A part of it.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum ExportEvent {
    #[prost(message, tag = "1")]
    Header(proto::ExportHeader),
    /// An `ExportBatch`, written.
    #[prost(bytes = "bytes", tag = "2")]
    Hits(Bytes),
    #[prost(message, tag = "3")]
    Removed(proto::RemovedBatch),
    #[prost(message, tag = "4")]
    Summary(proto::ExportSummary),
    #[prost(message, tag = "5")]
    Progress(proto::ExportProgress),
}

/// Generated from `proto/`.
mod generated {
    #![expect(
        clippy::pedantic,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        unreachable_pub,
        unused_qualifications,
        reason = "generated; the contract's comments are in the proto files"
    )]

    include!(concat!(env!("OUT_DIR"), "/served/xunzhang.v1.rs"));
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    /// Checks that callers read what is meant.
    fn check<T: prost::Message + Default + PartialEq + std::fmt::Debug>(sent: &impl prost::Message, expected: &T) {
        assert_eq!(T::decode(sent.encode_to_vec().as_slice()).as_ref(), Ok(expected));
    }

    #[test]
    fn callers_read_parts_of_a_search() {
        use proto::search_response::Event;
        let part = |event| proto::SearchResponse { event: Some(event) };
        let sent = |event| SearchResponse { event: Some(event) };
        let header = proto::SearchHeader { request_id: "desk-7".to_owned(), ..proto::SearchHeader::default() };
        check(&sent(SearchEvent::Header(header.clone())), &part(Event::Header(header)));
        let hits = proto::HitBatch { resume_token: "t".to_owned(), ..proto::HitBatch::default() };
        check(&sent(SearchEvent::Hits(hits.encode_to_vec().into())), &part(Event::Hits(hits)));
        let summary = proto::SearchSummary { hits_sent: 7, ..proto::SearchSummary::default() };
        check(&sent(SearchEvent::Summary(summary.clone())), &part(Event::Summary(summary)));
    }

    #[test]
    fn callers_read_parts_of_an_export() {
        use proto::export_response::Event;
        let part = |event| proto::ExportResponse { event: Some(event) };
        let sent = |event| ExportResponse { event: Some(event) };
        let header = proto::ExportHeader { request_id: "desk-7".to_owned(), ..proto::ExportHeader::default() };
        check(&sent(ExportEvent::Header(header.clone())), &part(Event::Header(header)));
        let hits = proto::ExportBatch { resume_token: "t".to_owned(), ..proto::ExportBatch::default() };
        check(&sent(ExportEvent::Hits(hits.encode_to_vec().into())), &part(Event::Hits(hits)));
        let removed = proto::RemovedBatch { resume_token: "t".to_owned(), ..proto::RemovedBatch::default() };
        check(&sent(ExportEvent::Removed(removed.clone())), &part(Event::Removed(removed)));
        let summary = proto::ExportSummary { hits_sent: 7, ..proto::ExportSummary::default() };
        check(&sent(ExportEvent::Summary(summary)), &part(Event::Summary(summary)));
        let progress = proto::ExportProgress { generation: "7".to_owned(), ..proto::ExportProgress::default() };
        check(&sent(ExportEvent::Progress(progress.clone())), &part(Event::Progress(progress)));
    }
}
