//! What holds in every simulation, whoever decides.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;
use taskloom_core::message::{FromClient, FromWorker, WorkerHello, WorkerWelcome};
use taskloom_core::{Time, WorkerId};
use taskloom_sim::{
    Job, Outcome, Policy, Said, Scheduler, Setting, SimError, SimTask, Taskloom, simulate,
    simulate_with,
};
use taskloom_testkit::{GraphShape, generate, literature};

fn job_of(name: &str, shape: &GraphShape) -> Job {
    let weights = literature::weights(name, shape, 1).unwrap();
    let mut job = Job::new(shape.kinds().to_vec());
    for (task, weight) in weights.into_iter().enumerate() {
        let is_kind = |kind: &String| kind == shape.kind(task);
        let kind = shape.kinds().iter().position(is_kind).unwrap() as u32;
        job.push(SimTask {
            kind,
            duration: weight.duration,
            bytes: weight.bytes,
            needs: shape.dependencies(task).to_vec(),
        })
        .unwrap();
    }
    job
}

fn groupby() -> Job {
    job_of("groupby-90-1S-8H", &generate::groupby(90))
}

fn small() -> Setting {
    Setting {
        workers: 6,
        threads: 2,
        ..Setting::default()
    }
}

/// Every task ran once, after what it needs, and never more at a time than there are threads.
fn check(outcome: &Outcome, setting: &Setting, policy: Policy) {
    let tasks = outcome.job.tasks();
    assert_eq!(outcome.runs.len(), tasks.len(), "{policy}");
    let mut ends = vec![None; tasks.len()];
    for ran in &outcome.runs {
        let task = &tasks[ran.task as usize];
        assert_eq!(ran.ended - ran.begun, task.duration, "{policy}");
        assert!(ends[ran.task as usize].replace(ran.ended).is_none());
    }
    let mut steps = Vec::new();
    for ran in &outcome.runs {
        for &need in &tasks[ran.task as usize].needs {
            assert!(ends[need as usize].unwrap() <= ran.begun, "{policy}");
        }
        // Ends come before beginnings of the same moment.
        steps.push((ran.worker, ran.ended, -1));
        steps.push((ran.worker, ran.begun, 1));
    }
    steps.sort_unstable();
    let (mut of, mut running) = (u32::MAX, 0);
    for (worker, _, step) in steps {
        if worker != of {
            (of, running) = (worker, 0);
        }
        running += step;
        assert!(running <= setting.threads as i32, "{policy}");
    }
    let bound = outcome.job.lower_bound(setting.slots());
    assert!(outcome.makespan > bound, "{policy}");
}

