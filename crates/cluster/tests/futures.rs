//! Futures in full: many at once, in whatever order they end, run again, shared, left going.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::{Gate, wait_at};
use fixture::tasks::*;
use fixture::{builder, cluster, started, until, within};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::collections::{BTreeMap, HashMap};
use std::future::IntoFuture;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use taskloom_client::{Client, Error, Graph, NamedOutputs, TaskFuture};
use taskloom_core::ErrorCode;
use taskloom_task::{Status, TaskContext, task};

/// How often each of the tasks below ran, and where, by the word it was given.
static RUNS: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

fn note_run(word: &str, worker: &str) -> usize {
    let mut runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    let runs = runs.entry(word.to_owned()).or_default();
    runs.push(worker.to_owned());
    runs.len()
}

fn runs(word: &str) -> Vec<String> {
    let runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    runs.get(word).cloned().unwrap_or_default()
}

/// Fails so many times before it ends well, with the number of its run.
#[task(crate = taskloom_task)]
fn flaky(ctx: &TaskContext, word: &str, failures: usize) -> Result<i64, String> {
    match note_run(word, ctx.worker()) {
        run if run <= failures => Err(format!("not in run {run}")),
        run => Ok(run as i64),
    }
}

/// Waits at a gate twice.
#[task(crate = taskloom_task)]
fn twice(ctx: &TaskContext, port: u16) -> i64 {
    wait_at(port, ctx.worker(), "first");
    wait_at(port, ctx.worker(), "second");
    1
}

#[tokio::test]
async fn several_iterators_are_mapped_together() {
    let (_cluster, client) = cluster(2).await;
    let sums = client.map2(0..100, (0..).step_by(10), add::task);
    let sums = within("the map", sums.batches(7)).await.unwrap();
    let results = within("the results", client.gather(&sums)).await.unwrap();
    assert_eq!(results, (0..100).map(|x| 11 * x).collect::<Vec<i64>>());
    let sums = client.map3(0..3, [10, 20, 30], 0..2, |a, b, c| {
        add::task(a + b, c).priority(1)
    });
    let sums = within("the map", sums).await.unwrap();
    let results = within("the results", client.gather(&sums)).await.unwrap();
    assert_eq!(results, [10, 22]);
}

#[tokio::test]
async fn a_call_says_whether_it_is_pure() {
    let (_cluster, client) = cluster(1).await;
    let one = client.submit(inc::task(1));
    let same = client.submit(inc::task(1));
    let other = client.submit(inc::task(1).pure(false));
    assert_eq!(one.key(), same.key());
    assert_ne!(one.key(), other.key());
    assert_eq!(
        place::task().pure(true).final_key().unwrap(),
        place::task().pure(true).final_key().unwrap()
    );
    assert_eq!(within("the result", other).await.unwrap(), 2);
}

#[tokio::test]
async fn options_that_cannot_be_are_errors_of_the_future() {
    let (cluster, client) = cluster(1).await;
    let calls = [
        inc::task(1).label("x".repeat(600)),
        inc::task(1).job("x".repeat(600)),
        inc::task(1).job(""),
        inc::task(1).timeout(Duration::ZERO),
        inc::task(1).key(""),
    ];
    for (call, word) in calls
        .into_iter()
        .zip(["label", "job", "job", "timeout", "key"])
    {
        let error = within("the error", client.submit(call)).await.unwrap_err();
        assert!(matches!(error, Error::Call { .. }), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    for (name, word) in [("", "empty"), (&*"x".repeat(600), "at most")] {
        let error = client.job(name).pause().await.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        let builder = Client::builder(cluster.address()).job(name);
        let error = within("the error", builder.connect()).await.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    for error in [
        client.job("x").cap(0).await.unwrap_err(),
        client.job("x").weight(0.0).await.unwrap_err(),
        client.job("x").weight(f64::NAN).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Setup(_)), "{error}");
    }
}

#[tokio::test]
async fn waiting_ends_with_the_first_or_the_last_or_its_time() {
    let (_cluster, client) = cluster(2).await;
    let gate = Gate::new().await;
    let slow = client.submit(gated::task(gate.port(), "slow", 1));
    let arrived = gate.arrived().await;
    let quick = client.submit(inc::task(1));
    let text = client.submit(place::task());
    let first = within("the first", client.wait_any([&slow, &quick]));
    assert_eq!(first.await.unwrap(), [1]);
    within("both", client.wait((&quick, &text))).await.unwrap();

    let short = Duration::from_millis(1);
    for error in [
        within("the time", client.wait([&quick, &slow]).timeout(short))
            .await
            .unwrap_err(),
        within("the time", client.wait_any(&slow).timeout(short))
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
    }
    let none: &[TaskFuture<i64>] = &[];
    assert!(
        within("nothing", client.wait_any(none))
            .await
            .unwrap()
            .is_empty()
    );
    arrived.let_through();
    within("all", client.wait([&slow, &quick])).await.unwrap();

    let never = client.submit(gated::task(gate.port(), "never", 1));
    let arrived = gate.arrived().await;
    let waiting = tokio::spawn(client.wait([&never, &quick]).into_future());
    client.close().await;
    let error = within("the end", waiting).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Closed(_)), "{error}");
    arrived.let_through();
}

