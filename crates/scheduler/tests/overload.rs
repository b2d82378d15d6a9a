//! Peers that do not read, that come in floods, or that say too much: they are bounded, and nobody
//! else is harmed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::{FakeClient, FakeWorker, scheduler, soon};
use taskloom_core::message::FromWorker;
use taskloom_core::{RunId, TaskId};
use taskloom_rpc::link::LinkError;
use taskloom_rpc::{ConnectError, RefusedAs};
use taskloom_scheduler::SchedulerConfig;
use taskloom_wire::proto::IdentityRequest;

const KIB: u64 = 1024;

#[tokio::test]
async fn a_worker_that_stops_reading_is_let_go_and_harms_nobody() {
    let scheduler = scheduler(SchedulerConfig {
        outbox_pause_bytes: 512 * KIB,
        outbox_bytes_max: 8 * 1024 * KIB,
        ..SchedulerConfig::default()
    });
    let stuck = FakeWorker::connect(&scheduler, "stuck", 64).await.unwrap();
    let mut alive = FakeWorker::connect(&scheduler, "alive", 1).await.unwrap();
    let mut client = FakeClient::connect(&scheduler, "client").await.unwrap();
    // What it leaves unread piles up for it: 4 MiB in the transport, then in its outbox.
    for _ in 0..10 {
        client.submit(4, 512 * 1024, Some("stuck"));
    }
    client.submit(500, 10, Some("alive"));
    tokio::join!(alive.work(500, 8), client.finished(500));
    // Its place is free, its connection says why, and the others go on.
    let mut roster = scheduler.roster();
    soon(roster.wait_for(|roster| roster.len() == 1))
        .await
        .unwrap();
    let mut inbox = stuck.link.inbox;
    let error = loop {
        match soon(inbox.next()).await {
            Ok(batch) => assert!(batch.is_some(), "it was not told why"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, LinkError::Ended(words) if words.contains("does not read")),
        "{error}"
    );
    client.submit(10, 10, None);
    tokio::join!(alive.work(10, 8), client.finished(10));
    let slow = |party| scheduler.metrics().total_of("slow-peers", "party", party);
    assert_eq!((slow("worker").get(), slow("client").get()), (1, 0));
}

#[tokio::test]
async fn a_client_that_stops_reading_gets_no_values_and_is_asked_nothing() {
    let scheduler = scheduler(SchedulerConfig {
        outbox_pause_bytes: 256 * KIB,
        outbox_bytes_max: 256 * 1024 * KIB,
        ..SchedulerConfig::default()
    });
    let mut worker = FakeWorker::connect(&scheduler, "w", 4).await.unwrap();
    let mut slow = FakeClient::connect(&scheduler, "slow").await.unwrap();
    let mut quick = FakeClient::connect(&scheduler, "quick").await.unwrap();
    // 4 KiB each: 32 MiB in all, of which the transport takes 4.
    slow.submit(8000, 10, None);
    worker.work(8000, 4096).await;
    // When this is done, the scheduler has heard of all those.
    quick.submit(1, 10, None);
    tokio::join!(worker.work(1, 8), quick.finished(1));
    // What it says now is not taken up: too much of what it was told is unread.
    slow.submit(1, 10, None);
    quick.submit(100, 10, None);
    let (_, values) = tokio::join!(worker.work(100, 4096), quick.finished(100));
    assert!(values.iter().all(|&value| value));
    // It reads again: everything is there, the later part without values, and it is heard again.
    let values = slow.finished(8000).await;
    assert!(values[..100].iter().all(|&value| value));
    assert!(values[7900..].iter().all(|&value| !value));
    let (_, values) = tokio::join!(worker.work(1, 4096), slow.finished(1));
    assert_eq!(values, [true]);
}

#[tokio::test]
async fn a_client_beyond_the_hard_limit_is_let_go_with_a_reason() {
    let scheduler = scheduler(SchedulerConfig {
        outbox_pause_bytes: 1024 * KIB,
        outbox_bytes_max: 1024 * KIB,
        ..SchedulerConfig::default()
    });
    let mut worker = FakeWorker::connect(&scheduler, "w", 1).await.unwrap();
    let mut slow = FakeClient::connect(&scheduler, "slow").await.unwrap();
    // 4 KiB each: 4 MiB stay in the transport, and then the outbox fills. What a client wants that is
    // gone is dropped, so not all of these tasks are ever run.
    slow.submit(4000, 10, None);
    let mut admin = slow.link.admin.clone();
    let gone = async {
        loop {
            let identity = soon(admin.identity(IdentityRequest {})).await.unwrap();
            if identity.into_inner().clients == 0 {
                return;
            }
        }
    };
    let working = async {
        loop {
            for compute in worker.dispatched().await {
                worker.finish(&compute, 4096);
            }
        }
    };
    tokio::select! {
        () = gone => {}
        () = working => {}
    }
    let error = loop {
        match soon(slow.link.inbox.next()).await {
            Ok(batch) => assert!(batch.is_some(), "it was not told why"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, LinkError::Ended(words) if words.contains("does not read")),
        "{error}"
    );
    let mut other = FakeClient::connect(&scheduler, "other").await.unwrap();
    other.submit(1, 10, None);
    let finished = other.finished(1);
    let work = async {
        loop {
            let computes = worker.dispatched().await;
            computes
                .iter()
                .for_each(|compute| worker.finish(compute, 8));
        }
    };
    tokio::select! {
        finished = finished => assert_eq!(finished, [true]),
        () = work => {}
    }
}

#[tokio::test]
async fn a_worker_that_floods_completions_harms_nobody() {
    let scheduler = scheduler(SchedulerConfig::default());
    let flood = FakeWorker::connect(&scheduler, "flood", 1).await.unwrap();
    let mut honest = FakeWorker::connect(&scheduler, "honest", 1).await.unwrap();
    let mut client = FakeClient::connect(&scheduler, "client").await.unwrap();
    // Runs that were never given, of tasks that there are and that there are not.
    let bogus = |n: u64| FromWorker::Finished {
        task: TaskId::new((n % 5) as u32, 1),
        run: RunId(n),
        nbytes: 1,
        elapsed: std::time::Duration::ZERO,
        value: None,
    };
    let outbox = flood.link.outbox.clone();
    let flooding = tokio::spawn(async move {
        for round in 0..20 {
            outbox.push_all((0..20_000).map(|n| bogus(round * 20_000 + n)).collect());
            outbox.room(1 << 20).await;
        }
    });
    for _ in 0..10 {
        client.submit(5, 10, Some("honest"));
        let (_, finished) = tokio::join!(honest.work(5, 8), client.finished(5));
        assert_eq!(finished.len(), 5);
    }
    soon(flooding).await.unwrap();
    assert_eq!(scheduler.roster().borrow().len(), 2);
}

#[tokio::test]
async fn a_flood_of_clients_is_refused_with_the_limit_and_the_others_stay() {
    let scheduler = scheduler(SchedulerConfig {
        max_clients: 20,
        max_workers: 1,
        ..SchedulerConfig::default()
    });
    let mut worker = FakeWorker::connect(&scheduler, "w", 1).await.unwrap();
    let mut clients = Vec::new();
    for n in 0..20 {
        let name = format!("c{n}");
        clients.push(FakeClient::connect(&scheduler, &name).await.unwrap());
    }
    let flood = (0..200).map(|n| {
        let (scheduler, name) = (&scheduler, format!("flood-{n}"));
        async move { FakeClient::connect(scheduler, &name).await.err() }
    });
    for error in futures_of(flood).await {
        let Some(ConnectError::Refused { reason, message }) = error else {
            panic!("{error:?}")
        };
        assert_eq!(reason, RefusedAs::Full);
        assert!(message.contains("20 clients are connected"), "{message}");
        assert!(message.contains("max-clients"), "{message}");
    }
    let error = FakeWorker::connect(&scheduler, "w2", 1)
        .await
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("1 workers are connected"),
        "{error}"
    );
    let refused = |party| {
        scheduler
            .metrics()
            .total_of("refused-peers", "party", party)
    };
    assert_eq!((refused("client").get(), refused("worker").get()), (200, 1));
    let client = &mut clients[7];
    client.submit(3, 10, None);
    tokio::join!(worker.work(3, 8), client.finished(3));
    // A place that becomes free is given away again.
    clients.pop();
    loop {
        match FakeClient::connect(&scheduler, "late").await {
            Ok(_) => break,
            Err(ConnectError::Refused { reason, .. }) => assert_eq!(reason, RefusedAs::Full),
            Err(error) => panic!("{error}"),
        }
    }
}

/// All of them at once.
async fn futures_of<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|cx| {
        let mut pending = false;
        for (one, done) in &mut all {
            if done.is_none() {
                match one.as_mut().poll(cx) {
                    std::task::Poll::Ready(value) => *done = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        match pending {
            true => std::task::Poll::Pending,
            false => std::task::Poll::Ready(()),
        }
    })
    .await;
    all.into_iter().filter_map(|(_, done)| done).collect()
}
