//! The caller's ways to workers.

use super::line::{Driving, Line};
use crate::address::SchedulerAddress;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use taskloom_core::WorkerId;
use taskloom_core::actor::{ActorLine, ActorTransport};
use tokio::runtime::Handle;

/// How calls of actors reach their workers.
#[derive(Clone, Debug)]
pub struct CallOptions {
    /// How long a worker may take to answer a connection.
    pub connect_timeout: Duration,
    /// The scheduler, to go through where a worker cannot be reached.
    pub relay: Option<SchedulerAddress>,
    /// Never to connect to workers.
    pub relay_only: bool,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            relay: None,
            relay_only: false,
        }
    }
}

/// Streams to the workers on whose actors calls are made, opened when needed and closed when idle.
/// Cheap to clone; all clones are one pool.
#[derive(Clone)]
pub struct ActorPool(Arc<Shared>);

pub(super) struct Shared {
    pub(super) runtime: Handle,
    pub(super) options: CallOptions,
    lines: Mutex<BTreeMap<(String, WorkerId), Arc<Line>>>,
}

impl ActorPool {
    /// A pool whose streams live on this runtime.
    pub fn new(runtime: Handle, options: CallOptions) -> Self {
        Self(Arc::new(Shared {
            runtime,
            options,
            lines: Mutex::default(),
        }))
    }
}

impl Shared {
    /// A line is closed: it is not given out any more.
    pub(super) fn forget(&self, line: &Line) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let place = line.place();
        if lines
            .get(place)
            .is_some_and(|known| std::ptr::eq(Arc::as_ptr(known), line))
        {
            lines.remove(place);
        }
    }
}

impl ActorTransport for ActorPool {
    fn line(&self, host: &str, worker: WorkerId) -> Arc<dyn ActorLine> {
        let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (host.to_owned(), worker);
        if let Some(line) = lines.get(&place).filter(|line| line.is_open()) {
            return line.clone();
        }
        let line = Line::new(place.clone());
        lines.insert(place, line.clone());
        drop(lines);
        // Where the runtime has ended, this is dropped at once, which closes the line.
        self.0
            .runtime
            .spawn(Driving::new(line.clone(), self.0.clone()).run());
        line
    }

    fn after(&self, pause: Duration, then: Box<dyn FnOnce() + Send>) {
        let then = Then(Some(then));
        self.0.runtime.spawn(async move {
            tokio::time::sleep(pause).await;
            drop(then);
        });
    }
}

/// Does something when it is dropped, also by a runtime that ends.
struct Then(Option<Box<dyn FnOnce() + Send>>);

impl Drop for Then {
    fn drop(&mut self) {
        if let Some(then) = self.0.take() {
            then();
        }
    }
}

impl fmt::Debug for ActorPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        write!(f, "ActorPool({} lines)", lines.len())
    }
}
