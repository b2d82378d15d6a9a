//! Queues, variables and topics of whole clusters.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::tasks::*;
use fixture::{cluster, until, within};
use std::time::{Duration, SystemTime};
use taskloom_client::{Client, Error, Queue};
use taskloom_cluster::LocalCluster;
use taskloom_task::{Item, TaskFuture};

/// So long that no test sees its end.
const HOUR: Duration = Duration::from_secs(3600);

async fn another(cluster: &LocalCluster) -> Client {
    within("the connection", cluster.client()).await.unwrap()
}

async fn open<T: Item>(client: &Client, maxsize: Option<u64>) -> Queue<T> {
    let opening = client.queue("q");
    let opening = match maxsize {
        Some(maxsize) => opening.maxsize(maxsize),
        None => opening,
    };
    within("the opening", opening.open()).await.unwrap()
}

/// Waits until so many calls wait for an item, and so many for room.
async fn waiting<T: Item>(queue: &Queue<T>, getters: u64, putters: u64) {
    within("those who wait", async {
        loop {
            let state = queue.state().await.unwrap();
            if (state.getters, state.putters) == (getters, putters) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn items_come_out_in_order_each_for_one_taker() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let queue = open(&client, None).await;
    within("the puts", queue.put_all(0..10_000_i64))
        .await
        .unwrap();
    assert_eq!(within("the length", queue.len()).await.unwrap(), 10_000);
    let takers = [queue.clone(), open(&other, None).await].map(|queue| {
        tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Some(first) = queue.try_get().await? {
                taken.push(first);
                taken.extend(queue.get_batch_within(99, Duration::ZERO).await?);
            }
            Ok::<_, Error>(taken)
        })
    });
    let mut all = Vec::new();
    for taker in takers {
        let taken = within("a taker", taker).await.unwrap().unwrap();
        assert!(taken.is_sorted());
        all.extend(taken);
    }
    all.sort_unstable();
    assert!(all.into_iter().eq(0..10_000));
}

#[tokio::test]
async fn who_puts_waits_for_room_and_who_takes_for_items() {
    let (_cluster, client) = cluster(0).await;
    let queue = open::<i64>(&client, Some(2)).await;
    assert_eq!(queue.maxsize(), Some(2));
    let taker = {
        let queue = queue.clone();
        tokio::spawn(async move { queue.get().await })
    };
    waiting(&queue, 1, 0).await;
    for number in 0..3 {
        within("the put", queue.put(number)).await.unwrap();
    }
    assert_eq!(within("the item", taker).await.unwrap().unwrap(), 0);
    // It is full now.
    assert!(!within("the put", queue.try_put(9)).await.unwrap());
    let soon = Duration::from_millis(1);
    assert!(!within("the put", queue.put_within(9, soon)).await.unwrap());
    let putter = {
        let queue = queue.clone();
        tokio::spawn(async move { queue.put_all([3, 4, 5]).await })
    };
    waiting(&queue, 0, 1).await;
    let mut taken = Vec::new();
    while taken.len() < 5 {
        taken.extend(within("items", queue.get_batch(2)).await.unwrap());
    }
    assert_eq!(taken, [1, 2, 3, 4, 5]);
    within("the puts", putter).await.unwrap().unwrap();
    assert_eq!(
        within("nothing", queue.get_within(soon)).await.unwrap(),
        None
    );
    assert_eq!(within("nothing", queue.try_get()).await.unwrap(), None);
}

#[tokio::test]
async fn an_item_is_not_lost_with_its_taker() {
    let (cluster, client) = cluster(1).await;
    let other = another(&cluster).await;
    let queue = open::<TaskFuture<i64>>(&client, None).await;
    let others = open::<TaskFuture<i64>>(&other, None).await;
    // One that gives up, and one whose client goes.
    let gives_up = tokio::spawn(async move { others.get().await });
    waiting(&queue, 1, 0).await;
    gives_up.abort();
    waiting(&queue, 0, 0).await;
    let others = open::<TaskFuture<i64>>(&other, None).await;
    let mut get = Box::pin(others.get());
    assert!(futures::poll!(&mut get).is_pending());
    waiting(&queue, 1, 0).await;
    within("the put", queue.put(client.submit(inc::task(1))))
        .await
        .unwrap();
    // It was handed to a call that has not taken it when its client goes.
    until(&client, "the result", |identity| identity.tasks.memory == 1).await;
    within("the end", other.close()).await;
    drop(get);
    let future = within("the item", queue.get()).await.unwrap();
    assert_eq!(within("the result", future).await.unwrap(), 2);
    until(&client, "no task", |identity| identity.tasks.memory == 0).await;
}

#[tokio::test]
async fn futures_in_a_queue_outlive_their_maker_and_go_with_it() {
    let (cluster, client) = cluster(1).await;
    let other = another(&cluster).await;
    let queue = open(&other, None).await;
    let futures = (0..3).map(|x| other.submit(inc::task(x)));
    within("the puts", queue.put_all(futures)).await.unwrap();
    drop(queue);
    within("the end", other.close()).await;
    drop(other);
    until(&client, "one client", |identity| identity.clients == 1).await;
    assert_eq!(within("the names", client.queues()).await.unwrap(), ["q"]);
    let queue = open::<TaskFuture<i64>>(&client, None).await;
    let futures = within("the items", queue.get_batch(2)).await.unwrap();
    assert_eq!(
        within("the results", client.gather(&futures))
            .await
            .unwrap(),
        [1, 2]
    );
    drop(futures);
    until(&client, "one task", |identity| identity.tasks.memory == 1).await;
    assert!(within("the deletion", queue.delete()).await.unwrap());
    until(&client, "no task", |identity| identity.tasks.memory == 0).await;
    assert_eq!(within("the names", client.queues()).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn bad_sizes_types_and_deleted_queues_are_clear_errors() {
    let (_cluster, client) = cluster(0).await;
    let none = client.queue::<i64>("q").maxsize(0).open();
    let error = within("the opening", none).await.unwrap_err();
    assert!(error.to_string().contains("maxsize"), "{error}");
    for name in ["", &"x".repeat(10_000)] {
        let error = within("the opening", client.queue::<i64>(name).open())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("the name of a queue"), "{error}");
        let error = within("the set", client.variable(name).set(1))
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("the name of a variable"),
            "{error}"
        );
        let error = within("the log", client.topic(name).log(1))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("the name of a topic"), "{error}");
    }
    let texts = open::<String>(&client, None).await;
    within("the put", texts.put("text".into())).await.unwrap();
    let numbers = open::<i64>(&client, None).await;
    let error = within("the item", numbers.get()).await.unwrap_err();
    assert!(error.to_string().contains("i64"), "{error}");
    assert!(within("the items", numbers.get_batch(0)).await.is_err());
    let waits = {
        let numbers = numbers.clone();
        tokio::spawn(async move { numbers.get().await })
    };
    waiting(&texts, 1, 0).await;
    within("the deletion", texts.delete()).await.unwrap();
    let error = within("the item", waits).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("deleted"), "{error}");
    let error = within("the put", numbers.put(1)).await.unwrap_err();
    assert!(error.to_string().contains("no queue \"q\""), "{error}");
}

