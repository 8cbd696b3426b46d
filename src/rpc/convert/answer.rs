//! What became of a document and what is known about it, on its way out.

use crate::{
    document::{DocumentId, Metadata},
    ingest::{Deleted, Edit, Outcome, PrepareWarning, Receipt},
    rpc::{
        convert::hit::{paragraph, range},
        proto,
    },
    search::{DocumentRecord, Generation, Original, ParagraphPage, Statistics},
};

/// Writes what became of a document.
pub(crate) fn put_response(
    id: &DocumentId,
    receipt: &Receipt,
    warnings: Vec<proto::DocumentWarning>,
) -> proto::PutDocumentResponse {
    let Receipt { etag, generation, paragraphs, outcome } = receipt;
    proto::PutDocumentResponse {
        document_id: id.to_string(),
        etag: etag.to_string(),
        generation: generation.to_string(),
        paragraph_count: *paragraphs,
        outcome: match outcome {
            Outcome::Created => proto::Outcome::Created,
            Outcome::Replaced => proto::Outcome::Replaced,
            Outcome::Unchanged => proto::Outcome::Unchanged,
        }
        .into(),
        warnings,
    }
}

/// Writes what the sender of a document should know.
pub(crate) fn prepare_warning(warning: PrepareWarning) -> proto::DocumentWarning {
    match warning {
        PrepareWarning::EmptyText => proto::DocumentWarning {
            reason: "EMPTY_TEXT".to_owned(),
            message: "there is nothing in the text to search: the document was taken without paragraphs".to_owned(),
            field: "document.text".to_owned(),
        },
    }
}

/// Writes that a document of an import has the id of one before it.
pub(crate) fn duplicate_warning() -> proto::DocumentWarning {
    proto::DocumentWarning {
        reason: "DUPLICATE_ID".to_owned(),
        message: "a document of this import that came shortly before has the same id: the last one counts".to_owned(),
        field: "document.id".to_owned(),
    }
}

/// Writes that a document is gone.
pub(crate) fn delete_response(deleted: &Deleted) -> proto::DeleteDocumentResponse {
    let Deleted { generation } = deleted;
    proto::DeleteDocumentResponse { generation: generation.to_string() }
}

/// Writes a document's metadata.
pub(crate) fn metadata_response(record: &DocumentRecord) -> proto::GetDocumentResponse {
    let DocumentRecord { id, version, metadata, recognized, original_bytes } = record;
    proto::GetDocumentResponse {
        document: Some(document(id, metadata.clone())),
        etag: version.etag.to_string(),
        sequence: version.sequence,
        paragraph_count: version.paragraphs,
        original_bytes: (*original_bytes).into(),
        recognized_fields: recognized.iter().map(ToString::to_string).collect(),
        ..proto::GetDocumentResponse::default()
    }
}

/// Writes a document's metadata and some of its paragraphs.
pub(crate) fn paragraphs_response(page: ParagraphPage) -> proto::GetDocumentResponse {
    let ParagraphPage { document, paragraphs, next } = page;
    proto::GetDocumentResponse {
        paragraphs: paragraphs.into_iter().map(paragraph).collect(),
        next_ordinal: next.unwrap_or_default(),
        ..metadata_response(&document)
    }
}

/// Writes a document's metadata and a part of its original.
pub(crate) fn original_response(part: Original) -> proto::GetDocumentResponse {
    let Original { document, text, edits, next } = part;
    let edits = edits.into_iter();
    proto::GetDocumentResponse {
        original: text,
        next_original_offset: next.unwrap_or_default(),
        edits: edits.map(edit).collect(),
        ..metadata_response(&document)
    }
}

/// Writes what was cut.
pub(super) fn edit(edit: Edit) -> proto::Edit {
    let Edit { range, rule } = edit;
    proto::Edit { range: Some(self::range(range)), rule: rule.to_string() }
}

pub(super) fn document(id: &DocumentId, metadata: Metadata) -> proto::Document {
    let Metadata {
        title,
        source,
        author,
        agency,
        document_number,
        document_type,
        publish_date,
        level,
        collection,
        labels,
        attributes,
    } = metadata;
    proto::Document {
        id: id.to_string(),
        title,
        source,
        author,
        agency,
        document_number,
        document_type,
        publish_date: publish_date.map_or_else(String::new, |date| date.to_string()),
        level,
        collection,
        labels,
        attributes: attributes.into_iter().collect(),
        content: None,
    }
}

/// Writes what the index holds. `fingerprint` names how this program analyses text.
pub(crate) fn statistics_response(
    generation: Generation,
    statistics: Statistics,
    fingerprint: &str,
) -> proto::GetIndexStatsResponse {
    let Statistics { documents, paragraphs, sequence, segments, disk_bytes, fingerprint: indexed, tombstones } =
        statistics;
    proto::GetIndexStatsResponse {
        documents,
        paragraphs,
        generation: generation.to_string(),
        sequence,
        segments,
        disk_bytes,
        text_chain_current: indexed == fingerprint,
        text_chain_fingerprint: indexed,
        tombstones,
    }
}
