//! The pieces of code that `docs/tasks.md` and `docs/client.md` show, as a program that runs.

use std::time::Duration;
use taskloom::LocalCluster;
use taskloom::prelude::*;

#[task]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task]
fn total(parts: Vec<i64>) -> i64 {
    parts.iter().sum()
}

#[task]
fn scaled(pair: (i64, i64), by: i64) -> (i64, i64) {
    (pair.0 * by, pair.1 * by)
}

#[task]
fn cut(n: i64) -> (i64, Vec<i64>) {
    (n, (0..n).collect())
}

#[task]
fn number(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.trim().parse()
}

#[task]
fn fit(rate: f64) -> f64 {
    rate * 2.0
}

/// Arguments: values, futures, vectors and tuples that hold futures, parts of results.
async fn arguments(client: &Client) -> taskloom::Result<()> {
    let a = client.submit(inc::task(1));
    let b = client.submit(inc::task(&a)); // a stays usable
    let many = client.map(0..100, inc::task).await?;
    let sum = client.submit(total::task(&many)); // 100 futures as one Vec<i64>
    let pair = client.submit(scaled::task((&a, 7), &sum)); // a future inside a tuple
    assert_eq!(b.await?, 3);
    assert_eq!(pair.await?, (2 * 5050, 7 * 5050));

    let (n, rest) = client.submit(cut::task(10)).split();
    let next = client.submit(inc::task(n));
    assert_eq!(next.await?, 11);
    assert_eq!(client.submit(total::task(rest)).await?, 45);
    Ok(())
}

/// Errors of tasks.
async fn errors(client: &Client) -> taskloom::Result<()> {
    match client.submit(number::task("seven")).await {
        Ok(n) => println!("{n}"),
        // task number-5d3f... failed on worker-3: invalid digit found in string
        Err(error) if error.is_task_failure() => eprintln!("{error}"),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Options of a call.
async fn options(client: &Client) -> taskloom::Result<()> {
    let f = client.submit(
        fit::task(0.1)
            .key("fit-0.1") // a name of your own, for this content alone
            .priority(10) // higher runs first
            .resource("GPU", 0.5) // reserved on the worker, which has it by --resources GPU=1
            .workers(["gpu-1", "gpu-2"]), // only on these
    );
    // There is no such worker here.
    f.cancel();
    assert!(f.await.is_err());
    Ok(())
}

/// Many tasks at once.
async fn many(client: &Client) -> taskloom::Result<()> {
    let xs = client.map(0..10_000, inc::task).await?; // one message, 10,000 tasks
    client.wait(&xs).await?; // until all have ended, without fetching
    let values: Vec<i64> = client.gather(&xs).await?; // many results in few messages
    assert_eq!(values.last(), Some(&10_000));
    Ok(())
}

/// Data that tasks use without carrying them.
async fn scatter(client: &Client, names: &[String]) -> taskloom::Result<()> {
    let table = vec![1; 100];
    let one = client.scatter(table.clone()).await?; // where there is room
    let all = client.scatter(table.clone()).broadcast().await?; // on every worker
    let some = client.scatter(table).workers(names).await?; // on one of these
    for f in [one, all, some] {
        assert_eq!(client.submit(total::task(f)).await?, 100);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    let cluster = LocalCluster::builder().workers(2).start().await?;
    let client = Client::builder(cluster.address())
        .timeout(Duration::from_secs(10))
        .connect()
        .await?;
    let names: Vec<String> = cluster
        .workers()
        .into_iter()
        .map(|worker| worker.name)
        .collect();
    arguments(&client).await?;
    errors(&client).await?;
    options(&client).await?;
    many(&client).await?;
    scatter(&client, &names).await?;
    client.close().await;
    cluster.close().await?;
    Ok(())
}
