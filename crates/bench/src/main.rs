//! Benchmarks of whole clusters.
//!
//! What lives here: the cases (`cases`), the limits of the machine that they are compared with
//! (`raw`), the same cases on Dask (`dask`), and the processes they need, which are this program
//! started again in another role.
//!
//! What does not: graphs (`taskloom-testkit`), and anything that a cluster itself is made of.

mod array_peers;
mod cases;
mod cluster;
mod counting;
mod dask;
mod fleet;
mod neighbours;
mod options;
mod processes;
mod raw;
mod report;
mod simulated;
mod tasks;

use anyhow::Result;
use clap::Parser as _;
use options::{Case, Options, Rival};
use report::Report;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("worker") {
        taskloom_allocator::keep_freed_memory();
    }
    // Started as `bench scheduler ...` or `bench worker ...`, this program is that daemon.
    taskloom_launch::init();
    match peer().unwrap_or_else(measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What this program does when it was started as `bench peer KIND`.
fn peer() -> Option<Result<()>> {
    let mut words = std::env::args().skip(1);
    if words.next()? != "peer" {
        return None;
    }
    let kind = words.next().unwrap_or_default();
    Some(match kind.as_str() {
        "fleet" => fleet::role::main(words),
        kind => raw::peer::main(kind),
    })
}

fn measure() -> Result<()> {
    let options = Options::parse();
    options.check()?;
    let mut report = Report::new(options.json);
    // A simulation does not care who else uses the machine.
    if options.case != Case::Quality {
        neighbours::warn();
    }
    cases::run(&options, &mut report)?;
    match options.vs {
        Some(Rival::Dask) => dask::run(&options, &mut report),
        None => Ok(()),
    }
}
