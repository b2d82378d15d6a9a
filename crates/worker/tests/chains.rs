//! Chains of tiny tasks that a compute thread runs one after the other: values, failures,
//! cancellation and tasks that wait inside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::{FakeSession, here, reference, start, value};
use std::sync::{Condvar, Mutex, PoisonError};
use taskloom_core::RunId;
use taskloom_core::message::{Compute, FromWorker, ReturnCause, ToWorker};
use taskloom_task::{TaskContext, task};

/// Lets tasks wait for a test without sleeping. Each test has numbers of its own.
struct Gates {
    open: Mutex<Vec<i64>>,
    changed: Condvar,
}

static GATES: Gates = Gates {
    open: Mutex::new(Vec::new()),
    changed: Condvar::new(),
};

impl Gates {
    fn open(&self, gate: i64) {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(gate);
        self.changed.notify_all();
    }

    fn wait(&self, gate: i64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        while !open.contains(&gate) {
            open = self
                .changed
                .wait(open)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Opens a gate also if the test fails, so that no thread waits for ever.
struct Opener(i64);

impl Drop for Opener {
    fn drop(&mut self) {
        GATES.open(self.0);
    }
}

/// Whether a task with this number waits at the gate of that number.
fn is_gate(x: i64) -> bool {
    x < 0 && x % 1000 == 0
}

/// Adds one, and fails at 50.
#[task(crate = taskloom_task)]
fn step(x: i64) -> i64 {
    if is_gate(x) {
        GATES.wait(x);
    }
    assert!(x != 50, "no {x}");
    x + 1
}

#[task(crate = taskloom_task)]
fn gated(gate: i64) -> i64 {
    GATES.wait(gate);
    gate
}

/// The same, but others may run on its thread until it goes on.
#[task(crate = taskloom_task)]
fn aside(ctx: &TaskContext, x: i64) -> i64 {
    if is_gate(x) {
        let seceded = ctx.secede();
        GATES.wait(x);
        seceded.rejoin_blocking();
    }
    x + 1
}

/// Sends a chain of `count` runs of an operation, numbered from `first`, so that the worker has all of
/// it when it may begin.
async fn send_chain(session: &mut FakeSession, name: &str, start: i64, first: u64, count: u64) {
    // Its kind is known to be tiny ...
    session.run(name, 1, &[value(0_i64)], vec![]);
    assert_eq!(session.result::<i64>().await, 1);
    // ... and all threads are busy until it has arrived.
    let gate = start - 1_000_000;
    let _opener = Opener(gate);
    session.run("gated", 2, &[value(gate)], vec![]);
    session.run("gated", 3, &[value(gate)], vec![]);
    session.run(name, first, &[value(start)], vec![]);
    for number in first + 1..first + count {
        session.run(name, number, &[reference(0)], vec![here(number as u32 - 1)]);
    }
    let nonsense = Compute {
        operation: u32::MAX,
        ..session.compute(name, 4, &[])
    };
    session.say(ToWorker::Compute(Box::new(nonsense)));
    let FromWorker::Failed { run: RunId(4), .. } = session.hear().await else {
        panic!("it has arrived")
    };
    GATES.open(gate);
    // The thread that is free first may have begun with the chain before the other one has ended.
    let mut early = Vec::new();
    let mut ended = 0;
    while ended < 2 {
        match session.hear().await {
            FromWorker::Finished {
                run: RunId(2 | 3), ..
            } => ended += 1,
            message => early.push(message),
        }
    }
    session.unhear(early);
}

#[tokio::test]
async fn values_go_from_link_to_link() {
    let (_scheduler, _worker, mut session) = start().await;
    send_chain(&mut session, "step", 100, 10, 1000).await;
    for number in 1..=1000 {
        assert_eq!(session.result::<i64>().await, 100 + number);
    }
}

#[tokio::test]
async fn what_is_behind_a_failure_comes_back() {
    let (_scheduler, _worker, mut session) = start().await;
    send_chain(&mut session, "step", 40, 10, 20).await;
    for number in 41..=50 {
        assert_eq!(session.result::<i64>().await, number);
    }
    let FromWorker::Failed { run, failure, .. } = session.hear().await else {
        panic!("it fails")
    };
    assert_eq!((run, failure.message.as_str()), (RunId(20), "no 50"));
    for number in 21..30 {
        let FromWorker::Returned { run, cause, .. } = session.hear().await else {
            panic!("it comes back")
        };
        assert_eq!(run, RunId(number));
        assert!(matches!(cause, ReturnCause::Missing { input, .. }
            if u64::from(input.index) == number - 1));
    }
}

#[tokio::test]
async fn links_that_have_not_started_are_withdrawn_at_once() {
    let (_scheduler, _worker, mut session) = start().await;
    let gate = Opener(-2000);
    send_chain(&mut session, "step", gate.0, 10, 6).await;
    session.say(ToWorker::Retract(vec![RunId(13)]));
    session.say(ToWorker::Cancel(vec![RunId(12)]));
    let mut returned = Vec::new();
    while returned.len() < 4 {
        let FromWorker::Returned { run, .. } = session.hear().await else {
            panic!("it comes back although the thread is busy")
        };
        returned.push(run.0);
    }
    returned.sort_unstable();
    assert_eq!(returned, [12, 13, 14, 15]);
    drop(gate);
    assert_eq!(session.result::<i64>().await, -1999);
    assert_eq!(session.result::<i64>().await, -1998);
}

#[tokio::test]
async fn a_link_that_waits_for_others_keeps_its_chain_and_not_its_thread() {
    let (_scheduler, _worker, mut session) = start().await;
    let gate = Opener(-3000);
    send_chain(&mut session, "aside", gate.0, 10, 5).await;
    let FromWorker::Seceded { run: RunId(10), .. } = session.hear().await else {
        panic!("it waits")
    };
    // Both threads are free for others.
    for number in 30..60 {
        session.run("step", number, &[value(number as i64 + 100)], vec![]);
        assert_eq!(session.result::<i64>().await, number as i64 + 101);
    }
    drop(gate);
    let FromWorker::Rejoined { run: RunId(10), .. } = session.hear().await else {
        panic!("it goes on")
    };
    for number in -2999..=-2995 {
        assert_eq!(session.result::<i64>().await, number);
    }
}
