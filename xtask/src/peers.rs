//! Tests beside other programs: array expressions against numpy, files against numpy and zarr.
//!
//! The recorded expressions of `crates/array/tests/differential` run without Python in every test
//! run. Here they are drawn anew, with the same seed and with one that nobody has seen, numpy computes
//! them, and the same test compares.

use crate::cargo::{cargo, exit_code, root};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// The variable that names the file of expressions to the test.
const FILE: &str = "TASKLOOM_EXPRESSIONS";
/// The variable that names the folder of files to the test.
const STORES: &str = "TASKLOOM_STORES";
/// The seed of the recorded expressions.
const RECORDED: &str = "1";

/// Exchanges files, then draws expressions and compares: with the seed of the recorded ones, then with `seed` or a new one.
///
/// # Errors
/// If there is no Python that a virtual environment can be made with, numpy cannot be installed, or
/// the test cannot be run.
pub fn test(seed: Option<&str>) -> Result<ExitCode> {
    let python = environment()?;
    let exchanged = exchange_files(&python)?;
    if !exchanged.success() {
        return Ok(exit_code(exchanged));
    }
    let fresh = match seed {
        Some(seed) => seed.to_owned(),
        None => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs())
            .to_string(),
    };
    for seed in [RECORDED, &fresh] {
        println!("expressions of seed {seed}");
        let file = std::env::temp_dir().join(format!("taskloom-expressions-{seed}.jsonl.gz"));
        let drawn = Command::new(&python)
            .arg("-B")
            .arg(root().join("crates/array/tests/differential/generate.py"))
            .arg(&file)
            .args(["--seed", seed])
            .status()
            .context("cannot run Python")?;
        if !drawn.success() {
            bail!("the expressions cannot be drawn: {drawn}");
        }
        let compared = cargo()
            .args(["test", "-p", "taskloom-array", "--test", "differential"])
            .env(FILE, &file)
            .status()
            .context("cannot run cargo test")?;
        if !compared.success() {
            eprintln!("the expressions are in {}", file.display());
            eprintln!("again: cargo xtask test --peers --seed {seed}");
            return Ok(exit_code(compared));
        }
        // It was there a moment ago, and nobody minds if it stays.
        let _ = std::fs::remove_file(file);
    }
    Ok(ExitCode::SUCCESS)
}

/// Has their files written and read here, and ours read by them.
fn exchange_files(python: &Path) -> Result<ExitStatus> {
    let script = root().join("crates/array/tests/foreign/stores.py");
    let folder = std::env::temp_dir().join(format!("taskloom-stores-{}", std::process::id()));
    let theirs = folder.join("theirs");
    std::fs::create_dir_all(&theirs).context("cannot make a folder for files")?;
    let run = |what: &str, of: &Path| {
        let mut command = Command::new(python);
        succeed(command.arg("-B").arg(&script).arg(what).arg(of))
    };
    println!("files of numpy and zarr");
    run("write", &theirs)?;
    let compared = cargo()
        .args(["test", "-p", "taskloom-array", "--test", "foreign"])
        .env(STORES, &folder)
        .status()
        .context("cannot run cargo test")?;
    if compared.success() {
        run("check", &folder.join("ours"))?;
        // It was there a moment ago, and nobody minds if it stays.
        let _ = std::fs::remove_dir_all(folder);
    } else {
        eprintln!("the files are in {}", folder.display());
    }
    Ok(compared)
}

/// The Python of the virtual environment of the benchmarks, which is made if it is not there or not
/// as required.
fn environment() -> Result<PathBuf> {
    let bench = root().join("crates/bench");
    let folder = bench.join(".venv");
    let python = folder.join("bin/python");
    let wanted = bench.join("python/requirements.txt");
    let wanted_text = std::fs::read_to_string(&wanted).context("cannot read what is required")?;
    let made_for = folder.join("requirements.txt");
    if std::fs::read_to_string(&made_for).is_ok_and(|text| text == wanted_text) {
        return Ok(python);
    }
    eprintln!("making a Python environment in {} ...", folder.display());
    succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    succeed(pip(&python).arg("-r").arg(&wanted))?;
    std::fs::write(made_for, wanted_text)?;
    Ok(python)
}

fn pip(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet"]);
    command.arg("--disable-pip-version-check");
    command
}

fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {program}"))?;
    if !status.success() {
        bail!("{program} failed: {status}");
    }
    Ok(())
}
