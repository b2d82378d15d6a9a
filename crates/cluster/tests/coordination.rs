//! Locks, semaphores, events and barriers of whole clusters.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::{cluster, within};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Waker};
use std::time::Duration;
use taskloom_client::{Client, Lock, LockGuard};
use taskloom_cluster::LocalCluster;
use taskloom_task::Error;

/// So long that no test sees its end.
const HOUR: Duration = Duration::from_secs(3600);

async fn acquired(lock: &Lock) -> LockGuard {
    within("the lock", lock.acquire()).await.unwrap()
}

async fn another(cluster: &LocalCluster) -> Client {
    within("the connection", cluster.client()).await.unwrap()
}

/// Waits until so many wait for a lock.
async fn waiting(lock: &Lock, count: u64) {
    within("those who wait", async {
        while lock.status().await.unwrap().waiting != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_lock_passes_on_in_order_with_growing_tokens() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let first = acquired(&client.lock("db")).await;
    assert_eq!(first.names(), ["db"]);
    assert!(first.is_held());

    let lock = other.lock("db");
    let second = tokio::spawn(lock.acquire());
    waiting(&lock, 1).await;
    assert!(lock.try_acquire().await.unwrap().is_none());
    let status = lock.status().await.unwrap();
    assert_eq!(status.holder.unwrap().token, first.token());

    let token = first.token();
    first.release().await.unwrap();
    let second = within("the second", second).await.unwrap().unwrap();
    assert!(second.token() > token);

    // Dropping it releases it too.
    drop(second);
    let third = acquired(&client.lock("db")).await;
    assert!(third.token() > token + 1);
}

#[tokio::test]
async fn the_lock_of_a_client_that_is_gone_passes_on_at_once() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let guard = acquired(&other.lock("db").lease(HOUR)).await;
    let lock = client.lock("db");
    let next = tokio::spawn(lock.acquire());
    waiting(&lock, 1).await;
    other.close().await;
    assert!(within("the lock", next).await.unwrap().is_ok());
    let lost = within("the loss", guard.lost()).await.to_string();
    assert!(lost.contains("the lock \"db\" is lost"), "{lost}");
    assert!(lost.contains("the session ended"), "{lost}");
    assert!(!guard.is_held());
    assert!(matches!(
        guard.release().await,
        Err(Error::LeaseLost { .. })
    ));
}

#[tokio::test]
async fn a_holder_that_hangs_loses_the_lock_and_knows_it_before_anybody_else_has_it() {
    let (cluster, client) = cluster(0).await;
    let address = cluster.address().to_owned();
    let (held, holding) = mpsc::channel();
    let (wake, awake) = mpsc::channel::<()>();
    // A process that hangs: all of its threads, which is one, stand still.
    let hanging = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let client = Client::connect(address).await.unwrap();
            let lock = client.lock("db").lease(Duration::from_millis(500));
            let guard = Arc::new(acquired(&lock).await);
            held.send(guard.clone()).unwrap();
            awake.recv().unwrap();
            let lost = within("the loss", guard.lost()).await;
            let guard = Arc::try_unwrap(guard).unwrap();
            (lost, guard.release().await)
        })
    });
    let guard: Arc<LockGuard> = holding.recv().unwrap();
    let next = acquired(&client.lock("db")).await;
    assert!(!guard.is_held(), "two hold it at a time");
    assert!(next.token() > guard.token());
    drop(guard);
    wake.send(()).unwrap();
    let ended = tokio::task::spawn_blocking(|| hanging.join().unwrap());
    let (lost, release) = within("the end of the thread", ended).await.unwrap();
    assert!(lost.to_string().contains("lease"), "{lost}");
    assert!(matches!(release, Err(Error::LeaseLost { .. })));
    // The late comer has taken nothing away from the one who has it now.
    assert!(next.is_held());
    next.release().await.unwrap();
}

#[tokio::test]
async fn leases_are_renewed_in_the_background() {
    let (_cluster, client) = cluster(0).await;
    let lock = client.lock("db").lease(Duration::from_secs(3));
    let guard = acquired(&lock).await;
    let remaining = async || {
        let holder = lock.status().await.unwrap().holder;
        holder.expect("somebody holds it").remaining_ms
    };
    // It runs down, and then it does not.
    within("the renewal", async {
        let mut last = remaining().await;
        loop {
            tokio::task::yield_now().await;
            let now = remaining().await;
            if now > last {
                return;
            }
            last = now;
        }
    })
    .await;
    assert!(guard.is_held());
    guard.release().await.unwrap();
}

