//! Isolated tasks: they run in child processes of their worker, here of this program itself.
//!
//! It has a main of its own, because a program that can be started again begins with
//! `taskloom::init()`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::{Gate, wait_at};
use fixture::tasks::*;
use fixture::{builder, started, within};
use std::collections::BTreeSet;
use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;
use taskloom_client::Client;
use taskloom_cluster::LocalCluster;
use taskloom_core::ErrorCode;
use taskloom_task::{Error, TaskContext, task, task_println};

type Test = (&'static str, fn() -> Pin<Box<dyn Future<Output = ()>>>);

macro_rules! tests {
    ($($name:ident,)+) => {
        const TESTS: &[Test] = &[$((stringify!($name), || Box::pin($name()))),+];
    };
}

tests! {
    inputs_go_in_and_results_come_out,
    a_process_takes_one_task_after_another,
    errors_and_panics_are_those_of_the_task,
    a_crash_is_the_failure_of_one_task,
    a_cancelled_task_is_killed,
    a_task_out_of_time_is_killed,
    what_it_prints_are_its_lines,
    workers_in_processes_have_isolated_tasks_too,
    an_isolated_operation_runs_outside_scheduling,
}

fn main() -> ExitCode {
    taskloom_launch::init();
    // The arguments of the usual test programs, as far as they make sense here.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        for (name, _) in TESTS {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    let filters: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    for (name, test) in TESTS {
        let chosen = filters.iter().any(|filter| name.contains(filter.as_str()));
        if chosen || filters.is_empty() {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            // A failing test panics, which ends the program with an error.
            runtime.block_on(test());
            println!("test {name} ... ok");
        }
    }
    ExitCode::SUCCESS
}

async fn one_worker() -> (LocalCluster, Client) {
    started(builder().workers(1)).await
}

/// The process, the sum, and how many bytes.
#[task(crate = taskloom_task, isolated)]
fn measure(
    ctx: &TaskContext,
    parts: Vec<i64>,
    bytes: &[u8],
    pair: (i64, i64),
) -> (u32, i64, usize) {
    assert_eq!(ctx.worker(), "worker-0");
    let sum = parts.iter().sum::<i64>() + pair.0 * pair.1;
    (std::process::id(), sum, bytes.len())
}

#[task(crate = taskloom_task, isolated, impure)]
fn process() -> u32 {
    std::process::id()
}

#[task(crate = taskloom_task, isolated, impure)]
async fn process_async() -> u32 {
    tokio::task::yield_now().await;
    std::process::id()
}

#[task(crate = taskloom_task, isolated)]
fn fit_alone(x: i64) -> Result<i64, Unsolvable> {
    if x < 0 { Err(Unsolvable) } else { Ok(x) }
}

#[task(crate = taskloom_task, isolated)]
fn explode_alone(x: i64) -> i64 {
    assert!(x != 0, "x is zero");
    x
}

#[task(crate = taskloom_task, isolated)]
fn end_with(code: i32) -> i32 {
    eprintln!("about to end with {code}");
    if code == 0 {
        std::process::abort()
    } else {
        std::process::exit(code)
    }
}

/// Starts a process of its own and says where both are; never ends.
#[task(crate = taskloom_task, isolated)]
fn for_ever(port: u16) -> i64 {
    wait_at(port, "isolated", &std::process::id().to_string());
    loop {
        std::thread::park();
    }
}

/// Like it, but holds its connection to the gate until it is killed.
#[task(crate = taskloom_task, isolated)]
fn held(ctx: &TaskContext, port: u16) -> i64 {
    let scratch = ctx.scratch_directory().unwrap().display().to_string();
    wait_at(port, "isolated", &scratch);
    0
}

#[task(crate = taskloom_task, isolated)]
fn talk(ctx: &TaskContext) -> i64 {
    println!("printed");
    task_println!("printed by the macro");
    ctx.warn("warned");
    tracing::info!(n = 3, "traced");
    eprint!("no end of line");
    let _ = std::io::stderr().flush();
    1
}

async fn inputs_go_in_and_results_come_out() {
    let (cluster, client) = one_worker().await;
    let numbers = client.map(0..10, inc::task).await.unwrap();
    let bytes = client.submit(blob::task(3 << 20, 7));
    let (quotient, rest) = client.submit(divide::task(17, 5)).split();
    let measured = client.submit(measure::task(&numbers, &bytes, (quotient, rest)));
    let (pid, sum, length) = within("the measure", measured).await.unwrap();
    assert_ne!(pid, std::process::id());
    assert_eq!((sum, length), (55 + 6, 3 << 20));
    within("the end", cluster.close()).await.unwrap();
}

async fn a_process_takes_one_task_after_another() {
    let (_cluster, client) = one_worker().await;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        seen.insert(
            within("a process", client.submit(process::task()))
                .await
                .unwrap(),
        );
        seen.insert(
            within("a process", client.submit(process_async::task()))
                .await
                .unwrap(),
        );
    }
    assert_eq!(seen.len(), 1);
}

