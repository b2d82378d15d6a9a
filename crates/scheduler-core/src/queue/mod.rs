//! Sorted lists, and the queues of ready tasks that are made of them.

mod entry;
mod jobs;
mod leaf;
mod sorted_list;

pub use entry::{Entry, QueueEntry};
pub(crate) use jobs::Jobs;
pub use sorted_list::SortedList;

/// Ready tasks, the most urgent first.
pub type TaskQueue = SortedList<QueueEntry>;
