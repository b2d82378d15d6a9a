//! A program that begins with `init()`: it is its own worker and scheduler, with tasks that the
//! standard worker does not know.
//!
//! It has a main of its own (`harness = false`) because that is what is tested. Started without
//! arguments it runs the tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)] // What these tests do not use, the others do.
#[path = "../processes/daemon.rs"]
mod daemon;
mod fifo;
mod greeter;

use daemon::Daemon;
use fifo::Meeting;
use greeter::{Copycat, Greet, Greeter};
use std::io::Read;
use taskloom_client::Client;
use taskloom_extensions::{Extension, hosted};
use taskloom_launch::ChildWorker;
use taskloom_task::task;

/// Far above what is sent inline.
const LARGE: usize = 1 << 20;

/// A test that takes longer than this hangs.
const ALARM_SECONDS: u32 = 300;

/// Runs until the test lets it go, and says where it ran.
#[task(crate = taskloom_task, impure)]
fn hold(meeting: String) -> String {
    let meeting = Meeting::at(&meeting);
    meeting.arrive();
    format!("ran in {}", std::process::id())
}

/// The same with a result that is too large to travel with the news of it.
#[task(crate = taskloom_task, impure)]
fn hold_large(meeting: String) -> (u32, Vec<u8>) {
    let meeting = Meeting::at(&meeting);
    meeting.arrive();
    (std::process::id(), vec![7; LARGE])
}

#[tokio::main]
async fn main() {
    taskloom_launch::init_with(extensions);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, address] = arguments.as_slice()
        && word == "parent"
    {
        return parent(address);
    }
    // SAFETY: no preconditions. It ends this process, and with it the daemons, who hold its pipes.
    unsafe { libc::alarm(ALARM_SECONDS) };
    assert!(taskloom_launch::initialised());
    own_extensions_run_in_the_scheduler().await;
    extensions_that_clash_keep_the_scheduler_from_starting();
    own_tasks_run_in_a_child_and_in_a_worker_started_by_hand().await;
    a_worker_ends_its_task_before_it_leaves().await;
    a_task_that_takes_too_long_runs_again_elsewhere().await;
    a_second_signal_ends_a_worker_at_once().await;
    children_end_when_their_parent_is_killed().await;
    println!("own_program: all passed");
}

/// Set for a scheduler whose extensions do not fit together.
const CLASH: &str = "TASKLOOM_TEST_CLASH";

fn extensions() -> Vec<Box<dyn Extension>> {
    let mut extensions = vec![hosted(Greeter::default())];
    if std::env::var_os(CLASH).is_some() {
        extensions.push(hosted(Copycat));
    }
    extensions
}

/// What `parent ADDRESS` does: it starts a child and waits to be killed.
fn parent(address: &str) {
    let child = ChildWorker {
        scheduler: address.to_owned(),
        name: Some("child".into()),
        host: Some("127.0.0.1".into()),
        ..ChildWorker::default()
    };
    let mut child = child.command().unwrap().spawn().unwrap();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    child.kill().unwrap();
    child.wait().unwrap();
}

fn own_program() -> String {
    std::env::current_exe()
        .unwrap()
        .into_os_string()
        .into_string()
        .unwrap()
}

fn own_scheduler() -> (Daemon, String) {
    let flags = ["scheduler", "--host", "127.0.0.1", "--port", "0"];
    let mut daemon = Daemon::start(&own_program(), &flags);
    let line = daemon.line("listening on");
    (daemon, line.split(' ').nth(4).unwrap().to_owned())
}

fn own_worker(address: &str, flags: &[&str]) -> Daemon {
    let own = ["worker", address, "--host", "127.0.0.1", "--nthreads", "1"];
    let mut daemon = Daemon::start(&own_program(), &[&own, flags].concat());
    daemon.line("registered");
    daemon
}

