//! The worker, as its tasks and their failures name it.

use std::sync::Arc;
use taskloom_task::WorkerScope;

/// What all runs know of their worker.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) name: String,
    pub(crate) scope: Arc<WorkerScope>,
}
