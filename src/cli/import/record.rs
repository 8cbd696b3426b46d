//! Documents from records: a JSON object, or the text of a file.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    Content, ImportOptions,
    values::{plain, plain_array, ready_paragraphs},
};
use crate::rpc::proto::{Document, ReadyParagraph, ReadyParagraphs, document};

/// Why a record is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    /// It is no JSON.
    #[error("no JSON: {}", json_problem(.0))]
    Json(#[from] serde_json::Error),
    /// It is JSON, but no object.
    #[error("no record; write an object such as {{\"id\": …, \"text\": …}}")]
    NoObject,
    /// It has no id.
    #[error("no `id`; give the record one, a string or an integer")]
    NoId,
    /// It says its content twice.
    #[error("both `text` and `paragraphs`; leave one out")]
    TwoContents,
    /// A field has a type that it cannot have.
    #[error("`{field}` has to be {wanted}")]
    Type { field: &'static str, wanted: &'static str },
}

/// A record that is refused, with its id if it has one.
#[derive(Debug)]
pub(super) struct Refused {
    /// The id; empty if there is none.
    pub(super) id: String,
    /// Why.
    pub(super) error: RecordError,
}

/// Makes a document of a line: one JSON object.
pub(super) fn from_json(line: &str, options: &ImportOptions) -> Result<Document, Refused> {
    let nameless = |error| Refused { id: String::new(), error };
    let mut fields = match serde_json::from_str(line).map_err(|error| nameless(error.into()))? {
        Value::Object(fields) => Fields(fields),
        _ => return Err(nameless(RecordError::NoObject)),
    };
    let id = fields.id().map_err(nameless)?;
    match fields.into_document(id.clone(), options) {
        Ok(document) => Ok(document),
        Err(error) => Err(Refused { id, error }),
    }
}

/// Makes a document of a whole file.
pub(super) fn from_text(id: String, text: String, options: &ImportOptions) -> Document {
    Document {
        id,
        collection: options.collection.clone().unwrap_or_default(),
        content: Some(content_of(text, options.content)),
        ..Document::default()
    }
}

fn content_of(text: String, content: Content) -> document::Content {
    match content {
        Content::AsFound => document::Content::Text(text),
        // Nothing is no paragraph.
        Content::ReadyMade if text.is_empty() => document::Content::Paragraphs(ReadyParagraphs::default()),
        Content::ReadyMade => document::Content::Paragraphs(ReadyParagraphs {
            paragraphs: vec![ReadyParagraph { text, heading_path: Vec::new() }],
        }),
    }
}

/// The fields of a record that are still to be read. `null` is as good as absent.
struct Fields(Map<String, Value>);

impl Fields {
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    fn id(&mut self) -> Result<String, RecordError> {
        match self.take("id") {
            Some(Value::String(id)) if !id.is_empty() => Ok(id),
            Some(Value::Number(id)) if id.is_i64() || id.is_u64() => Ok(id.to_string()),
            None | Some(Value::String(_)) => Err(RecordError::NoId),
            Some(_) => Err(RecordError::Type { field: "id", wanted: "a string or an integer" }),
        }
    }

    fn into_document(mut self, id: String, options: &ImportOptions) -> Result<Document, RecordError> {
        let content = self.content(options.content)?;
        let collection = self.string("collection")?;
        Ok(Document {
            id,
            title: self.string("title")?,
            source: self.string("source")?,
            author: self.string("author")?,
            agency: self.string("agency")?,
            document_number: self.string("document_number")?,
            document_type: self.string("document_type")?,
            publish_date: self.publish_date()?,
            level: self.string("level")?,
            collection: options.collection.clone().unwrap_or(collection),
            labels: self.strings("labels")?,
            attributes: self.attributes()?,
            content,
        })
    }

