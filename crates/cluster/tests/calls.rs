//! What a client asks for and gets: calls, graphs, parts, errors, cancellation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::Gate;
use fixture::tasks::*;
use fixture::{builder, cluster, started, until, within};
use taskloom_client::{Error, Graph};
use taskloom_core::ErrorCode;
use taskloom_task::Status;

#[tokio::test]
async fn a_call_gives_its_result() {
    let (_cluster, client) = cluster(2).await;
    let a = client.submit(inc::task(1));
    let b = client.submit(add::task(&a, 10));
    assert_eq!(within("the result", &b).await.unwrap(), 12);
    assert_eq!(within("the result", &b).await.unwrap(), 12);
    assert_eq!(b.status(), Status::Finished);
    assert_eq!(
        within("the result", client.submit(later::task(b)))
            .await
            .unwrap(),
        24
    );
}

#[tokio::test]
async fn a_map_gives_all_results_in_order() {
    let (_cluster, client) = cluster(2).await;
    let futures = within("the map", client.map(0..2_000, inc::task))
        .await
        .unwrap();
    let results = within("the results", client.gather(&futures))
        .await
        .unwrap();
    assert_eq!(results, (1..=2_000).collect::<Vec<i64>>());
    let sum = client.submit(total::task(&futures));
    assert_eq!(within("the sum", sum).await.unwrap(), 2_001_000);
}

#[tokio::test]
async fn a_graph_shares_its_inputs() {
    let (_cluster, client) = cluster(2).await;
    let mut graph = Graph::new();
    let root = graph.add(inc::task(0));
    let middle: Vec<_> = (0..50).map(|i| graph.add(add::task(&root, i))).collect();
    let pairs: Vec<_> = middle
        .windows(2)
        .map(|pair| graph.add(add::task(&pair[0], &pair[1])))
        .collect();
    let sum = graph.add(total::task(&pairs));
    let sum = within("the graph", client.submit_graph(graph, sum))
        .await
        .unwrap();
    let expected: i64 = (0..49).map(|i| (1 + i) + (2 + i)).sum();
    assert_eq!(within("the sum", sum).await.unwrap(), expected);
}

#[tokio::test]
async fn a_long_chain_ends() {
    let (_cluster, client) = cluster(2).await;
    let mut graph = Graph::new();
    let mut last = graph.add(inc::task(0));
    for _ in 1..1_000 {
        last = graph.add(inc::task(last));
    }
    let last = within("the graph", client.submit_graph(graph, last))
        .await
        .unwrap();
    assert_eq!(within("the end of the chain", last).await.unwrap(), 1_000);
}

#[tokio::test]
async fn parts_of_results_are_inputs() {
    let (_cluster, client) = cluster(2).await;
    let numbers = client.submit(range::task(100));
    let one = client.submit(inc::task(numbers.element(41)));
    assert_eq!(within("the part", one).await.unwrap(), 42);
    assert_eq!(within("the part", numbers.element(7)).await.unwrap(), 7);
    let (quotient, rest) = client.submit(divide::task(17, 5)).split();
    let back = client.submit(add::task(&quotient, &rest));
    assert_eq!(within("the parts", back).await.unwrap(), 5);
    let beyond = client.submit(inc::task(numbers.element(100)));
    let error = within("the error", beyond).await.unwrap_err();
    assert!(error.failure().is_some(), "{error}");
}

#[tokio::test]
async fn large_inputs_and_lists_are_borrowed() {
    let (_cluster, client) = cluster(2).await;
    let bytes = client.submit(blob::task(300_000, 7));
    assert_eq!(
        within("the count", client.submit(count::task(&bytes, 7)))
            .await
            .unwrap(),
        300_000
    );
    let texts = vec!["a".to_owned(), "bc".to_owned()];
    assert_eq!(
        within("the sum", client.submit(lengths::task(texts)))
            .await
            .unwrap(),
        3
    );
}

