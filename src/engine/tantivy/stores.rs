//! What is stored with entries: one field of one entry, or of one after another.

use std::{
    num::NonZeroUsize,
    ops::{Deref, Range},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use serde::de::DeserializeOwned;
use tantivy::{
    Directory as _, DocAddress, DocId, Index, SegmentReader, TantivyError, error::DataCorruption, index::SegmentId,
    schema::Field,
};

use crate::engine::{
    ReadError,
    tantivy::{
        blocks::{Block, BlockFile, Rest, Unpackers},
        doubt::Doubt,
        record::decode,
        segments::Segments,
    },
};

/// Unpacked blocks that are kept of each segment: 16 KiB each, so 1.6 MiB.
const CACHED_BLOCKS: NonZeroUsize = NonZeroUsize::new(100).expect("it is not zero");

/// What stands before a value of bytes in an entry.
const BYTES: u8 = 4;
/// Bytes that a field's number takes.
const FIELD_BYTES: usize = 4;

/// What is stored in all segments of a snapshot, in its order. Cheap to clone.
#[derive(Clone)]
pub(super) struct Stores(Arc<[(SegmentId, Arc<Store>)]>);

/// What is stored in one segment.
pub(super) struct Store {
    file: BlockFile,
    doubt: Doubt,
    /// Those that were read lately.
    blocks: Mutex<LruCache<DocId, Arc<Block>>>,
}

/// A stored field. The block that it lies in is kept with it.
pub(super) struct Stored {
    block: Arc<Block>,
    value: Range<usize>,
}

/// What is stored in one segment, entry by entry in ascending order: each block is unpacked once, and not kept for others.
pub(super) struct InOrder {
    store: Arc<Store>,
    block: Block,
}

impl Stores {
    /// Opens those of all segments of a state, which keeps their files. Those that were opened before stay
    /// as they are, with what was read of them lately.
    pub(super) fn open(segments: &Segments, before: Option<&Self>) -> tantivy::Result<Self> {
        let unpackers = before.and_then(|before| before.0.first()).map(|(_, store)| store.file.unpackers().clone());
        let unpackers = unpackers.unwrap_or_default();
        let open = |segment: &SegmentReader| {
            let id = segment.segment_id();
            let known = before.and_then(|before| before.0.iter().find(|(known, _)| *known == id)).cloned();
            let open = || Store::open(segments.index(), id, &unpackers, segments.doubt());
            known.map_or_else(|| Ok((id, Arc::new(open()?))), Ok)
        };
        segments.readers().iter().map(open).collect::<tantivy::Result<_>>().map(Self)
    }

    /// A stored field of an entry.
    pub(super) fn field(&self, address: DocAddress, field: Field) -> Result<Stored, ReadError> {
        self.at(address.segment_ord).field(address.doc_id, field)
    }

    /// The same, decoded.
    pub(super) fn fetch<T: DeserializeOwned>(&self, address: DocAddress, field: Field) -> Result<T, ReadError> {
        decode(&self.field(address, field)?, address)
    }

    /// That of the segment with a place in the order.
    pub(super) fn at(&self, ordinal: u32) -> &Arc<Store> {
        &self.0[ordinal as usize].1
    }

    /// That of a segment.
    pub(super) fn of(&self, segment: &SegmentReader) -> Result<&Arc<Store>, ReadError> {
        let found = self.0.iter().find(|(id, _)| *id == segment.segment_id());
        let other = || ReadError::Engine(format!("segment `{}` is another snapshot's", segment.segment_id()).into());
        found.map(|(_, store)| store).ok_or_else(other)
    }
}

impl Store {
    /// Opens that of a segment of an index. What makes no sense in it raises `doubt`.
    pub(super) fn open(
        index: &Index,
        segment: SegmentId,
        unpackers: &Unpackers,
        doubt: &Doubt,
    ) -> tantivy::Result<Self> {
        let path = format!("{}.store", segment.uuid_string());
        // Mapped by the segment's reader, if there is one, so that it is the same file even when its name is gone.
        let file = index.directory().open_read(Path::new(&path))?.read_bytes()?;
        let file = BlockFile::open(file, unpackers.clone()).ok_or_else(|| {
            TantivyError::DataCorruption(DataCorruption::comment_only(format!("`{path}` is no file of stored entries")))
        })?;
        Ok(Self { file, doubt: doubt.clone(), blocks: Mutex::new(LruCache::new(CACHED_BLOCKS)) })
    }

    /// A stored field of an entry.
    fn field(&self, entry: DocId, field: Field) -> Result<Stored, ReadError> {
        let block = self.block(entry)?;
        let value = self.value(&block, entry, field)?;
        Ok(Stored { block, value })
    }

    /// Where the value of a field of an entry stands among the bytes of its block.
    fn value(&self, block: &Block, entry: DocId, field: Field) -> Result<Range<usize>, ReadError> {
        let place = block.place(entry).ok_or_else(|| self.senseless())?;
        let value = value_in(&block.bytes()[place.clone()], field);
        let value = value.ok_or_else(|| self.doubt.raise("an entry has nothing stored"))?;
        Ok(place.start + value.start..place.start + value.end)
    }

    fn senseless(&self) -> ReadError {
        self.doubt.raise("a stored entry makes no sense")
    }

    /// The block of an entry. Two that ask for the same at once may both unpack it.
    fn block(&self, entry: DocId) -> Result<Arc<Block>, ReadError> {
        let begin = self.file.begin(entry).ok_or_else(|| self.senseless())?;
        let blocks = || self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = blocks().get(&begin) {
            return Ok(Arc::clone(block));
        }
        let mut block = Block::default();
        self.file.unpack(entry, &mut block).ok_or_else(|| self.senseless())?;
        let block = Arc::new(block);
        blocks().put(begin, Arc::clone(&block));
        Ok(block)
    }
}

impl Deref for Stored {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.block.bytes()[self.value.clone()]
    }
}

