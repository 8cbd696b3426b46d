//! The writer thread: takes changes off the queue, groups them, commits each group once.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::AtomicBool,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::oneshot;

use crate::{
    document::DocumentId,
    engine::{Generation, IndexedDocument, WriteError},
    ingest::{
        Deleted, IngestError, Rebuilt, Receipt, ReindexError,
        company::Company,
        group::{Expected, Group, Log},
        handle::Room,
    },
};

/// When a group of changes is committed: whichever comes first.
#[derive(Clone, Copy, Debug)]
pub struct GroupCommit {
    /// Changes.
    pub changes: usize,
    /// Bytes of text.
    pub bytes: usize,
    /// The longest that a change that is one of many waits for others.
    pub linger: Duration,
}

/// How long removals are remembered, so that those who follow the changes hear of them.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// From the removal on; it is forgotten with the first commit after that.
    pub removals: Duration,
    /// Tells the time.
    pub now: fn() -> SystemTime,
}

/// Whether a change waits for others to share its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Committed as soon as nothing else is in the queue or about to be.
    Now,
    /// Committed when the group is large or old enough.
    Lingers,
}

/// What the writer is asked for.
pub(super) enum Command {
    Put {
        document: Box<IndexedDocument>,
        bytes: usize,
        expected: Expected,
        urgency: Urgency,
        reply: oneshot::Sender<Result<Receipt, IngestError>>,
        room: Room,
    },
    Delete {
        id: DocumentId,
        expected: Expected,
        urgency: Urgency,
        reply: oneshot::Sender<Result<Deleted, IngestError>>,
        room: Room,
    },
    Flush {
        room: Room,
    },
    /// Has an index that was built anew take the place of this one.
    TakeOver {
        rebuilt: Box<Rebuilt>,
        stop: Arc<AtomicBool>,
        reply: oneshot::Sender<Result<Generation, ReindexError>>,
        room: Room,
    },
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// What is done once the open group is committed.
enum Then {
    TakeOver { rebuilt: Box<Rebuilt>, stop: Arc<AtomicBool>, reply: oneshot::Sender<Result<Generation, ReindexError>> },
    Close { reply: oneshot::Sender<()> },
}

/// What comes behind a group.
enum Next {
    Group,
    Close(oneshot::Sender<()>),
    /// Nobody is left who could send anything.
    Nothing,
}

/// The writer thread takes nothing any more.
#[derive(Debug)]
pub(super) struct NotTaken;

/// The sending end of the writer's queue.
#[derive(Clone)]
pub(super) struct Queue {
    commands: SyncSender<Command>,
}

impl Queue {
    /// Never waits: whoever sends holds room for one command, but for `Close`, which finds the queue full only when it
    /// was sent before.
    pub(super) fn send(&self, command: Command) -> Result<(), NotTaken> {
        self.commands.try_send(command).map_err(|_| NotTaken)
    }
}

/// Starts the thread; `capacity` is the number of commands for which there is room.
pub(super) fn start(group: GroupCommit, log: Log, capacity: usize) -> Result<Queue, WriteError> {
    // One place more: `Close` comes without room.
    let (commands, receiver) = sync_channel(capacity + 1);
    thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || run(log, group, &receiver))
        .map_err(|error| WriteError::Engine(Box::new(error)))?;
    Ok(Queue { commands })
}

/// Goes on until it is told to close or nobody can tell it anything any more. A panic is a failure of the group that it
/// comes in: nothing of that is acknowledged, and the next one has a new writer.
fn run(mut log: Log, limits: GroupCommit, commands: &Receiver<Command>) {
    let mut company = Company::default();
    let closing = loop {
        let done = catch_unwind(AssertUnwindSafe(|| run_group(&mut log, &mut company, limits, commands)));
        match done {
            Ok(Next::Group) => {}
            Ok(Next::Close(reply)) => break reply,
            Ok(Next::Nothing) => return,
            Err(_) => {
                tracing::error!("the writer has panicked: its changes are not acknowledged, and it is opened anew");
                company = Company::default();
                if catch_unwind(AssertUnwindSafe(|| log.give_up())).is_err() {
                    tracing::error!("the writer has panicked again as it was given up");
                }
            }
        }
    };
    // The writer goes before the answer: whoever closed may open the index anew.
    log.close();
    let _nobody_waits = closing.send(());
}

/// Takes a group of commands and commits what they change.
fn run_group(log: &mut Log, company: &mut Company, limits: GroupCommit, commands: &Receiver<Command>) -> Next {
    let came_meanwhile = commands.try_recv().ok();
    company.gather(came_meanwhile.is_some());
    let Some(first) = came_meanwhile.or_else(|| wait(log, commands)) else { return Next::Nothing };
    let mut group = Group::new(limits, *company, Instant::now());
    let mut then = take(log, &mut group, first);
    while then.is_none() {
        match next(&mut group, commands) {
            Some(command) => then = take(log, &mut group, command),
            None => break,
        }
    }
    *company = log.finish(group);
    match then {
        Some(Then::TakeOver { rebuilt, stop, reply }) => {
            let _nobody_waits = reply.send(log.take_over(*rebuilt, &stop));
            Next::Group
        }
        Some(Then::Close { reply }) => Next::Close(reply),
        None => Next::Group,
    }
}

/// The first command of a group. While nothing is committed, merged segments are taken up now and then.
fn wait(log: &mut Log, commands: &Receiver<Command>) -> Option<Command> {
    loop {
        let rest = log.refreshes_in(Instant::now());
        let received = if rest.is_zero() { Err(RecvTimeoutError::Timeout) } else { commands.recv_timeout(rest) };
        match received {
            Ok(command) => return Some(command),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => log.refresh(),
        }
    }
}

/// The next command of a group; `None` when the group is to be committed.
fn next(group: &mut Group, commands: &Receiver<Command>) -> Option<Command> {
    if group.is_full() {
        return None;
    }
    commands.try_recv().ok().or_else(|| {
        let rest = group.rest(Instant::now());
        if rest.is_zero() { None } else { commands.recv_timeout(rest).ok() }
    })
}

fn take(log: &mut Log, group: &mut Group, command: Command) -> Option<Then> {
    match command {
        Command::Put { document, bytes, expected, urgency, reply, room } => {
            group.count(bytes, urgency);
            log.put(group, document, expected, reply);
            drop(room);
        }
        Command::Delete { id, expected, urgency, reply, room } => {
            group.count(0, urgency);
            log.delete(group, id, expected, reply);
            drop(room);
        }
        Command::Flush { room } => {
            group.hurry();
            drop(room);
        }
        Command::TakeOver { rebuilt, stop, reply, room } => {
            drop(room);
            return Some(Then::TakeOver { rebuilt, stop, reply });
        }
        Command::Close { reply } => return Some(Then::Close { reply }),
    }
    None
}
