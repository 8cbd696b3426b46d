//! Documents in by the stream, and what is left of them after a restart.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;
use xunzhang::rpc::proto::{
    Document, GetDocumentRequest, ImportDocumentsRequest, ImportDocumentsResponse, document::Content,
};

use crate::support::{
    NOTICE, Service, check_refused, check_status, document, export_ids, exported, hit_ids, limited, poll, ready,
    searched, sent, within,
};

/// An import that is under way.
struct Import {
    requests: mpsc::Sender<ImportDocumentsRequest>,
    answers: Streaming<ImportDocumentsResponse>,
}

impl Import {
    async fn begin(service: &Service) -> Self {
        Self::try_begin(service).await.expect("it begins")
    }

    async fn try_begin(service: &Service) -> Result<Self, Status> {
        let (requests, outgoing) = mpsc::channel(16);
        let mut documents = service.documents();
        let answers = documents.import_documents(ReceiverStream::new(outgoing));
        Ok(Self { requests, answers: within("the import", answers).await?.into_inner() })
    }

    async fn send(&self, sequence_number: u64, document: Document) {
        let sending = self.requests.send(sent(sequence_number, document));
        within("room for a document", sending).await.expect("the import goes on");
    }

    /// Reads answers until they cover a number, and adds them up.
    async fn acknowledged(&mut self, through: u64) -> ImportDocumentsResponse {
        let mut sum = ImportDocumentsResponse::default();
        while sum.acknowledged_through < through {
            let answer = within("an acknowledgement", self.answers.message()).await.expect("it goes on");
            add(&mut sum, answer.expect("the stream goes on"));
        }
        sum
    }

    /// Says that there is no more, and reads to the end.
    async fn end(mut self) -> (ImportDocumentsResponse, Result<(), Status>) {
        drop(self.requests);
        let mut sum = ImportDocumentsResponse::default();
        loop {
            match within("an acknowledgement", self.answers.message()).await {
                Ok(Some(answer)) => add(&mut sum, answer),
                Ok(None) => return (sum, Ok(())),
                Err(status) => return (sum, Err(status)),
            }
        }
    }
}

/// Adds an answer: each covers a run that begins where the one before ended.
fn add(sum: &mut ImportDocumentsResponse, answer: ImportDocumentsResponse) {
    assert!(answer.acknowledged_through > sum.acknowledged_through, "{answer:?}");
    for failure in &answer.failures {
        let run = sum.acknowledged_through + 1..=answer.acknowledged_through;
        assert!(run.contains(&failure.sequence_number), "{answer:?}");
    }
    sum.acknowledged_through = answer.acknowledged_through;
    sum.created += answer.created;
    sum.replaced += answer.replaced;
    sum.unchanged += answer.unchanged;
    sum.failures.extend(answer.failures);
    sum.warnings.extend(answer.warnings);
    sum.generation = answer.generation;
}

fn counts(sum: &ImportDocumentsResponse) -> (u64, u32, u32, u32, usize) {
    (sum.acknowledged_through, sum.created, sum.replaced, sum.unchanged, sum.failures.len())
}

#[tokio::test]
async fn an_acknowledgement_means_searchable_while_the_import_goes_on() {
    let service = Service::start().await;
    let mut import = Import::begin(&service).await;
    for number in 1..=3 {
        import.send(number, ready(&format!("甲{number}"), &["部署防汛工作"])).await;
    }
    let sum = import.acknowledged(3).await;
    assert_eq!(counts(&sum), (3, 3, 0, 0, 0));
    let found = service.search(searched("防汛")).await;
    assert_eq!((found.hits.len(), &found.header.generation), (3, &sum.generation));
    // Numbers need not be without gaps. The same again changes nothing, another content replaces.
    import.send(10, ready("甲1", &["部署防汛工作"])).await;
    import.send(25, ready("甲2", &["部署抗旱工作"])).await;
    import.send(26, ready("乙", &["部署抗旱工作"])).await;
    import.send(27, ready("乙", &["部署秋收工作"])).await;
    let (sum, ended) = import.end().await;
    assert_eq!((counts(&sum), ended.is_ok()), ((27, 1, 2, 1, 0), true));
    // The last one counts, and that is said.
    let repeated = sum.warnings.iter().map(|repeated| {
        let warning = repeated.warning.as_ref().expect("it is set");
        (repeated.sequence_number, repeated.document_id.as_str(), warning.reason.as_str(), warning.field.as_str())
    });
    let expected =
        [(10, "甲1"), (25, "甲2"), (27, "乙")].map(|(number, id)| (number, id, "DUPLICATE_ID", "document.id"));
    assert!(repeated.eq(expected), "{:?}", sum.warnings);
    assert_eq!(hit_ids(&service.search(searched("抗旱")).await), ["甲2#0"]);
    assert_eq!(hit_ids(&service.search(searched("秋收")).await), ["乙#0"]);
    service.stop().await;
}

