//! Going on with a search behind a hit.
//!
//! A ranking is a function of the request and of what a [`SnapshotDigest`] names. So whoever goes on ranks again and
//! passes over what was sent: nothing of a search has to be remembered but its place.

use serde::{Deserialize, Serialize};

use crate::{
    engine::{Position, Ranked, Snapshot},
    search::Hit,
};

/// Raise it with every change to what hits a request has, or in which order: a search is not gone on with in another
/// order than it began.
const ORDER: u8 = 1;

/// Names all that the order of hits depends on besides the request: a state of the index, and how queries are cut into
/// words. Two states of one generation may differ in it: merging drops what was deleted, which scores counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotDigest([u8; 16]);

impl SnapshotDigest {
    pub(super) fn new(snapshot: &dyn Snapshot, fingerprint: &str) -> Self {
        let generation = snapshot.generation();
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(&[ORDER])
            .update(&generation.index.to_le_bytes())
            .update(&generation.commit.to_le_bytes())
            .update(&snapshot.entries().to_le_bytes())
            .update(fingerprint.as_bytes());
        Self(hasher.finalize().as_bytes().first_chunk().copied().expect("a hash has 32 bytes"))
    }
}

/// What a hit's rank is made of. The better one is the less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SortKey {
    /// The bits of the score.
    score: u32,
    /// 0 when unknown.
    date: u32,
    position: u64,
}

impl SortKey {
    pub(super) fn of(ranked: &Ranked) -> Self {
        let Ranked { score, date, position, address: _ } = *ranked;
        Self { score: score.to_bits(), date, position: position.to_u64() }
    }

    fn of_hit(hit: &Hit) -> Self {
        let position = Position::paragraph(hit.document.version.sequence, hit.id.ordinal);
        let date = hit.document.metadata.publish_date.map_or(0, |date| date.to_u32());
        Self { score: hit.score.to_bits(), date, position: position.to_u64() }
    }

    /// Whether this comes after another one in the order of all searches.
    fn is_after(&self, other: &Self) -> bool {
        let scores = f32::from_bits(other.score).total_cmp(&f32::from_bits(self.score));
        scores.then(other.date.cmp(&self.date)).then(self.position.cmp(&other.position)).is_gt()
    }
}

/// A place in a search: behind a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub(super) snapshot: SnapshotDigest,
    pub(super) key: SortKey,
    pub(super) rank: u32,
}

impl Place {
    pub(super) fn behind(hit: &Hit, snapshot: SnapshotDigest) -> Self {
        Self { snapshot, key: SortKey::of_hit(hit), rank: hit.rank }
    }

    /// The rank of the hit that it is behind.
    pub fn rank(&self) -> u32 {
        self.rank
    }

    /// How many of a ranking of another state of the index come up to here: up to the same paragraph if it is there,
    /// else up to where it would be.
    pub(super) fn passed(&self, ranking: &[Ranked]) -> usize {
        let same = ranking.iter().position(|ranked| ranked.position.to_u64() == self.key.position);
        let after = || ranking.iter().position(|ranked| SortKey::of(ranked).is_after(&self.key));
        same.map(|index| index + 1).or_else(after).unwrap_or(ranking.len())
    }
}

/// Where a search goes on.
#[derive(Clone, Copy, Debug)]
pub struct Resume {
    /// Behind which hit.
    pub place: Place,
    /// Whether it goes on in the newest state of the index when its own is gone.
    pub allow_snapshot_change: bool,
}
