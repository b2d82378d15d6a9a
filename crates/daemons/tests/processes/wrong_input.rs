//! Wrong flags, wrong files, wrong bytes: each gets a clear answer, and daemons go on.

use crate::daemon::{Daemon, Ended, SCHEDULER, WORKER, run, scheduler, worker};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

fn refused(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code(), code, "{}", ended.output);
    for word in words {
        assert!(
            ended.output.contains(word),
            "no {word:?} in {}",
            ended.output
        );
    }
}

#[test]
fn a_port_in_use_is_named_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = run(SCHEDULER, &["--host", "127.0.0.1", "--port", &port]);
    let error = format!("error: cannot listen on 127.0.0.1:{port}: address already in use");
    let hint = "  hint: another scheduler may run here; choose --port 0 for any free port";
    refused(&ended, 3, &[&error, hint]);
    let (_scheduler, address) = scheduler(&[]);
    let ended = worker(&address, &["--port", &port]).ended();
    refused(
        &ended,
        3,
        &[&error, "  hint: another worker may serve here"],
    );
}

#[test]
fn an_address_of_another_machine_cannot_be_listened_on() {
    let ended = run(SCHEDULER, &["--host", "192.0.2.1", "--port", "0"]);
    refused(&ended, 3, &["error: cannot listen on 192.0.2.1:0: "]);
    let ended = run(SCHEDULER, &["--interface", "nope0", "--port", "0"]);
    refused(&ended, 3, &["nope0"]);
}

#[test]
fn an_unknown_flag_gets_the_nearest_one() {
    let ended = run(SCHEDULER, &["--confg", "x.toml"]);
    let error = "error: unexpected argument '--confg'; a similar one exists: '--config'";
    refused(&ended, 2, &[error]);
}

#[test]
fn wrong_configuration_files_are_named_with_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.toml");
    let file = path.to_str().unwrap();
    refused(
        &run(WORKER, &["s:1", "--config", file]),
        2,
        &[&format!(
            "error: cannot read the configuration file {file}: "
        )],
    );
    std::fs::write(&path, "[worker]\nmemory_limit = '1GiB'\n").unwrap();
    let error = format!(
        "error: {file}: unknown key worker.memory_limit; did you mean worker.memory-limit?"
    );
    refused(&run(WORKER, &["s:1", "--config", file]), 2, &[&error]);
    // Each daemon checks the part of the other one too.
    refused(
        &run(SCHEDULER, &["--port", "0", "--config", file]),
        2,
        &[&error],
    );
    std::fs::write(&path, "[worker]\nnthreads = 'many'\n").unwrap();
    let error = format!("error: {file}: worker.nthreads: \"many\" is not a number from 1 to");
    refused(&run(WORKER, &["s:1", "--config", file]), 2, &[&error]);
}

#[test]
fn wrong_values_say_where_they_stand_and_what_would_be_right() {
    let ended = run(WORKER, &["s:1", "--memory-limit", "lots"]);
    refused(
        &ended,
        2,
        &[
            "error: --memory-limit: \"lots\" is not an amount of memory",
            "75%",
        ],
    );
    let ended = run(WORKER, &["s:1", "--resources", "GPU"]);
    refused(
        &ended,
        2,
        &["error: --resources: \"GPU\" is not a resource", "GPU=2"],
    );
    let ended = run(WORKER, &["s:99999"]);
    refused(&ended, 2, &["error: SCHEDULER: ", "host:port"]);
    let ended = run(SCHEDULER, &["--port", "99999"]);
    refused(&ended, 2, &["error: --port: ", "0 to 65535"]);
    let ended = run(SCHEDULER, &["--log-level", "loud"]);
    refused(&ended, 2, &["error: --log-level: ", "info"]);
    let variables = [("TASKLOOM_SCHEDULER__PORT", "x")];
    let ended = Daemon::start_with(SCHEDULER, &[], &variables).ended();
    refused(
        &ended,
        2,
        &["error: TASKLOOM_SCHEDULER__PORT: \"x\" is not a port"],
    );
    let variables = [("TASKLOOM_SCHEDULER__PROT", "1")];
    let ended = Daemon::start_with(SCHEDULER, &[], &variables).ended();
    refused(&ended, 2, &["did you mean TASKLOOM_SCHEDULER__PORT?"]);
}

#[test]
fn a_worker_without_an_address_says_how_to_give_one() {
    let ended = run(WORKER, &[]);
    refused(
        &ended,
        2,
        &["error: no scheduler is named", "worker scheduler:8786"],
    );
}

#[test]
fn garbage_on_the_port_is_no_concern_of_a_scheduler() {
    let (mut daemon, address) = scheduler(&[]);
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut bad_frame = preface.to_vec();
    bad_frame.extend([0xff; 64]);
    let pieces: [&[u8]; 5] = [
        b"\0\xff\xfe garbage",
        b"GET / HTTP/1.1\r\n\r\n",
        &preface[..10],
        preface,
        &bad_frame,
    ];
    for piece in pieces {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(piece).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        // It answers or hangs up; either way this ends.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    // Connections that say nothing hold up nobody.
    let silent: Vec<_> = (0..50)
        .map(|_| TcpStream::connect(&address).unwrap())
        .collect();
    let mut after = worker(&address, &["--name", "after"]);
    after.line("after registered");
    assert!(daemon.runs());
    drop(silent);
}

#[test]
fn something_else_on_the_schedulers_port_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
            .unwrap();
    });
    let mut daemon = worker(&address, &[]);
    // Whether it waits or gives up, it names the address and does not claim to be registered.
    let line = daemon.line(&address);
    assert!(!line.contains("registered"), "{line}");
    answer.join().unwrap();
}
