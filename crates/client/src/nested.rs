//! Sessions inside tasks.
//!
//! All tasks of a worker share one session. Each run sees it through a [`Scope`]: what the run starts
//! goes before what came after the run, ends with it when it is cancelled, and while the run waits it
//! occupies no place of its worker.

mod scope;

pub(crate) use scope::Scope;

use crate::session::Session;
use rustc_hash::FxHashMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use taskloom_core::RunId;
use taskloom_task::{Seceded, TaskContext, WorkerHost};

/// The worker of which a session is a guest.
#[derive(Clone)]
pub(crate) struct Host {
    /// Its name.
    pub(crate) name: String,
    /// The worker itself.
    pub(crate) worker: Arc<dyn WorkerHost>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({})", self.name)
    }
}

/// The runs that use a session.
pub(crate) type Scopes = Mutex<FxHashMap<RunId, Weak<Scope>>>;

impl Session {
    /// The scope of a run: the same, however often it asks.
    pub(crate) fn scope_of(self: &Arc<Self>, context: &TaskContext) -> Arc<Scope> {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = scopes.get(&context.run()).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            if scopes.len() == scopes.capacity() {
                scopes.retain(|_, scope| scope.strong_count() > 0);
            }
            let scope = Scope::new(self.clone(), context);
            scopes.insert(context.run(), Arc::downgrade(&scope));
            scope
        })
    }

    /// The run on whose behalf this thread uses the session: the one whose client it is, else the
    /// one whose code runs here now.
    pub(crate) fn scope_here(&self) -> Option<Arc<Scope>> {
        if self.scope().is_some() || self.host.is_none() {
            return self.scope().cloned();
        }
        let run = TaskContext::current()?.run();
        let scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        scopes.get(&run)?.upgrade()
    }
}

/// Waits for something on behalf of the task whose code runs here, if one does: from the first time
/// that it is not ready the task is away, and it goes on when it has a place again.
pub(crate) async fn away<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut seceded: Option<Seceded> = None;
    let output = poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() && seceded.is_none() {
            seceded = TaskContext::current().map(|context| context.secede());
        }
        polled
    })
    .await;
    if let Some(seceded) = seceded {
        seceded.rejoin().await;
    }
    output
}
