//! How headings stand to each other.

use super::markers::Kind;

/// How far in a heading stands: by its marker; without one, right under the marked heading above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) kind: Option<Kind>,
    pub(super) within: Within,
}

/// How far in a heading stands under one of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Within {
    /// It is itself of that kind.
    Itself,
    /// It heads what a letter sends, or an annex.
    Sent,
    /// It counts parts, each with articles.
    Parts(Kind),
    /// It has no marker.
    Unmarked,
    /// It is a sentence: 要抓紧能力提升。
    Topic,
    /// It is a part of a sentence that is a list, each part a line: 主要内容是： above 一、…… above 二、…….
    List,
}

impl Rank {
    pub(super) const TITLE: Self = Self { kind: None, within: Within::Itself };
    /// Of 目录, which heads its entries alone.
    pub(super) const CONTENTS: Self = Self { kind: Some(Kind::Side), within: Within::Unmarked };
    /// Of the title of an annex, and of what a letter sends, which is a document of its own as well.
    pub(super) const SENT: Self = Self { kind: Some(Kind::Annex), within: Within::Sent };
    /// Of 引言, which every other heading ends.
    pub(super) const OPENING: Self = Self { kind: Some(Kind::Side), within: Within::Topic };

    pub(super) fn marked(kind: Kind) -> Self {
        Self { kind: Some(kind), within: Within::Itself }
    }

    /// Whether it is of a title, or of an annex, which is a document of its own.
    pub(super) fn heads_document(self) -> bool {
        self == Self::TITLE || matches!(self.kind, Some(Kind::Markdown(1) | Kind::Annex))
    }

    /// Of what heads articles with the marker of an enumeration: under every kind that stands above articles.
    pub(super) fn above_articles(kind: Kind) -> Self {
        Self { kind: Some(Kind::Division), within: Within::Parts(kind) }
    }
}
