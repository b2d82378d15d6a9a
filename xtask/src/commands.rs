//! One function per command.

use crate::cargo::{cargo, exit_code, root, run};
use crate::{skips, tidy as rules};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

/// Builds and runs the demo.
///
/// The dev profile is on purpose: it builds several times faster than release, and the crates that
/// inflate and parse are optimised in it (see the root `Cargo.toml`).
pub fn demo(flags: &[String]) -> Result<ExitCode> {
    run(cargo()
        .args([
            "run",
            "--package",
            "taskloom-flights",
            "--bin",
            "flights",
            "--",
        ])
        .args(flags))
}

/// Runs all tests, or those that the arguments for `cargo test` choose.
pub fn test(arguments: &[String]) -> Result<ExitCode> {
    let mut command = cargo();
    command.args(["test", "--no-fail-fast"]);
    // What follows `--` is for the test programs; ours comes in addition.
    let split = arguments.iter().position(|argument| argument == "--");
    let (ours, theirs) = arguments.split_at(split.unwrap_or(arguments.len()));
    if ours.is_empty() {
        command.arg("--workspace");
    }
    command
        .args(ours)
        .args(["--", "--show-output"])
        .args(theirs.iter().skip(1));

    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo test")?;
    let mut filter = skips::Filter::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.context("cannot read what cargo test says")?;
            if let Some(line) = filter.line(&String::from_utf8_lossy(&line)) {
                println!("{line}");
            }
        }
    }
    let status = child.wait().context("cannot wait for cargo test")?;
    println!("{}", filter.summary());
    Ok(exit_code(status))
}

/// Builds the benchmarks in release and runs a case.
pub fn bench(arguments: &[String]) -> Result<ExitCode> {
    run(cargo()
        .args(["run", "--release", "--package", "taskloom-bench", "--"])
        .args(arguments))
}

/// Checks the rules of the house.
pub fn tidy() -> Result<ExitCode> {
    let violations = rules::check(&root())?;
    for violation in &violations {
        println!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} rules of the house are broken", violations.len());
    }
    println!("tidy");
    Ok(ExitCode::SUCCESS)
}

/// Runs what CI runs: one script says what that is.
pub fn ci() -> Result<ExitCode> {
    run(Command::new("bash")
        .arg(root().join(".ci/run"))
        .current_dir(root()))
}
