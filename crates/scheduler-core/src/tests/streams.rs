//! What a worker says counts in its order, however it was cut into batches.

use crate::testing::TestScheduler;
use crate::{Effects, Event};
use std::time::Duration;
use taskloom_core::message::{FromWorker, ReturnCause};
use taskloom_core::{RunId, TaskId, WorkerId};

/// The word that ends a run well.
fn finished(t: &TestScheduler, name: &str, worker: &str) -> FromWorker {
    let run = t.run(name, worker);
    FromWorker::Finished {
        task: run.task,
        run: run.run,
        nbytes: 100,
        elapsed: Duration::from_secs(1),
        value: None,
    }
}

fn says(t: &mut TestScheduler, worker: WorkerId, messages: Vec<FromWorker>) {
    t.turn(Event::WorkerSaid { worker, messages });
}

#[test]
fn s1_one_batch_and_two_have_the_same_outcome() {
    let outcome = |together: bool| {
        let mut t = TestScheduler::new();
        let mut hello = t.hello("w1");
        hello.nthreads = 2;
        let worker = t.join(hello).unwrap();
        t.graph("a -> b*").graph("c -> d*").skip();
        let ends = ["a", "c"].map(|name| finished(&t, name, "w1"));
        match together {
            true => says(&mut t, worker, ends.into()),
            false => ends
                .into_iter()
                .for_each(|end| says(&mut t, worker, vec![end])),
        }
        let lines = t.take_lines();
        assert!(lines.contains(&"w1: compute b".to_owned()), "{lines:?}");
        (lines, t.core.task_counts(), t.core.table_sizes())
    };
    assert_eq!(outcome(true), outcome(false));
}

#[test]
fn s6_copies_are_known_before_anything_that_is_said_later() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"]).graph("a -> b*");
    t.finish("a", "w1").skip();
    let a = t.task_id("a");
    // In one frame.
    let (task, worker) = (a, t.worker_id("w2"));
    let copied = FromWorker::Stored { task, nbytes: 100 };
    let messages = vec![copied, FromWorker::Leaving];
    says(&mut t, worker, messages);
    let holders = t.core.locate_task(a).unwrap().1;
    let names: Vec<_> = holders.iter().map(|peer| peer.name.as_str()).collect();
    assert_eq!(names, ["w1", "w2"]);
}

#[test]
fn s8_a_worker_that_is_gone_is_heard_no_more_and_its_tasks_run_elsewhere() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a*").workers(["w2"]).skip();
    let (worker, run) = (t.worker_id("w1"), t.run("a", "w1"));
    let end = finished(&t, "a", "w1");
    t.remove_worker("w1").expect(["w2: compute a"]);
    // Whatever it said before its end arrives too late, and it is not removed twice.
    says(&mut t, worker, vec![end]);
    let reason = String::from("again");
    t.turn(Event::WorkerGone { worker, reason }).expect([]);
    assert_ne!(t.run("a", "w2").run, run.run);
}

#[test]
fn a_flood_of_bogus_words_changes_nothing() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"]).graph("a -> b*").graph("c*").skip();
    let counts = t.core.task_counts();
    let worker = t.worker_id("w2");
    let mut effects = Effects::default();
    for n in 0..20_000 {
        let (task, run) = (TaskId::new(n % 7, n % 3), RunId(u64::from(n)));
        let messages = vec![
            FromWorker::Finished {
                task,
                run,
                nbytes: 1,
                elapsed: Duration::ZERO,
                value: None,
            },
            FromWorker::Returned {
                task,
                run,
                cause: ReturnCause::Withdrawn,
            },
            FromWorker::Seceded { task, run },
        ];
        let event = Event::WorkerSaid { worker, messages };
        t.core.handle(t.now, event, &mut effects);
    }
    assert_eq!(t.core.task_counts(), counts);
    t.core.check_all();
}
