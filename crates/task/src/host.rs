//! The worker as the clients of its own tasks see it.

use crate::actor::ActorHost;
use crate::value::Value;
use futures::future::BoxFuture;
use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use taskloom_core::{TaskId, WorkerId};

/// What a worker gives to clients inside its tasks: where the scheduler is, and its store. Workers
/// implement it.
pub trait WorkerHost: Send + Sync {
    /// `host:port` of the scheduler.
    fn scheduler(&self) -> String;

    /// This incarnation of the worker; `None` while it has no session.
    fn id(&self) -> Option<WorkerId>;

    /// A value that lies here.
    fn value(&self, task: TaskId) -> Option<Value>;

    /// Takes a value into the store under the id that the scheduler gave it, and tells the
    /// scheduler. Returns its bytes, or why it was not taken.
    fn put(&self, task: TaskId, value: Value) -> BoxFuture<'static, Result<u64, String>>;
}

/// What all tasks of one worker have in common.
pub struct WorkerScope {
    name: String,
    directory: PathBuf,
    host: Option<Arc<dyn WorkerHost>>,
    actors: OnceLock<Arc<dyn ActorHost>>,
    shelf: Mutex<Option<Kept>>,
}

/// Something that is kept for all tasks of a worker.
pub type Kept = Arc<dyn Any + Send + Sync>;

impl WorkerScope {
    /// The scope of a worker of this name, whose tasks keep their files below this directory. Its
    /// tasks can start no others.
    pub fn new(name: impl Into<String>, directory: impl Into<PathBuf>) -> Arc<Self> {
        Arc::new(Self::make(name.into(), directory.into(), None))
    }

    /// The same for a worker whose tasks can start others.
    pub fn with_host(
        name: impl Into<String>,
        directory: impl Into<PathBuf>,
        host: Arc<dyn WorkerHost>,
    ) -> Arc<Self> {
        Arc::new(Self::make(name.into(), directory.into(), Some(host)))
    }

    fn make(name: String, directory: PathBuf, host: Option<Arc<dyn WorkerHost>>) -> Self {
        Self {
            name,
            directory,
            host,
            actors: OnceLock::new(),
            shelf: Mutex::default(),
        }
    }

    /// The worker's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The worker, for clients of its tasks.
    pub fn host(&self) -> Option<&Arc<dyn WorkerHost>> {
        self.host.as_ref()
    }

    /// Where the actors of the worker live, once; the first one stays.
    pub fn set_actors(&self, host: Arc<dyn ActorHost>) {
        let _ = self.actors.set(host);
    }

    /// Where the actors of the worker live.
    pub fn actors(&self) -> Option<&Arc<dyn ActorHost>> {
        self.actors.get()
    }

    /// A place for one thing that lives as long as the worker: the client library keeps the session
    /// of the tasks there.
    pub fn shelf(&self) -> MutexGuard<'_, Option<Kept>> {
        // There is one word to change, which is whole at every moment.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for WorkerScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerScope")
            .field("name", &self.name)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}
