//! How the daemons end.

use crate::daemon::{Daemon, PATIENCE, WORKER, run, scheduler, worker};
use taskloom_client::blocking::Client;

#[test]
fn a_scheduler_ends_in_order_on_either_signal() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let (daemon, _) = scheduler(&[]);
        daemon.signal(signal);
        let ended = daemon.ended();
        assert_eq!(ended.code(), 0, "{}", ended.output);
    }
}

#[test]
fn a_worker_ends_in_order_on_either_signal() {
    let (_scheduler, address) = scheduler(&[]);
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let mut daemon = worker(&address, &[]);
        daemon.line("registered");
        daemon.signal(signal);
        let ended = daemon.ended();
        assert_eq!(ended.code(), 0, "{}", ended.output);
        assert!(ended.output.contains("leaves"), "{}", ended.output);
    }
}

#[test]
fn a_worker_that_waits_for_its_scheduler_ends_in_order_too() {
    let mut daemon = worker("127.0.0.1:1", &[]);
    daemon.line("waiting for 127.0.0.1:1");
    daemon.signal(libc::SIGTERM);
    assert_eq!(daemon.ended().code(), 0);
}

#[test]
fn workers_wait_for_the_next_scheduler_or_give_up_as_told() {
    let (daemon, address) = scheduler(&[]);
    let mut patient = worker(&address, &["--name", "patient"]);
    let mut other = worker(&address, &["--name", "other", "--death-timeout", "2s"]);
    patient.line("registered");
    other.line("registered");
    daemon.signal(libc::SIGTERM);
    assert_eq!(daemon.ended().code(), 0);
    let gone = other.ended();
    assert_eq!(gone.code(), 5, "{}", gone.output);
    assert!(
        gone.output
            .contains(&format!("error: no scheduler at {address}")),
        "{}",
        gone.output
    );
    patient.line("lost");
    patient.line("waiting for");
    assert!(patient.runs());
}

#[test]
fn a_client_ends_all_daemons_of_a_cluster() {
    let (daemon, address) = scheduler(&[]);
    let mut workers = ["one", "two"].map(|name| worker(&address, &["--name", name]));
    for worker in &mut workers {
        worker.line("registered");
    }
    let client = Client::connect(&address).unwrap();
    client.shutdown().unwrap();
    let ended = daemon.ended();
    assert_eq!(ended.code(), 0, "{}", ended.output);
    let why = "a client shut the cluster down";
    assert!(ended.output.contains(why), "{}", ended.output);
    for worker in workers {
        let ended = worker.ended();
        assert_eq!(ended.code(), 0, "{}", ended.output);
    }
}

#[test]
fn a_client_has_workers_leave_or_start_anew() {
    let (_scheduler, address) = scheduler(&[]);
    let mut leaver = worker(&address, &["--name", "leaver"]);
    let mut stayer = worker(&address, &["--name", "stayer"]);
    leaver.line("registered");
    stayer.line("registered");
    let client = Client::connect(&address).unwrap();
    let retired = client.retire_workers(["leaver"]).timeout(PATIENCE).wait();
    assert_eq!(retired.unwrap(), 1);
    let ended = leaver.ended();
    assert_eq!(ended.code(), 0, "{}", ended.output);
    let restarted = client.restart_workers().timeout(PATIENCE).wait();
    assert_eq!(restarted.unwrap(), 1);
    stayer.line("registered");
    let there = client.workers().unwrap();
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].name, "stayer");
}

#[test]
fn a_worker_gives_up_when_there_never_was_a_scheduler() {
    let ended = run(WORKER, &["127.0.0.1:1", "--death-timeout", "10ms"]);
    assert_eq!(ended.code(), 5, "{}", ended.output);
}

#[test]
fn a_worker_that_is_killed_can_come_back_under_its_name() {
    let (mut daemon, address) = scheduler(&[]);
    let mut first = worker(&address, &["--name", "w1"]);
    first.line("w1 registered");
    first.signal(libc::SIGKILL);
    first.ended();
    let mut second = worker(&address, &["--name", "w1"]);
    second.line("w1 registered");
    assert!(daemon.runs());
}

#[test]
fn a_second_living_worker_of_one_name_is_refused() {
    let (_scheduler, address) = scheduler(&[]);
    let mut first = worker(&address, &["--name", "w1"]);
    first.line("w1 registered");
    let second = worker(&address, &["--name", "w1"]).ended();
    assert_eq!(second.code(), 4, "{}", second.output);
    assert!(second.output.contains("w1"), "{}", second.output);
    assert!(
        second.output.contains("choose another --name"),
        "{}",
        second.output
    );
    assert!(first.runs());
}

#[test]
fn a_worker_with_a_lifeline_ends_with_its_standard_input() {
    let (_scheduler, address) = scheduler(&[]);
    let mut daemon = worker(&address, &["--lifeline"]);
    daemon.line("registered");
    drop(daemon.stdin.take());
    let ended = daemon.ended();
    assert_eq!(ended.code(), 0, "{}", ended.output);
}

#[test]
fn without_a_lifeline_nothing_ends_with_standard_input() {
    let (_scheduler, address) = scheduler(&[]);
    let mut daemon = Daemon::start(WORKER, &[&address, "--host", "127.0.0.1"]);
    drop(daemon.stdin.take());
    daemon.line("registered");
    assert!(daemon.runs());
}
