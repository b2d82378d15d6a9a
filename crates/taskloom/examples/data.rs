//! Data on a cluster: placing, copying, finding and moving them, and workers that come and go. The
//! program of the guide in `docs/data.md`.

use std::time::Duration;
use taskloom::LocalCluster;
use taskloom::prelude::*;

const PATIENCE: Duration = Duration::from_secs(60);

#[task]
fn total(parts: Vec<i64>) -> i64 {
    parts.iter().sum()
}

#[task]
fn row(start: i64) -> Vec<i64> {
    (start..start + 100_000).collect()
}

/// How much memory this worker's machine has, as it says itself.
#[task(impure)]
fn machine(ctx: &TaskContext) -> String {
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{} has {threads} processors", ctx.worker())
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    let cluster = LocalCluster::builder().workers(3).start().await?;
    let client = cluster.client().await?;
    let workers = client.wait_for_workers(3).timeout(PATIENCE).await?;
    let names: Vec<&str> = workers.iter().map(|worker| worker.name.as_str()).collect();

    // Placing.
    let table: Vec<i64> = (0..100_000).collect();
    let one = client.scatter(table.clone()).workers([names[0]]).await?;
    let all = client.scatter(vec![1_i64; 50_000]).broadcast().await?;
    assert_eq!(client.nbytes((&one, &all)).await?.len(), 2);

    // Finding.
    for list in client.who_has((&one, &all)).await? {
        println!("{} bytes on {}", list.nbytes, list.workers.join(", "));
    }
    for worker in client.has_what().await? {
        println!("{} holds {} values", worker.worker, worker.count);
    }

    // Copying.
    let made = client.replicate(&one).copies(2).await?;
    assert_eq!(made, 1);
    assert_eq!(client.who_has(&one).await?[0].workers.len(), 2);

    // Moving: all of these are made on one worker.
    let here = |start| row::task(start).workers([names[0]]);
    let rows = client.map(0..12, here).await?;
    client.wait(&rows).await?;
    let moved = client.rebalance().futures(&rows).await?;
    println!("{moved} values moved");
    assert!(moved > 0);
    let sums: Vec<_> = rows
        .iter()
        .map(|row| client.submit(total::task(row)))
        .collect();
    assert_eq!(client.gather(&sums).await?.len(), 12);

    // Beside scheduling.
    for (worker, answer) in client.run(machine::task()).await? {
        println!("{worker}: {}", answer?);
    }

    // Workers that come and go.
    client
        .restart_workers()
        .workers([names[1]])
        .timeout(PATIENCE)
        .await?;
    client.retire_workers([names[2]]).timeout(PATIENCE).await?;
    let left = client.workers().await?;
    assert_eq!(left.len(), 2);
    let again = client.submit(total::task(&rows[0]));
    assert_eq!(again.await?, sums[0].clone().await?);
    client.shutdown().await?;
    cluster
        .close()
        .await
        .map_err(|error| taskloom::Error::Setup(error.to_string()))?;
    Ok(())
}
