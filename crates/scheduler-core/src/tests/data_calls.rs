//! Questions about data and workers, and what is done outside scheduling.

use crate::testing::TestScheduler;
use crate::{Effects, Event};
use bytes::Bytes;
use std::time::Duration;
use taskloom_core::limits::QUESTIONS_MAX;
use taskloom_core::message::{Answer, FromClient, FromWorker, Question, Scatter, ToClient};
use taskloom_core::{
    Encoded, ErrorCode, Key, Operation, Residence, TaskFailure, TaskOptions, Ticket,
};

fn ask(t: &mut TestScheduler, request: u64, question: Question) -> &mut TestScheduler {
    t.say("c", FromClient::Ask { request, question })
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).into()).collect()
}

fn replicate(t: &mut TestScheduler, tasks: &[&str], copies: u32, workers: &[&str]) {
    let tickets = tasks.iter().map(|task| t.ticket("c", task)).collect();
    let question = Question::Replicate {
        tickets,
        copies,
        workers: names(workers),
    };
    ask(t, 1, question);
}

fn rebalance(t: &mut TestScheduler, tasks: &[&str], workers: &[&str]) {
    let tickets = tasks.iter().map(|task| t.ticket("c", task)).collect();
    let question = Question::Rebalance {
        tickets,
        workers: names(workers),
    };
    ask(t, 1, question);
}

/// A scheduler with these workers and `a` in memory of the first.
fn with_a<const N: usize>(workers: [&str; N]) -> TestScheduler {
    let mut t = TestScheduler::new();
    t.workers(workers).graph("a*").finish("a", "w1").skip();
    t
}

fn acquire_failed(t: &mut TestScheduler, task: &str, worker: &str) {
    let message = FromWorker::AcquireFailed {
        task: t.task_id(task),
        reason: "no route".into(),
    };
    t.worker_says(worker, message);
}

fn run_on(t: &mut TestScheduler, operation: &str, workers: &[&str]) {
    let question = Question::Run {
        operation: Operation::new(operation, 1, 7),
        arguments: Bytes::new(),
        workers: names(workers),
    };
    ask(t, 1, question);
}

fn ran(t: &mut TestScheduler, worker: &str, request: u64, bytes: usize) {
    let result = Ok(Encoded::bytes(Bytes::from(vec![0; bytes])));
    t.worker_says(worker, FromWorker::Ran { request, result });
}

/// What was said since the last call, as one text.
fn said(t: &mut TestScheduler) -> String {
    t.take_lines().join("\n")
}

#[test]
fn who_has_names_the_holders_and_the_size_in_the_order_asked() {
    let mut t = with_a(["w1", "w2"]);
    t.graph("b*").skip();
    t.stored("a", "w2").skip();
    let tickets = vec![t.ticket("c", "b"), t.ticket("c", "a"), Ticket(99)];
    ask(&mut t, 5, Question::WhoHas(tickets)).expect([
        "c: answer 5: Holders([HolderList { workers: [], nbytes: 0 }, \
         HolderList { workers: [\"w1\", \"w2\"], nbytes: 100 }, \
         HolderList { workers: [], nbytes: 0 }])",
    ]);
}

#[test]
fn contents_of_workers_are_told_by_name_or_address() {
    let mut t = with_a(["w1", "w2"]);
    t.graph("b*").skip();
    let has = ask(&mut t, 1, Question::HasWhat(names(&["w1:1"])));
    has.expect([
        "c: answer 1: Contents([WorkerContents { worker: \"w1\", keys: [(\"a\", 100)], \
         count: 1 }])",
    ]);
    ask(&mut t, 2, Question::Processing(Vec::new()));
    let lines = said(&mut t);
    assert!(lines.contains("keys: [(\"b\", 0)], count: 1"), "{lines}");
    ask(&mut t, 3, Question::HasWhat(names(&["w9"])))
        .expect(["c: no answer 3: no worker named w9 is connected; there are w1, w2"]);
}

#[test]
fn a_long_list_of_keys_ends_early_and_says_how_long_it_is() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]);
    // 9,000 keys of a thousand bytes do not fit into 8 MiB.
    let scatter = |at: u64| {
        FromClient::Scatter(Scatter {
            ticket: Ticket(at),
            key: Key::new(format!("{at:01000}")).unwrap(),
            nbytes: 1,
            workers: Vec::new(),
            broadcast: false,
        })
    };
    let mut effects = Effects::default();
    let scattered = Event::ClientSaid {
        client: t.client_id("c"),
        messages: (0..9_000).map(scatter).collect(),
    };
    t.core.handle(t.now, scattered, &mut effects);
    t.core.handle(t.now, Event::EndOfTurn, &mut effects);
    let supplied = |message: ToClient| match message {
        ToClient::Supply { task, .. } => FromWorker::Stored { task, nbytes: 1 },
        other => panic!("{other:?}"),
    };
    let (_, supplies) = effects.to_clients.remove(0);
    let stored = Event::WorkerSaid {
        worker: t.worker_id("w1"),
        messages: supplies.into_iter().map(supplied).collect(),
    };
    t.core.handle(t.now, stored, &mut effects);
    let answer = t.core.has_what(&[]).unwrap();
    let Answer::Contents(contents) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(contents[0].count, 9_000);
    let named = contents[0].keys.len();
    assert!((8_000..9_000).contains(&named), "{named}");
}

