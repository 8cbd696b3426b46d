//! Clients that write to an index on a simulated disk, and what they hold it to when the power is back.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    num::NonZeroUsize,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, SystemTime},
};

use fastrand::Rng;
use xunzhang::{
    document::{Content, Document, DocumentId, Metadata},
    engine::{
        Engine, Expression, Filter, LostDocument, ReadError, Repairing, Snapshot, Term, TermField,
        tantivy::{self, TantivyEngine},
    },
    ingest::{GroupCommit, Ingest, IngestError, ReindexError, Retention},
    pool::Pool,
    text::{Segmenter, searchable},
};

use super::disk::{Disk, Survival};

/// Documents that are written again and again.
const DOCUMENTS: usize = 12;
/// Clients at once, which share commits.
const CLIENTS: usize = 4;
/// Groups are as large as the clients make them.
const GROUP: GroupCommit = GroupCommit { changes: 64, bytes: 1 << 20, linger: Duration::from_millis(1) };

/// What a document says, by what is only in this version of it; `None` when it is deleted.
pub(crate) type Version = Option<u32>;

/// What clients asked for and were told, and when, in terms of the disk's log.
#[derive(Clone, Default)]
pub(crate) struct History {
    changes: Vec<Change>,
    versions: u32,
}

#[derive(Clone, Debug)]
struct Change {
    document: usize,
    version: Version,
    sent: usize,
    acknowledged: Option<usize>,
}

impl History {
    /// The history of a disk that kept what the clients have seen of it.
    pub(crate) fn after(&self, found: &BTreeMap<usize, u32>) -> Self {
        let change = |(&document, &version): (&usize, &u32)| Change {
            document,
            version: Some(version),
            sent: 0,
            acknowledged: Some(0),
        };
        Self { changes: found.iter().map(change).collect(), versions: self.versions }
    }

    /// The history of a disk of which all was synced, and which begins anew.
    pub(crate) fn synced(&self) -> Self {
        let change =
            |change: &Change| Change { sent: 0, acknowledged: change.acknowledged.map(|_| 0), ..change.clone() };
        Self { changes: self.changes.iter().map(change).collect(), versions: self.versions }
    }

    /// The history of a disk that the process was killed on after so much had happened, when clients have seen what is
    /// there: from `now` on, that is as good as acknowledged.
    pub(crate) fn seen(&self, length: usize, found: &BTreeMap<usize, u32>, now: usize) -> Self {
        let before = self.changes.iter().filter(|change| change.sent <= length);
        let known = |change: &Change| Change {
            acknowledged: change.acknowledged.filter(|acknowledged| *acknowledged <= length),
            ..change.clone()
        };
        let see =
            |document| Change { document, version: found.get(&document).copied(), sent: now, acknowledged: Some(now) };
        let changes = before.map(known).chain((0..DOCUMENTS).map(see)).collect();
        Self { changes, versions: self.versions }
    }

    /// How many changes were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.changes.iter().filter(|change| change.acknowledged.is_some()).count()
    }

    /// How many changes were not acknowledged.
    pub(crate) fn refused(&self) -> usize {
        self.changes.len() - self.acknowledged()
    }

    /// What a document may be when the power went at a point: as it was acknowledged last, or as what came after would
    /// have it. Each document has one client at a time.
    fn allowed(&self, document: usize, length: usize) -> BTreeSet<Version> {
        let mut allowed = BTreeSet::from([None]);
        let sent = |change: &&Change| change.document == document && change.sent <= length;
        for change in self.changes.iter().filter(sent) {
            if change.acknowledged.is_some_and(|acknowledged| acknowledged <= length) {
                allowed.clear();
            }
            allowed.insert(change.version);
        }
        allowed
    }

    /// Compares what is found when the power is back with what clients were told before it went.
    pub(crate) fn check(&self, found: &BTreeMap<usize, u32>, length: usize) -> Result<(), String> {
        for document in 0..DOCUMENTS {
            let (is, allowed) = (found.get(&document).copied(), self.allowed(document, length));
            if !allowed.contains(&is) {
                return Err(format!("document {document} is {is:?}, and may be one of {allowed:?}"));
            }
        }
        Ok(())
    }
}

/// Opens the index on a disk.
pub(crate) fn open(disk: &Disk, segmenter: &Segmenter) -> Result<TantivyEngine, String> {
    let opened = TantivyEngine::open_on(Path::new("simulated"), disk.files(), segmenter);
    opened.map_err(|error| format!("it does not open: {error}"))
}

