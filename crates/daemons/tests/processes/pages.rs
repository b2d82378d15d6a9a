//! The pages of the daemons.

use crate::daemon::{Daemon, PATIENCE, SCHEDULER, scheduler, worker};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// What a page says, with its head. The line of the daemon ends with where its pages are.
fn page(line: &str, path: &str) -> String {
    let (_, address) = line
        .rsplit_once("http://")
        .unwrap_or_else(|| panic!("{line}"));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn both_daemons_serve_their_metrics() {
    let (mut scheduler, address) = scheduler(&["--http-address", "127.0.0.1:0"]);
    let mut worker = worker(&address, &["--name", "w1"]);
    let of_worker = worker.line("pages of w1 at http://127.0.0.1:");
    worker.line("w1 registered");
    let of_scheduler = scheduler.line("pages of the scheduler at http://127.0.0.1:");

    let text = page(&of_scheduler, "/metrics");
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    let hello = "taskloom_scheduler_op_total{item=\"worker_hello\"} 1";
    assert!(text.contains(hello), "{text}");
    let text = page(&of_worker, "/metrics");
    assert!(text.contains("# TYPE taskloom_worker_task_duration_seconds summary"));
    assert!(page(&of_scheduler, "/health").ends_with("\r\n\r\nok\n"));
    assert!(page(&of_worker, "/").contains("<h1>w1</h1>"));
}

#[test]
fn a_taken_port_moves_the_pages_with_a_warning() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (mut scheduler, _) = scheduler(&["--http-address", &address]);
    let line = scheduler.line("is taken");
    assert!(
        line.starts_with(&format!("warning: {address} is taken")),
        "{line}"
    );
    assert!(page(&line, "/health").starts_with("HTTP/1.1 200"));
}

#[test]
fn pages_can_be_left_out_and_an_address_of_another_machine_is_an_error() {
    let (scheduler, _) = scheduler(&["--http-address="]);
    let ended = scheduler.signal_until_ended(libc::SIGTERM);
    assert!(!ended.output.contains("pages of"), "{}", ended.output);

    // Set aside for documentation, so no machine has it.
    let flags = ["--port", "0", "--http-address", "192.0.2.1:80"];
    let ended = Daemon::start(SCHEDULER, &flags).ended();
    assert_eq!(ended.code(), 3, "{}", ended.output);
    assert!(ended.output.contains("192.0.2.1:80"), "{}", ended.output);
}
