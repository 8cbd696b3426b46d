//! Documents and what is asked about them, on their way in.

use std::collections::{BTreeMap, HashMap};

use crate::{
    document::{
        Content, Document, DocumentId, Etag, MAX_READY_PARAGRAPHS, MAX_TEXT_BYTES, Metadata, PublishDate,
        ReadyParagraph,
    },
    rpc::{
        convert::invalid::{Invalid, at_most, enumeration},
        limits::{
            DOCUMENT_PAGE_BYTES, FIELD_BYTES, LABEL_BYTES, LABELS, READY_HEADING_BYTES, READY_HEADINGS,
            READY_PARAGRAPH_BYTES,
        },
        proto::{self, document},
    },
};

/// The attribute that keeps a date in no known form.
const DATE_ATTRIBUTE: &str = "publish_date";

/// A document, checked, with what its sender should know about how it was taken.
#[derive(Debug)]
pub(crate) struct Received {
    /// The document.
    pub(crate) document: Document,
    /// What was taken otherwise than it may have been meant.
    pub(crate) warnings: Vec<proto::DocumentWarning>,
}

/// Checks a document.
pub(crate) fn document(document: Option<proto::Document>) -> Result<Received, Invalid> {
    let Some(document) = document else {
        return Err(Invalid::new("document", "must be set"));
    };
    let proto::Document {
        id,
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
        content,
    } = document;
    let mut warnings = Vec::new();
    let mut attributes = checked_attributes(attributes)?;
    let publish_date = date(publish_date, &mut attributes, &mut warnings)?;
    let metadata = Metadata {
        title: bounded("document.title", title, FIELD_BYTES)?,
        source: bounded("document.source", source, FIELD_BYTES)?,
        author: bounded("document.author", author, FIELD_BYTES)?,
        agency: bounded("document.agency", agency, FIELD_BYTES)?,
        document_number: bounded("document.document_number", document_number, FIELD_BYTES)?,
        document_type: bounded("document.document_type", document_type, FIELD_BYTES)?,
        publish_date,
        level: bounded("document.level", level, FIELD_BYTES)?,
        collection: bounded("document.collection", collection, FIELD_BYTES)?,
        labels: checked_labels(labels)?,
        attributes,
    };
    let id = document_id("document.id", id)?;
    Ok(Received { document: Document { id, metadata, content: checked_content(content)? }, warnings })
}

/// Checks a document's id.
pub(crate) fn document_id(field: &str, id: String) -> Result<DocumentId, Invalid> {
    DocumentId::try_from(id).map_err(|error| Invalid::new(field, error.to_string()))
}

/// Reads the etag that a stored version must have; `None` when any will do.
pub(crate) fn etag(text: &str) -> Result<Option<Etag>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    let is_ours = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = is_ours.then(|| u128::from_str_radix(text, 16).ok()).flatten();
    number
        .map(|number| Some(Etag(number)))
        .ok_or_else(|| Invalid::new("etag", "is not an etag that this service gave out"))
}

/// How much of a document to read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReadView {
    /// Everything but the text.
    Metadata,
    /// The paragraphs too, from an ordinal on.
    Paragraphs { first: u32 },
    /// A part of the original text too.
    Original { offset: u64, bytes: u32 },
}

/// Checks what is asked about a document.
pub(crate) fn get_request(request: proto::GetDocumentRequest) -> Result<(DocumentId, ReadView), Invalid> {
    let proto::GetDocumentRequest { document_id: id, view, original_offset, original_limit, first_ordinal } = request;
    let id = document_id("document_id", id)?;
    let bytes = at_most("original_limit", original_limit, DOCUMENT_PAGE_BYTES)?;
    let view = match enumeration("view", view)? {
        proto::DocumentView::Unspecified | proto::DocumentView::Metadata => ReadView::Metadata,
        proto::DocumentView::Paragraphs => ReadView::Paragraphs { first: first_ordinal },
        proto::DocumentView::Original => {
            ReadView::Original { offset: original_offset, bytes: if bytes == 0 { DOCUMENT_PAGE_BYTES } else { bytes } }
        }
    };
    Ok((id, view))
}

pub(super) fn bounded(field: &str, text: String, maximum: usize) -> Result<String, Invalid> {
    if text.len() > maximum {
        return Err(Invalid::new(field, format!("has {} bytes, at most {maximum} are taken", text.len())));
    }
    Ok(text)
}

fn counted(field: &str, count: usize, maximum: usize) -> Result<(), Invalid> {
    if count > maximum {
        return Err(Invalid::new(field, format!("has {count} entries, at most {maximum} are taken")));
    }
    Ok(())
}

