//! Chinese text: repair, fold, segmentation, bigrams.
//!
//! Pure. Knows nothing of documents, queries, indexes or calls. `segment` alone knows jieba.

mod fold;
mod grams;
mod repair;
mod segment;

pub use fold::{fold, fold_character, has_searchable, is_searchable, searchable};
pub use grams::for_each_gram;
pub use repair::{Edit, Repaired, Rule, repair};
pub use segment::{QueryWord, Segmenter};

/// Names how this program repairs, splits, folds and segments text: equal names, equal results.
pub fn fingerprint() -> &'static str {
    unimplemented!()
}
