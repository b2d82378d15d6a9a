//! Life beside the ordinary run: waiting for others, timeouts, threads that do not let go, runs
//! outside scheduling, lines, leaving and starting anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::{FakeScheduler, FakeSession, start, task, value, worker_with};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use taskloom_core::message::{Compute, FromWorker, ReturnCause, ToWorker};
use taskloom_core::{ArgumentNode, ErrorCode, RunId};
use taskloom_task::{TaskContext, Value, task, task_println};
use taskloom_worker::{LINES_OF_TASKS, WorkerExit, WorkerHandle};
use tracing_subscriber::layer::SubscriberExt;

/// Doors that tasks wait at until a test opens them.
static DOORS: (Mutex<Vec<u64>>, Condvar) = (Mutex::new(Vec::new()), Condvar::new());

fn wait_for_door(number: u64) {
    let (open, changed) = &DOORS;
    let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
    while !open.contains(&number) {
        open = changed.wait(open).unwrap_or_else(PoisonError::into_inner);
    }
}

fn open_door(number: u64) {
    let (open, changed) = &DOORS;
    open.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(number);
    changed.notify_all();
}

/// Waits for a door without occupying a thread.
#[task(crate = taskloom_task)]
fn away(ctx: &TaskContext, door: u64) -> u64 {
    let seceded = ctx.secede();
    wait_for_door(door);
    seceded.rejoin_blocking();
    door
}

/// The same, async.
#[task(crate = taskloom_task)]
async fn away_async(ctx: &TaskContext, door: u64) -> u64 {
    let seceded = ctx.secede();
    let _ = tokio::task::spawn_blocking(move || wait_for_door(door)).await;
    seceded.rejoin().await;
    door
}

/// Waits for a door and does not care whether anybody wants it to end.
#[task(crate = taskloom_task)]
fn stubborn(door: u64) -> u64 {
    wait_for_door(door);
    door
}

#[task(crate = taskloom_task)]
async fn for_ever() -> u64 {
    std::future::pending().await
}

#[task(crate = taskloom_task)]
fn until_cancelled(ctx: &TaskContext) -> bool {
    while !ctx.is_cancelled() {
        std::thread::yield_now();
    }
    true
}

#[task(crate = taskloom_task)]
fn talkative(ctx: &TaskContext, name: &str) -> u64 {
    task_println!("{name} begins");
    ctx.warn("one\ntwo");
    tracing::info!(n = 3, "traced");
    let inner = TaskContext::current().map(|context| context.key().to_owned());
    assert_eq!(inner.as_deref(), Some(ctx.key()));
    3
}

#[task(crate = taskloom_task)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[task(crate = taskloom_task)]
async fn where_it_runs(ctx: &TaskContext) -> String {
    tokio::task::yield_now().await;
    ctx.worker().to_owned()
}

#[task(crate = taskloom_task)]
fn large() -> Vec<u8> {
    vec![0; 2 << 20]
}

#[task(crate = taskloom_task)]
fn fails() -> Result<(), String> {
    Err("it does not fit".into())
}

fn one_thread(scheduler: &FakeScheduler) -> WorkerHandle {
    worker_with(&scheduler.address, |config| {
        config.nthreads = 1;
        config.stuck_after = Duration::from_millis(50);
    })
}

async fn start_one_thread() -> (FakeScheduler, WorkerHandle, FakeSession) {
    let mut scheduler = FakeScheduler::start(0);
    let worker = one_thread(&scheduler);
    let session = scheduler.welcome(0).await;
    (scheduler, worker, session)
}

fn timed(session: &FakeSession, name: &str, number: u64, nodes: &[ArgumentNode], timeout: u64) {
    session.say(ToWorker::Compute(Box::new(Compute {
        timeout: Duration::from_millis(timeout),
        ..session.compute(name, number, nodes)
    })));
}

/// The failure of the next message.
async fn failure(session: &mut FakeSession) -> taskloom_core::TaskFailure {
    match session.hear().await {
        FromWorker::Failed { failure, .. } => *failure,
        other => panic!("not a failure: {other:?}"),
    }
}

#[tokio::test]
async fn a_task_that_waits_gives_its_thread_to_others() {
    for name in ["away", "away_async"] {
        let (_scheduler, _worker, mut session) = start_one_thread().await;
        let door = if name == "away" { 1 } else { 2 };
        session.run(name, 1, &[value(door)], vec![]);
        session.run("add", 2, &[value(1_i64), value(2_i64)], vec![]);
        assert!(matches!(
            session.hear().await,
            FromWorker::Seceded { run: RunId(1), .. }
        ));
        assert_eq!(session.result::<i64>().await, 3);
        open_door(door);
        assert!(matches!(
            session.hear().await,
            FromWorker::Rejoined { run: RunId(1), .. }
        ));
        assert_eq!(session.result::<u64>().await, door);
        session.run("add", 3, &[value(3_i64), value(4_i64)], vec![]);
        assert_eq!(session.result::<i64>().await, 7);
    }
}