#[tokio::test]
async fn who_gives_up_leaves_nothing_behind() {
    let (_cluster, client) = cluster(0).await;
    let lock = client.lock("db");
    let guard = acquired(&lock).await;
    let late = lock.clone().timeout(Duration::from_millis(10)).acquire();
    let late = within("the timeout", late).await.unwrap_err();
    assert!(matches!(late, Error::Timeout { .. }), "{late}");
    assert!(
        late.to_string().starts_with("acquiring the lock \"db\""),
        "{late}"
    );
    waiting(&lock, 0).await;

    // A call that has its lock, and is dropped before anybody looked.
    {
        let mut dropped = pin!(lock.acquire());
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(dropped.as_mut().poll(&mut nobody).is_pending());
        waiting(&lock, 1).await;
        guard.release().await.unwrap();
        waiting(&lock, 0).await;
    }
    acquired(&lock).await.release().await.unwrap();
}

#[tokio::test]
async fn several_locks_are_held_together() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    // Everybody takes two of three locks, in whatever order.
    let held = Arc::new([0; 3].map(AtomicUsize::new));
    let mut tasks = Vec::new();
    for turn in 0..30 {
        let client = if turn % 2 == 0 { &client } else { &other };
        let (a, b) = (turn % 3, (turn + 1 + turn / 3 % 2) % 3);
        let locks = client.multi_lock([format!("lock-{a}"), format!("lock-{b}")]);
        let held = held.clone();
        tasks.push(tokio::spawn(async move {
            let guard = locks.acquire().await.unwrap();
            for at in [a, b] {
                assert_eq!(held[at].fetch_add(1, Ordering::SeqCst), 0);
            }
            tokio::task::yield_now().await;
            for at in [a, b] {
                held[at].fetch_sub(1, Ordering::SeqCst);
            }
            guard.release().await.unwrap();
        }));
    }
    for task in tasks {
        within("one of many", task).await.unwrap();
    }

    // Some of several: those that are free.
    let one = acquired(&other.lock("lock-1")).await;
    let any = client.multi_lock(["lock-0", "lock-1", "lock-2"]).any(2);
    let two = within("two of three", any.acquire()).await.unwrap();
    assert_eq!(two.names(), ["lock-0", "lock-2"]);
    assert!(any.try_acquire().await.unwrap().is_none());
    // They are the locks that have these names.
    assert!(client.lock("lock-2").try_acquire().await.unwrap().is_none());
    drop((one, two));
}

