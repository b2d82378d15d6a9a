//! A cluster inside a program, with the pages of its scheduler: see `docs/metrics.md`.

use std::io::{Read, Write};
use std::net::TcpStream;
use taskloom::LocalCluster;
use taskloom::prelude::*;

#[task]
fn square(n: u64) -> u64 {
    n * n
}

/// What the page says: any HTTP client does.
fn get(url: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut page = String::new();
    stream.read_to_string(&mut page)?;
    Ok(page)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = LocalCluster::builder().workers(2);
    let cluster = builder.http_address("127.0.0.1:0").start().await?;
    let client = cluster.client().await?;
    let squares = client.map(0..1_000, square::task).await?;
    client.gather(&squares).await?;

    let url = cluster.http_url().ok_or("there are no pages")?;
    let page = get(&url, "/metrics")?;
    for line in page.lines() {
        if line.starts_with("taskloom_scheduler_op_total") {
            println!("{line}");
        }
    }
    assert!(page.contains("taskloom_scheduler_op_total{item=\"finished\"} 1000"));
    assert!(get(&url, "/health")?.ends_with("ok\n"));

    client.close().await;
    cluster.close().await?;
    Ok(())
}
