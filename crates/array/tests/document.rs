//! The table of operations in `docs/arrays.md` is the one of the registry.
//!
//! `TASKLOOM_WRITE=1 cargo test -p taskloom-array --test document` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;
use taskloom_array::{OnUnknown, Operation, operations};

const BEGIN: &str = "<!-- operations: written by a test of crates/array -->\n";
const END: &str = "<!-- end of operations -->\n";

fn unknown(operation: &Operation) -> String {
    match operation.unknown {
        OnUnknown::Works(words) => words.to_owned(),
        OnUnknown::NeedsOthers(words) => format!("*others known*: {words}"),
        OnUnknown::NeedsSizes => "**needs sizes**".to_owned(),
        OnUnknown::MakesNew => "makes new ones".to_owned(),
        _ => panic!(
            "{}: a rule that the document has no words for",
            operation.name
        ),
    }
}

fn peer(name: &str) -> String {
    match name {
        "" => "-".to_owned(),
        name => format!("`{name}`"),
    }
}

/// The tables, a heading per group, in the order of the registry.
fn tables() -> String {
    let mut text = String::new();
    let mut groups: Vec<&str> = Vec::new();
    for operation in operations() {
        if !groups.contains(&operation.group) {
            groups.push(operation.group);
        }
    }
    for group in groups {
        text += &format!("\n### {group}\n\n");
        text += "| operation | what it does | numpy | dask.array | dtype | unknown chunk sizes | nothing in it |\n";
        text += "|---|---|---|---|---|---|---|\n";
        for operation in operations().filter(|operation| operation.group == group) {
            let cells = [
                format!("`{}`", operation.name),
                operation.summary.to_owned(),
                peer(operation.numpy),
                peer(operation.dask),
                operation.dtype.to_owned(),
                unknown(operation),
                operation.empty.to_owned(),
            ];
            let cells = cells.map(|cell| cell.replace('|', "\\|"));
            text += &format!("| {} |\n", cells.join(" | "));
        }
    }
    text + "\n"
}

#[test]
fn the_document_has_the_operations_of_the_registry() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/arrays.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document
        .split_once(BEGIN)
        .expect("the mark where it begins");
    let (table, after) = rest.split_once(END).expect("the mark where it ends");
    let current = tables();
    if std::env::var_os("TASKLOOM_WRITE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{current}{END}{after}")).unwrap();
        return;
    }
    let row = current.lines().zip(table.lines()).find(|(a, b)| a != b);
    assert!(
        current == table,
        "docs/arrays.md is not current (first row that differs: {row:?}); write it with \
         TASKLOOM_WRITE=1 cargo test -p taskloom-array --test document"
    );
}

#[test]
fn an_operation_has_one_entry_with_words() {
    let mut seen = BTreeSet::new();
    for operation in operations() {
        assert!(
            seen.insert(operation.name),
            "{} stands there twice",
            operation.name
        );
        for words in [
            operation.group,
            operation.dtype,
            operation.empty,
            operation.summary,
        ] {
            assert!(
                !words.trim().is_empty(),
                "{}: words are missing",
                operation.name
            );
        }
    }
}
