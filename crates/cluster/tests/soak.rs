//! Clients, futures, channels, queues, locks and their like come and go by the thousand, in all the
//! ways in which they can go, and leave nothing behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::tasks::*;
use fixture::{cluster, until, within};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;
use taskloom_client::Client;
use taskloom_cluster::LocalCluster;
use taskloom_task::{Result, TaskFuture, actor};

/// How many lives are lived beside each other.
const LANES: usize = 8;

/// How many clients live in each of them, one after the other.
const LIVES: usize = 125;

/// As long as all of it may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(600);

/// Lets something begin, and drops it wherever it is then. Whether it was done already, which happens
/// where a machine has more to do than it can.
fn begin_and_drop<T>(future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let polled = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    polled.is_ready()
}

async fn tasks(client: &Client, witness: &Client, life: i64) -> Result<()> {
    let many = client
        .map(0..20, move |x| inc::task(life * 100 + x))
        .await?;
    let sum = client.submit(total::task(&many));
    let expected: i64 = (0..20).map(|x| life * 100 + x + 1).sum();
    assert_eq!((&sum).await?, expected);
    let data = client.scatter(vec![life; 1000]).await?;
    let width = client.submit(narrow::task(&data));
    assert_eq!((&width).await?, life);
    // Some are cancelled, some fail, some are dropped before they are done.
    let cancelled = client.submit(later::task(life));
    cancelled.cancel();
    assert!(client.submit(fit::task(-1 - life)).await.is_err());
    drop(client.submit(add::task(&sum, &width)));
    // Some are retried, some are left alone, some are known by their key, or to another client.
    let fails = client.submit(explode::task(0).key(format!("fails-{life}")));
    assert!((&fails).await.is_err());
    client.retry(&fails).await?;
    begin_and_drop(async { (&fails).await });
    client.fire_and_forget(client.submit(inc::task(life * 100_000)))?;
    let same: TaskFuture<i64> = client.future_of(sum.key().as_str());
    assert_eq!((&same).await?, expected);
    let adopted = witness.adopt(&sum).await?;
    assert_eq!(adopted.await?, expected);
    Ok(())
}

struct Counter(i64);

#[actor(crate = taskloom_task)]
impl Counter {
    pub fn new(start: i64) -> Self {
        Self(start)
    }

    pub fn add(&mut self, by: i64) -> i64 {
        self.0 += by;
        self.0
    }
}

async fn actors(client: &Client, life: i64) -> Result<()> {
    let counter = client.actor(Counter::new_actor(life));
    assert_eq!(counter.add(1).await?, life + 1);
    begin_and_drop(counter.add(1));
    // Nobody calls it, and it goes before it is there.
    drop(client.actor(Counter::new_actor(-life)));
    Ok(())
}

async fn channels(client: &Client, name: &str, life: i64) -> Result<()> {
    let values = client.channel::<i64>(format!("values-{name}"));
    let values = values.maxlen(10).open().await?;
    values.append_all(0..15).await?;
    let made = client.channel::<TaskFuture<i64>>(format!("futures-{name}"));
    let made = made.open().await?;
    for x in 0..5 {
        made.append(client.submit(inc::task(life * 1000 + x)))
            .await?;
    }
    let mut stream = made.stream();
    for x in 0..5 {
        let future = stream.next().await.expect("it is not stopped")?;
        assert_eq!(future.await?, life * 1000 + x + 1);
    }
    values.flush().await?;
    assert_eq!(values.len().await?, 10);
    begin_and_drop(values.snapshot());
    match life % 3 {
        0 => values.stop().await?,
        1 => drop(values.stream()),
        _ => {}
    }
    assert!(values.delete().await?);
    // The client may go while readers read.
    assert!(made.delete().await?);
    Ok(())
}

