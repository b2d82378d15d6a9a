//! Slots that runs which have been away may take without asking: an answer of the control thread
//! would cost them as much as the task that they waited for.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The slots that were free when the control thread last looked, less those taken since.
#[derive(Debug, Default)]
pub(crate) struct FreeSlots {
    free: AtomicUsize,
    /// Taken, and the control thread does not know it yet.
    untold: AtomicUsize,
}

impl FreeSlots {
    /// Takes one; it is to be reported. False if there is none.
    pub(crate) fn claim(&self) -> bool {
        // Counted first: what is set meanwhile is one too few rather than one too many.
        self.untold.fetch_add(1, Ordering::SeqCst);
        let less = |free: usize| free.checked_sub(1);
        let claimed = self
            .free
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .is_ok();
        if !claimed {
            self.untold.fetch_sub(1, Ordering::SeqCst);
        }
        claimed
    }

    /// The control thread heard of one that was taken.
    pub(crate) fn told(&self) {
        self.untold.fetch_sub(1, Ordering::SeqCst);
    }

    /// So many are free as far as the control thread knows.
    pub(crate) fn set(&self, free: usize) {
        let untold = self.untold.load(Ordering::SeqCst);
        self.free
            .store(free.saturating_sub(untold), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_taken_than_are_free() {
        let slots = FreeSlots::default();
        assert!(!slots.claim());
        slots.set(2);
        assert!(slots.claim() && slots.claim() && !slots.claim());
        // Two were taken that the next look does not know of.
        slots.set(2);
        assert!(!slots.claim());
        slots.told();
        slots.set(1);
        assert!(!slots.claim(), "the other one is taken still");
        slots.told();
        slots.set(1);
        assert!(slots.claim());
    }
}
