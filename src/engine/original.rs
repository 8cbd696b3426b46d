//! What was stored of a document, whole.

use crate::{
    document::{Layout, Paragraph},
    engine::{Address, DocumentRecord, ReadError, Snapshot},
};

/// How many paragraphs are fetched at once.
const FETCHED_AT_ONCE: u32 = 256;

/// All paragraphs of a document, in order, from the address of its record.
///
/// # Errors
/// When the index cannot be read, or has not all of them.
pub fn all_paragraphs(
    snapshot: &dyn Snapshot,
    address: Address,
    record: &DocumentRecord,
) -> Result<Vec<Paragraph>, ReadError> {
    let count = record.version.paragraphs as usize;
    let mut paragraphs = Vec::with_capacity(count);
    while paragraphs.len() < count {
        let first = u32::try_from(paragraphs.len()).expect("counted in 32 bits");
        let page = snapshot.paragraphs(&snapshot.siblings(address, first, FETCHED_AT_ONCE)?)?;
        if page.is_empty() {
            return Err(snapshot.doubt(&format!("document `{}` has no paragraph `{first}`", record.id)));
        }
        paragraphs.extend(page.into_iter().map(|stored| stored.paragraph));
    }
    Ok(paragraphs)
}

/// The original of a document, rebuilt from all its paragraphs and its layout; nothing for one whose sender split it.
///
/// # Errors
/// When they do not belong together.
pub fn original(
    snapshot: &dyn Snapshot,
    record: &DocumentRecord,
    layout: &Layout,
    paragraphs: &[Paragraph],
) -> Result<String, ReadError> {
    if record.original_bytes == 0 {
        return Ok(String::new());
    }
    let rebuilt = layout.original(paragraphs);
    rebuilt.ok_or_else(|| snapshot.doubt(&format!("document `{}` cannot be rebuilt", record.id)))
}