/// Reads a date. One in no known form is kept as it is, where there is room: a bad date is no reason to refuse a
/// document, nor to replace what its caller says.
fn date(
    text: String,
    attributes: &mut BTreeMap<String, String>,
    warnings: &mut Vec<proto::DocumentWarning>,
) -> Result<Option<PublishDate>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    let text = bounded("document.publish_date", text, FIELD_BYTES)?;
    let date = text.parse();
    if let Err(error) = &date {
        let kept = keep_date(text, attributes);
        warnings.push(proto::DocumentWarning {
            reason: "UNKNOWN_DATE".to_owned(),
            message: format!("the publish date {error}; it was {kept}"),
            field: "document.publish_date".to_owned(),
        });
    }
    Ok(date.ok())
}

/// Keeps a date in no known form as an attribute, if it can; says what became of it.
fn keep_date(text: String, attributes: &mut BTreeMap<String, String>) -> String {
    if attributes.contains_key(DATE_ATTRIBUTE) {
        format!("left out, as there is an attribute `{DATE_ATTRIBUTE}` already")
    } else if attributes.len() >= LABELS {
        format!("left out, as there are {LABELS} attributes already")
    } else {
        attributes.insert(DATE_ATTRIBUTE.to_owned(), text);
        format!("kept as the attribute `{DATE_ATTRIBUTE}`")
    }
}

fn checked_labels(labels: Vec<String>) -> Result<Vec<String>, Invalid> {
    counted("document.labels", labels.len(), LABELS)?;
    let numbered = labels.into_iter().enumerate();
    numbered.map(|(number, label)| bounded(&format!("document.labels[{number}]"), label, LABEL_BYTES)).collect()
}

fn checked_attributes(attributes: HashMap<String, String>) -> Result<BTreeMap<String, String>, Invalid> {
    counted("document.attributes", attributes.len(), LABELS)?;
    let checked = attributes.into_iter().map(|(key, value)| {
        let key = bounded("document.attributes", key, LABEL_BYTES)?;
        let value = bounded(&format!("document.attributes[{key}]"), value, FIELD_BYTES)?;
        Ok((key, value))
    });
    checked.collect()
}

/// Checks sizes here, before the document takes a place in a chunk or a queue, and where the field is known.
fn checked_content(content: Option<document::Content>) -> Result<Content, Invalid> {
    match content {
        None => Ok(Content::Text(String::new())),
        Some(document::Content::Text(text)) => {
            checked_size("document.text", text.len())?;
            Ok(Content::Text(text))
        }
        Some(document::Content::Paragraphs(proto::ReadyParagraphs { paragraphs })) => {
            counted("document.paragraphs.paragraphs", paragraphs.len(), MAX_READY_PARAGRAPHS)?;
            checked_size("document.paragraphs", paragraphs.iter().map(|paragraph| paragraph.text.len()).sum())?;
            let numbered = paragraphs.into_iter().enumerate();
            Ok(Content::Ready(numbered.map(ready_paragraph).collect::<Result<_, _>>()?))
        }
    }
}

pub(super) fn checked_size(field: &str, bytes: usize) -> Result<(), Invalid> {
    if bytes > MAX_TEXT_BYTES {
        let message = format!("has {bytes} bytes of text, at most {MAX_TEXT_BYTES} are taken; split the document");
        return Err(Invalid::new(field, message));
    }
    Ok(())
}

fn ready_paragraph((number, paragraph): (usize, proto::ReadyParagraph)) -> Result<ReadyParagraph, Invalid> {
    let proto::ReadyParagraph { text, heading_path } = paragraph;
    let heading_bytes: usize = heading_path.iter().map(String::len).sum();
    let refused = if text.len() > READY_PARAGRAPH_BYTES {
        ("text", format!("has {} bytes, at most {READY_PARAGRAPH_BYTES} are taken; split it", text.len()))
    } else if heading_path.len() > READY_HEADINGS {
        ("heading_path", format!("has {} entries, at most {READY_HEADINGS} are taken", heading_path.len()))
    } else if heading_bytes > READY_HEADING_BYTES {
        let message = format!("has {heading_bytes} bytes together, at most {READY_HEADING_BYTES} are taken");
        ("heading_path", message)
    } else {
        return Ok(ReadyParagraph { text, heading_path });
    };
    let (field, message) = refused;
    Err(Invalid::new(format!("document.paragraphs.paragraphs[{number}].{field}"), message))
}

#[cfg(test)]
mod tests;
