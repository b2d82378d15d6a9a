//! Very many workers that come at the same moment, and what a scheduler needs for them while nothing
//! happens.

use super::scale::idle;
use crate::cluster::start_scheduler;
use crate::fleet::Fleet;
use crate::options::Options;
use crate::report::Report;
use crate::simulated::{Durations, Load, Sizes};
use anyhow::Result;

const WORKERS: u32 = 3_000;

pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let workers = options.workers.unwrap_or(WORKERS);
    let threads = options.threads.unwrap_or(1);
    let load = options.load(Load {
        durations: Durations::None,
        sizes: Sizes::Fixed(8),
    });
    let (mut connecting, mut spent, mut beyond) = (Vec::new(), Vec::new(), Vec::new());
    let (mut memory, mut idling) = (Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let (scheduler, address) = start_scheduler(0)?;
        let (cpu, resident) = (scheduler.cpu()?, scheduler.resident()?);
        let fleet = Fleet::start(address, workers, threads, load)?;
        let used = scheduler.cpu()?.saturating_sub(cpu);
        connecting.push(fleet.connecting.as_secs_f64());
        spent.push(used.as_secs_f64() * 1e6 / f64::from(workers));
        beyond.push(scheduler.descriptors()? as f64 - f64::from(workers));
        let grown = scheduler.resident()?.saturating_sub(resident);
        memory.push(grown as f64 / 1024.0 / f64::from(workers));
        idling.push(idle(&scheduler)?);
    }
    let n = u64::from(workers);
    report.figure("crowd", "registered", n, "s", &connecting);
    report.figure("crowd", "scheduler_cpu", n, "us/worker", &spent);
    report.figure("crowd", "descriptors", n, "beyond 1 per worker", &beyond);
    report.figure("crowd", "memory", n, "KiB/worker", &memory);
    report.figure("crowd", "idle_cpu", n, "% of a core", &idling);
    Ok(())
}
