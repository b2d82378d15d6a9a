//! Scattered data.

use crate::testing::TestScheduler;
use taskloom_core::message::FromClient;

#[test]
fn data_are_supplied_to_a_worker_and_used_there() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"])
        .scatter("x", &["w2"], false)
        .expect(["c: supply x to w2"]);
    t.graph_of("c", "y*").expect(["w1: compute y"]);
    t.stored("x", "w2").expect(["c: finished x"]);
    t.release("x").expect(["w2: free x"]);
}

#[test]
fn data_without_a_worker_wait_for_one() {
    let mut t = TestScheduler::new();
    t.scatter("x", &[], false).expect([]);
    t.workers(["w1"]).expect(["c: supply x to w1"]);
}

#[test]
fn lost_data_are_supplied_again() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"])
        .scatter("x", &[], false)
        .stored("x", "w1")
        .skip();
    t.remove_worker("w1")
        .expect(["c: pending x", "c: supply x to w2"]);
    t.stored("x", "w2").expect(["c: finished x"]);
}

#[test]
fn data_whose_source_is_gone_are_lost() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .scatter("x", &[], false)
        .stored("x", "w1")
        .skip();
    let task = t.task_id("x");
    t.remove_worker("w1").workers(["w2"]).skip();
    t.say(
        "c",
        FromClient::SupplyFailed {
            task,
            worker: None,
            reason: "dropped".into(),
        },
    );
    t.expect(["c: failed x: Lost of x"]);
}

#[test]
fn a_target_out_of_reach_is_replaced() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"])
        .scatter("x", &[], false)
        .expect(["c: supply x to w1"]);
    let (task, worker) = (t.task_id("x"), Some(t.worker_id("w1")));
    t.say(
        "c",
        FromClient::SupplyFailed {
            task,
            worker,
            reason: "no route".into(),
        },
    );
    t.expect(["c: supply x to w2"]);
}

#[test]
fn a_broadcast_counts_as_placed_when_all_have_it() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2", "w3", "w4"])
        .scatter("x", &[], true)
        .expect(["c: supply x to w1"]);
    t.stored("x", "w1")
        .expect(["w2: acquire x", "w3: acquire x"]);
    t.stored("x", "w2").expect(["w4: acquire x"]);
    t.stored("x", "w3").expect([]);
    // A worker that dies is not waited for.
    t.remove_worker("w4").expect(["c: finished x"]);
}

#[test]
fn a_name_nobody_has_is_told_at_once() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .scatter("x", &["gpu"], false)
        .expect(["c: failed x: NoWorker of x"]);
}
