//! Dropping values where it delays nobody: giving a large buffer back to the system takes long, and
//! the drop of a user's type may do anything.

use crate::store::Stored;
use crossbeam::channel::{Sender, unbounded};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Values up to this size are dropped in place: handing them over would cost more.
const IN_PLACE_BYTES: u64 = 4 * 1024;

/// Drops values. Its thread ends with it.
#[derive(Debug)]
pub(crate) struct Reaper {
    values: Sender<Vec<Stored>>,
}

impl Reaper {
    pub(crate) fn spawn() -> std::io::Result<Self> {
        let (values, received) = unbounded::<Vec<Stored>>();
        std::thread::Builder::new()
            .name("taskloom-drop".into())
            .spawn(move || {
                while let Ok(values) = received.recv() {
                    drop_all(values);
                }
            })?;
        Ok(Self { values })
    }

    /// Drops them, here or there.
    pub(crate) fn reap(&self, garbage: &mut Vec<Stored>) {
        if garbage.is_empty() {
            return;
        }
        let (large, small): (Vec<_>, Vec<_>) = garbage
            .drain(..)
            .partition(|stored| stored.nbytes > IN_PLACE_BYTES);
        drop_all(small);
        if !large.is_empty() {
            let _ = self.values.send(large);
        }
    }
}

/// A drop that panics must not take the thread with it. The values behind it are dropped all the
/// same, by the unwinding of the vector.
fn drop_all(values: Vec<Stored>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(values)));
}
