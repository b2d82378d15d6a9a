//! How a task can end badly, with its story.

use std::fmt;

/// What kind of failure it was. The numbers are stable: they travel and stand in documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The task returned an error.
    Task,
    /// The task panicked.
    Panic,
    /// An argument or input could not be decoded as the type the task declares.
    Decode,
    /// The result could not be encoded.
    Encode,
    /// No connected worker offered the operation (or the resources, or the named workers) in time.
    NoWorker,
    /// Too many workers died while they ran the task.
    KilledWorker,
    /// Scattered data whose source and copies are all gone.
    Lost,
    /// Somebody cancelled it.
    Cancelled,
    /// The key is in use with other content.
    DuplicateKey,
    /// The graph is not valid: a cycle, a missing dependency, columns that do not fit.
    BadGraph,
    /// The name and version of the operation are known with another signature.
    OperationMismatch,
    /// Something is over a limit.
    TooLarge,
    /// A table or queue is full; try again later.
    Overloaded,
    /// The other party broke the protocol.
    Protocol,
    /// A peer could not be reached.
    Unreachable,
    /// The connection or the cluster is closed.
    Closed,
    /// A defect of Taskloom.
    Internal,
    /// A run took longer than the task's timeout.
    TimedOut,
    /// No task has this key.
    UnknownKey,
    /// What was asked for cannot be done: the message says why.
    Refused,
}

impl ErrorCode {
    /// All codes, for tables and tests.
    pub const ALL: [Self; 20] = [
        Self::Task,
        Self::Panic,
        Self::Decode,
        Self::Encode,
        Self::NoWorker,
        Self::KilledWorker,
        Self::Lost,
        Self::Cancelled,
        Self::DuplicateKey,
        Self::BadGraph,
        Self::OperationMismatch,
        Self::TooLarge,
        Self::Overloaded,
        Self::Protocol,
        Self::Unreachable,
        Self::Closed,
        Self::Internal,
        Self::TimedOut,
        Self::UnknownKey,
        Self::Refused,
    ];

    /// The number that travels, from 1.
    pub fn number(self) -> u32 {
        Self::ALL
            .iter()
            .position(|&code| code == self)
            .map_or(0, |at| at as u32 + 1)
    }

    /// The code of a number that arrived; unknown ones are [`ErrorCode::Internal`].
    pub fn from_number(number: u32) -> Self {
        let at = (number as usize).wrapping_sub(1);
        Self::ALL.get(at).copied().unwrap_or(Self::Internal)
    }

    /// Who can mend it.
    pub const fn blame(self) -> Blame {
        match self {
            Self::Task | Self::Panic | Self::Encode | Self::TimedOut => Blame::Task,
            Self::KilledWorker | Self::Lost => Blame::Worker,
            Self::Unreachable | Self::Closed => Blame::Network,
            Self::Internal | Self::Protocol => Blame::Taskloom,
            _ => Blame::User,
        }
    }
}

/// Who can mend a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The code of the task.
    Task,
    /// A worker or its machine.
    Worker,
    /// The network between the parties.
    Network,
    /// Whoever called: arguments, keys, fleet.
    User,
    /// Taskloom itself.
    Taskloom,
}

/// How a task failed: what happened, to which task, where. Dependents of a failed task carry the
/// same failure, so `key` names the task to blame and not the one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFailure {
    /// The kind of failure.
    pub code: ErrorCode,
    /// What happened, in the task's own words.
    pub message: String,
    /// The causes of a returned error, outermost first.
    pub chain: Vec<String>,
    /// Where a panic was, as `file:line:column`.
    pub place: Option<String>,
    /// The key of the task to blame; empty if it concerns no task.
    pub key: String,
    /// The operation of that task, as `name/version`; empty if unknown.
    pub operation: String,
    /// The name of the worker that it ran on; empty if it ran on none.
    pub worker: String,
    /// How often it had been started.
    pub runs: u32,
    /// What came before, a line per run: at most [`crate::limits::STORY_LINES_MAX`].
    pub story: Vec<String>,
}

impl TaskFailure {
    /// A failure that is not yet tied to a task.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            chain: Vec::new(),
            place: None,
            key: String::new(),
            operation: String::new(),
            worker: String::new(),
            runs: 0,
            story: Vec::new(),
        }
    }
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "task {} failed", self.key)?;
            if !self.worker.is_empty() {
                write!(f, " on {}", self.worker)?;
            }
            if self.runs > 1 {
                write!(f, " after {} runs", self.runs)?;
            }
            f.write_str(": ")?;
        }
        match (self.code, &self.place) {
            (ErrorCode::Panic, Some(place)) => write!(f, "panicked at {place}: {}", self.message)?,
            (ErrorCode::Panic, None) => write!(f, "panicked: {}", self.message)?,
            _ => f.write_str(&self.message)?,
        }
        for cause in &self.chain {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TaskFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_the_trip_through_numbers() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_number(code.number()), code);
        }
        assert_eq!(ErrorCode::from_number(0), ErrorCode::Internal);
        assert_eq!(ErrorCode::from_number(u32::MAX), ErrorCode::Internal);
    }

    #[test]
    fn a_failure_tells_its_story() {
        let mut failure = TaskFailure::new(ErrorCode::Task, "cannot fit");
        failure.chain.push("singular matrix".into());
        failure.key = "fit-0.1".into();
        failure.worker = "worker-3".into();
        failure.runs = 4;
        let story = "task fit-0.1 failed on worker-3 after 4 runs: cannot fit: singular matrix";
        assert_eq!(failure.to_string(), story);
    }
}
