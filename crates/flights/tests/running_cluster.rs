//! The demo's program on a cluster that runs already, as `cargo xtask demo --scheduler` uses it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;
use taskloom_cluster::LocalCluster;

// The workers of this test run in this process: link the tasks into it.
use taskloom_flights as _;

#[test]
fn the_demo_uses_a_running_cluster() {
    let cluster = LocalCluster::builder().workers(3).start_blocking().unwrap();
    let demo = || {
        Command::new(env!("CARGO_BIN_EXE_flights"))
            .args(["--scheduler", cluster.address()])
            .output()
            .unwrap()
    };
    // Twice, so that the second run meets what the first one left behind.
    for output in [demo(), demo()] {
        let shown = String::from_utf8(output.stdout).unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let line = |name: &str| {
            let line = shown
                .lines()
                .find(|line| line.contains(name))
                .unwrap_or(&shown);
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            line("United"),
            "UA United Air Lines Inc. 58,665 57,979 701,898 12.1 0.0 12,195 21.0 %"
        );
        assert!(
            line("all airlines").starts_with("all airlines 336,776 328,521 "),
            "{shown}"
        );
        let closing = shown.lines().last().unwrap();
        assert!(closing.contains(" tasks on 3 workers in "), "{shown}");
        assert_eq!(said, "", "the progress bar shows on terminals alone");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let missing = Command::new(env!("CARGO_BIN_EXE_flights"))
        .args(["--data", "/nonexistent/flights"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(1));
    let said = String::from_utf8(missing.stderr).unwrap();
    assert!(
        said.starts_with("error: cannot read /nonexistent/flights/airlines.csv: "),
        "{said}"
    );
}
