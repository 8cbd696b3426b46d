//! The file in which a segment keeps what is stored, block by block, as tantivy 0.27 writes it.
//!
//! tantivy reads it, too, but only an entry at a time: it looks each one's block up anew, and makes a new unpacker for each
//! block, which takes nearly as long as to unpack it. Here a block is looked up and unpacked once for all entries that are
//! read from it in order. Nothing that is in the file is trusted.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use tantivy::{DocId, directory::OwnedBytes};
use zstd::bulk::Decompressor;

/// Bytes at the end of the file: its version, where the index begins, how blocks are packed, and room.
const FOOTER_BYTES: usize = 28;
/// The version that is read here.
const VERSION: u32 = 2;
/// How blocks are packed: with Zstandard.
const ZSTD: u8 = 4;
/// The bit that is set on the last byte of a number.
const LAST: u8 = 0x80;

/// Unpackers that nobody uses at the moment: no more than were ever used at once. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Unpackers(Arc<Mutex<Vec<Decompressor<'static>>>>);

/// The file of one segment, mapped into memory.
pub(super) struct BlockFile {
    file: OwnedBytes,
    /// Lists of blocks of lists, the last of which lists blocks of entries, by where they stand in the file.
    layers: Vec<Range<usize>>,
    unpackers: Unpackers,
}

/// Some neighbouring entries, unpacked.
#[derive(Default)]
pub(super) struct Block {
    /// Which ones.
    entries: Range<DocId>,
    /// The entries, where each begins, and their number.
    bytes: Vec<u8>,
}

/// Where a block lies, or one of blocks.
struct Place {
    entries: Range<DocId>,
    /// Within its layer.
    bytes: Range<usize>,
}

/// What is left to read of some bytes.
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl BlockFile {
    /// Reads where everything lies; `None` if it is not such a file.
    pub(super) fn open(file: OwnedBytes, unpackers: Unpackers) -> Option<Self> {
        let index_end = file.len().checked_sub(FOOTER_BYTES)?;
        let (version, footer) = file[index_end..].split_first_chunk()?;
        let (index, footer) = footer.split_first_chunk()?;
        let index = usize::try_from(u64::from_le_bytes(*index)).ok()?;
        if u32::from_le_bytes(*version) != VERSION || footer.first() != Some(&ZSTD) {
            return None;
        }
        let mut rest = Rest(file.get(index..index_end)?);
        let ends: Vec<usize> = (0..rest.number()?).map(|_| rest.number()).collect::<Option<_>>()?;
        let begin = index_end - rest.0.len();
        let (mut layers, mut start) = (Vec::with_capacity(ends.len()), begin);
        for end in ends {
            let end = begin.checked_add(end).filter(|&end| start <= end && end <= index_end)?;
            layers.push(start..end);
            start = end;
        }
        Some(Self { file, layers, unpackers })
    }

    /// Unpacks the block that has an entry, in place of another; `None` if it makes no sense. It has no entries then.
    pub(super) fn unpack(&self, entry: DocId, block: &mut Block) -> Option<()> {
        block.entries = 0..0;
        let place = self.place(entry)?;
        let (length, packed) = self.file.get(place.bytes)?.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        block.bytes.clear();
        block.bytes.try_reserve(length).ok()?;
        let unpacked = self.unpackers.take()?.unpacked(packed, &mut block.bytes)?;
        (unpacked == length).then(|| block.entries = place.entries)
    }

    /// What its blocks are unpacked with.
    pub(super) fn unpackers(&self) -> &Unpackers {
        &self.unpackers
    }

    /// The first entry of the block that has an entry, if any has.
    pub(super) fn begin(&self, entry: DocId) -> Option<DocId> {
        Some(self.place(entry)?.entries.start)
    }

    /// Where the block lies that has an entry.
    fn place(&self, entry: DocId) -> Option<Place> {
        let mut place = None;
        for layer in &self.layers {
            let begin = place.map_or(0, |place: Place| place.bytes.start);
            place = Some(Rest(self.file.get(layer.clone())?.get(begin..)?).place(entry)?);
        }
        place
    }
}

impl Block {
    /// Whether it has an entry.
    pub(super) fn has(&self, entry: DocId) -> bool {
        self.entries.contains(&entry)
    }