#[tokio::test]
async fn futures_come_in_the_order_in_which_they_end() {
    let (_cluster, client) = started(builder().workers(1).threads(4)).await;
    let gate = Gate::new().await;
    let mut waiting = HashMap::new();
    let mut futures = Vec::new();
    for word in ["a", "b", "c"] {
        futures.push(client.submit(gated::task(gate.port(), word, word.len() as i64).key(word)));
    }
    while waiting.len() < 3 {
        let arrived = gate.arrived().await;
        waiting.insert(arrived.word.clone(), arrived);
    }
    let mut done = client.as_completed(&futures);
    assert_eq!(done.len(), 3);
    for word in ["b", "c", "a"] {
        waiting.remove(word).unwrap().let_through();
        let (future, result) = within("the next", done.next()).await.unwrap();
        assert_eq!(future.key().as_str(), word);
        assert_eq!(result.unwrap(), 1);
    }
    assert!(within("the end", done.next()).await.is_none());
    // More may be added at any time.
    let mut sum = 0;
    done.push(client.submit(inc::task(0)));
    done.extend([client.submit(explode::task(0))]);
    while let Some((future, result)) = within("the next", done.next()).await {
        match result {
            Ok(x) if x < 5 => done.push(client.submit(inc::task(&future))),
            Ok(x) => sum += x,
            Err(error) => assert!(error.is_task_failure(), "{error}"),
        }
    }
    assert_eq!(sum, 5);

    let ended = client.as_completed(&futures).without_results();
    let keys: Vec<String> = within("all", ended.map(|f| f.key().to_string()).collect()).await;
    assert_eq!(keys.len(), 3);
}

#[tokio::test]
async fn large_results_come_as_they_are_read() {
    let (_cluster, client) = cluster(2).await;
    let futures = within("the map", client.map(0..200, wide::task))
        .await
        .unwrap();
    let mut done = client.as_completed(&futures);
    let mut seen = Vec::new();
    while let Some((_, result)) = within("the next", done.next()).await {
        seen.push(result.unwrap()[0]);
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..200).collect::<Vec<i64>>());
}

#[tokio::test]
async fn errors_are_raised_or_skipped() {
    let (_cluster, client) = cluster(2).await;
    let futures: Vec<_> = [3, -1, 4].map(|x| client.submit(fit::task(x))).into();
    let error = within("the error", client.gather(&futures))
        .await
        .unwrap_err();
    assert!(error.is_task_failure(), "{error}");
    let good = within("the good", client.gather(&futures).skip_errors());
    assert_eq!(good.await.unwrap(), [3, 4]);
    client.close().await;
    let late = client.gather(&futures).skip_errors().await;
    // What came with its notice is still here.
    assert_eq!(late.unwrap(), [3, 4]);
}

#[tokio::test]
async fn futures_are_at_home_among_others() {
    let (_cluster, client) = cluster(2).await;
    let futures: Vec<_> = (0..10).map(|x| client.submit(inc::task(x))).collect();
    let mut unordered: FuturesUnordered<_> = futures.iter().map(IntoFuture::into_future).collect();
    let mut sum = 0;
    while let Some(result) = within("the next", unordered.next()).await {
        sum += result.unwrap();
    }
    assert_eq!(sum, 55);
    let [a, b] = [&futures[0], &futures[1]];
    let (a, b) = within("both", async {
        tokio::try_join!(a.into_future(), b.into_future())
    })
    .await
    .unwrap();
    assert_eq!((a, b), (1, 2));
}

