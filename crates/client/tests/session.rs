//! A client on a small cluster: how futures end, what graphs are refused, how sessions end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::IntoFuture;
use std::time::{Duration, Instant};
use taskloom_client::{Client, Error, Graph, Notice, TaskFuture, blocking};
use taskloom_cluster::LocalCluster;
use taskloom_task::{Status, task};

#[task(crate = taskloom_task)]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task(crate = taskloom_task)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[task(crate = taskloom_task)]
fn total(parts: Vec<i64>) -> i64 {
    parts.iter().sum()
}

#[task(crate = taskloom_task)]
fn texts(n: usize, length: usize) -> Vec<String> {
    (0..n).map(|at| format!("{at:0length$}")).collect()
}

#[task(crate = taskloom_task)]
fn pair(x: i64) -> (i64, String) {
    (x, "x".repeat(x as usize))
}

#[task(crate = taskloom_task)]
fn fail(text: &str) -> Result<i64, std::io::Error> {
    Err(std::io::Error::other(text.to_owned()))
}

const PATIENCE: Duration = Duration::from_secs(60);

async fn within<F: IntoFuture>(what: &str, future: F) -> F::Output {
    let done = tokio::time::timeout(PATIENCE, future.into_future()).await;
    done.unwrap_or_else(|_| panic!("{what} did not happen within {PATIENCE:?}"))
}

async fn cluster() -> (LocalCluster, Client) {
    let cluster = LocalCluster::builder()
        .workers(2)
        .threads(1)
        .start()
        .await
        .unwrap();
    let client = cluster.client().await.unwrap();
    (cluster, client)
}

#[tokio::test]
async fn a_graph_gives_its_outputs_in_their_shape() {
    let (_cluster, client) = cluster().await;
    let outside = client.submit(inc::task(99));
    let mut graph = Graph::new();
    let one = graph.add(inc::task(0).key("one"));
    let two = graph.add(add::task(&one, 1));
    let same = graph.add(add::task(&one, 1));
    assert_eq!(two.index(), same.index());
    let hundred = graph.add(add::task(&outside, 0));
    let all = graph.add(total::task(vec![one.clone(), two.clone(), hundred]));
    let _unneeded = graph.add(fail::task("never runs"));
    let (sum, [first, again]) = client
        .submit_graph(graph, (all, [two.clone(), two]))
        .await
        .unwrap();
    drop(outside);
    assert_eq!(within("the sum", sum).await.unwrap(), 103);
    assert_eq!(first.key(), again.key());
    drop(first);
    assert_eq!(
        within("an output that is named twice", again)
            .await
            .unwrap(),
        2
    );
}

#[tokio::test]
async fn tasks_of_a_graph_may_be_named_before_they_are_added() {
    let (_cluster, client) = cluster().await;
    let mut graph = Graph::new();
    let later = graph.node::<i64>("later");
    let sum = graph.add(add::task(&later, 1));
    graph.add(inc::task(1).key("later"));
    let sum = client.submit_graph(graph, &sum).await.unwrap();
    assert_eq!(within("the sum", sum).await.unwrap(), 3);
}

