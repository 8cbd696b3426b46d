//! Reflection, in both versions that tools ask for, on both listeners.

use tonic_reflection::pb::{v1, v1alpha};

use crate::support::{Service, within};

/// What every listener has beside its own services.
const EVERYWHERE: [&str; 3] =
    ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/// Asks one version: the services that it lists, and whether it knows what stands behind each symbol.
macro_rules! ask {
    ($version:ident, $channel:expr, $symbols:expr) => {{
        use $version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let symbols = $symbols.iter().map(|symbol: &&str| MessageRequest::FileContainingSymbol((*symbol).to_owned()));
        let questions: Vec<_> = [MessageRequest::ListServices(String::new())]
            .into_iter()
            .chain(symbols)
            .map(|question| ServerReflectionRequest { host: String::new(), message_request: Some(question) })
            .collect();
        let mut client = ServerReflectionClient::new($channel);
        let asked = client.server_reflection_info(tokio_stream::iter(questions));
        let mut answers = within("an answer", asked).await.unwrap().into_inner();
        let (mut services, mut known) = (Vec::new(), 0);
        while let Some(answer) = within("an answer", answers.message()).await.unwrap() {
            match answer.message_response {
                Some(MessageResponse::ListServicesResponse(list)) => {
                    services.extend(list.service.into_iter().map(|service| service.name));
                }
                Some(MessageResponse::FileDescriptorResponse(files)) => {
                    assert!(!files.file_descriptor_proto.is_empty());
                    known += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        services.sort();
        (services, known)
    }};
}

#[tokio::test]
async fn it_lists_all_services_and_describes_them() {
    let service = Service::start().await;
    let main: &[&str] = &["xunzhang.v1.DocumentService", "xunzhang.v1.SearchService"];
    let admin: &[&str] = &["xunzhang.v1.AdminService"];
    for (channel, own) in [(service.channel(), main), (service.admin_channel(), admin)] {
        let expected: Vec<&str> = EVERYWHERE.iter().chain(own).copied().collect();
        // Error details are known too, so that tools can print them.
        let symbols = [own, &["google.rpc.ErrorInfo", "google.rpc.BadRequest", "grpc.health.v1.Health"]].concat();
        assert_eq!(ask!(v1, channel.clone(), symbols), (owned(&expected), symbols.len()));
        assert_eq!(ask!(v1alpha, channel, symbols), (owned(&expected), symbols.len()));
    }
    service.stop().await;
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
