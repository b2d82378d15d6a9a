//! What clients ask about data and workers, and have done beside scheduling.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::Gate;
use fixture::tasks::*;
use fixture::{builder, cluster, started, until, within};
use std::time::Duration;
use taskloom_client::{Client, TaskFuture};
use taskloom_cluster::LocalCluster;
use taskloom_task::{Error, TaskContext, task};

const MIB: usize = 1024 * 1024;

/// Its worker and its argument.
#[task(crate = taskloom_task, impure)]
fn greet(ctx: &TaskContext, word: String) -> String {
    format!("{word} from {}", ctx.worker())
}

#[task(crate = taskloom_task, impure)]
fn odd_name(ctx: &TaskContext) -> Result<u32, String> {
    let digit = ctx.worker().chars().last().and_then(|c| c.to_digit(10));
    match digit {
        Some(digit) if digit % 2 == 1 => Ok(digit),
        _ => Err(format!("{} is not odd", ctx.worker())),
    }
}

fn names(cluster: &LocalCluster) -> Vec<String> {
    let workers = cluster.workers().into_iter();
    workers.map(|worker| worker.name).collect()
}

async fn holders<T>(client: &Client, future: &TaskFuture<T>) -> Vec<String> {
    let lists = within("the holders", client.who_has(future)).await.unwrap();
    let mut workers = lists[0].workers.clone();
    workers.sort();
    workers
}

async fn blob_on(client: &Client, worker: &str, fill: u8) -> TaskFuture<Vec<u8>> {
    let blob = client.submit(blob::task(MIB, fill).workers([worker]));
    within("the blob", blob.done()).await;
    blob
}

#[tokio::test]
async fn values_and_tasks_are_found_where_they_are() {
    let (cluster, client) = cluster(2).await;
    let names = names(&cluster);
    let blob = blob_on(&client, &names[1], 1).await;
    let small = within("the scatter", client.scatter(7_i64).workers([&names[0]]))
        .await
        .unwrap();
    let gate = Gate::new().await;
    let running = client.submit(gated::task(gate.port(), "x", 1).workers([&names[0]]));
    let arrived = gate.arrived().await;

    assert_eq!(holders(&client, &blob).await, [names[1].clone()]);
    let lists = within("the holders", client.who_has((&running, &small, &blob)))
        .await
        .unwrap();
    assert!(lists[0].workers.is_empty() && lists[0].nbytes == 0);
    assert_eq!(lists[1].workers, [names[0].clone()]);
    let sizes = within("the sizes", client.nbytes((&blob, &running)))
        .await
        .unwrap();
    assert!(sizes[0] >= MIB as u64 && sizes[1] == 0, "{sizes:?}");

    let contents = within("the contents", client.has_what()).await.unwrap();
    let of = |at: usize| {
        let found = contents.iter().find(|worker| worker.worker == names[at]);
        found.unwrap()
    };
    assert_eq!(of(1).count, 1);
    assert_eq!(of(1).keys, [(blob.key(), sizes[0])]);
    assert_eq!(of(0).keys[0].0, small.key());
    let busy = client.processing().workers([&names[0]]);
    let busy = within("the tasks", busy).await.unwrap();
    assert_eq!(busy.len(), 1);
    assert_eq!(busy[0].keys, [(running.key(), 0)]);

    let workers = within("the workers", client.workers()).await.unwrap();
    assert_eq!(workers.len(), 2);
    assert_eq!(workers[0].processing + workers[1].processing, 1);
    assert!(workers[1].stored_bytes >= MIB as u64);
    // An address names a worker as its name does.
    let by_address = client.has_what().workers([&workers[1].address]);
    let by_address = within("the contents", by_address).await.unwrap();
    assert_eq!(by_address[0].worker, workers[1].name);
    arrived.let_through();
    within("the end", running).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_is_not_there_is_named_with_those_that_are() {
    let (_cluster, client) = cluster(1).await;
    let error = within("the answer", client.has_what().workers(["nobody"]))
        .await
        .unwrap_err();
    let Error::Refused(text) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(
        text,
        "no worker named nobody is connected; there are worker-0"
    );
}

#[tokio::test]
async fn copies_are_made_as_many_as_wanted() {
    let (cluster, client) = cluster(5).await;
    let names = names(&cluster);
    let blob = blob_on(&client, &names[0], 3).await;
    let made = within("the copies", client.replicate(&blob).copies(3))
        .await
        .unwrap();
    assert_eq!(made, 2);
    assert_eq!(holders(&client, &blob).await.len(), 3);
    let made = within("the copies", client.replicate(&blob)).await.unwrap();
    assert_eq!(made, 2);
    assert_eq!(holders(&client, &blob).await, names);
    assert_eq!(
        within("the copies", client.replicate(&blob)).await.unwrap(),
        0
    );
    // They are copies: the value outlives its maker, without being computed again.
    cluster.kill_worker(0).unwrap();
    until(&client, "the loss", |identity| identity.workers.len() == 4).await;
    assert_eq!(holders(&client, &blob).await.len(), 4);
    assert_eq!(within("the value", &blob).await.unwrap(), vec![3; MIB]);
    drop(blob);
    until(&client, "the release", |identity| {
        identity.workers.iter().all(|worker| worker.stored == 0)
    })
    .await;
}

#[tokio::test]
async fn replicating_waits_for_tasks_and_passes_their_errors_on() {
    let (_cluster, client) = cluster(2).await;
    let gate = Gate::new().await;
    let slow = client.submit(gated_blob::task(gate.port(), "x", MIB));
    let copying = tokio::spawn({
        let (client, slow) = (client.clone(), slow.clone());
        async move { client.replicate(&slow).copies(2).await }
    });
    gate.arrived().await.let_through();
    assert_eq!(within("the copy", copying).await.unwrap().unwrap(), 1);
    let failing = client.submit(explode::task(0));
    let error = within("the error", client.replicate(&failing))
        .await
        .unwrap_err();
    assert!(error.is_task_failure(), "{error}");
    let error = within("the error", client.replicate(&slow).copies(3))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: cannot keep 3 copies on 2 workers"
    );
    let error = within("the error", client.replicate(&slow).copies(0))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
}

