//! The files of `deploy/`, checked without a container engine: every program and flag that they use
//! exists, ports and times fit together, what they name is there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use yaml_rust2::{Yaml, YamlLoader};

const PROGRAMS: [(&str, &str); 2] = [
    ("scheduler", env!("CARGO_BIN_EXE_scheduler")),
    ("worker", env!("CARGO_BIN_EXE_worker")),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn help(program: &str) -> String {
    let (_, path) = PROGRAMS.iter().find(|(name, _)| *name == program).unwrap();
    let output = Command::new(path).arg("--help").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// Checks the words of a command line against the help of its program.
fn check_flags(program: &str, words: &[&str]) {
    let help = help(program);
    let known = |flag: &str| help.split_whitespace().any(|word| word == flag);
    for word in words.iter().filter(|word| word.starts_with("--")) {
        let flag = word.split('=').next().unwrap();
        assert!(known(flag), "{program} has no flag {flag}");
    }
}

fn seconds(text: &str) -> u64 {
    text.strip_suffix('s')
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_else(|| panic!("{text}"))
}

fn flag<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words
        .iter()
        .position(|word| *word == name)
        .map(|at| words[at + 1])
}

fn strings(yaml: &Yaml) -> Vec<&str> {
    yaml.as_vec()
        .unwrap()
        .iter()
        .map(|item| item.as_str().unwrap())
        .collect()
}

#[test]
fn the_compose_file_starts_a_scheduler_and_three_workers_that_fit() {
    let text = read("deploy/compose.yaml");
    let documents = YamlLoader::load_from_str(&text).unwrap();
    let services = &documents[0]["services"];
    assert_eq!(services.as_hash().unwrap().len(), 2);

    let (scheduler, worker) = (&services["scheduler"], &services["worker"]);
    let build = &scheduler["build"];
    let context = root()
        .join("deploy")
        .join(build["context"].as_str().unwrap());
    assert!(
        context
            .join(build["dockerfile"].as_str().unwrap())
            .is_file()
    );
    assert_eq!(scheduler["image"], worker["image"]);

    let command = strings(&scheduler["command"]);
    assert_eq!(command[0], "scheduler");
    check_flags("scheduler", &command);
    let port = flag(&command, "--port").unwrap();
    let published = strings(&scheduler["ports"])[0];
    assert_eq!(published, format!("127.0.0.1:{port}:{port}"));
    assert!(read("deploy/Containerfile").contains(&format!("\nEXPOSE {port}\n")));

    let command = strings(&worker["command"]);
    assert_eq!(command[..2], ["worker", &format!("scheduler:{port}")]);
    check_flags("worker", &command);
    assert_eq!(worker["deploy"]["replicas"].as_i64(), Some(3));
    let drain = seconds(flag(&command, "--drain-timeout").unwrap());
    assert!(seconds(worker["stop_grace_period"].as_str().unwrap()) > drain);
}

#[test]
fn the_container_file_builds_the_daemons_from_what_is_there() {
    let text = read("deploy/Containerfile");
    let allowed = read("deploy/Containerfile.dockerignore");
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let rust = manifest["workspace"]["package"]["rust-version"]
        .as_str()
        .unwrap();
    assert!(
        text.contains(&format!("FROM docker.io/library/rust:{rust}-")),
        "not Rust {rust}"
    );
    let package: toml::Table = read("crates/daemons/Cargo.toml").parse().unwrap();
    assert!(text.contains(&format!(
        "--package {}\n",
        package["package"]["name"].as_str().unwrap()
    )));
    let own: Vec<&str> = package["bin"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bin| bin["name"].as_str().unwrap())
        .collect();

    let mut copied = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        words.pop().unwrap();
        if words[0] == "--from=build" {
            for path in &words[1..] {
                let name = path.strip_prefix("/build/target/release/").unwrap();
                assert!(own.contains(&name), "no binary {name}");
            }
            continue;
        }
        for path in words {
            assert!(root().join(path).exists(), "{path} is not there");
            assert!(
                allowed.lines().any(|line| line == format!("!{path}")),
                "{path} is ignored"
            );
            copied.push(path.to_owned());
        }
    }
    // Cargo needs every member of the workspace.
    for member in manifest["workspace"]["members"].as_array().unwrap() {
        let top = member.as_str().unwrap().split('/').next().unwrap();
        assert!(copied.iter().any(|path| path == top), "{top} is not copied");
    }
    let start = text
        .lines()
        .find_map(|line| line.strip_prefix("CMD "))
        .unwrap();
    let words: Vec<&str> = start
        .trim_matches(['[', ']'])
        .split(", ")
        .map(|word| word.trim_matches('"'))
        .collect();
    check_flags(words[0], &words);
}

