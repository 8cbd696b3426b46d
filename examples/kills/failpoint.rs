//! Steps on the disk at which a service is killed.

use std::{fmt, str::FromStr};

use anyhow::Context as _;
use fastrand::Rng;

/// What a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// The opening of the index, before anything is served.
    Start,
    Commit,
    Merge,
    /// The making of the second index.
    Reindex,
    /// The taking of the first one's place, and what is cleared up behind it.
    Switch,
    Backup,
}

/// What is done to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A file or a directory is made, or a file gets a second name.
    Create,
    Write,
    Sync,
    Rename,
    Delete,
    SyncDirectory,
}

/// When, of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    /// Behind it; half of what is to be written is.
    Behind,
}

/// A step of those of some work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failpoint {
    pub(crate) work: Work,
    pub(crate) step: Step,
    /// The first one is 1.
    pub(crate) number: usize,
    pub(crate) moment: Moment,
}

impl Work {
    pub(crate) const ALL: [Self; 6] =
        [Self::Start, Self::Commit, Self::Merge, Self::Reindex, Self::Switch, Self::Backup];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Commit => "commit",
            Self::Merge => "merge",
            Self::Reindex => "reindex",
            Self::Switch => "switch",
            Self::Backup => "backup",
        }
    }
}

impl Step {
    pub(crate) const ALL: [Self; 6] =
        [Self::Create, Self::Write, Self::Sync, Self::Rename, Self::Delete, Self::SyncDirectory];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Rename => "rename",
            Self::Delete => "delete",
            Self::SyncDirectory => "sync-directory",
        }
    }
}

impl Failpoint {
    /// One of those that some work has, or of a few times the work; `None` where it has no such steps.
    pub(crate) fn draw(work: Work, step: Step, rng: &mut Rng) -> Option<Self> {
        let most = most(work, step)?;
        let moment = if rng.bool() { Moment::Before } else { Moment::Behind };
        Some(Self { work, step, number: rng.usize(1..=most), moment })
    }
}

/// How many steps a client's patience lets some work have.
#[expect(clippy::match_same_arms, reason = "each work has steps of its own, as many as another or not")]
const fn most(work: Work, step: Step) -> Option<usize> {
    use Step::{Create, Delete, Rename, Sync, SyncDirectory, Write};
    Some(match (work, step) {
        // Two small files are written again, the writer begins.
        (Work::Start, Create | Write | Sync | Rename) => 2,
        (Work::Start, Delete | SyncDirectory) => 3,
        // Files of a segment, of deletions, and the list; the list's directory is synced twice.
        (Work::Commit | Work::Reindex, Create | Write | Sync) => 30,
        (Work::Commit, Rename | Delete) | (Work::Reindex, Rename) => 3,
        (Work::Commit | Work::Reindex, SyncDirectory) => 6,
        // What is deleted in the new index is what is not there.
        (Work::Reindex, Delete) => 2,
        // One segment is made of some thirty, whose files go.
        (Work::Merge, Create | Write) => 14,
        (Work::Merge, Sync) => 8,
        (Work::Merge, Rename) => 2,
        (Work::Merge, Delete) => 200,
        (Work::Merge, SyncDirectory) => 4,
        // `format.json`, and the old index.
        (Work::Switch, Create | Write | Sync | Rename | SyncDirectory) => 1,
        (Work::Switch, Delete) => 60,
        // Files of segments are linked; the list and what says what the copy has are written.
        (Work::Backup, Create) => 40,
        (Work::Backup, Write | Sync | SyncDirectory) => 3,
        (Work::Backup, Rename) => 1,
        (Work::Backup, Delete) => return None,
    })
}

impl fmt::Display for Failpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { work, step, number, moment } = *self;
        let moment = match moment {
            Moment::Before => "before",
            Moment::Behind => "behind",
        };
        write!(f, "{}/{}/{number}/{moment}", work.name(), step.name())
    }
}

impl FromStr for Failpoint {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let no_such = || format!("`{text}` is no failpoint");
        let parts: Vec<_> = text.split('/').collect();
        let [work, step, number, moment] = parts[..] else { anyhow::bail!(no_such()) };
        Ok(Self {
            work: *Work::ALL.iter().find(|known| known.name() == work).with_context(no_such)?,
            step: *Step::ALL.iter().find(|known| known.name() == step).with_context(no_such)?,
            number: number.parse().with_context(no_such)?,
            moment: if moment == "before" { Moment::Before } else { Moment::Behind },
        })
    }
}
