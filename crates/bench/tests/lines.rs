//! The program as it is called: every case in small, and what it prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The metrics that the case prints under its own name.
fn metrics(case: &str, arguments: &[&str]) -> Vec<String> {
    let common = ["--json", "--reps", "1"];
    let output = bench(&[arguments, &common].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{case}: {errors}");
    let mut metrics = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let figure: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            figure["value"].as_f64().is_some_and(|value| value > 0.0),
            "{line}"
        );
        assert!(
            figure["n"].as_u64().is_some() && figure["unit"].is_string(),
            "{line}"
        );
        if figure["case"] == case {
            metrics.push(figure["metric"].as_str().unwrap().to_owned());
        }
    }
    metrics
}

const RATE: [&str; 5] = [
    "throughput",
    "scheduler_cpu",
    "workers_cpu",
    "client_cpu",
    "ratio",
];

#[test]
fn rates_are_printed_with_what_they_cost() {
    assert_eq!(metrics("noop", &["noop", "--tasks", "300"]), RATE);
    assert_eq!(
        metrics("map", &["map", "--tasks", "300"]),
        [
            "submit",
            "scheduler_cpu",
            "workers_cpu",
            "client_cpu",
            "bytes_sent",
            "bytes_received",
            "bytes"
        ]
    );
    assert_eq!(metrics("chain", &["chain", "--tasks", "30"]), RATE);
    assert_eq!(metrics("tree", &["tree", "--tasks", "33"]), RATE);
}

#[test]
fn simulated_workers_are_measured() {
    let some = ["--workers", "20", "--tasks"];
    let core = [
        "throughput",
        "cpu",
        "intake",
        "run",
        "release",
        "dispatch_p50",
        "dispatch_p99",
    ];
    let heavy = ["5000", "--durations", "heavy:1", "--sizes", "heavy"];
    let arguments = [&["core"][..], &some, &heavy].concat();
    assert_eq!(metrics("core.inputs-20", &arguments), core);
    let scale = [
        "throughput",
        "scheduler_cpu",
        "workers_cpu",
        "client_cpu",
        "dispatch_p50",
        "dispatch_p99",
        "memory",
        "descriptors",
        "idle_cpu",
    ];
    for (name, of) in [
        ("scale.none-20", vec!["500", "--durations", "none"]),
        ("scale.none-paced:5000-20", vec!["500", "--rate", "5000"]),
        ("scale.heavy:1-20", heavy.to_vec()),
    ] {
        let arguments = [&["scale"][..], &some, &of].concat();
        assert_eq!(metrics(name, &arguments), scale, "{name}");
    }
    let crowd = [
        "registered",
        "scheduler_cpu",
        "descriptors",
        "memory",
        "idle_cpu",
    ];
    assert_eq!(metrics("crowd", &["crowd", "--workers", "50"]), crowd);
    let arguments = [&["messages"][..], &some, &["5000"]].concat();
    assert_eq!(
        metrics("messages-20", &arguments),
        ["throughput", "scheduler_cpu"]
    );
}

#[test]
fn a_graph_runs_without_and_with_its_durations() {
    let name = "xarray-25-variant";
    let beside_merge = [&RATE[..], &["time_to_merge", "cpu_to_merge"]].concat();
    assert_eq!(
        metrics("graph.xarray-25-variant", &["graph", name]),
        beside_merge
    );
}

#[test]
fn times_are_printed() {
    assert_eq!(
        metrics("latency", &["latency", "--tasks", "20"]),
        ["p50", "p99", "ratio"]
    );
    assert_eq!(
        metrics("nested", &["nested", "--tasks", "200"]),
        [
            "p50",
            "p99",
            "ratio",
            "service_ratio",
            "throughput",
            "rate_ratio"
        ]
    );
    for case in ["channel", "queue"] {
        for measured in [case.to_owned(), format!("{case}.futures")] {
            assert_eq!(
                metrics(&measured, &[case, "--tasks", "2000"]),
                ["p50", "p99", "ratio", "throughput"]
            );
        }
    }
    assert_eq!(
        metrics("startup", &["startup"]),
        ["listening", "registered", "ratio"]
    );
}

#[test]
fn the_scheduler_is_measured_from_outside() {
    let line = ["scheduler-memory", "--tasks", "20000"];
    assert_eq!(metrics("scheduler-memory", &line), ["bytes_per_task"]);
}

#[test]
fn what_is_not_there_is_said() {
    let output = bench(&["graph", "oak-16"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && errors.contains("tree-15"),
        "{errors}"
    );
    let output = bench(&["nop"]);
    assert!(!output.status.success());
}

#[test]
fn the_simulation_judges_every_policy() {
    let graph = "quality.xarray-25-variant";
    let printed = metrics(graph, &["quality", "xarray-25-variant"]);
    assert_eq!(printed.len(), 5 * 3);
    assert_eq!(
        printed[..3],
        ["taskloom.ratio", "taskloom.peak", "taskloom.moved"]
    );
    assert_eq!(
        metrics("quality", &["quality", "xarray-25-variant"]).len(),
        5
    );
    let unknown = bench(&["quality", "nothing"]);
    let error = String::from_utf8_lossy(&unknown.stderr);
    assert!(error.contains("shuffle-64"), "{error}");
}
