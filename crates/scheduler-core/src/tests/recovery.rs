//! Workers die, values vanish, peers cannot be reached.

use crate::testing::TestScheduler;
use crate::{Config, Event};
use std::time::Duration;
use taskloom_core::message::{FromWorker, ReturnCause};

#[test]
fn a_lost_result_is_computed_again() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .graph("a -> b*")
        .finish("a", "w1")
        .finish("b", "w1")
        .skip();
    t.workers(["w2"]).remove_worker("w1");
    t.expect(["c: pending b", "w2: compute a"]);
    t.finish("a", "w2").expect(["w2: compute b"]);
    t.finish("b", "w2").expect(["w2: free a", "c: finished b"]);
}

#[test]
fn a_result_with_another_copy_is_not_lost() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"])
        .graph("a*")
        .finish("a", "w1")
        .stored("a", "w2")
        .skip();
    t.remove_worker("w1").expect([]);
    t.release("a").expect(["w2: free a"]);
}

#[test]
fn tasks_of_a_dead_worker_run_elsewhere_and_only_started_ones_are_suspected() {
    let config = Config {
        suspicion_limit: 0,
        lookahead: Duration::ZERO,
        ..Config::default()
    };
    let mut t = TestScheduler::with(config);
    // Two are given to a worker with one thread: the second has not started.
    t.workers(["w1"])
        .graph("a* b*")
        .expect(["w1: compute a", "w1: compute b"]);
    t.remove_worker("w1").workers(["w2"]);
    t.expect([
        "c: 1 waiting: no worker offers test::op/1",
        "c: failed a: KilledWorker of a",
        "w2: compute b",
    ]);
}

#[test]
fn a_heartbeat_says_what_had_started() {
    let config = Config {
        suspicion_limit: 0,
        lookahead: Duration::ZERO,
        ..Config::default()
    };
    let mut t = TestScheduler::with(config);
    t.workers(["w1"]).graph("a* b*").skip();
    let run = t.run("b", "w1").run;
    let heartbeat = FromWorker::Heartbeat {
        executing: vec![run],
        stored_bytes: 0,
        process_bytes: 0,
    };
    t.worker_says("w1", heartbeat)
        .workers(["w2"])
        .skip()
        .remove_worker("w1");
    t.expect(["c: failed b: KilledWorker of b", "w2: compute a"]);
}

#[test]
fn a_silent_worker_is_gone_but_not_after_the_scheduler_itself_stood_still() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]);
    // The clock steps over the whole lease at once: nobody could have been heard.
    t.after(Duration::from_secs(60)).expect([]);
    for _ in 0..3 {
        t.after(Duration::from_secs(10)).expect([]);
    }
    t.after(Duration::from_secs(10));
    t.expect(["close worker: nothing was heard of it for 40.0 s"]);
}

#[test]
fn a_clock_that_goes_back_stands_still_instead() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a -> b*").skip();
    t.after(Duration::from_secs(5)).expect([]);
    t.now = t.now - Duration::from_secs(4);
    t.finish("a", "w1").expect(["w1: compute b"]);
    // Its lease counts from the latest time that was ever seen.
    t.after(Duration::from_secs(9)).expect([]);
    assert_eq!(t.core.task_counts().processing, 1);
}

#[test]
fn any_word_keeps_a_worker_alive() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]);
    for _ in 0..20 {
        let worker = t.worker_id("w1");
        t.turn(Event::WorkerHeard { worker })
            .after(Duration::from_secs(10))
            .expect([]);
    }
}

#[test]
fn a_completion_of_an_earlier_run_is_dropped() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a -> b*");
    let old = t.run("a", "w1");
    t.return_run("a", "w1", ReturnCause::Withdrawn).skip();
    t.worker_says(
        "w1",
        FromWorker::Finished {
            task: old.task,
            run: old.run,
            nbytes: 1,
            elapsed: Duration::ZERO,
            value: None,
        },
    );
    t.expect([]);
    t.finish("a", "w1").expect(["w1: compute b"]);
}

#[test]
fn an_input_that_a_holder_lacks_is_made_again() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a -> b*").finish("a", "w1").skip();
    let input = t.task_id("a");
    t.return_run(
        "b",
        "w1",
        ReturnCause::Missing {
            input,
            holder: None,
        },
    );
    t.expect(["w1: free a", "w1: compute a"]);
    t.finish("a", "w1").expect(["w1: compute b"]);
}

#[test]
fn an_input_out_of_reach_sends_the_task_to_its_holder() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a -> b* c*").finish("a", "w1");
    // b and c occupy w1, so the next task with that input goes to w2.
    t.workers(["w2"]).skip();
    t.graph("a -> d*").expect(["w2: compute d"]);
    let (input, holder) = (t.task_id("a"), t.worker_id("w1"));
    let cause = ReturnCause::Unreachable {
        input,
        holder,
        reason: "timed out".into(),
    };
    t.return_run("d", "w2", cause).expect([]);
    t.finish("b", "w1")
        .expect(["c: finished b", "w1: compute d"]);
}

#[test]
fn a_task_whose_inputs_nobody_can_bring_errs() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"])
        .graph("a -> b*")
        .finish("a", "w1")
        .skip();
    let (input, holder) = (t.task_id("a"), t.worker_id("w1"));
    for _ in 0..100 {
        let at = if t.core.identity(t.now).workers[0].processing > 0 {
            "w1"
        } else {
            "w2"
        };
        let cause = ReturnCause::Unreachable {
            input,
            holder,
            reason: "no route".into(),
        };
        t.return_run("b", at, cause);
        if t.take_lines()
            .iter()
            .any(|line| line.starts_with("c: failed b: Unreachable of b"))
        {
            return;
        }
    }
    panic!("the task came back a hundred times and did not err");
}

#[test]
fn a_worker_that_leaves_hands_over_what_only_it_holds() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a* b*").finish("a", "w1").skip();
    t.workers(["w2"])
        .worker_says("w1", FromWorker::Leaving)
        .expect(["w2: acquire a"]);
    t.return_run("b", "w1", ReturnCause::Leaving)
        .expect(["w2: compute b"]);
    t.stored("a", "w2").expect(["w1: may leave"]);
    t.remove_worker("w1").expect([]);
    t.finish("b", "w2").expect(["c: finished b"]);
}

#[test]
fn the_last_worker_may_leave_with_its_values() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a*").finish("a", "w1").skip();
    t.worker_says("w1", FromWorker::Leaving)
        .expect(["w1: may leave"]);
    t.remove_worker("w1")
        .expect(["c: 1 waiting: no worker offers test::op/1", "c: pending a"]);
}