#[tokio::test]
async fn a_variable_is_waited_for_set_and_set_anew() {
    let (cluster, client) = cluster(1).await;
    let other = another(&cluster).await;
    let variable = client.variable::<TaskFuture<i64>>("best");
    assert!(
        within("nothing", variable.try_get())
            .await
            .unwrap()
            .is_none()
    );
    let others = other.variable::<TaskFuture<i64>>("best").timeout(HOUR);
    let waits = {
        let others = others.clone();
        tokio::spawn(async move { others.get().await?.await })
    };
    within("the set", variable.set(client.submit(inc::task(1))))
        .await
        .unwrap();
    assert_eq!(within("the value", waits).await.unwrap().unwrap(), 2);
    assert_eq!(
        within("the names", client.variables()).await.unwrap(),
        ["best"]
    );
    let changes = {
        let others = others.clone();
        tokio::spawn(async move { others.changed().await?.await })
    };
    within("the set", variable.set(client.submit(inc::task(10))))
        .await
        .unwrap();
    assert_eq!(within("the change", changes).await.unwrap().unwrap(), 11);
    // What it was set to before is nobody's any more.
    until(&client, "one task", |identity| identity.tasks.memory == 1).await;
    within("the end", other.close()).await;
    let future = within("the value", variable.get()).await.unwrap();
    assert_eq!(within("the result", future).await.unwrap(), 11);
    assert!(within("the deletion", variable.delete()).await.unwrap());
    until(&client, "no task", |identity| identity.tasks.memory == 0).await;
    let short = client
        .variable::<i64>("best")
        .timeout(Duration::from_millis(1));
    let error = within("the end of the wait", short.get())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    let number = client.variable::<i64>("best");
    within("the set", number.set(7)).await.unwrap();
    assert!(within("the value", variable.get()).await.is_err());
    assert_eq!(within("the value", number.get()).await.unwrap(), 7);
}

