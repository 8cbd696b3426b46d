//! What requests are held to, each with its unit and its reason. Told to callers by `GetServerInfo`.

use std::time::Duration;

/// Hits of a search that gives no limit.
pub(crate) const DEFAULT_SEARCH_LIMIT: u32 = 10;
/// Hits of a search: past it a caller wants an export, which holds no ranking in memory.
pub(crate) const SEARCH_LIMIT: u32 = 10_000;
/// Paragraphs of context on either side of a hit: each costs a fetch for each hit.
pub(crate) const CONTEXT_PARAGRAPHS: u32 = 5;

/// Bytes of one request where no documents are sent: the longest query tree is well below it.
pub(crate) const REQUEST_BYTES: usize = 256 << 10;
/// Bytes of one request that carries a document: its text, its metadata and what protobuf adds.
pub(crate) const DOCUMENT_REQUEST_BYTES: usize = 20 << 20;
/// Bytes of an original or of paragraphs that one `GetDocument` sends: below the 4 MiB that clients accept.
pub(crate) const DOCUMENT_PAGE_BYTES: u32 = 2 << 20;

/// Bytes of one metadata field or attribute value: it is sent with every hit.
pub(crate) const FIELD_BYTES: usize = 4 << 10;
/// Labels or attributes of a document.
pub(crate) const LABELS: usize = 64;
/// Bytes of one label or of an attribute's key.
pub(crate) const LABEL_BYTES: usize = 256;
/// Headings above one of them.
pub(crate) const READY_HEADINGS: usize = 16;

/// Hits of the first batch of a stream: a caller sees the best one as soon as it is there.
pub(crate) const FIRST_BATCH_HITS: usize = 1;
/// Hits of each later batch: smaller frames make HTTP/2 peers close the connection.
pub(crate) const BATCH_HITS: usize = 32;
/// Bytes of text of each batch.
pub(crate) const BATCH_TEXT_BYTES: usize = 64 << 10;
/// Batches that wait for a reader: one that is being sent and one behind it.
pub(crate) const BATCHES_WAITING: usize = 2;
/// How long a search may wait for a core before it is refused: what waits longer waits behind too much.
pub(crate) const QUEUE_PATIENCE: Duration = Duration::from_secs(1);
/// How long a reader may take nothing before its stream is given up.
pub(crate) const READER_PATIENCE: Duration = Duration::from_secs(30);

/// Imports at once: each may hold some documents of the largest size.
pub(crate) const IMPORTS: usize = 8;
/// Documents of an import that are prepared in one go.
pub(crate) const IMPORT_CHUNK_DOCUMENTS: usize = 64;
/// Bytes of text of an import that are prepared in one go, unless one document alone has more.
pub(crate) const IMPORT_CHUNK_BYTES: usize = 1 << 20;
/// Such goes of an import that are under way at once, so that more than one core can help.
pub(crate) const IMPORT_CHUNKS: usize = 3;
/// Documents of an import that wait for their commit; they are with the writer, only their receipts are held here.
pub(crate) const IMPORT_PENDING: usize = 16_384;
/// How long the input of an import may pause before what came is committed, so that a caller that waits for an
/// acknowledgement gets it.
pub(crate) const IMPORT_IDLE: Duration = Duration::from_millis(50);
/// Failures and warnings that one acknowledgement lists: with their details they stay below the 4 MiB that clients
/// accept.
pub(crate) const IMPORT_REMARKS: usize = 1_000;

/// When a caller that was refused for want of room should try again.
pub(crate) const RETRY_SOON: Duration = Duration::from_secs(1);
/// When a caller should try again that came while the service starts or drains.
pub(crate) const RETRY_LATER: Duration = Duration::from_secs(5);