#[tokio::test]
async fn values_move_until_workers_hold_as_much() {
    let (cluster, client) = cluster(3).await;
    let names = names(&cluster);
    let mut blobs = Vec::new();
    for fill in 0..9 {
        blobs.push(blob_on(&client, &names[0], fill).await);
    }
    let moved = within("the moves", client.rebalance()).await.unwrap();
    assert_eq!(moved, 6);
    let workers = within("the workers", client.workers()).await.unwrap();
    let most = workers.iter().map(|worker| worker.stored_bytes).max();
    let least = workers.iter().map(|worker| worker.stored_bytes).min();
    assert_eq!(most, least);
    for (fill, blob) in blobs.iter().enumerate() {
        assert_eq!(holders(&client, blob).await.len(), 1);
        let value = within("the value", blob).await.unwrap();
        assert_eq!(value, vec![fill as u8; MIB]);
    }
    assert_eq!(within("the moves", client.rebalance()).await.unwrap(), 0);
    // What moved serves tasks from where it lies now.
    let counts: Vec<_> = blobs
        .iter()
        .map(|blob| client.submit(count::task(blob, 8)))
        .collect();
    let counts = within("the counts", client.gather(&counts)).await.unwrap();
    assert_eq!(counts.iter().sum::<usize>(), MIB);
}

#[tokio::test]
async fn a_value_moves_while_a_task_uses_it() {
    let (cluster, client) = cluster(2).await;
    let names = names(&cluster);
    let mut blobs = Vec::new();
    for fill in 0..4 {
        blobs.push(blob_on(&client, &names[0], fill).await);
    }
    let gate = Gate::new().await;
    let user = client.submit(gated_count::task(gate.port(), "x", &blobs).workers([&names[0]]));
    let arrived = gate.arrived().await;
    let moved = client.rebalance().futures(&blobs);
    assert_eq!(within("the moves", moved).await.unwrap(), 2);
    arrived.let_through();
    assert_eq!(within("the count", user).await.unwrap(), 4 * MIB);
}

#[tokio::test]
async fn an_operation_runs_on_workers_outside_scheduling() {
    let (cluster, client) = cluster(3).await;
    let names = names(&cluster);
    // Their only threads are taken.
    let gate = Gate::new().await;
    let busy: Vec<_> = names
        .iter()
        .map(|name| client.submit(gated::task(gate.port(), name, 1).workers([name])))
        .collect();
    let mut arrived = Vec::new();
    for _ in &busy {
        arrived.push(gate.arrived().await);
    }
    let answers = within("the answers", client.run(greet::task("hello")))
        .await
        .unwrap();
    let answers: Vec<_> = answers
        .into_iter()
        .map(|(worker, answer)| (worker, answer.unwrap()))
        .collect();
    let wanted = names
        .iter()
        .map(|name| (name.clone(), format!("hello from {name}")));
    assert_eq!(answers, wanted.collect::<Vec<_>>());
    let some = client.run(odd_name::task()).workers(&names[1..]);
    let some = within("the answers", some).await.unwrap();
    assert_eq!(some.len(), 2);
    assert_eq!(*some[0].1.as_ref().unwrap(), 1);
    let failure = some[1].1.as_ref().unwrap_err();
    assert!(failure.is_task_failure(), "{failure}");
    let text = failure.to_string();
    assert!(text.contains("worker-2 is not odd"), "{text}");
    drop(arrived);
    within("the end", client.gather(&busy)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_run_outside_scheduling_is_refused() {
    let (_cluster, client) = cluster(0).await;
    let error = within("the error", client.run(inc::task(1)))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("no worker is connected"), "{text}");
    let future = client.submit(inc::task(1));
    let error = within("the error", client.run(inc::task(&future)))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("futures cannot be its arguments"), "{text}");
}