#[test]
fn under_every_policy_each_task_runs_once_and_after_what_it_needs() {
    for (name, shape) in [
        ("groupby-90-1S-8H", generate::groupby(90)),
        ("bag-25K-10", generate::bag(10)),
        ("numpy-50K-10", generate::numpy(10)),
        ("join-1-1S-1H", generate::join(24)),
        ("tree-15", generate::tree(500)),
        ("merge-10K", generate::merge(1_000)),
    ] {
        let job = job_of(name, &shape);
        for policy in Policy::ALL {
            let outcome = simulate(&job, &small(), policy).unwrap();
            check(&outcome, &small(), policy);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let job = groupby();
    for policy in Policy::ALL {
        let run = |seed| {
            let setting = Setting { seed, ..small() };
            simulate(&job, &setting, policy).unwrap()
        };
        assert!(run(1) == run(1), "{policy}");
        assert!(run(1) != run(2), "{policy}: the seed draws the latencies");
    }
}

#[test]
fn a_value_that_moves_takes_its_time_on_the_link() {
    // Two values of 125 MB on two workers, and one task that needs both: 0.1 s at 1.25 GB/s.
    let mut job = Job::new(["make", "join"]);
    let task = |kind, bytes, needs| SimTask {
        kind,
        duration: Duration::from_secs(1),
        bytes,
        needs,
    };
    job.push(task(0, 125_000_000, Vec::new())).unwrap();
    job.push(task(0, 125_000_000, Vec::new())).unwrap();
    job.push(task(1, 8, vec![0, 1])).unwrap();
    let setting = Setting {
        workers: 2,
        ..Setting::default()
    };
    let outcome = simulate(&job, &setting, Policy::RoundRobin).unwrap();
    assert_eq!((outcome.moved_bytes, outcome.fetches), (125_000_000, 1));
    let took = outcome.makespan.as_secs_f64();
    assert!((2.1..2.102).contains(&took), "{took}");
    assert_eq!(outcome.peak_bytes, 375_000_008);
    assert_eq!(outcome.peak_worker_bytes, 250_000_008);
}

#[test]
fn results_that_nobody_needs_are_dropped() {
    let mut job = Job::new(["link"]);
    for place in 0..50_u32 {
        job.push(SimTask {
            kind: 0,
            duration: Duration::from_millis(1),
            bytes: 1_000_000,
            needs: place.checked_sub(1).into_iter().collect(),
        })
        .unwrap();
    }
    for policy in Policy::ALL {
        let outcome = simulate(&job, &small(), policy).unwrap();
        // Its input, its result, and at most one copy of the input that is being freed.
        assert!(
            outcome.peak_bytes <= 4_000_000,
            "{policy}: {}",
            outcome.peak_bytes
        );
    }
}

#[test]
fn the_shipped_scheduler_can_be_given_settings() {
    let job = groupby();
    let mut scheduler = Taskloom::new(Default::default());
    let outcome = simulate_with(&job, &small(), &mut scheduler).unwrap();
    assert!(outcome == simulate(&job, &small(), Policy::Taskloom).unwrap());
}

#[test]
fn no_invariant_of_the_shipped_scheduler_breaks() {
    for (name, shape) in [
        ("groupby-90-1S-8H", generate::groupby(60)),
        ("join-1-1S-1H", generate::join(12)),
        ("numpy-50K-10", generate::numpy(8)),
    ] {
        let job = job_of(name, &shape);
        let mut scheduler = Taskloom::new(Default::default()).checked();
        let outcome = simulate_with(&job, &small(), &mut scheduler).unwrap();
        check(&outcome, &small(), Policy::Taskloom);
    }
}

/// Takes everything in and does nothing.
struct Deaf(Taskloom);

impl Scheduler for Deaf {
    fn worker_joined(&mut self, now: Time, hello: WorkerHello) -> Result<WorkerWelcome, SimError> {
        self.0.worker_joined(now, hello)
    }
    fn client_joined(&mut self, now: Time) -> Result<(), SimError> {
        self.0.client_joined(now)
    }
    fn client_said(&mut self, _: Time, _: Vec<FromClient>) {}
    fn worker_said(&mut self, _: Time, _: WorkerId, _: Vec<FromWorker>) {}
    fn tick(&mut self, _: Time) {}
    fn end_turn(&mut self, _: Time, _: &mut Said) {}
    fn next_deadline(&self) -> Option<Time> {
        None
    }
}

#[test]
fn a_run_that_does_not_come_to_its_end_says_so() {
    let mut deaf = Deaf(Taskloom::new(Default::default()));
    let error = simulate_with(&groupby(), &small(), &mut deaf).unwrap_err();
    assert!(matches!(error, SimError::Stuck { ended: 0, .. }), "{error}");
    let setting = Setting {
        horizon: Duration::from_millis(1),
        ..small()
    };
    let error = simulate(&groupby(), &setting, Policy::Taskloom).unwrap_err();
    assert!(matches!(error, SimError::Horizon(_)), "{error}");
}

#[test]
fn a_job_is_checked_where_it_is_made() {
    let mut job = Job::new(["a"]);
    let task = |kind, needs| SimTask {
        kind,
        duration: Duration::ZERO,
        bytes: 0,
        needs,
    };
    assert!(job.push(task(1, Vec::new())).is_err());
    assert!(job.push(task(0, vec![0])).is_err());
    job.push(task(0, Vec::new())).unwrap();
    assert!(job.push(task(0, vec![0, 0])).is_err());
    assert_eq!(job.push(task(0, vec![0])), Ok(1));
}
