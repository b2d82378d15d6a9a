//! Where threads leave what they record, so that none waits for another.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// How many threads can record into one series at the same instant without meeting.
const STRIPES: usize = 8;

/// On lines of the processor's cache of its own.
#[derive(Default)]
#[repr(align(128))]
struct Stripe<T>(Mutex<T>);

/// Several places for the same thing. A thread uses its own, and another one that is free when
/// somebody is reading there: it tries and never waits, unless all are taken at once.
pub(super) struct Stripes<T>([Stripe<T>; STRIPES]);

impl<T: Default> Default for Stripes<T> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Stripe::default()))
    }
}

impl<T> Stripes<T> {
    /// Runs this with a place that nobody else uses meanwhile.
    pub(super) fn with<R>(&self, run: impl FnOnce(&mut T) -> R) -> R {
        let own = own();
        for step in 0..STRIPES {
            match self.0[(own + step) % STRIPES].0.try_lock() {
                Ok(mut place) => return run(&mut place),
                // What is recorded is numbers; they are right after a panic too.
                Err(TryLockError::Poisoned(place)) => return run(&mut place.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        run(&mut lock(&self.0[own].0))
    }

    /// Runs this with every place in turn.
    pub(super) fn each(&self, mut run: impl FnMut(&mut T)) {
        for stripe in &self.0 {
            run(&mut lock(&stripe.0));
        }
    }
}

/// Locks, also if somebody panicked meanwhile: what is kept here is numbers, right at any moment.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of this thread.
fn own() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    OWN.try_with(|own| {
        if own.get() == usize::MAX {
            own.set(THREADS.fetch_add(1, Ordering::Relaxed) % STRIPES);
        }
        own.get()
    })
    // A thread that ends has no place any more.
    .unwrap_or(0)
}
