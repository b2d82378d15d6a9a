//! Compute threads: all take from one short queue, so a long task never has another one behind it
//! while a thread is idle. As many as the worker has slots are at work; a thread whose task waits for
//! others, or does not let go of it, has another one in its place until it comes back.
//!
//! A chain of runs that each need the value of the one before comes as one item: its thread goes from
//! one to the next. Whatever keeps the thread from one of them keeps all behind it, which have to wait
//! for it in any case.

use super::completions::{Completions, Holding};
use super::item::Item;
use super::run;
use crossbeam::channel::{Receiver, TryRecvError};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use taskloom_core::arguments::Part;
use taskloom_task::Value;

/// Threads that are too many wait this long for another use before they end.
const SPARE_TIME: Duration = Duration::from_secs(10);

/// The threads of one worker.
#[derive(Debug)]
pub(crate) struct Threads {
    items: Receiver<Item>,
    completions: Arc<Completions>,
    wanted: usize,
    /// Threads that take runs, or execute one that occupies a slot.
    at_work: AtomicUsize,
    spares: Mutex<Spares>,
    changed: Condvar,
}

/// Threads without work, which are cheaper to wake than to make.
#[derive(Debug, Default)]
struct Spares {
    waiting: usize,
    /// How many of them shall go to work.
    called: usize,
    closed: bool,
}

impl Threads {
    /// Starts as many threads as are wanted. They end when all senders are gone and they are done.
    pub(crate) fn spawn(
        wanted: usize,
        items: Receiver<Item>,
        completions: Arc<Completions>,
    ) -> std::io::Result<Arc<Self>> {
        let threads = Arc::new(Self {
            items,
            completions,
            wanted,
            at_work: AtomicUsize::new(0),
            spares: Mutex::default(),
            changed: Condvar::new(),
        });
        for _ in 0..wanted {
            threads.start()?;
        }
        Ok(threads)
    }

    /// The calling thread does not take runs for now: another one takes its place.
    pub(crate) fn leave(self: &Arc<Self>) {
        self.at_work.fetch_sub(1, Ordering::SeqCst);
        while self.at_work.load(Ordering::SeqCst) < self.wanted {
            if let Err(error) = self.start() {
                // The next one that leaves, or a run that ends, mends it.
                tracing::error!(%error, "cannot start a compute thread in place of a busy one");
                return;
            }
        }
    }

    /// It does again. If that makes too many, the next one that has nothing to do becomes a spare.
    pub(crate) fn enter(&self) {
        self.at_work.fetch_add(1, Ordering::SeqCst);
    }

    /// Lets spares end.
    pub(crate) fn close(&self) {
        self.spares().closed = true;
        self.changed.notify_all();
    }

    fn start(self: &Arc<Self>) -> std::io::Result<()> {
        self.at_work.fetch_add(1, Ordering::SeqCst);
        let mut spares = self.spares();
        if spares.waiting > spares.called {
            spares.called += 1;
            drop(spares);
            self.changed.notify_one();
            return Ok(());
        }
        drop(spares);
        let threads = self.clone();
        let spawned = std::thread::Builder::new()
            .name("taskloom-run".into())
            .spawn(move || while threads.work() && threads.is_called() {});
        spawned.map(drop).inspect_err(|_| {
            self.at_work.fetch_sub(1, Ordering::SeqCst);
        })
    }

    /// Takes runs until this thread is one too many; false if there will be none any more.
    fn work(self: &Arc<Self>) -> bool {
        let (items, completions) = (&self.items, &*self.completions);
        let mut holding = Holding::default();
        // When the last task ended, which is when the next begins if it is there already.
        let mut ended = None;
        loop {
            if self.is_too_many() {
                holding.release(completions);
                return true;
            }
            let item = match items.try_recv() {
                Ok(item) => item,
                Err(TryRecvError::Empty) => {
                    holding.release(completions);
                    ended = None;
                    let Ok(item) = items.recv() else { return false };
                    item
                }
                Err(TryRecvError::Disconnected) => return false,
            };
            ended = self.run_chain(item, ended, &mut holding);
        }
    }