#[tokio::test]
async fn an_error_reaches_dependents_with_its_chain_and_the_task_to_blame() {
    let (_cluster, client) = cluster(2).await;
    let bad = client.submit(fit::task(-1).key("fit-minus-one"));
    let after = client.submit(add::task(inc_of(&client, &bad), 1));
    let error = within("the error", after).await.unwrap_err();
    assert!(error.is_task_failure(), "{error}");
    let failure = error.failure().unwrap();
    assert_eq!(failure.code, ErrorCode::Task);
    assert_eq!(failure.key, "fit-minus-one");
    assert_eq!(failure.message, "cannot fit");
    assert_eq!(failure.chain, ["singular matrix"]);
    assert!(failure.worker.starts_with("worker-"), "{}", failure.worker);
    assert!(failure.operation.contains("fit"), "{}", failure.operation);
    assert!(
        error.to_string().contains("cannot fit: singular matrix"),
        "{error}"
    );
    within("the end", bad.done()).await;
    assert_eq!(bad.status(), Status::Erred);
    // The cluster goes on.
    assert_eq!(
        within("the result", client.submit(fit::task(3)))
            .await
            .unwrap(),
        3
    );
}

fn inc_of(
    client: &taskloom_client::Client,
    of: &taskloom_client::TaskFuture<i64>,
) -> taskloom_client::TaskFuture<i64> {
    client.submit(inc::task(of))
}

