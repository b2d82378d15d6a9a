//! Runs that are told to end, seen from a client: the thread, the slot, and the worker survive tasks
//! that do not listen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::{Gate, wait_at};
use fixture::tasks::*;
use fixture::{builder, started, within};
use std::time::Duration;
use taskloom_client::Client;
use taskloom_cluster::LocalCluster;
use taskloom_task::{TaskContext, task};

/// Soon, for tasks that are stuck.
const SOON: Duration = Duration::from_millis(50);

/// Says that it runs, and goes on when it is let through; knows nothing of cancellation.
#[task(crate = taskloom_task, impure)]
fn deaf(ctx: &TaskContext, port: u16, word: &str) -> i64 {
    wait_at(port, ctx.worker(), word);
    1
}

/// Waits at a gate without occupying a thread.
#[task(crate = taskloom_task, impure)]
fn away(ctx: &TaskContext, port: u16) -> i64 {
    let seceded = ctx.secede();
    wait_at(port, ctx.worker(), "away");
    seceded.rejoin_blocking();
    7
}

#[task(crate = taskloom_task, impure)]
async fn away_async(ctx: &TaskContext, port: u16) -> i64 {
    let seceded = ctx.secede();
    let worker = ctx.worker().to_owned();
    let _ = tokio::task::spawn_blocking(move || wait_at(port, &worker, "away")).await;
    seceded.rejoin().await;
    7
}

async fn one_thread() -> (LocalCluster, Client) {
    started(builder().workers(1).stuck_after(SOON)).await
}

#[tokio::test]
async fn a_task_that_is_away_leaves_its_thread_to_others() {
    for blocking in [true, false] {
        let (_cluster, client) = one_thread().await;
        let gate = Gate::new().await;
        let waiting = if blocking {
            client.submit(away::task(gate.port()))
        } else {
            client.submit(away_async::task(gate.port()))
        };
        let arrived = gate.arrived().await;
        let others = client.map(0..20, inc::task).await.unwrap();
        let made = within("the others", client.gather(&others)).await.unwrap();
        assert_eq!(made.iter().sum::<i64>(), 210);
        arrived.let_through();
        assert_eq!(within("its end", waiting).await.unwrap(), 7);
    }
}

#[tokio::test]
async fn many_tasks_are_away_at_a_time_on_one_thread() {
    let (_cluster, client) = one_thread().await;
    let gate = Gate::new().await;
    let waiting: Vec<_> = (0..50)
        .map(|_| client.submit(away::task(gate.port())))
        .collect();
    let mut arrived = Vec::new();
    for _ in 0..50 {
        arrived.push(gate.arrived().await);
    }
    drop(arrived);
    let made = within("all of them", client.gather(&waiting))
        .await
        .unwrap();
    assert_eq!(made, [7; 50]);
}

#[tokio::test]
async fn a_slot_comes_back_from_a_task_that_does_not_listen() {
    let (_cluster, client) = one_thread().await;
    let gate = Gate::new().await;
    let stuck = client.submit(deaf::task(gate.port(), "stuck"));
    let arrived = gate.arrived().await;
    client.cancel(&stuck);
    let next = client.submit(inc::task(1));
    assert_eq!(within("the next task", next).await.unwrap(), 2);
    assert!(
        within("the cancelled one", stuck)
            .await
            .unwrap_err()
            .is_cancelled()
    );
    // Its thread comes back; there are as many as before.
    arrived.let_through();
    let others = client.map(0..200, inc::task).await.unwrap();
    within("the others", client.gather(&others)).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_has_lost_its_threads_starts_anew_under_its_name() {
    let (cluster, client) = one_thread().await;
    let gate = Gate::new().await;
    let mut arrived = Vec::new();
    for word in ["first", "second"] {
        let limit = Duration::from_millis(100);
        let stuck = client.submit(deaf::task(gate.port(), word).timeout(limit));
        arrived.push(gate.arrived().await);
        let error = within("the timeout", stuck).await.unwrap_err();
        assert!(error.is_timed_out(), "{error}");
    }
    let again = client.submit(place::task());
    assert_eq!(within("a task", again).await.unwrap(), "worker-0");
    assert_eq!(cluster.workers().len(), 1);
    drop(arrived);
}

#[tokio::test]
async fn a_worker_that_was_retired_is_no_member_any_more() {
    let (cluster, client) = started(builder().workers(2)).await;
    within("the retirement", client.retire_workers(["worker-0"]))
        .await
        .unwrap();
    within("the list", async {
        while cluster.workers().len() > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(cluster.workers()[0].name, "worker-1");
}
