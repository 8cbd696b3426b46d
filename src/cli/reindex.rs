//! `reindex`: the index built anew, with how far that is.

use std::{
    io::{self, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::sleep,
};
use tonic::transport::Channel;

use super::{
    arguments::ReindexArguments,
    connection::admin_service,
    failure::{Failure, describe_item_status},
    json::JsonForm,
    output::{self, Form, Output},
    search::count,
};
use crate::rpc::proto::{
    CancelOperationRequest, GetOperationRequest, Operation, OperationState, StartReindexRequest,
    admin_service_client::AdminServiceClient,
};

/// How often the service is asked how far it is: at first, and later, when it is known to take longer.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LAST_LOOK: Duration = Duration::from_secs(1);

/// Has the index built anew and says how far that is; Ctrl-C ends it.
pub(super) async fn reindex(
    channel: Channel,
    ReindexArguments { force }: ReindexArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    // From here on: whoever stops the command stops the work too.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut service = admin_service(channel);
    let begun = service.start_reindex(StartReindexRequest { force }).await?.into_inner().operation;
    let begun = begun.unwrap_or_default();
    let (name, mut watched) = (begun.name.clone(), service.clone());
    let ended = tokio::select! {
        ended = watch(&mut watched, begun) => ended?,
        _ = interrupted.recv() => cancel(&mut service, name).await?,
    };
    match output.form {
        Form::Json => write_json(&mut output.results, &ended)?,
        Form::Text => write_ended(&mut output.results, &ended)?,
    }
    match ended.state() {
        OperationState::Succeeded => Ok(()),
        OperationState::Cancelled => Err(Failure::Interrupted("stopped; the index is as it was".to_owned())),
        _ => Err(Failure::Incomplete(why(&ended))),
    }
}

/// Looks again and again until it has ended.
async fn watch(service: &mut AdminServiceClient<Channel>, mut operation: Operation) -> Result<Operation, Failure> {
    // Draws nothing where standard error is no terminal.
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
    let mut wait = FIRST_LOOK;
    while operation.state() == OperationState::Running {
        bar.set_message(progress_line(&operation));
        bar.tick();
        sleep(wait).await;
        wait = (wait * 2).min(LAST_LOOK);
        let request = GetOperationRequest { name: operation.name.clone() };
        operation = service.get_operation(request).await?.into_inner().operation.unwrap_or_default();
    }
    bar.finish_and_clear();
    Ok(operation)
}

/// Ends it, unless it has ended by itself.
async fn cancel(service: &mut AdminServiceClient<Channel>, name: String) -> Result<Operation, Failure> {
    output::notice("stopping");
    Ok(service.cancel_operation(CancelOperationRequest { name }).await?.into_inner().operation.unwrap_or_default())
}

fn progress_line(Operation { documents, total_documents, .. }: &Operation) -> String {
    format!("{documents} of {}", count(*total_documents, "document"))
}

/// Details of an error are of types that the contract has not: standard error says what they say.
fn write_json(out: &mut impl Write, ended: &Operation) -> io::Result<()> {
    let mut shown = ended.clone();
    if let Some(error) = &mut shown.error {
        error.details.clear();
    }
    JsonForm::of("Operation").write(out, &shown)
}

fn write_ended(out: &mut impl Write, operation: &Operation) -> io::Result<()> {
    let Operation { documents, elapsed_ms, generation, .. } = operation;
    if operation.state() != OperationState::Succeeded {
        return Ok(());
    }
    if *documents == 0 {
        return writeln!(
            out,
            "nothing to do: generation {generation} is as this service makes it (--force does it anew)"
        );
    }
    let took = humantime::format_duration(Duration::from_millis(*elapsed_ms));
    writeln!(out, "built anew as generation {generation}: {} in {took}", count(*documents, "document"))
}

fn why(operation: &Operation) -> String {
    let cause = operation.error.as_ref().map_or_else(|| "for no known reason".to_owned(), describe_item_status);
    format!("the index was not built anew and is as it was: {cause}")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use prost::Message as _;
    use tonic::{Code, Status};
    use tonic_types::StatusExt as _;

    use super::*;

    fn check(operation: &Operation, expected: &Expect) {
        let mut out = Vec::new();
        write_ended(&mut out, operation).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn reindexes_for_people() {
        let done = Operation {
            name: "a1".into(),
            state: OperationState::Succeeded.into(),
            documents: 3_475,
            total_documents: 3_475,
            elapsed_ms: 83_200,
            generation: "g8".into(),
            error: None,
        };
        check(
            &done,
            &expect![[r"
                built anew as generation g8: 3475 documents in 1m 23s 200ms
            "]],
        );
        assert_eq!(progress_line(&Operation { documents: 7, ..done.clone() }), "7 of 3475 documents");
        check(
            &Operation { documents: 0, total_documents: 0, ..done.clone() },
            &expect![[r"
                nothing to do: generation g8 is as this service makes it (--force does it anew)
            "]],
        );
        check(&Operation { state: OperationState::Cancelled.into(), ..done }, &expect![""]);
    }

    #[test]
    fn a_failed_reindex_says_why() {
        let mut details = tonic_types::ErrorDetails::new();
        details.set_error_info("STORAGE_FULL", "xunzhang", std::collections::HashMap::new());
        let status = Status::with_error_details(Code::ResourceExhausted, "there is no room", details);
        let error = tonic_types::Status::decode(status.details()).unwrap();
        let failed = Operation { state: OperationState::Failed.into(), error: Some(error), ..Operation::default() };
        let mut out = Vec::new();
        write_json(&mut out, &failed).unwrap();
        assert!(String::from_utf8(out).unwrap().contains(r#""message":"there is no room""#));
        let expected =
            "the index was not built anew and is as it was: RESOURCE_EXHAUSTED STORAGE_FULL: there is no room";
        assert_eq!(why(&failed), expected);
    }
}
