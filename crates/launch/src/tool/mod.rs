//! The command line tool `taskloom`: programs as tasks, with no Rust written.
//!
//! What it submits is a job: its tasks have the job's name and keys `NAME/INDEX`, and lie under the
//! published data set `program:NAME`, which keeps them when this process has ended.

mod array;
mod command;
mod follow;
mod submit;

use crate::announce;
use crate::exit::{Exit, Failure};
use crate::flags::CommandLine;
use crate::process;
use clap::Parser;
use command::{Action, Tool};
use std::process::ExitCode;
use std::time::Duration;
use taskloom_client::{Client, Error};

/// How long to look for the scheduler.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the names of published jobs begin with.
const PUBLISHED: &str = "program:";

/// Runs the command line tool by the words of its command line: submits programs, and waits for,
/// shows and cancels what was submitted.
pub fn tool_main() -> ExitCode {
    run(&CommandLine::of_this_process()).into()
}

fn run(line: &CommandLine) -> Exit {
    start(line).unwrap_or_else(|failure| announce::failure(&failure))
}

fn start(line: &CommandLine) -> Result<Exit, Failure> {
    let words = std::iter::once("taskloom".into()).chain(line.arguments.clone());
    let tool =
        Tool::try_parse_from(words).map_err(|error| Failure::from(crate::flags::stop(&error)))?;
    process::runtime()?.block_on(act(tool))
}

async fn act(tool: Tool) -> Result<Exit, Failure> {
    let client = |job: Option<&str>| connect(tool.scheduler.clone(), job.map(str::to_owned));
    match tool.action {
        Action::Submit(submit) => submit::submit(submit, client).await,
        Action::Wait(wait) => follow::wait(&client(None).await?, wait).await,
        Action::Logs(logs) => follow::logs(&client(None).await?, logs).await,
        Action::Jobs => follow::jobs(&client(None).await?).await,
        Action::Cancel { job } => follow::cancel(&client(None).await?, &job).await,
        Action::Forget { job } => follow::forget(&client(None).await?, &job).await,
    }
}

async fn connect(scheduler: Option<String>, job: Option<String>) -> Result<Client, Failure> {
    let mut builder = Client::builder(scheduler.unwrap_or_default())
        .name(format!("taskloom-{}", std::process::id()))
        .timeout(CONNECT_TIMEOUT);
    if let Some(job) = job {
        builder = builder.job(job);
    }
    builder.connect().await.map_err(|error| match error {
        Error::Setup(_) => Failure::new(
            Exit::Usage,
            format!("{error}\n  hint: --scheduler HOST:PORT does the same"),
        ),
        Error::Connect { .. } => Failure::new(Exit::NoScheduler, error),
        Error::Refused(_) => Failure::new(Exit::Refused, error),
        other => failed(other),
    })
}

/// An error of the client that has no exit code of its own.
fn failed(error: impl ToString) -> Failure {
    Failure::new(Exit::Failure, error)
}
