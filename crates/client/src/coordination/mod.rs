//! The clients' side of the coordination tools, a file each; their machines, which run beside the
//! scheduler, are in `taskloom-extensions`.

mod barrier;
mod channel;
mod event;
mod item;
mod lease;
mod lock;
mod multi_lock;
mod names;
mod queue;
mod reader;
mod semaphore;
mod topic;
mod variable;
mod waiting;

pub use barrier::{Arrival, Barrier};
pub use channel::{Channel, ChannelStream, OpenChannel};
pub use event::Event;
pub use lock::{Lock, LockGuard};
pub use multi_lock::MultiLock;
pub use queue::{OpenQueue, Queue};
pub use semaphore::{Permits, Semaphore};
pub use topic::{Subscription, Topic, TopicEvent};
pub use variable::Variable;
