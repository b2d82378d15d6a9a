//! Tasks that start tasks, as `docs/nested.md` shows them: on one worker with one thread.

use taskloom::LocalCluster;
use taskloom::prelude::*;

#[task]
async fn fib(ctx: &TaskContext, n: u64) -> taskloom::Result<u64> {
    if n < 2 {
        return Ok(n);
    }
    let client = ctx.client();
    let a = client.submit(fib::task(n - 1));
    let b = client.submit(fib::task(n - 2));
    Ok(a.await? + b.await?)
}

#[task]
fn square(x: u64) -> u64 {
    x * x
}

#[task]
fn mean_of_squares(ctx: &TaskContext, n: u64) -> taskloom::Result<f64> {
    let client = ctx.blocking_client();
    let squares = client.map(1..=n, square::task)?;
    let sum: u64 = client.gather(&squares)?.into_iter().sum();
    Ok(sum as f64 / n as f64)
}

#[task]
fn reciprocal(n: i64) -> Result<i64, String> {
    1_000_i64
        .checked_div(n)
        .ok_or_else(|| format!("{n} has no reciprocal"))
}

#[task]
async fn careful(ctx: &TaskContext, n: i64) -> taskloom::Result<i64> {
    match ctx.client().submit(reciprocal::task(n)).await {
        Ok(x) => Ok(x),
        Err(error) if error.is_task_failure() => Ok(0),
        Err(error) => Err(error),
    }
}

#[task]
fn sum_part(table: &[u64], part: usize, parts: usize) -> u64 {
    let size = table.len().div_ceil(parts);
    table.iter().skip(part * size).take(size).sum()
}

#[task]
async fn shared_table(ctx: &TaskContext, rows: u64) -> taskloom::Result<u64> {
    let client = ctx.client();
    let table = client.scatter((0..rows).collect::<Vec<u64>>()).await?;
    let parts = client
        .map(0..4, |part| sum_part::task(&table, part, 4))
        .await?;
    Ok(client.gather(&parts).await?.into_iter().sum())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    taskloom::init();
    let cluster = LocalCluster::builder()
        .workers(1)
        .threads(1)
        .start()
        .await?;
    let client = cluster.client().await?;
    let fib = client.submit(fib::task(30)).await?;
    println!("fib(30) = {fib}");
    assert_eq!(fib, 832_040);
    let mean = client.submit(mean_of_squares::task(100)).await?;
    println!("the mean of the first 100 squares is {mean}");
    assert_eq!(mean, 3383.5);
    assert_eq!(client.submit(careful::task(4)).await?, 250);
    assert_eq!(client.submit(careful::task(0)).await?, 0);
    assert_eq!(client.submit(shared_table::task(1_000)).await?, 499_500);
    Ok(())
}
