//! Running tasks: results, failures, chains, cancellation, async tasks, and what blocks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::{element, here, patiently, pool, reference, start, task, value};
use std::sync::{Condvar, Mutex, PoisonError};
use taskloom_core::arguments::Part;
use taskloom_core::message::{FromWorker, ReturnCause, ToWorker};
use taskloom_core::{ArgumentNode, ErrorCode, RunId};
use taskloom_rpc::data::FetchItem;
use taskloom_task::{TaskContext, Value, task};

#[task(crate = taskloom_task)]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task(crate = taskloom_task)]
fn total(parts: Vec<i64>) -> i64 {
    parts.iter().sum()
}

#[task(crate = taskloom_task)]
fn squares(n: i64) -> Vec<i64> {
    (0..n).map(|x| x * x).collect()
}

#[task(crate = taskloom_task)]
fn boom(x: i64) -> i64 {
    panic!("no {x}")
}

#[task(crate = taskloom_task)]
async fn later(x: i64) -> i64 {
    tokio::task::yield_now().await;
    x + 1
}

#[task(crate = taskloom_task)]
fn until_cancelled(ctx: &TaskContext) -> bool {
    while !ctx.is_cancelled() {
        std::thread::yield_now();
    }
    true
}

/// Lets tasks wait for a test without sleeping.
struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
}

static GATE: Gate = Gate {
    open: Mutex::new(false),
    changed: Condvar::new(),
};

#[task(crate = taskloom_task)]
fn blocked() -> i64 {
    let mut open = GATE.open.lock().unwrap_or_else(PoisonError::into_inner);
    while !*open {
        open = GATE
            .changed
            .wait(open)
            .unwrap_or_else(PoisonError::into_inner);
    }
    7
}

fn open_gate() {
    *GATE.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
    GATE.changed.notify_all();
}

#[tokio::test]
async fn small_results_come_with_the_news() {
    let (_scheduler, worker, mut session) = start().await;
    patiently(worker.wait_registered()).await.unwrap();
    assert_eq!(session.hello.name, worker.name());
    assert_eq!(session.hello.address, worker.address());
    session.run("inc", 1, &[value(41_i64)], vec![]);
    assert_eq!(session.result::<i64>().await, 42);
}

#[tokio::test]
async fn a_panic_is_a_failure_and_the_thread_lives_on() {
    let (_scheduler, _worker, mut session) = start().await;
    for number in 1..=4 {
        session.run("boom", number, &[value(3_i64)], vec![]);
        let FromWorker::Failed { failure, .. } = session.hear().await else {
            panic!()
        };
        assert_eq!(
            (failure.code, failure.message.as_str()),
            (ErrorCode::Panic, "no 3")
        );
        assert_eq!(failure.key, format!("boom-{number}"));
        assert!(
            failure
                .place
                .is_some_and(|place| place.contains("tasks.rs"))
        );
    }
    session.run("inc", 9, &[value(1_i64)], vec![]);
    assert_eq!(session.result::<i64>().await, 2);
}

#[tokio::test]
async fn arguments_that_cannot_be_read_are_a_failure() {
    let (_scheduler, _worker, mut session) = start().await;
    session.run("inc", 1, &[value("text".to_owned())], vec![]);
    let FromWorker::Failed { failure, .. } = session.hear().await else {
        panic!()
    };
    assert_eq!(failure.code, ErrorCode::Decode);
    let mut compute = session.compute("inc", 2, &[]);
    compute.arguments = bytes::Bytes::from_static(b"\xff\xff\xff");
    session.say(ToWorker::Compute(Box::new(compute)));
    let FromWorker::Failed { failure, .. } = session.hear().await else {
        panic!()
    };
    assert_eq!(
        (failure.code, failure.key.as_str()),
        (ErrorCode::Decode, "inc-2")
    );
    assert!(failure.worker.starts_with("worker-"), "{failure:?}");
}

#[tokio::test]
async fn a_chain_that_was_sent_ahead_runs_on_its_own() {
    let (_scheduler, _worker, mut session) = start().await;
    session.run("inc", 1, &[value(0_i64)], vec![]);
    for number in 2..=100 {
        session.run(
            "inc",
            number,
            &[reference(0)],
            vec![here(number as u32 - 1)],
        );
    }
    for number in 1..=100 {
        assert_eq!(session.result::<i64>().await, number);
    }
    session.say(ToWorker::Free((1..=100).map(task).collect()));
}

#[tokio::test]
async fn sequences_of_inputs_and_parts_of_inputs() {
    let (_scheduler, _worker, mut session) = start().await;
    session.run("squares", 1, &[value(5_i64)], vec![]);
    assert_eq!(session.result::<Vec<i64>>().await, [0, 1, 4, 9, 16]);
    let nodes = [
        ArgumentNode::Sequence(3),
        element(0, 4),
        element(0, 2),
        value(100_i64),
    ];
    session.run("total", 2, &nodes, vec![here(1)]);
    assert_eq!(session.result::<i64>().await, 120);
    session.run("total", 3, &[reference(0)], vec![here(1)]);
    assert_eq!(session.result::<i64>().await, 30);
}

#[tokio::test]
async fn async_tasks() {
    let (_scheduler, _worker, mut session) = start().await;
    session.run("later", 1, &[value(1_i64)], vec![]);
    session.run("later", 2, &[reference(0)], vec![here(1)]);
    assert_eq!(session.result::<i64>().await, 2);
    assert_eq!(session.result::<i64>().await, 3);
}

#[tokio::test]
async fn a_running_task_is_told_that_nobody_wants_it() {
    let (_scheduler, _worker, mut session) = start().await;
    session.run("until_cancelled", 1, &[], vec![]);
    // The heartbeat says that it has started.
    loop {
        if let FromWorker::Heartbeat { executing, .. } = session.next().await
            && executing == [RunId(1)]
        {
            break;
        }
    }
    session.say(ToWorker::Cancel(vec![RunId(1)]));
    let FromWorker::Returned { run, cause, .. } = session.hear().await else {
        panic!()
    };
    assert_eq!((run, cause), (RunId(1), ReturnCause::Withdrawn));
}

#[tokio::test]
async fn what_blocks_delays_neither_heartbeats_nor_transfers() {
    let (_scheduler, worker, mut session) = start().await;
    session.run("inc", 1, &[value(1_i64)], vec![]);
    assert_eq!(session.result::<i64>().await, 2);
    session.run("blocked", 2, &[], vec![]);
    session.run("blocked", 3, &[], vec![]);
    let mut heartbeats = 0;
    while heartbeats < 3 {
        if let FromWorker::Heartbeat { executing, .. } = session.next().await {
            heartbeats += usize::from(executing.len() == 2);
        }
    }
    let items = vec![
        FetchItem::new(task(1), Part::WHOLE),
        FetchItem::new(task(5), Part::WHOLE),
    ];
    let mut fetched = patiently(pool().fetch(&worker.address(), items))
        .await
        .unwrap();
    assert!(fetched.remove(1).is_err());
    let fetched: i64 = Value::from_encoded(fetched.remove(0).unwrap())
        .take()
        .unwrap();
    assert_eq!(fetched, 2);
    open_gate();
    assert_eq!(session.result::<i64>().await, 7);
    assert_eq!(session.result::<i64>().await, 7);
}
