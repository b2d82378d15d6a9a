//! The sorted queues of ready tasks.

mod jobs;
mod leaf;
mod task_queue;

pub(crate) use jobs::Jobs;
pub use leaf::QueueEntry;
pub use task_queue::TaskQueue;
