//! Clients: their graphs, their wants, their mistakes.

use crate::testing::TestScheduler;
use taskloom_core::message::FromClient;
use taskloom_core::{Ticket, WorkerId};

#[test]
fn a_client_that_goes_takes_its_wants_along() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .client("c2")
        .graph_of("c2", "a -> b* c*")
        .skip();
    t.client_gone("c2").expect(["w1: cancel a"]);
    assert_eq!(t.core.identity(t.now).tasks, Default::default());
}

#[test]
fn a_dependency_on_what_was_never_sent_is_named() {
    let mut t = TestScheduler::new();
    let mut chunk = t.chunk("c", "a*");
    chunk.first_ticket = Ticket(10);
    chunk.dependencies = vec![Ticket(7)];
    chunk.dependency_ends = vec![1];
    t.say("c", FromClient::Submit(Box::new(chunk)))
        .expect(["c: failed #10: BadGraph of a"]);
}

#[test]
fn a_cycle_cannot_be_written_down() {
    let mut t = TestScheduler::new();
    let mut chunk = t.chunk("c", "a b*");
    chunk.dependencies = vec![Ticket(1), Ticket(0)];
    chunk.dependency_ends = vec![1, 2];
    t.say("c", FromClient::Submit(Box::new(chunk)));
    t.expect([
        "c: refused 2, a to b: task a depends on ticket #1, which does not come before its own \
               (#0): a cycle or a missing task",
    ]);
}

#[test]
fn columns_that_do_not_fit_fail_the_tickets_and_nothing_else() {
    let mut t = TestScheduler::new();
    let mut chunk = t.chunk("c", "a*");
    chunk.operation_of = vec![9];
    t.say("c", FromClient::Submit(Box::new(chunk))).expect([
        "c: refused 1, a to a: the column `operation_of` of the graph chunk does not fit its tasks",
    ]);
    t.workers(["w1"]).graph("b*").expect(["w1: compute b"]);
}

#[test]
fn results_are_located() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a* b*").finish("a", "w1").skip();
    let tickets = vec![t.ticket("c", "a"), t.ticket("c", "b")];
    t.say(
        "c",
        FromClient::Locate {
            request: 5,
            tickets,
        },
    );
    t.expect(["c: located a at w1; b at nowhere"]);
}

#[test]
fn a_value_that_a_client_misses_is_made_again() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a*").finish("a", "w1").skip();
    let (task, worker) = (t.task_id("a"), t.worker_id("w1"));
    let stale = WorkerId::new(worker.index, worker.generation + 1);
    t.say(
        "c",
        FromClient::Missing {
            task,
            worker: stale,
        },
    )
    .expect([]);
    t.say("c", FromClient::Missing { task, worker });
    t.expect(["c: pending a", "w1: compute a", "w1: free a"]);
}

#[test]
fn unknown_tickets_are_ignored() {
    let mut t = TestScheduler::new();
    t.say("c", FromClient::Release(vec![Ticket(77)]));
    t.say("c", FromClient::Cancel(vec![Ticket(77)])).expect([]);
}

#[test]
fn options_go_with_the_client_and_the_tasks_that_name_them() {
    let mut t = TestScheduler::new();
    let before = t.core.specs.len();
    t.client("d").graph_of("c", "keep*");
    for round in 0..200 {
        t.options.label = format!("label {round}");
        t.graph_of("d", &format!("a{round}*"));
    }
    assert!(t.core.specs.len() > 400);
    t.client_gone("d");
    // The task that stays was made with the usual options.
    assert_eq!(t.core.specs.len(), before + 2);
    t.workers(["w1"]).skip();
    t.graph("more*").finish("keep", "w1");
    assert!(t.take_lines().contains(&"c: finished keep".to_owned()));
}