/// Opens what a disk has left and holds it to what clients were told before it was cut off, and, if only the process was
/// killed, to what they have seen then when the power goes at once; what they hold it to from then on.
pub(crate) fn reopen(
    left: &Disk,
    (length, survival): (usize, Survival),
    history: &History,
    segmenter: &Segmenter,
    rng: &mut Rng,
) -> Result<History, String> {
    let found = open(left, segmenter).and_then(|engine| found(&engine))?;
    history.check(&found, length)?;
    if survival != Survival::All {
        return Ok(history.after(&found));
    }
    let (seen, opened) = (history.seen(length, &found, left.length()), left.length());
    let survival = Survival::ALL[rng.usize(..3)];
    let cut = left.cut(opened, survival, rng);
    reopen(&cut, (opened, survival), &seen, segmenter, rng)
        .map_err(|lost| format!("killed, opened, and then {survival:?} of the unsynced survives: {lost}"))?;
    Ok(seen)
}

/// Leaves out what is lost of an index on a disk, where that may have been begun before; what is found is what was there and
/// is not told to be lost.
pub(crate) fn repair(
    disk: &Disk,
    before: &BTreeMap<usize, u32>,
    segmenter: &Segmenter,
) -> Result<BTreeMap<usize, u32>, String> {
    let repair = |repairing| {
        let repaired = tantivy::repair_on(Path::new("simulated"), disk.files(), repairing);
        repaired.map_err(|error| format!("it is not repaired: {error}"))
    };
    let length = disk.length();
    let told = repair(Repairing::Look)?;
    if disk.length() != length {
        return Err("something was written by who only looked".to_owned());
    }
    let repaired = repair(Repairing::LeaveOut)?;
    let aside = disk.put_aside();
    let is_aside = |segment: &String| aside.contains_key(Path::new(&format!("{segment}.store")));
    if repaired.lost != told.lost || !repaired.lost_segments.iter().all(is_aside) {
        return Err(format!("{repaired:?}, and before {told:?}; what is put aside is {:?}", aside.keys()));
    }
    let mut found = open(disk, segmenter).and_then(|engine| found(&engine))?;
    let left = found.clone();
    for LostDocument { document_id, may_have_been_deleted } in &repaired.lost {
        let document = document_id.as_str().parse().map_err(|_| format!("`{document_id}` was never sent"))?;
        // What says that it was deleted may have been left out before.
        let Some(known) = before.get(&document) else {
            if *may_have_been_deleted {
                continue;
            }
            return Err(format!("document {document} was not there"));
        };
        if found.insert(document, *known).is_some() {
            return Err(format!("document {document} is not lost"));
        }
    }
    if repaired.damaged.is_empty() || found == *before {
        return Ok(left);
    }
    Err(format!("{left:?} is left of {before:?}, and {:?} is said to be lost", repaired.lost))
}

/// What is found in an index: every document, whole and once.
pub(crate) fn found(engine: &TantivyEngine) -> Result<BTreeMap<usize, u32>, String> {
    let snapshot = engine.snapshot();
    let stop = Arc::new(AtomicBool::new(false));
    let mut found = BTreeMap::new();
    let everything = Filter::default();
    let records = snapshot.documents(&everything, None, usize::MAX, &stop).map_err(|error| error.to_string())?;
    let mut paragraphs = Vec::new();
    for record in records {
        let document = record.id.as_str().parse().map_err(|_| format!("`{}` was never sent", record.id))?;
        let texts = texts(snapshot.as_ref(), &record.id).map_err(|error| error.to_string())?;
        paragraphs.extend(texts.iter().map(|text| searchable(text)));
        let version = texts.first().and_then(|text| text.split(' ').next_back()?.parse().ok());
        let version = version.ok_or_else(|| format!("document {document} is {texts:?}"))?;
        let whole: Vec<_> = paragraphs_of(document, version);
        if texts != whole || found.insert(document, version).is_some() {
            return Err(format!("document {document} is there twice or not whole: {texts:?}"));
        }
    }
    check_searchable(snapshot.as_ref(), &paragraphs)?;
    Ok(found)
}

/// Looks for every paragraph by what it says, and for all of them.
fn check_searchable(snapshot: &dyn Snapshot, paragraphs: &[String]) -> Result<(), String> {
    let check = |query: &Expression, expected: usize| match number_of(snapshot, query) {
        Ok(found) if found == expected => Ok(()),
        Ok(found) => Err(format!("{found} paragraphs are found, and there are {expected}: {query:?}")),
        Err(error) => Err(error.to_string()),
    };
    check(&Expression::All, paragraphs.len())?;
    paragraphs.iter().try_for_each(|text| {
        let quoted = Expression::Term(Term { characters: text.clone(), field: TermField::Text, word: false });
        check(&quoted, paragraphs.iter().filter(|other| other.contains(text)).count())
    })
}

