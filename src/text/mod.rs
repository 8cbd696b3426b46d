//! Chinese text: repair, fold, segmentation, bigrams.
//!
//! Pure. Knows nothing of documents, queries, indexes or calls. `segment` alone knows jieba.

mod fingerprint;
mod fold;
mod grams;
mod pinyin;
mod query_words;
mod repair;
mod segment;

pub use fingerprint::fingerprint;
pub use fold::{fold, fold_character, has_searchable, is_searchable, searchable};
pub use grams::for_each_gram;
pub use query_words::QueryWord;
pub use repair::{EdgeLine, Edit, MIN_DOCUMENTS_WITH_LINE, Repaired, RepeatedLines, Rule, edge_lines, repair};
pub use segment::Segmenter;
