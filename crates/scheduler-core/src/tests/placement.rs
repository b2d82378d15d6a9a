//! Who gets what.

use crate::testing::TestScheduler;
use crate::{Config, Effects, Event};
use std::time::Duration;
use taskloom_core::message::{FromWorker, ReturnCause};
use taskloom_core::{ResourceAmount, TaskOptions};

fn eager() -> TestScheduler {
    let mut t = TestScheduler::with(Config::default());
    t.elapsed = Duration::from_micros(10);
    t
}

#[test]
fn roots_wait_in_the_scheduler_when_their_length_is_unknown() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"]).graph("a* b* c* d* e* f*");
    assert_eq!(t.take_lines().len(), 4);
    assert_eq!(t.core.identity(t.now).tasks.queued, 2);
}

#[test]
fn short_tasks_are_given_ahead() {
    let mut t = eager();
    t.workers(["w1"]).graph("a*").finish("a", "w1").skip();
    t.graph("b* c* d* e*");
    assert_eq!(t.take_lines().len(), 4);
}

#[test]
fn a_length_of_few_runs_is_trusted_with_few_tasks() {
    let mut t = eager();
    t.workers(["w1"]).graph("a*").finish("a", "w1").skip();
    t.graph("b* c* d* e* f* g* h* i*");
    assert_eq!(t.take_lines().len(), 4);
    t.finish("b", "w1");
    assert_eq!(t.core.identity(t.now).tasks.processing, 7);
}

#[test]
fn one_long_run_does_not_make_all_others_look_long() {
    let mut t = eager();
    t.workers(["w1"]).graph("a* b* c* d*");
    for name in ["a", "b", "c"] {
        t.finish(name, "w1");
    }
    t.elapsed = Duration::from_micros(100);
    t.finish("d", "w1").skip();
    // 33 us each on average, so 5 ms of work are more than there are.
    let many: Vec<String> = (0..12).map(|at| format!("x{at}*")).collect();
    t.graph(&many.join(" "));
    assert_eq!(t.core.identity(t.now).tasks.processing, 12);
}

#[test]
fn a_worker_gets_no_more_ahead_than_half_its_share_of_what_waits() {
    let mut t = eager();
    t.elapsed = Duration::from_micros(500);
    let warm: Vec<String> = (0..8).map(|at| format!("x{at}*")).collect();
    t.workers(["w1"]).graph(&warm.join(" "));
    for at in 0..8 {
        t.finish(&format!("x{at}"), "w1");
    }
    // 5 ms would be ten of them.
    let many: Vec<String> = (0..12).map(|at| format!("y{at}*")).collect();
    t.skip().graph(&many.join(" "));
    let given = t.core.identity(t.now).tasks.processing;
    assert!((4..=6).contains(&given), "{given}");
}

#[test]
fn a_chain_of_short_tasks_goes_out_at_once() {
    let mut t = eager();
    t.workers(["w1", "w2"]).graph("z*").finish("z", "w1").skip();
    t.graph("a -> b -> c -> d*");
    let at = if t.core.identity(t.now).workers[0].processing == 4 {
        "w1"
    } else {
        "w2"
    };
    assert_eq!(t.take_lines().len(), 4);
    t.finish("a", at).expect([]);
    t.finish("b", at)
        .skip()
        .finish("c", at)
        .skip()
        .finish("d", at);
    assert!(t.take_lines().contains(&"c: finished d".to_owned()));
}

#[test]
fn a_chain_goes_on_when_half_of_it_is_done() {
    let mut t = TestScheduler::with(Config::default());
    t.elapsed = Duration::from_millis(1);
    t.workers(["w1"]).graph("z*").finish("z", "w1").skip();
    t.graph("a -> b -> c -> d -> e -> f -> g -> h*").expect([
        "w1: compute a",
        "w1: compute b",
        "w1: compute c",
        "w1: compute d",
    ]);
    t.finish("a", "w1").expect([]);
    t.finish("b", "w1").expect([
        "w1: free a",
        "w1: compute e",
        "w1: compute f",
        "w1: compute g",
    ]);
    for letter in ["c", "d", "e", "f", "g", "h"] {
        t.finish(letter, "w1");
    }
    assert!(t.take_lines().contains(&"c: finished h".to_owned()));
}