#[tokio::test]
async fn a_callback_is_called_once_when_its_task_has_ended() {
    let (_cluster, client) = cluster(1).await;
    let gate = Gate::new().await;
    let (sender, mut called) = tokio::sync::mpsc::unbounded_channel();
    let gated = client.submit(gated::task(gate.port(), "one", 7));
    let bad = client.submit(inc::task(1).label("x".repeat(600)));
    for future in [&gated, &bad] {
        let sender = sender.clone();
        future.on_done(move |future| sender.send(future.status()).unwrap());
    }
    // That of a future that is dropped is called too: the callback holds it.
    drop((gated, bad, sender));
    assert_eq!(
        within("the refused one", called.recv()).await,
        Some(Status::Erred)
    );
    let arrived = gate.arrived().await;
    assert!(called.try_recv().is_err());
    arrived.let_through();
    assert_eq!(
        within("the other", called.recv()).await,
        Some(Status::Finished)
    );
    assert_eq!(within("the end", called.recv()).await, None);
    until(&client, "the release", |identity| {
        identity.tasks.memory == 0
    })
    .await;
}

#[tokio::test]
async fn a_task_with_retries_runs_again_elsewhere() {
    let (_cluster, client) = cluster(2).await;
    let call = flaky::task("retries", 2)
        .retries(2)
        .backoff(Duration::from_millis(1));
    assert_eq!(within("the result", client.submit(call)).await.unwrap(), 3);
    let workers = runs("retries");
    assert_eq!(workers.len(), 3);
    assert_ne!(workers[0], workers[1]);

    let call = flaky::task("few", 9).retries(1).backoff(Duration::ZERO);
    let error = within("the error", client.submit(call)).await.unwrap_err();
    assert!(error.is_task_failure(), "{error}");
    assert!(error.to_string().contains("not in run 2"), "{error}");
    assert_eq!(runs("few").len(), 2);
    assert!(
        error
            .story()
            .iter()
            .any(|line| line.contains("not in run 1")),
        "{:?}",
        error.story()
    );
}

#[tokio::test]
async fn failed_tasks_are_retried_with_what_they_need() {
    let (_cluster, client) = cluster(1).await;
    let root = client.submit(flaky::task("root", 1));
    let after = client.submit(add::task(&root, 10));
    let other = client.submit(inc::task(1));
    within("the failure", client.wait((&after, &other)))
        .await
        .unwrap();
    assert_eq!(after.status(), Status::Erred);
    within("the retry", client.retry((&after, &other)))
        .await
        .unwrap();
    assert_eq!(within("the result", &after).await.unwrap(), 12);
    // The future of what it needs has come to life with it.
    assert_eq!(within("the result", &root).await.unwrap(), 2);
    assert_eq!(runs("root").len(), 2);

    // What was cancelled is not to be had again that way.
    let gate = Gate::new().await;
    let cancelled = client.submit(gated::task(gate.port(), "cancelled", 1));
    let arrived = gate.arrived().await;
    client.cancel([&cancelled]);
    within("the retry", client.retry(&cancelled)).await.unwrap();
    assert_eq!(cancelled.status(), Status::Cancelled);
    arrived.let_through();
    let refused = client.submit(inc::task(1).job(""));
    let error = client.retry(&refused).await.unwrap_err();
    assert!(matches!(error, Error::Call { .. }), "{error}");
}

#[tokio::test]
async fn a_result_goes_with_its_last_handle() {
    let (_cluster, client) = cluster(1).await;
    let one = client.submit(inc::task(1));
    within("the end", one.done()).await;
    let other = one.clone();
    one.release();
    assert_eq!(within("the result", &other).await.unwrap(), 2);
    other.release();
    until(&client, "the release", |identity| {
        identity.tasks.memory == 0
    })
    .await;
}

#[tokio::test]
async fn what_is_forgotten_goes_on_after_its_client() {
    let (cluster, client) = cluster(1).await;
    let watcher = within("a client", cluster.client()).await.unwrap();
    let gate = Gate::new().await;
    client
        .fire_and_forget(client.submit(twice::task(gate.port())))
        .unwrap();
    let first = gate.arrived().await;
    client.close().await;
    drop(client);
    until(&watcher, "the end of the client", |identity| {
        identity.clients == 1
    })
    .await;
    first.let_through();
    let second = gate.arrived().await;
    assert_eq!(second.word, "second");
    second.let_through();
    until(&watcher, "the end of the task", |identity| {
        identity.tasks == taskloom_client::TaskCounts::default()
    })
    .await;
}

