//! Imports whose clients vanish, or take nothing of what they are told.

use std::{cell::Cell, time::Duration};

use prost::bytes::Bytes;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming, transport::Channel};
use xunzhang::rpc::proto::{
    Document, DocumentView, GetDocumentRequest, ImportDocumentsRequest, ImportDocumentsResponse,
    document_service_client::DocumentServiceClient,
};

use crate::support::{
    Peer, Service, check_status, document, export_ids, exported, framed, metric, poll, ready, sent, within,
};

/// An import with a connection of its own, which is all of it that is there.
async fn begin(service: &Service) -> (mpsc::Sender<ImportDocumentsRequest>, Streaming<ImportDocumentsResponse>) {
    begin_on(Service::connect(service.addresses.service).await).await
}

async fn begin_on(connection: Channel) -> (mpsc::Sender<ImportDocumentsRequest>, Streaming<ImportDocumentsResponse>) {
    let mut client = DocumentServiceClient::new(connection);
    let (requests, outgoing) = mpsc::channel(16);
    let answers = within("the import", client.import_documents(ReceiverStream::new(outgoing))).await;
    (requests, answers.expect("it begins").into_inner())
}

#[tokio::test]
async fn a_client_that_vanishes_leaves_what_was_acknowledged_and_nothing_in_parts() {
    let service = Service::start().await;
    // More of them than may run at once.
    for round in 0..6_u64 {
        let (requests, mut answers) = begin(&service).await;
        for number in 1..=3 {
            requests
                .send(sent(number, ready(&format!("{round}/{number}"), &["部署防汛工作", "另有安排"])))
                .await
                .unwrap();
        }
        let mut through = 0;
        while through < 3 {
            let answer = within("an acknowledgement", answers.message()).await.unwrap();
            through = answer.expect("it goes on").acknowledged_through;
        }
        for number in 4..=9 {
            requests
                .send(sent(number, ready(&format!("{round}/{number}"), &["部署防汛工作", "另有安排"])))
                .await
                .unwrap();
        }
        // With it goes its connection, in the midst of the import.
        drop((requests, answers));
    }
    let exported = service.export(exported("")).await;
    let found = export_ids(&exported);
    for round in 0..6 {
        for number in 1..=9 {
            let paragraphs = found.iter().filter(|id| id.starts_with(&format!("{round}/{number}#"))).count();
            assert!(paragraphs == 2 || number > 3 && paragraphs == 0, "{round}/{number}: {paragraphs}");
        }
    }
    // Its place is free, and a new one takes the rest.
    let (requests, mut answers) = begin(&service).await;
    requests.send(sent(1, document("最后", "还有一份。"))).await.unwrap();
    drop(requests);
    while within("an answer", answers.message()).await.unwrap().is_some() {}
    let request = GetDocumentRequest {
        document_id: "最后".to_owned(),
        view: DocumentView::Metadata.into(),
        ..GetDocumentRequest::default()
    };
    service.get(request).await;
    service.stop().await;
}

#[tokio::test]
async fn a_client_that_reads_no_acknowledgements_is_told_all_of_them_in_the_end() {
    const DOCUMENTS: u64 = 3_000;
    let service = Service::start().await;
    let (requests, mut answers) = begin(&service).await;
    for number in 1..=DOCUMENTS {
        let request = sent(number, ready(&format!("d{number}"), &["部署防汛工作"]));
        within("room for a document", requests.send(request)).await.unwrap();
    }
    poll("all of it to be there", async || (service.stats().await.documents == DOCUMENTS).then_some(())).await;
    // Others go on beside it.
    service.put(ready("甲", &["部署抗旱工作"])).await;
    drop(requests);
    let (mut through, mut created) = (0, 0);
    while let Some(answer) = within("an answer", answers.message()).await.unwrap() {
        assert!(answer.acknowledged_through > through && answer.failures.is_empty(), "{answer:?}");
        through = answer.acknowledged_through;
        created += u64::from(answer.created);
    }
    assert_eq!((through, created), (DOCUMENTS, DOCUMENTS));
    service.stop().await;
}

