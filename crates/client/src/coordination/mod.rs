//! The clients' side of the coordination tools, a file each; their machines, which run beside the
//! scheduler, are in `taskloom-extensions`.

mod barrier;
mod event;
mod lease;
mod lock;
mod multi_lock;
mod semaphore;
mod waiting;

pub use barrier::{Arrival, Barrier};
pub use event::Event;
pub use lock::{Lock, LockGuard};
pub use multi_lock::MultiLock;
pub use semaphore::{Permits, Semaphore};
