//! From the start of a process until the scheduler's port answers, and until the scheduler knows the
//! worker.

use crate::cluster::{launch_scheduler, start_worker, until};
use crate::options::Options;
use crate::raw;
use crate::report::Report;
use anyhow::{Result, bail};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use taskloom_client::Client;

const GIVE_UP_AFTER: Duration = Duration::from_secs(10);
const KNOCK_EVERY: Duration = Duration::from_micros(200);

pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    once().await?;
    let (mut listening, mut registered, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let (scheduler, worker) = once().await?;
        listening.push(scheduler);
        registered.push(worker);
        bare.push(raw::spawn()?);
    }
    report.figure("startup", "listening", 1, "ms", &listening);
    report.figure("startup", "registered", 1, "ms", &registered);
    report.figure("raw.spawn", "listening", 1, "ms", &bare);
    let ratios: Vec<f64> = listening
        .iter()
        .zip(&bare)
        .map(|(ours, bare)| ours / bare)
        .collect();
    report.figure(
        "startup",
        "ratio",
        1,
        "x raw.spawn until listening",
        &ratios,
    );
    Ok(())
}

/// Milliseconds of the scheduler and of a worker.
async fn once() -> Result<(f64, f64)> {
    let address = free_address()?;
    let scheduler = launch_scheduler(address.port())?;
    knock(address)?;
    let listening = scheduler.started().elapsed();
    let client = Client::connect(address.to_string()).await?;
    let worker = start_worker(address, "w0")?;
    until(&client, |identity| identity.workers.len() == 1).await?;
    let registered = worker.started().elapsed();
    drop((client, worker, scheduler));
    Ok((
        listening.as_secs_f64() * 1e3,
        registered.as_secs_f64() * 1e3,
    ))
}

/// A port that nobody listens on: it was given out by the system a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn knock(address: SocketAddr) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < GIVE_UP_AFTER {
        if TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(KNOCK_EVERY);
    }
    bail!("no scheduler answers on {address}")
}
