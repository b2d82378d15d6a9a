//! What may be said on the command line.

use crate::simulated::{Durations, Load, Sizes};
use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};
use std::time::{Duration, Instant};

/// Measures a cluster of one scheduler and two workers with one thread each, all processes of
/// their own on this machine, beside what the machine itself allows.
#[derive(Debug, Parser)]
#[command(
    name = "bench",
    version,
    after_help = "Examples:\n  bench noop\n  bench latency --json\n  bench graph tree-15\n  \
                  bench chain --tasks 2000 --vs dask"
)]
pub struct Options {
    /// What to measure.
    #[arg(value_enum)]
    pub case: Case,

    /// Which graph, for the case `graph`; for `quality` and `array`, the only one of their sets.
    #[arg(required_if_eq("case", "graph"))]
    pub name: Option<String>,

    /// How many tasks (leaves of `tree`, round trips of `latency`, small values of `transfer`,
    /// elements of `channel` and `queue`, blocks of the graphs of `array`); each case has its own default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub tasks: Option<u64>,

    /// How many numbers the square of the case `array` has along each side.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=40_000))]
    pub side: Option<u32>,

    /// Print one line of JSON per figure.
    #[arg(long)]
    pub json: bool,

    /// Run the same case on another system too, and print the ratio.
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub vs: Option<Rival>,

    /// How many simulated workers; `core` and `scale` compare a small and a large number without.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub workers: Option<u32>,

    /// How many threads each simulated worker has.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub threads: Option<u32>,

    /// How long the tasks of simulated workers take: `none`, `fixed:MS`, `heavy` or `heavy:MS`.
    #[arg(long, value_name = "WHICH")]
    pub durations: Option<Durations>,

    /// How many tasks a second the client submits, for `scale`; as fast as it can without.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub rate: Option<u32>,

    /// How large the results of simulated workers are: `fixed:BYTES`, `heavy` or `heavy:BYTES`.
    #[arg(long, value_name = "WHICH")]
    pub sizes: Option<Sizes>,

    /// How many repetitions, after one to warm up.
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub reps: u64,

    /// No repetition begins after this many seconds of a measurement, but one is always made.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub budget: u64,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Case {
    /// Independent tasks that do nothing, as one submission, until all are done.
    Noop,
    /// Many calls as one submission: time in the client and bytes between it and the scheduler.
    Map,
    /// One task at a time: submit it, await its result.
    Latency,
    /// Tasks that a task starts, beside the same tasks started from outside.
    Nested,
    /// A channel with one writer and one reader, of values and of futures.
    Channel,
    /// A queue with one who puts and one who takes, of values and of futures.
    Queue,
    /// Tasks that each need the one before.
    Chain,
    /// A binary tree of additions.
    Tree,
    /// Many tasks that do nothing and one that needs all of them.
    Merge,
    /// Values from one worker to the other: one of 512 MiB, over the network and in shared memory,
    /// and many of 10 KiB.
    Transfer,
    /// Fetches of small values: many at once over new connections, one by one over an open one.
    Connect,
    /// A graph of a real job: with tasks that do nothing, and with the durations and sizes of the
    /// literature.
    Graph,
    /// How much the scheduler grows per task that cannot run yet.
    SchedulerMemory,
    /// From the start of a process until the scheduler answers, and until a worker is registered.
    Startup,
    /// What it costs to count and to time.
    Telemetry,
    /// The scheduler's machine alone, without sockets, with simulated workers in memory.
    Core,
    /// A scheduler with many simulated workers on real sessions, and a client.
    Scale,
    /// Thousands of workers that connect at the same moment.
    Crowd,
    /// Messages between a scheduler and ever more workers.
    Messages,
    /// Expressions over arrays, beside numpy and dask.array with `--vs dask`.
    Array,
    /// How well tasks are placed: jobs of many shapes in the simulation, under several policies.
    Quality,
    /// What the machine itself allows: TCP, tonic streams, copies.
    Raw,
}

/// Another system to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rival {
    /// Dask, in a Python environment that is made when it is first needed.
    Dask,
}

