//! What moves between workers, and when.

use crate::testing::TestScheduler;
use taskloom_core::message::ReturnCause;

/// Sixteen inputs of one task.
const WIDE: &str = "a b c d e f g h i j k l m n o p -> z*";
const INPUTS: [&str; 16] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p",
];

/// Ends a task wherever it is.
fn finish(t: &mut TestScheduler, task: &str) {
    let at = ["w1", "w2", "w3", "w4", "w5"]
        .into_iter()
        .find(|worker| t.has_run(task, worker))
        .expect("some worker has it");
    t.finish(task, at);
}

fn acquired(t: &mut TestScheduler) -> Vec<String> {
    let mut lines = t.take_lines();
    lines.retain(|line| line.contains("acquire"));
    lines
}

#[test]
fn inputs_of_a_wide_task_come_together_before_the_last_is_made() {
    let mut t = TestScheduler::new();
    t.nbytes = 1 << 20;
    t.workers(["w1", "w2", "w3", "w4", "w5"]).graph(WIDE);
    for task in &INPUTS[..7] {
        finish(&mut t, task);
    }
    assert_eq!(acquired(&mut t), [""; 0], "less than half are there");
    finish(&mut t, INPUTS[7]);
    let first = acquired(&mut t);
    let home = first[0][..2].to_owned();
    assert!(
        first.iter().all(|line| line.starts_with(&home)),
        "{first:?}"
    );
    for task in &INPUTS[8..15] {
        finish(&mut t, task);
    }
    for line in first.into_iter().chain(acquired(&mut t)) {
        assert!(line.starts_with(&home), "{line}");
        let task = line.rsplit(' ').next().expect("a task").to_owned();
        t.stored(&task, &home);
    }
    t.skip();
    finish(&mut t, INPUTS[15]);
    let lines = t.take_lines();
    assert!(lines.contains(&format!("{home}: compute z")), "{lines:?}");
}

#[test]
fn small_inputs_and_few_are_left_where_they_are() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2", "w3", "w4", "w5"]).graph(WIDE);
    for task in &INPUTS[..15] {
        finish(&mut t, task);
    }
    assert_eq!(acquired(&mut t), [""; 0]);
    let mut t = TestScheduler::new();
    t.nbytes = 1 << 20;
    t.workers(["w1", "w2", "w3", "w4", "w5"])
        .graph("a b c d -> z*");
    for task in &INPUTS[..3] {
        finish(&mut t, task);
    }
    assert_eq!(acquired(&mut t), [""; 0]);
}

#[test]
fn few_workers_at_a_time_get_one_large_value() {
    let mut t = TestScheduler::new();
    // 3 s on the way, for eight tasks of a second.
    t.nbytes = 3_000_000_000;
    t.workers(["w1"])
        .graph("a -> b* c* d* e* f* g* h* i*")
        .finish("a", "w1")
        .skip();
    t.workers(["w2", "w3", "w4"]);
    let given = |t: &TestScheduler| {
        let workers = t.core.identity(t.now).workers;
        workers[1..].iter().filter(|w| w.processing > 0).count()
    };
    assert_eq!(
        given(&t),
        0,
        "12 s count more than the 8 s that all take here"
    );
    let mut t = TestScheduler::new();
    t.nbytes = 300_000_000;
    t.workers(["w1"])
        .graph("a -> b* c* d* e* f* g* h* i*")
        .finish("a", "w1")
        .skip();
    t.workers(["w2", "w3", "w4"]);
    assert!(given(&t) >= 1);
}

#[test]
fn a_value_that_could_not_be_fetched_is_not_on_its_way_any_more() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a -> b* c* d*").finish("a", "w1");
    t.workers(["w2"]).skip();
    let (input, holder) = (t.task_id("a"), t.worker_id("w1"));
    assert!(t.core.traffic.incoming(1) > 0);
    let cause = ReturnCause::Unreachable {
        input,
        holder,
        reason: "timed out".into(),
    };
    t.return_run("d", "w2", cause);
    assert_eq!(t.core.traffic.incoming(1), 0);
}
