//! Health, as `grpc.health.v1` says it: whether each service can do its work now.

use tonic::server::NamedService;
use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

use crate::rpc::{
    admin::Admin,
    document::Documents,
    limits::REQUEST_BYTES,
    proto::{
        admin_service_server::AdminServiceServer, document_service_server::DocumentServiceServer,
        search_service_server::SearchServiceServer,
    },
    search::Search,
};

/// Every name that can be asked for; the empty one is the whole process.
const NAMES: [&str; 4] = [
    "",
    <SearchServiceServer<Search> as NamedService>::NAME,
    <DocumentServiceServer<Documents> as NamedService>::NAME,
    <AdminServiceServer<Admin> as NamedService>::NAME,
];

/// Says whether the services can do their work.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    reporter: HealthReporter,
}

impl Health {
    /// Nothing serves yet: tonic-health would have it that the whole process does.
    pub(crate) async fn not_serving() -> Self {
        let health = Self { reporter: HealthReporter::new() };
        health.set(false).await;
        health
    }

    /// Says of every service whether it serves; watchers are told.
    pub(crate) async fn set(&self, is_serving: bool) {
        let status = if is_serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in NAMES {
            self.reporter.set_service_status(name, status).await;
        }
    }

    /// The service that answers.
    pub(crate) fn service(&self) -> HealthServer<HealthService> {
        let service = HealthService::from_health_reporter(self.reporter.clone());
        HealthServer::new(service).max_decoding_message_size(REQUEST_BYTES)
    }
}