#[tokio::test]
async fn waiting_for_workers_ends_when_they_are_there_or_the_time_is_over() {
    let (cluster, client) = cluster(1).await;
    let there = within("the worker", client.wait_for_workers(1))
        .await
        .unwrap();
    assert_eq!(there[0].name, "worker-0");
    let waiting = client
        .wait_for_workers(3)
        .timeout(Duration::from_millis(20));
    let error = within("the end of the wait", waiting).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(text, "waiting for 3 workers took longer than 20ms");
    // Nobody remembers a question that was given up.
    until(&client, "the withdrawal", |identity| {
        identity.tables.questions == 0
    })
    .await;
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.wait_for_workers(3).await }
    });
    cluster.add_worker().await.unwrap();
    cluster.add_worker().await.unwrap();
    let there = within("the workers", waiting).await.unwrap().unwrap();
    assert_eq!(there.len(), 3);
}

#[tokio::test]
async fn a_retired_worker_ends_its_tasks_and_hands_on_its_data() {
    let (cluster, client) = cluster(3).await;
    let names = names(&cluster);
    let blob = blob_on(&client, &names[1], 5).await;
    let gate = Gate::new().await;
    let running = client.submit(gated::task(gate.port(), "x", 4).workers([&names[1]]));
    let arrived = gate.arrived().await;
    let retiring = tokio::spawn({
        let (client, name) = (client.clone(), names[1].clone());
        async move { client.retire_workers([name]).await }
    });
    until(&client, "the leaving", |identity| {
        identity.workers.iter().any(|worker| worker.leaving)
    })
    .await;
    // It is there as long as its task runs.
    assert_eq!(
        within("the identity", client.identity())
            .await
            .unwrap()
            .workers
            .len(),
        3
    );
    arrived.let_through();
    assert_eq!(within("the end", retiring).await.unwrap().unwrap(), 1);
    assert_eq!(within("the result", running).await.unwrap(), 4);
    let left = within("the workers", client.workers()).await.unwrap();
    assert_eq!(left.len(), 2);
    let runs = holders(&client, &blob).await;
    assert!(runs.len() == 1 && runs[0] != names[1], "{runs:?}");
    assert_eq!(within("the value", &blob).await.unwrap(), vec![5; MIB]);
}

#[tokio::test]
async fn nobody_is_retired_by_mistake() {
    let (_cluster, client) = cluster(1).await;
    let nobody: [&str; 0] = [];
    let error = within("the answer", client.retire_workers(nobody))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no worker is named"), "{error}");
    // One name is wrong: the others stay too.
    let error = within(
        "the answer",
        client.retire_workers(["worker-0", "worker-7"]),
    )
    .await
    .unwrap_err();
    assert!(error.to_string().contains("worker-7"), "{error}");
    assert_eq!(
        within("the workers", client.workers()).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn restarted_workers_come_back_with_empty_hands() {
    let (cluster, client) = cluster(2).await;
    let names = names(&cluster);
    let blob = blob_on(&client, &names[0], 6).await;
    let scattered = client.scatter(vec![1_u8; MIB]).workers([&names[0]]);
    let scattered = within("the scatter", scattered).await.unwrap();
    let restarted = client.restart_workers().workers([&names[0]]);
    assert_eq!(within("the restart", restarted).await.unwrap(), 1);
    let there = within("the workers", client.workers()).await.unwrap();
    assert_eq!(there.len(), 2);
    // It is computed again, and the data are supplied again.
    assert_eq!(within("the value", &blob).await.unwrap(), vec![6; MIB]);
    let counted = client.submit(count::task(&scattered, 1));
    assert_eq!(within("the count", counted).await.unwrap(), MIB);
    let all = within("the restart", client.restart_workers()).await;
    assert_eq!(all.unwrap(), 2);
    let sum = client.submit(add::task(1, 2));
    assert_eq!(within("the sum", sum).await.unwrap(), 3);
}

#[tokio::test]
async fn a_client_ends_the_whole_cluster() {
    let (cluster, client) = cluster(2).await;
    let other = within("the connection", cluster.client()).await.unwrap();
    let pending = other.submit(until_cancelled_by_nobody::task());
    within("the end", client.shutdown()).await.unwrap();
    let error = within("the error", pending).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("shut the cluster down"), "{text}");
    let error = within("the error", client.workers()).await.unwrap_err();
    assert!(matches!(error, Error::Closed(_)), "{error}");
    within("the end of the rest", cluster.close())
        .await
        .unwrap();
}

#[task(crate = taskloom_task, impure)]
async fn until_cancelled_by_nobody(ctx: &TaskContext) -> i64 {
    ctx.cancelled().await;
    0
}

#[tokio::test]
async fn questions_without_an_answer_end_with_the_session() {
    let (_cluster, client) = started(builder().workers(1)).await;
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.wait_for_workers(9).await }
    });
    // It is asked before the session is closed, as both are said in order.
    within("an answer", client.workers()).await.unwrap();
    within("the close", client.close()).await;
    let error = within("the error", waiting).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Closed(_)), "{error}");
}

