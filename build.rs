//! Compiles the contract in `proto/` to Rust and to a descriptor set for reflection. No protoc is needed.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use protox::prost::Message as _;
use tonic_prost_build::FileDescriptorSet;

const FILES: [&str; 6] = [
    "xunzhang/v1/query.proto",
    "xunzhang/v1/search.proto",
    "xunzhang/v1/analyze.proto",
    "xunzhang/v1/explain.proto",
    "xunzhang/v1/document.proto",
    "xunzhang/v1/admin.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    // With source info, so that `grpcurl describe` shows the comments.
    let descriptors = protox::compile(FILES, ["proto"])?;
    let target = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(target.join("xunzhang.bin"), descriptors.encode_to_vec())?;
    let served = searches_alone(descriptors.clone());
    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .compile_fds(descriptors)?;
    serve_searches(served, &target.join("served"))
}

/// Makes the server of searches once more, with messages of our own for its streams: they carry hits that are written
/// already. For callers nothing differs.
fn serve_searches(descriptors: FileDescriptorSet, target: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(target)?;
    tonic_prost_build::configure()
        .out_dir(target)
        .build_client(false)
        .extern_path(".xunzhang.v1", "crate::rpc::proto")
        .extern_path(".xunzhang.v1.SearchResponse", "crate::rpc::served::SearchResponse")
        .extern_path(".xunzhang.v1.ExportResponse", "crate::rpc::served::ExportResponse")
        .compile_fds(descriptors)?;
    Ok(())
}

/// The same without other services.
fn searches_alone(mut descriptors: FileDescriptorSet) -> FileDescriptorSet {
    for file in &mut descriptors.file {
        file.service.retain(|service| service.name() == "SearchService");
    }
    descriptors
}
