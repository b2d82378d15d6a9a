//! Runs that give up their slots, run out of time, or do not end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;
use taskloom_core::message::{Compute, FromWorker, ToWorker};
use taskloom_core::{ErrorCode, RunId};
use taskloom_worker_core::Outcome;
use taskloom_worker_core::testing::{TestWorker, compute, here};

const STUCK_AFTER: Duration = taskloom_core::limits::STUCK_AFTER;

fn timed(letter: char, run: u64, seconds: u64) -> Compute {
    Compute {
        timeout: Duration::from_secs(seconds),
        ..compute(letter, run)
    }
}

fn busy(worker: &mut TestWorker, runs: impl IntoIterator<Item = u64>) {
    for run in runs {
        worker.run(compute('x', run), vec![]);
    }
}

#[test]
fn a_seceded_run_leaves_its_slot_to_others() {
    let mut worker = TestWorker::new(1);
    busy(&mut worker, 1..=3);
    assert_eq!(worker.running(), [1]);
    worker.secede(1);
    assert_eq!(worker.running(), [1, 2]);
    assert_eq!(worker.heard(), ["r1 seceded x"]);
}

#[test]
fn who_comes_back_goes_before_those_who_have_not_begun() {
    let mut worker = TestWorker::new(1);
    busy(&mut worker, 1..=3);
    worker.secede(1).want_back(1);
    assert!(worker.resumed().is_empty(), "run 2 has the slot");
    worker.finish_after(2, Duration::from_secs(1));
    assert_eq!(worker.resumed(), [1]);
    assert_eq!(worker.running(), [1], "run 3 waits");
    assert_eq!(
        worker.heard(),
        ["r1 seceded x", "r2 finished x", "r1 rejoined x"]
    );
    worker.finish_after(1, Duration::from_secs(1));
    assert_eq!(worker.running(), [3]);
}

#[test]
fn who_wants_back_and_waits_again_keeps_no_slot() {
    let mut worker = TestWorker::new(1);
    busy(&mut worker, 1..=3);
    worker.secede(1).want_back(1).secede(1);
    worker.finish_after(2, Duration::from_secs(1));
    assert!(worker.resumed().is_empty());
    assert_eq!(worker.running(), [1, 3]);
}

#[test]
fn the_end_of_a_seceded_run_frees_no_slot_twice() {
    let mut worker = TestWorker::new(1);
    busy(&mut worker, 1..=4);
    worker.secede(1).finish_after(1, Duration::from_secs(1));
    assert_eq!(worker.running(), [2]);
    worker.finish_after(2, Duration::from_secs(1));
    assert_eq!(worker.running(), [3]);
}

#[test]
fn a_cancelled_run_comes_back_without_a_slot() {
    let mut worker = TestWorker::new(1);
    busy(&mut worker, 1..=2);
    worker.secede(1).want_back(1);
    worker.say(ToWorker::Cancel(vec![RunId(1)]));
    assert_eq!(worker.resumed(), [1], "it may end");
    assert_eq!(worker.running(), [1, 2]);
}

#[test]
fn a_worker_that_drains_waits_for_seceded_runs() {
    let mut worker = TestWorker::new(1);
    busy(&mut worker, [1]);
    worker.secede(1);
    worker.say(ToWorker::Retire).say(ToWorker::MayLeave);
    assert!(!worker.leave);
    worker.want_back(1).finish(1);
    assert!(worker.leave);
    assert!(worker.heard().contains(&"leaving".to_owned()));
}

#[test]
fn time_counts_from_the_start_of_the_run() {
    let mut worker = TestWorker::new(1);
    worker.run(timed('a', 1, 2), vec![]);
    worker.run(compute('b', 2), vec![here('a')]);
    worker.later(Duration::from_secs(5));
    assert!(worker.heard().is_empty(), "no thread has begun with it");
    worker.start(1).later(Duration::from_millis(1_999));
    assert!(worker.heard().is_empty());
    worker.later(Duration::from_millis(1));
    assert_eq!(
        worker.heard(),
        [
            "r1 failed a: it was still running after 2s, which is the timeout of the task",
            "r2 returned b: a missing"
        ]
    );
    let failed = worker.history.iter().find_map(|message| match message {
        FromWorker::Failed { failure, .. } => Some(failure.code),
        _ => None,
    });
    assert_eq!(failed, Some(ErrorCode::TimedOut));
    assert!(worker.cancelled.contains(&RunId(1)));
}