    /// Runs an item and what follows it; returns when the last one ended.
    fn run_chain(
        &self,
        mut head: Item,
        mut ended: Option<Instant>,
        holding: &mut Holding,
    ) -> Option<Instant> {
        let completions = &*self.completions;
        let chain = std::mem::take(&mut head.chain);
        let mut left = chain.len();
        let mut before: Option<Value> = None;
        for mut item in std::iter::once(head).chain(chain) {
            if let Some(input) = item.follows {
                left -= 1;
                let Some(value) = before.take() else {
                    // Whoever withdrew it has told its end.
                    if item.handle.withdraw() {
                        completions.push(run::not_started(&item));
                        holding.pushed(Instant::now(), completions);
                    }
                    continue;
                };
                item.values.push((input, Part::WHOLE, value));
            }
            if !item.tiny {
                holding.release(completions);
            }
            let begun = ended.unwrap_or_else(Instant::now);
            let handle = item.handle.clone();
            let Some((completion, now)) = run::on_thread(item, begun) else {
                continue;
            };
            handle.let_go();
            ended = Some(now);
            if left > 0 {
                before.clone_from(&completion.value);
            }
            completions.push(completion);
            holding.pushed(now, completions);
        }
        ended
    }

    fn is_too_many(&self) -> bool {
        if self.at_work.load(Ordering::Relaxed) <= self.wanted {
            return false;
        }
        let less = |at_work: usize| (at_work > self.wanted).then(|| at_work - 1);
        self.at_work
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .is_ok()
    }

    /// Waits for another use of this thread; false if there is none.
    fn is_called(&self) -> bool {
        let mut spares = self.spares();
        if spares.closed || spares.waiting >= self.wanted.max(2) {
            return false;
        }
        let until = Instant::now() + SPARE_TIME;
        spares.waiting += 1;
        let called = loop {
            if spares.called > 0 {
                spares.called -= 1;
                break true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if spares.closed || left.is_zero() {
                break false;
            }
            spares = self
                .changed
                .wait_timeout(spares, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        };
        spares.waiting -= 1;
        called
    }

    fn spares(&self) -> MutexGuard<'_, Spares> {
        // The numbers are right at every moment at which another thread could have panicked.
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::executor::{Crew, RunHandle};
    use crate::home::Home;
    use crossbeam::channel::Sender;
    use taskloom_core::message::Compute;
    use taskloom_core::{RunId, TaskId};
    use taskloom_task::{RunScope, TaskContext, WorkerScope, task};

    #[task(crate = taskloom_task)]
    fn away(ctx: &TaskContext) {
        drop(ctx.secede());
    }

    #[task(crate = taskloom_task)]
    fn nothing() {}

    fn crew(nthreads: usize) -> (Sender<Item>, Arc<Crew>) {
        let scope = WorkerScope::new("w", std::env::temp_dir());
        let name = "w".to_owned();
        Crew::spawn(nthreads, Arc::new(Home { name, scope }), Arc::default()).unwrap()
    }

    fn item(number: u64, crew: &Arc<Crew>) -> Item {
        let (task, run) = (TaskId::new(number as u32, 0), RunId(number));
        let compute = Compute {
            task,
            run,
            key: "away".into(),
            operation: 0,
            priority: 0,
            rank: 0,
            arguments: taskloom_wire::arguments::encode(&[]),
            inputs: Vec::new(),
            inline_result: false,
            timeout: Duration::ZERO,
        };
        let slot = number as u32;
        Item {
            slot,
            handle: Arc::new(RunHandle::new(slot, run, task, true, crew.clone())),
            definition: away::definition(),
            compute: Box::new(compute),
            values: Vec::new(),
            tiny: false,
            follows: None,
            chain: Vec::new(),
        }
    }

    /// Waits for something that other threads do soon.
    fn until(what: &str, mut done: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !done() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn as_many_as_are_wanted_are_at_work_whatever_their_tasks_do() {
        let (items, crew) = crew(2);
        for number in 0..200 {
            items.send(item(number, &crew)).unwrap();
        }
        let mut ended = 0;
        until("all end", || {
            let mut reports = Vec::new();
            crew.completions.take(&mut reports);
            let is_end = |report: &&_| matches!(report, crate::executor::Report::Ended(_));
            ended += reports.iter().filter(is_end).count();
            ended == 200
        });
        let at_work = || crew.threads.at_work.load(Ordering::SeqCst);
        assert!(at_work() >= 2, "{} are at work", at_work());
    }

    #[test]
    fn a_run_that_is_over_replaces_nobody() {
        let (items, crew) = crew(1);
        let handle = item(1, &crew).handle;
        let at_work = || crew.threads.at_work.load(Ordering::SeqCst);
        handle.give_up();
        assert_eq!(at_work(), 1, "another one is at work");
        handle.let_go();
        let resting = || crew.threads.spares().waiting;
        until("one of the two rests", || {
            // A thread looks whether it is one too many before it takes a run.
            let definition = nothing::definition();
            let item = item(2, &crew);
            items.send(Item { definition, ..item }).unwrap();
            resting() == 1
        });
        handle.give_up();
        handle.secede();
        assert_eq!((at_work(), resting()), (1, 1), "nobody is called");
        assert_eq!(crew.threads.spares().called, 0);
    }
}