#[tokio::test]
async fn events_go_to_subscribers_and_the_last_ones_are_kept() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let topic = client.topic::<(String, i64)>("progress");
    let mut early = other.topic::<(String, i64)>("progress").subscribe();
    // The subscription is on its way; an answer comes after it.
    within("the names", other.topics()).await.unwrap();
    within("the log", topic.log(("a".into(), 1))).await.unwrap();
    within("the log", topic.log_all([("b".into(), 2), ("c".into(), 3)]))
        .await
        .unwrap();
    for number in 1..=3 {
        let event = within("an event", early.next()).await.unwrap().unwrap();
        assert_eq!(event.value.1, number);
        assert!(event.at <= SystemTime::now());
    }
    within("the setting", topic.keep(2)).await.unwrap();
    let kept = within("the events", topic.events()).await.unwrap();
    assert!(kept.into_iter().map(|event| event.value.1).eq([2, 3]));
    let mut late = topic.subscribe_with_past();
    let mut next = async || within("an event", late.next()).await.unwrap();
    assert_eq!(next().await.unwrap().value.1, 2);
    assert_eq!(next().await.unwrap().value.1, 3);
    assert!(within("the setting", topic.keep(0)).await.is_err());
    let numbers = client.topic::<i64>("progress");
    within("the log", numbers.log(7)).await.unwrap();
    // It is not what this one reads.
    assert!(next().await.is_err());
    assert!(within("the deletion", topic.delete()).await.unwrap());
    let end = next().await.unwrap_err();
    assert!(end.to_string().contains("was deleted"), "{end}");
}

#[test]
fn blocking_threads_have_queues_variables_and_topics_too() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (cluster, _client) = runtime.block_on(cluster(0));
    let client = taskloom_client::blocking::Client::connect(cluster.address()).unwrap();
    let queue = client.queue::<String>("q").maxsize(1).open().unwrap();
    queue.put("a".into()).unwrap();
    assert!(!queue.try_put("b".into()).unwrap());
    assert_eq!(queue.get().unwrap(), "a");
    assert_eq!(queue.get_within(Duration::from_millis(1)).unwrap(), None);
    let variable = client.variable::<i64>("v");
    variable.set(1).unwrap();
    assert_eq!(variable.get().unwrap(), 1);
    let topic = client.topic::<i64>("t");
    let events = topic.subscribe();
    topic.log_all([1, 2]).unwrap();
    let events = events.take(2).map(|event| event.unwrap().value);
    assert!(events.eq([1, 2]));
    assert_eq!(client.topics().unwrap(), ["t"]);
}