#[test]
fn workers_are_told_and_waited_for() {
    let mut t = TestScheduler::new();
    ask(&mut t, 1, Question::WaitForWorkers(0)).expect(["c: answer 1: Workers([])"]);
    ask(&mut t, 2, Question::WaitForWorkers(2)).expect([]);
    t.workers(["w1"]).expect([]);
    t.workers(["w2"]);
    let lines = said(&mut t);
    assert!(lines.starts_with("c: answer 2: Workers([WorkerSummary { name: \"w1\""));
    // One that leaves is not counted.
    t.worker_says("w1", FromWorker::Leaving).skip();
    ask(&mut t, 3, Question::WaitForWorkers(2)).expect([]);
    ask(&mut t, 4, Question::Workers);
    assert!(!said(&mut t).contains("\"w1\""));
}

#[test]
fn a_withdrawn_question_is_forgotten_and_so_are_those_of_a_client_that_is_gone() {
    let mut t = TestScheduler::new();
    t.client("c2");
    ask(&mut t, 1, Question::WaitForWorkers(1));
    t.say("c", FromClient::Withdraw(1));
    let question = Question::WaitForWorkers(1);
    t.say(
        "c2",
        FromClient::Ask {
            request: 1,
            question,
        },
    );
    t.client_gone("c2");
    t.workers(["w1"]).expect([]);
}

#[test]
fn a_client_has_so_many_open_questions_and_no_more() {
    let mut t = TestScheduler::new();
    for request in 1..=QUESTIONS_MAX as u64 {
        ask(&mut t, request, Question::WaitForWorkers(1));
    }
    t.expect([]);
    ask(&mut t, 5000, Question::WaitForWorkers(1))
        .expect(["c: no answer 5000: 1024 questions of this client have no answer yet"]);
    t.say("c", FromClient::Withdraw(7));
    ask(&mut t, 5001, Question::WaitForWorkers(1)).expect([]);
}

#[test]
fn copies_spread_as_a_tree() {
    let mut t = with_a(["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"]);
    replicate(&mut t, &["a"], 0, &[]);
    t.expect(["w2: acquire a", "w3: acquire a"]);
    // Two holders now: each gives two, and one of the four is under way.
    t.stored("a", "w2")
        .expect(["w4: acquire a", "w5: acquire a", "w6: acquire a"]);
    t.stored("a", "w3")
        .expect(["w7: acquire a", "w8: acquire a"]);
    for worker in ["w4", "w5", "w6", "w7"] {
        t.stored("a", worker).expect([]);
    }
    t.stored("a", "w8").expect(["c: answer 1: Done(7)"]);
    replicate(&mut t, &["a"], 5, &[]);
    t.expect(["c: answer 1: Done(0)"]);
    t.release("a");
    assert_eq!(t.take_lines().len(), 8, "each copy is freed");
}

#[test]
fn so_many_copies_are_made_as_are_missing_where_least_lies() {
    let mut t = with_a(["w1", "w2", "w3"]);
    t.scatter("x", &["w2"], false).stored("x", "w2").skip();
    replicate(&mut t, &["a", "a"], 2, &[]);
    t.expect(["w3: acquire a"]);
    t.stored("a", "w3").expect(["c: answer 1: Done(1)"]);
    replicate(&mut t, &["a"], 0, &["w2"]);
    t.expect(["w2: acquire a"]);
    t.stored("a", "w2").expect(["c: answer 1: Done(1)"]);
}

#[test]
fn what_cannot_be_copied_is_refused() {
    let mut t = with_a(["w1", "w2"]);
    t.graph("b*").skip();
    replicate(&mut t, &["a"], 3, &[]);
    t.expect(["c: no answer 1: cannot keep 3 copies on 2 workers"]);
    replicate(&mut t, &["a", "b"], 2, &[]);
    t.expect([
        "c: no answer 1: b is not in memory: it has not ended, failed, or is being computed again",
    ]);
    t.options = TaskOptions {
        residence: Residence::Fixed,
        ..TaskOptions::default()
    };
    t.graph("counter*").skip();
    let worker = if t.has_run("counter", "w1") {
        "w1"
    } else {
        "w2"
    };
    t.finish("counter", worker).skip();
    replicate(&mut t, &["counter"], 2, &[]);
    t.expect(["c: no answer 1: counter is an actor: it stays on the worker that made it"]);
    t.worker_says("w2", FromWorker::Leaving).skip();
    replicate(&mut t, &["a"], 1, &["w2"]);
    t.expect(["c: no answer 1: w2 is leaving and takes no data"]);
}

