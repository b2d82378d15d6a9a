//! What a task asks of the scheduler beside its operation and arguments.

use std::fmt;

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

/// The options of a task. Tasks of one operation and equal options are interchangeable for placing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TaskOptions {
    /// Higher runs first; 0 by default.
    pub priority: i32,
    /// Resources that are reserved while the task is on a worker, sorted by name.
    pub resources: Vec<(String, ResourceAmount)>,
    /// Names of workers that alone may run it, sorted; empty for all.
    pub workers: Vec<String>,
}
