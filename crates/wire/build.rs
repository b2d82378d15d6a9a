//! Generates the messages and services of `proto/` without a system protoc.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let folder = root.join("taskloom/v1");
    println!("cargo:rerun-if-changed={}", folder.display());
    let names = [
        "value", "graph", "question", "client", "worker", "data", "actor", "admin",
    ];
    let files: Vec<PathBuf> = names
        .iter()
        .map(|name| folder.join(format!("{name}.proto")))
        .collect();
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
    }
    let descriptors = protox::compile(&files, [&root])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(
        out.join("descriptors.bin"),
        prost::Message::encode_to_vec(&descriptors),
    )?;
    tonic_prost_build::configure()
        .bytes(".")
        .codec_path("crate::codec::BoundedCodec")
        .compile_fds(descriptors)?;
    Ok(())
}