async fn queues(client: &Client, name: &str, life: i64) -> Result<()> {
    let queue = client.queue::<TaskFuture<i64>>(format!("queue-{name}"));
    let queue = queue.maxsize(4).open().await?;
    for x in 0..4 {
        queue
            .put(client.submit(inc::task(life * 10_000 + x)))
            .await?;
    }
    assert!(!queue.try_put(client.submit(inc::task(life))).await?);
    begin_and_drop(queue.put(client.submit(inc::task(life))));
    // What nobody took goes back, and out again.
    let taken = i64::from(begin_and_drop(queue.get()));
    assert_eq!(queue.get().await?.await?, life * 10_000 + 1 + taken);
    assert!(queue.delete().await?);

    let variable = client.variable::<TaskFuture<i64>>(format!("variable-{name}"));
    begin_and_drop(variable.get());
    variable
        .set(client.submit(inc::task(life * 10_000)))
        .await?;
    variable
        .set(client.submit(inc::task(life * 10_000 + 1)))
        .await?;
    assert_eq!(variable.get().await?.await?, life * 10_000 + 2);
    begin_and_drop(variable.changed());
    assert!(variable.delete().await?);

    let topic = client.topic::<i64>(format!("topic-{name}"));
    topic.log_all(0..5).await?;
    let mut events = topic.subscribe_with_past();
    let first = events.next().await.expect("there are events")?;
    assert_eq!(first.value, 0);
    assert!(topic.delete().await?);
    Ok(())
}

async fn locks(client: &Client, name: &str, life: i64) -> Result<()> {
    // Those that all share.
    let shared = client.lock("shared").acquire().await?;
    shared.check()?;
    begin_and_drop(client.lock("shared").acquire());
    match life % 2 {
        0 => shared.release().await?,
        _ => drop(shared),
    }
    let two = client.multi_lock(["shared", "also shared", "third"]).any(2);
    drop(two.acquire().await?);
    let permits = client.semaphore("permits", 5).acquire_many(2).await?;
    assert_eq!(permits.count(), 2);
    begin_and_drop(client.semaphore("permits", 5).acquire_many(5));

    let event = client.event(format!("event-{name}"));
    begin_and_drop(event.wait());
    event.set().await?;
    event.wait().await?;
    event.clear().await?;
    begin_and_drop(client.barrier(format!("barrier-{name}"), 2).wait());
    assert!(client.barrier("alone", 1).wait().await?.is_leader());
    let _ = client
        .barrier("nobody else", 2)
        .timeout(Duration::ZERO)
        .wait()
        .await;
    Ok(())
}

async fn life(cluster: &LocalCluster, witness: &Client, lane: usize, number: usize) -> Result<()> {
    let client = within("the connection", cluster.client()).await?;
    let (name, life) = (format!("{lane}-{number}"), (lane * LIVES + number) as i64);
    within("the life of tasks", tasks(&client, witness, life)).await?;
    within("the life of actors", actors(&client, life)).await?;
    within("the life of channels", channels(&client, &name, life)).await?;
    within("the life of queues", queues(&client, &name, life)).await?;
    within("the life of locks", locks(&client, &name, life)).await?;
    let data = vec![client.submit(inc::task(life))];
    client.publish(format!("data-{name}"), &data).await?;
    client.unpublish(format!("data-{name}")).await?;
    // Work that nobody will ask for any more, and a lock that is held, as the client goes.
    let held = client.lock(format!("lock-{name}")).acquire().await?;
    let never = client.submit(later::task(-life));
    if number.is_multiple_of(2) {
        client.close().await;
    }
    drop((client, held, never));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_and_goes_leaves_nothing_behind() {
    let (cluster, client) = cluster(2).await;
    // What is there is seen.
    let held = client.lock("shared").acquire().await.unwrap();
    let seen = client.identity().await.unwrap().tables;
    assert!(seen.extensions.contains(&("lock".into(), 1)), "{seen:?}");
    held.release().await.unwrap();

    let lanes = (0..LANES).map(|lane| {
        let (cluster, client) = (&cluster, &client);
        async move {
            for number in 0..LIVES {
                let lived = life(cluster, client, lane, number).await;
                lived.unwrap_or_else(|error| panic!("life {lane}-{number}: {error}"));
            }
        }
    });
    let lanes = futures::future::join_all(lanes);
    let lived = tokio::time::timeout(PATIENCE, lanes).await;
    assert!(lived.is_ok(), "{LIVES} lives took longer than {PATIENCE:?}");

    let end = until(&client, "the end of everything", |identity| {
        identity.clients == 1
            && identity.tables.is_empty()
            && identity.tasks == Default::default()
            && identity.workers.iter().all(|worker| worker.stored == 0)
    });
    end.await;
    assert!(client.channels().await.unwrap().is_empty());
    assert!(client.queues().await.unwrap().is_empty());
    assert!(client.variables().await.unwrap().is_empty());
    assert!(client.topics().await.unwrap().is_empty());
    assert!(client.datasets().await.unwrap().is_empty());
}
