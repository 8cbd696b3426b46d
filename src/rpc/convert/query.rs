//! Queries, in both directions.

use crate::{
    query::{
        Boolean, DocumentNumber, Field, MAX_CHARACTERS, MAX_CLAUSES, MAX_DEPTH, MAX_TREE_CHARACTERS, MatchMode,
        Metadata, MetadataKey, NamedDocument, Phrase, Query, Substring, Synonym, Words,
    },
    rpc::{
        convert::invalid::{Invalid, enumeration, match_mode},
        proto::{self, query::Kind},
    },
};

/// Refuses a text that is longer than a question.
pub(super) fn checked_text(field: &str, text: String) -> Result<String, Invalid> {
    if text.is_empty() {
        return Err(Invalid::new(field, "must not be empty"));
    }
    let characters = text.chars().count();
    if characters > MAX_CHARACTERS {
        return Err(Invalid::new(field, format!("has {characters} characters, at most {MAX_CHARACTERS} are taken")));
    }
    Ok(text)
}

/// Reads a tree that a caller built.
pub(super) fn typed(field: &str, query: proto::Query) -> Result<Query, Invalid> {
    Reader { clauses_left: MAX_CLAUSES, characters_left: MAX_TREE_CHARACTERS }.query(field, 1, query)
}

/// Reads a tree. Its recursion ends at [`MAX_DEPTH`], whatever comes in.
struct Reader {
    clauses_left: usize,
    characters_left: usize,
}

impl Reader {
    fn query(&mut self, field: &str, depth: usize, query: proto::Query) -> Result<Query, Invalid> {
        self.count(depth)?;
        let proto::Query { kind } = query;
        let Some(kind) = kind else {
            return Err(Invalid::new(field, "has no kind of node set"));
        };
        match kind {
            Kind::Text(text) => self.words(&format!("{field}.text"), text),
            Kind::Phrase(text) => self.phrase(&format!("{field}.phrase"), text),
            Kind::Substring(substring) => self.substring(&format!("{field}.substring.text"), substring),
            Kind::Boolean(boolean) => self.boolean(&format!("{field}.boolean"), depth, boolean),
            Kind::MatchAll(proto::MatchAllQuery {}) => Ok(Query::MatchAll),
            Kind::NamedDocument(proto::NamedDocumentQuery { title }) => {
                let title = self.text(&format!("{field}.named_document.title"), title)?;
                Ok(Query::NamedDocument(NamedDocument { title }))
            }
            Kind::DocumentNumber(proto::DocumentNumberQuery { number }) => {
                let number = self.text(&format!("{field}.document_number.number"), number)?;
                Ok(Query::DocumentNumber(DocumentNumber { number }))
            }
            Kind::Metadata(metadata) => self.metadata(&format!("{field}.metadata"), metadata),
        }
    }

    fn count(&mut self, depth: usize) -> Result<(), Invalid> {
        if depth > MAX_DEPTH {
            return Err(Invalid::new("typed_query", format!("has more than {MAX_DEPTH} levels; flatten it")));
        }
        self.clauses_left = self
            .clauses_left
            .checked_sub(1)
            .ok_or_else(|| Invalid::new("typed_query", format!("has more than {MAX_CLAUSES} clauses; ask twice")))?;
        Ok(())
    }

    fn boolean(&mut self, field: &str, depth: usize, query: proto::BooleanQuery) -> Result<Query, Invalid> {
        let proto::BooleanQuery { must, should, must_not } = query;
        if must.is_empty() && should.is_empty() && must_not.is_empty() {
            return Err(Invalid::new(field, "has no clauses"));
        }
        Ok(Query::Boolean(Boolean {
            must: self.clauses(&format!("{field}.must"), depth, must)?,
            should: self.clauses(&format!("{field}.should"), depth, should)?,
            must_not: self.clauses(&format!("{field}.must_not"), depth, must_not)?,
        }))
    }

