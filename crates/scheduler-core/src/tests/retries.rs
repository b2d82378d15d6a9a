//! Failed runs: retries with pauses on other workers, retries that are asked for, and the story.

use crate::testing::TestScheduler;
use std::time::Duration;
use taskloom_core::TaskOptions;
use taskloom_core::message::{Answer, Explanation, FromClient, Question};

fn with_retries(retries: u32, backoff: Duration) -> TestScheduler {
    let mut t = TestScheduler::new();
    t.options = TaskOptions {
        retries,
        backoff,
        ..TaskOptions::default()
    };
    t
}

fn explain(t: &TestScheduler, name: &str) -> Explanation {
    let client = t.client_slot("c");
    match t.core.explain(client, t.ticket("c", name)) {
        Ok(Answer::Explained(explanation)) => explanation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failed_run_rests_and_goes_to_another_worker() {
    let mut t = with_retries(1, Duration::from_secs(1));
    t.workers(["w1", "w2"])
        .graph("a*")
        .expect(["w1: compute a"]);
    t.fail("a", "w1").expect([]);
    assert_eq!(explain(&t, "a").state, "pausing");
    t.after(Duration::from_millis(500)).expect([]);
    t.after(Duration::from_millis(500))
        .expect(["w2: compute a"]);
    t.fail("a", "w2").expect(["c: failed a: Task of a"]);
    let story = explain(&t, "a").story;
    assert_eq!(story, ["run 1 on w1: it failed", "run 2 on w2: it failed"]);
}

#[test]
fn the_only_worker_is_tried_again_and_pauses_double() {
    let mut t = with_retries(2, Duration::from_secs(1));
    t.workers(["w1"]).graph("a*").skip();
    t.fail("a", "w1").after(Duration::from_secs(1));
    t.expect(["w1: compute a"]);
    t.fail("a", "w1")
        .after(Duration::from_millis(1999))
        .expect([]);
    t.after(Duration::from_millis(1)).expect(["w1: compute a"]);
    t.finish("a", "w1").expect(["c: finished a"]);
}

#[test]
fn a_pausing_task_can_be_cancelled_and_released() {
    let mut t = with_retries(5, Duration::from_secs(1));
    t.workers(["w1"]).graph("a* b*").skip();
    t.fail("a", "w1").fail("b", "w1").expect([]);
    t.cancel("a").expect(["c: failed a: Cancelled of a"]);
    t.release("b").release("a").expect([]);
    assert_eq!(t.core.identity(t.now).tasks, Default::default());
    t.after(Duration::from_secs(9)).expect([]);
}

#[test]
fn an_input_that_is_lost_during_a_pause_is_made_again() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a");
    t.options = TaskOptions {
        retries: 1,
        backoff: Duration::from_secs(5),
        ..TaskOptions::default()
    };
    t.graph("x -> y*").skip();
    t.finish("x", "w1").skip();
    t.fail("y", "w1").expect([]);
    t.remove_worker("w1").skip();
    t.workers(["w2"]).expect(["w2: compute x"]);
    t.finish("x", "w2").expect(["w2: compute y"]);
}

#[test]
fn a_client_has_failed_tasks_run_again_from_their_root() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a -> b -> c*").skip();
    t.fail("a", "w1").expect(["c: failed c: Task of a"]);
    let ticket = t.ticket("c", "c");
    t.say("c", FromClient::Retry(vec![ticket]))
        .expect(["c: pending c", "w1: compute a"]);
    t.finish("a", "w1").skip();
    t.finish("b", "w1").skip();
    t.finish("c", "w1");
    assert!(t.take_lines().contains(&"c: finished c".to_owned()));
    // What has not failed is left alone.
    t.say("c", FromClient::Retry(vec![ticket])).expect([]);
}

#[test]
fn a_question_is_answered_once() {
    let mut t = TestScheduler::new();
    t.graph("a*");
    let (request, ticket) = (7, t.ticket("c", "a"));
    t.skip();
    let question = Question::Explain(ticket);
    t.say("c", FromClient::Ask { request, question });
    let lines = t.take_lines();
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].contains("no worker offers test::op/1"),
        "{lines:?}"
    );
}
