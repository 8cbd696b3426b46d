//! Going on with a search behind a hit.
//!
//! A ranking is a function of the request and of what a [`SnapshotDigest`] names. So whoever goes on ranks again and
//! passes over what was sent: nothing of a search has to be remembered but its place.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::{
    document::PublishDate,
    engine::{Position, Ranked, Snapshot},
    search::{Hit, Rescoring},
};

/// Raise it with every change to what hits a request has, or in which order: a search is not gone on with in another
/// order than it began.
const ORDER: u8 = 3;

/// Names all that the order of hits depends on besides the request: a state of the index, how queries are cut into
/// words, what else these are called, and how many candidates are looked at. Two states of one generation may differ in
/// it: merging drops what was deleted, which scores counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotDigest([u8; 16]);

impl SnapshotDigest {
    pub(super) fn new(snapshot: &dyn Snapshot, fingerprints: [&str; 2], Rescoring { candidates }: Rescoring) -> Self {
        let generation = snapshot.generation();
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(&[ORDER])
            .update(&generation.index.to_le_bytes())
            .update(&generation.commit.to_le_bytes())
            .update(&snapshot.entries().to_le_bytes())
            .update(&(candidates as u64).to_le_bytes())
            .update(fingerprints.concat().as_bytes());
        Self(hasher.finalize().as_bytes().first_chunk().copied().expect("a hash has 32 bytes"))
    }
}

#[cfg(test)]
impl SnapshotDigest {
    /// One of some that differ.
    pub(super) fn numbered(number: u8) -> Self {
        Self([number; 16])
    }
}

/// What a hit's rank is made of.
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
        let date = hit.document.metadata.publish_date.map_or(0, PublishDate::to_u32);
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
    /// What time it is: states of the index are kept for so long.
    pub now: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Address;

    fn ranked(score: f32, date: u32, sequence: u64) -> Ranked {
        let address = Address { segment: 0, document: 0 };
        Ranked { score, date, position: Position::paragraph(sequence, 0), address }
    }

    /// How many of a ranking come up to a place behind `last`.
    fn check(ranking: &[Ranked], last: Ranked, expected: usize) {
        let place = Place { snapshot: SnapshotDigest::numbered(0), key: SortKey::of(&last), rank: 1 };
        assert_eq!(place.passed(ranking), expected, "{last:?}");
    }

    #[test]
    fn another_ranking_goes_on_behind_the_same_paragraph_or_its_place() {
        let ranking = [ranked(3.0, 0, 1), ranked(2.0, 20_240_101, 5), ranked(2.0, 20_230_101, 2), ranked(1.0, 0, 3)];
        // The same paragraph, whatever it scores now.
        check(&ranking, ranked(9.0, 0, 2), 3);
        // One that is gone: by score, then the newer date, then arrival.
        check(&ranking, ranked(9.0, 0, 7), 0);
        check(&ranking, ranked(2.5, 0, 7), 1);
        check(&ranking, ranked(2.0, 20_230_601, 7), 2);
        check(&ranking, ranked(2.0, 20_230_101, 0), 2);
        check(&ranking, ranked(2.0, 20_230_101, 7), 3);
        check(&ranking, ranked(0.5, 0, 7), 4);
        check(&[], ranked(1.0, 0, 1), 0);
    }
}
