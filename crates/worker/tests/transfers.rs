//! Values between workers, and from clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use bytes::Bytes;
use fixture::{
    FakeScheduler, FakeSession, element, held, here, patiently, pool, reference, start, task,
    value, worker,
};
use taskloom_core::arguments::Part;
use taskloom_core::message::{FromWorker, Peer, ReturnCause, ToWorker};
use taskloom_core::{Encoded, WorkerId};
use taskloom_rpc::data::FetchItem;
use taskloom_task::{Value, task};
use taskloom_worker::WorkerHandle;

#[task(crate = taskloom_task)]
fn numbers(n: u64) -> Vec<u64> {
    (0..n).collect()
}

#[task(crate = taskloom_task)]
fn blob(n: u64) -> Bytes {
    Bytes::from(vec![7; n as usize])
}

#[task(crate = taskloom_task)]
fn length(bytes: &Bytes) -> u64 {
    bytes.len() as u64
}

#[task(crate = taskloom_task)]
fn sum(numbers: Vec<u64>) -> u64 {
    numbers.iter().sum()
}

#[task(crate = taskloom_task)]
fn double(n: u64) -> u64 {
    2 * n
}

/// Two workers that know each other.
async fn two() -> (FakeScheduler, [WorkerHandle; 2], FakeSession, FakeSession) {
    let mut scheduler = FakeScheduler::start(0);
    let first = worker(&scheduler.address);
    let a = scheduler.welcome(0).await;
    let second = worker(&scheduler.address);
    let b = scheduler.welcome(1).await;
    a.say(ToWorker::Peer(b.as_peer()));
    b.say(ToWorker::Peer(a.as_peer()));
    (scheduler, [first, second], a, b)
}

async fn stored(session: &mut FakeSession) -> (u32, u64) {
    match session.hear().await {
        FromWorker::Stored { task, nbytes } => (task.index, nbytes),
        other => panic!("not a copy: {other:?}"),
    }
}