#[test]
fn the_end_of_a_chain_that_came_back_is_not_gone_on_with() {
    let mut t = TestScheduler::with(Config::default());
    t.elapsed = Duration::from_millis(1);
    t.workers(["w1"]).graph("z*").finish("z", "w1").skip();
    t.graph("a -> b -> c -> d -> e -> f -> g*").skip();
    t.workers(["w2"]).fail("a", "w1");
    let lines = t.take_lines();
    assert!(
        !lines.iter().any(|line| line.contains("compute")),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"c: failed g: Task of a".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn what_was_sent_ahead_comes_back_when_its_input_does() {
    let mut t = eager();
    t.workers(["w1"]).graph("z*").finish("z", "w1").skip();
    t.graph("a -> b -> c*")
        .expect(["w1: compute a", "w1: compute b", "w1: compute c"]);
    t.workers(["w2"]).fail("a", "w1").expect([
        "w1: cancel b",
        "w1: cancel c",
        "c: failed c: Task of a",
    ]);
}

#[test]
fn a_task_goes_where_its_inputs_are() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"])
        .graph("a b -> x*; a -> y*; b -> z*")
        .expect(["w1: compute a", "w2: compute b"]);
    t.finish("a", "w1").expect(["w1: compute y"]);
    t.finish("b", "w2");
    assert!(t.take_lines().contains(&"w2: compute z".to_owned()));
}

#[test]
fn an_idle_worker_takes_over_what_is_queued_at_a_busy_one() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .graph("a -> b* c* d* e* f*")
        .finish("a", "w1")
        .skip();
    t.workers(["w2"]);
    let lines = t.take_lines();
    assert!(
        lines.iter().any(|line| line.starts_with("w2: compute")),
        "{lines:?}"
    );
}

#[test]
fn higher_priority_goes_first() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a* b* c*").skip();
    t.options = TaskOptions {
        priority: 5,
        ..TaskOptions::default()
    };
    t.graph("urgent*").expect([]);
    t.finish("a", "w1")
        .expect(["c: finished a", "w1: compute urgent"]);
}

#[test]
fn two_clients_share_the_workers() {
    let mut t = TestScheduler::new();
    t.client("c2")
        .workers(["w1"])
        .graph("a* b* c* d* e*")
        .skip();
    t.graph_of("c2", "x* y*");
    t.finish("a", "w1").finish("b", "w1").finish("c", "w1");
    let lines = t.take_lines();
    let given = |name: &str| lines.contains(&format!("w1: compute {name}"));
    assert!(given("x") || given("y"), "{lines:?}");
    assert!(!(given("d") && given("e")), "{lines:?}");
}

#[test]
fn resources_are_reserved_while_a_task_is_with_a_worker() {
    let gpu = |units| vec![("GPU".to_owned(), ResourceAmount::from_units(units).unwrap())];
    let mut t = TestScheduler::new();
    t.options = TaskOptions {
        resources: gpu(0.5),
        ..TaskOptions::default()
    };
    t.workers(["plain"]).graph("a* b* c*");
    t.expect(["c: 3 waiting: workers offer test::op/1, but none has the resources GPU=0.5"]);
    let mut hello = t.hello("gpu");
    (hello.nthreads, hello.resources) = (8, gpu(1.0));
    t.join(hello).unwrap();
    t.expect(["gpu: compute a", "gpu: compute b"]);
    t.finish("a", "gpu")
        .expect(["c: finished a", "gpu: compute c"]);
}

