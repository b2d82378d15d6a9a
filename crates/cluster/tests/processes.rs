//! Clusters whose workers are real processes: this program, run again as a worker.
//!
//! It has a main of its own, because a program that can be a worker begins with `taskloom::init()`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::gate::Gate;
use fixture::tasks::*;
use fixture::{builder, started, until, within};
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use taskloom_client::Client;
use taskloom_cluster::LocalCluster;
use taskloom_task::task;

type Test = (&'static str, fn() -> Pin<Box<dyn Future<Output = ()>>>);

macro_rules! tests {
    ($($name:ident,)+) => {
        const TESTS: &[Test] = &[$((stringify!($name), || Box::pin($name()))),+];
    };
}

tests! {
    processes_compute_and_end,
    a_killed_process_costs_nothing_but_time,
    scattered_data_survive_their_holder,
    a_stopped_process_is_lost_after_the_time_out,
    a_process_leaves_in_order,
    a_worker_process_ends_with_its_parent,
    a_program_that_is_no_worker_is_named,
    a_process_starts_anew_in_its_own_place,
    s4_descriptors_of_the_scheduler_do_not_grow_with_work,
}

/// How many files and sockets this process has open.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The scheduler and the client live in this process, the workers in others.
async fn s4_descriptors_of_the_scheduler_do_not_grow_with_work() {
    if !std::path::Path::new("/proc/self/fd").exists() {
        println!("skipped: this system has no /proc/self/fd");
        return;
    }
    let before = descriptors();
    let (cluster, client) = processes(20).await;
    // One connection per worker, and what watches over each process.
    let idle = descriptors();
    assert!(idle < before + 20 * 4 + 50, "{before}, then {idle}");
    let mut most = idle;
    for round in 0..5_i64 {
        // Each pair is of neighbours in different places, and each sum of pairs that are far apart, so
        // most values travel.
        let ones = client.map(0..1000, |n| inc::task(1000 * round + n)).now();
        let pairs = (0..1000).map(|n| add::task(&ones[n], &ones[(n * 7 + 501) % 1000]));
        let pairs: Vec<_> = pairs.map(|pair| client.submit(pair)).collect();
        let sums = within("the sums", client.gather(&pairs)).await.unwrap();
        assert_eq!(sums.len(), 1000);
        most = most.max(descriptors());
    }
    // The client fetched what was too large for a notice, from a few workers at a time.
    assert!(most < idle + 20, "{idle} without work, {most} with it");
    // Nothing opens while nobody works and everybody is heard.
    let heard = |identity: &taskloom_client::Identity| identity.workers.len() == 20;
    let quiet = descriptors();
    for _ in 0..5 {
        until(&client, "twenty workers", heard).await;
        assert!(descriptors() <= quiet, "{quiet}, then {}", descriptors());
    }
    within("the end", cluster.close()).await.unwrap();
}

/// How often it ran in this program since that was started.
#[task(crate = taskloom_task, impure)]
fn times() -> u64 {
    static TIMES: AtomicU64 = AtomicU64::new(0);
    TIMES.fetch_add(1, Ordering::Relaxed) + 1
}

async fn a_process_starts_anew_in_its_own_place() {
    let (cluster, client) = processes(1).await;
    let pid = cluster.workers()[0].pid;
    for expected in 1..=2 {
        let ran = within("a run", client.submit(times::task())).await.unwrap();
        assert_eq!(ran, expected);
    }
    assert_eq!(
        within("the restart", client.restart_workers())
            .await
            .unwrap(),
        1
    );
    let ran = within("a run after it", client.submit(times::task()))
        .await
        .unwrap();
    assert_eq!(ran, 1, "nothing is left of the program before");
    assert_eq!(cluster.workers()[0].pid, pid);
    within("the end", cluster.close()).await.unwrap();
    assert!(!lives(pid));
}

/// Set for the child that is to be killed together with its cluster.
const PARENT: &str = "TASKLOOM_TEST_PARENT";

fn main() -> ExitCode {
    taskloom_launch::init();
    if let Some(port) = std::env::var_os(PARENT) {
        return run(be_a_parent(port.to_str().unwrap().parse().unwrap()));
    }
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
            run(test());
            println!("test {name} ... ok");
        }
    }
    ExitCode::SUCCESS
}

/// A failing test panics, which ends the program with an error.
fn run(test: impl Future<Output = ()>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
    ExitCode::SUCCESS
}

async fn processes(workers: usize) -> (LocalCluster, Client) {
    started(builder().workers(workers).processes(true)).await
}

