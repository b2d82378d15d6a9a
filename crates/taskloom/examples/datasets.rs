//! Published data sets: what `docs/datasets.md` shows.
//!
//! `cargo run --package taskloom --example datasets` runs it. One client publishes and leaves, another
//! one goes on with the data.

use std::collections::BTreeMap;
use taskloom::LocalCluster;
use taskloom::array::ArrayError;
use taskloom::array::prelude::*;
use taskloom::prelude::*;

#[task]
fn load(month: u32) -> Vec<f64> {
    (0..1000).map(|day| f64::from(month * day % 17)).collect()
}

#[task]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Publishes a vector of futures, and a map of them.
async fn publish(client: &Client) -> taskloom::Result<()> {
    let months = client.map(1..=12, load::task).await?;
    client.publish("delays", &months).await?;
    // A name is taken once, unless it is said that it may be replaced.
    assert!(client.publish("delays", &months).await.is_err());
    client.publish("delays", &months).replace().await?;

    let named: BTreeMap<String, TaskFuture<f64>> = ["january", "february"]
        .into_iter()
        .zip(&months)
        .map(|(name, month)| (name.to_owned(), client.submit(mean::task(month))))
        .collect();
    client.publish("means", &named).await?;
    Ok(())
}

/// Goes on with what was published.
async fn go_on(client: &Client) -> taskloom::Result<()> {
    println!("published: {:?}", client.datasets().await?);
    let months: Vec<TaskFuture<Vec<f64>>> = client.dataset("delays").await?;
    let december = client.submit(mean::task(&months[11]));
    println!("december: {:.2}", december.await?);

    let means: BTreeMap<String, TaskFuture<f64>> = client.dataset("means").await?;
    println!("january: {:.2}", (&means["january"]).await?);

    // What is not there is named, with what is similar.
    if let Err(error) = client.dataset::<Vec<TaskFuture<f64>>>("delay").await {
        println!("{error}");
    }
    client.unpublish("delays").await?;
    client.unpublish("means").await?;
    Ok(())
}

/// Publishes an array, whose blocks stay on the workers.
async fn publish_array(client: &Client) -> Result<(), ArrayError> {
    let x = client.arange(0, 1_000, 1, Chunks::of([250]));
    client.publish("x", &x.persist().await?).await?;
    Ok(())
}

/// Goes on with the array.
async fn go_on_with_the_array(client: &Client) -> Result<(), ArrayError> {
    let x: Array = client.dataset("x").await?;
    println!("sum: {}", x.sum().item::<i64>().await?);
    client.unpublish("x").await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cluster = LocalCluster::builder().workers(2).start().await?;
    let publisher = cluster.client().await?;
    publish(&publisher).await?;
    publish_array(&publisher).await?;
    publisher.close().await;
    drop(publisher);

    let reader = cluster.client().await?;
    go_on(&reader).await?;
    go_on_with_the_array(&reader).await?;
    reader.close().await;
    cluster.close().await?;
    Ok(())
}
