//! Chains of tiny runs that go to a thread together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;
use taskloom_core::RunId;
use taskloom_core::message::{Compute, ToWorker};
use taskloom_worker_core::testing::{TestWorker, compute, held, here, task};
use taskloom_worker_core::{Event, Outcome};

/// A worker that knows operation 0 to be tiny.
fn new(nthreads: u32) -> TestWorker {
    let mut worker = TestWorker::new(nthreads);
    worker.run(compute('z', 1), vec![]).finish(1);
    worker.say(ToWorker::Free(vec![task('z')]));
    worker.heard();
    worker
}

/// Tells of runs 2, 3, ... of tasks a, b, ... that each need the one before, in one turn.
fn chain(worker: &mut TestWorker, count: u8) {
    for at in 0..count {
        let mut link = compute(letter(at), u64::from(at) + 2);
        link.inputs = (at > 0).then(|| here(letter(at - 1))).into_iter().collect();
        worker.tell(Event::Said(ToWorker::Compute(Box::new(link))));
    }
    worker.tell(Event::EndOfTurn);
}

fn letter(at: u8) -> char {
    char::from(b'a' + at)
}

fn not_started(worker: &mut TestWorker, run: u64) {
    worker.end(run, Duration::ZERO, Outcome::NotStarted);
}

#[test]
fn a_chain_of_tiny_runs_is_handed_over_as_a_whole() {
    let mut worker = new(1);
    chain(&mut worker, 4);
    assert_eq!(worker.running(), [2, 3, 4, 5]);
    assert_eq!(worker.begun(), [2]);
    assert_eq!(worker.executing[&RunId(4)].follows, Some(0));
    worker.finish(2).finish(3).finish(4).finish(5);
    let heard = worker.heard();
    assert_eq!(
        heard,
        [
            "r2 finished a",
            "r3 finished b",
            "r4 finished c",
            "r5 finished d"
        ]
    );
    assert!(worker.has('a') && worker.has('d'), "until they are freed");
}

#[test]
fn what_is_behind_another_run_occupies_no_thread() {
    let mut worker = new(1);
    chain(&mut worker, 4);
    worker.secede(2);
    worker.run(compute('x', 20), vec![]);
    assert!(worker.running().contains(&20), "the thread of 2 is free");
    worker.finish(20).want_back(2);
    assert_eq!(worker.resumed(), [2]);
    worker.finish(2).finish(3).finish(4).finish(5);
    assert_eq!(worker.core.handed(), 0);
}

#[test]
fn only_tiny_runs_that_wait_for_nothing_else_follow() {
    let mut worker = new(1);
    let long = Compute {
        operation: 2,
        ..compute('l', 3)
    };
    let timed = Compute {
        timeout: Duration::from_secs(1),
        ..compute('t', 4)
    };
    let fetching = compute('f', 5);
    worker.tell(Event::Said(ToWorker::Compute(Box::new(compute('a', 2)))));
    for (mut run, more) in [
        (long, None),
        (timed, None),
        (fetching, Some(held('p', 8, &[1]))),
    ] {
        run.inputs = [here('a')].into_iter().chain(more).collect();
        worker.tell(Event::Said(ToWorker::Compute(Box::new(run))));
    }
    worker.tell(Event::EndOfTurn);
    assert_eq!(worker.running(), [2]);
    worker.finish(2);
    assert!(worker.running().contains(&3), "in the usual way");
}

#[test]
fn a_chain_is_as_long_as_the_look_ahead_of_a_thread() {
    let mut worker = TestWorker::new(1);
    let tenth = Duration::from_micros(150);
    worker.run(compute('z', 1), vec![]).finish_after(1, tenth);
    chain(&mut worker, 20);
    assert_eq!(worker.running().len(), 10);
}

#[test]
fn the_most_urgent_follower_goes_on_and_the_end_before_it_is_news_for_the_others() {
    let mut worker = new(2);
    worker.tell(Event::Said(ToWorker::Compute(Box::new(compute('a', 2)))));
    for (run, rank) in [(3, 9), (4, 5), (5, 7)] {
        let mut follower = Compute {
            rank,
            ..compute(letter(run as u8), run)
        };
        follower.inputs = vec![here('a')];
        worker.tell(Event::Said(ToWorker::Compute(Box::new(follower))));
    }
    worker.tell(Event::EndOfTurn);
    assert_eq!(worker.running(), [2, 4]);
    assert!(!worker.executing[&RunId(4)].tiny);
    worker.finish(2);
    assert_eq!(worker.running(), [3, 4, 5]);
}