    fn content(&mut self, content: Content) -> Result<Option<document::Content>, RecordError> {
        match (self.take("text"), self.take("paragraphs")) {
            (None, None) => Ok(None),
            (Some(Value::String(text)), None) => Ok(Some(content_of(text, content))),
            (Some(_), None) => Err(RecordError::Type { field: "text", wanted: "a string" }),
            (None, Some(paragraphs)) => {
                let paragraphs = ready_paragraphs(paragraphs).ok_or(RecordError::Type {
                    field: "paragraphs",
                    wanted: "an array of strings or of objects with `text` and `heading_path`",
                })?;
                Ok(Some(document::Content::Paragraphs(ReadyParagraphs { paragraphs })))
            }
            (Some(_), Some(_)) => Err(RecordError::TwoContents),
        }
    }

    fn string(&mut self, field: &'static str) -> Result<String, RecordError> {
        match self.take(field) {
            None => Ok(String::new()),
            Some(value) => plain(value).ok_or(RecordError::Type { field, wanted: "a string" }),
        }
    }

    /// `publish_date`, or `date` if that is all there is.
    fn publish_date(&mut self) -> Result<String, RecordError> {
        let date = self.string("publish_date")?;
        if date.is_empty() { self.string("date") } else { Ok(date) }
    }

    fn strings(&mut self, field: &'static str) -> Result<Vec<String>, RecordError> {
        match self.take(field) {
            None => Ok(Vec::new()),
            Some(value) => plain_array(value).ok_or(RecordError::Type { field, wanted: "an array of strings" }),
        }
    }

    /// The attributes that the record names, and what else it says in one string or number.
    fn attributes(mut self) -> Result<HashMap<String, String>, RecordError> {
        let wrong = RecordError::Type { field: "attributes", wanted: "an object of strings" };
        let named = match self.take("attributes") {
            None => Map::new(),
            Some(Value::Object(named)) => named,
            Some(_) => return Err(wrong),
        };
        let mut attributes: HashMap<_, _> =
            self.0.into_iter().filter_map(|(key, value)| Some((key, plain(value)?))).collect();
        for (key, value) in named.into_iter().filter(|(_, value)| !value.is_null()) {
            let Some(value) = plain(value) else { return Err(wrong) };
            attributes.insert(key, value);
        }
        Ok(attributes)
    }
}

