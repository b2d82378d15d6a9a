//! From submission to release.

use crate::testing::TestScheduler;
use taskloom_core::message::{FromClient, FromWorker, Refusal, ReturnCause};
use taskloom_core::{KeyRef, Keys, KeysBuilder, Operation, Ticket};

#[test]
fn a_chain_runs_link_by_link_and_frees_what_is_used_up() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .graph("a -> b -> c*")
        .expect(["w1: compute a"]);
    t.finish("a", "w1").expect(["w1: compute b"]);
    t.finish("b", "w1").expect(["w1: free a", "w1: compute c"]);
    t.finish("c", "w1").expect(["w1: free b", "c: finished c"]);
    t.release("c").expect(["w1: free c"]);
    assert_eq!(t.core.identity(t.now).tasks, Default::default());
}

#[test]
fn what_leads_to_nothing_wanted_is_not_run() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .graph("a -> b*; x -> y")
        .expect(["w1: compute a"]);
    assert_eq!(t.core.identity(t.now).tasks.waiting, 1);
}

#[test]
fn a_failure_reaches_all_dependents_with_the_task_to_blame() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .graph("a -> b -> c*; a -> d*")
        .expect(["w1: compute a"]);
    t.fail("a", "w1")
        .expect(["c: failed c: Task of a", "c: failed d: Task of a"]);
    t.release("c").release("d").expect([]);
    assert_eq!(t.core.identity(t.now).tasks, Default::default());
}

#[test]
fn the_same_key_with_the_same_content_is_one_task() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .client("c2")
        .graph("a*")
        .graph_of("c2", "a*")
        .expect(["w1: compute a"]);
    t.finish("a", "w1")
        .expect(["c: finished a", "c2: finished a"]);
    t.release("a").expect([]);
    t.graph_of("c2", "a*").expect(["c2: finished a"]);
    t.client_gone("c2").expect(["w1: free a"]);
}

#[test]
fn the_same_key_with_other_content_is_refused() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a*").skip();
    t.graph("x -> a* -> z*").expect([
        "c: failed a: DuplicateKey of a",
        "c: failed z: DuplicateKey of a",
    ]);
}

#[test]
fn cancelling_takes_back_what_is_given_and_fails_what_depends_on_it() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .graph("a* -> b*")
        .expect(["w1: compute a"]);
    t.cancel("a").expect([
        "w1: cancel a",
        "c: failed a: Cancelled of a",
        "c: failed b: Cancelled of a",
    ]);
    // The thread is taken until the worker says that the run is over.
    t.graph("d* e* f*").expect(["w1: compute d"]);
    t.return_run("a", "w1", ReturnCause::Withdrawn)
        .expect(["w1: compute e"]);
}

#[test]
fn cancelling_what_others_want_ends_only_ones_own_want() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .client("c2")
        .graph("a*")
        .graph_of("c2", "a*")
        .skip();
    t.cancel("a").expect(["c: failed a: Cancelled of a"]);
    t.finish("a", "w1").expect(["c2: finished a"]);
}

#[test]
fn releasing_what_runs_withdraws_it() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a -> b*").skip();
    t.release("b").expect(["w1: cancel a"]);
    let run = t.run("a", "w1");
    // It could not be stopped: its result is dropped.
    t.worker_says(
        "w1",
        FromWorker::Finished {
            task: run.task,
            run: run.run,
            nbytes: 1,
            elapsed: t.elapsed,
            value: None,
        },
    );
    assert_eq!(t.take_lines().len(), 1);
    assert_eq!(t.core.identity(t.now).tasks, Default::default());
}

fn key(name: &str) -> Keys {
    let mut keys = KeysBuilder::default();
    keys.push(KeyRef::of(name.as_bytes()));
    keys.finish()
}

#[test]
fn a_graph_in_chunks_starts_before_it_is_complete() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]);
    let mut whole = t.chunk("c", "a -> b*");
    let mut first = whole.clone();
    first.keys = key("a");
    first.arguments.ends.truncate(1);
    first.operation_of.truncate(1);
    first.dependency_ends.truncate(1);
    first.dependencies.clear();
    first.wanted.clear();
    first.last = false;
    t.say("c", FromClient::Submit(Box::new(first)))
        .expect(["w1: compute a"]);
    t.finish("a", "w1").expect([]);
    whole.keys = key("b");
    whole.arguments.ends = vec![0];
    whole.operation_of = vec![0];
    whole.new_operations.clear();
    whole.dependency_ends = vec![1];
    whole.first_ticket = Ticket(1);
    whole.wanted = vec![0];
    t.say("c", FromClient::Submit(Box::new(whole)))
        .expect(["w1: compute b"]);
    t.finish("b", "w1").expect(["w1: free a", "c: finished b"]);
}

#[test]
fn a_task_nobody_offers_waits_visibly_and_then_errs() {
    let mut t = TestScheduler::new();
    let mut hello = t.hello("w1");
    hello.operations = vec![Operation::new("test::oq", 1, 7)];
    t.graph("a -> b*")
        .expect(["c: 1 waiting: no worker offers test::op/1"]);
    // Without any worker the clock stands still.
    t.after(std::time::Duration::from_secs(1000)).expect([]);
    t.join(hello).unwrap();
    t.after(std::time::Duration::from_secs(29)).expect([]);
    // The other worker must be heard of, or it is gone.
    let w1 = t.worker_id("w1");
    t.turn(crate::Event::WorkerHeard { worker: w1 });
    t.after(std::time::Duration::from_secs(2))
        .expect(["c: failed b: NoWorker of a"]);
}

#[test]
fn a_worker_with_the_operation_wakes_what_waits() {
    let mut t = TestScheduler::new();
    t.graph("a*").skip();
    t.workers(["w1"]).expect(["w1: compute a"]);
}

#[test]
fn two_living_workers_of_one_name_are_refused() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]);
    let again = t.hello("w1");
    assert!(matches!(
        t.join(again.clone()),
        Err(Refusal::NameTaken { .. })
    ));
    t.remove_worker("w1");
    t.join(again).expect("the old one is gone");
}

#[test]
fn another_signature_is_refused_while_the_first_is_in_use() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]);
    let mut other = t.hello("w2");
    other.operations = vec![Operation::new("test::op", 1, 8)];
    assert!(matches!(
        t.join(other.clone()),
        Err(Refusal::OperationMismatch { .. })
    ));
    t.remove_worker("w1");
    t.join(other).expect("nobody offers the first any more");
    t.graph("a*")
        .expect(["c: failed a: OperationMismatch of a"]);
}

#[test]
fn another_protocol_is_refused() {
    let mut t = TestScheduler::new();
    let mut hello = t.hello("w1");
    hello.protocol += 1;
    assert!(matches!(
        t.join(hello),
        Err(Refusal::Protocol {
            party: "worker",
            ..
        })
    ));
}

#[test]
fn a_closing_scheduler_tells_all_and_takes_nothing_in() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).turn(crate::Event::Close {
        reason: "bye".into(),
    });
    t.expect(["c: closing: bye", "w1: closing: bye"]);
    t.graph("a*")
        .expect(["c: refused 1, a to a: the scheduler is shutting down: bye"]);
}
