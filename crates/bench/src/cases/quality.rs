//! How well tasks are placed: jobs of many shapes in the deterministic simulation, under the scheduler
//! that is shipped and under simple policies.

use crate::options::Options;
use crate::report::Report;
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use taskloom_sim::{Job, Outcome, Policy, Setting, SimTask, simulate};
use taskloom_testkit::workload::{self, workload};

/// What came of one run, as far as it is told.
#[derive(Clone, Copy)]
struct Row {
    /// The time over the least possible.
    ratio: f64,
    peak_mb: f64,
    moved_mb: f64,
}

/// Runs of one graph under one policy, with durations of different seeds.
type Rows = BTreeMap<(usize, Policy), Vec<Row>>;

pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let names = match options.name.as_deref() {
        None => workload::names(),
        Some(name) => vec![
            workload::names()
                .into_iter()
                .find(|known| *known == name)
                .with_context(|| unknown(name))?,
        ],
    };
    // No clock has a part in this: repetitions are seeds, and the budget does not end them.
    let seeds = 1..=options.reps;
    let mut runs = Vec::new();
    for graph in 0..names.len() {
        for policy in Policy::ALL {
            runs.extend(seeds.clone().map(|seed| (graph, policy, seed)));
        }
    }
    let rows = run_all(&names, &runs)?;
    let tasks: Vec<u64> = names.iter().map(|name| tasks_of(name)).collect();
    if options.json {
        figures(&names, &tasks, &rows, report);
    } else {
        table(&names, &tasks, &rows)?;
    }
    Ok(())
}

fn unknown(name: &str) -> String {
    format!(
        "there is no graph `{name}` in the set; there are: {}",
        workload::names().join(", ")
    )
}

fn tasks_of(name: &str) -> u64 {
    workload(name, 1).map_or(0, |workload| workload.shape.len() as u64)
}

/// Carries out all runs on as many threads as there are processors.
fn run_all(names: &[&'static str], runs: &[(usize, Policy, u64)]) -> Result<Rows> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(runs.len()));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let take = || runs.get(next.fetch_add(1, Ordering::Relaxed));
                while let Some(&(graph, policy, seed)) = take() {
                    let row = one(names[graph], policy, seed);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((graph, policy, seed, row));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    // In an order that does not depend on which thread was faster.
    results.sort_unstable_by_key(|&(graph, policy, seed, _)| (graph, policy, seed));
    let mut rows = Rows::new();
    for (graph, policy, _, row) in results {
        rows.entry((graph, policy)).or_default().push(row?);
    }
    Ok(rows)
}

fn one(name: &str, policy: Policy, seed: u64) -> Result<Row> {
    let job = job(name, seed)?;
    let setting = Setting {
        seed,
        ..Setting::default()
    };
    let outcome: Outcome = simulate(&job, &setting, policy)
        .with_context(|| format!("{name} with seed {seed} under {policy}"))?;
    let bound = job.lower_bound(setting.slots());
    Ok(Row {
        ratio: outcome.makespan.as_secs_f64() / bound.as_secs_f64(),
        peak_mb: outcome.peak_bytes as f64 / 1e6,
        moved_mb: outcome.moved_bytes as f64 / 1e6,
    })
}

fn job(name: &str, seed: u64) -> Result<Job> {
    let workload = workload(name, seed).with_context(|| unknown(name))?;
    let mut job = Job::new(workload.shape.kinds().to_vec());
    for (task, weight) in workload.weights.iter().enumerate() {
        job.push(SimTask {
            kind: workload.shape.kind_number(task) as u32,
            duration: weight.duration,
            bytes: weight.bytes,
            needs: workload.shape.dependencies(task).to_vec(),
        })?;
    }
    Ok(job)
}

fn figures(names: &[&str], tasks: &[u64], rows: &Rows, report: &mut Report) {
    for ((graph, policy), rows) in rows {
        let (case, n) = (format!("quality.{}", names[*graph]), tasks[*graph]);
        let mut figure = |what: &str, unit: &str, value: fn(&Row) -> f64| {
            let values: Vec<f64> = rows.iter().map(value).collect();
            report.figure(case.clone(), &format!("{policy}.{what}"), n, unit, &values);
        };
        figure("ratio", "of the least possible", |row| row.ratio);
        figure("peak", "MB", |row| row.peak_mb);
        figure("moved", "MB", |row| row.moved_mb);
    }
    for policy in Policy::ALL {
        let mean = overall(names.len(), policy, rows);
        let (metric, n) = (format!("{policy}.ratio"), tasks.iter().sum());
        report.figure("quality", &metric, n, "of the least possible", &[mean]);
    }
}

/// The geometric mean over all graphs.
fn overall(graphs: usize, policy: Policy, rows: &Rows) -> f64 {
    let of_graph = |graph| rows.get(&(graph, policy)).map(|rows| mean_ratio(rows));
    geometric(&(0..graphs).filter_map(of_graph).collect::<Vec<_>>())
}

fn mean_ratio(rows: &[Row]) -> f64 {
    geometric(&rows.iter().map(|row| row.ratio).collect::<Vec<_>>())
}

fn geometric(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len().max(1) as f64).exp()
}

/// One line per graph: for each policy the time over the least possible, the most bytes alive and the
/// bytes moved, in MB.
fn table(names: &[&str], tasks: &[u64], rows: &Rows) -> Result<()> {
    let mut out = std::io::stdout().lock();
    write!(out, "{:<20} {:>6}", "graph", "tasks")?;
    for policy in Policy::ALL {
        write!(out, "  {:<24}", policy.to_string())?;
    }
    writeln!(
        out,
        "\n{:27}  time over the least possible (peak MB, moved MB)",
        ""
    )?;
    for (graph, name) in names.iter().enumerate() {
        write!(out, "{name:<20} {:>6}", tasks[graph])?;
        for policy in Policy::ALL {
            let Some(rows) = rows.get(&(graph, policy)) else {
                continue;
            };
            let mean = |value: fn(&Row) -> f64| {
                rows.iter().map(value).sum::<f64>() / rows.len().max(1) as f64
            };
            let bytes = format!("({:.0}, {:.0})", mean(|r| r.peak_mb), mean(|r| r.moved_mb));
            write!(out, "  {:>6.3} {bytes:<17}", mean_ratio(rows))?;
        }
        writeln!(out)?;
    }
    write!(out, "{:<20} {:>6}", "geometric mean", "")?;
    for policy in Policy::ALL {
        write!(
            out,
            "  {:>6.3} {:17}",
            overall(names.len(), policy, rows),
            ""
        )?;
    }
    writeln!(out)?;
    Ok(())
}
