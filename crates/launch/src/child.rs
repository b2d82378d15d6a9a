//! Workers that are child processes of the program that wants them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// This program cannot be started as a worker, because it did not call [`crate::init`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this program cannot start workers as child processes: make `taskloom::init();` the first line \
     of its main, or use workers in this process"
)]
pub struct NotInitialised;

/// A worker to start by running this program again.
///
/// It ends when its standard input closes, so it never outlives the program that started it,
/// however that one ends: keep the child's `stdin` for as long as the worker shall live.
#[derive(Clone, Debug, Default)]
pub struct ChildWorker {
    /// The scheduler's address.
    pub scheduler: String,
    /// Its name; made up if `None`.
    pub name: Option<String>,
    /// How many tasks it runs at a time; as many as there are processors if `None`.
    pub nthreads: Option<usize>,
    /// How much memory it may use, in bytes; all there is if `None`.
    pub memory_limit: Option<u64>,
    /// What it has of named resources.
    pub resources: Vec<(String, f64)>,
    /// Where it listens; all interfaces if `None`.
    pub host: Option<String>,
    /// Where it keeps files; a temporary directory if `None`.
    pub local_directory: Option<PathBuf>,
    /// Further flags, as on the command line.
    pub flags: Vec<String>,
}

impl ChildWorker {
    /// The command that starts it. Its standard input is a pipe, the rest is inherited.
    pub fn command(&self) -> Result<Command, NotInitialised> {
        if !crate::initialised() {
            return Err(NotInitialised);
        }
        let program = std::env::current_exe().map_err(|_| NotInitialised)?;
        let mut command = Command::new(program);
        command
            .arg("worker")
            .arg(&self.scheduler)
            .stdin(Stdio::piped());
        Ok(command)
    }
}