async fn errors_and_panics_are_those_of_the_task() {
    let (_cluster, client) = one_worker().await;
    let error = within("the failure", client.submit(fit_alone::task(-1)))
        .await
        .unwrap_err();
    let failure = failed(&error);
    assert_eq!(
        (failure.code, &*failure.message),
        (ErrorCode::Task, "cannot fit")
    );
    assert_eq!(failure.chain, ["singular matrix"]);
    assert_eq!(
        (&*failure.worker, failure.key.is_empty()),
        ("worker-0", false)
    );
    let error = within("the panic", client.submit(explode_alone::task(0)))
        .await
        .unwrap_err();
    let failure = failed(&error);
    assert_eq!(
        (failure.code, &*failure.message),
        (ErrorCode::Panic, "x is zero")
    );
    assert!(
        failure
            .place
            .as_deref()
            .is_some_and(|place| place.contains("isolated.rs"))
    );
}

fn failed(error: &Error) -> &taskloom_core::TaskFailure {
    match error {
        Error::Failed(failure) => failure,
        other => panic!("no failure: {other}"),
    }
}

async fn a_crash_is_the_failure_of_one_task() {
    let (_cluster, client) = one_worker().await;
    let ends = [
        (0, "its process was killed by signal 6 (SIGABRT)"),
        (
            3,
            "its process ended with exit code 3 before the task returned",
        ),
    ];
    for (code, words) in ends {
        let error = within("the crash", client.submit(end_with::task(code)))
            .await
            .unwrap_err();
        let failure = failed(&error);
        assert_eq!((failure.code, &*failure.message), (ErrorCode::Task, words));
        let last = format!("its last words were: about to end with {code}");
        assert_eq!(failure.chain, [last]);
        assert!(failure.operation.contains("end_with"));
    }
    assert_eq!(
        within("the worker", client.submit(inc::task(1)))
            .await
            .unwrap(),
        2
    );
}

async fn a_cancelled_task_is_killed() {
    let (_cluster, client) = one_worker().await;
    let gate = Gate::new().await;
    let running = client.submit(held::task(gate.port()));
    let arrived = gate.arrived().await;
    let scratch = arrived.word.clone();
    assert!(std::path::Path::new(&scratch).is_dir());
    client.cancel(&running);
    arrived.gone().await;
    // Its place is free again.
    assert_eq!(
        within("another task", client.submit(inc::task(1)))
            .await
            .unwrap(),
        2
    );
    assert!(!std::path::Path::new(&scratch).exists());
}

async fn a_task_out_of_time_is_killed() {
    let (_cluster, client) = one_worker().await;
    let gate = Gate::new().await;
    let late = client.submit(for_ever::task(gate.port()).timeout(Duration::from_millis(200)));
    let arrived = gate.arrived().await;
    let pid: libc::pid_t = arrived.word.parse().unwrap();
    arrived.let_through();
    let error = within("the timeout", late).await.unwrap_err();
    assert!(error.is_timed_out(), "{error}");
    within("the end of the process", async {
        // SAFETY: signal 0 only asks whether there is such a process.
        while unsafe { libc::kill(pid, 0) } == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn what_it_prints_are_its_lines() {
    let (_cluster, client) = one_worker().await;
    let mut logs = client.logs();
    let talking = client.submit(talk::task());
    assert_eq!(within("the talk", &talking).await.unwrap(), 1);
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        let line = within("a line", logs.next()).await.unwrap();
        assert_eq!(
            (line.key.as_str(), &*line.worker),
            (talking.key().as_str(), "worker-0")
        );
        seen.insert((line.level, line.text));
    }
    let expected = [
        (0, "no end of line"),
        (0, "printed"),
        (0, "printed by the macro"),
        (2, "warned"),
        (3, "traced n=3"),
    ];
    let expected = expected.map(|(level, text)| (level, text.to_owned()));
    assert_eq!(seen, BTreeSet::from(expected));
}

async fn workers_in_processes_have_isolated_tasks_too() {
    let (cluster, client) = started(builder().workers(1).processes(true)).await;
    let worker = cluster.workers()[0].pid;
    let pid = within("a process", client.submit(process::task()))
        .await
        .unwrap();
    assert_ne!(pid, worker);
    cluster.kill_worker(0).unwrap();
    within("the end of its processes", async {
        // SAFETY: signal 0 only asks whether there is such a process.
        while unsafe { libc::kill(pid as libc::pid_t, 0) } == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn an_isolated_operation_runs_outside_scheduling() {
    let (_cluster, client) = one_worker().await;
    let answers = within("the answers", client.run(process::task()))
        .await
        .unwrap();
    assert_eq!(answers.len(), 1);
}
