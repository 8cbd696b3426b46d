//! The answers that README shows are those that the program gives.

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::Value;
use xunzhang::rpc::{
    Channel,
    proto::{self, SearchRequest, search_service_client::SearchServiceClient},
};

use crate::support::{Server, Service, limited, searched};

const README: &str = include_str!("../../README.md");
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");

/// The answer, in the fence of a kind that follows the fence with a request.
fn shown(request: &str, fence: &str) -> &'static str {
    let (_, behind) = README.split_once(request).unwrap_or_else(|| panic!("README has no `{request}`"));
    let (_, behind) = behind.split_once("\n```\n").expect("its fence ends");
    let (_, fenced) = behind.split_once(&format!("\n```{fence}\n")).expect("an answer follows");
    fenced.split_once("\n```").expect("its fence ends").0
}

/// All messages of a search, as grpcurl prints them.
async fn answers(client: &mut SearchServiceClient<Channel>, request: SearchRequest) -> Vec<Value> {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).expect("the build compiled it");
    let descriptor = pool.get_message_by_name("xunzhang.v1.SearchResponse").expect("the contract has it");
    let mut stream = client.search(request).await.expect("it is answered").into_inner();
    let mut answers = Vec::new();
    while let Some(answer) = stream.message().await.expect("it comes to its end") {
        let message = DynamicMessage::decode(descriptor.clone(), answer.encode_to_vec().as_slice());
        answers.push(serde_json::to_value(message.expect("it is one of these")).expect("it has a form as JSON"));
    }
    answers
}

/// Whether all that is shown is in an answer, which may have more: ids, timings, further hits.
fn check_shown(shown: &Value, given: &Value, path: &str) {
    match (shown, given) {
        (Value::Object(shown), Value::Object(given)) => {
            for (name, value) in shown {
                let given = given.get(name).unwrap_or_else(|| panic!("no answer has {path}.{name}"));
                check_shown(value, given, &format!("{path}.{name}"));
            }
        }
        (Value::Array(shown), Value::Array(given)) => {
            assert!(shown.len() <= given.len(), "{path} has {} of {}", given.len(), shown.len());
            for (index, (shown, given)) in shown.iter().zip(given).enumerate() {
                check_shown(shown, given, &format!("{path}[{index}]"));
            }
        }
        (Value::Number(shown), Value::Number(given)) => {
            let apart = shown.as_f64().zip(given.as_f64()).map(|(shown, given)| (shown - given).abs());
            assert!(apart.is_some_and(|apart| apart < 1e-5), "{path}: README has {shown}, the answer {given}");
        }
        _ => assert_eq!(shown, given, "{path}: README, then the answer"),
    }
}

#[tokio::test]
async fn the_answers_that_readme_shows_are_those_that_are_given() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(&directory.path().join("data"), &["--import", SAMPLES]);
    let channel = Service::connect(server.address("listening on").parse().unwrap()).await;
    let mut client = SearchServiceClient::new(channel);
    let given = answers(&mut client, limited(2, searched("优化营商环境"))).await;
    let shown_answers = shown(r#"{"query":"优化营商环境","limit":2}"#, "json");
    let shown_answers = serde_json::Deserializer::from_str(shown_answers).into_iter::<Value>();
    let shown_answers = shown_answers.collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(shown_answers.len(), given.len(), "{given:?}");
    for (shown, given) in shown_answers.iter().zip(&given) {
        check_shown(shown, given, "");
    }
    let refused = client.search(limited(20_000, searched("营商环境"))).await.unwrap_err();
    let shown_refusal = shown(r#"{"query":"营商环境","limit":20000}"#, "");
    assert!(shown_refusal.contains(&format!("Message: {}\n", refused.message())), "{refused:?}");
    assert_eq!(server.terminate().code, Some(0));
}