#[tokio::test]
async fn w3_while_tasks_wait_the_worker_runs_its_full_number_of_others() {
    let (_scheduler, _worker, mut session) = start().await;
    for number in 1..=5 {
        session.run("away", number, &[value(100 + number)], vec![]);
        assert!(matches!(session.hear().await, FromWorker::Seceded { .. }));
    }
    session.run("stubborn", 10, &[value(110_u64)], vec![]);
    session.run("stubborn", 11, &[value(111_u64)], vec![]);
    session.run("stubborn", 12, &[value(112_u64)], vec![]);
    loop {
        if let FromWorker::Heartbeat { executing, .. } = session.next().await
            && executing.len() >= 7
        {
            assert!(executing.contains(&RunId(10)) && executing.contains(&RunId(11)));
            break;
        }
    }
    for door in (101..=105).chain(110..=112) {
        open_door(door);
    }
    let mut made = 0;
    while made < 8 {
        made += usize::from(matches!(session.hear().await, FromWorker::Finished { .. }));
    }
}

#[tokio::test]
async fn a_run_out_of_time_fails_and_gives_its_slot_back_when_its_thread_lets_go() {
    let (_scheduler, _worker, mut session) = start_one_thread().await;
    timed(&session, "until_cancelled", 1, &[], 30);
    let failed = failure(&mut session).await;
    assert_eq!(failed.code, ErrorCode::TimedOut);
    assert!(failed.message.contains("30ms"), "{failed:?}");
    assert_eq!(failed.key, "until_cancelled-1");
    session.run("add", 2, &[value(1_i64), value(1_i64)], vec![]);
    assert_eq!(session.result::<i64>().await, 2);
}

#[tokio::test]
async fn a_run_in_time_is_left_alone() {
    let (_scheduler, _worker, mut session) = start_one_thread().await;
    timed(&session, "add", 1, &[value(1_i64), value(1_i64)], 600_000);
    assert_eq!(session.result::<i64>().await, 2);
}

#[tokio::test]
async fn a_thread_that_does_not_let_go_is_replaced() {
    let (_scheduler, _worker, mut session) = start_one_thread().await;
    timed(&session, "stubborn", 1, &[value(21_u64)], 10);
    session.run("add", 2, &[value(1_i64), value(1_i64)], vec![]);
    assert_eq!(failure(&mut session).await.code, ErrorCode::TimedOut);
    assert_eq!(session.result::<i64>().await, 2, "by another thread");
    open_door(21);
    for number in 3..100 {
        session.run("add", number, &[value(1_i64), value(2_i64)], vec![]);
        assert_eq!(session.result::<i64>().await, 3);
    }
}

#[tokio::test]
async fn a_cancelled_task_that_goes_on_gives_its_slot_back() {
    let (_scheduler, _worker, mut session) = start_one_thread().await;
    session.run("for_ever", 1, &[], vec![]);
    session.run("add", 2, &[value(1_i64), value(1_i64)], vec![]);
    session.say(ToWorker::Cancel(vec![RunId(1)]));
    let returned = session.hear().await;
    let withdrawn = ReturnCause::Withdrawn;
    let (of, run) = (task(1), RunId(1));
    assert_eq!(
        returned,
        FromWorker::Returned {
            task: of,
            run,
            cause: withdrawn
        }
    );
    assert_eq!(session.result::<i64>().await, 2);
}

#[tokio::test]
async fn a_worker_that_has_lost_its_threads_starts_anew() {
    let mut scheduler = FakeScheduler::start(0);
    let worker = worker_with(&scheduler.address, |config| {
        config.nthreads = 1;
        config.stuck_after = Duration::from_millis(20);
        config.restart_in_place = true;
        config.name = Some("phoenix".into());
    });
    let mut session = scheduler.welcome(0).await;
    for number in 1..=2 {
        timed(&session, "stubborn", number, &[value(30 + number)], 10);
        assert_eq!(failure(&mut session).await.code, ErrorCode::TimedOut);
    }
    let mut session = scheduler.welcome(1).await;
    assert_eq!(session.hello.name, "phoenix");
    session.run("add", 9, &[value(1_i64), value(1_i64)], vec![]);
    assert_eq!(session.result::<i64>().await, 2);
    assert_eq!(worker.exit(), None, "the handle stays good");
    open_door(31);
    open_door(32);
    worker.stop();
    assert_eq!(fixture::patiently(worker.wait()).await, WorkerExit::Stopped);
}

#[tokio::test]
async fn a_worker_that_is_told_to_starts_anew_or_ends_for_its_owner_to_do_so() {
    let (_scheduler, worker, session) = start().await;
    let reason = "the client asked for it".to_owned();
    session.say(ToWorker::Restart {
        reason: reason.clone(),
    });
    assert!(session.ended().await);
    let exit = fixture::patiently(worker.wait()).await;
    assert_eq!(exit, WorkerExit::Restart(reason));
}