#[tokio::test]
async fn a_bad_document_is_listed_and_the_rest_goes_on() {
    let service = Service::start().await;
    let import = Import::begin(&service).await;
    let long = Document { title: "长".repeat(2_000), ..ready("长", &["一"]) };
    let bad = [ready("", &["一"]), ready("行\n二", &["一"]), long];
    import.send(1, ready("甲", &["部署防汛工作"])).await;
    for (number, document) in (2..).zip(bad) {
        import.send(number, document).await;
    }
    let unset = ImportDocumentsRequest { sequence_number: 5, document: None };
    within("room", import.requests.send(unset)).await.unwrap();
    import.send(6, Document { publish_date: "去年".to_owned(), ..ready("乙", &["部署防汛工作"]) }).await;
    import.send(7, document("丙", "")).await;
    let (sum, ended) = import.end().await;
    assert_eq!((counts(&sum), ended.is_ok()), ((7, 3, 0, 0, 4), true), "{sum:?}");
    for (failure, (number, id, field)) in sum.failures.iter().zip([
        (2, "", "document.id"),
        (3, "行\n二", "document.id"),
        (4, "长", "document.title"),
        (5, "", "document"),
    ]) {
        assert_eq!((failure.sequence_number, failure.document_id.as_str()), (number, id));
        let status = failure.status.as_ref().unwrap();
        let details = xunzhang_status(status);
        check_status(&details, Code::InvalidArgument, "INVALID_FIELD", Some(field));
    }
    let warnings: Vec<_> = sum
        .warnings
        .iter()
        .map(|of| (of.sequence_number, of.document_id.as_str(), of.warning.as_ref().unwrap().reason.as_str()))
        .collect();
    assert_eq!(warnings, [(6, "乙", "UNKNOWN_DATE"), (7, "丙", "EMPTY_TEXT")]);
    assert_eq!(hit_ids(&service.search(searched("防汛")).await), ["甲#0", "乙#0"]);
    service.stop().await;
}

/// The status of one document as that of a call.
fn xunzhang_status(status: &tonic_types::Status) -> Status {
    use tonic_types::RpcStatusExt as _;
    Status::with_error_details(Code::from(status.code), status.message.clone(), status.get_error_details())
}

#[tokio::test]
async fn numbers_that_do_not_grow_end_the_stream() {
    for numbers in [[1, 2, 2], [5, 9, 3]] {
        let service = Service::start().await;
        let import = Import::begin(&service).await;
        for number in numbers {
            import.send(number, ready(&format!("甲{number}"), &["部署防汛工作"])).await;
        }
        let (sum, ended) = import.end().await;
        check_refused(ended, Code::InvalidArgument, "INVALID_FIELD", Some("sequence_number"));
        // What came before was taken, and said to be.
        assert_eq!(counts(&sum), (numbers[1], 2, 0, 0, 0));
        assert_eq!(service.stats().await.documents, 2);
        service.stop().await;
    }
}

#[tokio::test]
async fn many_documents_are_acknowledged_in_runs() {
    let service = Service::start().await;
    let import = Import::begin(&service).await;
    let Import { requests, answers } = import;
    let sending = async {
        for number in 1..=500 {
            let document = ready(&format!("甲/{number}"), &["部署防汛工作", "部署抗旱工作"]);
            requests.send(sent(number, document)).await.unwrap();
        }
        drop(requests);
    };
    let reading = async {
        let (empty, _) = mpsc::channel(1);
        Import { requests: empty, answers }.end().await
    };
    let ((), (sum, ended)) = within("the import", async { tokio::join!(sending, reading) }).await;
    assert_eq!((counts(&sum), ended.is_ok()), ((500, 500, 0, 0, 0), true));
    let stats = service.stats().await;
    assert_eq!((stats.documents, stats.paragraphs, stats.generation), (500, 1_000, sum.generation));
    assert_eq!(service.search(limited(1_000, searched("防汛"))).await.hits.len(), 500);
    service.stop().await;
}

