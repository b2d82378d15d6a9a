//! Where tasks run: compute threads for plain functions, a runtime of its own for async ones.

mod completions;
mod handle;
mod item;
mod run;
mod threads;

pub(crate) use completions::{Completion, Completions};
pub(crate) use handle::RunHandle;
pub(crate) use item::{Home, Item};

use crossbeam::channel::Sender;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Threads of the runtime for async tasks.
const ASYNC_THREADS: usize = 2;

/// The executor. Dropping it lets compute threads end after what they run; async tasks end at their
/// next await.
#[derive(Debug)]
pub(crate) struct Executor {
    items: Sender<Item>,
    runtime: Option<Runtime>,
    completions: Arc<Completions>,
}

impl Executor {
    /// Starts the threads; the runtime only if there are async tasks.
    pub(crate) fn spawn(
        nthreads: usize,
        any_async: bool,
        completions: Arc<Completions>,
    ) -> std::io::Result<Self> {
        let runtime = any_async
            .then(|| {
                tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(nthreads.clamp(1, ASYNC_THREADS))
                    .thread_name("taskloom-async")
                    .enable_all()
                    .build()
            })
            .transpose()?;
        let items = threads::spawn(nthreads, &completions)?;
        Ok(Self {
            items,
            runtime,
            completions,
        })
    }

    /// Hands over a run.
    pub(crate) fn submit(&self, item: Item) {
        match &self.runtime {
            Some(runtime) if item.definition.is_async() => {
                runtime.spawn(run::as_future(item, self.completions.clone()));
            }
            _ => {
                // The threads end only after the sender.
                let _ = self.items.send(item);
            }
        }
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
