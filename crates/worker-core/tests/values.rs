//! Values: fetching, parts, failures of peers, copies, and leaving.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;
use taskloom_core::RunId;
use taskloom_core::arguments::Part;
use taskloom_core::message::{Compute, ToWorker};
use taskloom_worker_core::testing::{TestWorker, compute, held, here, peer, task};
use taskloom_worker_core::{Event, FetchFailure, ItemOutcome, Outcome};

fn unreachable() -> Result<Vec<ItemOutcome>, FetchFailure> {
    Err(FetchFailure::Unreachable("refused".into()))
}

#[test]
fn inputs_are_fetched_in_one_request_per_peer_and_stay_as_copies() {
    let mut worker = TestWorker::new(1);
    let inputs = vec![
        held('a', 10, &[1]),
        held('b', 10, &[1]),
        held('c', 10, &[2]),
    ];
    worker.run(compute('x', 1), inputs);
    assert_eq!(
        (worker.asked(1), worker.asked(2)),
        ("ab".into(), "c".into())
    );
    worker.deliver(1);
    assert!(worker.running().is_empty());
    worker.deliver(2);
    assert_eq!(worker.running(), [1]);
    assert_eq!(worker.heard(), ["stored a", "stored b", "stored c"]);
    worker.run(compute('y', 2), vec![held('a', 10, &[1])]);
    assert!(worker.requests.is_empty(), "the copy is used again");
    worker.say(ToWorker::Free(vec![task('a')]));
    assert!(worker.has('a'), "a run waits with it");
    worker.finish_after(1, Duration::from_secs(1));
    assert!(!worker.has('a'));
}

#[test]
fn two_runs_share_one_fetch() {
    let mut worker = TestWorker::new(2);
    worker.run(compute('x', 1), vec![held('a', 10, &[1])]);
    worker.run(compute('y', 2), vec![held('a', 10, &[1, 2])]);
    assert_eq!(
        (worker.asked(1), worker.asked(2)),
        ("a".into(), String::new())
    );
    worker.deliver(1);
    assert_eq!(worker.running(), [1, 2]);
}

#[test]
fn parts_are_private_and_go_with_their_last_user() {
    let mut worker = TestWorker::new(1);
    let parts = vec![
        (0, Part::element(3)),
        (0, Part::element(3)),
        (0, Part::element(5)),
    ];
    let mut first = compute('x', 1);
    first.inputs = vec![held('a', 1_000, &[1])];
    worker.turn(Event::Compute {
        compute: Box::new(first),
        parts,
    });
    let items = &worker.requests.values().next().unwrap().items;
    assert_eq!(items.len(), 2);
    worker.deliver(1);
    assert_eq!(worker.executing[&RunId(1)].pins.len(), 2);
    assert!(worker.store.is_empty());
    assert!(
        worker.heard().is_empty(),
        "the scheduler does not hear of parts"
    );
}

#[test]
fn an_input_that_no_argument_refers_to_is_not_fetched() {
    let mut worker = TestWorker::new(1);
    let mut compute = compute('x', 1);
    compute.inputs = vec![held('a', 10, &[1])];
    worker.turn(Event::Compute {
        compute: Box::new(compute),
        parts: vec![],
    });
    assert_eq!(worker.running(), [1]);
}

#[test]
fn other_holders_are_tried_and_then_the_run_is_given_back() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('x', 1), vec![held('a', 10, &[1, 2, 3])]);
    assert_eq!(worker.asked(1), "a");
    worker.answer(1, unreachable());
    assert_eq!(worker.asked(2), "a");
    worker.answer(2, Ok(vec![ItemOutcome::Missing]));
    assert_eq!(worker.asked(3), "a");
    worker.answer(3, Ok(vec![ItemOutcome::Missing]));
    assert_eq!(worker.heard(), ["r1 returned x: a missing on 3"]);
}

#[test]
fn what_waits_for_an_unreachable_peer_fails_with_it() {
    let mut worker = TestWorker::new(1);
    for (run, letter) in (1..).zip('a'..='d') {
        worker.run(compute('x', run), vec![held(letter, 10, &[1])]);
    }
    worker.run(compute('y', 9), vec![here('x')]);
    assert_eq!(worker.asked(1), "ab", "two requests at a time");
    worker.answer(1, unreachable());
    let heard = worker.heard();
    let expected = [
        "r1 returned x: a unreachable on 1: refused",
        "r4 returned x: d unreachable on 1: refused",
        "r9 returned y: x missing",
        "r3 returned x: c unreachable on 1: refused",
    ];
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    assert_eq!(sorted(&heard), sorted(&expected.map(String::from)));
}

#[test]
fn a_gone_peer_is_not_asked() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('x', 1), vec![held('a', 10, &[1, 2])]);
    worker.say(ToWorker::PeerGone(peer(1)));
    assert_eq!(
        (worker.asked(1), worker.asked(2)),
        (String::new(), "a".into())
    );
    worker.say(ToWorker::PeerGone(peer(2)));
    assert_eq!(
        worker.heard(),
        ["r1 returned x: a unreachable on 2: that worker is gone"]
    );
    worker.run(compute('x', 2), vec![held('a', 10, &[1, 2])]);
    assert_eq!(
        worker.heard(),
        ["r2 returned x: a unreachable on 2: that worker is gone"]
    );
}

