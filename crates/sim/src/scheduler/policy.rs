//! The policies by name.

use super::dask::Dask;
use super::plain::Plain;
use super::random::Random;
use super::round_robin::RoundRobin;
use super::stealing::Stealing;
use super::{Scheduler, Taskloom};
use crate::draw::Draw;
use crate::setting::Setting;
use std::fmt;

/// Who decides in a simulation.
///
/// ```
/// use taskloom_sim::Policy;
/// assert_eq!(Policy::Dask.to_string(), "dask");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// The scheduler that is shipped, with its default settings.
    Taskloom,
    /// Dask's rules: tasks without inputs are kept back at 1.1 tasks per thread, others go to one of
    /// the holders of their inputs by expected load, and load is evened out each second.
    Dask,
    /// Each task where most of its inputs are; workers without work take from those with most.
    Stealing,
    /// Each task to the next worker in the row.
    RoundRobin,
    /// Each task to a worker that is drawn.
    Random,
}

impl Policy {
    /// All policies, the shipped one first.
    pub const ALL: [Self; 5] = [
        Self::Taskloom,
        Self::Dask,
        Self::Stealing,
        Self::RoundRobin,
        Self::Random,
    ];

    /// A scheduler of this policy.
    pub fn scheduler(self, setting: &Setting) -> Box<dyn Scheduler> {
        match self {
            Self::Taskloom => Box::new(Taskloom::new(Default::default())),
            Self::Dask => Box::new(Plain::new(Dask::new(setting.bandwidth))),
            Self::Stealing => Box::new(Plain::new(Stealing::default())),
            Self::RoundRobin => Box::new(Plain::new(RoundRobin::default())),
            Self::Random => Box::new(Plain::new(Random(Draw::new(setting.seed, 2)))),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taskloom => "taskloom",
            Self::Dask => "dask",
            Self::Stealing => "stealing",
            Self::RoundRobin => "round-robin",
            Self::Random => "random",
        })
    }
}
