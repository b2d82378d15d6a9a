//! A scheduler whose machine fails it: too few descriptors, and a clock that jumps.

use crate::daemon::{Daemon, PATIENCE, SCHEDULER, scheduler, worker};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What every client of HTTP/2 says first, with settings of no content.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Opens a connection; `None` if it is closed before anything is said on it.
fn connect(address: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The other side may have closed it already.
    let _ = stream.write_all(PREFACE);
    let mut answer = [0; 9];
    match stream.read(&mut answer) {
        Ok(1..) => Some(stream),
        Ok(0) | Err(_) => None,
    }
}

#[test]
fn a_scheduler_whose_descriptor_limit_is_too_low_says_so_and_goes_on() {
    // Sixty-four are kept for other things, so 96 connections are left.
    let limited = "ulimit -n 160 && exec \"$0\" --host 127.0.0.1 --port 0 --expected-workers 500";
    let mut scheduler = Daemon::start("sh", &["-c", limited, SCHEDULER]);
    let warning = scheduler.line("files open");
    assert!(warning.contains("500 workers need 564"), "{warning}");
    let line = scheduler.line("listening on");
    let address = line.split(' ').nth(4).unwrap().to_owned();
    let mut first = worker(&address, &["--name", "first"]);
    first.line("first registered");

    let open: Vec<Option<TcpStream>> = (0..200).map(|_| connect(&address)).collect();
    let served = open.iter().flatten().count();
    assert!((80..96).contains(&served), "{served} of 200 were served");
    let told = scheduler.line("connections are open");
    assert!(told.contains("limit of open files"), "{told}");
    assert!(first.runs());

    // Places become free as connections end; the next worker finds one, at the latest when it tries
    // again.
    drop(open);
    let mut second = worker(&address, &["--name", "second"]);
    second.line("second registered");
}

#[test]
fn a_scheduler_that_stood_still_does_not_take_it_for_the_silence_of_workers() {
    let (mut scheduler, address) = scheduler(&["--worker-timeout", "4s"]);
    let mut first = worker(&address, &["--name", "first"]);
    first.line("first registered");
    // As when a machine sleeps: for the scheduler the clock jumps by more than the time-out.
    scheduler.signal(libc::SIGSTOP);
    std::thread::sleep(Duration::from_secs(5));
    scheduler.signal(libc::SIGCONT);
    scheduler.line("stood still");
    let mut second = worker(&address, &["--name", "second"]);
    second.line("second registered");
    first.signal(libc::SIGTERM);
    assert_eq!(first.ended().code(), 0);
    let ended = scheduler.signal_until_ended(libc::SIGTERM);
    assert!(
        !ended.output.contains("nothing was heard"),
        "{}",
        ended.output
    );
}
