//! Isolated tasks: each runs in a child process, which can be killed when the task is cancelled or
//! runs out of time, and whose crash is the failure of one task and not the end of the worker.

mod child;
mod frame;
mod output;
mod process;

pub use child::isolated_main;

use crate::home::Home;
use process::{End, Listener, Process};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use taskloom_core::message::{Compute, FromWorker};
use taskloom_core::{Encoded, ErrorCode, TaskFailure};
use taskloom_task::TaskContext;
use tracing::Level;

/// How to start this program as a process for isolated tasks: it then calls [`isolated_main`] with
/// the two arguments that follow these, the name of the worker and its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// The program, which has the tasks of the worker linked in.
    pub program: PathBuf,
    /// Its first arguments.
    pub arguments: Vec<OsString>,
}

/// The processes for the isolated tasks of a worker. Those that have ended a task take another one.
#[derive(Debug)]
pub(crate) struct Isolated {
    isolation: Option<Isolation>,
    home: Arc<Home>,
    directory: PathBuf,
    idle: Mutex<Vec<Process>>,
    /// Most idle ones.
    most: usize,
}

impl Isolated {
    pub(crate) fn new(
        isolation: Option<Isolation>,
        home: Arc<Home>,
        directory: PathBuf,
        most: usize,
    ) -> Self {
        Self {
            isolation,
            home,
            directory,
            idle: Mutex::default(),
            most,
        }
    }

    /// Runs a task whose inputs lie in the message. It ends early, and its process is killed, when
    /// the context is cancelled.
    pub(crate) async fn run(
        &self,
        context: &TaskContext,
        compute: Box<Compute>,
    ) -> Result<(u64, Encoded), TaskFailure> {
        let mut process = self.process()?;
        let relay = Relay(context);
        let end = tokio::select! {
            end = process.run(compute, &relay) => Some(end),
            () = context.cancelled() => None,
        };
        let failed = |code, text: String| TaskFailure::new(code, text);
        match end {
            Some(End::Said(FromWorker::Finished { nbytes, value, .. })) => {
                self.keep(process);
                value.map(|value| (nbytes, value)).ok_or_else(|| {
                    failed(ErrorCode::Internal, "its process sent no value".to_owned())
                })
            }
            Some(End::Said(FromWorker::Failed { failure, .. })) => {
                self.keep(process);
                Err(*failure)
            }
            Some(End::Said(other)) => Err(failed(ErrorCode::Internal, format!("{other:?}"))),
            Some(End::Gone { how, last_words }) => {
                clean_up(context);
                let mut failure = failed(ErrorCode::Task, how);
                if !last_words.is_empty() {
                    let words = last_words.join("\n");
                    failure.chain.push(format!("its last words were: {words}"));
                }
                Err(failure)
            }
            None => {
                drop(process);
                clean_up(context);
                Err(failed(
                    ErrorCode::Cancelled,
                    "its process was killed".to_owned(),
                ))
            }
        }
    }

    fn process(&self) -> Result<Process, TaskFailure> {
        let isolation = self.isolation.as_ref().ok_or_else(|| {
            TaskFailure::new(
                ErrorCode::Refused,
                "this worker cannot run isolated tasks, because its program cannot be started \
                 again: make `taskloom::init();` the first line of its main",
            )
        })?;
        loop {
            let idle = self.idle().pop();
            let Some(mut process) = idle else { break };
            if process.is_alive() {
                return Ok(process);
            }
        }
        Process::start(isolation, &self.home.name, &self.directory).map_err(|error| {
            let program = isolation.program.display();
            let text = format!("cannot start a process of {program} for it: {error}");
            TaskFailure::new(ErrorCode::Refused, text)
        })
    }

    fn keep(&self, process: Process) {
        let mut idle = self.idle();
        if idle.len() < self.most {
            idle.push(process);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Process>> {
        // The list is whole at every moment at which another thread could have panicked.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes what a task has left that could not do so itself: the context does, once it knows the
/// directory.
fn clean_up(context: &TaskContext) {
    if let Err(error) = context.scratch_directory() {
        tracing::debug!(key = context.key(), %error, "cannot remove scratch files");
    }
}

/// Passes on what an isolated task says as if it were said here.
struct Relay<'a>(&'a TaskContext);

impl Listener for Relay<'_> {
    fn printed(&self, line: &str) {
        self.0.print(line);
    }

    fn logged(&self, level: u8, line: &str) {
        let level = match level {
            // The process has printed it as well, so it comes by that way.
            0 => return,
            1 => Level::ERROR,
            2 => Level::WARN,
            3 => Level::INFO,
            4 => Level::DEBUG,
            _ => Level::TRACE,
        };
        self.0.log(level, line);
    }
}
