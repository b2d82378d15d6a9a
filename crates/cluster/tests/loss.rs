//! Workers that die, leave, come back or fall silent, and a scheduler that ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::Gate;
use fixture::parties::{as_worker, worker_hello};
use fixture::tasks::*;
use fixture::{builder, cluster, started, until, within};
use std::time::Duration;
use taskloom_client::{Error, Graph, Notice};
use taskloom_core::ErrorCode;
use taskloom_core::message::{FromWorker, ToWorker};
use taskloom_rpc::{ConnectError, RefusedAs};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn what_a_dead_worker_held_is_computed_again() {
    let (cluster, client) = cluster(2).await;
    let gate = Gate::new().await;
    let mut graph = Graph::new();
    let blobs: Vec<_> = (0..8_u8)
        .map(|fill| graph.add(blob::task(MIB, fill)))
        .collect();
    let counts: Vec<_> = blobs
        .iter()
        .enumerate()
        .map(|(fill, blob)| graph.add(count::task(blob, fill as u8)))
        .collect();
    let waits = graph.add(gated_count::task(gate.port(), "middle", &blobs));
    let outputs = (counts, blobs, waits);
    let (counts, blobs, waits) = within("the graph", client.submit_graph(graph, outputs))
        .await
        .unwrap();
    let arrived = gate.arrived().await;
    cluster.kill_worker(&arrived.worker).unwrap();
    let again = gate.arrived().await;
    assert_ne!(again.worker, arrived.worker);
    arrived.let_through();
    again.let_through();
    assert_eq!(within("the count", waits).await.unwrap(), 8 * MIB);
    assert_eq!(
        within("the counts", client.gather(&counts)).await.unwrap(),
        [MIB; 8]
    );
    let values = within("the values", client.gather(&blobs)).await.unwrap();
    assert!(
        values
            .iter()
            .zip(0..)
            .all(|(value, fill)| value.iter().all(|&byte| byte == fill))
    );
}

#[tokio::test]
async fn scattered_data_are_supplied_again() {
    let (cluster, client) = cluster(2).await;
    let names: Vec<String> = cluster
        .workers()
        .into_iter()
        .map(|worker| worker.name)
        .collect();
    let scatter = client.scatter(vec![4_u8; 2 * MIB]);
    let data = within("the scatter", scatter).await.unwrap();
    let held = until(&client, "a holder", |identity| {
        identity.workers.iter().any(|worker| worker.stored == 1)
    })
    .await;
    let holder = held
        .workers
        .into_iter()
        .find(|worker| worker.stored == 1)
        .unwrap()
        .name;
    cluster.kill_worker(&holder).unwrap();
    let counted = client.submit(count::task(&data, 4));
    assert_eq!(within("the count", counted).await.unwrap(), 2 * MIB);
    assert!(names.contains(&holder));
}

#[tokio::test]
async fn a_task_that_kills_its_workers_ends_in_an_error() {
    let few = builder()
        .workers(2)
        .scheduler(|scheduler| scheduler.allowed_suspicion = 1);
    let (cluster, client) = started(few).await;
    let gate = Gate::new().await;
    let deadly = client.submit(gated::task(gate.port(), "deadly", 1));
    let mut arrivals = Vec::new();
    for _ in 0..2 {
        let arrived = gate.arrived().await;
        cluster.kill_worker(&arrived.worker).unwrap();
        cluster.add_worker().await.unwrap();
        arrivals.push(arrived);
    }
    let error = within("the error", deadly).await.unwrap_err();
    assert_eq!(
        error.failure().unwrap().code,
        ErrorCode::KilledWorker,
        "{error}"
    );
}

#[tokio::test]
async fn a_leaving_worker_hands_on_what_only_it_holds() {
    let (cluster, client) = cluster(2).await;
    let leaving = cluster.workers()[0].name.clone();
    let on_it = |fill| blob::task(MIB, fill).workers([leaving.clone()]);
    let blobs = client.map(0..6_u8, on_it).now();
    within("the blobs", client.wait(&blobs)).await.unwrap();
    within("the departure", cluster.retire_worker(&leaving))
        .await
        .unwrap();
    let left = until(&client, "the departure", |identity| {
        identity.workers.len() == 1
    })
    .await;
    assert_eq!(left.workers[0].stored, 6);
    // They are restricted to a worker that is gone: they can only be there because they were moved.
    let values = within("the values", client.gather(&blobs)).await.unwrap();
    assert!(
        values
            .iter()
            .zip(0..)
            .all(|(value, fill)| value.iter().all(|&byte| byte == fill))
    );
}

