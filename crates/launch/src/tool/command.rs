//! The words of the tool.

use super::array::Indices;
use crate::memory::parse_size;
use crate::values::parse_time_above_zero;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// Runs programs on a Taskloom cluster.
#[derive(Debug, Parser)]
#[command(
    name = "taskloom",
    version,
    max_term_width = 100,
    after_help = "Examples:
  taskloom submit -- ./prog --fast                     one program; prints the name of the job
  taskloom submit --array 1-1000 -- ./prog {}          a thousand: {} is the number
  taskloom submit --in a.csv --out b.csv -- /bin/sort -o b.csv a.csv
  taskloom wait prog-1f3a                              until all have ended
  taskloom logs prog-1f3a 17                           what number 17 printed

TASKLOOM_SCHEDULER names the scheduler if --scheduler does not.

Exit codes: 0 all is well, 1 something failed (also one program of a job), 2 wrong flag, 4 refused \
by the scheduler, 5 no scheduler"
)]
pub(super) struct Tool {
    /// Address of the scheduler, HOST:PORT
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub scheduler: Option<String>,

    #[command(subcommand)]
    pub action: Action,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Submit a program, or an array of them; prints the name of the job and returns
    Submit(Submit),
    /// Wait until all programs of a job have ended
    Wait(Wait),
    /// Show what the programs of a job have printed
    Logs(Logs),
    /// List the jobs
    Jobs,
    /// End the programs of a job that have not ended
    Cancel {
        /// The name of the job
        job: String,
    },
    /// Forget a job and its results
    Forget {
        /// The name of the job
        job: String,
    },
}

/// A program to submit.
#[derive(Debug, Args)]
pub(super) struct Submit {
    /// Run it once per number, such as 1-1000, 0-99:10 or 1,5,8-10; {} in its words is the number
    #[arg(long, value_name = "NUMBERS", value_parser = Indices::parse)]
    pub array: Option<Indices>,

    /// Name of the job [default: the program's, with four characters]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Set a variable of its environment; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,

    /// The directory it runs in, on the worker [default: this one; one of its own with --in or --out]
    #[arg(long, value_name = "DIRECTORY")]
    pub cwd: Option<PathBuf>,

    /// Send this file along; may be given again
    #[arg(long = "in", value_name = "FILE")]
    pub inputs: Vec<String>,

    /// Bring back this file; may be given again
    #[arg(long = "out", value_name = "FILE")]
    pub outputs: Vec<String>,

    /// How often to run it again, on another worker if there is one, when it fails
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retries: u32,

    /// Longest time one run may take, such as 30s or 1h
    #[arg(long, value_name = "TIME", value_parser = parse_time_above_zero)]
    pub timeout: Option<Duration>,

    /// Higher goes first
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub priority: i32,

    /// How much to keep of what each prints, such as 64KiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "1MiB")]
    pub output_limit: u64,

    /// Wait until all have ended, as `taskloom wait` does
    #[arg(long)]
    pub wait: bool,

    /// The program and its arguments, after --
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    pub command: Vec<String>,
}

/// A job to wait for.
#[derive(Debug, Args)]
pub(super) struct Wait {
    /// The name of the job
    pub job: String,

    /// Give up after this time
    #[arg(long, value_name = "TIME", value_parser = parse_time_above_zero)]
    pub timeout: Option<Duration>,

    /// Put the files that were brought back here: DIRECTORY/NUMBER/FILE
    #[arg(long, value_name = "DIRECTORY")]
    pub to: Option<PathBuf>,
}

/// A job whose output is wanted.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// The name of the job
    pub job: String,

    /// Only those of these numbers
    #[arg(value_name = "NUMBERS", value_parser = Indices::parse)]
    pub numbers: Option<Indices>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is no variable; write it as NAME=VALUE")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_is_well_formed() {
        Tool::command().debug_assert();
    }

    #[test]
    fn the_words_of_the_program_are_its_own() {
        let line = "taskloom submit --array 1-3 --env A=b=c -- ./prog --array {} -- x";
        let tool = Tool::try_parse_from(line.split(' ')).unwrap();
        let Action::Submit(submit) = tool.action else {
            panic!()
        };
        assert_eq!(submit.command, ["./prog", "--array", "{}", "--", "x"]);
        assert_eq!(submit.env, [("A".to_owned(), "b=c".to_owned())]);
        assert_eq!(submit.array.unwrap().iter().collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_program_is_needed() {
        for line in [
            "taskloom submit",
            "taskloom submit --array 1-3 ./prog",
            "taskloom",
        ] {
            assert!(Tool::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
