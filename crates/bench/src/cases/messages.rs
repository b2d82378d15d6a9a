//! Messages between a scheduler and ever more workers: what one costs the scheduler. Each worker sends
//! its next burst when its last one was answered.

use super::rate;
use crate::cluster::start_scheduler;
use crate::fleet::Fleet;
use crate::options::Options;
use crate::report::Report;
use crate::simulated::{Durations, Load, Sizes};
use anyhow::Result;

/// Messages of a repetition.
const MESSAGES: usize = 1_000_000;
/// Messages in a frame.
const BURST: u64 = 64;
/// How many workers there are; the cost at the last is compared with that at the second, where the
/// scheduler waits for nobody.
const FLEETS: [u32; 4] = [1, 10, 100, 1_000];

pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let messages = options.tasks(MESSAGES) as u64;
    let fleets = options.workers.map_or(FLEETS.to_vec(), |one| vec![one]);
    let threads = options.threads.unwrap_or(1);
    let load = options.load(Load {
        durations: Durations::None,
        sizes: Sizes::Fixed(8),
    });
    let mut all = Vec::new();
    for &workers in &fleets {
        let (scheduler, address) = start_scheduler(0)?;
        let mut fleet = Fleet::start(address, workers, threads, load)?;
        fleet.talk(messages / 10, BURST)?;
        let (mut rates, mut costs) = (Vec::new(), Vec::new());
        for _ in options.repetitions() {
            let before = scheduler.cpu()?;
            rates.push(rate(messages as usize, fleet.talk(messages, BURST)?));
            let used = scheduler.cpu()?.saturating_sub(before);
            costs.push(used.as_secs_f64() * 1e6 / messages as f64);
        }
        let case = format!("messages-{workers}");
        report.figure(&case, "throughput", messages, "messages/s", &rates);
        report.figure(&case, "scheduler_cpu", messages, "us/message", &costs);
        all.push(costs);
    }
    if let [_, few, _, many] = &all[..] {
        let ratios: Vec<f64> = few.iter().zip(many).map(|(few, many)| many / few).collect();
        let unit = "x the cost of a message at 10 workers";
        report.figure("messages", "ratio", messages, unit, &ratios);
    }
    Ok(())
}
