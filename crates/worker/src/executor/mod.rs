//! Where tasks run: compute threads for plain functions, a runtime of its own for async ones, and
//! threads beside them for what runs outside scheduling.

mod completions;
mod handle;
mod item;
mod lines;
mod outside;
mod run;
mod threads;

pub(crate) use completions::{Completion, Completions, Report};
pub(crate) use handle::RunHandle;
pub(crate) use item::Item;
pub(crate) use lines::Lines;
pub(crate) use outside::Outside;

use crate::home::Home;
use crate::isolated::Isolated;
use crossbeam::channel::{Sender, unbounded};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use threads::Threads;
use tokio::runtime::Runtime;

/// Threads of the runtime for async tasks.
const ASYNC_THREADS: usize = 2;

/// What all runs of a worker have in common.
#[derive(Debug)]
pub(crate) struct Crew {
    pub(crate) threads: Arc<Threads>,
    pub(crate) completions: Arc<Completions>,
    pub(crate) lines: Lines,
    pub(crate) home: Arc<Home>,
    /// How many operations run outside scheduling at this moment.
    pub(crate) outside: AtomicUsize,
}

impl Crew {
    /// Starts the compute threads. They end when the sender is gone and they are done.
    pub(crate) fn spawn(
        nthreads: usize,
        home: Arc<Home>,
        completions: Arc<Completions>,
    ) -> std::io::Result<(Sender<Item>, Arc<Self>)> {
        let (sender, items) = unbounded();
        let threads = Threads::spawn(nthreads, items, completions.clone())?;
        let lines = Lines::new(completions.clone());
        let crew = Self {
            threads,
            completions,
            lines,
            home,
            outside: AtomicUsize::new(0),
        };
        Ok((sender, Arc::new(crew)))
    }
}

/// The executor. Dropping it lets compute threads end after what they run; async tasks end at their
/// next await.
#[derive(Debug)]
pub(crate) struct Executor {
    items: Sender<Item>,
    runtime: Option<Runtime>,
    isolated: Arc<Isolated>,
    pub(crate) crew: Arc<Crew>,
}

impl Executor {
    /// Starts the threads; the runtime only if there are async tasks or isolated ones.
    pub(crate) fn spawn(
        nthreads: usize,
        any_async: bool,
        isolated: Isolated,
        home: Arc<Home>,
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
        let (items, crew) = Crew::spawn(nthreads, home, completions)?;
        Ok(Self {
            items,
            runtime,
            isolated: Arc::new(isolated),
            crew,
        })
    }

    /// Hands over a run.
    pub(crate) fn submit(&self, item: Item) {
        match &self.runtime {
            Some(runtime) if !item.definition.runs_on_thread() => {
                let handle = item.handle.clone();
                let completions = self.crew.completions.clone();
                let running = if item.definition.is_isolated() {
                    runtime.spawn(run::isolated(item, self.isolated.clone(), completions))
                } else {
                    runtime.spawn(run::as_future(item, completions))
                };
                handle.can_be_aborted(running.abort_handle());
            }
            _ => {
                // The threads end only after the sender.
                let _ = self.items.send(item);
            }
        }
    }

    /// Runs something outside scheduling.
    pub(crate) fn run_outside(&self, outside: Outside) {
        let runtime = self.runtime.as_ref().map(Runtime::handle);
        outside.spawn(runtime, &self.isolated, &self.crew);
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.crew.threads.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