#[tokio::test]
async fn inputs_are_fetched_from_peers_and_stay_as_copies() {
    let (_scheduler, _workers, mut a, mut b) = two().await;
    a.run("numbers", 1, &[value(1000_u64)], vec![]);
    a.run("blob", 2, &[value(3_000_000_u64)], vec![]);
    a.hear().await;
    a.hear().await;
    let holders = [a.worker];
    b.run("sum", 3, &[reference(0)], vec![held(1, &holders)]);
    let mut said = [b.hear().await, b.hear().await];
    said.sort_by_key(|message| matches!(message, FromWorker::Finished { .. }));
    assert!(matches!(said[0], FromWorker::Stored { .. }));
    b.run("length", 4, &[reference(0)], vec![held(2, &holders)]);
    assert_eq!(stored(&mut b).await, (2, 3_000_000));
    assert_eq!(b.result::<u64>().await, 3_000_000);
    // The copy serves the next task without its holder.
    b.say(ToWorker::PeerGone(a.worker));
    b.run("length", 5, &[reference(0)], vec![here(2)]);
    assert_eq!(b.result::<u64>().await, 3_000_000);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn large_values_are_read_where_they_lie_unless_that_is_turned_off() {
    for (setting, mapped) in [(None, 3_000_000), (Some(0), 0)] {
        let mut scheduler = FakeScheduler::start(0);
        let first = worker(&scheduler.address);
        let mut a = scheduler.welcome(0).await;
        let second = fixture::worker_with(&scheduler.address, |config| {
            config.transfers.shared_memory = setting;
        });
        let mut b = scheduler.welcome(1).await;
        a.say(ToWorker::Peer(b.as_peer()));
        b.say(ToWorker::Peer(a.as_peer()));
        a.run("blob", 1, &[value(3_000_000_u64)], vec![]);
        a.hear().await;
        b.run("length", 2, &[reference(0)], vec![held(1, &[a.worker])]);
        assert_eq!(stored(&mut b).await, (1, 3_000_000));
        assert_eq!(b.result::<u64>().await, 3_000_000);
        let counted = |name| second.metrics().total(name).get();
        assert_eq!(counted("fetched-bytes"), 3_000_000);
        assert_eq!(counted("mapped-bytes"), mapped);
        // The reader has the bytes also when the holder is gone.
        first.stop();
        patiently(first.wait()).await;
        b.run("length", 3, &[reference(0)], vec![here(1)]);
        assert_eq!(b.result::<u64>().await, 3_000_000);
        drop(second);
    }
}

#[tokio::test]
async fn parts_of_values_travel_alone() {
    let (_scheduler, _workers, mut a, mut b) = two().await;
    a.run("numbers", 1, &[value(100_000_u64)], vec![]);
    a.hear().await;
    b.run("double", 2, &[element(0, 77)], vec![held(1, &[a.worker])]);
    assert_eq!(
        b.result::<u64>().await,
        154,
        "the scheduler does not hear of the part"
    );
    b.run(
        "double",
        3,
        &[element(0, 100_000)],
        vec![held(1, &[a.worker])],
    );
    let FromWorker::Failed { failure, .. } = b.hear().await else {
        panic!()
    };
    assert!(failure.message.contains("element"), "{failure:?}");
}

#[tokio::test]
async fn holders_that_do_not_have_it_or_are_not_there() {
    let (_scheduler, _workers, a, mut b) = two().await;
    let nowhere = WorkerId::new(9, 0);
    let address = {
        // A port that was free a moment ago and that nobody listens on.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    b.say(ToWorker::Peer(Peer {
        worker: nowhere,
        name: "ghost".into(),
        address,
    }));
    b.run(
        "length",
        1,
        &[reference(0)],
        vec![held(50, &[nowhere, a.worker])],
    );
    let FromWorker::Returned { cause, .. } = b.hear().await else {
        panic!()
    };
    assert_eq!(
        cause,
        ReturnCause::Missing {
            input: task(50),
            holder: Some(a.worker)
        }
    );
    b.run("length", 2, &[reference(0)], vec![held(50, &[nowhere])]);
    let FromWorker::Returned { cause, .. } = b.hear().await else {
        panic!()
    };
    assert!(matches!(cause, ReturnCause::Unreachable { holder, .. } if holder == nowhere));
    b.run("length", 3, &[reference(0)], vec![here(50)]);
    let FromWorker::Returned { cause, .. } = b.hear().await else {
        panic!()
    };
    assert_eq!(
        cause,
        ReturnCause::Missing {
            input: task(50),
            holder: None
        }
    );
}

#[tokio::test]
async fn what_clients_bring_is_stored_and_served() {
    let (_scheduler, worker, mut session) = start().await;
    patiently(worker.wait_registered()).await.unwrap();
    let bytes = Encoded::bytes(Bytes::from(vec![1; 100_000]));
    let pool = pool();
    let taken = patiently(pool.put(&worker.address(), task(1), &bytes, None))
        .await
        .unwrap();
    assert_eq!(taken, 100_000);
    assert_eq!(stored(&mut session).await, (1, 100_000));
    session.run("length", 2, &[reference(0)], vec![here(1)]);
    assert_eq!(session.result::<u64>().await, 100_000);
    let items = vec![FetchItem::new(task(1), Part::WHOLE)];
    let mut fetched = patiently(pool.fetch(&worker.address(), items))
        .await
        .unwrap();
    let fetched = Value::from_encoded(fetched.remove(0).unwrap());
    assert_eq!(fetched.bytes().unwrap(), vec![1; 100_000]);
    session.say(ToWorker::Free(vec![task(1)]));
    session.run("length", 3, &[reference(0)], vec![here(1)]);
    let FromWorker::Returned { .. } = session.hear().await else {
        panic!()
    };
}

#[tokio::test]
async fn copies_that_the_scheduler_asks_for() {
    let (_scheduler, _workers, mut a, mut b) = two().await;
    a.run("blob", 1, &[value(10_000_u64)], vec![]);
    a.hear().await;
    let acquire = |number| ToWorker::Acquire {
        task: task(number),
        nbytes: 10_000,
        holders: vec![WorkerId::new(0, 0)],
    };
    b.say(acquire(1));
    assert_eq!(stored(&mut b).await, (1, 10_000));
    b.say(acquire(2));
    assert!(matches!(b.hear().await, FromWorker::AcquireFailed { .. }));
}