/// Its answers fill what the transport holds, then the queues, then it may send no more.
#[tokio::test]
async fn a_client_that_reads_no_acknowledgements_is_held_back_and_then_given_up() {
    const DOCUMENTS: u64 = 60_000;
    /// More than may wait for their acknowledgement, and be in the answers that do and on the way.
    const HELD: u64 = 30_000;
    let service = Service::start_with(|config| config.admission.reader_patience = Duration::from_secs(3)).await;
    let (requests, mut answers) = begin_on(Service::narrow_connection(service.addresses.service).await).await;
    // Most are refused, which takes more to say than that one was taken.
    let refused = || Document { title: "长".repeat(300), ..ready("", &["部署防火工作"]) };
    let numbered = |number: u64| match number % 100 {
        1 => ready(&format!("d{number}"), &["部署防汛工作"]),
        _ => refused(),
    };
    let taken = Cell::new(0);
    let sending = async {
        for number in 1..=DOCUMENTS {
            requests.send(sent(number, numbered(number))).await.expect("it waits");
            taken.set(number);
        }
    };
    let given_up = poll("the client to be given up", async || {
        (metric(&service, r#"xunzhang_shed_total{reason="SLOW_CONSUMER"}"#).await == 1).then_some(())
    });
    tokio::select! {
        () = sending => panic!("all of them could be sent"),
        () = given_up => {}
    }
    assert!(taken.get() < HELD, "{}", taken.get());
    let (mut through, mut created, mut failed) = (0, 0, 0);
    let status = loop {
        match within("an answer", answers.message()).await {
            Ok(answer) => {
                let answer = answer.expect("it does not end as if it were whole");
                (through, created) = (answer.acknowledged_through, created + answer.created);
                failed += answer.failures.len() as u64;
            }
            Err(status) => break status,
        }
    };
    check_status(&status, Code::ResourceExhausted, "SLOW_CONSUMER", None);
    assert!(through > 0 && u64::from(created) + failed == through, "{through}: {created}, {failed}");
    let exported = service.export(exported("")).await;
    let found = export_ids(&exported);
    for number in (1..=through).step_by(100) {
        assert!(found.contains(&format!("d{number}#0").as_str()), "{number} of {through}");
    }
    // Its place is free, and others go on.
    poll("its end", async || (metric(&service, "xunzhang_active_streams").await == 0).then_some(())).await;
    service.put(ready("甲", &["部署抗旱工作"])).await;
    service.stop().await;
}

#[tokio::test]
async fn an_import_that_sends_nothing_for_a_minute_is_ended() {
    let service = Service::start().await;
    let (requests, mut answers) = begin(&service).await;
    requests.send(sent(1, document("甲", "部署防汛工作。"))).await.unwrap();
    let answer = within("an acknowledgement", answers.message()).await.unwrap().expect("it goes on");
    assert_eq!(answer.acknowledged_through, 1);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    let status = within("the end", answers.message()).await.expect_err("it is over");
    check_status(&status, Code::ResourceExhausted, "IDLE_IMPORT", None);
    drop(requests);
    assert_eq!(service.stats().await.documents, 1);
    service.stop().await;
}

/// The slowest that a link may be does not depend on how large a document is.
#[tokio::test]
async fn an_import_of_which_a_part_comes_now_and_then_goes_on() {
    let service = Service::start().await;
    let mut peer = Peer::connect(service.addresses.service, 65_535).await;
    let (answer, mut sending) = peer.begin("/xunzhang.v1.DocumentService/ImportDocuments");
    let answer = within("the import", answer).await;
    let message = framed(&sent(1, document("甲", "部署防汛工作。")));
    for part in message.chunks(message.len().div_ceil(4)) {
        sending.send_data(Bytes::copy_from_slice(part), false).expect("it goes on");
        // What comes behind it on the same connection is answered: it has come.
        let health = peer.call("/grpc.health.v1.Health/Check", &()).await;
        health.read_at(Duration::from_millis(1), 1 << 10).await.expect("it is answered");
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(40)).await;
        tokio::time::resume();
    }
    sending.send_data(Bytes::new(), true).expect("it goes on");
    let (_, status) = answer.read_at(Duration::from_millis(1), 1 << 10).await.expect("it goes on");
    assert_eq!((status.as_str(), service.stats().await.documents), ("0", 1));
    service.stop().await;
}
