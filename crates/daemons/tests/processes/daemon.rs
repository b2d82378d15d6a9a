//! A daemon under test: its lines arrive as events, and it never outlives its test.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Far longer than anything takes: what is missing after this does not come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait for an effect of a signal before it is sent again.
const RESEND: Duration = Duration::from_millis(50);

/// The path of the scheduler's binary.
pub const SCHEDULER: &str = env!("CARGO_BIN_EXE_scheduler");

/// The path of the worker's binary.
pub const WORKER: &str = env!("CARGO_BIN_EXE_worker");

/// A running daemon.
pub struct Daemon {
    child: Child,
    /// Dropping it closes the daemon's standard input.
    pub stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    /// All lines.
    seen: Vec<String>,
    /// Those that nobody waited for.
    unread: Vec<String>,
}

/// What a daemon that ended has left.
pub struct Ended {
    pub status: ExitStatus,
    pub output: String,
}

impl Ended {
    pub fn code(&self) -> i32 {
        self.status
            .code()
            .unwrap_or_else(|| panic!("{}: {}", self.status, self.output))
    }
}

impl Daemon {
    /// Starts it with the variables of Taskloom taken out of its environment.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        Self::start_with(program, arguments, &[])
    }

    /// Starts it with these variables.
    pub fn start_with(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TASKLOOM_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (send, lines) = channel();
        read_lines(child.stdout.take().unwrap(), send.clone());
        read_lines(child.stderr.take().unwrap(), send);
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            lines,
            seen: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Waits for a line that contains this and was not waited for yet. Standard output and standard
    /// error are two pipes, so the order of lines between them is anybody's.
    pub fn line(&mut self, wanted: &str) -> String {
        let until = Instant::now() + PATIENCE;
        let found = |line: &String| line.contains(wanted);
        loop {
            if let Some(at) = self.unread.iter().position(found) {
                return self.unread.remove(at);
            }
            match self
                .lines
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    self.seen.push(line.clone());
                    self.unread.push(line);
                }
                Err(error) => panic!("no line with {wanted:?} ({error}); {:#?}", self.seen),
            }
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: i32) {
        let pid = libc::pid_t::try_from(self.child.id()).unwrap();
        // SAFETY: no preconditions; the child was not waited for, so the number is its own.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
    }

    /// Sends it a signal again and again until it ends. A signal that comes right after another one
    /// is taken for its echo, so one more may be needed.
    pub fn signal_until_ended(mut self, signal: i32) -> Ended {
        let until = Instant::now() + PATIENCE;
        while self.runs() {
            self.signal(signal);
            match self.lines.recv_timeout(RESEND) {
                Ok(line) => self.seen.push(line),
                Err(_) => assert!(Instant::now() < until, "it does not end; {:#?}", self.seen),
            }
        }
        self.ended()
    }

    /// Waits until it and all that share its output have ended.
    pub fn ended(mut self) -> Ended {
        let until = Instant::now() + PATIENCE;
        // The lines end when every process that could write some has ended.
        loop {
            match self
                .lines
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(line) => self.seen.push(line),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("it does not end ({error}); {:#?}", self.seen),
            }
        }
        let status = self.child.wait().unwrap();
        Ended {
            status,
            output: self.seen.join("\n"),
        }
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(from: impl Read + Send + 'static, to: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                break;
            }
        }
    });
}

/// A scheduler on a free port of the loopback interface, and its address.
pub fn scheduler(flags: &[&str]) -> (Daemon, String) {
    let arguments = [&["--host", "127.0.0.1", "--port", "0"], flags].concat();
    let mut daemon = Daemon::start(SCHEDULER, &arguments);
    let line = daemon.line("listening on");
    let address = line.split(' ').nth(4).unwrap().to_owned();
    (daemon, address)
}

/// A worker of that scheduler on the loopback interface.
pub fn worker(address: &str, flags: &[&str]) -> Daemon {
    let arguments = [&[address, "--host", "127.0.0.1", "--nthreads", "1"], flags].concat();
    Daemon::start(WORKER, &arguments)
}

/// Runs a daemon to its end.
pub fn run(program: &str, arguments: &[&str]) -> Ended {
    Daemon::start(program, arguments).ended()
}
