//! `cargo xtask`: see `cargo xtask --help`.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xtask::commands;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sum up all departures from New York City in 2013 on a cluster and show the table
    ///
    /// Starts two worker processes, or uses a running cluster of standard workers.
    #[command(
        after_help = "Examples:\n  cargo xtask demo\n  cargo xtask demo --workers 4\n  \
        cargo xtask demo --scheduler 10.0.0.5:8786"
    )]
    Demo {
        /// Flags of the demo, such as `--scheduler host:port`
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "FLAGS"
        )]
        flags: Vec<String>,
    },
    /// Run all tests of the workspace, with those in its documentation
    ///
    /// Prints a line `skipped: why` for each test that this machine cannot run.
    #[command(
        after_help = "Examples:\n  cargo xtask test\n  cargo xtask test -p taskloom-core\n  \
        cargo xtask test --peers"
    )]
    Test {
        /// Compare array expressions with numpy, drawn anew: needs Python, which nothing else does
        #[arg(long)]
        peers: bool,
        /// The seed of the expressions, to see again what failed; a new one without
        #[arg(long, value_name = "SEED", requires = "peers")]
        seed: Option<String>,
        /// Arguments for `cargo test`, such as `-p taskloom-core`; the whole workspace without
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            conflicts_with = "peers",
            value_name = "ARGUMENTS"
        )]
        arguments: Vec<String>,
    },
    /// Measure a case on a cluster of two worker processes, in a release build
    ///
    /// See docs/benchmarks.md for the cases and what was measured.
    #[command(after_help = "Examples:\n  cargo xtask bench noop --tasks 100000\n  \
        cargo xtask bench latency --json\n  cargo xtask bench chain --vs dask\n  \
        cargo xtask bench scale --workers 1000 --tasks 1000000")]
    Bench {
        /// The case and its flags: CASE [--tasks N] [--json] [--vs dask]
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "CASE"
        )]
        arguments: Vec<String>,
    },
    /// Check the rules of the house: crate table, import cycles, purity, names, documents
    Tidy,
    /// Run what CI runs
    Ci,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Demo { flags } => commands::demo(&flags),
        Command::Test {
            peers: true, seed, ..
        } => xtask::peers::test(seed.as_deref()),
        Command::Test { arguments, .. } => commands::test(&arguments),
        Command::Bench { arguments } => commands::bench(&arguments),
        Command::Tidy => commands::tidy(),
        Command::Ci => commands::ci(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
