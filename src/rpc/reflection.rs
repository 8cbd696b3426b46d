//! Reflection, in both versions that tools ask for.

use tonic::server::NamedService;
use tonic_health::server::HealthService;
use tonic_reflection::{
    pb,
    server::{
        Builder,
        v1::{ServerReflection, ServerReflectionServer},
        v1alpha,
    },
};

use crate::rpc::{limits::REQUEST_BYTES, proto};

/// What reflection says: the contract with its comments, what stands beside it on every listener, and the details of
/// errors, so that tools can print them.
const DESCRIPTORS: [&[u8]; 5] = [
    proto::DESCRIPTORS,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_types::pb::FILE_DESCRIPTOR_SET,
    pb::v1::FILE_DESCRIPTOR_SET,
    pb::v1alpha::FILE_DESCRIPTOR_SET,
];

/// The services of every listener.
const EVERYWHERE: [&str; 3] = [
    <tonic_health::pb::health_server::HealthServer<HealthService> as NamedService>::NAME,
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// Why building cannot fail; a test holds it true.
const VALID: &str = "the descriptors were compiled in";

/// Reflection as tools ask for it now. `services` are the listener's own.
pub(super) fn v1(services: &[&str]) -> ServerReflectionServer<impl ServerReflection> {
    builder(services).build_v1().expect(VALID).max_decoding_message_size(REQUEST_BYTES)
}

/// Reflection as tools used to ask for it, and some still do.
pub(super) fn v1alpha(services: &[&str]) -> v1alpha::ServerReflectionServer<impl v1alpha::ServerReflection> {
    builder(services).build_v1alpha().expect(VALID).max_decoding_message_size(REQUEST_BYTES)
}

fn builder(services: &[&str]) -> Builder<'static> {
    let builder = Builder::configure().include_reflection_service(false);
    let builder = DESCRIPTORS.into_iter().fold(builder, Builder::register_encoded_file_descriptor_set);
    let names = EVERYWHERE.iter().chain(services).copied();
    names.fold(builder, Builder::with_service_name)
}
