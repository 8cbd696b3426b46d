//! What of a simulated disk is on the disk itself, and what is left of the rest when the power goes.

use std::collections::{BTreeMap, HashSet};

use fastrand::Rng;

use super::{Entry, File, Image, Name, Operation, Place, Survival};

/// Bytes that are written as a whole or not at all.
const SECTOR: usize = 512;

/// What is on the disk itself, and what is on its way there.
pub(crate) struct Kept {
    entries: BTreeMap<Name, File>,
    contents: Vec<Vec<u8>>,
    /// How much of each file is synced.
    synced: Vec<usize>,
    pending: Vec<Entry>,
}

impl Kept {
    pub(crate) fn new(first: &Image) -> Self {
        let contents: Vec<_> = first.0.values().cloned().collect();
        let entries = first.0.keys().cloned().zip(0..).collect();
        Self { entries, synced: contents.iter().map(Vec::len).collect(), contents, pending: Vec::new() }
    }

    pub(crate) fn take(&mut self, operation: &Operation, rng: &mut Rng) {
        match operation {
            Operation::Write(file, bytes) => self.contents[*file].extend_from_slice(bytes),
            Operation::SyncFile(file) => self.synced[*file] = self.contents[*file].len(),
            Operation::LostFile(file) => {
                let unsynced = &mut self.contents[*file][self.synced[*file]..];
                drop_sectors(unsynced, rng);
            }
            Operation::Enter(entry) => {
                if let Entry::Link(..) = entry {
                    self.contents.push(Vec::new());
                    self.synced.push(0);
                }
                self.pending.push(entry.clone());
            }
            Operation::SyncDirectory(place) => {
                for entry in self.pending.extract_if(.., |entry| entry.place() == *place).collect::<Vec<_>>() {
                    entry.enter(&mut self.entries);
                }
            }
            Operation::Lost(place) => {
                let ended: Vec<_> = self.pending.extract_if(.., |entry| entry.place() == *place).collect();
                for entry in ended.into_iter().filter(|_| rng.bool()) {
                    entry.enter(&mut self.entries);
                }
            }
        }
    }

    pub(crate) fn image(mut self, survival: Survival, rng: &mut Rng) -> Image {
        let pending = std::mem::take(&mut self.pending);
        let first = rng.usize(..=pending.len());
        for (index, entry) in pending.into_iter().enumerate() {
            let survives = match survival {
                Survival::Nothing => false,
                Survival::Prefix => index < first,
                Survival::Subset => rng.bool(),
                Survival::All => true,
            };
            if survives {
                entry.enter(&mut self.entries);
            }
        }
        let mut entries = std::mem::take(&mut self.entries);
        let there: HashSet<_> = entries.keys().filter(|(place, _)| *place == Place::Data).cloned().collect();
        let is_there = |directory: String| there.contains(&(Place::Data, directory.into()));
        entries.retain(|(place, _), _| match place {
            Place::Data => true,
            Place::Index(name) => is_there(name.to_string()),
            Place::Quarantine(name) => is_there(name.to_string()),
        });
        Image(entries.into_iter().map(|(name, file)| (name, self.content(file, survival, rng))).collect())
    }

    fn content(&self, file: File, survival: Survival, rng: &mut Rng) -> Vec<u8> {
        let (content, synced) = (&self.contents[file], self.synced[file]);
        let length = match survival {
            Survival::Nothing => synced,
            Survival::All => content.len(),
            Survival::Prefix | Survival::Subset => rng.usize(synced..=content.len()),
        };
        let mut content = content[..length].to_vec();
        if survival == Survival::Subset {
            // A file may have its length before it has its sectors.
            drop_sectors(&mut content[synced..], rng);
        }
        content
    }
}

fn drop_sectors(content: &mut [u8], rng: &mut Rng) {
    for sector in content.chunks_mut(SECTOR).filter(|_| rng.bool()) {
        sector.fill(0);
    }
}
