//! The side of the worker: a process for isolated tasks.

use super::Isolation;
use super::frame::{self, LENGTH_BYTES};
use super::output::{Found, Lines};
use bytes::{Bytes, BytesMut};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use taskloom_core::message::{Compute, FromWorker, ToWorker};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// How long the outputs may take to show that a task is over, which they do at once unless the task
/// has closed them.
const OUTPUT_PATIENCE: Duration = Duration::from_secs(1);

/// How many of the last lines on standard error the failure of a task has whose process is gone.
const LAST_WORDS: usize = 5;

/// A process for isolated tasks. Dropping it kills it with all that it has started.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    connection: UnixStream,
    outputs: Outputs,
}

/// What a process has to say while it runs a task.
pub(super) trait Listener {
    /// A line on standard output or standard error.
    fn printed(&self, line: &str);

    /// A line of this weight.
    fn logged(&self, level: u8, line: &str);
}

/// How a task ended in its process.
pub(super) enum End {
    /// The task itself has ended.
    Said(FromWorker),
    /// The process has ended, or the connection to it is broken.
    Gone {
        /// How, for people.
        how: String,
        /// The last lines on standard error.
        last_words: Vec<String>,
    },
}

impl Process {
    /// Starts one, for the worker of this name and directory.
    pub(super) fn start(isolation: &Isolation, name: &str, directory: &Path) -> io::Result<Self> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let connection = UnixStream::from_std(ours)?;
        let mut child = Command::new(&isolation.program)
            .args(&isolation.arguments)
            .arg(name)
            .arg(directory)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // So that it can be killed with all that it has started.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let outputs = Outputs {
            standard: child.stdout.take().map(Output::new),
            error: child.stderr.take().map(Output::new),
        };
        Ok(Self {
            child,
            connection,
            outputs,
        })
    }

    /// Whether it can take a task.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Runs a task in it. Dropped before its end it leaves the process in the middle of the task: it
    /// is of no use then.
    pub(super) async fn run(&mut self, compute: Box<Compute>, listener: &impl Listener) -> End {
        let request = match frame::encode(ToWorker::Compute(compute)) {
            Ok(request) => request,
            Err(error) => return self.gone(error.to_string(), Vec::new()),
        };
        let talk = talk(&mut self.connection, &request, listener);
        let mut heard = Heard::default();
        let said = {
            tokio::pin!(talk);
            loop {
                tokio::select! {
                    biased;
                    () = self.outputs.read(&mut heard, listener) => {}
                    said = &mut talk => break said,
                }
            }
        };
        // Either all that it printed is followed by a mark, or the outputs end with the process.
        let rest = async {
            while !heard.is_complete() && !self.outputs.have_ended() {
                self.outputs.read(&mut heard, listener).await;
            }
        };
        let _ = tokio::time::timeout(OUTPUT_PATIENCE, rest).await;
        match said {
            Ok(said) => End::Said(said),
            Err(error) => {
                let how = self.how_it_ended(&error).await;
                self.gone(how, heard.last_words)
            }
        }
    }

    fn gone(&mut self, how: String, last_words: Vec<String>) -> End {
        self.kill();
        End::Gone { how, last_words }
    }

    async fn how_it_ended(&mut self, error: &io::Error) -> String {
        match tokio::time::timeout(OUTPUT_PATIENCE, self.child.wait()).await {
            Ok(Ok(status)) => describe(status),
            _ => format!("the connection to its process broke: {error}"),
        }
    }

    fn kill(&mut self) {
        // The id is there as long as nobody has waited for the process, so it is never another's.
        if let Some(group) = self
            .child
            .id()
            .and_then(|id| libc::pid_t::try_from(id).ok())
        {
            // SAFETY: it has no preconditions.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a task and reads until its end.
async fn talk(
    connection: &mut UnixStream,
    request: &Bytes,
    listener: &impl Listener,
) -> io::Result<FromWorker> {
    connection.write_all(request).await?;
    loop {
        let mut length = [0; LENGTH_BYTES];
        connection.read_exact(&mut length).await?;
        let length = frame::length(length)?;
        let mut bytes = BytesMut::with_capacity(length);
        let mut limited = (&mut *connection).take(length as u64);
        while bytes.len() < length {
            if limited.read_buf(&mut bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        match frame::decode(bytes.freeze())? {
            FromWorker::Logged { lines, .. } => {
                for (level, line) in lines {
                    listener.logged(level, &line);
                }
            }
            end => return Ok(end),
        }
    }
}

/// How a process ended, for people.
fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(libc::SIGKILL), _) => {
            "its process was killed by signal 9 (SIGKILL), as the system does when memory runs out"
                .into()
        }
        (Some(signal), _) => match signal_name(signal) {
            Some(name) => format!("its process was killed by signal {signal} ({name})"),
            None => format!("its process was killed by signal {signal}"),
        },
        (None, code) => format!(
            "its process ended with exit code {} before the task returned",
            code.unwrap_or_default()
        ),
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    let known = [
        (libc::SIGABRT, "SIGABRT"),
        (libc::SIGBUS, "SIGBUS"),
        (libc::SIGFPE, "SIGFPE"),
        (libc::SIGILL, "SIGILL"),
        (libc::SIGINT, "SIGINT"),
        (libc::SIGPIPE, "SIGPIPE"),
        (libc::SIGSEGV, "SIGSEGV"),
        (libc::SIGTERM, "SIGTERM"),
    ];
    let found = known.into_iter().find(|&(number, _)| number == signal);
    found.map(|(_, name)| name)
}

/// Both outputs of a process; none of one that has ended.
#[derive(Debug)]
struct Outputs {
    standard: Option<Output<ChildStdout>>,
    error: Option<Output<ChildStderr>>,
}

/// What was heard during one task.
#[derive(Default)]
struct Heard {
    /// Whether the mark was found in each of the outputs.
    standard: bool,
    error: bool,
    last_words: Vec<String>,
}

impl Heard {
    fn is_complete(&self) -> bool {
        self.standard && self.error
    }
}

impl Outputs {
    fn have_ended(&self) -> bool {
        self.standard.is_none() && self.error.is_none()
    }

    /// Reads a piece of one of them. Never ready if both have ended. Safe to cancel.
    async fn read(&mut self, heard: &mut Heard, listener: &impl Listener) {
        let (is_error, found) = tokio::select! {
            found = read(&mut self.standard) => (false, found),
            found = read(&mut self.error) => (true, found),
        };
        for found in found {
            match found {
                Found::Mark if is_error => heard.error = true,
                Found::Mark => heard.standard = true,
                Found::Line(line) => {
                    listener.printed(&line);
                    if is_error {
                        if heard.last_words.len() == LAST_WORDS {
                            heard.last_words.remove(0);
                        }
                        heard.last_words.push(line);
                    }
                }
            }
        }
    }
}

#[derive(Debug)]
struct Output<R> {
    reader: R,
    lines: Lines,
    buffer: Vec<u8>,
}

impl<R> Output<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            lines: Lines::default(),
            buffer: vec![0; 8 * 1024],
        }
    }
}

async fn read<R: AsyncRead + Unpin>(output: &mut Option<Output<R>>) -> Vec<Found> {
    let Some(open) = output else {
        return std::future::pending().await;
    };
    let mut found = Vec::new();
    match open.reader.read(&mut open.buffer).await {
        Ok(count) if count > 0 => open.lines.take(&open.buffer[..count], &mut found),
        _ => {
            open.lines.finish(&mut found);
            *output = None;
        }
    }
    found
}
