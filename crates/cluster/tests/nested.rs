//! Tasks that start tasks: the cases W of the reference, and what must hold beside them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::{Gate, wait_at};
use fixture::tasks::*;
use fixture::{builder, cluster, started, until, within};
use std::sync::{Mutex, PoisonError};
use taskloom_client::{Error, Result, TaskClient};
use taskloom_cluster::LocalCluster;
use taskloom_core::{Key, RunId};
use taskloom_task::{Status, TaskContext, TaskFuture, WorkerScope, task};

async fn one_thread() -> (LocalCluster, taskloom_client::Client) {
    started(builder().workers(1).threads(1)).await
}

#[task(crate = taskloom_task)]
fn double_inc(ctx: &TaskContext, x: i64) -> Result<i64> {
    let client = ctx.blocking_client();
    let a = client.submit(inc::task(x));
    let b = client.submit(inc::task(&a));
    Ok(client.gather(&[a, b])?.into_iter().sum())
}

#[task(crate = taskloom_task)]
async fn double_inc_async(ctx: &TaskContext, x: i64) -> Result<i64> {
    let client = ctx.client();
    let a = client.submit(inc::task(x));
    let b = client.submit(inc::task(&a));
    Ok(client.gather(&[a, b]).await?.into_iter().sum())
}

#[tokio::test]
async fn w1_a_task_gathers_its_own_tasks_with_one_worker_of_one_thread() {
    let (_cluster, client) = one_thread().await;
    let blocking = client.submit(double_inc::task(1));
    assert_eq!(within("the blocking one", blocking).await.unwrap(), 5);
    let waiting = client.submit(double_inc_async::task(10));
    assert_eq!(within("the async one", waiting).await.unwrap(), 23);
}

#[task(crate = taskloom_task)]
async fn fib(ctx: &TaskContext, n: u64) -> Result<u64> {
    if n < 2 {
        return Ok(n);
    }
    let client = ctx.client();
    let a = client.submit(fib::task(n - 1));
    let b = client.submit(fib::task(n - 2));
    Ok(a.await? + b.await?)
}

/// Without sharing: every call is a task of its own.
#[task(crate = taskloom_task, impure)]
fn fib_on_threads(ctx: &TaskContext, n: u64) -> Result<u64> {
    if n < 2 {
        return Ok(n);
    }
    let client = ctx.client();
    let a = client.submit(fib_on_threads::task(n - 1));
    let b = client.submit(fib_on_threads::task(n - 2));
    Ok(a.result()? + b.result()?)
}

#[tokio::test]
async fn recursion_works_with_one_thread() {
    let (_cluster, client) = one_thread().await;
    let shared = client.submit(fib::task(40));
    assert_eq!(within("fib of 40", shared).await.unwrap(), 102_334_155);
    let apart = client.submit(fib_on_threads::task(8));
    assert_eq!(within("fib of 8", apart).await.unwrap(), 21);
}

#[task(crate = taskloom_task)]
fn waits_for_a_gate(ctx: &TaskContext, port: u16) -> Result<i64> {
    let client = ctx.client();
    client.submit(gated::task(port, "inner", 1)).result()
}

#[tokio::test]
async fn w3_a_seceded_task_leaves_all_threads_to_others() {
    let (_cluster, client) = started(builder().workers(1).threads(2)).await;
    let gate = Gate::new().await;
    let outer = client.submit(waits_for_a_gate::task(gate.port()));
    let inner = gate.arrived().await;
    assert_eq!(inner.word, "inner");
    // The outer task waits, the inner one has a thread: there is another one.
    let other = client.submit(gated::task(gate.port(), "other", 2));
    let second = gate.arrived().await;
    assert_eq!(second.word, "other");
    assert_eq!(outer.status(), Status::Pending);
    inner.let_through();
    assert_eq!(within("the outer task", outer).await.unwrap(), 1);
    second.let_through();
    assert_eq!(within("the other task", other).await.unwrap(), 2);
}

const LARGE: usize = 1 << 20;

#[task(crate = taskloom_task)]
async fn scatters(ctx: &TaskContext, port: u16, elsewhere: String) -> Result<usize> {
    let client = ctx.client();
    let bytes = client.scatter(vec![7_u8; LARGE]).await?;
    wait_at_from_async(port, ctx.worker(), "scattered").await;
    let counted = client.submit(count::task(&bytes, 7).workers([elsewhere]));
    counted.await
}

