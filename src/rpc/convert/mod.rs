//! The door between generated types and ours.
//!
//! What comes in is destructured without `..`, so that a new field breaks the build until someone decides about it.

mod analyze;
mod answer;
mod count;
mod document;
mod explain;
mod filter;
mod hit;
mod invalid;
mod list;
mod maintenance;
mod operation;
mod purge;
mod query;
mod search;
mod streams;
mod unit;

pub(crate) use analyze::{Analyze, analyze_request, analyze_response};
pub(crate) use answer::{
    delete_response, duplicate_warning, metadata_response, original_response, paragraphs_response, prepare_warning,
    put_response, statistics_response,
};
pub(crate) use count::{count_request, count_response};
pub(crate) use document::{ReadView, Received, document, document_id, etag, get_request};
pub(crate) use explain::{explain_request, explain_response, place};
pub use hit::written;
pub(crate) use hit::{Batch, removed};
pub(crate) use invalid::{Invalid, echo};
pub(crate) use list::{ListPage, list_request, list_response};
pub(crate) use maintenance::{backup_request, backup_response, verification_response};
pub(crate) use operation::{cancel_operation_request, get_operation_request, operation, reindex_request};
pub(crate) use purge::{Purge, purge_request, purge_response};
pub(crate) use query::tree;
pub(crate) use search::{Asked, ExportOrder, SearchOrder, export_request, search_request};
pub(crate) use streams::{cancel_streams_request, running_stream};
pub(crate) use unit::Unit;
