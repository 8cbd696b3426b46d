//! What the values of a record can be taken as.

use serde_json::Value;

use crate::rpc::proto::ReadyParagraph;

/// A string, or a number as it is written.
pub(super) fn plain(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The same of every value of an array.
pub(super) fn plain_array(value: Value) -> Option<Vec<String>> {
    let Value::Array(values) = value else { return None };
    values.into_iter().map(plain).collect()
}

/// Paragraphs that are split already.
pub(super) fn ready_paragraphs(value: Value) -> Option<Vec<ReadyParagraph>> {
    let Value::Array(paragraphs) = value else { return None };
    paragraphs.into_iter().map(ready_paragraph).collect()
}

fn ready_paragraph(value: Value) -> Option<ReadyParagraph> {
    let mut fields = match value {
        Value::String(text) => return Some(ReadyParagraph { text, heading_path: Vec::new() }),
        Value::Object(fields) => fields,
        _ => return None,
    };
    let Some(Value::String(text)) = fields.remove("text") else { return None };
    let heading_path = match fields.remove("heading_path") {
        None | Some(Value::Null) => Vec::new(),
        Some(path) => plain_array(path)?,
    };
    Some(ReadyParagraph { text, heading_path })
}
