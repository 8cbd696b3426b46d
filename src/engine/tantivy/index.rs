//! One index: its files, its newest snapshot, what is committed with every batch.

use std::{
    collections::{BTreeSet, HashSet},
    io,
    path::Path,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicBool},
    thread,
};

use serde::{Deserialize, Serialize};
use tantivy::{Directory, Index, IndexMeta, TantivyError, directory::error::DeleteError};

use crate::{
    engine::{
        Generation, ReadError, Snapshot as _,
        tantivy::{
            check,
            directory::IndexDirectory,
            doubt::Doubt,
            durable::{KnownList, LIST, MANAGED},
            lately::Lately,
            room::Room,
            schema::{self, Fields},
            segments::Segments,
            snapshot::TantivySnapshot,
            tokenizer::{CharacterTokenizer, GramTokenizer, WordTokenizer},
        },
    },
    text::Segmenter,
};

/// What is committed with every batch and read back on opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Commit {
    /// Counts the commits.
    pub(super) number: u64,
    /// The newest number given out.
    pub(super) sequence: u64,
    /// Documents that can be found.
    pub(super) documents: u64,
    /// Paragraphs that can be found.
    pub(super) paragraphs: u64,
    /// Deletions and replacements that are remembered.
    pub(super) tombstones: u64,
    /// The number of the newest removal that is not remembered any more.
    #[serde(default)]
    pub(super) forgotten: u64,
    /// How often the index was built anew.
    #[serde(default)]
    pub(super) rebuilt: u32,
    /// Names how the texts were analysed.
    pub(super) fingerprint: String,
}

impl Commit {
    /// What an index holds to which nothing was committed yet.
    fn empty(fingerprint: String) -> Self {
        let (number, sequence, forgotten, rebuilt) = (0, 0, 0, 0);
        Self { number, sequence, documents: 0, paragraphs: 0, tombstones: 0, forgotten, rebuilt, fingerprint }
    }

    /// As it is committed.
    pub(super) fn to_payload(&self) -> String {
        serde_json::to_string(self).expect("counts and a string can be encoded")
    }
}

/// What an index's readers and its writer share.
pub(super) struct Shared {
    pub(super) directory: IndexDirectory,
    /// To read; each writer has one of its own.
    pub(super) index: Index,
    /// What every writer begins with.
    pub(super) list: KnownList,
    /// What merges of all writers have.
    pub(super) room: Room,
    /// Whether anything that was read makes no sense.
    pub(super) doubt: Doubt,
    /// Whether it was opened on the word of its note, and nothing was compared since.
    pub(super) is_unchecked: AtomicBool,
    pub(super) fields: Fields,
    pub(super) segmenter: Segmenter,
    /// Shared by all snapshots.
    lately: Arc<Lately>,
    /// Read for a moment by every call, replaced by every commit.
    newest: RwLock<Arc<TantivySnapshot>>,
}

impl Shared {
    /// Opens the index in a directory, which is known to be sound.
    pub(super) fn open(directory: IndexDirectory, segmenter: &Segmenter) -> tantivy::Result<Self> {
        let fields = Fields::new();
        let list = KnownList::read(directory.files.as_ref())?;
        let index = open_index(directory.files.clone(), segmenter)?;
        let commit = last_commit(&index, segmenter.fingerprint())?;
        let lately = Arc::default();
        let doubt = Doubt::of(directory.data.own.as_ref());
        let segments = Segments::open(&index, doubt.clone())?;
        let newest = TantivySnapshot::new(&directory, &fields, segments, &lately, commit, None)?;
        let newest = RwLock::new(Arc::new(newest));
        let data = &directory.data;
        let room = Room::new(Arc::clone(&data.files), directory.name, Arc::clone(&data.min_free));
        let (is_unchecked, segmenter) = (AtomicBool::new(false), segmenter.clone());
        Ok(Self { directory, index, list, room, doubt, is_unchecked, fields, segmenter, lately, newest })
    }

    /// Damage was found: from now on nothing is written, so that nothing that is damaged is merged into what looks whole,
    /// and all is checked when it is opened again.
    pub(super) fn found_damaged(&self) {
        self.list.stay();
        if let Err(error) = check::take_note_away(self.directory.data.own.as_ref()) {
            tracing::error!(%error, "the note is left that the index was closed in order: delete `clean` beside it");
        }
    }

    /// Says no to writing what is damaged.
    pub(super) fn check_undamaged(&self) -> Result<(), ReadError> {
        let damaged = || ReadError::Corrupt("nothing is written until it is opened again".to_owned());
        if self.list.stays() { Err(damaged()) } else { Ok(()) }
    }

    /// Says no to building anything from what may be damaged.
    pub(super) fn check_undoubted(&self) -> Result<(), ReadError> {
        self.check_undamaged()?;
        let doubtful = || ReadError::Corrupt("something that was read makes no sense; verify it".to_owned());
        if self.doubt.is_raised() { Err(doubtful()) } else { Ok(()) }
    }

