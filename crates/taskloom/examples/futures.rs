//! Futures in full: the pieces of code that `docs/futures.md` shows, as a program that runs.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use taskloom::prelude::*;
use taskloom::{Job, LocalCluster, NamedOutputs, task_println};

#[task]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[task]
fn half(x: i64) -> Result<i64, String> {
    if x % 2 == 0 {
        Ok(x / 2)
    } else {
        Err(format!("{x} is odd"))
    }
}

/// Fails in its first run, as things do that depend on the world.
#[task]
fn fetch(page: &str) -> Result<usize, String> {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    match RUNS.fetch_add(1, Ordering::Relaxed) {
        0 => Err("connection reset".to_owned()),
        _ => Ok(page.len()),
    }
}

/// Ends when it is told that nobody waits for it any more.
#[task]
async fn forever(ctx: &TaskContext) {
    ctx.cancelled().await;
}

#[task]
fn greet(name: &str) {
    task_println!("good day, {name}");
}

/// Many at once.
async fn many(client: &Client) -> taskloom::Result<()> {
    let xs = client.map(0..1_000, inc::task).await?;
    let sums = client.map2(&xs, 0..1_000, add::task).await?; // futures are items too
    let some = client.map(0..10, |x| half::task(x).priority(1)).await?;

    let all: Vec<i64> = client.gather(&sums).await?;
    assert_eq!(all[999], 1_999);
    let good: Vec<i64> = client.gather(&some).skip_errors().await?;
    assert_eq!(good, [0, 1, 2, 3, 4]);
    Ok(())
}

/// Waiting, and results in the order in which they come.
async fn order(client: &Client) -> taskloom::Result<()> {
    let xs = client.map(0..100, inc::task).await?;
    let text = client.submit(greet::task("you"));
    client
        .wait((&xs, &text))
        .timeout(Duration::from_secs(60))
        .await?;
    let places = client.wait_any(&xs).await?; // of all that have ended
    println!("{:?} is there", xs[places[0]]);

    let mut done = client.as_completed(&xs);
    let mut sum = 0;
    while let Some((future, result)) = done.next().await {
        match result? {
            x if x < 5 => done.push(client.submit(inc::task(&future))), // more meanwhile
            x => sum += x,
        }
    }
    assert_eq!(sum, 5 * 4 + (5..=100).sum::<i64>());
    Ok(())
}

/// Tasks that fail, and what is done about it.
async fn failure(client: &Client) -> taskloom::Result<()> {
    let page = client.submit(
        fetch::task("index.html")
            .retries(3)
            .backoff(Duration::from_millis(10)),
    );
    assert_eq!(page.await?, 10);

    let late = client.submit(forever::task().timeout(Duration::from_millis(50)));
    let error = late.await.err();
    assert!(error.is_some_and(|error| error.is_timed_out()));

    let odd = client.submit(half::task(7));
    if let Err(error) = (&odd).await {
        println!("{error}, after {} earlier runs", error.story().len());
        client.retry(&odd).await?; // it is as odd as before
        assert!(odd.await.is_err());
    }
    Ok(())
}

/// Futures without those who made them.
async fn sharing(client: &Client, other: &Client) -> taskloom::Result<()> {
    let sum = client.submit(add::task(1, 2).key("sum"));
    let ours = other.adopt(&sum).await?; // a future of another client of this program
    let same = other.future_of::<i64>("sum"); // or of another program, by its key
    drop(sum);
    assert_eq!((ours.await?, same.await?), (3, 3));

    client.fire_and_forget(client.submit(greet::task("nobody")))?;

    let called = client.submit(inc::task(41));
    called.on_done(|future| println!("{} has ended", future.key()));
    called.done().await;
    Ok(())
}

/// Outputs of a graph by their names.
async fn names(client: &Client) -> taskloom::Result<()> {
    let mut graph = Graph::new();
    let one = graph.add(inc::task(0));
    let two = graph.add(add::task(&one, 1));
    let outputs = NamedOutputs::new().with("one", &one).with("two", &two);
    let futures = client.submit_graph(graph, outputs).await?;
    assert_eq!(futures.get::<i64>("two")?.await?, 2);
    Ok(())
}

/// What is going on.
async fn oversight(client: &Client) -> taskloom::Result<()> {
    let mut logs = client.logs();
    client.submit(greet::task("world")).await?;
    if let Some(line) = logs.next().await {
        println!("{} on {}: {}", line.key, line.worker, line.text);
    }

    let stuck = client.submit(inc::task(5).workers(["gpu-1"]).label("trial"));
    println!("{}", client.explain(&stuck).await?); // no worker of that name is connected
    client.cancel(&stuck);

    let nightly: Job = client.job("nightly");
    nightly.weight(0.5).await?;
    nightly.cap(4).await?;
    let counted = client.submit(inc::task(6).job("nightly"));
    assert_eq!(counted.await?, 7);
    for job in client.jobs().await? {
        println!("{}: {} tasks", job.job, job.tasks);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    let cluster = LocalCluster::builder().workers(2).start().await?;
    let client = cluster.client().await?;
    let other = cluster.client().await?;
    many(&client).await?;
    order(&client).await?;
    failure(&client).await?;
    sharing(&client, &other).await?;
    names(&client).await?;
    oversight(&client).await?;
    client.close().await;
    other.close().await;
    cluster.close().await?;
    Ok(())
}