#[test]
fn another_worker_takes_the_copy_that_one_cannot_get() {
    let mut t = with_a(["w1", "w2", "w3"]);
    replicate(&mut t, &["a"], 2, &[]);
    t.expect(["w2: acquire a"]);
    acquire_failed(&mut t, "a", "w2");
    t.expect(["w3: acquire a"]);
    // The next one is gone with its copy on the way: nobody is left.
    t.remove_worker("w3");
    t.expect(["c: no answer 1: 1 of 1 copies could not be made: a: the worker left"]);
}

#[test]
fn copies_of_what_is_released_or_lost_are_given_up() {
    let mut t = with_a(["w1", "w2"]);
    replicate(&mut t, &["a"], 2, &[]);
    t.skip();
    t.release("a").expect([
        "w1: free a",
        "c: no answer 1: 1 of 1 copies could not be made: a: it was released or lost",
    ]);
    // It comes all the same, and is dropped.
    t.stored("a", "w2").expect(["w2: free a"]);
    let mut t = with_a(["w1", "w2"]);
    replicate(&mut t, &["a"], 2, &[]);
    t.skip().remove_worker("w1");
    t.expect([
        "c: pending a",
        "w2: compute a",
        "c: no answer 1: 1 of 1 copies could not be made: a: it was released or lost",
    ]);
}

#[test]
fn a_broadcast_and_a_question_share_the_copies_on_their_way() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2", "w3"])
        .scatter("x", &[], true)
        .expect(["c: supply x to w1"]);
    t.stored("x", "w1")
        .expect(["w2: acquire x", "w3: acquire x"]);
    replicate(&mut t, &["x"], 3, &[]);
    t.expect([]);
    t.stored("x", "w2").expect([]);
    t.stored("x", "w3")
        .expect(["c: answer 1: Done(2)", "c: finished x"]);
}

#[test]
fn values_move_from_the_fullest_to_the_emptiest() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"]);
    for name in ["p", "q", "r", "s"] {
        t.scatter(name, &["w1"], false).stored(name, "w1");
    }
    t.skip();
    rebalance(&mut t, &[], &[]);
    let lines = t.take_lines();
    assert_eq!(lines, ["w2: acquire r", "w2: acquire s"]);
    t.stored("s", "w2").expect(["w1: free s"]);
    t.stored("r", "w2")
        .expect(["w1: free r", "c: answer 1: Done(2)"]);
    rebalance(&mut t, &[], &[]);
    t.expect(["c: answer 1: Done(0)"]);
    // Only those that are named are moved, and only if it helps.
    t.scatter("u", &["w1"], false).stored("u", "w1").skip();
    rebalance(&mut t, &["u"], &["w1", "w2"]);
    t.expect(["c: answer 1: Done(0)"]);
}

#[test]
fn a_value_that_cannot_move_stays_where_it_is() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"]);
    for name in ["p", "q"] {
        t.scatter(name, &["w1"], false).stored(name, "w1");
    }
    t.skip();
    rebalance(&mut t, &[], &[]);
    t.expect(["w2: acquire q"]);
    acquire_failed(&mut t, "q", "w2");
    t.expect(["c: no answer 1: 1 of 1 copies could not be made: q to w2: no route"]);
    let tickets = vec![t.ticket("c", "q")];
    ask(&mut t, 2, Question::WhoHas(tickets));
    assert!(said(&mut t).contains("[\"w1\"]"));
}

