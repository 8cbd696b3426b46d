//! Generated from `proto/`.

#![expect(
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    unused_qualifications,
    reason = "generated; the contract's comments are in the proto files"
)]

tonic::include_proto!("xunzhang.v1");

/// The contract's descriptors, comments included, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/xunzhang.bin"));