#[tokio::test]
async fn no_more_permits_are_held_than_there_are() {
    let (cluster, client) = cluster(0).await;
    let clients = [client, another(&cluster).await, another(&cluster).await];
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks = (0..60).map(|turn| {
        let semaphore = clients[turn % 3].semaphore("api", 4);
        let (now, most) = (now.clone(), most.clone());
        tokio::spawn(async move {
            let permits = semaphore.acquire_many(1 + turn % 3).await.unwrap();
            let held = now.fetch_add(permits.count(), Ordering::SeqCst) + permits.count();
            most.fetch_max(held, Ordering::SeqCst);
            tokio::task::yield_now().await;
            now.fetch_sub(permits.count(), Ordering::SeqCst);
            permits.release().await.unwrap();
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        within("a turn", task).await.unwrap();
    }
    let most = most.load(Ordering::SeqCst);
    assert!(
        (1..=4).contains(&most),
        "{most} permits were held at a time"
    );
    let semaphore = clients[0].semaphore("api", 4);
    assert_eq!(semaphore.status().await.unwrap(), Default::default());

    // Those of a client that is gone are there again.
    let lent = clients[1]
        .semaphore("api", 4)
        .acquire_many(4)
        .await
        .unwrap();
    assert!(semaphore.try_acquire().await.unwrap().is_none());
    clients[1].close().await;
    within("the permit", semaphore.acquire()).await.unwrap();
    assert!(!lent.is_held());
}

#[tokio::test]
async fn an_event_lets_all_go_on() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let go = client.event("go");
    assert!(!go.is_set().await.unwrap());
    let waits: Vec<_> = [&client, &other, &other]
        .map(|client| tokio::spawn(client.event("go").wait()))
        .into();
    let short = go.clone().timeout(Duration::from_millis(10)).wait();
    let late = within("the timeout", short).await.unwrap_err();
    assert!(
        late.to_string().starts_with("waiting for the event \"go\""),
        "{late}"
    );
    other.event("go").set().await.unwrap();
    for wait in waits {
        within("the event", wait).await.unwrap().unwrap();
    }
    within("no wait at all", go.wait()).await.unwrap();
    go.clear().await.unwrap();
    assert!(!other.event("go").is_set().await.unwrap());
}

#[tokio::test]
async fn nobody_passes_a_barrier_alone() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    for _round in 0..3 {
        let arrivals: Vec<_> = [&client, &other]
            .map(|client| tokio::spawn(client.barrier("step", 3).wait()))
            .into();
        let step = client.barrier("step", 3);
        within("the others", async {
            while step.waiting().await.unwrap() != 2 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let mut indexes = vec![within("the barrier", step.wait()).await.unwrap()];
        for arrival in arrivals {
            indexes.push(within("the barrier", arrival).await.unwrap().unwrap());
        }
        let leaders = indexes.iter().filter(|arrival| arrival.is_leader());
        assert_eq!(leaders.count(), 1);
        indexes.sort_by_key(|arrival| arrival.index());
        let indexes: Vec<usize> = indexes.iter().map(|arrival| arrival.index()).collect();
        assert_eq!(indexes, [0, 1, 2]);
    }
}

#[tokio::test]
async fn bad_requests_are_refused_in_words() {
    let (_cluster, client) = cluster(0).await;
    let long = "x".repeat(1000);
    let refused = |result: Result<String, Error>, words: &str| match result {
        Err(Error::Refused(why)) => assert!(why.contains(words), "{why:?} lacks {words:?}"),
        other => panic!("{other:?} is no refusal with {words:?}"),
    };
    let guard = |result: Result<LockGuard, Error>| result.map(|guard| format!("{guard:?}"));
    let none = Duration::ZERO;
    let no_names: [&str; 0] = [];

    let name = "the name of a lock is empty";
    refused(guard(client.lock("").acquire().await), name);
    refused(
        guard(client.lock(&long).acquire().await),
        "has 1000 bytes; at most 512",
    );
    refused(
        guard(client.lock("a").lease(none).acquire().await),
        "a lease of 0ns is not possible",
    );
    let twice = client.multi_lock(["a", "b", "a"]);
    refused(
        guard(twice.acquire().await),
        "the lock \"a\" is named twice",
    );
    let zero = client.multi_lock(["a", "b"]).any(0);
    refused(guard(zero.acquire().await), "ask for at least one");
    let many = client.multi_lock(["a", "b"]).any(3);
    refused(
        guard(many.acquire().await),
        "3 locks are needed, but only 2 named",
    );
    refused(
        guard(client.multi_lock(no_names).acquire().await),
        "no lock is named",
    );

    let permits = async |name: &str, limit, count| {
        let permits = client.semaphore(name, limit).acquire_many(count).await;
        permits.map(|permits| format!("{permits:?}"))
    };
    refused(permits("", 1, 1).await, "the name of a semaphore is empty");
    refused(permits("api", 0, 1).await, "its limit is to be at least 1");
    refused(permits("api", 2, 0).await, "ask for at least one");
    refused(
        permits("api", 2, 3).await,
        "3 permits of the semaphore \"api\" are asked for",
    );
    let used = client.semaphore("api", 2).acquire().await.unwrap();
    refused(
        permits("api", 3, 1).await,
        "in use with a limit of 2, not 3",
    );
    drop(used);

    let unit = |result: Result<(), Error>| result.map(|()| String::new());
    refused(
        unit(client.event("").set().await),
        "the name of an event is empty",
    );
    refused(
        unit(client.event("").wait().await),
        "the name of an event is empty",
    );
    refused(unit(client.event(&long).clear().await), "at most 512");
    let wait = async |name: &str, parties| {
        let arrival = client.barrier(name, parties).wait().await;
        arrival.map(|arrival| format!("{arrival:?}"))
    };
    refused(wait("", 1).await, "the name of a barrier is empty");
    refused(wait("step", 0).await, "waits for no parties");
}

#[tokio::test]
async fn without_async_they_are_the_same() {
    let (cluster, client) = cluster(0).await;
    let address = cluster.address().to_owned();
    let set = client.event("go");
    let (done, work) = tokio::sync::oneshot::channel();
    // A thread of no runtime.
    std::thread::spawn(move || {
        let client = taskloom_client::blocking::Client::connect(address).unwrap();
        let guard = client.lock("db").lease(HOUR).acquire().unwrap();
        assert!(guard.is_held());
        assert!(client.lock("db").try_acquire().unwrap().is_none());
        assert_eq!(client.lock("db").status().unwrap().waiting, 0);
        let patience = Duration::from_millis(10);
        let late = client.lock("db").timeout(patience).acquire();
        assert!(matches!(late, Err(Error::Timeout { .. })));
        guard.release().unwrap();
        let both = client.multi_lock(["a", "b"]).acquire().unwrap();
        assert_eq!(both.names(), ["a", "b"]);
        let permits = client.semaphore("api", 2).acquire_many(2).unwrap();
        assert_eq!(client.semaphore("api", 2).status().unwrap().lent, 2);
        permits.release().unwrap();
        assert!(client.barrier("step", 1).wait().unwrap().is_leader());
        client.event("ready").set().unwrap();
        client.event("go").wait().unwrap();
        client.event("go").clear().unwrap();
        client.close().unwrap();
        done.send(()).unwrap();
    });
    within("the other", client.event("ready").wait())
        .await
        .unwrap();
    set.set().await.unwrap();
    within("the end", work).await.unwrap();
    assert!(!set.is_set().await.unwrap());
}
