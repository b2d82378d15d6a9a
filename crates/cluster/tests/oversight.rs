//! What a client hears about its tasks beside results, and how it steers them: time that ran out,
//! explanations, jobs, lines that were printed; and the same without async.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::{Gate, wait_at};
use fixture::tasks::*;
use fixture::{builder, cluster, started, within};
use futures::StreamExt;
use std::time::Duration;
use taskloom_client::{Client, TaskFuture};
use taskloom_core::ErrorCode;
use taskloom_task::{Status, TaskContext, TaskValue, task, task_println};

/// Ends when it is told to.
#[task(crate = taskloom_task)]
async fn forever(ctx: &TaskContext) -> i64 {
    ctx.cancelled().await;
    1
}

/// Prints two lines and logs one.
#[task(crate = taskloom_task)]
fn talk(word: &str) -> i64 {
    task_println!("{word} begins");
    tracing::warn!("{word} is nearly done");
    task_println!("{word} ends");
    1
}

/// Says that it runs, and goes on when it is let through; knows nothing of cancellation.
#[task(crate = taskloom_task)]
fn deaf(ctx: &TaskContext, port: u16, word: &str) -> i64 {
    wait_at(port, ctx.worker(), word);
    1
}

async fn explained<T: TaskValue>(
    client: &Client,
    future: &TaskFuture<T>,
    state: &str,
) -> taskloom_client::Explanation {
    within(state, async {
        loop {
            let explanation = client.explain(future).await.unwrap();
            if explanation.state == state {
                return explanation;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_an_error_of_its_own() {
    let (_cluster, client) = cluster(1).await;
    let limit = Duration::from_millis(50);
    let late = client.submit(forever::task().timeout(limit));
    let error = within("the end of its time", &late).await.unwrap_err();
    assert!(error.is_timed_out(), "{error}");
    assert!(!error.is_task_failure() && !error.is_cancelled() && !error.is_lost());
    assert!(error.to_string().contains("50ms"), "{error}");
    assert_eq!(late.status(), Status::TimedOut);
    assert_eq!(error.code(), Some(ErrorCode::TimedOut));

    // A thread that does not listen keeps nobody waiting for its task.
    let gate = Gate::new().await;
    let deaf = client.submit(deaf::task(gate.port(), "deaf").timeout(limit));
    let arrived = gate.arrived().await;
    let error = within("the end of its time", deaf).await.unwrap_err();
    assert!(error.is_timed_out(), "{error}");
    arrived.let_through();

    let call = forever::task().timeout(limit).pure(false);
    let again = client.submit(call.retries(1).backoff(Duration::ZERO));
    let error = within("the end of its time", again).await.unwrap_err();
    assert!(error.is_timed_out(), "{error}");
    assert!(!error.story().is_empty(), "{error}");
    let quick = client.submit(inc::task(1).timeout(Duration::from_secs(3_600)));
    assert_eq!(within("the result", quick).await.unwrap(), 2);
}

#[tokio::test]
async fn a_client_learns_why_its_task_is_not_running() {
    let (_cluster, client) = started(builder().workers(1).threads(1)).await;
    let gate = Gate::new().await;
    let nowhere = client.submit(place::task().workers(["nobody"]).label("lonely"));
    // The question is asked behind the task, and answered when the task has its place.
    let explanation = within("the answer", client.explain(&nowhere))
        .await
        .unwrap();
    assert_eq!(explanation.state, "no-worker", "{explanation}");
    assert!(explanation.to_string().contains("nobody"), "{explanation}");
    assert!(explanation.to_string().contains("lonely"), "{explanation}");
    let hungry = client.submit(place::task().resource("GPU", 1.0));
    let explanation = explained(&client, &hungry, "no-worker").await;
    assert!(explanation.to_string().contains("GPU"), "{explanation}");

    let running = client.submit(gated::task(gate.port(), "running", 1));
    let arrived = gate.arrived().await;
    let after = client.submit(inc::task(&running));
    let explanation = explained(&client, &running, "processing").await;
    assert_eq!(explanation.workers.len(), 1, "{explanation}");
    let explanation = within("the answer", client.explain(&after)).await.unwrap();
    assert!(
        ["waiting", "assigned"].contains(&&*explanation.state),
        "{explanation}"
    );
    assert!(!explanation.reasons.is_empty(), "{explanation}");
    arrived.let_through();
    within("the end", after.done()).await;
    let explanation = within("the answer", client.explain(&after)).await.unwrap();
    assert_eq!(explanation.state, "memory");
    let bad = client.submit(explode::task(0));
    within("the end", bad.done()).await;
    let explanation = within("the answer", client.explain(&bad)).await.unwrap();
    assert!(
        explanation.to_string().contains("x is zero"),
        "{explanation}"
    );

    let refused = client.submit(inc::task(1).key("one"));
    let clash = client.submit(inc::task(2).key("one"));
    within("both", client.wait((&refused, &clash)))
        .await
        .unwrap();
    let error = client.explain(&clash).await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn jobs_are_paused_capped_and_cancelled() {
    let (cluster, watcher) = started(builder().workers(1).threads(4)).await;
    let report = within(
        "a client",
        Client::builder(cluster.address()).job("report").connect(),
    )
    .await
    .unwrap();
    let gate = Gate::new().await;
    let job = watcher.job("report");
    assert_eq!(job.name(), "report");
    within("the pause", job.pause()).await.unwrap();
    within("the weight", job.weight(2.5)).await.unwrap();
    let words = ["a", "b", "c"];
    let futures: Vec<_> = words
        .iter()
        .map(|word| report.submit(gated::task(gate.port(), *word, 1)))
        .collect();
    let explanation = explained(&report, &futures[0], "queued").await;
    assert!(
        explanation.to_string().contains("report is paused"),
        "{explanation}"
    );
    // Others go on, also by a client of that job that counts them elsewhere.
    let other = report.submit(inc::task(1).job("other"));
    assert_eq!(within("the result", other).await.unwrap(), 2);
    let summary = within("the list", job.summary()).await.unwrap().unwrap();
    assert!(summary.paused);
    assert_eq!(
        (summary.weight, summary.running, summary.tasks),
        (2_500, 0, 3)
    );

    within("the cap", job.cap(1)).await.unwrap();
    within("the end of the pause", job.resume()).await.unwrap();
    let first = gate.arrived().await;
    let summary = within("the list", job.summary()).await.unwrap().unwrap();
    assert_eq!(
        (summary.cap, summary.running, summary.queued),
        (Some(1), 1, 2)
    );
    within("the end of the cap", job.uncap()).await.unwrap();
    let rest = [gate.arrived().await, gate.arrived().await];
    let names = within("the list", watcher.jobs()).await.unwrap();
    assert!(names.iter().any(|job| job.job == "report"), "{names:?}");

    let cancelled = within("the cancellation", job.cancel()).await.unwrap();
    assert_eq!(cancelled, 3);
    for future in &futures {
        let error = within("the end", future).await.unwrap_err();
        assert!(error.is_cancelled(), "{error}");
    }
    assert!(
        within("nothing", watcher.job("unheard-of").summary())
            .await
            .unwrap()
            .is_none()
    );
    first.let_through();
    rest.into_iter().for_each(|arrived| arrived.let_through());
}

#[tokio::test]
async fn what_tasks_print_reaches_those_who_listen() {
    let (cluster, client) = cluster(1).await;
    let other = within("a client", cluster.client()).await.unwrap();
    // Nobody listens: nothing is kept for later.
    within("silence", client.submit(talk::task("unheard")))
        .await
        .unwrap();
    let mut logs = client.logs();
    let mut elsewhere = other.logs();
    let talk = client.submit(talk::task("heard").key("talking"));
    let mut lines = Vec::new();
    while lines.len() < 2 {
        let line = within("a line", logs.next()).await.unwrap();
        assert_eq!(line.key.as_str(), "talking");
        assert!(line.worker.starts_with("worker-"), "{}", line.worker);
        // Whether events are heard too is for the program to set up.
        if line.level == 0 {
            lines.push(line.text);
        }
    }
    assert_eq!(lines, ["heard begins", "heard ends"]);
    assert_eq!(within("the result", talk).await.unwrap(), 1);
    assert_eq!(logs.missed(), 0);
    client.close().await;
    assert!(
        within(
            "the end",
            logs.by_ref()
                .filter(|line| {
                    let printed = line.level == 0;
                    async move { printed }
                })
                .count()
        )
        .await
            == 0
    );
    // Whose tasks they were not hears nothing of them.
    other.close().await;
    assert!(within("the end", elsewhere.next()).await.is_none());
}

#[test]
fn all_of_it_works_without_async() {
    let cluster = builder().workers(2).start_blocking().unwrap();
    let client = cluster.blocking_client().unwrap();
    let second = Duration::from_secs(60);
    let sums = client.map2(0..10, 0..10, add::task).unwrap();
    client.wait_timeout(&sums, second).unwrap();
    client.wait((&sums[0], &sums[1])).unwrap();
    assert!(!client.wait_any(&sums).unwrap().is_empty());
    assert!(!client.wait_any_timeout(&sums, second).unwrap().is_empty());
    let mut done = client.as_completed(&sums);
    done.push(client.submit(inc::task(9)));
    let mut total = 0;
    for next in done.by_ref() {
        let (_, result) = next.unwrap();
        total += result.unwrap();
    }
    assert_eq!((total, done.left()), (100, 0));
    let bad = client.submit(fit::task(-1));
    let futures = [bad.clone(), client.submit(fit::task(1))];
    assert!(client.gather(&futures).is_err());
    assert_eq!(client.gather_good(&futures).unwrap(), [1]);
    client.retry(&bad).unwrap();
    assert!(bad.result().unwrap_err().is_task_failure());
    assert!(client.explain(&bad).unwrap().to_string().contains("fit"));
    client
        .fire_and_forget(client.submit(inc::task(77)))
        .unwrap();
    client.cancel(&futures);

    let known = client.future_of::<i64>(sums[3].key().as_str());
    assert_eq!(known.result().unwrap(), 6);
    let other = cluster.blocking_client().unwrap();
    let adopted = other.adopt(&sums[4]).unwrap();
    assert_eq!(adopted.result().unwrap(), 8);
    let job = client.job("quiet");
    job.weight(0.5).unwrap();
    job.pause().unwrap();
    assert_eq!(job.summary().unwrap().unwrap().weight, 500);
    job.resume().unwrap();
    job.cap(3).unwrap();
    job.uncap().unwrap();
    assert_eq!((job.name(), job.cancel().unwrap()), ("quiet", 0));
    assert!(!client.jobs().unwrap().is_empty());
    let mut logs = client.logs();
    client.forward_logs();
    assert_eq!(client.submit(talk::task("loud")).result().unwrap(), 1);
    assert_eq!(logs.next().unwrap().text, "loud begins");
    assert_eq!(logs.missed(), 0);
}