#[test]
fn named_workers_alone_run_a_task() {
    let mut t = TestScheduler::new();
    t.options = TaskOptions {
        workers: vec!["w2".into()],
        ..TaskOptions::default()
    };
    t.workers(["w1"]).graph("a*");
    t.expect(["c: 1 waiting: workers offer test::op/1, but none is named w2"]);
    t.workers(["w2"]).expect(["w2: compute a"]);
    t.workers(["w3"]).graph("b* c*").expect(["w2: compute b"]);
    // The only worker that may run it goes: what is queued is stuck, and the client is told.
    t.remove_worker("w2");
    assert_eq!(t.core.identity(t.now).tasks.no_worker, 3);
}

#[test]
fn long_tasks_in_hand_go_to_a_worker_that_joins() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a* b*");
    t.expect(["w1: compute a", "w1: compute b"]);
    t.workers(["w2"]).expect(["w1: retract b"]);
    t.return_run("b", "w1", ReturnCause::Withdrawn);
    t.expect(["w2: compute b"]);
    t.finish("b", "w2").expect(["c: finished b"]);
    t.finish("a", "w1").expect(["c: finished a"]);
}

#[test]
fn a_retracted_task_that_has_started_just_ends() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a* b*").workers(["w2"]).skip();
    t.finish("a", "w1").finish("b", "w1");
    t.expect(["c: finished a", "c: finished b"]);
}

#[test]
fn short_tasks_behind_a_long_one_are_taken_back_after_a_while() {
    let mut t = eager();
    t.workers(["w1"]).graph("a*").finish("a", "w1").skip();
    t.graph("b* c* d* e*").workers(["w2"]).skip();
    // Nothing ends on w1, where all four are: the first must be longer than its kind.
    let due = t
        .core
        .next_deadline()
        .expect("a look at the balance is due");
    let wait = due.since(t.now);
    assert!(wait < Duration::from_secs(1), "{wait:?}");
    t.after(wait).expect(["w1: retract c d e"]);
    t.return_run("e", "w1", ReturnCause::Withdrawn).skip();
    assert!(t.core.identity(t.now).workers[1].processing > 0);
}

#[test]
fn who_is_not_listened_to_is_not_asked_to_give_back() {
    let mut t = eager();
    t.workers(["w1"]).graph("a*").finish("a", "w1").skip();
    // Each of these could begin at once, and is heard of only now.
    for task in ["b", "c", "d", "e", "f", "g", "h", "i"] {
        t.graph(&format!("{task}*"));
        t.after(Duration::from_millis(40)).finish(task, "w1");
    }
    t.graph("p* q* r* s*").workers(["w2"]).skip();
    t.after(Duration::from_millis(20)).expect([]);
    let due = t.core.next_deadline().expect("it may have stalled yet");
    let wait = due.since(t.now);
    assert!(wait > Duration::from_millis(20), "{wait:?}");
    t.after(wait).expect(["w1: retract q r s"]);
}

#[test]
fn short_tasks_are_dealt_to_some_of_many_workers_at_a_time() {
    let mut t = eager();
    t.elapsed = Duration::from_micros(1);
    t.workers(["w0"]);
    for round in 0..20 {
        let name = format!("first{round}");
        t.graph(&format!("{name}*")).finish(&name, "w0").skip();
    }
    for number in 1..100 {
        let hello = t.hello(&format!("w{number}"));
        t.join(hello).unwrap();
    }
    let many: Vec<String> = (0..640).map(|at| format!("x{at}*")).collect();
    t.graph(&many.join(" "));
    let workers = t.core.identity(t.now).workers;
    let given: Vec<u64> = workers.iter().map(|worker| worker.processing).collect();
    assert_eq!(given.iter().sum::<u64>(), 640);
    // An even share is seven, and so few frames would hold twenty.
    assert!(
        given.iter().filter(|&&tasks| tasks > 7).count() > 20,
        "{given:?}"
    );
}

