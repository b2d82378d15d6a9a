//! How workers begin, lose their scheduler, leave and end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::{FakeScheduler, here, patiently, reference, start, value, worker, worker_with};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use taskloom_core::message::{FromWorker, Refusal, ReturnCause, ToWorker};
use taskloom_core::{ResourceAmount, RunId};
use taskloom_rpc::SchedulerAddress;
use taskloom_task::{Registry, TaskContext, task};
use taskloom_worker::{News, Worker, WorkerConfig, WorkerError, WorkerExit};

#[task(crate = taskloom_task)]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task(crate = taskloom_task)]
fn until_cancelled(ctx: &TaskContext) -> bool {
    while !ctx.is_cancelled() {
        std::thread::yield_now();
    }
    true
}

#[task(crate = taskloom_task)]
fn scratch(ctx: &TaskContext) -> String {
    let directory = ctx.scratch_directory().unwrap();
    std::fs::write(directory.join("file"), b"x").unwrap();
    directory.display().to_string()
}

/// A port that was free a moment ago and that nobody listens on.
fn nobody() -> SchedulerAddress {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    SchedulerAddress::from(listener.local_addr().unwrap())
}

#[tokio::test]
async fn it_introduces_itself() {
    let mut scheduler = FakeScheduler::start(0);
    let units = |units| ResourceAmount::from_units(units).unwrap();
    let worker = worker_with(&scheduler.address, |config| {
        config.name = Some("w".into());
        config.contact_address = Some("example.org:4000".into());
        config.resources = vec![("b".into(), units(1.0)), ("a".into(), units(0.5))];
    });
    let session = scheduler.welcome(0).await;
    patiently(worker.wait_registered()).await.unwrap();
    let hello = &session.hello;
    assert_eq!(
        (hello.name.as_str(), hello.address.as_str()),
        ("w", "example.org:4000")
    );
    assert_eq!((hello.nthreads, hello.memory_limit), (2, 1 << 30));
    assert_eq!(hello.resources[0].0, "a", "resources are sorted");
    assert_eq!(hello.operations, Registry::linked().unwrap().operations());
    assert_eq!(worker.address(), "example.org:4000");
}

#[tokio::test]
async fn it_waits_for_a_scheduler_and_finds_it() {
    let address = nobody();
    let news = Arc::new(Mutex::new(Vec::new()));
    let (waiting, mut waited) = tokio::sync::mpsc::unbounded_channel();
    let worker = worker_with(&address, |config| {
        let news = news.clone();
        config.on_news = Some(Arc::new(move |item: &News| {
            news.lock().unwrap().push(item.clone());
            let _ = waiting.send(());
        }));
    });
    patiently(waited.recv()).await.unwrap();
    let mut scheduler = FakeScheduler::start(address.port());
    let _session = scheduler.welcome(0).await;
    patiently(worker.wait_registered()).await.unwrap();
    let news = news.lock().unwrap();
    assert!(matches!(&news[0], News::Waiting { reason, .. } if reason.contains("refused")));
    assert!(
        matches!(news.last(), Some(News::Registered { .. })),
        "{news:?}"
    );
}

#[tokio::test]
async fn it_gives_up_when_it_is_told_to() {
    let worker = worker_with(&nobody(), |config| {
        config.death_timeout = Some(Duration::from_millis(20));
    });
    let exit = patiently(worker.wait()).await;
    assert!(matches!(exit, WorkerExit::NoScheduler { .. }), "{exit:?}");
    assert!(matches!(
        worker.wait_registered().await,
        Err(WorkerError::Ended(_))
    ));
    assert!(matches!(worker.join(), WorkerExit::NoScheduler { .. }));
}

#[tokio::test]
async fn a_refusal_that_stays_ends_it() {
    let mut scheduler = FakeScheduler::start(0);
    let worker = worker(&scheduler.address);
    let refusal = Refusal::Protocol {
        party: "worker",
        ours: 2,
        theirs: 1,
    };
    scheduler.refuse(refusal.clone()).await;
    assert_eq!(
        patiently(worker.wait()).await,
        WorkerExit::Refused(refusal.to_string())
    );
}