async fn wait_at_from_async(port: u16, worker: &str, word: &'static str) {
    let worker = worker.to_owned();
    let wait = move || wait_at(port, &worker, word);
    tokio::task::spawn_blocking(wait).await.unwrap();
}

#[tokio::test]
async fn w4_what_a_task_scatters_stays_until_somebody_asks() {
    let (cluster, client) = cluster(2).await;
    let names: Vec<String> = cluster.workers().iter().map(|w| w.name.clone()).collect();
    let gate = Gate::new().await;
    let call = scatters::task(gate.port(), names[1].clone()).workers([names[0].clone()]);
    let outer = client.submit(call);
    let scattered = gate.arrived().await;
    let stored = |identity: &taskloom_client::Identity, name: &str| {
        let worker = identity.workers.iter().find(|w| w.name == name);
        worker.unwrap().stored_bytes
    };
    let identity = until(&client, "the word of the value", |identity| {
        stored(identity, &names[0]) >= LARGE as u64
    })
    .await;
    assert_eq!(stored(&identity, &names[1]), 0);
    assert_eq!(identity.copied_bytes, 0);
    scattered.let_through();
    assert_eq!(within("the count", outer).await.unwrap(), LARGE);
    let identity = client.identity().await.unwrap();
    assert!(identity.copied_bytes >= LARGE as u64, "{identity:?}");
}

#[task(crate = taskloom_task)]
async fn catches(ctx: &TaskContext, x: i64) -> Result<String> {
    match ctx.client().submit(fit::task(x)).await {
        Err(error) if error.is_task_failure() => Ok(error.to_string()),
        other => Err(Error::Setup(format!(
            "not the failure of a task: {other:?}"
        ))),
    }
}

#[task(crate = taskloom_task)]
fn hands_on(ctx: &TaskContext, x: i64) -> Result<i64> {
    ctx.client().submit(fit::task(x)).result()
}

#[tokio::test]
async fn w6_errors_of_inner_tasks_arrive_in_the_outer_task() {
    let (_cluster, client) = one_thread().await;
    let seen = within("the error", client.submit(catches::task(-1))).await;
    let seen = seen.unwrap();
    assert!(seen.contains("cannot fit"), "{seen}");
    assert!(seen.contains("fit-"), "it names the inner task: {seen}");
    let error = within("the error", client.submit(hands_on::task(-2))).await;
    let error = error.unwrap_err();
    let text = format!("{error}");
    assert!(text.contains("cannot fit"), "{text}");
    assert!(text.contains("hands_on"), "{text}");
}

#[task(crate = taskloom_task)]
fn starts_what_waits(ctx: &TaskContext, port: u16) -> Result<bool> {
    ctx.client().submit(until_cancelled::task(port)).result()
}

#[tokio::test]
async fn cancelling_the_parent_cancels_the_children() {
    let (_cluster, client) = one_thread().await;
    let gate = Gate::new().await;
    let outer = client.submit(starts_what_waits::task(gate.port()));
    let running = gate.arrived().await;
    running.let_through();
    outer.cancel();
    let end = gate.arrived().await;
    assert_eq!(end.word, "cancelled");
    end.let_through();
    let error = within("the end", &outer).await.unwrap_err();
    assert_eq!(outer.status(), Status::Cancelled, "{error}");
    drop(outer);
    // The thread is free again, and nothing is left.
    assert_eq!(
        within("more", client.submit(inc::task(1))).await.unwrap(),
        2
    );
    until(&client, "empty tables", |identity| {
        let tasks = &identity.tasks;
        tasks.processing + tasks.waiting + tasks.queued + tasks.memory + tasks.erred == 0
    })
    .await;
}

static ORDER: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[task(crate = taskloom_task, impure)]
fn note(word: &str) -> i64 {
    let mut order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    order.push(word.to_owned());
    order.len() as i64
}

#[task(crate = taskloom_task)]
fn starts_after_the_gate(ctx: &TaskContext, port: u16) -> Result<i64> {
    wait_at(port, ctx.worker(), "outer");
    let client = ctx.blocking_client();
    let noted = client.map(0..3, |_| note::task("child"))?;
    Ok(client.gather(&noted)?.len() as i64)
}