#[test]
fn a_turn_gives_out_only_so_much() {
    let mut t = eager();
    let many: Vec<String> = (0..9_000).map(|at| format!("x{at}*")).collect();
    t.graph(&many.join(" "));
    let mut hello = t.hello("w1");
    hello.nthreads = 10_000;
    t.join(hello).unwrap();
    assert_eq!(t.core.identity(t.now).tasks.processing, 8_192);
    assert!(t.core.is_unfinished());
    t.after(Duration::ZERO);
    assert_eq!(t.core.identity(t.now).tasks.processing, 9_000);
    assert!(!t.core.is_unfinished());
}

#[test]
fn many_workers_are_asked_for_heartbeats_more_seldom() {
    let mut t = TestScheduler::with(Config::default());
    let mut heartbeats = Vec::new();
    for number in 0..2_000 {
        let hello = t.hello(&format!("w{number}"));
        let mut effects = Effects::default();
        let joined = Event::WorkerJoined { session: 1, hello };
        t.core.handle(t.now, joined, &mut effects);
        let (_, welcome) = effects.workers_joined.remove(0);
        heartbeats.push(welcome.unwrap().heartbeat);
    }
    let set = Config::default().heartbeat;
    assert_eq!((heartbeats[0], heartbeats[59]), (set, set));
    assert!(heartbeats[1_999] > 3 * set);
    // Each lease spans several of them.
    let lease = Config::default().worker_timeout;
    assert!(heartbeats.iter().all(|&heartbeat| heartbeat <= lease / 6));
}

/// Says that a task runs at a worker, and nothing else of it.
fn beats(t: &mut TestScheduler, worker: &str, task: &str) {
    let run = t.run(task, worker).run;
    t.worker_says(
        worker,
        FromWorker::Heartbeat {
            executing: vec![run],
            process_bytes: 0,
            stored_bytes: 0,
        },
    );
}

#[test]
fn a_task_known_to_run_does_not_keep_the_next_from_being_taken_back() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a* b*").skip();
    beats(&mut t, "w1", "a");
    t.workers(["w2"]).expect(["w1: retract b"]);
}

#[test]
fn nothing_waits_behind_a_task_that_takes_much_longer_than_its_kind() {
    let mut t = TestScheduler::new();
    t.elapsed = Duration::from_millis(100);
    // The first tells how long the kind runs.
    t.workers(["w1"]).graph("a*").finish("a", "w1");
    t.workers(["w2"]).graph("b* c* d* e* f*").skip();
    t.after(Duration::from_millis(140)).expect([]);
    let due = t.core.next_deadline().expect("both will be overdue");
    assert_eq!(due.since(t.now), Duration::from_millis(10));
    t.after(Duration::from_millis(10));
    // Nobody idles, and each had one in hand.
    assert_eq!(t.core.counts().retracted, 2);
}

#[test]
fn a_task_that_waits_for_its_input_is_no_work_in_hand() {
    let mut t = TestScheduler::new();
    t.nbytes = 300_000_000;
    t.workers(["w1"])
        .graph("a -> b* c* d* e* f* g* h* i*")
        .finish("a", "w1");
    t.workers(["w2"]).graph("x* y* z*").skip();
    assert_eq!(t.core.traffic.values_into(1), 1);
    assert_eq!(t.core.identity(t.now).workers[1].processing, 3);
}

#[test]
fn what_came_back_does_not_go_to_the_same_worker_while_another_idles() {
    let mut t = TestScheduler::new();
    t.nbytes = 1_000;
    t.workers(["w1"])
        .graph("a -> b* c*")
        .finish("a", "w1")
        .skip();
    beats(&mut t, "w1", "b");
    t.workers(["w2"]).expect(["w1: retract c"]);
    // Its input lies on w1, where it had waited behind the other.
    t.return_run("c", "w1", ReturnCause::Withdrawn)
        .expect(["w2: compute c"]);
}
