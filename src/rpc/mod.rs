//! gRPC: the only place that names tonic, prost and generated code.

pub mod proto;
