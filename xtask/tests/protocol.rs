//! The table of error codes in `docs/protocol.md` is the one of the sources.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use taskloom_core::ErrorCode;
use taskloom_core::limits;

fn document() -> String {
    std::fs::read_to_string(xtask::cargo::root().join("docs/protocol.md")).unwrap()
}

#[test]
fn every_error_code_is_documented() {
    let document = document();
    let (_, table) = document.split_once("## Error codes").unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .collect();
    let expected: Vec<String> = ErrorCode::ALL
        .iter()
        .map(|code| {
            let blame = format!("{:?}", code.blame()).to_lowercase();
            format!("| {} | `{code:?}` | {blame} | ", code.number())
        })
        .collect();
    assert_eq!(rows.len(), expected.len(), "rows of the table");
    for (row, expected) in rows.iter().zip(&expected) {
        assert!(
            row.starts_with(expected.as_str()),
            "expected {expected:?}, found {row:?}"
        );
    }
}

#[test]
fn the_documented_limits_are_those_of_the_sources() {
    let document = document();
    let mib = |bytes: usize| format!("{} MiB", bytes / (1024 * 1024));
    for (row, limit) in [
        ("message on a session", mib(limits::MESSAGE_BYTES_MAX)),
        ("arguments of one task", mib(limits::ARGUMENT_BYTES_MAX)),
        ("frame of `Data`", mib(limits::BULK_FRAME_BYTES)),
        (
            "name of an operation or worker",
            format!("{} bytes", limits::NAME_BYTES_MAX),
        ),
    ] {
        let line = document
            .lines()
            .find(|line| line.starts_with(&format!("| {row} |")));
        assert!(line.unwrap_or_default().contains(&limit), "{row}: {limit}");
    }
    assert_eq!(limits::KEY_BYTES_MAX, 1_024);
    assert_eq!(limits::ARGUMENT_NODES_MAX, 1_048_576);
    assert_eq!(limits::GRAPH_CHUNK_TASKS_MAX, 1_048_576);
    assert!(document.contains(&format!("the protocol is {}", limits::PROTOCOL_VERSION)));
}
