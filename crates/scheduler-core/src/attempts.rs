//! What became of earlier runs of a task, for those tasks of which there is something to tell.

use std::collections::BTreeSet;
use std::time::Duration;
use taskloom_core::limits::{BACKOFF_MAX, STORY_LINES_MAX};
use taskloom_core::{Time, WorkerId};

/// The earlier runs of one task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts {
    /// How many runs failed.
    pub(crate) failed: u32,
    /// A line per run that did not end well.
    pub(crate) story: Vec<String>,
    /// The worker on which it failed last: another one is tried first.
    pub(crate) avoid: Option<WorkerId>,
}

impl Attempts {
    /// Adds a line. The first lines and the latest stay.
    pub(crate) fn tell(&mut self, line: String) {
        if self.story.len() >= STORY_LINES_MAX {
            self.story.remove(STORY_LINES_MAX / 2);
        }
        self.story.push(line);
    }

    /// The pause before the next run: twice as long each time.
    pub(crate) fn pause(&self, first: Duration) -> Duration {
        let doubled = 1_u32
            .checked_shl(self.failed.saturating_sub(1))
            .unwrap_or(u32::MAX);
        first.saturating_mul(doubled).min(BACKOFF_MAX)
    }
}

/// Tasks in a pause, by the time at which it ends.
pub(crate) type Pausing = BTreeSet<(Time, u32)>;