#[test]
fn an_operation_runs_on_all_or_some_workers_outside_scheduling() {
    let mut t = TestScheduler::new();
    run_on(&mut t, "test::op", &[]);
    t.expect(["c: no answer 1: cannot run test::op/1: no worker is connected"]);
    t.workers(["w1", "w2"]);
    let mut other = t.hello("w3");
    other.operations.clear();
    t.join(other).unwrap();
    run_on(&mut t, "test::op", &["w2"]);
    t.expect(["w2: run 1"]);
    ran(&mut t, "w2", 1, 3);
    let lines = said(&mut t);
    assert!(
        lines.starts_with("c: answer 1: Ran([(\"w2\", Ok("),
        "{lines}"
    );
    run_on(&mut t, "test::op", &[]);
    t.expect(["w1: run 2", "w2: run 2"]);
    let failure = TaskFailure::new(ErrorCode::Task, "it failed");
    let result = Err(Box::new(failure));
    t.worker_says("w1", FromWorker::Ran { request: 2, result });
    // A second answer, and one to a question that nobody asked, are of no use.
    ran(&mut t, "w1", 2, 3);
    ran(&mut t, "w1", 77, 3);
    t.expect([]);
    t.remove_worker("w2");
    let lines = said(&mut t);
    assert!(lines.contains("it failed"), "{lines}");
    assert!(
        lines.contains("w2 ended while it ran test::op/1 (it was removed)"),
        "{lines}"
    );
    assert!(lines.contains("w3 does not offer test::op/1"), "{lines}");
}

#[test]
fn results_of_all_workers_together_have_a_limit() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"]);
    run_on(&mut t, "test::op", &[]);
    t.skip();
    ran(&mut t, "w2", 1, 6 << 20);
    ran(&mut t, "w1", 1, 6 << 20);
    let lines = said(&mut t);
    assert!(
        lines.contains("the results of all workers have more than 8 MiB together"),
        "{}",
        &lines[..200]
    );
    assert!(lines.contains("(\"w2\", Ok("));
}

#[test]
fn retired_workers_hand_on_their_data_and_are_waited_for() {
    let mut t = with_a(["w1", "w2", "w3"]);
    t.graph("b*").skip();
    ask(&mut t, 1, Question::Retire(names(&["w1", "w2"])));
    let lines = t.take_lines();
    assert!(lines.contains(&"w1: retire".into()), "{lines:?}");
    assert!(lines.contains(&"w2: retire".into()), "{lines:?}");
    // Not to the other one that goes.
    assert!(lines.contains(&"w3: acquire a".into()), "{lines:?}");
    t.stored("a", "w3");
    let lines = t.take_lines();
    assert!(lines.contains(&"w1: free a".into()) || lines.contains(&"w1: may leave".into()));
    t.remove_worker("w1").skip();
    let lines = { t.remove_worker("w2").take_lines() };
    assert!(lines.contains(&"c: answer 1: Done(2)".into()), "{lines:?}");
    ask(&mut t, 2, Question::Retire(names(&["w1"])))
        .expect(["c: no answer 2: no worker named w1 is connected; there are w3"]);
}

#[test]
fn restarted_workers_lose_their_data_and_are_waited_for() {
    let mut t = with_a(["w1", "w2"]);
    ask(&mut t, 1, Question::Restart(names(&["w1"])))
        .expect(["w1: restart: a client asked for it"]);
    t.after(Duration::from_secs(1)).expect([]);
    t.remove_worker("w1")
        .expect(["c: pending a", "w2: compute a"]);
    t.workers(["w1"]).expect(["c: answer 1: Done(1)"]);
}

#[test]
fn nobody_suspects_the_tasks_of_a_restarted_worker() {
    let mut t = TestScheduler::new();
    t.graph("a*");
    for _ in 0..5 {
        t.workers(["w1"]).skip();
        ask(&mut t, 1, Question::Restart(Vec::new())).skip();
        t.remove_worker("w1").skip();
    }
    t.workers(["w1"])
        .expect(["w1: compute a", "c: answer 1: Done(1)"]);
}

#[test]
fn a_client_may_end_the_cluster() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]);
    let question = Question::Shutdown("enough".into());
    let mut effects = Effects::default();
    let message = FromClient::Ask {
        request: 1,
        question,
    };
    let event = Event::ClientSaid {
        client: t.client_id("c"),
        messages: vec![message],
    };
    t.core.handle(t.now, event, &mut effects);
    assert_eq!(effects.close.as_deref(), Some("enough"));
    let reason = effects.close.take().unwrap();
    t.turn(Event::Close { reason }).expect([
        "w1: retire",
        "w1: closing: enough",
        "c: answer 1: Done(1)",
        "c: closing: enough",
    ]);
}

#[test]
fn data_are_scattered_to_workers_by_name_or_address() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"])
        .scatter("x", &["w2:1"], false)
        .expect(["c: supply x to w2"]);
    t.scatter("y", &["w2", "w7"], false)
        .expect(["c: failed y: NoWorker of y"]);
}

#[test]
fn a_question_has_a_number_of_its_own() {
    let mut t = TestScheduler::new();
    ask(&mut t, 4, Question::WaitForWorkers(1)).expect([]);
    ask(&mut t, 4, Question::WaitForWorkers(2))
        .expect(["c: no answer 4: question 4 is open already"]);
    t.workers(["w1"]);
    assert!(said(&mut t).starts_with("c: answer 4: Workers"));
}