impl Case {
    /// Its name as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Noop => "noop",
            Self::Map => "map",
            Self::Latency => "latency",
            Self::Nested => "nested",
            Self::Channel => "channel",
            Self::Queue => "queue",
            Self::Chain => "chain",
            Self::Tree => "tree",
            Self::Merge => "merge",
            Self::Transfer => "transfer",
            Self::Connect => "connect",
            Self::Graph => "graph",
            Self::SchedulerMemory => "scheduler-memory",
            Self::Startup => "startup",
            Self::Core => "core",
            Self::Scale => "scale",
            Self::Crowd => "crowd",
            Self::Messages => "messages",
            Self::Array => "array",
            Self::Quality => "quality",
            Self::Telemetry => "telemetry",
            Self::Raw => "raw",
        }
    }
}

impl Case {
    /// Whether its workers are simulated.
    fn is_simulated(self) -> bool {
        matches!(
            self,
            Self::Core | Self::Scale | Self::Crowd | Self::Messages
        )
    }
}

impl Options {
    /// The number of tasks that was asked for, or `default`.
    pub fn tasks(&self, default: usize) -> usize {
        self.tasks
            .map_or(default, |tasks| usize::try_from(tasks).unwrap_or(default))
    }

    /// What the tasks of simulated workers are like, unless said otherwise as this says.
    pub fn load(&self, default: Load) -> Load {
        Load {
            durations: self.durations.unwrap_or(default.durations),
            sizes: self.sizes.unwrap_or(default.sizes),
        }
    }

    /// Refuses options that the case would not heed.
    pub fn check(&self) -> Result<()> {
        let simulated = [
            ("--workers", self.workers.is_some()),
            ("--threads", self.threads.is_some()),
            ("--durations", self.durations.is_some()),
            ("--sizes", self.sizes.is_some()),
        ];
        let given = simulated.iter().find(|(_, given)| *given);
        if let Some((option, _)) = given
            && !self.case.is_simulated()
        {
            bail!(
                "{option} is about simulated workers, and the case {} has real ones",
                self.case.name()
            );
        }
        if self.side.is_some() && self.case != Case::Array {
            bail!("--side is for the case array");
        }
        if self.rate.is_some() && self.case != Case::Scale {
            bail!("--rate is for the case scale");
        }
        Ok(())
    }

    /// An iterator with an item for each repetition that may begin.
    pub fn repetitions(&self) -> impl Iterator<Item = u64> + use<> {
        let (started, budget) = (Instant::now(), Duration::from_secs(self.budget));
        (0..self.reps).take_while(move |&rep| rep == 0 || started.elapsed() < budget)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_command_line_is_as_documented() {
        let line = [
            "bench", "graph", "tree-15", "--json", "--vs", "dask", "--tasks", "10",
        ];
        let options = Options::try_parse_from(line).unwrap();
        assert_eq!(
            (options.case, options.name.as_deref()),
            (Case::Graph, Some("tree-15"))
        );
        assert_eq!((options.tasks(5), options.json), (10, true));
        assert!(Options::try_parse_from(["bench", "graph"]).is_err());
        assert!(Options::try_parse_from(["bench", "noop", "--tasks", "0"]).is_err());
    }

    #[test]
    fn every_case_is_named_as_it_is_typed() {
        for case in Case::value_variants() {
            assert_eq!(case.to_possible_value().unwrap().get_name(), case.name());
        }
    }

    #[test]
    fn simulated_workers_are_described_only_where_there_are_some() {
        let parsed = |line: &str| Options::try_parse_from(line.split(' ')).unwrap();
        let line = "bench core --workers 10 --threads 2 --durations heavy --sizes fixed:8";
        parsed(line).check().unwrap();
        let error = parsed("bench noop --threads 2").check().unwrap_err();
        assert!(error.to_string().contains("--threads"), "{error}");
    }

    #[test]
    fn one_repetition_is_always_made() {
        let line = ["bench", "noop", "--budget", "0", "--reps", "3"];
        let options = Options::try_parse_from(line).unwrap();
        assert_eq!(options.repetitions().count(), 1);
    }
}