#[test]
fn what_is_behind_a_failed_run_is_given_back() {
    let mut worker = new(1);
    chain(&mut worker, 3);
    worker.fail(2);
    assert_eq!(worker.heard(), ["r2 failed a: no luck"]);
    let withdrawn: Vec<u64> = worker.withdrawn.iter().map(|run| run.0).collect();
    assert_eq!(withdrawn, [3, 4]);
    assert_eq!(worker.stranded(), [3]);
    not_started(&mut worker, 3);
    not_started(&mut worker, 4);
    assert_eq!(
        worker.heard(),
        ["r3 returned b: a missing", "r4 returned c: b missing"]
    );
    assert_eq!(worker.core.handed(), 0);
}

#[test]
fn cancelling_the_head_takes_back_what_is_behind_it() {
    let mut worker = new(1);
    chain(&mut worker, 3);
    worker.say(ToWorker::Cancel(vec![RunId(2)]));
    assert!(worker.cancelled.contains(&RunId(2)));
    not_started(&mut worker, 3);
    not_started(&mut worker, 4);
    // It ran to its end meanwhile.
    worker.finish(2);
    assert_eq!(
        worker.heard(),
        [
            "r3 returned b: a missing",
            "r4 returned c: b missing",
            "r2 returned a: withdrawn"
        ]
    );
    assert_eq!(worker.core.handed(), 0);
}

#[test]
fn a_run_that_had_started_when_the_one_before_was_cancelled_ends_well() {
    let mut worker = new(1);
    chain(&mut worker, 3);
    // The thread has gone on to run 3 before the cancellation arrived; its news come later.
    worker.say(ToWorker::Cancel(vec![RunId(2)]));
    worker.finish(2).finish(3).finish(4);
    assert_eq!(
        worker.heard(),
        ["r2 returned a: withdrawn", "r3 finished b", "r4 finished c"]
    );
}

#[test]
fn a_link_is_retracted_with_all_behind_it() {
    let mut worker = new(1);
    chain(&mut worker, 4);
    worker.say(ToWorker::Retract(vec![RunId(4)]));
    not_started(&mut worker, 4);
    not_started(&mut worker, 5);
    worker.finish(2).finish(3);
    assert_eq!(
        worker.heard(),
        [
            "r4 returned c: withdrawn",
            "r5 returned d: c missing",
            "r2 finished a",
            "r3 finished b"
        ]
    );
}

#[test]
fn a_worker_that_leaves_says_so_of_each_link() {
    let mut worker = new(1);
    chain(&mut worker, 3);
    worker.turn(Event::Drain);
    not_started(&mut worker, 3);
    not_started(&mut worker, 4);
    worker.finish(2);
    assert_eq!(
        worker.heard(),
        [
            "leaving",
            "r3 returned b: leaving",
            "r4 returned c: leaving",
            "r2 finished a"
        ]
    );
    worker.say(ToWorker::MayLeave);
    assert!(worker.leave);
}

#[test]
fn a_lost_session_takes_its_chains_along() {
    let mut worker = new(1);
    chain(&mut worker, 3);
    worker.turn(Event::Closed);
    assert_eq!(worker.cancelled.len(), 3);
    worker.open();
    worker.finish(2);
    not_started(&mut worker, 3);
    not_started(&mut worker, 4);
    assert!(worker.heard().is_empty());
    assert_eq!(worker.core.handed(), 0);
}

#[test]
fn a_head_that_never_ends_keeps_nothing_back() {
    let mut worker = new(1);
    chain(&mut worker, 3);
    worker.say(ToWorker::Cancel(vec![RunId(2)]));
    not_started(&mut worker, 3);
    not_started(&mut worker, 4);
    worker.later(Duration::from_secs(3600));
    assert_eq!(worker.given_up, [RunId(2)]);
    worker.run(compute('x', 20), vec![]);
    assert_eq!(worker.running(), [2, 20]);
}
