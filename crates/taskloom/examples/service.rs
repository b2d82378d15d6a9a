//! A service with tasks of its own: the program of the guide in `docs/tasks.md`.
//!
//! `cargo run --package taskloom --example service` starts a cluster whose two workers are this
//! program again. On a cluster of many machines the same program is started there as a worker,
//! `service worker scheduler:8786`, and here with `TASKLOOM_SCHEDULER=scheduler:8786`.

use std::collections::BTreeMap;
use std::num::ParseIntError;
use taskloom::LocalCluster;
use taskloom::prelude::*;

type Counts = BTreeMap<String, u64>;

/// Counts the words of a text. The text is borrowed from the worker's store.
#[task]
fn count(text: &str) -> Counts {
    let mut counts = Counts::new();
    for word in text.split_whitespace() {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    counts
}

/// Adds counts up. A vector of futures may stand where this vector of values is wanted.
#[task]
fn merge(parts: Vec<&Counts>) -> Counts {
    let mut all = Counts::new();
    for (word, n) in parts.into_iter().flatten() {
        *all.entry(word.clone()).or_default() += n;
    }
    all
}

/// Cuts a text in two; each half goes only where it is wanted.
#[task]
fn halves(text: String) -> (String, String) {
    let middle = text.split_whitespace().count() / 2;
    let half = |words: Vec<&str>| words.join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    (
        half(words[..middle].to_vec()),
        half(words[middle..].to_vec()),
    )
}

/// A task that can fail: its error reaches whoever waits for the result.
#[task]
fn number(text: &str) -> Result<i64, ParseIntError> {
    text.trim().parse()
}

/// An async task that knows its surroundings.
#[task]
async fn place(ctx: &TaskContext, n: u32) -> String {
    format!("{n} ran as {} on {}", ctx.key(), ctx.worker())
}

fn main() -> taskloom::Result<()> {
    // Started as `service worker ...` this program is a worker and the call does not return.
    taskloom::init();
    serve()
}

#[tokio::main]
async fn serve() -> taskloom::Result<()> {
    if std::env::var_os("TASKLOOM_SCHEDULER").is_some() {
        return work(&Client::connect_default().await?).await;
    }
    let cluster = LocalCluster::builder()
        .workers(2)
        .processes(true)
        .start()
        .await?;
    work(&cluster.client().await?).await?;
    cluster.close().await?;
    Ok(())
}

async fn work(client: &Client) -> taskloom::Result<()> {
    // Three independent tasks in one message, and one that needs all of them.
    let texts = ["to be or not to be", "be quick", "not now"];
    let counted = client.map(texts, count::task).await?;
    let all = client.submit(merge::task(&counted));
    let counts = (&all).await?;
    assert_eq!((counts["be"], counts["not"]), (3, 2));

    // The same merge once more is the same task: one name, one result.
    assert_eq!(client.submit(merge::task(&counted)).key(), all.key());

    // Parts of a result.
    let (first, second) = client.submit(halves::task("one two three four")).split();
    let both = [
        client.submit(count::task(first)),
        client.submit(count::task(second)),
    ];
    assert_eq!(client.submit(merge::task(&both)).await?.len(), 4);

    // Errors of tasks.
    let wrong = client.submit(number::task("seven")).await;
    assert!(wrong.as_ref().is_err_and(|error| error.is_task_failure()));
    if let Err(error) = wrong {
        println!("as expected: {error}");
    }

    let places = client.map(0..4, place::task).await?;
    for line in client.gather(&places).await? {
        println!("{line}");
    }
    Ok(())
}
