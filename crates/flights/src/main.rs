//! The program of the demo: `cargo xtask demo`.

use anyhow::{Context, Result};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;
use taskloom_client::{Client, Identity, Notice};
use taskloom_cluster::LocalCluster;
use taskloom_flights::files::{Files, default_folder};
use taskloom_flights::job::{Job, Outcome};
use taskloom_flights::table;

/// Sums up all departures from New York City in 2013 by airline, on a cluster.
///
/// Without --scheduler it starts a scheduler and worker processes of its own.
#[derive(Parser)]
#[command(name = "flights", version)]
#[command(
    after_help = "Examples:\n  flights\n  flights --workers 4\n  flights --scheduler 10.0.0.5:8786"
)]
struct Flags {
    /// Use the running cluster of this scheduler, as host:port
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["workers", "threads"])]
    scheduler: Option<String>,
    /// How many worker processes to start
    #[arg(long, value_name = "N", default_value_t = 2)]
    workers: usize,
    /// How many tasks each of them runs at a time
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
    /// The folder with the files
    #[arg(long, value_name = "FOLDER", default_value_os_t = default_folder().to_owned())]
    data: PathBuf,
}

fn main() -> ExitCode {
    // The workers are this program, started again.
    taskloom_launch::init();
    let flags = Flags::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let done = runtime
        .context("cannot start a runtime")
        .and_then(|rt| rt.block_on(run(flags)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> Result<()> {
    let files = Files::read(&flags.data)?;
    let Some(scheduler) = flags.scheduler else {
        let start = LocalCluster::builder()
            .workers(flags.workers)
            .threads(flags.threads);
        let cluster = start.processes(true).start().await?;
        let done = show(&cluster.client().await?, &files).await;
        cluster.close().await?;
        return done;
    };
    show(&connect(scheduler).await?, &files).await
}

/// Connects, and says what it waits for if that takes a moment.
async fn connect(scheduler: String) -> Result<Client> {
    let waits = format!("waiting for the scheduler at {scheduler}");
    let mut connecting = pin!(Client::connect(scheduler));
    match tokio::time::timeout(Duration::from_secs(1), &mut connecting).await {
        Ok(connected) => Ok(connected?),
        Err(_) => {
            eprintln!("{waits}");
            Ok(connecting.await?)
        }
    }
}

/// Runs the job with a bar that shows how far it is, and prints the table and what it took.
async fn show(client: &Client, files: &Files) -> Result<()> {
    let before = client.identity().await?;
    if before.workers.is_empty() {
        let address = client.address();
        eprintln!("waiting: no worker is connected; start one with `worker {address}`");
    }
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
        "{spinner} {wide_bar:.cyan/blue} {pos}/{len} tasks, {elapsed}",
    )?);
    bar.enable_steady_tick(Duration::from_millis(100));
    let waiting = tokio::spawn(tell(client.clone(), bar.clone()));
    let outcome = Job::new(files)
        .run(client, |progress| {
            bar.set_length(progress.tasks as u64);
            bar.set_position(progress.done as u64);
        })
        .await;
    waiting.abort();
    bar.finish_and_clear();
    let outcome = outcome?;
    println!("{}", table::draw(&outcome.report));
    println!(
        "{}",
        closing_line(&outcome, files, &before, &client.identity().await?)
    );
    Ok(())
}

/// Prints what the scheduler has to say while the job runs, such as that no worker knows its tasks.
async fn tell(client: Client, bar: ProgressBar) {
    let mut notices = client.notices();
    while let Some(notice) = notices.next().await {
        if let Notice::Waiting { text, .. } = notice {
            bar.suspend(|| eprintln!("{text}"));
        }
    }
}

fn closing_line(outcome: &Outcome, files: &Files, before: &Identity, after: &Identity) -> String {
    let workers = match after.workers.len() {
        1 => "1 worker".to_owned(),
        n => format!("{n} workers"),
    };
    format!(
        "{} tasks on {workers} in {:.2} s: {} scattered, {} moved between workers",
        outcome.tasks,
        outcome.elapsed.as_secs_f64(),
        table::bytes(files.nbytes()),
        table::bytes(after.copied_bytes.saturating_sub(before.copied_bytes)),
    )
}
