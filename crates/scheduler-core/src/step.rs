//! What remains to be done: changes that cause others do not call each other, they leave steps.

use std::sync::Arc;
use taskloom_core::TaskFailure;

/// Something that remains to be done to a task.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// It is needed and released: see to its inputs.
    Activate(u32),
    /// Perhaps nobody needs it any more.
    Unneed(u32),
    /// It cannot end well.
    Fail(u32, Arc<TaskFailure>),
}
