//! Finding rare bytes fast: block by block, and only blocks that may have some are looked at closely.

use std::ops::Range;

/// Bytes a block: few enough that a rare find costs little, many enough that asking does.
const BLOCK_BYTES: usize = 1 << 10;

/// The blocks of a text, ascending, in which something may begin that has at most `longest` bytes.
///
/// `may_have` is asked about every block, with as many bytes of the next one as what begins in it may need. It is fast
/// where it looks at all bytes without branching, which compilers turn into vector instructions.
pub(super) fn blocks(text: &[u8], longest: usize, may_have: fn(&[u8]) -> bool) -> impl Iterator<Item = Range<usize>> {
    let starts = (0..text.len()).step_by(BLOCK_BYTES);
    let with_some = starts.filter(move |&start| {
        let end = text.len().min(start + BLOCK_BYTES + longest - 1);
        may_have(&text[start..end])
    });
    with_some.map(|start| start..text.len().min(start + BLOCK_BYTES))
}
