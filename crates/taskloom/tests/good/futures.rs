//! Futures, alone, in rows and in tuples, where calls are about one or several of them.

use std::collections::BTreeMap;
use std::time::Duration;
use taskloom::prelude::*;
use taskloom::{FutureSet, NamedOutputs, TaskCall};

#[task]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn options() -> TaskCall<i64> {
    inc::task(1)
        .key("one")
        .pure(false)
        .priority(-1)
        .workers(["here"])
        .or_any()
        .resource("GPU", 0.5)
        .retries(3)
        .backoff(Duration::ZERO)
        .timeout(Duration::from_secs(1))
        .label("trial")
        .job("nightly")
}

fn count(futures: impl FutureSet) -> usize {
    let mut n = 0;
    futures.each(&mut |_| n += 1);
    n
}

fn sets(one: &TaskFuture<i64>, text: &TaskFuture<String>, many: &Vec<TaskFuture<f64>>) -> usize {
    count(one)
        + count([one, one])
        + count((one, text, many))
        + count(many)
        + count(&many[1..])
        + count(many.iter().collect::<Vec<_>>())
        + count((one.clone(), [text.clone()]))
}

#[allow(dead_code)]
async fn calls(client: &Client, many: Vec<TaskFuture<i64>>) -> taskloom::Result<()> {
    let sums: Vec<TaskFuture<i64>> = client.map2(&many, many.clone(), add::task).await?;
    let _ = client
        .map3(0..3, 0..3, 0..3, |a, b, c| add::task(a + b, c))
        .batches(2)
        .now();
    client
        .wait((&many, &sums[0]))
        .timeout(Duration::from_secs(1))
        .await?;
    let _: Vec<usize> = client.wait_any(&sums).await?;
    let mut done = client.as_completed(&many);
    done.extend(&sums[..2]);
    done.extend(sums.clone());
    while let Some((future, result)) = done.next().await {
        let _: (TaskFuture<i64>, taskloom::Result<i64>) = (future, result);
    }
    let _: Vec<i64> = client.gather(&many).skip_errors().await?;
    let adopted: TaskFuture<i64> = client.adopt(&many[0]).await?;
    adopted.on_done(|future| println!("{}", future.key()));
    let mut graph = Graph::new();
    let nodes: BTreeMap<&str, Node<i64>> = [("one", graph.add(inc::task(0)))].into();
    let named = NamedOutputs::new().with("one", &nodes["one"]);
    let (map, named) = client.submit_graph(graph, (&nodes, named)).await?;
    let _: &TaskFuture<i64> = &map["one"];
    let _: TaskFuture<i64> = named.get("one")?;
    client.retry((&many, &sums)).await?;
    client.fire_and_forget(sums)?;
    Ok(())
}

#[test]
fn futures_come_alone_in_rows_and_in_tuples() {
    assert_eq!(options().final_key().unwrap().as_str(), "one");
    let _ = sets;
}
