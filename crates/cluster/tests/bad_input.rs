//! What the coordination tools do with input that makes no sense.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::Gate;
use fixture::tasks::*;
use fixture::{builder, cluster, started, until, within};
use std::fmt::Debug;
use std::future::IntoFuture;
use std::time::Duration;
use taskloom_client::TaskClient;
use taskloom_task::{Error, Result, TaskContext, TaskFuture, task};

/// So long that no test sees its end.
const HOUR: Duration = Duration::from_secs(3600);

/// Fails unless it ends in an error that says this.
async fn refused<T: Debug>(what: impl IntoFuture<Output = Result<T>>, words: &str) {
    let error = within(words, what).await.unwrap_err().to_string();
    assert!(error.contains(words), "{error:?} does not say {words:?}");
}

#[tokio::test]
async fn a_name_that_is_empty_or_too_long_is_refused_by_every_tool() {
    let (_cluster, client) = cluster(0).await;
    let long = "x".repeat(513);
    for (name, words) in [("", "is empty"), (&long, "at most 512")] {
        refused(
            async { client.channel::<i64>(name).open().await.map(drop) },
            words,
        )
        .await;
        refused(
            async { client.queue::<i64>(name).open().await.map(drop) },
            words,
        )
        .await;
        refused(client.variable::<i64>(name).set(1), words).await;
        refused(client.variable::<i64>(name).get(), words).await;
        refused(client.topic::<i64>(name).log(1), words).await;
        refused(client.lock(name).acquire(), words).await;
        refused(client.multi_lock(["a", name]).acquire(), words).await;
        refused(client.semaphore(name, 1).acquire(), words).await;
        refused(client.event(name).wait(), words).await;
        refused(client.event(name).set(), words).await;
        refused(client.barrier(name, 1).wait(), words).await;
    }
    until(&client, "empty tables", |identity| {
        identity.tables.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_limit_of_zero_is_refused_by_every_tool() {
    let (_cluster, client) = cluster(0).await;
    let none = client.channel::<i64>("x").maxlen(0);
    refused(async { none.open().await.map(drop) }, "maxlen").await;
    let none = client.queue::<i64>("x").maxsize(0);
    refused(async { none.open().await.map(drop) }, "maxsize").await;
    refused(client.semaphore("x", 0).acquire(), "limit").await;
    refused(client.barrier("x", 0).wait(), "no parties").await;
    refused(client.multi_lock(["a"]).any(0).acquire(), "at least one").await;
    let none = client.lock("x").lease(Duration::ZERO).acquire();
    refused(none, "a lease of 0ns is not possible").await;
    until(&client, "empty tables", |identity| {
        identity.tables.is_empty()
    })
    .await;
}

#[tokio::test]
async fn what_is_of_another_type_is_an_error_that_says_so() {
    let (_cluster, client) = cluster(1).await;
    let words = client.queue::<String>("queue").open().await.unwrap();
    words.put("word".into()).await.unwrap();
    words.put("word".into()).await.unwrap();
    let numbers = client.queue::<i64>("queue").open().await.unwrap();
    refused(numbers.get(), "i64").await;
    let futures = client.queue::<TaskFuture<String>>("queue");
    let futures = futures.open().await.unwrap();
    refused(futures.get(), "it is no future but a value").await;

    let future = client.submit(inc::task(1));
    let variable = client.variable::<TaskFuture<i64>>("variable");
    variable.set(future).await.unwrap();
    let value = client.variable::<i64>("variable");
    refused(value.get(), "it is no value but the future of the task").await;
    // A future knows what it is when its value is there.
    let wrong = client.variable::<TaskFuture<String>>("variable");
    let wrong = within("the future", wrong.get()).await.unwrap();
    refused(wrong, "String").await;
    // What could not be read has done no harm.
    let right = within("the future", variable.get()).await.unwrap();
    assert_eq!(within("the value", right).await.unwrap(), 2);
}

#[tokio::test]
async fn a_future_of_another_cluster_is_refused_by_every_tool() {
    let (_here, client) = cluster(0).await;
    let (_there, other) = cluster(1).await;
    let foreign = async || {
        let future = other.submit(inc::task(1));
        within("the end", future.done()).await;
        future
    };
    let words = "another";
    let queue = client.queue::<TaskFuture<i64>>("x").open().await.unwrap();
    refused(queue.put(foreign().await), words).await;
    let variable = client.variable::<TaskFuture<i64>>("x");
    refused(variable.set(foreign().await), words).await;
    let channel = client.channel::<TaskFuture<i64>>("x").open().await.unwrap();
    let appended = async {
        channel.append(foreign().await).await?;
        channel.flush().await
    };
    refused(appended, words).await;
    refused(client.publish("x", &vec![foreign().await]), words).await;
}

#[tokio::test]
async fn waiting_for_a_lock_that_one_holds_ends_with_the_time_that_was_given() {
    let (_cluster, client) = cluster(0).await;
    let lock = client.lock("db");
    let guard = within("the lock", lock.acquire()).await.unwrap();
    let again = lock.timeout(Duration::from_millis(20)).acquire();
    let again = within("the timeout", again).await.unwrap_err();
    assert!(matches!(again, Error::Timeout { .. }), "{again}");
    guard.release().await.unwrap();
    // Two clients that take two locks the wrong way round: nothing stays behind either.
    let (a, b) = (client.lock("a"), client.lock("b"));
    let (has_a, has_b) = (a.acquire().await.unwrap(), b.acquire().await.unwrap());
    let soon = Duration::from_millis(20);
    let (late_a, late_b) = tokio::join!(
        a.clone().timeout(soon).acquire(),
        b.clone().timeout(soon).acquire()
    );
    assert!(late_a.is_err() && late_b.is_err());
    drop((has_a, has_b));
    until(&client, "empty tables", |identity| {
        identity.tables.is_empty()
    })
    .await;
}

#[task(crate = taskloom_task, impure)]
fn holds(ctx: &TaskContext, port: u16, x: i64) -> Result<i64> {
    let guard = ctx.blocking_client().lock("one").acquire()?;
    fixture::gate::wait_at(port, ctx.worker(), "holds it");
    guard.release()?;
    Ok(x)
}

#[task(crate = taskloom_task, impure)]
fn waits(ctx: &TaskContext, x: i64) -> Result<i64> {
    let client = ctx.blocking_client();
    client.lock("one").acquire()?.release()?;
    Ok(x)
}

#[tokio::test]
async fn tasks_that_wait_for_each_other_leave_the_only_thread_to_those_they_wait_for() {
    let (_cluster, client) = started(builder().workers(1).threads(1)).await;
    let gate = Gate::new().await;
    // The lock is taken here, so that all of them wait.
    let guard = within("the lock", client.lock("one").acquire())
        .await
        .unwrap();
    let many: Vec<TaskFuture<i64>> = (0..5).map(|x| client.submit(waits::task(x))).collect();
    let lock = client.lock("one");
    within("all of them wait", async {
        while lock.status().await.unwrap().waiting < 5 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let holder = client.submit(holds::task(gate.port(), 7));
    guard.release().await.unwrap();
    gate.arrived().await.let_through();
    assert_eq!(within("the holder", holder).await.unwrap(), 7);
    let all = within("the waiting", client.gather(&many)).await.unwrap();
    assert_eq!(all, [0, 1, 2, 3, 4]);
}

#[task(crate = taskloom_task, impure)]
async fn dies_with_a_lock(ctx: &TaskContext) -> Result<i64> {
    let guard = ctx.client().lock("left").lease(HOUR).acquire().await?;
    assert!(!guard.is_held(), "it dies with the lock");
    Ok(0)
}

#[tokio::test]
async fn the_lock_of_a_task_that_panics_passes_on() {
    let (_cluster, client) = cluster(1).await;
    let died = within("the task", client.submit(dies_with_a_lock::task())).await;
    assert!(died.unwrap_err().is_task_failure());
    within("the lock", client.lock("left").acquire())
        .await
        .unwrap();
}
