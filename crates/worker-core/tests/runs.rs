//! Runs: order, look-ahead, chains, cancellation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;
use taskloom_core::RunId;
use taskloom_core::message::{Compute, ToWorker};
use taskloom_worker_core::testing::{TestWorker, compute, here, inline, task};
use taskloom_worker_core::{Event, Outcome};

const LONG: Duration = Duration::from_secs(1);

fn tiny() -> Duration {
    Duration::from_micros(1)
}

#[test]
fn a_run_without_inputs_runs_at_once() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]);
    assert_eq!(worker.running(), [1]);
    worker.finish(1);
    assert_eq!(worker.heard(), ["r1 finished a"]);
    assert!(worker.has('a'));
    worker.say(ToWorker::Free(vec![task('a')]));
    assert!(!worker.has('a'));
}

#[test]
fn what_is_urgent_goes_first() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]);
    for (letter, run, priority, rank) in [('b', 2, 0, 9), ('c', 3, 0, 4), ('d', 4, 5, 99)] {
        let compute = Compute {
            priority,
            rank,
            ..compute(letter, run)
        };
        worker.run(compute, vec![]);
    }
    let mut order = Vec::new();
    while let [run] = worker.running()[..] {
        order.push(run);
        worker.finish_after(run, LONG);
    }
    assert_eq!(order, [1, 4, 3, 2]);
}

#[test]
fn tiny_runs_are_handed_over_ahead_and_long_ones_are_not() {
    let mut worker = TestWorker::new(2);
    for run in 1..=1000 {
        worker.run(compute('a', run), vec![]);
    }
    assert_eq!(
        worker.running().len(),
        2,
        "nothing is known of the operation"
    );
    worker.finish_after(1, tiny());
    assert_eq!(worker.running().len(), 512, "256 for each thread");
    let mut worker = TestWorker::new(2);
    for run in 1..=10 {
        worker.run(compute('a', run), vec![]);
    }
    worker.finish_after(1, LONG).finish_after(2, LONG);
    assert_eq!(worker.running(), [3, 4]);
}

#[test]
fn a_long_run_takes_its_thread_from_the_look_ahead() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]).finish_after(1, tiny());
    let long = Compute {
        operation: 2,
        ..compute('l', 2)
    };
    worker.run(long, vec![]);
    worker.run(compute('b', 3), vec![]);
    assert_eq!(worker.running(), [2], "nothing waits behind a long run");
    worker.finish_after(2, LONG);
    assert_eq!(worker.running(), [3]);
}

#[test]
fn async_runs_occupy_slots() {
    let mut worker = TestWorker::new(2);
    for run in 1..=3 {
        worker.run(
            Compute {
                operation: 1,
                ..compute('a', run)
            },
            vec![],
        );
    }
    assert_eq!(worker.running(), [1, 2]);
    worker.finish_after(1, tiny());
    assert_eq!(worker.running(), [2, 3]);
}

#[test]
fn a_chain_runs_on_its_own() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]);
    worker.run(compute('b', 2), vec![here('a')]);
    worker.run(compute('c', 3), vec![here('b')]);
    assert_eq!(worker.running(), [1]);
    worker.finish_after(1, LONG);
    assert_eq!(worker.running(), [2]);
    worker.say(ToWorker::Free(vec![task('a')]));
    assert!(!worker.has('a'), "the executor has its own hold of it");
    worker.finish_after(2, LONG).finish_after(3, LONG);
    assert_eq!(
        worker.heard(),
        ["r1 finished a", "r2 finished b", "r3 finished c"]
    );
}

#[test]
fn inputs_that_travel_along_need_nothing() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('b', 1), vec![inline('a')]);
    assert_eq!(worker.running(), [1]);
}

#[test]
fn what_waits_for_a_failed_run_is_given_back() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]);
    worker.run(compute('b', 2), vec![here('a')]);
    worker.run(compute('c', 3), vec![here('b')]);
    worker.fail(1);
    let heard = worker.heard();
    assert_eq!(
        heard,
        [
            "r1 failed a: no luck",
            "r2 returned b: a missing",
            "r3 returned c: b missing"
        ]
    );
}

#[test]
fn an_input_that_nobody_makes_is_missing_at_once() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('b', 2), vec![here('a')]);
    assert_eq!(worker.heard(), ["r2 returned b: a missing"]);
}

#[test]
fn a_freed_input_stays_for_the_run_that_waits_with_it() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]).finish_after(1, LONG);
    worker.run(compute('x', 2), vec![]);
    worker.run(compute('b', 3), vec![here('a')]);
    worker.say(ToWorker::Free(vec![task('a')]));
    assert!(worker.has('a'));
    worker.finish_after(2, LONG);
    assert_eq!(worker.running(), [3]);
    assert!(!worker.has('a'));
}

