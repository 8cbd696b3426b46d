//! What was recognised, and filling in what a caller left empty.

use serde::{Deserialize, Serialize};

use std::{fmt, ops::Range};

use super::{
    page::{Found, Page},
    share::{SharedTitle, shared_title},
};
use crate::{document::Metadata, text::Repaired};

/// The most characters of a value; what is longer was read wrongly.
const MAX_VALUE: usize = 200;

/// A field of [`Metadata`] that texts tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MetadataField {
    /// [`Metadata::title`].
    Title,
    /// [`Metadata::source`].
    Source,
    /// [`Metadata::author`].
    Author,
    /// [`Metadata::agency`].
    Agency,
    /// [`Metadata::document_number`].
    DocumentNumber,
    /// [`Metadata::publish_date`].
    PublishDate,
}

impl MetadataField {
    /// Takes away what was filled in.
    pub fn clear(self, metadata: &mut Metadata) {
        match self {
            Self::Title => metadata.title.clear(),
            Self::Source => metadata.source.clear(),
            Self::Author => metadata.author.clear(),
            Self::Agency => metadata.agency.clear(),
            Self::DocumentNumber => metadata.document_number.clear(),
            Self::PublishDate => metadata.publish_date = None,
        }
    }
}

impl fmt::Display for MetadataField {
    /// The name of the field in the contract.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Title => "title",
            Self::Source => "source",
            Self::Author => "author",
            Self::Agency => "agency",
            Self::DocumentNumber => "document_number",
            Self::PublishDate => "publish_date",
        })
    }
}

/// A value, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognized {
    /// What it is the value of.
    pub field: MetadataField,
    /// As it is written, at most 200 characters, without line breaks; names and titles set in single characters
    /// (李 克 强) are closed up, and so are numbers. A date is `YYYY-MM-DD` or `YYYY-MM`, whatever the text writes.
    pub value: String,
    /// The parts of the original (bytes, ascending, none touching) that say so.
    pub source_ranges: Vec<Range<u32>>,
}

/// What a text says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recognition {
    /// In the order of [`MetadataField`], at most one a field.
    pub fields: Vec<Recognized>,
    /// Where the title stands in the repaired text (bytes), if it stands there.
    pub title_range: Option<Range<usize>>,
}

impl Recognition {
    /// The value of a field.
    pub fn value(&self, field: MetadataField) -> Option<&str> {
        self.fields.iter().find(|found| found.field == field).map(|found| found.value.as_str())
    }

    /// Fills in what is empty in the metadata, and tells which fields that were: what the caller set wins.
    pub fn fill(&self, metadata: &mut Metadata) -> Vec<MetadataField> {
        self.fields.iter().filter(|found| found.fill(metadata)).map(|found| found.field).collect()
    }
}

impl Recognized {
    /// Whether the field was empty, and is filled now.
    fn fill(&self, metadata: &mut Metadata) -> bool {
        let field = match self.field {
            MetadataField::Title => &mut metadata.title,
            MetadataField::Source => &mut metadata.source,
            MetadataField::Author => &mut metadata.author,
            MetadataField::Agency => &mut metadata.agency,
            MetadataField::DocumentNumber => &mut metadata.document_number,
            MetadataField::PublishDate => {
                let is_empty = metadata.publish_date.is_none();
                metadata.publish_date = metadata.publish_date.or_else(|| self.value.parse().ok());
                return is_empty && metadata.publish_date.is_some();
            }
        };
        let is_empty = field.is_empty();
        if is_empty {
            field.clone_from(&self.value);
        }
        is_empty
    }
}

/// Finds what a text says about itself: title, source, author, agency, number and date, where it says so clearly.
///
/// Looks at the first 20 and the last 10 lines only, at the signature of a letter above what it sends, and at share lines
/// that were cut. Which value wins:
///
/// - title: that of a share line, a label's (标题：), the first line that can be one;
/// - source: a label's (来源：);
/// - author: a label's, a byline's (文/张三), the speaker's below a title, the reporter's in a dateline, the one in
///   brackets at the end, the office if it names nobody; 责任编辑 is none;
/// - agency: a label's (发文机关：), the issuer in the note below a law's title, who signed, a body named below the title;
/// - number: a label's (发文字号：), a line that is one, the only order in the note below a law's title;
/// - date: that of publication by its label (发布时间：, 公布日期：), of completion (成文日期：), 时间： beside a source or
///   an author, a line right above or below these that is a date, the latest in the note below the title (so a law that
///   was amended has the date of its last amendment, and 通过 gives way to a later 公布; 施行 never counts), a line that
///   is a date, the signature's. A date without a year is none.
///
/// A label at the head comes before the same one at the tail.
pub fn recognize(original: &str, repaired: &Repaired) -> Recognition {
    let page = Page::of(repaired.text());
    let traced = |field| {
        move |found: Found| Recognized { field, value: found.value, source_ranges: repaired.source_ranges(found.range) }
    };
    let (title, title_range) = match shared_title(original, repaired, page.head()) {
        Some(SharedTitle { value, source_ranges, standing }) => {
            (Some(Recognized { field: MetadataField::Title, value, source_ranges }), standing)
        }
        None => (page.title().map(traced(MetadataField::Title)), page.title_range()),
    };
    let fields = [
        title,
        page.source().map(traced(MetadataField::Source)),
        page.author().map(traced(MetadataField::Author)),
        page.agency().map(traced(MetadataField::Agency)),
        page.document_number().map(traced(MetadataField::DocumentNumber)),
        page.publish_date().map(traced(MetadataField::PublishDate)),
    ];
    let fits = |found: &Recognized| found.value.chars().nth(MAX_VALUE).is_none();
    let found = Recognition { fields: fields.into_iter().flatten().filter(fits).collect(), title_range };
    match found.value(MetadataField::Title) {
        Some(_) => found,
        None => Recognition { title_range: None, ..found },
    }
}
