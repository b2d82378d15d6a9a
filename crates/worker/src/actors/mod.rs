//! The actors that live on this worker.
//!
//! An actor is made by a task, and moves in here when its constructor returns. The result of that task
//! lies in the store like any other: the actor ends when it is dropped there. Calls come straight from
//! their callers, through the data service, and run on threads of their own: they take no place among
//! the tasks that the scheduler counts.

mod crew;
mod seat;

use crate::progress::Progress;
use crew::Crew;
use futures::FutureExt;
use rustc_hash::FxHashMap;
use seat::Seat;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use taskloom_core::actor::ActorTransport;
use taskloom_core::{ErrorCode, RunId, TaskFailure};
use taskloom_rpc::actor::{ActorPool, ActorTable, Answer, ArrivedCall, CallOptions};
use taskloom_task::{ActorAddress, ActorHost, Outcome, Resident, WorkerHost};
use tokio::runtime::{Builder, Runtime};

/// Threads that drive what async methods wait for.
const ASYNC_THREADS: usize = 1;

/// See the module.
pub(crate) struct Actors {
    name: String,
    progress: Arc<Progress>,
    host: Arc<dyn WorkerHost>,
    seats: Mutex<Seats>,
    crew: Crew,
    /// For async methods; started with the first of them.
    runtime: OnceLock<Option<Runtime>>,
}

#[derive(Default)]
struct Seats {
    by_run: FxHashMap<RunId, Arc<Seat>>,
    closed: bool,
}

impl Actors {
    /// No actors yet, on a worker of this name.
    pub(crate) fn new(
        name: String,
        progress: Arc<Progress>,
        host: Arc<dyn WorkerHost>,
    ) -> Arc<Self> {
        taskloom_task::install_transport(process_transport);
        Arc::new(Self {
            name,
            progress,
            host,
            seats: Mutex::default(),
            crew: Crew::default(),
            runtime: OnceLock::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker ends: so do its actors, each after the call that it answers.
    pub(crate) fn close(self: &Arc<Self>) {
        let seats = {
            let mut seats = self.lock();
            seats.closed = true;
            std::mem::take(&mut seats.by_run)
        };
        for (_, seat) in seats {
            if seat.end() {
                self.call_thread(seat);
            }
        }
    }

    fn call_thread(self: &Arc<Self>, seat: Arc<Seat>) {
        let (this, working) = (self.clone(), seat.clone());
        let job = move || working.work(&|resident, call| this.wait(resident, call));
        if let Err(error) = self.crew.run(Box::new(job)) {
            seat.give_up(&error.to_string());
        }
    }

    /// Makes a call on this thread.
    fn wait(&self, resident: &mut Resident, call: ArrivedCall) -> Outcome {
        let ArrivedCall {
            method,
            signature,
            nodes,
            ..
        } = call;
        let is_async = resident.is_async(&method);
        let made = resident.call(&method, signature, nodes);
        if !is_async {
            // A plain method may block, also on a runtime of its own, so it runs outside of any.
            let ended = made.now_or_never();
            return ended.unwrap_or_else(|| Err(without_end("it waits without being async")));
        }
        match self.runtime.get_or_init(runtime) {
            Some(runtime) => runtime.handle().block_on(made),
            None => Err(without_end("the worker has no thread for async methods")),
        }
    }
}

fn runtime() -> Option<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(ASYNC_THREADS)
        .thread_name("taskloom-actor-async")
        .enable_all()
        .build()
        .ok()
}

fn without_end(text: &str) -> Box<TaskFailure> {
    Box::new(TaskFailure::new(ErrorCode::Internal, text))
}

/// How handles that tasks were given reach their actors: one pool for the process, on a thread of its
/// own.
fn process_transport() -> Option<Arc<dyn ActorTransport>> {
    static POOL: OnceLock<Option<ActorPool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        let pool = ActorPool::new(runtime.handle().clone(), CallOptions::default());
        std::thread::Builder::new()
            .name("taskloom-calls".into())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))
            .ok()?;
        Some(pool)
    });
    let pool = pool.clone()?;
    Some(Arc::new(pool))
}

/// What the data service calls.
pub(crate) struct Desk(pub(crate) Arc<Actors>);

impl ActorTable for Desk {
    fn take(&self, call: ArrivedCall, answer: Answer) {
        let seat = self.0.lock().by_run.get(&call.actor).cloned();
        // The answer that is dropped says that there is no such actor.
        if let Some(seat) = seat
            && seat.add(call, answer)
        {
            self.0.call_thread(seat);
        }
    }
}

/// What constructors call.
pub(crate) struct Door(pub(crate) Arc<Actors>);

impl ActorHost for Door {
    fn house(&self, resident: Resident) -> Result<ActorAddress, TaskFailure> {
        let actors = &self.0;
        let ending = || TaskFailure::new(ErrorCode::Closed, "the worker has no session any more");
        let id = actors.host.id().ok_or_else(ending)?;
        let host = actors.progress.state().address.ok_or_else(ending)?;
        let (kind, key, run) = (resident.kind(), resident.key().as_str(), resident.run());
        let address = ActorAddress::new(kind, key, run, (&actors.name, id), host);
        let mut seats = actors.lock();
        if seats.closed {
            return Err(ending());
        }
        seats.by_run.insert(run, Seat::new(resident));
        Ok(address)
    }

    fn evict(&self, run: RunId) {
        let seat = self.0.lock().by_run.remove(&run);
        if let Some(seat) = seat
            && seat.end()
        {
            self.0.call_thread(seat);
        }
    }
}

impl Drop for Actors {
    fn drop(&mut self) {
        if let Some(Some(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Actors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Actors({} on {})", self.lock().by_run.len(), self.name)
    }
}
