//! What requests are held to, each with its unit and its reason. Told to callers by `GetServerInfo`.

use std::time::Duration;

use crate::{document::MAX_ID_BYTES, search::BatchBound};

/// Hits of a search that gives no limit.
pub(crate) const DEFAULT_SEARCH_LIMIT: u32 = 10;
/// Hits of a search: past it a caller wants an export, which holds no ranking in memory.
pub(crate) const SEARCH_LIMIT: u32 = 10_000;
/// Paragraphs of context on either side of a hit: each costs a fetch for each hit.
pub(crate) const CONTEXT_PARAGRAPHS: u32 = 5;

/// Values of a filter's conditions, all lists together: each costs postings to read.
pub(crate) const FILTER_VALUES: usize = 256;

/// Bytes of one request where no documents are sent: the longest query tree is well below it.
pub(crate) const REQUEST_BYTES: usize = 256 << 10;
/// Bytes of one request that carries a document: its text, its metadata and what protobuf adds.
pub(crate) const DOCUMENT_REQUEST_BYTES: usize = 20 << 20;
/// Bytes of an original or of paragraphs that one `GetDocument` sends: below the 4 MiB that clients accept.
pub(crate) const DOCUMENT_PAGE_BYTES: u32 = 2 << 20;

/// Documents of a page that asks for no number.
pub(crate) const DEFAULT_LIST_PAGE: u32 = 50;
/// Documents of a page.
pub(crate) const LIST_PAGE: u32 = 1_000;
/// Bytes of what is known about the documents of a page, unless one alone has more: below the 4 MiB that clients accept.
pub(crate) const LIST_PAGE_BYTES: usize = 2 << 20;
/// Documents of a purge that share a commit: a small part of what may wait for the writer would cost a commit each.
pub(crate) const PURGE_GROUP: usize = 1_000;
/// Ids that the answer to a purge names.
pub(crate) const PURGE_SAMPLE: usize = 100;

/// Bytes of one metadata field or attribute value: it is sent with every hit.
pub(crate) const FIELD_BYTES: usize = 4 << 10;
/// Labels or attributes of a document.
pub(crate) const LABELS: usize = 64;
/// Bytes of one label or of an attribute's key.
pub(crate) const LABEL_BYTES: usize = 256;
/// Bytes of a paragraph that was split by its caller. A hit may come with ten neighbours in one message: eleven of this
/// size, with their headings and metadata, take 3 of the 4 MiB that clients accept; highlights and the names of near
/// copies take half of another.
pub(crate) const READY_PARAGRAPH_BYTES: usize = 256 << 10;
/// Headings above one of them.
pub(crate) const READY_HEADINGS: usize = 16;
/// Bytes of the headings above one of them, together: a batch of 32 hits with ten neighbours each repeats 352 such
/// paths, which with all metadata stay well below the 4 MiB that clients accept.
pub(crate) const READY_HEADING_BYTES: usize = 4 << 10;

/// Bytes of what a caller sent that an answer repeats where it is not taken: as much as the longest id has. Statuses
/// travel in headers, which clients bound to some KiB.
pub(crate) const ECHO_BYTES: usize = MAX_ID_BYTES;

/// The first batch of a search: the best hits, and most callers ask for no more.
pub(crate) const BEST_BATCH: BatchBound = BatchBound { hits: 10, bytes: BATCH_BYTES };
/// The first batch of an export: whoever reads it can begin.
pub(crate) const FIRST_BATCH: BatchBound = BatchBound { hits: 1, bytes: BATCH_BYTES };
/// Each later batch of a search, and the second one of an export: smaller frames make HTTP/2 peers close the connection.
pub(crate) const LATER_BATCH: BatchBound = BatchBound { hits: 32, bytes: BATCH_BYTES };
/// Each batch of an export behind them, of which there are many: what a batch costs by itself is as much as a hundred hits.
pub(crate) const EXPORT_BATCH: BatchBound = BatchBound { hits: 1_024, bytes: BATCH_BYTES };
/// Bytes of all that a batch says.
const BATCH_BYTES: usize = 64 << 10;
/// How long a reader that follows is told nothing while the index changes, before it is given a new token.
pub(crate) const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
/// Answers that wait for a reader: as many as most streams have, a header, a batch and a summary, so that they go out at
/// once.
pub(crate) const ANSWERS_WAITING: usize = 3;
/// Bytes of one body that the transport may hold when it is given more; it has up to a batch then. Else it takes as much
/// as its peer's window lets it, hundreds of kilobytes for each stream, and a reader that reads nothing looks as if it did.
pub(crate) const TRANSPORT_BYTES: usize = 32 << 10;
/// Bytes for one connection that the system may hold unsent when it is given more, beside those that are on their way.
/// Else it takes megabytes for a peer that reads nothing.
pub(crate) const UNSENT_BYTES: u32 = 128 << 10;
/// How long the headers of a stream wait for its first answer at most: most searches have theirs much sooner.
pub(crate) const FIRST_ANSWER_PATIENCE: Duration = Duration::from_millis(20);
/// How long a call that was let into the queue may wait for a core after all before it is refused. Only where the wait
/// turns out much longer than could be expected, behind a few very long jobs.
pub(crate) const QUEUE_PATIENCE: Duration = Duration::from_secs(1);

/// Calls at once that answer once, most of them about a document: each may hold one of the largest size, 1.5 GiB
/// altogether.
pub(crate) const DOCUMENT_CALLS: usize = 96;
/// Those of one caller: it leaves room for others, as with streams.
pub(crate) const DOCUMENT_CALLS_PER_CALLER: usize = 64;
/// How long the request of a call that is refused unread may take to come: most are there with their heads.
pub(crate) const UNREAD_PATIENCE: Duration = Duration::from_millis(20);
/// Imports at once: each may hold some documents of the largest size.
pub(crate) const IMPORTS: usize = 8;
/// Those of one caller: it leaves room for others, as with streams.
pub(crate) const IMPORTS_PER_CALLER: usize = 4;
/// Documents of an import that are prepared in one go.
pub(crate) const IMPORT_CHUNK_DOCUMENTS: usize = 64;
/// Bytes of text of an import that are prepared in one go, unless one document alone has more.
pub(crate) const IMPORT_CHUNK_BYTES: usize = 1 << 20;
/// Such goes of an import that are under way at once, so that more than one core can help.
pub(crate) const IMPORT_CHUNKS: usize = 3;
/// Documents of an import that wait for their commit; they are with the writer, only their receipts are held here.
pub(crate) const IMPORT_PENDING: usize = 16_384;
/// Ids of an import that the next ones are compared with, so that two documents with one are told of. As many as may wait
/// for their commit, half a megabyte of hashes; an import may have any number.
pub(crate) const IMPORT_RECENT_IDS: usize = IMPORT_PENDING;
/// How long the input of an import may pause before what came is committed, so that a caller that waits for an
/// acknowledgement gets it.
pub(crate) const IMPORT_IDLE: Duration = Duration::from_millis(50);
/// How long an import may send nothing, not a byte, while all that it sent is acknowledged: its place is then given to
/// another.
pub(crate) const IMPORT_PATIENCE: Duration = Duration::from_mins(1);
/// Failures and warnings that one acknowledgement lists, together: at most 3 KiB each, so that they stay below the
/// 4 MiB that clients accept.
pub(crate) const IMPORT_REMARKS: usize = 1_000;

/// When a caller that was refused for want of room should try again.
pub(crate) const RETRY_SOON: Duration = Duration::from_secs(1);
/// When a caller should try again that came while the service starts or drains.
pub(crate) const RETRY_LATER: Duration = Duration::from_secs(5);