    /// Notes that it is closed in order, unless there is something to check when it is opened again: what made no sense is
    /// looked at once more, also where it was settled.
    pub(super) fn close(&self) -> io::Result<()> {
        let is_trusted = || !self.list.stays() && self.doubt.times() == 0;
        let data = self.directory.data.own.as_ref();
        if !is_trusted() {
            return Ok(());
        }
        self.directory.data.files.check_place()?;
        self.list.note(data)?;
        // Whoever reads still may have met something, and taken away what was not there yet.
        if is_trusted() { Ok(()) } else { check::take_note_away(data) }
    }

    pub(super) fn newest(&self) -> Arc<TantivySnapshot> {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The index, to be written through `files`.
    pub(super) fn index_on(&self, files: Box<dyn Directory>) -> tantivy::Result<Index> {
        open_index(files, &self.segmenter)
    }

    /// Names how texts are analysed now.
    pub(super) fn fingerprint(&self) -> &str {
        self.segmenter.fingerprint()
    }

    /// What is committed on disk.
    pub(super) fn index_commit(&self) -> tantivy::Result<Commit> {
        last_commit(&self.index, self.segmenter.fingerprint())
    }

    /// Whether the index consists of other segments than a snapshot: merging goes on after a commit.
    pub(super) fn has_other_segments(&self, snapshot: &TantivySnapshot) -> tantivy::Result<bool> {
        let on_disk: BTreeSet<_> = self.index.searchable_segment_ids()?.into_iter().collect();
        Ok(on_disk != snapshot.segments().ids().collect())
    }

    /// Shows the index as it is on disk now; `commit` is what was committed last.
    pub(super) fn publish(&self, commit: Commit) -> tantivy::Result<Generation> {
        let before = self.newest();
        let segments = self.list.while_it_stays(|_| before.segments().reopen())?;
        let snapshot =
            TantivySnapshot::new(&self.directory, &self.fields, segments, &self.lately, commit, Some(&before))?;
        let snapshot = Arc::new(snapshot);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        give_up(before, &snapshot);
        Ok(snapshot.generation())
    }
}

/// Gives up a state that another one has taken the place of. If it is the last to have merged segments open, this frees
/// their files, which can take the disk a hundred times as long as a commit: nobody waits for that.
fn give_up(superseded: Arc<TantivySnapshot>, newest: &TantivySnapshot) {
    let kept: HashSet<_> = newest.segments().ids().collect();
    if superseded.segments().ids().all(|id| kept.contains(&id)) {
        return;
    }
    let giving_up = thread::Builder::new().name("give-up".to_owned()).spawn(move || drop(superseded));
    // Without a thread it has been given up by now.
    drop(giving_up);
}

/// Puts an empty index into a directory.
pub(super) fn make_index(files: &dyn Directory) -> tantivy::Result<()> {
    let index = Index::builder().schema(Fields::new().schema).settings(schema::settings());
    index.open_or_create(files.box_clone())?;
    let list = files.atomic_read(Path::new(LIST))?;
    // An attempt before this one may have sealed it.
    check::sealed(&list).and_then(|sealed| files.atomic_write(Path::new(LIST), &sealed))?;
    // What is in the directory says that.
    match files.delete(Path::new(MANAGED)) {
        Ok(()) | Err(DeleteError::FileDoesNotExist(_)) => Ok(()),
        Err(error) => Err(io::Error::other(error).into()),
    }
}

/// Opens an index with what its texts are cut by.
pub(super) fn open_index(files: Box<dyn Directory>, segmenter: &Segmenter) -> tantivy::Result<Index> {
    let index = Index::open(files)?;
    if index.schema() != Fields::new().schema {
        return Err(TantivyError::SchemaError("the index has other fields than its format says".to_owned()));
    }
    index.tokenizers().register(schema::WORDS, WordTokenizer::new(segmenter.clone()));
    index.tokenizers().register(schema::GRAMS, GramTokenizer::default());
    index.tokenizers().register(schema::CHARACTERS, CharacterTokenizer::default());
    Ok(index)
}

/// Writes a list of segments, with what is committed with it.
pub(super) fn write_list(files: &dyn Directory, list: IndexMeta, commit: &Commit) -> io::Result<()> {
    let list = IndexMeta { payload: Some(commit.to_payload()), ..list };
    let mut text = serde_json::to_vec_pretty(&list)?;
    text.push(b'\n');
    files.atomic_write(Path::new(LIST), &text)
}

/// What was committed last; an index that never was committed to is empty, and is analysed as this process does.
pub(super) fn last_commit(index: &Index, fingerprint: &str) -> tantivy::Result<Commit> {
    let Some(payload) = index.load_metas()?.payload else {
        return Ok(Commit::empty(fingerprint.to_owned()));
    };
    serde_json::from_str(&payload)
        .map_err(|error| TantivyError::InvalidArgument(format!("the last commit's counts: {error}")))
}
