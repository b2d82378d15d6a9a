//! Isolated tasks: code that crashes, or never returns, costs one task and not the worker.
//!
//! `cargo run --package taskloom --example isolated`

use std::time::Duration;
use taskloom::prelude::*;
use taskloom::{LocalCluster, task_println};

/// A solver that is good for most inputs.
#[task(isolated)]
fn solve(input: u64) -> u64 {
    task_println!("solving {input}");
    match input {
        // What a broken pointer does.
        13 => std::process::abort(),
        // It never comes back, and it does not listen.
        17 => loop {
            std::thread::park();
        },
        _ => input * 2,
    }
}

fn main() -> taskloom::Result<()> {
    // Started again for isolated tasks, this program does not come back from here.
    taskloom::init();
    run()
}

#[tokio::main]
async fn run() -> taskloom::Result<()> {
    let cluster = LocalCluster::builder()
        .workers(1)
        .threads(2)
        .start()
        .await?;
    let client = cluster.client().await?;
    let mut logs = client.logs();

    assert_eq!(client.submit(solve::task(4)).await?, 8);
    if let Some(line) = logs.next().await {
        println!("{} on {}: {}", line.key.as_str(), line.worker, line.text);
    }

    // A crash is an error of this task.
    let crashed = client.submit(solve::task(13)).await;
    println!("as expected: {}", message(crashed));

    // One that never ends is killed when its time is over.
    let late = client.submit(solve::task(17).timeout(Duration::from_millis(300)));
    println!("as expected: {}", message(late.await));

    // The worker has seen nothing of all this.
    assert_eq!(client.submit(solve::task(5)).await?, 10);
    cluster.close().await?;
    Ok(())
}

fn message(result: taskloom::Result<u64>) -> String {
    match result {
        Ok(value) => format!("this should have failed, and is {value}"),
        Err(error) => error.to_string(),
    }
}
