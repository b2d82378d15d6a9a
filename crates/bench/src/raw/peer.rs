//! The role `peer`: the other end of the raw measurements.

use anyhow::{Result, bail};
use std::io::Read as _;
use std::net::TcpListener;

/// Serves until standard input ends.
pub fn main(kind: &str) -> Result<()> {
    std::thread::spawn(|| {
        // Whoever started this peer has ended, or wants it to.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    if kind == "data" {
        return super::data::serve();
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    match kind {
        "tcp" => super::tcp::serve(&listener),
        "stream" => super::stream::serve(listener),
        other => bail!("there is no peer `{other}`"),
    }
}
