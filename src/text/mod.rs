//! Chinese text: repair, fold, segmentation, bigrams.
//!
//! Pure. Knows nothing of documents, queries, indexes or calls. `segment` alone knows jieba.

mod columns;
mod digits;
mod fingerprint;
mod fold;
mod goes_on;
mod grams;
mod numerals;
mod pinyin;
mod query_words;
mod questions;
mod quoted;
mod repair;
mod segment;
mod synonyms;
mod token;
mod unwrap;
mod user_dictionary;

pub use columns::{columns, columns_of};
pub use digits::{Digit, number_of};
pub use fold::{fold, fold_character, forms, has_searchable, is_searchable, searchable};
pub use goes_on::{GoesOn, to_the_end};
pub use grams::{bigrams, for_each_gram};
pub use numerals::normalised;
pub use query_words::QueryWord;
pub use questions::{cues, definitions, is_generic, question_types};
pub use repair::{
    EdgeLine, Edit, MIN_DOCUMENTS_WITH_LINE, Repaired, RepeatedLines, Rule, edge_lines, repair, repair_and_name,
    repair_while,
};
pub use segment::Segmenter;
pub use synonyms::{Synonym, Synonyms, SynonymsError};
pub use token::{Dictionary, Token};
pub use user_dictionary::{Mistake, UserDictionary, UserDictionaryError};