/// Says what is wrong, without the number of the line: to the parser every record is line 1.
fn json_problem(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", ", column ")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use expect_test::{Expect, expect};

    use super::*;

    fn options(content: Content, collection: Option<&str>) -> ImportOptions {
        ImportOptions { paths: Vec::<PathBuf>::new(), content, collection: collection.map(str::to_owned) }
    }

    fn document(line: &str, content: Content) -> Document {
        from_json(line, &options(content, None)).unwrap()
    }

    fn check_refused(line: &str, expected: &Expect) {
        let refused = from_json(line, &options(Content::AsFound, None)).unwrap_err();
        expected.assert_eq(&format!("{}: {}", refused.id, refused.error));
    }

    fn paragraphs(paragraphs: &[(&str, &[&str])]) -> document::Content {
        let paragraphs = paragraphs
            .iter()
            .map(|(text, path)| ReadyParagraph {
                text: (*text).into(),
                heading_path: path.iter().map(|&heading| heading.into()).collect(),
            })
            .collect();
        document::Content::Paragraphs(ReadyParagraphs { paragraphs })
    }

    fn content(line: &str, content: Content) -> document::Content {
        document(line, content).content.expect("the record has a content")
    }

    #[test]
    fn every_known_field_is_taken() {
        let line = r#"{"id":"甲","title":"题","source":"源","author":"人","agency":"机关","document_number":"国办发〔2024〕1号",
            "document_type":"通知","date":"2024-01","level":"国家","collection":"法规","labels":["一",2],
            "attributes":{"页":3,"url":"u"},"text":"文"}"#;
        assert_eq!(
            document(line, Content::AsFound),
            Document {
                id: "甲".into(),
                title: "题".into(),
                source: "源".into(),
                author: "人".into(),
                agency: "机关".into(),
                document_number: "国办发〔2024〕1号".into(),
                document_type: "通知".into(),
                publish_date: "2024-01".into(),
                level: "国家".into(),
                collection: "法规".into(),
                labels: vec!["一".into(), "2".into()],
                attributes: HashMap::from([("页".into(), "3".into()), ("url".into(), "u".into())]),
                content: Some(document::Content::Text("文".into())),
            }
        );
    }

    #[test]
    fn ids_are_strings_or_integers() {
        assert_eq!(document(r#"{"id":17}"#, Content::AsFound).id, "17");
        assert_eq!(document(r#"{"id":"017"}"#, Content::AsFound).id, "017");
        check_refused(r#"{"id":1.5}"#, &expect![": `id` has to be a string or an integer"]);
        check_refused(r#"{"id":"","text":"文"}"#, &expect![": no `id`; give the record one, a string or an integer"]);
        check_refused(r#"{"text":"文"}"#, &expect![": no `id`; give the record one, a string or an integer"]);
    }

    #[test]
    fn unknown_fields_are_kept_where_they_are_plain() {
        let found = document(r#"{"id":"a","页数":12,"url":"u","x":[1],"y":{},"z":true,"w":null}"#, Content::AsFound);
        assert_eq!(found.attributes, HashMap::from([("页数".into(), "12".into()), ("url".into(), "u".into())]));
        assert_eq!(found.content, None);
    }

    #[test]
    fn the_publish_date_has_two_names() {
        let date = |line| document(line, Content::AsFound).publish_date;
        assert_eq!(date(r#"{"id":1,"date":2024}"#), "2024");
        assert_eq!(date(r#"{"id":1,"publish_date":"2024-02","date":"2023"}"#), "2024-02");
        assert_eq!(date(r#"{"id":1,"publish_date":null,"date":"2023"}"#), "2023");
    }

    #[test]
    fn paragraphs_may_be_split_already() {
        let line = r#"{"id":1,"paragraphs":["一",{"text":"二","heading_path":["章","节"]}]}"#;
        let split = paragraphs(&[("一", &[]), ("二", &["章", "节"])]);
        assert_eq!(content(line, Content::AsFound), split);
        assert_eq!(content(line, Content::ReadyMade), split);
        assert_eq!(content(r#"{"id":1,"text":"一\n二"}"#, Content::ReadyMade), paragraphs(&[("一\n二", &[])]));
        assert_eq!(content(r#"{"id":1,"text":""}"#, Content::ReadyMade), paragraphs(&[]));
    }

    #[test]
    fn a_collection_on_the_command_line_wins() {
        let named = options(Content::AsFound, Some("法规"));
        assert_eq!(from_json(r#"{"id":1,"collection":"公报"}"#, &named).unwrap().collection, "法规");
        assert_eq!(from_text("a.txt".into(), "文".into(), &named).collection, "法规");
    }

    #[test]
    fn what_cannot_be_a_record_is_refused() {
        check_refused("[]", &expect![[r#": no record; write an object such as {"id": …, "text": …}"#]]);
        check_refused("{", &expect![": no JSON: EOF while parsing an object, column 1"]);
        check_refused(
            r#"{"id":"甲","text":"一","paragraphs":[]}"#,
            &expect!["甲: both `text` and `paragraphs`; leave one out"],
        );
        check_refused(r#"{"id":"甲","text":1}"#, &expect!["甲: `text` has to be a string"]);
        check_refused(r#"{"id":"甲","labels":"一"}"#, &expect!["甲: `labels` has to be an array of strings"]);
        check_refused(
            r#"{"id":"甲","attributes":{"a":[]}}"#,
            &expect!["甲: `attributes` has to be an object of strings"],
        );
        check_refused(
            r#"{"id":"甲","paragraphs":[{"heading_path":[]}]}"#,
            &expect!["甲: `paragraphs` has to be an array of strings or of objects with `text` and `heading_path`"],
        );
    }
}