/// The values of a key of a unit.
fn unit<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let start = format!("{key}=");
    text.lines()
        .filter_map(|line| line.strip_prefix(start.as_str()))
        .collect()
}

#[test]
fn the_units_run_the_daemons_with_flags_and_files_that_exist() {
    for (program, _) in PROGRAMS {
        let path = format!("deploy/systemd/taskloom-{program}.service");
        let text = read(&path);
        let start = unit(&text, "ExecStart");
        let words: Vec<&str> = start[0].split_whitespace().collect();
        assert_eq!(words[0], format!("/usr/local/bin/taskloom-{program}"));
        check_flags(program, &words);
        assert_eq!(unit(&text, "DynamicUser"), ["yes"]);
        assert_eq!(unit(&text, "Type"), ["notify"]);
        // Every file that the installation copies is there, and goes where the unit looks for it.
        let config = flag(&words, "--config").unwrap();
        assert!(
            text.contains(&format!("deploy/taskloom.toml {config}\n")),
            "{path}"
        );
        for word in text
            .lines()
            .filter(|line| line.starts_with("#   "))
            .flat_map(str::split_whitespace)
        {
            if word.starts_with("deploy/") {
                assert!(root().join(word).is_file(), "{path} names {word}");
            }
        }
    }
    let worker = read("deploy/systemd/taskloom-worker.service");
    let settings: toml::Table = read("deploy/taskloom.toml").parse().unwrap();
    let drain = seconds(settings["worker"]["drain-timeout"].as_str().unwrap());
    assert!(seconds(unit(&worker, "TimeoutStopSec")[0]) > drain);
    // A signal to all processes of the unit would be a second one for workers that --nworkers began.
    assert_eq!(unit(&worker, "KillMode"), ["mixed"]);
    let start: Vec<&str> = unit(&worker, "ExecStart")[0].split_whitespace().collect();
    let directory = flag(&start, "--local-directory").unwrap();
    assert_eq!(
        directory,
        format!("/var/cache/{}", unit(&worker, "CacheDirectory")[0])
    );
}

#[test]
fn systemd_finds_no_fault_with_the_units() {
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (program, binary) in PROGRAMS {
        let name = format!("taskloom-{program}.service");
        let installed = format!("/usr/local/bin/taskloom-{program}");
        // systemd wants the program to be there; here it is somewhere else.
        let text = read(&format!("deploy/systemd/{name}")).replace(&installed, binary);
        let path = directory.path().join(&name);
        fs::write(&path, text).unwrap();
        let output = Command::new("systemd-analyze")
            .arg("verify")
            .arg(&path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains(&name), "{said}");
    }
}

#[test]
fn the_configuration_file_for_machines_is_understood_by_both_daemons() {
    let file = root().join("deploy/taskloom.toml");
    for (program, binary) in PROGRAMS {
        // A wrong flag beside it is refused only after the file was accepted, so nothing starts.
        let output = Command::new(binary)
            .arg("--config")
            .arg(&file)
            .args(["--log-level", "loud"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            said.contains("--log-level") && !said.contains("taskloom.toml"),
            "{program}: {said}"
        );
    }
}
