//! The case `array` on numpy and on dask.array, by a script in `python/`, right after each of ours.

use crate::dask::{environment, scripts};
use crate::options::Options;
use crate::report::{Figure, Report};
use anyhow::{Context as _, Result};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Repetitions of the peers at most.
const REPETITIONS: u64 = 5;
/// What stands for each peer in the names of cases.
const SYSTEMS: [&str; 2] = ["numpy", "dask"];

/// The peers, and the Python that runs them.
pub struct Peers {
    python: PathBuf,
}

impl Peers {
    /// The peers, if this machine can run them; the report says why not.
    pub fn find(report: &mut Report) -> Option<Self> {
        match environment() {
            Ok(python) => Some(Self { python }),
            Err(why) => {
                report.skipped("dask.array", &format!("{why:#}"));
                None
            }
        }
    }

    /// Runs one case on each of them, and compares what was printed of ours.
    pub fn run(&mut self, name: &str, options: &Options, report: &mut Report) -> Result<()> {
        let ours: Vec<Figure> = report.printed().to_vec();
        for system in SYSTEMS {
            // numpy has no graphs.
            if (system, name) == ("numpy", "graph") {
                continue;
            }
            for theirs in self.measure(system, name, options, report)? {
                let case = theirs.case.strip_prefix(system).unwrap_or_default();
                let same = |figure: &&Figure| {
                    figure.metric == "time"
                        && figure.n == theirs.n
                        && case == format!(".{}", figure.case)
                };
                for figure in ours.iter().filter(same) {
                    let times = theirs.value / figure.value;
                    let unit = format!("x {system}'s {} s", theirs.value);
                    let metric = format!("ratio_{system}_time");
                    report.figure(&figure.case, &metric, figure.n, unit, &[times]);
                }
            }
        }
        Ok(())
    }

    fn measure(
        &self,
        system: &str,
        name: &str,
        options: &Options,
        report: &mut Report,
    ) -> Result<Vec<Figure>> {
        let side = crate::cases::array::side(options);
        let mut child = Command::new(&self.python)
            .arg("-B")
            .arg(scripts().join("array_bench.py"))
            .arg(name)
            .args(["--system", system, "--side", &side.to_string()])
            .args(["--tasks", &options.tasks(100_000).to_string()])
            .args(["--reps", &options.reps.min(REPETITIONS).to_string()])
            .args(["--budget", &options.budget.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start Python")?;
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
            let case = format!("{system}.array.{name}");
            report.skipped(&case, &format!("the script ended with {status}"));
        }
        Ok(figures)
    }
}
