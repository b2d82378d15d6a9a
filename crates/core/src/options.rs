//! What a task asks of the scheduler beside its operation and arguments.

use std::fmt;
use std::time::Duration;

/// An amount of a named resource in thousandths, so that fractions add up exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ResourceAmount(pub u64);

impl ResourceAmount {
    /// The amount nearest to a non-negative number of units; `None` if it is negative, not a number
    /// or too large.
    pub fn from_units(units: f64) -> Option<Self> {
        let thousandths = (units * 1000.0).round();
        (0.0..9e15)
            .contains(&thousandths)
            .then_some(Self(thousandths as u64))
    }

    /// The amount in units.
    pub fn units(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl fmt::Display for ResourceAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.units())
    }
}

/// Whether a task's value is data, or a stateful worker (an actor) that answers calls where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Residence {
    /// Data: it may be copied and moved.
    #[default]
    Anywhere,
    /// An actor: it stays on the worker that made it, and is lost with it.
    Fixed,
    /// An actor that is made anew by its constructor when its worker is lost.
    Restarted,
}

/// The options of a task. Tasks of one operation and equal options are interchangeable for placing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TaskOptions {
    /// Higher runs first; 0 by default.
    pub priority: i32,
    /// Resources that are reserved while the task is on a worker, sorted by name.
    pub resources: Vec<(String, ResourceAmount)>,
    /// Names of workers that alone may run it, sorted; empty for all.
    pub workers: Vec<String>,
    /// Whether `workers` is only a preference: if none of them is connected, any may run it.
    pub or_any: bool,
    /// How often it is run again after it failed, panicked or ran out of time.
    pub retries: u32,
    /// The pause before the first retry; each further one is twice as long, up to
    /// [`crate::limits::BACKOFF_MAX`].
    pub backoff: Duration,
    /// The longest that one run may take; zero for no limit.
    pub timeout: Duration,
    /// A word of the user's for people: it stands in what the cluster tells about the task.
    pub label: String,
    /// The name of the job that it counts to; empty for the client's own.
    pub job: String,
    /// Whether its value may be copied and moved.
    pub residence: Residence,
}