#[tokio::test]
async fn bad_graphs_are_refused_with_the_keys() {
    let (_cluster, client) = cluster().await;
    let refused = |graph: Graph, output| match client.submit_graph(graph, output).now() {
        Err(Error::Graph(text)) => text,
        other => panic!("{other:?}"),
    };

    let mut graph = Graph::new();
    let missing = graph.node::<i64>("b");
    let a = graph.add(inc::task(missing).key("a"));
    let text = refused(graph, a);
    assert!(
        text.contains("task b is missing (task a needs it)"),
        "{text}"
    );

    let mut graph = Graph::new();
    let c = graph.node::<i64>("c");
    let a = graph.add(inc::task(&c).key("a"));
    let b = graph.add(inc::task(&a).key("b"));
    graph.add(inc::task(&b).key("c"));
    let text = refused(graph, b);
    for key in ["a", "b", "c", "cycle"] {
        assert!(text.contains(key), "{text}");
    }

    let mut graph = Graph::new();
    let a = graph.add(inc::task(1).key("a"));
    graph.add(inc::task(2).key("a"));
    let text = refused(graph, a);
    assert!(
        text.contains("the key a is given twice with different content"),
        "{text}"
    );

    let (mut one, mut other) = (Graph::new(), Graph::new());
    let foreign = other.add(inc::task(1).key("foreign"));
    let own = one.add(inc::task(&foreign).key("own"));
    let text = refused(one, own);
    assert!(
        text.contains("own needs foreign, which belongs to another graph"),
        "{text}"
    );

    let mut graph = Graph::new();
    let list = graph.add(texts::task(3_usize, 3_usize).key("list"));
    let outputs = client.submit_graph(graph, list.element(0)).now();
    assert!(matches!(outputs, Err(Error::Graph(text)) if text.contains("an element of list")));

    let mut graph = Graph::new();
    let bad = graph.add(inc::task(1).key(""));
    let outputs = client.submit_graph(graph, bad).now();
    assert!(
        matches!(outputs, Err(Error::Call { .. })),
        "{:?}",
        outputs.err()
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_call_comes_out_of_its_future() {
    let (_cluster, client) = cluster().await;
    let bad = client.submit(inc::task(1).key(""));
    assert_eq!(bad.status(), Status::Erred);
    let dependent = client.submit(inc::task(&bad));
    let error = dependent.await.unwrap_err();
    assert!(
        error.to_string().contains("a key must not be empty"),
        "{error}"
    );

    let mut keys = ["x".to_owned(), String::new(), "y".to_owned()].into_iter();
    let futures = client
        .map(1..4, |x| inc::task(x).key(keys.next().unwrap()))
        .await
        .unwrap();
    assert_eq!(within("the first", &futures[0]).await.unwrap(), 2);
    assert!((&futures[1]).await.is_err());
    assert_eq!(within("the last", &futures[2]).await.unwrap(), 4);

    let other = Client::connect(client.address()).await.unwrap();
    let foreign = other.submit(inc::task(5));
    let error = client.submit(inc::task(&foreign)).await.unwrap_err();
    assert!(
        error.to_string().contains("belongs to another client"),
        "{error}"
    );
}

#[tokio::test]
async fn errors_are_told_by_status_and_exception() {
    let (_cluster, client) = cluster().await;
    let failing = client.submit(fail::task("no luck"));
    let dependent = client.submit(inc::task(&failing));
    within(
        "the end",
        client.wait(&[failing.clone(), dependent.clone()]),
    )
    .await
    .unwrap();
    assert_eq!(
        (failing.status(), dependent.status()),
        (Status::Erred, Status::Erred)
    );
    let error = dependent.exception().unwrap();
    assert!(
        error.is_task_failure() && error.to_string().contains("no luck"),
        "{error}"
    );
    assert_eq!(error.failure().unwrap().key, failing.key().as_str());
    assert!(
        within("the gathering", client.gather(&[dependent]))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn large_results_and_their_parts_are_fetched() {
    let (_cluster, client) = cluster().await;
    let large: Vec<TaskFuture<Vec<String>>> = client
        .map(0..20_usize, |n| texts::task(n, 1000_usize))
        .await
        .unwrap();
    let results = within("the results", client.gather(&large)).await.unwrap();
    assert!(
        results
            .iter()
            .enumerate()
            .all(|(n, texts)| texts.len() == n)
    );
    // All at once, of one result, by several tasks: the whole, parts, and the whole again.
    let last = &large[19];
    let (whole, first, end, again) = within("the parts", async {
        tokio::join!(
            last.into_future(),
            last.element(0).into_future(),
            last.element(18).into_future(),
            last.into_future(),
        )
    })
    .await;
    assert_eq!(whole.unwrap(), again.unwrap());
    assert_eq!(end.unwrap(), format!("{:01000}", 18));
    assert_eq!(first.unwrap(), "0".repeat(1000));
    assert!(
        within("a part that is not there", last.element(19))
            .await
            .is_err()
    );

    let (number, text) = client.submit(pair::task(10_000)).split();
    assert_eq!(within("a member", number).await.unwrap(), 10_000);
    assert_eq!(within("a member", text).await.unwrap().len(), 10_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_tasks_wait_for_one_future() {
    let (_cluster, client) = cluster().await;
    let future = client.submit(texts::task(10_usize, 1000_usize));
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let future = future.clone();
            tokio::spawn(async move { future.await })
        })
        .collect();
    for waiting in waiting {
        assert_eq!(
            within("a waiter", waiting).await.unwrap().unwrap().len(),
            10
        );
    }
}

#[tokio::test]
async fn abandoned_waiting_does_no_harm() {
    let (_cluster, client) = cluster().await;
    let futures = client.map(0..100, inc::task).await.unwrap();
    for future in &futures {
        let mut waiting = std::pin::pin!(future.into_future());
        let _ = futures::poll!(&mut waiting);
    }
    let results = within("the results", client.gather(&futures))
        .await
        .unwrap();
    assert_eq!(results, (1..101).collect::<Vec<i64>>());
}

#[tokio::test]
async fn what_no_worker_can_run_is_told() {
    let (_cluster, client) = cluster().await;
    let mut notices = client.notices();
    let future = client.submit(inc::task(1).workers(["nobody"]));
    let notice = within("the notice", notices.next()).await.unwrap();
    let Notice::Waiting {
        operation,
        tasks,
        text,
        ..
    } = notice
    else {
        panic!("{notice:?}")
    };
    assert!(operation.ends_with("inc/1"), "{operation}");
    assert_eq!(tasks, 1);
    assert!(text.contains("nobody"), "{text}");
    future.cancel();
    assert_eq!(future.status(), Status::Cancelled);
    let error = future.await.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    client.close().await;
    assert_eq!(within("the end of notices", notices.next()).await, None);
}

#[tokio::test]
async fn an_ended_session_ends_what_is_pending() {
    let (cluster, client) = cluster().await;
    let done = client.submit(inc::task(1));
    within("the result", client.wait(std::slice::from_ref(&done)))
        .await
        .unwrap();
    let pending = client.submit(inc::task(2).workers(["nobody"]));
    let waiting = tokio::spawn(pending.clone().into_future());
    drop(client);
    let error = within("the end", waiting).await.unwrap().unwrap_err();
    assert!(
        matches!(&error, Error::Closed(reason) if reason.contains("dropped")),
        "{error}"
    );
    // A small result had come with its notice.
    assert_eq!(done.await.unwrap(), 2);
    assert!(matches!(pending.exception(), Some(Error::Closed(_))));

    let client = cluster.client().await.unwrap();
    let pending = client.submit(inc::task(3).workers(["nobody"]));
    // The scheduler knows of it once it answered another question.
    client.submit(inc::task(4)).await.unwrap();
    cluster.close().await.unwrap();
    let error = within("the end", pending).await.unwrap_err();
    assert!(matches!(error, Error::Closed(_)), "{error}");
    let error = client.submit(inc::task(5)).await.unwrap_err();
    assert!(matches!(error, Error::Closed(_)), "{error}");
    assert!(client.map(0..3, inc::task).await.is_err());
    assert!(client.identity().await.is_err());
    assert!(client.scatter(1).await.is_err());
}

#[tokio::test]
async fn connecting_says_what_it_waited_for() {
    let start = Instant::now();
    // A port of this machine on which nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let builder = Client::builder(free.to_string()).timeout(Duration::from_millis(200));
    let error = builder.connect().await.unwrap_err();
    assert!(start.elapsed() < PATIENCE);
    let text = error.to_string();
    assert!(
        text.contains(&free.to_string()) && text.contains("refused"),
        "{text}"
    );
    assert!(text.contains("waited 0.2 s"), "{text}");

    let error = Client::connect("ftp://scheduler").await.unwrap_err();
    assert!(error.to_string().contains("host:port"), "{error}");
}

#[tokio::test]
async fn more_than_may_be_queued_is_refused_and_room_can_be_waited_for() {
    let (_cluster, client) = cluster().await;
    let small = Client::builder(client.address())
        .queue_limit(1024)
        .connect()
        .await
        .unwrap();
    // On this runtime nothing is sent before the test waits for something.
    let futures = small.map(0..3000, inc::task).now();
    let error = futures[2999].exception().unwrap();
    assert!(
        matches!(&error, Error::Overloaded(text) if text.contains("ready")),
        "{error}"
    );
    let error = small.submit(inc::task(-1)).await.unwrap_err();
    assert!(matches!(error, Error::Overloaded(_)), "{error}");
    within("room", small.ready()).await.unwrap();
    assert_eq!(
        within("the result", small.submit(inc::task(-1)))
            .await
            .unwrap(),
        0
    );
    assert_eq!(within("the result", &futures[0]).await.unwrap(), 1);
    let futures = within("the map", small.map(0..3000, inc::task))
        .await
        .unwrap();
    within("the results", small.gather(&futures)).await.unwrap();
}

#[tokio::test]
async fn scattered_values_are_one_by_content_unless_told_otherwise() {
    let (_cluster, client) = cluster().await;
    let values = vec![1.5_f64; 1000];
    let a = within("the scatter", client.scatter(values.clone()))
        .await
        .unwrap();
    let b = client.scatter(values.clone()).now();
    let c = client.scatter(values.clone()).hashed(false).now();
    assert_eq!(a.key(), b.key());
    assert_ne!(a.key(), c.key());
    for future in [a, b, c] {
        assert_eq!(within("the value", future).await.unwrap(), values);
    }
    let error = client.scatter(1).workers(["nobody"]).now();
    error.cancel();
    assert!(error.await.unwrap_err().is_cancelled());
}

#[test]
fn the_blocking_face_has_the_same_names() {
    let cluster = LocalCluster::builder()
        .workers(1)
        .threads(1)
        .start_blocking()
        .unwrap();
    let client = blocking::Client::builder(cluster.address())
        .name("test")
        .connect_blocking();
    let client = client.unwrap();
    let a = client.submit(inc::task(1));
    assert_eq!(a.result().unwrap(), 2);
    let futures = client.map(0..100, |x| add::task(x, &a)).unwrap();
    client.wait(&futures).unwrap();
    assert_eq!(
        client.gather(&futures).unwrap(),
        (2..102).collect::<Vec<i64>>()
    );
    let data = client.scatter(vec![7_i64; 10]).broadcast().place().unwrap();
    assert_eq!(client.submit(total::task(&data)).result().unwrap(), 70);
    let mut graph = Graph::new();
    let one = graph.add(inc::task(0));
    assert_eq!(
        client.submit_graph(graph, one).unwrap().result().unwrap(),
        1
    );
    assert_eq!(client.identity().unwrap().workers.len(), 1);

    // From async code the calls say what to do instead of blocking.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let error = runtime
        .block_on(async { client.gather(&futures) })
        .unwrap_err();
    assert!(matches!(error, Error::WouldBlock(_)), "{error}");
    client.close().unwrap();
    assert!(matches!(client.ready(), Err(Error::Closed(_))));
}

#[tokio::test]
async fn a_future_does_not_block_the_runtime_of_its_client() {
    let (_cluster, client) = cluster().await;
    let future = client.submit(inc::task(1));
    assert!(matches!(future.result(), Err(Error::WouldBlock(_))));
    assert_eq!(future.await.unwrap(), 2);
}
