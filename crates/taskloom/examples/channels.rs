//! A channel between three processes: a producer, a consumer and a monitor. The program of the guide
//! in `docs/channels.md`.
//!
//! `cargo run --package taskloom --example channels` starts a cluster and runs this program three
//! times again, once for each part. Each part can be started by itself too, on any machine:
//! `channels producer scheduler:8786`.
#![allow(clippy::expect_used)] // Each says what must be so; without it there is nothing to show.

use std::process::{Child, Command, ExitStatus};
use taskloom::prelude::*;
use taskloom::{Channel, LocalCluster, blocking};

/// How many frames there are.
const FRAMES: u64 = 20;

/// Stands for something that takes time and makes something large.
#[task]
fn render(frame: u64) -> Vec<u8> {
    vec![frame as u8; 100_000]
}

#[task]
fn brightness(pixels: &[u8]) -> f64 {
    pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / pixels.len() as f64
}

/// Starts frames and appends their futures, done or not. It may end before they are.
async fn producer(address: &str) -> taskloom::Result<()> {
    let client = Client::connect(address).await?;
    let frames = client
        .channel::<TaskFuture<Vec<u8>>>("frames")
        .open()
        .await?;
    for frame in 0..FRAMES {
        frames.append(client.submit(render::task(frame))).await?;
    }
    // Ends every reader after the last frame, also those that come later.
    frames.stop().await?;
    Ok(())
}

/// Takes frames as they come, computes with them where they lie, and appends small values.
async fn consumer(address: &str) -> taskloom::Result<()> {
    let client = Client::connect(address).await?;
    let frames = client
        .channel::<TaskFuture<Vec<u8>>>("frames")
        .open()
        .await?;
    let measured = client
        .channel::<(u64, f64)>("measured")
        .maxlen(100)
        .open()
        .await?;
    let mut stream = frames.stream();
    let mut number = 0;
    while let Some(frame) = stream.next().await {
        // The frame moves from worker to worker if need be, and never to this process.
        let value = client.submit(brightness::task(frame?)).await?;
        measured.append((number, value)).await?;
        number += 1;
    }
    measured.stop().await?;
    Ok(())
}

/// Watches: without async, and without taking anything from anybody.
fn monitor(address: &str) -> taskloom::Result<()> {
    let client = blocking::Client::connect(address)?;
    let frames = client.channel::<TaskFuture<Vec<u8>>>("frames").open()?;
    let measured = client
        .channel::<(u64, f64)>("measured")
        .maxlen(100)
        .open()?;
    for element in measured.iter() {
        let (number, value) = element?;
        println!("frame {number} of {}: {value}", frames.len()?);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    // Started as `channels worker ...` this program is a worker with these tasks.
    taskloom::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["producer", address] => producer(address).await,
        ["consumer", address] => consumer(address).await,
        ["monitor", address] => {
            let address = address.to_owned();
            let thread = std::thread::spawn(move || monitor(&address));
            thread.join().expect("the monitor does not panic")
        }
        _ => all().await,
    }
}

/// A cluster, and the three parts as processes.
async fn all() -> taskloom::Result<()> {
    let cluster = LocalCluster::builder().workers(2).start().await?;
    let client = cluster.client().await?;
    let parts = ["monitor", "consumer", "producer"].map(|part| start(part, cluster.address()));
    for part in parts {
        let status = tokio::task::spawn_blocking(move || end(part)).await;
        assert!(status.expect("waiting does not panic").success());
    }

    // All of them are gone; the channels are there, with what is in them.
    let measured: Channel<(u64, f64)> = client.channel("measured").open().await?;
    let values = measured.snapshot().await?;
    assert_eq!(values.len() as u64, FRAMES);
    assert_eq!(
        measured.last().await?,
        Some((FRAMES - 1, (FRAMES - 1) as f64))
    );
    let frames = client
        .channel::<TaskFuture<Vec<u8>>>("frames")
        .open()
        .await?;
    let mut again = frames.stream();
    while let Some(frame) = again.next().await {
        assert_eq!(frame?.await?.len(), 100_000);
    }
    assert!(frames.append(client.submit(render::task(0))).await.is_err());
    frames.delete().await?;
    measured.delete().await?;
    Ok(())
}

fn start(part: &str, address: &str) -> Child {
    let program = std::env::current_exe().expect("this program has a path");
    let child = Command::new(program).args([part, address]).spawn();
    child.expect("this program can be started again")
}

fn end(mut part: Child) -> ExitStatus {
    part.wait().expect("the part was started")
}
