//! Published data sets in a whole cluster: the cases X2, X3 and W7.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::tasks::{add, inc, total};
use fixture::{cluster, until, within};
use std::collections::BTreeMap;
use taskloom_client::{Error, TaskFuture};

#[tokio::test]
async fn x2_publish_put_twice_list_delete_and_get_of_a_missing_name() {
    let (_cluster, client) = cluster(1).await;
    let x = client.submit(inc::task(1));
    client.publish("x", &x).await.unwrap();
    let error = client.publish("x", &x).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    assert!(
        error.to_string().contains("\"x\" is published already"),
        "{error}"
    );
    client.publish("a", &vec![x.clone()]).await.unwrap();
    assert_eq!(client.datasets().await.unwrap(), ["a", "x"]);

    let error = client
        .dataset::<TaskFuture<i64>>("missing")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("\"missing\""), "{error}");
    let error = client.unpublish("missing").await.unwrap_err();
    assert!(error.to_string().contains("\"missing\""), "{error}");

    drop(x);
    client.unpublish("x").await.unwrap();
    assert_eq!(client.datasets().await.unwrap(), ["a"]);
    client.unpublish("a").await.unwrap();
    until(&client, "the release", |identity| {
        identity.tasks == Default::default()
    })
    .await;
}

#[tokio::test]
async fn x3_what_only_a_name_keeps_survives_the_client_until_it_is_unpublished() {
    let (cluster, client) = cluster(1).await;
    let other = cluster.client().await.unwrap();
    let x = client.submit(inc::task(1));
    client.publish("x", &x).await.unwrap();
    within("the end", client.close()).await;
    drop((x, client));
    until(&other, "the end of the other client", |identity| {
        identity.clients == 1 && identity.tasks.memory == 1
    })
    .await;
    let x: TaskFuture<i64> = other.dataset("x").await.unwrap();
    assert_eq!(within("the result", &x).await.unwrap(), 2);
    drop(x);
    other.unpublish("x").await.unwrap();
    until(&other, "the release", |identity| {
        identity.tasks == Default::default()
    })
    .await;
}

#[tokio::test]
async fn w7_a_data_set_is_computed_with_after_its_publisher_exited() {
    let (cluster, publisher) = cluster(2).await;
    let parts = publisher.map(0..10, inc::task).await.unwrap();
    publisher.publish("parts", &parts).await.unwrap();
    drop(parts);
    within("the end", publisher.close()).await;
    drop(publisher);

    let reader = cluster.client().await.unwrap();
    until(&reader, "the end of the publisher", |identity| {
        identity.clients == 1
    })
    .await;
    let parts: Vec<TaskFuture<i64>> = reader.dataset("parts").await.unwrap();
    let sum = reader.submit(total::task(&parts));
    assert_eq!(within("the sum", sum).await.unwrap(), 55);
    // A future that came from a data set stays valid when the name is gone.
    reader.unpublish("parts").await.unwrap();
    let more = reader.submit(add::task(&parts[9], 90));
    assert_eq!(within("the rest", more).await.unwrap(), 100);
}

#[tokio::test]
async fn data_sets_have_kinds_and_values_have_types() {
    let (_cluster, client) = cluster(1).await;
    let named: BTreeMap<String, TaskFuture<i64>> = ["one", "two"]
        .into_iter()
        .map(|name| (name.to_owned(), client.submit(inc::task(name.len() as i64))))
        .collect();
    let pair = (named, vec![client.submit(inc::task(5))]);
    client.publish("pair", &pair).await.unwrap();
    type Pair = (BTreeMap<String, TaskFuture<i64>>, Vec<TaskFuture<i64>>);
    let (names, numbers): Pair = client.dataset("pair").await.unwrap();
    assert_eq!(names.keys().collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!((&names["two"]).await.unwrap(), 4);
    assert_eq!((&numbers[0]).await.unwrap(), 6);

    let error = client.dataset::<TaskFuture<i64>>("pair").await.unwrap_err();
    for part in ["\"pair\"", "is a pair of", "not a future of i64"] {
        assert!(
            error.to_string().contains(part),
            "{part} is not in: {error}"
        );
    }
    type Swapped = (Vec<TaskFuture<i64>>, BTreeMap<String, TaskFuture<i64>>);
    let error = client.dataset::<Swapped>("pair").await.unwrap_err();
    assert!(
        error.to_string().contains("a pair of map of futures"),
        "{error}"
    );

    client.publish("one", &numbers[0]).await.unwrap();
    let wrong: TaskFuture<String> = client.dataset("one").await.unwrap();
    let error = within("the error", wrong).await.unwrap_err();
    assert!(matches!(error, Error::Value(_)), "{error:?}");
}

#[tokio::test]
async fn a_data_set_may_be_replaced_and_may_be_unfinished() {
    let (_cluster, client) = cluster(1).await;
    let first = client.submit(inc::task(1));
    client.publish("x", &first).await.unwrap();
    let failing = client.submit(fixture::tasks::explode::task(0));
    client.publish("x", &failing).replace().await.unwrap();
    drop((first, failing));
    let x: TaskFuture<i64> = client.dataset("x").await.unwrap();
    let error = within("the error", x).await.unwrap_err();
    assert!(error.is_task_failure(), "{error}");
    client.unpublish("x").await.unwrap();
    until(&client, "the release", |identity| {
        identity.tasks == Default::default()
    })
    .await;
}

#[test]
fn data_sets_without_async() {
    let cluster = fixture::builder().workers(1).start_blocking().unwrap();
    let client = cluster.blocking_client().unwrap();
    let x = client.submit(inc::task(1));
    client.publish("x", &x).unwrap();
    client.publish_replacing("x", &x).unwrap();
    assert_eq!(client.datasets().unwrap(), ["x"]);
    let again: TaskFuture<i64> = client.dataset("x").unwrap();
    assert_eq!(again.result().unwrap(), 2);
    client.unpublish("x").unwrap();
    assert!(client.datasets().unwrap().is_empty());
}
