//! The exit codes of the daemons. `docs/operating.md` lists them: they are a promise to scripts.

use crate::flags::Stop;
use crate::layers::LayerError;
use std::process::ExitCode;
use taskloom_rpc::listen::ListenError;
use taskloom_scheduler::SchedulerError;
use taskloom_worker::{WorkerError, WorkerExit};

/// How a daemon ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked to, and ended in order.
    Success,
    /// Something failed that no other code names.
    Failure,
    /// A flag or the configuration is wrong.
    Usage,
    /// Its port cannot be listened on.
    CannotListen,
    /// The scheduler does not take this worker.
    Refused,
    /// There was no scheduler for as long as the worker was to wait.
    NoScheduler,
    /// The worker has to start anew, and could not do so by itself.
    Restart,
    /// A second signal asked for an end at once.
    Signal(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::CannotListen => 3,
            Self::Refused => 4,
            Self::NoScheduler => 5,
            Self::Restart => 6,
            // What a shell reports for a process that the signal killed.
            Self::Signal(signal) => 128_u8.saturating_add(signal),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a daemon did not run, or did not run to a good end: how it exits and what it says.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit.
    pub exit: Exit,
    /// What to print; nothing more needs to be said if it is empty.
    pub text: String,
    /// Whether it is not an error but what was asked for: help, the version.
    pub asked: bool,
}

impl Failure {
    /// A failure with this exit and these words.
    pub(crate) fn new(exit: Exit, text: impl ToString) -> Self {
        Self {
            exit,
            text: text.to_string(),
            asked: false,
        }
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Show(text) => Self {
                exit: Exit::Success,
                text,
                asked: true,
            },
            Stop::Wrong(text) => Self::new(Exit::Usage, text),
        }
    }
}

impl From<LayerError> for Failure {
    fn from(error: LayerError) -> Self {
        Self::new(Exit::Usage, error)
    }
}

impl From<SchedulerError> for Failure {
    fn from(error: SchedulerError) -> Self {
        match error {
            SchedulerError::Listen(error) => cannot_listen(
                &error,
                "another scheduler may run here; choose --port 0 for any free port",
            ),
            SchedulerError::Setting { .. } => Self::new(Exit::Usage, error),
            _ => Self::new(Exit::Failure, error),
        }
    }
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Listen(error) => cannot_listen(
                &error,
                "another worker may serve here; leave out --port for any free one",
            ),
            WorkerError::Config(_) | WorkerError::Scratch { .. } => Self::new(Exit::Usage, error),
            _ => Self::new(Exit::Failure, error),
        }
    }
}

/// Only the daemon knows what to do about a port that is taken.
fn cannot_listen(error: &ListenError, hint: &str) -> Failure {
    let text = match error {
        ListenError::InUse { address, .. } => {
            format!("cannot listen on {address}: address already in use\n  hint: {hint}")
        }
        _ => error.to_string(),
    };
    Failure::new(Exit::CannotListen, text)
}

/// How the process of a worker exits.
pub(crate) fn of_worker(exit: &WorkerExit) -> Exit {
    match exit {
        WorkerExit::Drained | WorkerExit::Stopped => Exit::Success,
        WorkerExit::Refused(_) => Exit::Refused,
        WorkerExit::NoScheduler { .. } => Exit::NoScheduler,
        WorkerExit::Restart(_) => Exit::Restart,
        _ => Exit::Failure,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_documents() {
        let reference = include_str!("../../../docs/operating.md");
        for exit in [
            Exit::Success,
            Exit::Failure,
            Exit::Usage,
            Exit::CannotListen,
            Exit::Refused,
            Exit::NoScheduler,
            Exit::Restart,
        ] {
            assert!(
                reference.contains(&format!("\n| {} | ", exit.code())),
                "{exit:?}"
            );
        }
        assert_eq!(Exit::Signal(15).code(), 143);
    }

    #[test]
    fn a_taken_port_gets_a_hint() {
        let error = ListenError::InUse {
            address: "0.0.0.0:8786".into(),
            hint: String::new(),
        };
        let failure = Failure::from(SchedulerError::Listen(error));
        assert_eq!(failure.exit, Exit::CannotListen);
        assert_eq!(
            failure.text,
            "cannot listen on 0.0.0.0:8786: address already in use\n  \
             hint: another scheduler may run here; choose --port 0 for any free port"
        );
    }
}
