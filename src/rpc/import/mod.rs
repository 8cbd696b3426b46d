//! One import: a stream of documents in, a stream of acknowledgements out.
//!
//! Three steps run side by side, joined by bounded queues: `read` checks what comes in and has it prepared on the
//! pool, `queue` hands it to the writer in order, `acknowledge` waits for the commits in order. A queue that is full
//! stops the step before it, in the end the caller.

mod acknowledge;
mod queue;
mod read;
mod repeated;
mod run;

pub(crate) use run::Import;
