//! How the daemons start and find each other.

use crate::daemon::{Daemon, SCHEDULER, WORKER, run, scheduler, worker};
use socket2::{Domain, Socket, Type};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixDatagram;

#[test]
fn a_scheduler_says_where_it_listens_and_that_the_port_is_open_to_all() {
    let mut daemon = Daemon::start(SCHEDULER, &["--host", "127.0.0.1", "--port", "0"]);
    let line = daemon.line("listening on");
    let start = format!(
        "scheduler {} listening on 127.0.0.1:",
        env!("CARGO_PKG_VERSION")
    );
    let port = line
        .strip_prefix(&start)
        .unwrap_or_else(|| panic!("{line}"));
    assert!(port.parse::<u16>().unwrap() > 0);
    let warning = daemon.line("warning: ");
    assert!(
        warning.contains("anyone who reaches this port can run tasks"),
        "{warning}"
    );
}

#[test]
fn a_scheduler_on_all_interfaces_says_how_to_reach_it() {
    let mut daemon = Daemon::start(SCHEDULER, &["--port", "0"]);
    let line = daemon.line("listening on 0.0.0.0:");
    assert!(line.contains(" (reach it at "), "{line}");
    let told = ["--port", "0", "--contact-address", "outside:7000"];
    let mut daemon = Daemon::start(SCHEDULER, &told);
    daemon.line("(reach it at outside:7000)");
}

#[test]
fn a_worker_says_what_it_has_and_where_it_serves() {
    let (_scheduler, address) = scheduler(&[]);
    let flags = [
        "--name",
        "w1",
        "--memory-limit",
        "64MiB",
        "--resources",
        "GPU=2 MEM=0.5",
    ];
    let mut daemon = worker(&address, &flags);
    let line = daemon.line("w1 registered");
    let start = format!("w1 registered with {address}: 1 thread, 64 MiB, ");
    assert!(line.starts_with(&start), "{line}");
    assert!(line.contains(" operations, serving 127.0.0.1:"), "{line}");
}

#[test]
fn a_worker_waits_for_a_scheduler_that_comes_later() {
    // Bound and not listening: nobody else can take the port, and connecting to it is refused.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket
        .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
        .unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut daemon = worker(&format!("tcp://{address}"), &["--name", "early"]);
    let line = daemon.line("waiting for");
    assert!(
        line.starts_with(&format!("waiting for {address}: ")),
        "{line}"
    );
    assert!(
        line.contains("refused") && line.contains("(next try in "),
        "{line}"
    );
    drop(socket);
    let port = address.port().to_string();
    let mut late = Daemon::start(SCHEDULER, &["--host", "127.0.0.1", "--port", &port]);
    late.line("listening on");
    daemon.line("early registered with");
}

#[test]
fn the_environment_and_a_file_can_say_it_all() {
    let (_scheduler, address) = scheduler(&[]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("taskloom.toml");
    std::fs::write(
        &file,
        "[worker]\nname = 'from-file'\nnthreads = 3\nhost = '127.0.0.1'\n",
    )
    .unwrap();
    let variables = [
        ("TASKLOOM_SCHEDULER", address.as_str()),
        ("TASKLOOM_CONFIG", file.to_str().unwrap()),
        ("TASKLOOM_WORKER__NTHREADS", "2"),
    ];
    let mut daemon = Daemon::start_with(WORKER, &[], &variables);
    let line = daemon.line("registered with");
    assert!(line.starts_with("from-file registered"), "{line}");
    assert!(line.contains(": 2 threads,"), "{line}");
}

#[test]
fn announcements_are_objects_among_json_logs() {
    let quiet = [
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--log-json",
        "--log-level",
        "off",
    ];
    let mut daemon = Daemon::start(SCHEDULER, &quiet);
    let line = daemon.line("listening on 127.0.0.1:");
    assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    assert!(line.contains("\"level\":\"INFO\""), "{line}");
    assert!(
        daemon
            .line("anyone who reaches")
            .contains("\"level\":\"WARN\"")
    );
}

#[test]
fn several_workers_start_by_one_command_and_end_together() {
    let (_scheduler, address) = scheduler(&[]);
    let mut daemon = worker(&address, &["--name", "w", "--nworkers", "2"]);
    // They come in any order.
    let first = daemon.line("registered with");
    let second = daemon.line("registered with");
    let mut names = [first, second].map(|line| line.split(' ').next().unwrap().to_owned());
    names.sort_unstable();
    assert_eq!(names, ["w-0", "w-1"]);
    daemon.signal(libc::SIGTERM);
    let ended = daemon.ended();
    assert_eq!(ended.code(), 0, "{}", ended.output);
}

#[test]
fn several_workers_end_when_the_process_that_started_them_is_killed() {
    let (_scheduler, address) = scheduler(&[]);
    let mut daemon = worker(&address, &["--nworkers", "2"]);
    daemon.line("registered with");
    daemon.line("registered with");
    daemon.signal(libc::SIGKILL);
    // Its output closes only when the workers, who share it, have ended too.
    assert!(!daemon.ended().status.success());
}

#[test]
fn several_workers_hand_on_why_they_ended() {
    let mut daemon = worker(
        "127.0.0.1:1",
        &["--name", "w", "--nworkers", "2", "--death-timeout", "10ms"],
    );
    daemon.line("error: no scheduler at 127.0.0.1:1");
    daemon.line("error: no scheduler at 127.0.0.1:1");
    let ended = daemon.ended();
    assert_eq!(ended.code(), 5, "{}", ended.output);
    assert!(
        ended.output.contains("warning: w-1 ended: "),
        "{}",
        ended.output
    );
}

#[test]
fn the_service_manager_hears_when_a_daemon_is_ready_and_when_it_ends() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let heard = || {
        let mut text = [0; 64];
        let length = socket.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    let variables = [("NOTIFY_SOCKET", path.to_str().unwrap())];
    // A worker is ready whether or not there is a scheduler.
    let programs: [(&str, &[&str]); 2] = [
        (SCHEDULER, &["--host", "127.0.0.1", "--port", "0"]),
        (WORKER, &["127.0.0.1:1"]),
    ];
    for (program, arguments) in programs {
        let daemon = Daemon::start_with(program, arguments, &variables);
        assert_eq!(heard(), "READY=1");
        daemon.signal(libc::SIGTERM);
        assert_eq!(heard(), "STOPPING=1");
        assert_eq!(daemon.ended().code(), 0);
    }
}

#[cfg(target_os = "linux")] // Where it has this name.
#[test]
fn an_interface_is_as_good_as_its_address() {
    let mut daemon = Daemon::start(SCHEDULER, &["--interface", "lo", "--port", "0"]);
    daemon.line("listening on 127.0.0.1:");
}

#[test]
fn help_has_examples_and_the_version_is_one_line() {
    for (program, example) in [
        (SCHEDULER, "scheduler --port 8786"),
        (
            WORKER,
            "worker scheduler:8786 --nthreads 8 --memory-limit 75%",
        ),
    ] {
        let help = run(program, &["--help"]);
        assert_eq!(help.code(), 0);
        assert!(help.output.contains(example), "{}", help.output);
        let version = run(program, &["--version"]);
        assert_eq!(version.code(), 0);
        assert!(
            version.output.ends_with(env!("CARGO_PKG_VERSION")),
            "{}",
            version.output
        );
    }
}