impl InOrder {
    pub(super) fn new(store: &Arc<Store>) -> Self {
        Self { store: Arc::clone(store), block: Block::default() }
    }

    /// A stored field of an entry. Any may be asked for: only one that lies behind the last one, or not far before it, is
    /// likely to be found without unpacking.
    pub(super) fn field(&mut self, entry: DocId, field: Field) -> Result<&[u8], ReadError> {
        self.unpack(entry)?;
        let value = self.store.value(&self.block, entry, field)?;
        Ok(&self.block.bytes()[value])
    }

    /// The same where an entry need not have it; `None` also for an entry that makes no sense.
    pub(super) fn find(&mut self, entry: DocId, field: Field) -> Result<Option<&[u8]>, ReadError> {
        self.unpack(entry)?;
        let place = self.block.place(entry).ok_or_else(|| self.store.senseless())?;
        let bytes = &self.block.bytes()[place];
        Ok(value_in(bytes, field).map(|value| &bytes[value]))
    }

    fn unpack(&mut self, entry: DocId) -> Result<(), ReadError> {
        if !self.block.has(entry) {
            self.store.file.unpack(entry, &mut self.block).ok_or_else(|| self.store.senseless())?;
        }
        Ok(())
    }
}

/// Where the first value of a field stands in an entry, which has a number of values, and of each its field, kind, length
/// and bytes; `None` if it has none, or makes no sense. Our own schema stores bytes only.
fn value_in(entry: &[u8], field: Field) -> Option<Range<usize>> {
    let mut rest = Rest(entry);
    for _ in 0..rest.number()? {
        let (found, behind) = rest.0.split_first_chunk::<FIELD_BYTES>()?;
        let (kind, behind) = behind.split_first()?;
        rest.0 = behind;
        let length = rest.number()?;
        let begin = entry.len() - rest.0.len();
        rest.0 = rest.0.get(length..)?;
        if *kind != BYTES {
            return None;
        }
        if u32::from_le_bytes(*found) == field.field_id() {
            return Some(begin..begin + length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use tantivy::{
        Index, TantivyDocument,
        schema::{STORED, Schema, Value as _},
    };

    use super::*;
    use crate::engine::tantivy::schema;

    /// So many that blocks are listed in three layers.
    const ENTRIES: usize = 1_500;

    /// Entries of very different sizes: some have a block of their own.
    #[test]
    fn what_is_stored_is_what_tantivy_reads() {
        let mut fields = Schema::builder();
        fields.add_u64_field(schema::column::POSITION, tantivy::schema::FAST);
        let [one, other] = ["one", "other"].map(|name| fields.add_bytes_field(name, STORED));
        let index = Index::builder().schema(fields.build()).settings(schema::settings()).create_in_ram().unwrap();
        let mut writer = index.writer_with_num_threads(1, 50_000_000).unwrap();
        let mut rng = fastrand::Rng::with_seed(7);
        for number in 0..ENTRIES {
            let mut bytes = |most: usize| (0..rng.usize(0..=most)).map(|_| rng.u8(..)).collect::<Vec<_>>();
            let mut entry = TantivyDocument::new();
            entry.add_bytes(other, &bytes(if number % 100 == 0 { 70_000 } else { 1_000 }));
            entry.add_bytes(one, &bytes(200));
            writer.add_document(entry).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let segments = Segments::open(&index, Doubt::of(index.directory())).unwrap();
        let stores = Stores::open(&segments, None).unwrap();
        let mut read = 0;
        for (segment, reader) in (0..).zip(segments.readers()) {
            let mut in_order = InOrder::new(stores.of(reader).unwrap());
            for entry in 0..reader.max_doc() {
                let address = DocAddress::new(segment, entry);
                let document: TantivyDocument = searcher.doc(address).unwrap();
                for field in [one, other] {
                    let expected = document.get_first(field).unwrap().as_bytes().unwrap();
                    assert_eq!(&*stores.field(address, field).unwrap(), expected);
                    assert_eq!(in_order.field(entry, field).unwrap(), expected);
                    read += 1;
                }
            }
            let behind = DocAddress::new(segment, reader.max_doc());
            assert!(matches!(stores.field(behind, one), Err(ReadError::Corrupt(_))));
        }
        assert_eq!(read, 2 * ENTRIES);
    }

    #[test]
    fn an_entry_that_makes_no_sense_has_no_value() {
        let check =
            |entry: &[u8], expected| assert_eq!(value_in(entry, Field::from_field_id(1)), expected, "{entry:?}");
        check(&[0x81, 1, 0, 0, 0, 4, 0x82, 7, 7], Some(7..9));
        check(&[0x82, 0, 0, 0, 0, 4, 0x81, 9, 1, 0, 0, 0, 4, 0x81, 7], Some(14..15));
        check(&[0x80], None);
        check(&[], None);
        check(&[0x81, 2, 0, 0, 0, 4, 0x82, 7, 7], None);
        check(&[0x81, 1, 0, 0, 0, 4, 0x83, 7, 7], None);
        check(&[0x81, 1, 0, 0, 0, 3, 0x82, 7, 7], None);
        check(&[0x81, 1, 0], None);
        check(&[0; 24], None);
    }
}