#[tokio::test]
async fn children_go_before_unrelated_work() {
    let (_cluster, client) = one_thread().await;
    let gate = Gate::new().await;
    let outer = client.submit(starts_after_the_gate::task(gate.port()));
    let arrived = gate.arrived().await;
    let others: Vec<TaskFuture<i64>> = (0..20)
        .map(|_| client.submit(note::task("unrelated")))
        .collect();
    // They wait in the scheduler when this is answered, or in the hands of the worker.
    within("the scheduler", client.identity()).await.unwrap();
    arrived.let_through();
    assert_eq!(within("the outer task", outer).await.unwrap(), 3);
    within("the others", client.gather(&others)).await.unwrap();
    let order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    let last_child = order.iter().rposition(|word| word == "child").unwrap();
    // Some of the others may have been in the worker's hands already.
    assert!(last_child < 15, "{order:?}");
}

#[task(crate = taskloom_task)]
fn sums_locally(ctx: &TaskContext, n: i64) -> Result<i64> {
    let client = ctx.blocking_client();
    let wide = client.submit(wide::task(n));
    let whole = client.gather(std::slice::from_ref(&wide))?;
    let part = wide.element(3).result()?;
    Ok(whole[0].len() as i64 + part)
}

#[tokio::test]
async fn large_results_of_the_same_worker_are_read_where_they_lie() {
    let (_cluster, client) = one_thread().await;
    let sum = client.submit(sums_locally::task(5));
    assert_eq!(within("the sum", sum).await.unwrap(), 2_005);
}

#[tokio::test]
async fn all_tasks_of_a_worker_share_one_session() {
    let (_cluster, client) = one_thread().await;
    let outer = within("the map", client.map(0..50, double_inc::task))
        .await
        .unwrap();
    within("the results", client.gather(&outer)).await.unwrap();
    let identity = client.identity().await.unwrap();
    assert_eq!(identity.clients, 2, "the driver's and the worker's");
}

#[task(crate = taskloom_task)]
async fn blocks_async(ctx: &TaskContext) -> Result<i64> {
    ctx.client().submit(inc::task(1)).result()
}

#[tokio::test]
async fn blocking_in_an_async_task_is_refused() {
    let (_cluster, client) = one_thread().await;
    let error = within("the error", client.submit(blocks_async::task()))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("await the future"), "{error}");
}

#[tokio::test]
async fn a_context_of_no_worker_has_a_client_that_says_so() {
    let scope = WorkerScope::new("nobody", std::env::temp_dir());
    let context = TaskContext::new(Key::new("alone").unwrap(), RunId(1), scope);
    let client = context.client();
    let error = within("the error", client.submit(inc::task(1)))
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::Closed(_)), "{error:?}");
    assert!(error.to_string().contains("no worker"), "{error}");
    let error = client.identity().await.unwrap_err();
    assert!(error.to_string().contains("no worker"), "{error}");
    // It has nothing to end.
    within("the end", client.close()).await;
}

#[task(crate = taskloom_task)]
async fn survives(ctx: &TaskContext, port: u16) -> Result<i64> {
    let client = ctx.client();
    client.close().await;
    let later = client.submit(gated::task(port, "later", 4));
    later.await
}

#[tokio::test]
async fn a_task_cannot_close_the_session_of_all() {
    let (_cluster, client) = one_thread().await;
    let gate = Gate::new().await;
    let outer = client.submit(survives::task(gate.port()));
    gate.arrived().await.let_through();
    assert_eq!(within("the result", outer).await.unwrap(), 4);
}

#[task(crate = taskloom_task)]
fn goes_on(ctx: &TaskContext, port: u16) -> bool {
    let client = ctx.client();
    wait_at(port, ctx.worker(), "begun");
    let refused = client.submit(inc::task(1)).result();
    let cancelled = refused.is_err_and(|error| error.is_cancelled());
    wait_at(port, ctx.worker(), &format!("cancelled: {cancelled}"));
    cancelled
}

#[tokio::test]
async fn what_is_submitted_after_the_cancellation_ends_as_cancelled() {
    let (_cluster, client) = one_thread().await;
    let gate = Gate::new().await;
    let outer = client.submit(goes_on::task(gate.port()));
    let begun = gate.arrived().await;
    outer.cancel();
    let error = within("the end", &outer).await.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    // The worker hears of it after the client: a question that it answers comes behind.
    until(&client, "the cancellation", |identity| {
        identity.tasks.processing == 0
    })
    .await;
    begun.let_through();
    let next = gate.arrived().await;
    assert_eq!(next.word, "cancelled: true");
    next.let_through();
}
