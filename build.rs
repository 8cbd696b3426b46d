//! Compiles the contract in `proto/` to Rust and to a descriptor set for reflection. No protoc is needed.

use std::{env, error::Error, fs, path::PathBuf};

use protox::prost::Message as _;

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
    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .compile_fds(descriptors)?;
    Ok(())
}