/// How many paragraphs a query finds, as it is ranked and as it is exported.
fn number_of(snapshot: &dyn Snapshot, query: &Expression) -> Result<usize, ReadError> {
    let (everything, stop) = (Filter::default(), Arc::default());
    let walked = snapshot.walk(query, &everything, None, &stop)?.next(usize::MAX, &stop)?.len();
    let ranked = snapshot.rank(query, &everything, walked + 1, &stop)?.hits.len();
    if ranked == walked { Ok(ranked) } else { Err(ReadError::Corrupt(format!("{ranked} are ranked of {walked}"))) }
}

fn texts(snapshot: &dyn Snapshot, id: &DocumentId) -> Result<Vec<String>, ReadError> {
    let Some((record, _)) = snapshot.document(id)? else { return Ok(Vec::new()) };
    let paragraphs = snapshot.paragraphs(&snapshot.siblings(record, 0, u32::MAX)?)?;
    Ok(paragraphs.into_iter().map(|stored| stored.paragraph.text).collect())
}

/// As many paragraphs as the version has it; the version ends each.
fn paragraphs_of(document: usize, version: u32) -> Vec<String> {
    let paragraph = |number| format!("第{document}号文件第{number}段，持续优化营商环境 {version}");
    (0..=version % 3).map(paragraph).collect()
}

fn document(number: usize, version: u32) -> Document {
    let ready = |text| xunzhang::document::ReadyParagraph { text, heading_path: Vec::new() };
    let content = Content::Ready(paragraphs_of(number, version).into_iter().map(ready).collect());
    Document { id: id(number), metadata: Metadata::default(), content }
}

fn id(number: usize) -> DocumentId {
    DocumentId::try_from(number.to_string()).expect("digits")
}

/// Starts writing to an index.
pub(crate) fn start(engine: TantivyEngine, segmenter: &Segmenter) -> Result<Ingest, String> {
    let retention = Retention { removals: Duration::from_hours(1), now: SystemTime::now };
    let ingest = Ingest::start(Arc::new(engine), segmenter.clone(), GROUP, retention, |_| {});
    ingest.map_err(|error| format!("it cannot be written: {error}"))
}

/// Lets clients make changes at random, `rounds` times a few at once, and keeps what they were told.
pub(crate) async fn work(disk: &Disk, ingest: &Ingest, history: &mut History, rounds: usize, rng: &mut Rng) {
    for _ in 0..rounds {
        let mut documents: Vec<usize> = (0..DOCUMENTS).collect();
        rng.shuffle(&mut documents);
        let clients = rng.usize(1..=CLIENTS);
        let mut asked = Vec::new();
        for document in documents.into_iter().take(clients) {
            history.versions += 1;
            let version = rng.u8(..5).ne(&0).then_some(history.versions);
            asked.push(tokio::spawn(ask(disk.clone(), ingest.clone(), document, version)));
        }
        for asked in asked {
            history.changes.push(asked.await.expect("clients do not panic"));
        }
    }
}

/// Builds the index anew, on a thread of its own.
pub(crate) async fn reindex(ingest: Ingest) -> Result<(), ReindexError> {
    let (pool, building) = (Pool::new(NonZeroUsize::MIN).expect("there is a thread"), ingest.clone());
    let built = pool.run_aside(pending(), move |_| {
        let mut rebuilt = building.begin_rebuild(Arc::default())?;
        building.bring_up(&mut rebuilt, &Arc::default())?;
        Ok::<_, ReindexError>(rebuilt)
    });
    let rebuilt = built.await.expect("it does not panic")?;
    ingest.take_over(rebuilt, Arc::default()).await.map(|_| ())
}

/// Puts a version of a document.
pub(crate) async fn put(ingest: &Ingest, number: usize, version: u32) -> Result<(), IngestError> {
    match ingest.prepare(document(number, version), &AtomicBool::new(false)) {
        Ok(prepared) => ingest.put(prepared, None).await.map(|_| ()),
        Err(error) => panic!("small documents can be prepared: {error}"),
    }
}

/// One client's change. What is refused because of what is there is a no-op that was acknowledged.
async fn ask(disk: Disk, ingest: Ingest, document: usize, version: Version) -> Change {
    let sent = disk.length();
    let answer = match version {
        Some(version) => put(&ingest, document, version).await,
        None => ingest.delete(id(document), None).await.map(|_| ()),
    };
    let acknowledged = match answer {
        Ok(()) | Err(IngestError::NotFound(_)) => Some(disk.length()),
        Err(_) => None,
    };
    Change { document, version, sent, acknowledged }
}
