//! What the scheduler has done so far, counted. The machine records nothing: whoever drives it reads
//! these numbers and makes series of them.

use crate::state::State;

/// The names of the states of a task, in the order of [`Counts::transitions`].
pub const STATE_NAMES: [&str; State::COUNT] = [
    "released",
    "waiting",
    "queued",
    "no-worker",
    "pausing",
    "assigned",
    "processing",
    "supplying",
    "memory",
    "erred",
];

/// Everything that is counted; the numbers only grow.
///
/// ```
/// use taskloom_scheduler_core::{Config, STATE_NAMES, SchedulerCore};
///
/// let core = SchedulerCore::new(Config::default(), 1);
/// let counts = core.counts();
/// assert_eq!(counts.transitions().count(), 0);
/// assert_eq!((counts.turns, counts.dispatched), (0, 0));
/// assert!(STATE_NAMES.contains(&"processing"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    transitions: [[u64; State::COUNT]; State::COUNT],
    /// Turns that ended.
    pub turns: u64,
    /// Runs that workers were given.
    pub dispatched: u64,
    /// Of these, ahead of their inputs.
    pub sent_ahead: u64,
    /// Runs that workers were asked to give back because others idled.
    pub retracted: u64,
    /// Tasks queued at one worker that another one took over.
    pub taken_over: u64,
    /// Completions of runs that were not current any more.
    pub stale: u64,
}

impl Counts {
    /// How often tasks went from one state to another: the names of both, and the number, if any.
    pub fn transitions(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        let rows = STATE_NAMES.iter().zip(&self.transitions);
        rows.flat_map(|(&from, row)| {
            let cells = STATE_NAMES.iter().zip(row);
            cells.map(move |(&to, &count)| (from, to, count))
        })
        .filter(|(_, _, count)| *count > 0)
    }

    pub(crate) fn transition(&mut self, from: State, to: State) {
        self.transitions[from.index()][to.index()] += 1;
    }
}
