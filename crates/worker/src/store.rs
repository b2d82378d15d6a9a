//! The values that lie on this worker.

use rustc_hash::FxHashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use taskloom_core::TaskId;
use taskloom_core::arguments::Part;
use taskloom_task::Value;

/// A value and its size, which may be costly to ask of the value.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) value: Value,
    pub(crate) nbytes: u64,
}

/// Values by task and part; parts that were fetched lie beside whole values.
pub(crate) type Values = FxHashMap<(TaskId, Part), Stored>;

/// The values of the worker. The control thread changes them, once per turn; the data thread looks
/// them up; each holds the lock only for that.
#[derive(Default)]
pub(crate) struct Store {
    values: Mutex<Values>,
}

impl Store {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Values> {
        // The table is whole at every moment at which another thread could have panicked.
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A whole value.
    pub(crate) fn get(&self, task: TaskId) -> Option<Stored> {
        self.lock().get(&(task, Part::WHOLE)).cloned()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({} values)", self.lock().len())
    }
}
