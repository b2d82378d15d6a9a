//! The pieces of code in the guides stand in programs that are compiled and run.
//!
//! Whole programs in the guides are documentation tests of the crate `taskloom`. A piece (a block
//! marked `rust,ignore`) has to stand in one of its examples line by line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

/// A line without its indentation, its closing comment and what marks it as documentation.
fn plain(line: &str) -> String {
    let line = line.trim().trim_start_matches("//!").trim();
    let code = if line.starts_with("//") {
        line
    } else {
        line.split("//").next().unwrap_or("")
    };
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of all programs in a folder. An example is a file, or a folder of files.
fn lines_of_examples(folder: &Path) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            lines.append(&mut lines_of_examples(&path));
        } else {
            let text = std::fs::read_to_string(path).unwrap();
            lines.extend(text.lines().map(plain));
        }
    }
    lines
}

#[test]
fn pieces_of_the_guides_stand_in_the_examples() {
    let root = xtask::cargo::root();
    let known = lines_of_examples(&root.join("crates/taskloom/examples"));
    for guide in [
        "docs/tasks.md",
        "docs/client.md",
        "docs/actors.md",
        "docs/channels.md",
        "docs/coordination.md",
        "docs/datasets.md",
        "docs/extending.md",
        "docs/nested.md",
        "docs/programs.md",
    ] {
        let text = std::fs::read_to_string(root.join(guide)).unwrap();
        let blocks: Vec<&str> = text.split("```rust,ignore\n").skip(1).collect();
        assert!(!blocks.is_empty(), "{guide} has no pieces: mend this test");
        for block in blocks {
            let (piece, _) = block.split_once("```").unwrap();
            for line in piece.lines().map(plain).filter(|line| !line.is_empty()) {
                assert!(
                    known.contains(&line),
                    "{guide} shows a line that no example has: {line}"
                );
            }
        }
    }
}
