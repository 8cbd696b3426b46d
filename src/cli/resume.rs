//! Streams that are gone on with when they break.

use std::{future::Future, time::Duration};

use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use super::{failure::Failure, output};

/// How long to wait before a broken stream is opened again: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LAST_WAIT: Duration = Duration::from_secs(5);

/// How often a stream is opened again that brings nothing but its header: half a minute in all.
const TRIES: u32 = 10;

/// What a message says of its stream.
#[derive(Debug)]
pub(super) enum Mark {
    /// The stream can be gone on with behind it, by this token.
    Token(String),
    /// It is the last one: the stream is whole.
    Whole,
    /// Nothing.
    None,
}

/// How long a stream is gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// Until nothing comes any more however often it is tried.
    Bounded,
    /// For ever.
    Endless,
}

/// Reads a stream to its end: `open` opens it behind a token, the empty one at the beginning, and `take` is given each
/// message. One that breaks after it began is opened again, and a line on standard error says so.
///
/// # Errors
///
/// What ended the stream for good; [`Failure::Cut`] when it ended as if it were whole; what `take` says.
pub(super) async fn read<M, F>(
    persistence: Persistence,
    mut open: impl FnMut(String) -> F,
    mut take: impl FnMut(M) -> Result<Mark, Failure>,
) -> Result<(), Failure>
where
    F: Future<Output = Result<Streaming<M>, Status>>,
{
    // `None` before the stream began, and where it cannot be gone on with.
    let (mut token, mut has_begun, mut tries) = (None, false, 0);
    loop {
        let broken = match open(token.clone().unwrap_or_default()).await {
            Err(status) => Failure::Refused(status),
            Ok(mut stream) => loop {
                match stream.message().await {
                    Ok(Some(message)) => {
                        match take(message)? {
                            Mark::Token(behind) => {
                                tries = 0;
                                token = Some(behind).filter(|behind| !behind.is_empty());
                            }
                            Mark::Whole => return ended(stream).await,
                            Mark::None if !has_begun => token = Some(String::new()),
                            Mark::None => {}
                        }
                        has_begun = true;
                    }
                    Ok(None) => break Failure::Cut,
                    Err(status) => break Failure::Refused(status),
                }
            },
        };
        let is_over = persistence == Persistence::Bounded && tries == TRIES;
        if token.is_none() || is_over || !may_pass(&broken) {
            return Err(broken);
        }
        let wait = FIRST_WAIT.saturating_mul(1 << tries.min(8)).min(LAST_WAIT);
        output::warning(format_args!("{broken}; going on behind what is here in {} s", wait.as_secs_f32()));
        tokio::time::sleep(wait).await;
        tries = tries.saturating_add(1);
    }
}

/// Waits for the end of a stream that is whole, so that its status is not taken for a cancellation.
async fn ended<M>(mut stream: Streaming<M>) -> Result<(), Failure> {
    while stream.message().await?.is_some() {}
    Ok(())
}

/// Says whether a stream that broke so may go on: the service is away or has no room, or the connection broke, which
/// leaves a status without our details.
fn may_pass(failure: &Failure) -> bool {
    match failure {
        Failure::Cut => true,
        Failure::Refused(status) => {
            matches!(status.code(), Code::Unavailable | Code::ResourceExhausted)
                || status.get_error_details().error_info().is_none()
        }
        _ => false,
    }
}

/// Runs a command until it ends or a person presses Ctrl-C.
///
/// # Errors
///
/// What the command says; [`Failure::Interrupted`].
pub(super) async fn until_interrupted(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::select! {
        ended = command => ended,
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted("stopped".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use tonic::codec::{Codec as _, EncodeBody, SingleMessageCompressionOverride};
    use tonic_prost::ProstCodec;

    use super::*;
    use crate::rpc::proto::{ExportBatch, ExportHeader, ExportResponse, export_response::Event};

    /// A stream of these events that breaks behind them.
    fn broken(events: Vec<Event>) -> Streaming<ExportResponse> {
        let messages = events.into_iter().map(|event| Ok(ExportResponse { event: Some(event) }));
        let messages = tokio_stream::iter(messages.chain([Err(Status::unavailable("away"))]));
        let mut codec = ProstCodec::<ExportResponse, ExportResponse>::default();
        let whole = SingleMessageCompressionOverride::default();
        let body = EncodeBody::new_server(codec.encoder(), messages, None, whole, None);
        Streaming::new_response(codec.decoder(), body, http::StatusCode::OK, None, None)
    }

    fn mark(ExportResponse { event }: ExportResponse) -> Mark {
        match event {
            Some(Event::Hits(batch)) => Mark::Token(batch.resume_token),
            _ => Mark::None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_brings_nothing_but_its_header_is_given_up() {
        let header = || Event::Header(ExportHeader::default());
        let batch = |token: &str| Event::Hits(ExportBatch { resume_token: token.to_owned(), ..ExportBatch::default() });
        let mut tokens = Vec::new();
        let open = |token: String| {
            tokens.push(token);
            assert!(tokens.len() < 100, "it goes on for ever");
            // The sixth brings something.
            let events = if tokens.len() == 6 { vec![header(), batch("behind")] } else { vec![header()] };
            async move { Ok(broken(events)) }
        };
        let ended = read(Persistence::Bounded, open, |message| Ok(mark(message))).await;
        assert!(matches!(&ended, Err(Failure::Refused(status)) if status.message() == "away"), "{ended:?}");
        assert_eq!(tokens, [vec![""; 6], vec!["behind"; TRIES as usize]].concat());
    }
}