#[tokio::test]
async fn a_leaving_worker_ends_what_it_runs() {
    let (cluster, client) = cluster(1).await;
    let gate = Gate::new().await;
    let running = client.submit(gated::task(gate.port(), "running", 1));
    let arrived = gate.arrived().await;
    let queued = client.submit(inc::task(41));
    let name = cluster.workers()[0].name.clone();
    let second = cluster.add_worker().await.unwrap();
    let leave = cluster.retire_worker(&name);
    let end = async {
        until(&client, "the leaving", |identity| {
            identity.workers.iter().any(|w| w.leaving)
        })
        .await;
        arrived.let_through();
    };
    let (left, ()) = within("the departure", async { tokio::join!(leave, end) }).await;
    assert_eq!(left.unwrap().name, name);
    assert_eq!(within("the result", running).await.unwrap(), 1);
    assert_eq!(within("the result", queued).await.unwrap(), 42);
    assert_eq!(cluster.workers(), [second]);
}

#[tokio::test]
async fn a_name_is_taken_while_its_worker_lives() {
    let (cluster, client) = cluster(1).await;
    let name = cluster.workers()[0].name.clone();
    let refused = as_worker(&cluster, worker_hello(&name))
        .await
        .err()
        .unwrap();
    assert!(
        matches!(
            refused,
            ConnectError::Refused {
                reason: RefusedAs::NameTaken,
                ..
            }
        ),
        "{refused}"
    );
    assert!(refused.to_string().contains(&name), "{refused}");
    cluster.kill_worker(&name).unwrap();
    until(&client, "the end of the first", |identity| {
        identity.workers.is_empty()
    })
    .await;
    let back = cluster.add_worker_named(&name).await.unwrap();
    assert_eq!(back.name, name);
    assert_eq!(
        within("the result", client.submit(place::task()))
            .await
            .unwrap(),
        name
    );
}

#[tokio::test]
async fn a_worker_that_returns_gets_its_tasks_back() {
    let (cluster, client) = cluster(1).await;
    let gate = Gate::new().await;
    let name = cluster.workers()[0].name.clone();
    let task = client.submit(gated::task(gate.port(), "bound", 3).workers([name.clone()]));
    let first = gate.arrived().await;
    cluster.kill_worker(&name).unwrap();
    until(&client, "the loss", |identity| identity.workers.is_empty()).await;
    cluster.add_worker_named(&name).await.unwrap();
    gate.arrived().await.let_through();
    first.let_through();
    assert_eq!(within("the result", task).await.unwrap(), 3);
}

#[tokio::test]
async fn a_silent_worker_is_lost() {
    let hasty = Duration::from_millis(300);
    let (cluster, client) = started(
        builder()
            .workers(0)
            .scheduler(|scheduler| scheduler.worker_timeout = hasty),
    )
    .await;
    // It says hello and then nothing at all; its connection stays open.
    let mut link = as_worker(&cluster, worker_hello("silent")).await.unwrap();
    link.outbox.push(FromWorker::Heartbeat {
        executing: Vec::new(),
        stored_bytes: 0,
        process_bytes: 0,
    });
    until(&client, "the worker", |identity| {
        identity.workers.len() == 1
    })
    .await;
    until(&client, "the loss", |identity| identity.workers.is_empty()).await;
    within("the end of the session", async {
        while let Ok(Some(_)) = link.inbox.next().await {}
    })
    .await;
}

#[tokio::test]
async fn a_spinning_task_does_not_make_its_worker_silent() {
    let hasty = Duration::from_millis(400);
    let (_cluster, client) = started(
        builder()
            .workers(1)
            .scheduler(|scheduler| scheduler.worker_timeout = hasty),
    )
    .await;
    let gate = Gate::new().await;
    let spinning = client.submit(spin::task(gate.port(), 1_500));
    gate.arrived().await.let_through();
    assert!(within("the result", spinning).await.unwrap() > 0);
    let identity = within("the identity", client.identity()).await.unwrap();
    assert_eq!(identity.workers.len(), 1);
}

#[tokio::test]
async fn a_closing_scheduler_tells_its_peers() {
    let (cluster, client) = cluster(1).await;
    let gate = Gate::new().await;
    let mut notices = client.notices();
    let running = client.submit(gated::task(gate.port(), "running", 1));
    let arrived = gate.arrived().await;
    let mut played = as_worker(&cluster, worker_hello("played")).await.unwrap();
    let closed = tokio::spawn(cluster.close());
    let notice = within("the notice", notices.next()).await;
    assert!(matches!(notice, Some(Notice::Closing { .. })), "{notice:?}");
    let error = within("the error", running).await.unwrap_err();
    assert!(matches!(error, Error::Closed(_)), "{error}");
    let mut told = false;
    within("the end of the session", async {
        while let Ok(Some(batch)) = played.inbox.next().await {
            told |= batch
                .messages
                .iter()
                .any(|said| matches!(said, ToWorker::Closing { .. }));
        }
    })
    .await;
    assert!(told);
    arrived.let_through();
    within("the end", closed).await.unwrap().unwrap();
}
