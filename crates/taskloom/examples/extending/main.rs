//! An extension of your own: the program of the guide in `docs/extending.md`.
//!
//! `board.rs` is what runs beside the scheduler, `client.rs` is what programs use, and neither is
//! known to Taskloom. `cargo run --package taskloom --example extending` starts a cluster with it and
//! looks for the longest chain of Collatz numbers; `extending scheduler --port 8786` is a scheduler
//! with it, and `extending worker scheduler:8786` a worker for it.

mod board;
mod client;

use board::Boards;
use client::BoardClient;
use taskloom::LocalCluster;
use taskloom::extension::hosted;
use taskloom::prelude::*;

/// The Collatz chain of a number.
#[task]
fn chain(start: u64) -> Vec<u64> {
    let next = |&n: &u64| match n {
        1 => None,
        n if n % 2 == 0 => Some(n / 2),
        n => Some(3 * n + 1),
    };
    std::iter::successors(Some(start), next).collect()
}

#[task]
fn length(chain: &[u64]) -> f64 {
    chain.len() as f64
}

/// Computes chains and offers each with its length.
async fn search(client: &Client, starts: std::ops::Range<u64>) -> taskloom::Result<()> {
    let board = client.board("longest");
    for start in starts {
        let chain = client.submit(chain::task(start));
        let length = client.submit(length::task(&chain)).await?;
        board.offer(length, &chain).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    taskloom::init_with(|| vec![hosted(Boards::default())]);
    let builder = LocalCluster::builder()
        .workers(2)
        .extension(Boards::default);
    let cluster = builder.start().await?;

    // One client watches, one waits for a long chain, one looks for it and leaves.
    let (watcher, seeker) = (cluster.client().await?, cluster.client().await?);
    let board = watcher.board::<Vec<u64>>("longest");
    let mut improvements = board.watch().await?;
    let waiting = board.reach(100.0);
    let (reached, searched) = tokio::join!(waiting, search(&seeker, 1..40));
    searched?;
    seeker.close().await;
    drop(seeker);

    let reached = reached?;
    let (mut score, mut chain) = (0.0, None);
    while score < reached {
        let Some(next) = improvements.next().await else {
            break;
        };
        (score, chain) = (next.0, Some(next.1));
        println!("a chain of {score} numbers");
    }
    // Whoever made it is gone, but the board keeps it.
    let Some(chain) = chain else {
        return Ok(());
    };
    println!("it begins {:?}", &chain.await?[..5]);
    let best = board.best().await?;
    assert_eq!(best.map(|(score, _)| score), Some(112.0));
    watcher.close().await;
    cluster.close().await?;
    Ok(())
}