    fn clauses(&mut self, field: &str, depth: usize, queries: Vec<proto::Query>) -> Result<Vec<Query>, Invalid> {
        let numbered = queries.into_iter().enumerate();
        numbered.map(|(number, query)| self.query(&format!("{field}[{number}]"), depth + 1, query)).collect()
    }

    fn words(&mut self, path: &str, query: proto::TextQuery) -> Result<Query, Invalid> {
        let proto::TextQuery { text, field, r#match, synonyms: _ } = query;
        Ok(Query::Words(Words {
            text: self.text(&format!("{path}.text"), text)?,
            field: query_field(&format!("{path}.field"), field)?,
            mode: match_mode(&format!("{path}.match"), r#match)?,
            synonyms: Vec::new(),
        }))
    }

    fn phrase(&mut self, path: &str, query: proto::PhraseQuery) -> Result<Query, Invalid> {
        let proto::PhraseQuery { text, field } = query;
        Ok(Query::Phrase(Phrase {
            text: self.text(&format!("{path}.text"), text)?,
            field: query_field(&format!("{path}.field"), field)?.unwrap_or(Field::Text),
        }))
    }

    fn substring(&mut self, field: &str, query: proto::SubstringQuery) -> Result<Query, Invalid> {
        let proto::SubstringQuery { text } = query;
        let substring = Substring { text: self.text(field, text)? };
        if !substring.can_be_found() {
            return Err(Invalid::new(field, "has no letter or digit; add one that stands beside these characters"));
        }
        Ok(Query::Substring(substring))
    }

    fn metadata(&mut self, path: &str, query: proto::MetadataQuery) -> Result<Query, Invalid> {
        let proto::MetadataQuery { field, value } = query;
        Ok(Query::Metadata(Metadata {
            field: metadata_key(&format!("{path}.field"), field)?,
            value: self.text(&format!("{path}.value"), value)?,
        }))
    }

    fn text(&mut self, field: &str, text: String) -> Result<String, Invalid> {
        let text = checked_text(field, text)?;
        self.characters_left = self.characters_left.checked_sub(text.chars().count()).ok_or_else(|| {
            Invalid::new(
                "typed_query",
                format!("has more than {MAX_TREE_CHARACTERS} characters in its texts; ask twice"),
            )
        })?;
        Ok(text)
    }
}

fn query_field(field: &str, value: i32) -> Result<Option<Field>, Invalid> {
    Ok(match enumeration(field, value)? {
        proto::QueryField::Unspecified => None,
        proto::QueryField::Text => Some(Field::Text),
        proto::QueryField::Title => Some(Field::Title),
    })
}

fn metadata_key(field: &str, value: i32) -> Result<MetadataKey, Invalid> {
    Ok(match enumeration(field, value)? {
        proto::MetadataField::Unspecified => return Err(Invalid::new(field, "must be set")),
        proto::MetadataField::Source => MetadataKey::Source,
        proto::MetadataField::Author => MetadataKey::Author,
        proto::MetadataField::Agency => MetadataKey::Agency,
        proto::MetadataField::DocumentNumber => MetadataKey::DocumentNumber,
        proto::MetadataField::DocumentType => MetadataKey::DocumentType,
        proto::MetadataField::Level => MetadataKey::Level,
        proto::MetadataField::Collection => MetadataKey::Collection,
        proto::MetadataField::Label => MetadataKey::Label,
    })
}

/// Writes a query as the tree that callers see.
pub(crate) fn tree(query: &Query) -> proto::Query {
    let kind = match query {
        Query::Words(Words { text, field, mode, synonyms }) => Kind::Text(proto::TextQuery {
            text: text.clone(),
            field: written_field(*field).into(),
            r#match: written_mode(*mode).into(),
            synonyms: synonyms.iter().map(synonym).collect(),
        }),
        Query::Phrase(Phrase { text, field }) => {
            Kind::Phrase(proto::PhraseQuery { text: text.clone(), field: written_field(Some(*field)).into() })
        }
        Query::Boolean(Boolean { must, should, must_not }) => Kind::Boolean(proto::BooleanQuery {
            must: must.iter().map(tree).collect(),
            should: should.iter().map(tree).collect(),
            must_not: must_not.iter().map(tree).collect(),
        }),
        Query::Substring(Substring { text }) => Kind::Substring(proto::SubstringQuery { text: text.clone() }),
        Query::NamedDocument(NamedDocument { title }) => {
            Kind::NamedDocument(proto::NamedDocumentQuery { title: title.clone() })
        }
        Query::DocumentNumber(DocumentNumber { number }) => {
            Kind::DocumentNumber(proto::DocumentNumberQuery { number: number.clone() })
        }
        Query::Metadata(Metadata { field, value }) => {
            Kind::Metadata(proto::MetadataQuery { field: metadata_field(*field).into(), value: value.clone() })
        }
        Query::Alternatives(alternatives) => Kind::Boolean(proto::BooleanQuery {
            must: Vec::new(),
            should: alternatives.iter().map(tree).collect(),
            must_not: Vec::new(),
        }),
        Query::MatchAll => Kind::MatchAll(proto::MatchAllQuery {}),
    };
    proto::Query { kind: Some(kind) }
}

fn synonym(Synonym { words: _, written, others }: &Synonym) -> proto::Synonym {
    proto::Synonym { written: written.clone(), others: others.clone() }
}

fn written_field(field: Option<Field>) -> proto::QueryField {
    match field {
        None => proto::QueryField::Unspecified,
        Some(Field::Text) => proto::QueryField::Text,
        Some(Field::Title) => proto::QueryField::Title,
    }
}

/// Writes what of a document a condition is about.
pub(super) fn metadata_field(field: MetadataKey) -> proto::MetadataField {
    match field {
        MetadataKey::Source => proto::MetadataField::Source,
        MetadataKey::Author => proto::MetadataField::Author,
        MetadataKey::Agency => proto::MetadataField::Agency,
        MetadataKey::DocumentNumber => proto::MetadataField::DocumentNumber,
        MetadataKey::DocumentType => proto::MetadataField::DocumentType,
        MetadataKey::Level => proto::MetadataField::Level,
        MetadataKey::Collection => proto::MetadataField::Collection,
        MetadataKey::Label => proto::MetadataField::Label,
    }
}

fn written_mode(mode: Option<MatchMode>) -> proto::MatchMode {
    match mode {
        None => proto::MatchMode::Unspecified,
        Some(MatchMode::Any) => proto::MatchMode::Any,
        Some(MatchMode::All) => proto::MatchMode::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    fn text(words: &str) -> proto::Query {
        let text = proto::TextQuery { text: words.to_owned(), ..proto::TextQuery::default() };
        proto::Query { kind: Some(Kind::Text(text)) }
    }

    fn any_of(should: Vec<proto::Query>) -> proto::Query {
        let boolean = proto::BooleanQuery { must: vec![], should, must_not: vec![] };
        proto::Query { kind: Some(Kind::Boolean(boolean)) }
    }

    fn nested(levels: usize) -> proto::Query {
        (1..levels).fold(text("干部"), |inner, _| any_of(vec![inner]))
    }

    fn check_refused(query: proto::Query, field: &str) {
        let refused = typed("typed_query", query).expect_err("must be refused");
        assert_eq!(refused.field, field, "{refused}");
    }

    #[test]
    fn a_tree_comes_back_as_it_went_in() {
        let sent = any_of(vec![text("问题导向"), proto::Query { kind: Some(Kind::MatchAll(proto::MatchAllQuery {})) }]);
        assert_eq!(tree(&typed("typed_query", sent.clone()).unwrap()), sent);
    }

    #[test]
    fn named_documents_and_numbers_come_back_too() {
        let named = proto::NamedDocumentQuery { title: "党章".to_owned() };
        let number = proto::DocumentNumberQuery { number: "国发[2024] 1号".to_owned() };
        let sent = any_of(vec![
            proto::Query { kind: Some(Kind::NamedDocument(named)) },
            proto::Query { kind: Some(Kind::DocumentNumber(number)) },
        ]);
        assert_eq!(tree(&typed("typed_query", sent.clone()).unwrap()), sent);
    }

    #[test]
    fn what_people_write_is_shown_as_a_tree() {
        #[track_caller]
        fn check(text: &str, expected: &proto::Query) {
            assert_eq!(tree(&parse(text).query), *expected, "{text}");
        }
        let metadata = |field: proto::MetadataField| {
            let query = proto::MetadataQuery { field: field.into(), value: "甲".to_owned() };
            proto::Query { kind: Some(Kind::Metadata(query)) }
        };
        check("甲 | 乙", &any_of(vec![text("甲"), text("乙")]));
        for (name, field) in [
            ("来源", proto::MetadataField::Source),
            ("作者", proto::MetadataField::Author),
            ("机关", proto::MetadataField::Agency),
            ("文号", proto::MetadataField::DocumentNumber),
            ("类型", proto::MetadataField::DocumentType),
            ("级别", proto::MetadataField::Level),
            ("集合", proto::MetadataField::Collection),
            ("标签", proto::MetadataField::Label),
        ] {
            check(&format!("{name}:甲"), &metadata(field));
            assert_eq!(tree(&typed("typed_query", metadata(field)).unwrap()), metadata(field));
        }
    }

    #[test]
    fn a_tree_is_bounded_in_depth_and_size() {
        assert!(typed("typed_query", nested(MAX_DEPTH)).is_ok());
        check_refused(nested(MAX_DEPTH + 1), "typed_query");
        check_refused(nested(100), "typed_query");
        assert!(typed("typed_query", any_of(vec![text("干部"); MAX_CLAUSES - 1])).is_ok());
        check_refused(any_of(vec![text("干部"); MAX_CLAUSES]), "typed_query");
    }

    #[test]
    fn the_path_leads_to_the_field() {
        check_refused(any_of(vec![text("干部"), text("")]), "typed_query.boolean.should[1].text.text");
        check_refused(any_of(vec![]), "typed_query.boolean");
        check_refused(proto::Query { kind: None }, "typed_query");
        let substring = |text: &str| {
            let query = proto::SubstringQuery { text: text.to_owned() };
            proto::Query { kind: Some(Kind::Substring(query)) }
        };
        assert_eq!(tree(&typed("typed_query", substring("〔1〕")).unwrap()), substring("〔1〕"));
        for text in ["", "〔〕", "， \n", &"1".repeat(MAX_CHARACTERS + 1)] {
            check_refused(substring(text), "typed_query.substring.text");
        }
        let metadata = |field, value: &str| {
            let query = proto::MetadataQuery { field, value: value.to_owned() };
            proto::Query { kind: Some(Kind::Metadata(query)) }
        };
        check_refused(metadata(0, "甲"), "typed_query.metadata.field");
        check_refused(metadata(9, "甲"), "typed_query.metadata.field");
        check_refused(metadata(1, ""), "typed_query.metadata.value");
        assert!(typed("typed_query", metadata(8, "甲")).is_ok());
        let named = proto::NamedDocumentQuery { title: String::new() };
        check_refused(proto::Query { kind: Some(Kind::NamedDocument(named)) }, "typed_query.named_document.title");
        let number = proto::DocumentNumberQuery { number: "1".repeat(MAX_CHARACTERS + 1) };
        check_refused(proto::Query { kind: Some(Kind::DocumentNumber(number)) }, "typed_query.document_number.number");
        let unknown = proto::TextQuery { text: "干部".to_owned(), field: 7, ..proto::TextQuery::default() };
        check_refused(proto::Query { kind: Some(Kind::Text(unknown)) }, "typed_query.text.field");
    }
}