#[test]
fn the_slot_of_a_run_out_of_time_comes_back_with_its_thread() {
    let mut worker = TestWorker::new(1);
    worker.run(timed('a', 1, 2), vec![]);
    worker.run(compute('b', 2), vec![]);
    worker.start(1).later(Duration::from_secs(2));
    worker.heard();
    assert_eq!(worker.running(), [1]);
    worker.finish_after(1, Duration::from_secs(3));
    assert!(worker.heard().is_empty(), "it was answered");
    assert!(!worker.has('a'), "nobody wants what it made");
    assert_eq!(worker.running(), [2]);
}

#[test]
fn a_run_in_time_fails_nobody() {
    let mut worker = TestWorker::new(1);
    worker.run(timed('a', 1, 2), vec![]);
    worker.start(1).finish(1).later(Duration::from_secs(9));
    assert_eq!(worker.heard(), ["r1 finished a"]);
    assert_eq!(worker.core.next_deadline(), None);
}

#[test]
fn a_thread_that_does_not_let_go_is_replaced() {
    let mut worker = TestWorker::new(1);
    busy(&mut worker, 1..=2);
    worker.say(ToWorker::Cancel(vec![RunId(1)]));
    worker.later(STUCK_AFTER - Duration::from_millis(1));
    assert_eq!(worker.running(), [1]);
    worker.later(Duration::from_millis(1));
    assert_eq!(worker.given_up, [RunId(1)]);
    assert_eq!(worker.heard(), ["r1 returned x: withdrawn"]);
    assert_eq!(worker.running(), [1, 2], "another thread took over");
    // It lets go after all.
    worker.finish_after(1, Duration::from_secs(60));
    assert!(worker.heard().is_empty());
    assert_eq!(worker.core.handed(), 1);
    assert_eq!(worker.restart, None);
}

#[test]
fn more_stuck_threads_than_there_were_threads_are_the_end() {
    let mut worker = TestWorker::new(2);
    for run in 1..=3 {
        worker.run(compute('x', run), vec![]);
        worker.say(ToWorker::Cancel(vec![RunId(run)]));
        assert_eq!(worker.restart, None);
        worker.later(STUCK_AFTER);
    }
    let reason = worker.restart.unwrap();
    assert!(
        reason.contains("3 tasks") && reason.contains("2 threads"),
        "{reason}"
    );
}

#[test]
fn an_async_run_that_blocks_its_thread_is_the_end() {
    let mut worker = TestWorker::new(2);
    let blocking = Compute {
        operation: 1,
        ..compute('a', 1)
    };
    worker.run(blocking, vec![]);
    worker.say(ToWorker::Cancel(vec![RunId(1)]));
    worker.later(STUCK_AFTER);
    assert_eq!((worker.given_up.len(), worker.restart.clone()), (1, None));
    worker.later(STUCK_AFTER);
    assert!(worker.restart.unwrap().contains("without an await"));
}

#[test]
fn a_session_that_ends_does_not_keep_stuck_threads() {
    let mut worker = TestWorker::new(1);
    busy(&mut worker, [1]);
    worker.turn(taskloom_worker_core::Event::Closed);
    worker.open();
    busy(&mut worker, [2]);
    worker.later(STUCK_AFTER);
    assert_eq!(worker.running(), [1, 2]);
    worker.end(1, Duration::ZERO, Outcome::NotStarted);
    assert_eq!(worker.heard().len(), 0);
}

#[test]
fn told_to_restart_it_says_why() {
    let mut worker = TestWorker::new(1);
    let reason = "a client asked for it".to_owned();
    worker.say(ToWorker::Restart {
        reason: reason.clone(),
    });
    assert_eq!(worker.restart, Some(reason));
}
