//! The names of fields, as they stand before a colon.

use crate::query::{Field, Metadata, MetadataKey, Phrase, Query, Words, tree::MatchMode};

/// Characters of the longest name.
pub(super) const LONGEST_NAME: usize = 10;

/// Every name of every field, folded; the first of each is how it is printed.
const NAMES: [(Scope, &[&str]); 10] = [
    (Scope::Paragraph(Field::Title), &["标题", "title"]),
    (Scope::Paragraph(Field::Text), &["正文", "text"]),
    (Scope::Document(MetadataKey::Source), &["来源", "source"]),
    (Scope::Document(MetadataKey::Author), &["作者", "author"]),
    (Scope::Document(MetadataKey::Agency), &["机关", "发文机关", "agency"]),
    (Scope::Document(MetadataKey::DocumentNumber), &["文号", "发文字号", "number"]),
    (Scope::Document(MetadataKey::DocumentType), &["类型", "文种", "type"]),
    (Scope::Document(MetadataKey::Level), &["级别", "level"]),
    (Scope::Document(MetadataKey::Collection), &["集合", "collection"]),
    (Scope::Document(MetadataKey::Label), &["标签", "label"]),
];

/// What is no field, and may be expected to be one, folded.
const EXPECTED: [&str; 14] = [
    "日期",
    "发布日期",
    "发布时间",
    "年份",
    "年",
    "类别",
    "分类",
    "单位",
    "发布机构",
    "关键词",
    "编号",
    "id",
    "date",
    "year",
];

/// Whether a folded name is none and may be expected to be one.
pub(super) fn is_expected(name: &str) -> bool {
    EXPECTED.contains(&name)
}

/// What a part of a query is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// What a paragraph says, or the title above it.
    Paragraph(Field),
    /// What is known about the document: a condition.
    Document(MetadataKey),
}

impl Scope {
    /// The scope of a folded name.
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, names)| names.contains(&name)).map(|&(scope, _)| scope)
    }

    /// How it is printed.
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|&&(scope, _)| scope == self).map_or("", |(_, names)| names[0])
    }
}

/// Plain words within a scope; `None` looks where words look by themselves.
pub(super) fn words(scope: Option<Scope>, text: String, mode: Option<MatchMode>) -> Query {
    match scope {
        None => Query::Words(Words { text, field: None, mode, synonyms: Vec::new() }),
        Some(Scope::Paragraph(field)) => Query::Words(Words { text, field: Some(field), mode, synonyms: Vec::new() }),
        Some(Scope::Document(field)) => Query::Metadata(Metadata { field, value: text }),
    }
}

/// A quoted part within a scope; `None` looks where quoted parts look by themselves.
pub(super) fn phrase(scope: Option<Scope>, text: String) -> Query {
    match scope {
        None => Query::Phrase(Phrase { text, field: Field::Text }),
        Some(Scope::Paragraph(field)) => Query::Phrase(Phrase { text, field }),
        Some(Scope::Document(field)) => Query::Metadata(Metadata { field, value: text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;

    #[test]
    fn names_are_folded_distinct_and_no_longer_than_the_longest() {
        let names: Vec<_> = NAMES.iter().flat_map(|(_, names)| *names).collect();
        for (index, name) in names.iter().enumerate() {
            assert_eq!(fold(name), **name);
            assert!(name.chars().count() <= LONGEST_NAME, "{name}");
            assert!(!names[..index].contains(name), "{name}");
        }
        assert!(names.iter().any(|name| name.chars().count() == LONGEST_NAME));
    }

    #[test]
    fn every_scope_is_found_by_each_of_its_names() {
        for (scope, names) in NAMES {
            assert!(names.iter().all(|name| Scope::named(name) == Some(scope) && !is_expected(name)));
            assert_eq!(scope.name(), names[0]);
        }
        assert_eq!(Scope::named("时间"), None);
    }
}