#[tokio::test]
async fn after_a_restart_everything_is_still_there() {
    let service = Service::start().await;
    service.put(document("notice", NOTICE)).await;
    service.put(ready("纪要", &["部署防汛工作", "部署抗旱工作"])).await;
    service.put(ready("废止", &["部署秋收工作"])).await;
    service.put(ready("纪要", &["部署防汛工作", "部署供水工作"])).await;
    service.try_delete("废止", "").await.unwrap();
    let exported_before = service.export(exported("")).await;
    let found_before = service.search(searched("部署 营商环境")).await;
    let stats_before = service.stats().await;
    let service = service.restart().await;
    let stats = service.stats().await;
    assert_eq!(
        (stats.documents, stats.paragraphs, stats.sequence, &stats.generation, stats.tombstones),
        (2, stats_before.paragraphs, stats_before.sequence, &stats_before.generation, stats_before.tombstones)
    );
    assert_eq!(service.export(exported("")).await.hits, exported_before.hits);
    assert_eq!(service.search(searched("部署 营商环境")).await.hits, found_before.hits);
    // What is known already is not written again: not even a commit is.
    let import = Import::begin(&service).await;
    import.send(1, document("notice", NOTICE)).await;
    import.send(2, ready("纪要", &["部署防汛工作", "部署供水工作"])).await;
    let (sum, ended) = import.end().await;
    assert_eq!((counts(&sum), ended.is_ok()), ((2, 0, 0, 2, 0), true));
    assert_eq!(sum.generation, stats_before.generation);
    let service = service.restart().await;
    assert_eq!(service.stats().await.generation, stats_before.generation);
    // A generation from before is reached; one of another index is not.
    let demand = |generation: &str| xunzhang::rpc::proto::SearchRequest {
        min_generation: generation.to_owned(),
        ..searched("防汛")
    };
    assert_eq!(hit_ids(&service.search(demand(&stats_before.generation)).await), ["纪要#0"]);
    let other = Service::start().await;
    let foreign = other.put(ready("甲", &["一"])).await.generation;
    let refused = service.try_search(demand(&foreign)).await;
    check_refused(refused, Code::InvalidArgument, "INVALID_FIELD", Some("min_generation"));
    // Numbers go on where they were.
    service.put(ready("新", &["部署冬修工作"])).await;
    let request = GetDocumentRequest { document_id: "新".to_owned(), ..GetDocumentRequest::default() };
    assert!(service.get(request).await.sequence > stats_before.sequence);
    assert_eq!(export_ids(&service.export(exported("")).await).last(), Some(&"新#0"));
    other.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn a_text_over_the_limit_is_refused_alone() {
    let service = Service::start().await;
    let import = Import::begin(&service).await;
    import.send(1, document("大", &"a".repeat((16 << 20) + 1))).await;
    import.send(2, ready("小", &["部署防汛工作"])).await;
    let (sum, ended) = import.end().await;
    assert_eq!((counts(&sum), ended.is_ok()), ((2, 1, 0, 0, 1), true));
    let status = xunzhang_status(sum.failures[0].status.as_ref().unwrap());
    check_status(&status, Code::InvalidArgument, "INVALID_FIELD", Some("document.text"));
    assert!(status.get_error_details().error_info().is_some());
    assert!(matches!(document("大", "").content, Some(Content::Text(_))));
    service.stop().await;
}

#[tokio::test]
async fn one_caller_has_only_so_many_imports() {
    let service = Service::start().await;
    let mut imports = Vec::new();
    for _ in 0..4 {
        imports.push(Import::begin(&service).await);
    }
    let refused = Import::try_begin(&service).await.map(|_| ());
    assert!(refused.as_ref().is_err_and(|status| status.message().contains("one caller")), "{refused:?}");
    check_refused(refused, Code::ResourceExhausted, "TOO_MANY_STREAMS", None);
    service.put(ready("甲", &["部署防汛工作"])).await;
    // One that has ended makes room, and those that go on are none the worse.
    imports.pop().expect("there are four").end().await.1.unwrap();
    let again = poll("room for another import", async || Import::try_begin(&service).await.ok()).await;
    for import in imports.into_iter().chain([again]) {
        import.send(1, ready("乙", &["部署供水工作"])).await;
        let (sum, ended) = import.end().await;
        assert_eq!((sum.acknowledged_through, ended.is_ok()), (1, true));
    }
    service.stop().await;
}