#[tokio::test]
async fn a_panic_is_an_error_with_its_place() {
    let (_cluster, client) = cluster(1).await;
    let error = within("the error", client.submit(explode::task(0)))
        .await
        .unwrap_err();
    let failure = error.failure().unwrap();
    assert_eq!(failure.code, ErrorCode::Panic);
    assert!(failure.message.contains("x is zero"), "{failure}");
    assert!(
        failure.place.as_ref().unwrap().contains("tasks.rs"),
        "{failure}"
    );
    // The thread that it ran on still works.
    assert_eq!(
        within("the result", client.submit(explode::task(1)))
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn what_has_not_started_is_cancelled() {
    let (_cluster, client) = cluster(1).await;
    let gate = Gate::new().await;
    let running = client.submit(gated::task(gate.port(), "running", 1));
    let arrived = gate.arrived().await;
    let queued = client.submit(gated::task(gate.port(), "queued", 2));
    let dependent = client.submit(inc::task(&queued));
    queued.cancel();
    let error = within("the cancellation", &queued).await.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert_eq!(queued.status(), Status::Cancelled);
    assert!(
        within("the dependent", dependent)
            .await
            .unwrap_err()
            .is_cancelled()
    );
    arrived.let_through();
    assert_eq!(within("the result", running).await.unwrap(), 1);
    // Had it run, it would be at the gate.
    let next = client.submit(gated::task(gate.port(), "next", 3));
    assert_eq!(gate.arrived().await.word, "next");
    assert_eq!(within("the result", next).await.unwrap(), 3);
}

#[tokio::test]
async fn what_runs_is_told_of_its_cancellation() {
    let (_cluster, client) = cluster(1).await;
    let gate = Gate::new().await;
    let running = client.submit(until_cancelled::task(gate.port()));
    gate.arrived().await.let_through();
    running.cancel();
    assert_eq!(gate.arrived().await.word, "cancelled");
    assert!(
        within("the cancellation", running)
            .await
            .unwrap_err()
            .is_cancelled()
    );
}

#[tokio::test]
async fn a_key_with_other_content_is_refused() {
    let (_cluster, client) = cluster(1).await;
    let first = client.submit(inc::task(1).key("mine"));
    assert_eq!(within("the result", &first).await.unwrap(), 2);
    let same = client.submit(inc::task(1).key("mine"));
    assert_eq!(within("the result", same).await.unwrap(), 2);
    let other = client.submit(inc::task(2).key("mine"));
    let error = within("the refusal", other).await.unwrap_err();
    assert_eq!(
        error.failure().unwrap().code,
        ErrorCode::DuplicateKey,
        "{error}"
    );
    assert!(error.to_string().contains("mine"), "{error}");
}

#[tokio::test]
async fn tasks_run_where_they_may() {
    let (cluster, client) = cluster(3).await;
    for worker in cluster.workers() {
        let at = client.submit(place::task().workers([worker.name.clone()]));
        assert_eq!(within("the place", at).await.unwrap(), worker.name);
    }
}

#[tokio::test]
async fn resources_are_reserved() {
    let (_cluster, client) = started(builder().workers(1).threads(3).resource("GPU", 1.0)).await;
    let gate = Gate::new().await;
    let gpu = |word: &str| gated::task(gate.port(), word, 1).resource("GPU", 0.6);
    let first = client.submit(gpu("first").priority(1));
    let arrived = gate.arrived().await;
    assert_eq!(arrived.word, "first");
    let second = client.submit(gpu("second"));
    let free = client.submit(gated::task(gate.port(), "free", 1));
    // There is a thread for each of them, but not enough of the resource.
    let other = gate.arrived().await;
    assert_eq!(other.word, "free");
    arrived.let_through();
    assert_eq!(gate.arrived().await.word, "second");
    other.let_through();
    for future in [first, second, free] {
        assert_eq!(within("the result", future).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn many_clients_work_at_once() {
    let (cluster, watcher) = cluster(2).await;
    let mut working = tokio::task::JoinSet::new();
    for number in 0..16_i64 {
        let client = cluster.client().await.unwrap();
        working.spawn(async move {
            let from = number * 1_000;
            let futures = client.map(from..from + 200, inc::task).await.unwrap();
            let sum = client.submit(total::task(&futures)).await.unwrap();
            assert_eq!(sum, (from..from + 200).map(|x| x + 1).sum::<i64>());
        });
    }
    within("all clients", async {
        while let Some(worked) = working.join_next().await {
            worked.unwrap();
        }
    })
    .await;
    until(&watcher, "the end of all sessions", |identity| {
        identity.clients == 1
    })
    .await;
}

#[tokio::test]
async fn two_clients_share_a_task_until_both_let_go() {
    let (cluster, one) = cluster(1).await;
    let other = cluster.client().await.unwrap();
    let gate = Gate::new().await;
    let known = one.submit(inc::task(1));
    within("the result", &known).await.unwrap();
    let mine = one.submit(gated::task(gate.port(), "shared", 5));
    let arrived = gate.arrived().await;
    let theirs = other.submit(gated::task(gate.port(), "shared", 5));
    // The answer to a later wish says that the scheduler has taken in the one before it.
    within("the known result", other.submit(inc::task(1)))
        .await
        .unwrap();
    drop(mine);
    arrived.let_through();
    assert_eq!(within("the result", theirs).await.unwrap(), 5);
}

#[test]
fn programs_without_async_work_too() {
    let cluster = builder().workers(2).start_blocking().unwrap();
    let client = cluster.blocking_client().unwrap();
    let futures = client.map(0..100, inc::task).unwrap();
    let sum = client.submit(total::task(&futures));
    assert_eq!(sum.result().unwrap(), 5_050);
    assert_eq!(client.identity().unwrap().workers.len(), 2);
}

#[tokio::test]
async fn one_line_is_enough() {
    let client = within("the start", taskloom_cluster::local())
        .await
        .unwrap();
    assert_eq!(
        within("the result", client.submit(inc::task(1)))
            .await
            .unwrap(),
        2
    );
}

#[tokio::test]
async fn child_processes_need_the_line_in_main() {
    let error = builder().processes(true).start().await.unwrap_err();
    assert!(error.to_string().contains("taskloom::init()"), "{error}");
    let error = Error::from(error);
    assert!(error.to_string().contains("taskloom::init()"), "{error}");
}