    /// Where an entry stands among its bytes; `None` if it has not, or makes no sense.
    pub(super) fn place(&self, entry: DocId) -> Option<Range<usize>> {
        let number = entry.checked_sub(self.entries.start)? as usize;
        let (rest, count) = self.bytes.split_last_chunk()?;
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        let begins = rest.len().checked_sub(count.checked_mul(size_of::<u32>())?)?;
        let (begin, next) = rest[begins..].get(number.checked_mul(size_of::<u32>())?..)?.split_first_chunk()?;
        let begin = usize::try_from(u32::from_le_bytes(*begin)).ok()?;
        let end = match next.first_chunk() {
            Some(next) => usize::try_from(u32::from_le_bytes(*next)).ok()?,
            None => begins,
        };
        (begin <= end && end <= begins).then_some(begin..end)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Rest<'_> {
    /// A number: seven bits a byte, the lowest first.
    pub(super) fn number(&mut self) -> Option<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= usize::from(byte & !LAST).checked_shl(shift)?;
            if byte & LAST != 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn entry_number(&mut self) -> Option<DocId> {
        self.number()?.try_into().ok()
    }

    /// Where what has an entry lies, by the first list here that reaches so far.
    fn place(mut self, entry: DocId) -> Option<Place> {
        loop {
            let blocks = self.number()?;
            let mut place = Place { entries: 0..self.entry_number()?, bytes: 0..self.number()? };
            for _ in 0..blocks {
                let (entries, bytes) = (self.entry_number()?, self.number()?);
                let Place { entries: before, bytes: bytes_before } = place;
                place = Place {
                    entries: before.end..before.end.checked_add(entries)?,
                    bytes: bytes_before.end..bytes_before.end.checked_add(bytes)?,
                };
                if place.entries.end > entry {
                    return place.entries.contains(&entry).then_some(place);
                }
            }
        }
    }
}

/// An unpacker that is given back when dropped.
struct Taken<'a> {
    unpacker: Decompressor<'static>,
    unpackers: &'a Unpackers,
}

impl Unpackers {
    fn take(&self) -> Option<Taken<'_>> {
        let unused = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let unpacker = unused.map_or_else(|| Decompressor::new().ok(), Some)?;
        Some(Taken { unpacker, unpackers: self })
    }
}

impl Taken<'_> {
    /// Unpacks into a vector, as much as there is room for, and gives the unpacker back.
    fn unpacked(mut self, packed: &[u8], bytes: &mut Vec<u8>) -> Option<usize> {
        let unpacked = self.unpacker.decompress_to_buffer(packed, bytes).ok();
        self.unpackers.0.lock().unwrap_or_else(PoisonError::into_inner).push(self.unpacker);
        unpacked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_makes_no_sense_has_no_entries() {
        let block = |bytes: &[u8], entries| Block { entries, bytes: bytes.to_vec() };
        let check = |bytes: &[u8], entry, expected| assert_eq!(block(bytes, 7..9).place(entry), expected, "{bytes:?}");
        let two = [&b"ab"[..], &[0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]].concat();
        check(&two, 7, Some(0..1));
        check(&two, 8, Some(1..2));
        check(&two, 9, None);
        check(&two, 6, None);
        check(&[1, 0, 0, 0], 7, None);
        check(&[255; 12], 7, None);
        check(&[9, 0, 0, 0, 1, 0, 0, 0], 7, None);
        check(&[], 7, None);
    }

    #[test]
    fn a_file_that_makes_no_sense_is_none() {
        let footer = |version: u8, index: u8, packed: u8| {
            [&[version, 0, 0, 0, index, 0, 0, 0, 0, 0, 0, 0, packed][..], &[0; 15]].concat()
        };
        let opened = |file: &[u8]| BlockFile::open(OwnedBytes::new(file.to_vec()), Unpackers::default());
        let empty = [&[0x80][..], &footer(2, 0, ZSTD)].concat();
        let file = opened(&empty).expect("it has no entries");
        assert!(file.unpack(0, &mut Block::default()).is_none());
        for damaged in [footer(1, 0, ZSTD), footer(2, 0, 1), footer(2, 9, ZSTD), vec![0; 27]] {
            assert!(opened(&[&[0x80], damaged.as_slice()].concat()).is_none(), "{damaged:?}");
        }
        assert!(opened(&[&[0x81, 0xFF], footer(2, 0, ZSTD).as_slice()].concat()).is_none(), "ends behind the file");
        // One list of one block, which has three entries in four bytes.
        let file = [&[1, 0, 0, 0][..], &[0x81, 0x85, 0x81, 0x80, 0x80, 0x83, 0x84], &footer(2, 4, ZSTD)].concat();
        let file = opened(&file).expect("a list of blocks");
        assert!(file.unpack(2, &mut Block::default()).is_none(), "a block that does not unpack");
        assert!(file.unpack(3, &mut Block::default()).is_none(), "no block has it");
    }
}