async fn own_extensions_run_in_the_scheduler() {
    let (_scheduler, address) = own_scheduler();
    let client = Client::connect(&*address).await.unwrap();
    for expected in ["hello 1", "hello 2"] {
        let reply = client.call::<Greet>("hello".into()).await.unwrap();
        assert_eq!(reply.message, expected);
    }
    // The standard ones are there too.
    assert!(client.datasets().await.unwrap().is_empty());
}

fn extensions_that_clash_keep_the_scheduler_from_starting() {
    let flags = ["scheduler", "--host", "127.0.0.1", "--port", "0"];
    let mut command = std::process::Command::new(own_program());
    let ended = command.args(flags).env(CLASH, "1").output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let text = String::from_utf8(ended.stderr).unwrap();
    let clash = "the extensions greeter and copycat both offer the operation own.greet";
    assert!(text.contains(clash), "{text}");
}

async fn own_tasks_run_in_a_child_and_in_a_worker_started_by_hand() {
    let (_scheduler, address) = own_scheduler();
    let client = Client::connect(&*address).await.unwrap();
    let worker = own_worker(&address, &[]);
    let meeting = Meeting::new();
    let future = client.submit(hold::task(meeting.path()));
    meeting.wait_and_let_go().await;
    assert_eq!(future.await.unwrap(), format!("ran in {}", worker.pid()));
}

async fn a_worker_ends_its_task_before_it_leaves() {
    let (_scheduler, address) = own_scheduler();
    let client = Client::connect(&*address).await.unwrap();
    let mut worker = own_worker(&address, &[]);
    let other = own_worker(&address, &["--resources", "OTHER=1"]);
    let meeting = Meeting::new();
    let name = worker_name(&client, worker.pid()).await;
    let future = client.submit(hold_large::task(meeting.path()).workers([name]));
    meeting.wait().await;
    worker.signal(libc::SIGTERM);
    worker.line("leaves");
    meeting.let_go().await;
    let pid = worker.pid();
    let ended = worker.ended();
    assert_eq!(ended.code(), 0, "{}", ended.output);
    // Only the worker that is gone ran it, so the other one has the result from there.
    let (ran_in, bytes) = future.await.unwrap();
    assert_eq!((ran_in, bytes.len()), (pid, LARGE));
    drop(other);
}

async fn worker_name(client: &Client, pid: u32) -> String {
    let identity = client.identity().await.unwrap();
    let worker = identity.workers.iter().find(|worker| worker.process == pid);
    worker
        .unwrap_or_else(|| panic!("no worker in process {pid}: {identity:?}"))
        .name
        .clone()
}

async fn a_task_that_takes_too_long_runs_again_elsewhere() {
    let (_scheduler, address) = own_scheduler();
    let client = Client::connect(&*address).await.unwrap();
    let worker = own_worker(&address, &["--drain-timeout", "50ms"]);
    let meeting = Meeting::new();
    let future = client.submit(hold::task(meeting.path()));
    meeting.wait().await;
    worker.signal(libc::SIGTERM);
    let ended = worker.ended();
    assert_eq!(ended.code(), 0, "{}", ended.output);
    let second = own_worker(&address, &[]);
    meeting.wait_and_let_go().await;
    assert_eq!(future.await.unwrap(), format!("ran in {}", second.pid()));
}

async fn a_second_signal_ends_a_worker_at_once() {
    let (_scheduler, address) = own_scheduler();
    let client = Client::connect(&*address).await.unwrap();
    let mut worker = own_worker(&address, &[]);
    let meeting = Meeting::new();
    let future = client.submit(hold::task(meeting.path()));
    meeting.wait().await;
    worker.signal(libc::SIGTERM);
    worker.line("leaves");
    let ended = worker.signal_until_ended(libc::SIGTERM);
    assert_eq!(ended.code(), 143, "{}", ended.output);
    drop(future);
}

async fn children_end_when_their_parent_is_killed() {
    let (_scheduler, address) = own_scheduler();
    let mut parent = Daemon::start(&own_program(), &["parent", &address]);
    parent.line("child registered");
    parent.signal(libc::SIGKILL);
    // The child shares the parent's output, which closes only when both have ended.
    assert!(!parent.ended().status.success());
}
