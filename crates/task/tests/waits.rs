//! Waits of running tasks, and whose code a thread runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use futures::FutureExt;
use futures::task::noop_waker;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use taskloom_core::{Key, RunId, TaskId};
use taskloom_task::{RunScope, Seceded, TaskContext, WorkerScope, task, task_println};

/// A worker that writes down what it is asked, and gives places as the test says.
#[derive(Default)]
struct Fake {
    asked: Mutex<Vec<String>>,
    has_place: AtomicBool,
}

impl Fake {
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn note(&self, text: impl Into<String>) {
        self.asked.lock().unwrap().push(text.into());
    }
}

impl RunScope for Fake {
    fn task(&self) -> TaskId {
        TaskId::new(1, 0)
    }

    fn secede(&self) {
        self.note("secede");
    }

    fn poll_rejoin(&self, _: &mut Context<'_>) -> Poll<()> {
        self.note("rejoin");
        match self.has_place.load(Ordering::SeqCst) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    fn log(&self, level: u8, text: &str) {
        self.note(format!("{level}: {text}"));
    }
}

fn context() -> (TaskContext, Arc<Fake>) {
    let fake = Arc::new(Fake::default());
    let worker = WorkerScope::new("w", std::env::temp_dir());
    let key = Key::new("a").unwrap();
    let context = TaskContext::with_scope(key, RunId(1), worker, fake.clone());
    (context, fake)
}

fn poll(seceded: &mut Seceded) -> Poll<()> {
    let waker = noop_waker();
    seceded.poll_rejoin(&mut Context::from_waker(&waker))
}

#[test]
fn a_run_is_away_until_its_last_wait_is_over() {
    let (context, fake) = context();
    fake.has_place.store(true, Ordering::SeqCst);
    let (mut first, mut second) = (context.secede(), context.secede());
    assert_eq!(fake.heard(), ["secede"]);
    assert!(poll(&mut first).is_ready(), "it is away all the same");
    assert!(fake.heard().is_empty());
    assert!(poll(&mut second).is_ready());
    assert_eq!(fake.heard(), ["rejoin"]);
    context.secede().rejoin_blocking();
    assert_eq!(fake.heard(), ["secede", "rejoin"]);
}

#[test]
fn a_new_wait_withdraws_the_wish_to_come_back() {
    let (context, fake) = context();
    let mut first = context.secede();
    assert!(poll(&mut first).is_pending());
    let mut second = context.secede();
    assert_eq!(fake.heard(), ["secede", "rejoin", "secede"]);
    assert!(poll(&mut first).is_ready(), "the second goes on");
    fake.has_place.store(true, Ordering::SeqCst);
    assert!(poll(&mut second).is_ready());
    assert_eq!(fake.heard(), ["rejoin"]);
}

#[test]
fn a_context_without_a_worker_waits_for_nobody() {
    let worker = WorkerScope::new("w", std::env::temp_dir());
    let context = TaskContext::new(Key::new("a").unwrap(), RunId(1), worker);
    context.secede().rejoin_blocking();
}

#[task(crate = taskloom_task)]
async fn gives_up(ctx: &TaskContext) -> u64 {
    drop(ctx.secede());
    task_println!("given up");
    futures::future::ready(()).then(|()| yield_once()).await;
    ctx.info("back");
    1
}

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        match std::mem::replace(&mut yielded, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

#[test]
fn an_async_task_that_gave_up_a_wait_computes_only_with_a_place() {
    let (context, fake) = context();
    let mut run = gives_up::definition().run_async(context, Vec::new());
    let waker = noop_waker();
    let mut cx = Context::from_waker(&waker);
    assert!(run.as_mut().poll(&mut cx).is_pending());
    assert_eq!(fake.heard(), ["secede", "0: given up"]);
    assert!(run.as_mut().poll(&mut cx).is_pending());
    assert_eq!(fake.heard(), ["rejoin"], "it is not polled without a place");
    fake.has_place.store(true, Ordering::SeqCst);
    assert!(run.as_mut().poll(&mut cx).is_ready());
    assert_eq!(fake.heard(), ["rejoin", "3: back"]);
}

#[task(crate = taskloom_task)]
fn who() -> Option<String> {
    TaskContext::current().map(|context| context.key().to_owned())
}

#[task(crate = taskloom_task)]
async fn who_between_awaits() -> Option<String> {
    yield_once().await;
    TaskContext::current().map(|context| context.key().to_owned())
}

#[test]
fn the_current_context_is_that_of_the_task_and_ends_with_it() {
    assert!(TaskContext::current().is_none());
    let value = who::definition().run_thread(&context().0, Vec::new());
    let named: Option<String> = value.unwrap().take().unwrap();
    assert_eq!(named.as_deref(), Some("a"));
    let run = who_between_awaits::definition().run_async(context().0, Vec::new());
    let value = futures::executor::block_on(run);
    let named: Option<String> = value.unwrap().take().unwrap();
    assert_eq!(named.as_deref(), Some("a"));
    assert!(TaskContext::current().is_none());
    let weak = context().0.downgrade();
    assert!(weak.upgrade().is_none(), "the run is over");
}
