//! What becomes of jobs: waiting, output, the list, the end.

use super::array::Indices;
use super::command::{Logs, Wait};
use super::{PUBLISHED, failed};
use crate::announce;
use crate::exit::{Exit, Failure};
use std::io::Write;
use std::path::Path;
use taskloom_client::{Client, Error, TaskFuture};
use taskloom_programs::{Captured, ProgramOutput};
use taskloom_task::Status;

/// Errors that are shown in full; of more, the number is told.
const SHOWN: usize = 10;

/// The programs of a job.
type Futures = Vec<TaskFuture<ProgramOutput>>;

/// The programs of a job, in the order of their numbers.
async fn find(client: &Client, job: &str) -> Result<Futures, Failure> {
    let found = client.dataset(format!("{PUBLISHED}{job}")).await;
    found.map_err(|error| match error {
        Error::Refused(_) => failed(format!("there is no job {job}; `taskloom jobs` lists them")),
        other => failed(other),
    })
}

/// The number of a program: the end of its key.
fn number(future: &TaskFuture<ProgramOutput>) -> u64 {
    let key = future.key();
    let number = key.as_str().rsplit_once('/').map(|(_, number)| number);
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

pub(super) async fn wait(client: &Client, wait: Wait) -> Result<Exit, Failure> {
    let Wait { job, timeout, to } = wait;
    let futures = find(client, &job).await?;
    let mut waiting = client.wait(&futures);
    if let Some(timeout) = timeout {
        waiting = waiting.timeout(timeout);
    }
    waiting.await.map_err(failed)?;
    let mut bad = 0;
    for future in &futures {
        if let Some(error) = future.exception() {
            bad += 1;
            if bad <= SHOWN {
                announce::error(&error.to_string());
            }
            continue;
        }
        if let Some(to) = &to {
            let output = future.await.map_err(failed)?;
            let folder = match futures.len() {
                1 => to.clone(),
                _ => to.join(number(future).to_string()),
            };
            put(&folder, &output)?;
        }
    }
    if bad > SHOWN {
        announce::error(&format!("{} more have failed", bad - SHOWN));
    }
    let good = futures.len() - bad;
    announce::line(&format!("{job}: {good} ended well, {bad} failed"));
    Ok(if bad == 0 {
        Exit::Success
    } else {
        Exit::Failure
    })
}

/// Writes the files that a program left.
fn put(folder: &Path, output: &ProgramOutput) -> Result<(), Failure> {
    for (name, contents) in &output.files {
        let path = folder.join(name);
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&path, contents));
        written.map_err(|error| failed(format!("cannot write {}: {error}", path.display())))?;
    }
    Ok(())
}

pub(super) async fn logs(client: &Client, logs: Logs) -> Result<Exit, Failure> {
    let futures = find(client, &logs.job).await?;
    let asked = |n| {
        logs.numbers
            .as_ref()
            .is_none_or(|numbers: &Indices| numbers.contains(n))
    };
    let chosen: Futures = futures
        .into_iter()
        .filter(|future| asked(number(future)))
        .collect();
    if chosen.is_empty() {
        return Err(failed(format!(
            "job {} has no program of these numbers",
            logs.job
        )));
    }
    settled(client).await?;
    let titled = chosen.len() > 1;
    for future in &chosen {
        if titled {
            announce::line(&format!("==> {} <==", future.key()));
        }
        match future.status() {
            Status::Finished => {
                let output = future.await.map_err(failed)?;
                write(&mut std::io::stdout(), &output.stdout);
                write(&mut std::io::stderr(), &output.stderr);
            }
            Status::Pending => announce::line("(has not ended)"),
            _ => {
                let error = future.exception();
                let text = error.map_or_else(|| "it failed".to_owned(), |error| error.to_string());
                announce::error(&text);
            }
        }
    }
    Ok(Exit::Success)
}

/// Waits until the client knows how far its futures have come: what the scheduler says about them
/// comes before the answer to a later question.
async fn settled(client: &Client) -> Result<(), Failure> {
    client.jobs().await.map(drop).map_err(failed)
}

/// As it was written, so that it can be used further. A reader that has gone is no error.
fn write(to: &mut impl Write, captured: &Captured) {
    let _ = to.write_all(&captured.head);
    if captured.left_out > 0 {
        let _ = write!(to, "\n[{} bytes left out]\n", captured.left_out);
        let _ = to.write_all(&captured.tail);
    }
    let _ = to.flush();
}

/// How many programs of a job are how far.
#[derive(Default)]
struct Counts {
    good: usize,
    bad: usize,
    left: usize,
}

pub(super) async fn jobs(client: &Client) -> Result<Exit, Failure> {
    let names = client.datasets().await.map_err(failed)?;
    let names: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix(PUBLISHED))
        .collect();
    let mut rows = Vec::with_capacity(names.len());
    for name in names {
        let futures = find(client, name).await?;
        let known = settled(client)
            .await
            .and(client.jobs().await.map_err(failed));
        let summary = known?.into_iter().find(|job| job.job == name);
        let mut counts = Counts::default();
        for future in &futures {
            match future.status() {
                Status::Finished => counts.good += 1,
                Status::Pending => counts.left += 1,
                _ => counts.bad += 1,
            }
        }
        let running = summary.map_or(0, |job| job.running);
        let Counts { good, bad, left } = counts;
        let total = futures.len();
        rows.push(format!(
            "{name:<24} {total:>8} {left:>8} {running:>8} {good:>8} {bad:>8}"
        ));
    }
    announce::line(&format!(
        "{:<24} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "JOB", "PROGRAMS", "TO END", "RUNNING", "WELL", "FAILED"
    ));
    rows.iter().for_each(|row| announce::line(row));
    Ok(Exit::Success)
}

pub(super) async fn cancel(client: &Client, job: &str) -> Result<Exit, Failure> {
    // The name must be that of programs: other clients have jobs too.
    find(client, job).await?;
    let count = client.job(job).cancel().await.map_err(failed)?;
    announce::line(&format!("{job}: {count} programs cancelled"));
    client.close().await;
    Ok(Exit::Success)
}

pub(super) async fn forget(client: &Client, job: &str) -> Result<Exit, Failure> {
    find(client, job).await?;
    let published = format!("{PUBLISHED}{job}");
    client.unpublish(published).await.map_err(failed)?;
    announce::line(&format!("{job}: forgotten"));
    client.close().await;
    Ok(Exit::Success)
}
