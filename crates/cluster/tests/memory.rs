//! A scheduler whose memory for tasks has a limit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::tasks::*;
use fixture::{builder, started, until, within};
use taskloom_client::Graph;

#[tokio::test]
async fn a_graph_beyond_the_memory_limit_is_refused_with_sizes_and_others_go_on() {
    let limited = builder()
        .workers(1)
        .scheduler(|scheduler| scheduler.memory_limit = 4 << 20);
    let (cluster, client) = started(limited).await;
    let other = within("a client", cluster.client()).await.unwrap();
    // Several chunks of it go out; the first is answered, and so are all others.
    let mut graph = Graph::new();
    let parts: Vec<_> = (0..100_000).map(|n| graph.add(inc::task(n))).collect();
    let sum = graph.add(total::task(&parts));
    let sum = within("the graph", client.submit_graph(graph, sum))
        .await
        .unwrap();
    let words = within("the refusal", sum).await.unwrap_err().to_string();
    assert!(
        words.contains("its 100001 tasks need about") && words.contains("of 4194304 bytes"),
        "{words}"
    );
    let few = other.map(0..1000, inc::task).now();
    let sums = within("the others", other.gather(&few)).await.unwrap();
    assert_eq!(sums[999], 1000);
    // Tasks that come one by one are taken in until there is no room.
    let many = client.map(0..40_000, |n| inc::task(-n)).now();
    let error = within("the refusal", client.gather(&many))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("there is no room"), "{error}");
    drop((many, few));
    until(&client, "no tasks", |identity| identity.tables.tasks == 0).await;
    // Nothing of it is kept, and the same client may ask for less.
    let few = client.map(0..1000, |n| inc::task(n + 5)).now();
    within("less", client.gather(&few)).await.unwrap();
}
