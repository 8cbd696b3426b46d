//! The methods that there are, so that what callers write in a path never becomes a label of a metric.

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method {
    /// Its service's name, with the package.
    pub(super) service: &'static str,
    /// Its own name.
    pub(super) method: &'static str,
}

const SEARCH: &str = "xunzhang.v1.SearchService";
const DOCUMENT: &str = "xunzhang.v1.DocumentService";
const ADMIN: &str = "xunzhang.v1.AdminService";
const HEALTH: &str = "grpc.health.v1.Health";

const METHODS: [Method; 24] = [
    Method::new(SEARCH, "Search"),
    Method::new(SEARCH, "Export"),
    Method::new(SEARCH, "Count"),
    Method::new(SEARCH, "Explain"),
    Method::new(SEARCH, "Analyze"),
    Method::new(DOCUMENT, "PutDocument"),
    Method::new(DOCUMENT, "ImportDocuments"),
    Method::new(DOCUMENT, "GetDocument"),
    Method::new(DOCUMENT, "ListDocuments"),
    Method::new(DOCUMENT, "DeleteDocument"),
    Method::new(DOCUMENT, "PurgeDocuments"),
    Method::new(ADMIN, "GetServerInfo"),
    Method::new(ADMIN, "GetIndexStats"),
    Method::new(ADMIN, "ListStreams"),
    Method::new(ADMIN, "CancelStream"),
    Method::new(ADMIN, "CreateBackup"),
    Method::new(ADMIN, "VerifyIndex"),
    Method::new(ADMIN, "StartReindex"),
    Method::new(ADMIN, "GetOperation"),
    Method::new(ADMIN, "CancelOperation"),
    Method::new(HEALTH, "Check"),
    Method::new(HEALTH, "Watch"),
    Method::new("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo"),
    Method::new("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo"),
];

impl Method {
    /// What is not among those that there are.
    pub(super) const UNKNOWN: Self = Self::new("unknown", "unknown");

    const fn new(service: &'static str, method: &'static str) -> Self {
        Self { service, method }
    }

    /// The method at a path, `/{service}/{method}`.
    pub(super) fn at(path: &str) -> Self {
        let parts = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        let known = METHODS.into_iter().find(|known| parts == Some((known.service, known.method)));
        known.unwrap_or(Self::UNKNOWN)
    }

    /// Whether its calls are short messages that wait for a core, so that they need not be read to be refused.
    pub(super) fn waits_for_core(self) -> bool {
        self.service == SEARCH && ["Search", "Export", "Count", "Explain"].contains(&self.method)
    }

    /// Whether its callers send one message after the other.
    pub(super) fn takes_many(self) -> bool {
        self.service == DOCUMENT && self.method == "ImportDocuments"
    }

    /// Whether it is of the protocol's own (health, reflection) and not of the contract.
    pub(super) fn is_plumbing(self) -> bool {
        self.service.starts_with("grpc.")
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::*;
    use crate::rpc::proto;

    /// Paths of every method in a set of descriptors.
    fn paths(descriptors: &[u8]) -> Vec<String> {
        let mut paths = Vec::new();
        for file in FileDescriptorSet::decode(descriptors).unwrap().file {
            for service in &file.service {
                let prefix = format!("/{}.{}/", file.package(), service.name());
                paths.extend(service.method.iter().map(|method| prefix.clone() + method.name()));
            }
        }
        paths
    }

    #[test]
    fn every_method_is_in_the_table() {
        let served = [
            proto::DESCRIPTORS,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        let paths: Vec<_> = served.into_iter().flat_map(paths).collect();
        for path in &paths {
            let Method { service, method } = Method::at(path);
            assert_eq!(format!("/{service}/{method}"), *path);
        }
        assert_eq!(paths.len(), METHODS.len());
    }

    #[test]
    fn what_is_not_in_it_is_unknown() {
        for path in ["", "/", "//", "/xunzhang.v1.SearchService/search", "/xunzhang.v1.SearchService"] {
            assert_eq!(Method::at(path), Method::UNKNOWN);
        }
    }
}