#[test]
fn a_waiting_run_is_withdrawn_and_its_followers_with_it() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('x', 1), vec![]);
    worker.run(compute('a', 2), vec![]);
    worker.run(compute('b', 3), vec![here('a')]);
    worker.say(ToWorker::Cancel(vec![RunId(2), RunId(3)]));
    assert_eq!(
        worker.heard(),
        ["r2 returned a: withdrawn", "r3 returned b: a missing"]
    );
    worker.finish_after(1, LONG);
    assert!(worker.running().is_empty());
}

#[test]
fn what_has_not_started_is_given_back_for_an_idle_worker() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]).finish_after(1, tiny());
    for run in 2..=4 {
        worker.run(compute('b', run), vec![]);
    }
    let long = Compute {
        operation: 2,
        ..compute('l', 5)
    };
    worker.run(long.clone(), vec![]);
    worker.run(
        Compute {
            run: RunId(6),
            ..long
        },
        vec![],
    );
    assert_eq!(worker.running(), [2, 3, 4, 5]);
    worker.heard();
    worker.say(ToWorker::Retract((2..=6).map(RunId).collect()));
    assert_eq!(worker.heard(), ["r6 returned l: withdrawn"]);
    assert_eq!(
        worker.withdrawn.len(),
        4,
        "the executor knows which of them run"
    );
    assert!(worker.cancelled.is_empty());
    worker.finish(2).end(3, Duration::ZERO, Outcome::NotStarted);
    assert_eq!(
        worker.heard(),
        ["r2 finished b", "r3 returned b: withdrawn"]
    );
}

#[test]
fn a_running_task_is_flagged_and_its_result_dropped() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]);
    worker.run(compute('b', 2), vec![here('a')]);
    worker.say(ToWorker::Cancel(vec![RunId(1)]));
    assert!(worker.cancelled.contains(&RunId(1)));
    assert_eq!(worker.heard(), ["r2 returned b: a missing"]);
    worker.finish(1);
    assert_eq!(worker.heard(), ["r1 returned a: withdrawn"]);
    assert!(!worker.has('a'));
}

#[test]
fn cancelling_a_run_that_has_ended_changes_nothing() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]).finish(1);
    worker.say(ToWorker::Cancel(vec![RunId(1)]));
    assert_eq!(worker.heard(), ["r1 finished a"]);
    assert!(
        worker.has('a'),
        "the scheduler frees it when it hears of the end"
    );
}

#[test]
fn a_second_run_of_a_task_replaces_a_cancelled_one() {
    let mut worker = TestWorker::new(2);
    worker.run(compute('a', 1), vec![]);
    worker.say(ToWorker::Cancel(vec![RunId(1)]));
    worker.run(compute('a', 2), vec![]);
    worker.run(compute('b', 3), vec![here('a')]);
    worker.finish(2).finish(1);
    assert_eq!(
        worker.heard(),
        ["r2 finished a", "r1 returned a: withdrawn"]
    );
    assert!(worker.has('a'));
    assert_eq!(worker.running(), [3]);
}

#[test]
fn duplicates_are_run_once() {
    let mut worker = TestWorker::new(4);
    worker
        .run(compute('a', 1), vec![])
        .run(compute('a', 1), vec![]);
    worker.finish(1).finish(1);
    assert_eq!(worker.heard(), ["r1 finished a"]);
}

#[test]
fn an_unknown_operation_is_a_failure() {
    let mut worker = TestWorker::new(1);
    worker.run(
        Compute {
            operation: 7,
            ..compute('a', 1)
        },
        vec![],
    );
    assert_eq!(
        worker.heard(),
        ["r1 failed a: the scheduler asked for operation 7 of 3"]
    );
}

#[test]
fn a_lost_session_leaves_nothing_behind() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]).finish_after(1, LONG);
    worker
        .run(compute('b', 2), vec![])
        .run(compute('c', 3), vec![]);
    worker.heard();
    worker.turn(Event::Closed);
    assert!(worker.cancelled.contains(&RunId(2)));
    assert!(worker.store.is_empty());
    worker.open();
    worker.run(compute('d', 9), vec![]);
    assert_eq!(worker.running(), [2], "the old run still has the thread");
    worker.finish_after(2, LONG);
    assert_eq!(worker.running(), [9]);
    assert!(worker.heard().is_empty() && !worker.has('b'));
}