#[tokio::test]
async fn a_future_is_had_by_its_key() {
    let (cluster, client) = cluster(1).await;
    let other = within("a client", cluster.client()).await.unwrap();
    let known = client.submit(inc::task(1).key("known"));
    within("the end", known.done()).await;
    let same = other.future_of::<i64>(known.key().as_str());
    assert_eq!(within("the result", &same).await.unwrap(), 2);
    // Another client's want keeps it.
    drop(known);
    let again = client.future_of::<i64>("known");
    assert_eq!(
        within("the result", client.submit(inc::task(&again)))
            .await
            .unwrap(),
        3
    );

    let wrong = other.future_of::<String>("known");
    let error = within("the error", wrong).await.unwrap_err();
    assert!(matches!(error, Error::Value(_)), "{error}");
    let unknown = other.future_of::<i64>("unheard-of");
    let error = within("the error", &unknown).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::UnknownKey), "{error}");
    assert!(error.to_string().contains("unheard-of"), "{error}");
    let error = within("the error", other.future_of::<i64>(""))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("must not be empty"), "{error}");

    // A key of this session's own that was not sent yet.
    let mine = client.submit(inc::task(5).key("mine"));
    let twin = client.future_of::<i64>("mine");
    drop(mine);
    assert_eq!(within("the result", twin).await.unwrap(), 6);
}

#[tokio::test]
async fn a_future_of_another_client_is_adopted() {
    let (cluster, ours) = cluster(1).await;
    let theirs = within("a client", cluster.client()).await.unwrap();
    let gate = Gate::new().await;
    let future = theirs.submit(gated::task(gate.port(), "theirs", 5));
    // It may be given away at once: nothing of it has been sent.
    let adopted = within("the adoption", ours.adopt(&future)).await.unwrap();
    assert_eq!(adopted.key(), future.key());
    let error = within("the error", ours.submit(inc::task(&future)))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("client.adopt(&future)"),
        "{error}"
    );
    for error in [
        ours.retry(&future).await.unwrap_err(),
        ours.fire_and_forget(&future).unwrap_err(),
        ours.explain(&future).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Foreign { .. }), "{error}");
    }
    let arrived = gate.arrived().await;
    drop(future);
    theirs.close().await;
    arrived.let_through();
    let sum = ours.submit(inc::task(&adopted));
    assert_eq!(within("the result", sum).await.unwrap(), 6);
    assert_eq!(
        within("itself", ours.adopt(&adopted)).await.unwrap().key(),
        adopted.key()
    );

    let late = theirs.submit(inc::task(1));
    assert!(ours.adopt(&late).await.is_err());
}

#[tokio::test]
async fn a_future_of_another_cluster_is_refused() {
    let (_one, ours) = cluster(1).await;
    let (_other, theirs) = cluster(1).await;
    let future = theirs.submit(inc::task(1));
    for error in [
        ours.adopt(&future).await.unwrap_err(),
        within("the error", ours.submit(inc::task(&future)))
            .await
            .unwrap_err(),
        ours.retry(&future).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("another cluster"), "{error}");
        assert!(error.to_string().contains(&theirs.address()), "{error}");
    }
    // Waiting needs no more than the future itself.
    within("the end", ours.wait(&future)).await.unwrap();
    assert_eq!(within("the result", future).await.unwrap(), 2);
}

#[tokio::test]
async fn outputs_of_a_graph_have_names() {
    let (_cluster, client) = cluster(2).await;
    let mut graph = Graph::new();
    let one = graph.add(inc::task(0));
    let wide = graph.add(wide::task(&one));
    let outputs = NamedOutputs::new().with("one", &one).with("wide", &wide);
    let futures = within("the graph", client.submit_graph(graph, outputs))
        .await
        .unwrap();
    assert_eq!(futures.names().collect::<Vec<_>>(), ["one", "wide"]);
    let one = futures.get::<i64>("one").unwrap();
    assert_eq!(within("the result", one).await.unwrap(), 1);
    let wide = futures.get::<Vec<i64>>("wide").unwrap();
    drop(futures.clone());
    assert_eq!(within("the result", wide).await.unwrap().len(), 2_000);
    let error = futures.get::<i64>("two").unwrap_err();
    assert!(error.to_string().contains("one, wide"), "{error}");
    let error = futures.get::<String>("one").unwrap_err();
    assert!(error.to_string().contains("i64"), "{error}");

    let mut graph = Graph::new();
    let nodes: BTreeMap<i64, _> = (0..5).map(|x| (x, graph.add(inc::task(x)))).collect();
    let futures = within("the graph", client.submit_graph(graph, &nodes))
        .await
        .unwrap();
    for (x, future) in futures {
        assert_eq!(within("the result", future).await.unwrap(), x + 1);
    }
}

#[tokio::test]
async fn workers_may_be_a_preference() {
    let (cluster, client) = cluster(2).await;
    let anywhere = client.submit(place::task().workers(["nobody"]).or_any());
    within("the place", anywhere).await.unwrap();
    for worker in cluster.workers() {
        let at = client.submit(place::task().workers([worker.name.clone()]).or_any());
        assert_eq!(within("the place", at).await.unwrap(), worker.name);
    }
}
