//! Worker processes die in the middle of the demo, and nothing changes in its result.
//!
//! This test is a program of its own, without the standard harness, because its workers are itself
//! started again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod expected;

use futures::FutureExt;
use futures::future::BoxFuture;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use taskloom_cluster::LocalCluster;
use taskloom_flights::Files;
use taskloom_flights::files::default_folder;
use taskloom_flights::job::{Job, Progress};

/// What the job may take although it loses a worker: a small part of it is work, and it is half of
/// what the scheduler would wait for a worker that is merely silent.
const WITHOUT_IDLE_WAIT: Duration = Duration::from_secs(15);

type Test = fn() -> BoxFuture<'static, ()>;

const TESTS: [(&str, Test); 4] = [
    ("nothing_dies", || run(Scatter::Anywhere, |_| false).boxed()),
    ("a_worker_dies_in_the_middle", || {
        run(Scatter::Anywhere, |progress| {
            progress.done >= progress.tasks / 3
        })
        .boxed()
    }),
    ("the_holder_of_all_files_dies_before_the_first_task", || {
        run(Scatter::ToTheVictim, |_| true).boxed()
    }),
    ("the_holder_of_all_files_dies_while_they_are_parsed", || {
        run(Scatter::ToTheVictim, |progress| progress.done >= 4).boxed()
    }),
];

/// Which workers get the files.
#[derive(Clone, Copy, PartialEq)]
enum Scatter {
    Anywhere,
    ToTheVictim,
}

/// Runs the demo on two worker processes and kills the first one with SIGKILL as soon as `now` says
/// so.
async fn run(scatter: Scatter, now: impl Fn(Progress) -> bool) {
    let files = Files::read(default_folder()).unwrap();
    let cluster = LocalCluster::builder()
        .workers(2)
        .processes(true)
        .start()
        .await
        .unwrap();
    let client = cluster.client().await.unwrap();
    let victim = cluster.workers().swap_remove(0);
    let mut job = Job::new(&files);
    if scatter == Scatter::ToTheVictim {
        job = job.scatter_to([&victim.name]);
    }
    let mut killed = None;
    let outcome = job
        .run(&client, |progress| {
            if killed.is_none() && now(progress) {
                assert_eq!(cluster.kill_worker(&victim.name).unwrap(), victim);
                killed = Some(Instant::now());
            }
        })
        .await
        .unwrap();
    expected::check(&outcome.report);
    if let Some(killed) = killed {
        let took = killed.elapsed();
        assert!(
            took < WITHOUT_IDLE_WAIT,
            "the job went on for {took:?} after its loss"
        );
    }
    cluster.close().await.unwrap();
}

fn main() -> ExitCode {
    // The workers of these tests are this program, started again.
    taskloom_launch::init();
    let (flags, filters): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with('-'));
    let has = |flag: &str| flags.iter().any(|argument| argument == flag);
    let chosen = |name: &str| {
        let fits = |filter: &String| {
            if has("--exact") {
                name == filter
            } else {
                name.contains(filter)
            }
        };
        !has("--ignored") && (filters.is_empty() || filters.iter().any(fits))
    };
    let tests = TESTS.iter().filter(|(name, _)| chosen(name));
    if has("--list") {
        tests.for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut passed = 0;
    for (name, test) in tests {
        println!("test {name} ...");
        runtime.block_on(test());
        println!("test {name} ... ok");
        passed += 1;
    }
    println!("test result: ok. {passed} passed; 0 failed");
    ExitCode::SUCCESS
}