#[tokio::test]
async fn a_worker_that_is_retired_ends_what_runs_and_leaves() {
    let (_scheduler, worker, mut session) = start().await;
    session.run("stubborn", 1, &[value(41_u64)], vec![]);
    loop {
        if let FromWorker::Heartbeat { executing, .. } = session.next().await
            && !executing.is_empty()
        {
            break;
        }
    }
    session.say(ToWorker::Retire);
    assert_eq!(session.hear().await, FromWorker::Leaving);
    open_door(41);
    assert_eq!(session.result::<u64>().await, 41);
    session.say(ToWorker::MayLeave);
    assert!(session.ended().await);
    assert_eq!(fixture::patiently(worker.wait()).await, WorkerExit::Drained);
}

fn outside(session: &FakeSession, name: &str, request: u64, nodes: &[ArgumentNode]) {
    let compute = session.compute(name, request, nodes);
    session.say(ToWorker::Run {
        request,
        operation: compute.operation,
        arguments: compute.arguments,
    });
}

async fn ran(session: &mut FakeSession) -> (u64, Result<Value, taskloom_core::TaskFailure>) {
    match session.hear().await {
        FromWorker::Ran { request, result } => (
            request,
            result.map(Value::from_encoded).map_err(|failure| *failure),
        ),
        other => panic!("not an answer: {other:?}"),
    }
}

#[tokio::test]
async fn an_operation_runs_outside_scheduling_although_all_threads_are_busy() {
    let (_scheduler, worker, mut session) = start_one_thread().await;
    session.run("stubborn", 1, &[value(51_u64)], vec![]);
    outside(&session, "add", 7, &[value(1_i64), value(2_i64)]);
    let (request, result) = ran(&mut session).await;
    assert_eq!((request, result.unwrap().take::<i64>().unwrap()), (7, 3));
    outside(&session, "where_it_runs", 8, &[]);
    let (_, result) = ran(&mut session).await;
    assert_eq!(result.unwrap().take::<String>().unwrap(), worker.name());
    open_door(51);
    assert_eq!(session.result::<u64>().await, 51);
}

#[tokio::test]
async fn what_goes_wrong_outside_scheduling_is_an_answer() {
    let (_scheduler, worker, mut session) = start().await;
    outside(&session, "fails", 1, &[]);
    let failure = ran(&mut session).await.1.unwrap_err();
    assert_eq!(
        (failure.code, &*failure.message),
        (ErrorCode::Task, "it does not fit")
    );
    assert_eq!(failure.worker, worker.name());
    outside(&session, "add", 2, &[value(1_i64)]);
    let failure = ran(&mut session).await.1.unwrap_err();
    assert_eq!(failure.code, ErrorCode::Decode);
    outside(&session, "large", 3, &[]);
    let failure = ran(&mut session).await.1.unwrap_err();
    assert_eq!(failure.code, ErrorCode::TooLarge);
    let arguments = bytes::Bytes::from_static(b"\xff\xff");
    session.say(ToWorker::Run {
        request: 4,
        operation: 0,
        arguments,
    });
    assert_eq!(
        ran(&mut session).await.1.unwrap_err().code,
        ErrorCode::Protocol
    );
    let arguments = bytes::Bytes::new();
    session.say(ToWorker::Run {
        request: 5,
        operation: 9_999,
        arguments,
    });
    assert_eq!(
        ran(&mut session).await.1.unwrap_err().code,
        ErrorCode::Protocol
    );
}

#[tokio::test]
async fn what_tasks_print_and_log_reaches_who_listens_before_their_end() {
    let subscriber = tracing_subscriber::registry().with(LINES_OF_TASKS);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let (_scheduler, _worker, mut session) = start().await;
    session.run("talkative", 1, &[value("a".to_owned())], vec![]);
    assert_eq!(session.result::<u64>().await, 3, "nobody listens");
    session.say(ToWorker::Listen(true));
    session.run("talkative", 2, &[value("b".to_owned())], vec![]);
    let mut lines = Vec::new();
    let made = loop {
        match session.hear().await {
            FromWorker::Logged {
                task: of,
                lines: more,
            } => {
                assert_eq!(of, task(2));
                lines.extend(more);
            }
            other => break other,
        }
    };
    assert!(matches!(made, FromWorker::Finished { .. }));
    let text = |level, text: &str| (level, text.to_owned());
    let expected = [
        text(0, "b begins"),
        text(2, "one"),
        text(2, "two"),
        text(3, "traced n=3"),
    ];
    assert_eq!(lines, expected);
    session.say(ToWorker::Listen(false));
    session.run("talkative", 3, &[value("c".to_owned())], vec![]);
    assert_eq!(session.result::<u64>().await, 3);
}

#[tokio::test]
async fn isolated_tasks_need_a_program_that_can_be_started_again() {
    let (_scheduler, _worker, mut session) = start().await;
    session.run("lonely", 1, &[], vec![]);
    let failed = failure(&mut session).await;
    assert_eq!(failed.code, ErrorCode::Refused);
    assert!(failed.message.contains("taskloom::init()"), "{failed:?}");
    assert_eq!(failed.key, "lonely-1");
}

#[task(crate = taskloom_task, isolated)]
fn lonely() -> u32 {
    std::process::id()
}