async fn processes_compute_and_end() {
    let (cluster, client) = processes(2).await;
    let pids: Vec<u32> = cluster.workers().iter().map(|worker| worker.pid).collect();
    assert!(pids.iter().all(|&pid| pid != std::process::id()) && pids[0] != pids[1]);
    let futures = client.map(0..1_000, inc::task).await.unwrap();
    let sum = client.submit(total::task(&futures));
    assert_eq!(within("the sum", sum).await.unwrap(), 500_500);
    let blobs = client
        .map(0..6_u8, |fill| blob::task(1 << 20, fill))
        .await
        .unwrap();
    let counts = (0..6_u8)
        .zip(&blobs)
        .map(|(fill, blob)| count::task(blob, fill));
    let counts: Vec<_> = counts.map(|call| client.submit(call)).collect();
    assert_eq!(
        within("the counts", client.gather(&counts)).await.unwrap(),
        [1 << 20; 6]
    );
    within("the end", cluster.close()).await.unwrap();
    assert!(pids.into_iter().all(|pid| !lives(pid)));
}

async fn a_killed_process_costs_nothing_but_time() {
    let (cluster, client) = processes(2).await;
    let gate = Gate::new().await;
    let blobs = client
        .map(0..8_u8, |fill| blob::task(1 << 20, fill))
        .await
        .unwrap();
    let middle = client.submit(gated_count::task(gate.port(), "middle", &blobs));
    let arrived = gate.arrived().await;
    cluster.kill_worker(&arrived.worker).unwrap();
    arrived.gone().await;
    let counts = (0..8_u8)
        .zip(&blobs)
        .map(|(fill, blob)| count::task(blob, fill));
    let counts: Vec<_> = counts.map(|call| client.submit(call)).collect();
    gate.arrived().await.let_through();
    assert_eq!(within("the count", middle).await.unwrap(), 8 << 20);
    assert_eq!(
        within("the counts", client.gather(&counts)).await.unwrap(),
        [1 << 20; 8]
    );
}

async fn scattered_data_survive_their_holder() {
    let (cluster, client) = processes(2).await;
    let data = within("the scatter", client.scatter(vec![6_u8; 3 << 20]))
        .await
        .unwrap();
    let held = until(&client, "a holder", |identity| {
        identity.workers.iter().any(|worker| worker.stored == 1)
    })
    .await;
    let holder = held
        .workers
        .into_iter()
        .find(|worker| worker.stored == 1)
        .unwrap();
    cluster.kill_worker(&holder.name).unwrap();
    let counted = client.submit(count::task(&data, 6));
    assert_eq!(within("the count", counted).await.unwrap(), 3 << 20);
}

async fn a_stopped_process_is_lost_after_the_time_out() {
    let hasty = Duration::from_millis(800);
    let builder = builder().workers(2).processes(true);
    let (cluster, client) =
        started(builder.scheduler(|scheduler| scheduler.worker_timeout = hasty)).await;
    let gate = Gate::new().await;
    let task = client.submit(gated::task(gate.port(), "somewhere", 5));
    let first = gate.arrived().await;
    let worker = cluster
        .workers()
        .into_iter()
        .find(|worker| worker.name == first.worker)
        .unwrap();
    // SAFETY: it sends a signal to a child of this process that has not been reaped.
    unsafe { libc::kill(worker.pid.cast_signed(), libc::SIGSTOP) };
    let second = gate.arrived().await;
    assert_ne!(second.worker, worker.name);
    second.let_through();
    assert_eq!(within("the result", task).await.unwrap(), 5);
}

async fn a_process_leaves_in_order() {
    let (cluster, client) = processes(2).await;
    let leaving = cluster.workers()[0].clone();
    let on_it = |fill| blob::task(1 << 20, fill).workers([leaving.name.clone()]);
    let blobs = client.map(0..4_u8, on_it).now();
    within("the blobs", client.wait(&blobs)).await.unwrap();
    within("the departure", cluster.retire_worker(&leaving.name))
        .await
        .unwrap();
    assert!(!lives(leaving.pid));
    let values = within("the values", client.gather(&blobs)).await.unwrap();
    assert!(
        values
            .iter()
            .zip(0..)
            .all(|(value, fill)| value.iter().all(|&byte| byte == fill))
    );
}

async fn a_worker_process_ends_with_its_parent() {
    let gate = Gate::new().await;
    let mut parent = std::process::Command::new(std::env::current_exe().unwrap());
    let mut parent = parent.env(PARENT, gate.port().to_string()).spawn().unwrap();
    let arrived = gate.arrived().await;
    parent.kill().unwrap();
    parent.wait().unwrap();
    // Its worker notices that nobody holds it any more.
    arrived.gone().await;
}

/// The life of the parent in the test above: it is killed while its worker waits at the gate.
async fn be_a_parent(port: u16) {
    let (_cluster, client) = processes(1).await;
    let _ = client.submit(gated::task(port, "child", 1)).await;
}

async fn a_program_that_is_no_worker_is_named() {
    let error = builder()
        .workers(1)
        .program("/bin/false")
        .start()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("worker-0") && error.contains("exit status: 1"),
        "{error}"
    );
    let error = builder()
        .workers(1)
        .program("/no/such/worker")
        .start()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("/no/such/worker"), "{error}");
}

/// Whether there is a process of this id that has not ended.
fn lives(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    status.is_ok_and(|status| {
        !status
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .starts_with(" Z")
    })
}