#[test]
fn a_busy_peer_is_left_alone_for_a_while() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('x', 1), vec![held('a', 10, &[1])]);
    worker.answer(1, Err(FetchFailure::Busy));
    assert_eq!(worker.asked(1), "");
    worker.now = worker.core.next_deadline().unwrap();
    worker.turn(Event::Tick);
    assert_eq!(worker.asked(1), "a");
    assert_eq!(worker.core.next_deadline(), None);
}

#[test]
fn a_value_that_cannot_travel_fails_the_run() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('x', 1), vec![held('a', 10, &[1])]);
    worker.answer(1, Ok(vec![ItemOutcome::Failed("not for travel".into())]));
    assert_eq!(worker.heard(), ["r1 failed x: not for travel"]);
}

#[test]
fn a_short_answer_is_no_panic() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('x', 1), vec![held('a', 10, &[1])]);
    worker.answer(1, Ok(vec![]));
    assert_eq!(
        worker.heard(),
        ["r1 failed x: the peer's answer was too short"]
    );
}

#[test]
fn large_values_wait_for_the_budget_and_the_most_urgent_goes_first() {
    let mut worker = TestWorker::new(1);
    let gib = 1 << 30;
    for (run, letter) in (1..).zip('a'..='d') {
        let compute = Compute {
            priority: run as i32,
            ..compute('x', run)
        };
        let inputs = vec![held(letter, gib, &[run as u32 % 3 + 1])];
        worker.tell(Event::Said(ToWorker::Compute(Box::new(Compute {
            inputs,
            ..compute
        }))));
    }
    worker.turn(Event::Tick);
    let asked: String = (1..=3).map(|number| worker.asked(number)).collect();
    assert_eq!(asked, "d", "one that is larger than the budget goes alone");
}

#[test]
fn a_value_that_nobody_waits_for_any_more_is_not_kept() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('x', 1), vec![held('a', 10, &[1])]);
    worker.say(ToWorker::Cancel(vec![RunId(1)]));
    worker.deliver(1);
    assert_eq!(worker.heard(), ["r1 returned x: withdrawn"]);
    assert!(worker.store.is_empty());
}

#[test]
fn a_value_that_is_made_here_satisfies_those_who_were_fetching_it() {
    let mut worker = TestWorker::new(2);
    worker.run(compute('x', 1), vec![held('a', 10, &[1])]);
    worker.run(compute('a', 2), vec![]);
    worker.finish(2);
    assert_eq!(worker.running(), [1]);
    worker.deliver(1);
    assert_eq!(worker.heard(), ["r2 finished a"]);
}

#[test]
fn copies_that_the_scheduler_asks_for() {
    let mut worker = TestWorker::new(1);
    let acquire = |letter, holders: &[u32]| ToWorker::Acquire {
        task: task(letter),
        nbytes: 10,
        holders: holders.iter().map(|&number| peer(number)).collect(),
    };
    worker.say(acquire('a', &[1])).deliver(1);
    worker.say(acquire('a', &[1]));
    worker.say(acquire('b', &[1])).answer(1, unreachable());
    worker.say(acquire('c', &[8]));
    assert_eq!(
        worker.heard(),
        [
            "stored a",
            "stored a",
            "cannot acquire b: refused",
            "cannot acquire c: every holder is gone"
        ]
    );
}

#[test]
fn brought_values_are_reported_and_used() {
    let mut worker = TestWorker::new(1);
    worker.turn(Event::Put {
        task: task('a'),
        nbytes: 5,
    });
    worker.run(compute('x', 1), vec![here('a')]);
    assert_eq!(worker.heard(), ["stored a"]);
    assert_eq!(worker.running(), [1]);
}

#[test]
fn a_worker_leaves_when_its_tasks_have_ended_and_it_may() {
    let mut worker = TestWorker::new(1);
    worker
        .run(compute('a', 1), vec![])
        .run(compute('b', 2), vec![]);
    worker.run(compute('c', 3), vec![here('b')]);
    worker.run(compute('d', 4), vec![held('z', 10, &[1])]);
    worker.turn(Event::Drain);
    assert_eq!(
        worker.heard(),
        [
            "leaving",
            "r2 returned b: leaving",
            "r3 returned c: leaving",
            "r4 returned d: leaving"
        ]
    );
    assert!(worker.withdrawn.contains(&RunId(1)));
    worker.run(compute('e', 5), vec![]);
    worker.say(ToWorker::MayLeave);
    assert!(!worker.leave);
    worker.finish(1);
    assert_eq!(worker.heard(), ["r5 returned e: leaving", "r1 finished a"]);
    assert!(worker.leave);
}

#[test]
fn a_run_that_had_not_started_is_given_back_when_the_worker_leaves() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]);
    worker
        .turn(Event::Drain)
        .end(1, Duration::ZERO, Outcome::NotStarted);
    assert_eq!(worker.heard(), ["leaving", "r1 returned a: leaving"]);
    worker.say(ToWorker::MayLeave);
    assert!(worker.leave);
}

#[test]
fn a_worker_leaves_at_its_deadline_whatever_runs() {
    let mut worker = TestWorker::new(1);
    worker.run(compute('a', 1), vec![]).turn(Event::Drain);
    worker.now = worker.core.next_deadline().unwrap();
    worker.turn(Event::Tick);
    assert!(worker.leave);
}