#[test]
fn threads_that_may_block_ask_and_steer_too() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cluster = runtime
        .block_on(async { within("the start", builder().workers(2).start()).await })
        .unwrap();
    let client = cluster.blocking_client().unwrap();
    let patience = Duration::from_secs(60);
    let workers = client.wait_for_workers(2).timeout(patience).wait().unwrap();
    assert_eq!(workers.len(), client.workers().unwrap().len());
    let first = workers[0].name.clone();
    let blob = client
        .scatter(vec![1_u8; MIB])
        .workers([&first])
        .place()
        .unwrap();
    assert_eq!(client.replicate(&blob).copies(2).wait().unwrap(), 1);
    assert_eq!(client.who_has(&blob).unwrap()[0].workers.len(), 2);
    assert!(client.nbytes(&blob).unwrap()[0] >= MIB as u64);
    assert_eq!(client.rebalance().futures(&blob).wait().unwrap(), 0);
    let contents = client.has_what().workers([&first]).wait().unwrap();
    assert_eq!(contents[0].keys[0].0, blob.key());
    assert_eq!(client.processing().wait().unwrap()[0].count, 0);
    let answers = client
        .run(greet::task("hi"))
        .timeout(patience)
        .wait()
        .unwrap();
    assert_eq!(answers.len(), 2);
    let restarted = client.restart_workers().workers([&first]).timeout(patience);
    assert_eq!(restarted.wait().unwrap(), 1);
    let retired = client.retire_workers([&first]).timeout(patience);
    assert_eq!(retired.wait().unwrap(), 1);
    client.shutdown().unwrap();
    assert!(client.workers().is_err());
}

#[tokio::test]
async fn futures_of_another_client_are_to_be_adopted_first() {
    let (cluster, client) = cluster(1).await;
    let other = within("the connection", cluster.client()).await.unwrap();
    let theirs = within("the scatter", other.scatter(1_i64)).await.unwrap();
    let error = within("the error", client.who_has(&theirs))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("adopt"), "{error}");
}

#[tokio::test]
async fn values_are_copied_and_moved_while_tasks_use_them_and_workers_restart() {
    let (cluster, client) = cluster(4).await;
    let names = names(&cluster);
    for (round, restarted) in names.into_iter().take(3).enumerate() {
        let blobs = client.map(0..12_u8, |fill| blob::task(MIB / 8 + round, fill));
        let blobs = within("the map", blobs).await.unwrap();
        let counts: Vec<_> = (0..8)
            .flat_map(|_| blobs.iter().zip(0_u8..))
            .map(|(blob, fill)| client.submit(count::task(blob, fill).pure(false)))
            .collect();
        let steering = tokio::spawn({
            let (client, blobs) = (client.clone(), blobs.clone());
            async move {
                for _ in 0..3 {
                    // What a restart takes away while it is copied is told as missing.
                    let _ = client.replicate(&blobs[..4]).copies(2).await;
                    let _ = client.rebalance().await;
                }
                client.restart_workers().workers([restarted]).await
            }
        });
        for count in within("the counts", client.gather(&counts)).await.unwrap() {
            assert_eq!(count, MIB / 8 + round);
        }
        assert_eq!(within("the restart", steering).await.unwrap().unwrap(), 1);
        for (blob, fill) in blobs.iter().zip(0_u8..) {
            let value = within("the value", blob).await.unwrap();
            assert!(value.iter().all(|&byte| byte == fill));
        }
    }
    until(&client, "the release", |identity| {
        identity.workers.iter().all(|worker| worker.stored == 0)
    })
    .await;
}
