//! The same cases on Dask, by the scripts in `python/`.

use crate::cases::graph_weights;
use crate::options::{Case, Options};
use crate::report::{Figure, Report};
use anyhow::{Context as _, Result};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What Dask needs, in versions that were measured before.
const REQUIREMENTS: &str = include_str!("../python/requirements.txt");
/// At its default setting Dask runs some 500 independent tasks a second, so 100,000 would take
/// minutes; its rate hardly depends on their number.
const TASKS_AT_DEFAULT: usize = 10_000;
/// Repetitions, because one takes as long as a hundred of ours.
const REPETITIONS: u64 = 3;

/// Runs the case of these options on Dask, at its default and with its queue in the scheduler turned
/// off, and compares what was printed so far with the better of the two.
pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let case = options.case.name();
    // Its peers run between its cases.
    if options.case == Case::Array {
        return Ok(());
    }
    if !has_counterpart(options.case) {
        report.skipped(case, "it has no counterpart on Dask");
        return Ok(());
    }
    let python = match environment() {
        Ok(python) => python,
        Err(why) => {
            report.skipped(&format!("dask.{case}"), &format!("{why:#}"));
            return Ok(());
        }
    };
    let ours: Vec<Figure> = report.printed().to_vec();
    let mut theirs = Vec::new();
    for saturation in ["default", "inf"] {
        theirs.extend(measure(&python, options, saturation, report)?);
    }
    for figure in ours {
        if let Some(ratio) = compare(&figure, &theirs) {
            report.print(ratio);
        }
    }
    Ok(())
}

/// Whether the script for Dask knows a case.
fn has_counterpart(case: Case) -> bool {
    matches!(
        case,
        Case::Noop
            | Case::SchedulerMemory
            | Case::Latency
            | Case::Chain
            | Case::Tree
            | Case::Transfer
            | Case::Graph
            | Case::Startup
    )
}

/// How many times better than the better of Dask's two settings a figure is.
fn compare(ours: &Figure, theirs: &[Figure]) -> Option<Figure> {
    let more_is_better = match ours.metric.as_str() {
        "throughput" | "bandwidth" => true,
        "p50" | "p99" | "makespan" | "bytes_per_task" | "listening" | "registered"
        | "scheduler_cpu" => false,
        _ => return None,
    };
    let same = |figure: &&Figure| {
        figure.metric == ours.metric
            && ["dask.", "dask-inf."]
                .iter()
                .any(|system| figure.case.strip_prefix(system) == Some(ours.case.as_str()))
    };
    let values = theirs.iter().filter(same).map(|figure| figure.value);
    let (best, times) = if more_is_better {
        let best = values.max_by(f64::total_cmp)?;
        (best, ours.value / best)
    } else {
        let best = values.min_by(f64::total_cmp)?;
        (best, best / ours.value)
    };
    let unit = format!("x dask's {best} {}", ours.unit);
    let metric = format!("ratio_dask_{}", ours.metric);
    Figure::new(ours.case.clone(), &metric, ours.n, unit, &[times])
}

fn measure(
    python: &Path,
    options: &Options,
    saturation: &str,
    report: &mut Report,
) -> Result<Vec<Figure>> {
    let default = match options.case {
        Case::Noop | Case::SchedulerMemory => 100_000,
        Case::Latency => 500,
        Case::Chain => 5_000,
        Case::Tree => 8_192,
        Case::Transfer => 2_000,
        // The graph says how many it has, and the others have no use for a number.
        _ => 1,
    };
    let mut tasks = options.tasks(default);
    if options.case == Case::Noop && saturation == "default" {
        tasks = tasks.min(TASKS_AT_DEFAULT);
    }
    let mut command = Command::new(python);
    command
        .arg(scripts().join("dask_bench.py"))
        .arg(options.case.name())
        .args(["--tasks", &tasks.to_string(), "--saturation", saturation])
        .args(["--reps", &options.reps.min(REPETITIONS).to_string()])
        .args(["--budget", &options.budget.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    // Lives until the script has ended.
    let folder = tempfile::tempdir()?;
    if let (Case::Graph, Some(name)) = (options.case, options.name.as_deref()) {
        let weights = folder.path().join("weights");
        std::fs::write(&weights, graph_weights(name)?)?;
        let graph = root().join(format!("../testkit/fixtures/{name}.txt.gz"));
        command
            .args(["--name", name, "--graph"])
            .arg(graph)
            .arg("--weights")
            .arg(weights);
    }
    let mut child = command.spawn().context("cannot start Python")?;
    let mut figures = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            if let Ok(figure) = serde_json::from_str::<Figure>(&line?) {
                report.print(figure.clone());
                figures.push(figure);
            }
        }
    }
    let status = child.wait()?;
    if !status.success() {
        let case = format!("dask.{}", options.case.name());
        report.skipped(&case, &format!("the script ended with {status}"));
    }
    Ok(figures)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where the scripts are.
pub fn scripts() -> PathBuf {
    root().join("python")
}

/// The Python of the virtual environment, which is made if it is not there or not as required.
pub fn environment() -> Result<PathBuf> {
    let folder = root().join(".venv");
    let python = folder.join("bin/python");
    let made_for = folder.join("requirements.txt");
    if std::fs::read_to_string(&made_for).is_ok_and(|text| text == REQUIREMENTS) {
        return Ok(python);
    }
    eprintln!(
        "making a Python environment with Dask in {} ...",
        folder.display()
    );
    succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )
    .context("no Python environment can be made here")?;
    succeed(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(scripts().join("requirements.txt")),
    )
    .context("Dask cannot be installed")?;
    std::fs::write(made_for, REQUIREMENTS)?;
    Ok(python)
}

fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    anyhow::bail!(
        "{}",
        text.trim()
            .lines()
            .last()
            .unwrap_or("it failed without a word")
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn figure(case: &str, metric: &str, value: f64) -> Figure {
        Figure::new(case, metric, 1, "u", &[value]).unwrap()
    }

    #[test]
    fn the_better_setting_counts() {
        let theirs = [
            figure("dask.noop", "throughput", 10.0),
            figure("dask-inf.noop", "throughput", 40.0),
        ];
        let ratio = compare(&figure("noop", "throughput", 80.0), &theirs).unwrap();
        assert_eq!(
            (ratio.metric.as_str(), ratio.value),
            ("ratio_dask_throughput", 2.0)
        );
        let theirs = [
            figure("dask.latency", "p50", 10.0),
            figure("dask-inf.latency", "p50", 40.0),
        ];
        assert_eq!(
            compare(&figure("latency", "p50", 2.0), &theirs)
                .unwrap()
                .value,
            5.0
        );
    }

    #[test]
    fn what_has_no_counterpart_is_not_compared() {
        assert!(compare(&figure("noop", "throughput", 80.0), &[]).is_none());
        let theirs = [figure("dask.noop", "ratio", 10.0)];
        assert!(compare(&figure("noop", "ratio", 80.0), &theirs).is_none());
    }
}