#[tokio::test]
async fn a_taken_name_is_tried_again_for_a_moment() {
    let mut scheduler = FakeScheduler::start(0);
    let worker = worker(&scheduler.address);
    let taken = Refusal::NameTaken {
        name: "w".into(),
        address: "elsewhere:1".into(),
    };
    scheduler.refuse(taken.clone()).await;
    let _session = scheduler.welcome(0).await;
    patiently(worker.wait_registered()).await.unwrap();
    let other = fixture::worker(&scheduler.address);
    for _ in 0..5 {
        scheduler.refuse(taken.clone()).await;
    }
    assert_eq!(
        patiently(other.wait()).await,
        WorkerExit::Refused(taken.to_string())
    );
}

#[tokio::test]
async fn a_lost_scheduler_is_looked_for_and_nothing_old_is_kept() {
    let (mut scheduler, worker, mut session) = start().await;
    session.run("inc", 1, &[value(1_i64)], vec![]);
    assert_eq!(session.result::<i64>().await, 2);
    session.run("until_cancelled", 2, &[], vec![]);
    session.say(ToWorker::Closing {
        reason: "a test".into(),
    });
    drop(session);
    let mut session = scheduler.welcome(1).await;
    patiently(worker.wait_registered()).await.unwrap();
    session.run("inc", 11, &[reference(0)], vec![here(1)]);
    let FromWorker::Returned { run, cause, .. } = session.hear().await else {
        panic!()
    };
    assert_eq!(run, RunId(11));
    assert!(matches!(cause, ReturnCause::Missing { holder: None, .. }));
    session.run("inc", 12, &[value(5_i64)], vec![]);
    assert_eq!(session.result::<i64>().await, 6);
}

#[tokio::test]
async fn it_leaves_in_order() {
    let mut scheduler = FakeScheduler::start(0);
    let worker = worker_with(&scheduler.address, |config| config.nthreads = 1);
    let mut session = scheduler.welcome(0).await;
    session.run("until_cancelled", 1, &[], vec![]);
    session.run("inc", 2, &[value(1_i64)], vec![]);
    // The heartbeat says that the first has started.
    loop {
        if let FromWorker::Heartbeat { executing, .. } = session.next().await
            && executing == [RunId(1)]
        {
            break;
        }
    }
    worker.drain();
    assert_eq!(session.hear().await, FromWorker::Leaving);
    let FromWorker::Returned { run, cause, .. } = session.hear().await else {
        panic!()
    };
    assert_eq!((run, cause), (RunId(2), ReturnCause::Leaving));
    session.say(ToWorker::MayLeave);
    assert_eq!(worker.exit(), None, "a task is running");
    session.say(ToWorker::Cancel(vec![RunId(1)]));
    assert!(matches!(session.hear().await, FromWorker::Returned { .. }));
    assert!(session.ended().await);
    assert_eq!(patiently(worker.wait()).await, WorkerExit::Drained);
}

#[tokio::test]
async fn a_drain_does_not_wait_for_ever() {
    let mut scheduler = FakeScheduler::start(0);
    let worker = worker_with(&scheduler.address, |config| {
        config.drain_timeout = Duration::ZERO
    });
    let session = scheduler.welcome(0).await;
    patiently(worker.wait_registered()).await.unwrap();
    session.run("until_cancelled", 1, &[], vec![]);
    worker.drain();
    assert!(session.ended().await);
    assert_eq!(patiently(worker.wait()).await, WorkerExit::Drained);
}

#[tokio::test]
async fn it_stops_at_once_and_leaves_no_files() {
    let local = tempfile::tempdir().unwrap();
    let mut scheduler = FakeScheduler::start(0);
    let worker = worker_with(&scheduler.address, |config| {
        config.local_directory = local.path().join("below");
    });
    let mut session = scheduler.welcome(0).await;
    session.run("scratch", 1, &[], vec![]);
    let directory = session.result::<String>().await;
    assert!(
        directory.starts_with(&local.path().display().to_string()),
        "{directory}"
    );
    worker.stop();
    session.ended().await;
    assert_eq!(patiently(worker.wait()).await, WorkerExit::Stopped);
    assert_eq!(
        std::fs::read_dir(local.path().join("below"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let config = WorkerConfig {
        nthreads: 0,
        ..WorkerConfig::new(nobody())
    };
    let error = Worker::spawn(config, Registry::new()).unwrap_err();
    assert_eq!(error.to_string(), "a worker has 1 to 4096 threads, not 0");
}
