//! The shapes of real jobs, read from the files in `fixtures/`.
//!
//! `NAME.txt.gz` has a line `kind:dependency,dependency,...` per task, in an order in which every
//! task comes after what it depends on; dependencies are line numbers from 0. `NAME.kinds` has a
//! line `number name` per kind. The shapes are those of the benchmark set of the rsds paper, derived
//! by building its jobs with Dask 2.30.

use crate::shape::{GraphShape, ShapeError};
use std::io::Read as _;

/// Why a fixture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// There is no fixture of this name.
    #[error("there is no graph `{name}`; there are: {}", names().join(", "))]
    Unknown {
        /// The name that was asked for.
        name: String,
    },
    /// The file cannot be inflated.
    #[error("the graph `{name}` cannot be inflated")]
    Inflate {
        /// The fixture.
        name: String,
        /// What is wrong with it.
        #[source]
        source: std::io::Error,
    },
    /// A line that is not of the form above.
    #[error("the graph `{name}`, {file}, line {line}: `{text}` is not understood")]
    Line {
        /// The fixture.
        name: String,
        /// Which of its two files.
        file: &'static str,
        /// Counted from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// A task that does not fit the others.
    #[error("the graph `{name}`")]
    Shape {
        /// The fixture.
        name: String,
        /// What does not fit.
        #[source]
        source: ShapeError,
    },
}

struct File {
    name: &'static str,
    tasks: &'static [u8],
    kinds: &'static str,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(File {
            name: $name,
            tasks: include_bytes!(concat!("../fixtures/", $name, ".txt.gz")),
            kinds: include_str!(concat!("../fixtures/", $name, ".kinds")),
        }),*]
    };
}

// The files are part of the binary, so that a benchmark needs no working directory.
const FILES: &[File] = files![
    "bag-25K-10",
    "bag-25K-50",
    "groupby-90-1S-1H",
    "groupby-90-1S-8H",
    "join-1-1S-1H",
    "numpy-50K-10",
    "numpy-50K-50",
    "tree-15",
    "xarray-25-variant",
];

/// The names of all fixtures.
pub fn names() -> Vec<&'static str> {
    FILES.iter().map(|file| file.name).collect()
}

/// Reads the fixture of this name.
///
/// # Errors
/// A name that is not there, with those that are; a file that is damaged.
pub fn fixture(name: &str) -> Result<GraphShape, FixtureError> {
    let file =
        FILES
            .iter()
            .find(|file| file.name == name)
            .ok_or_else(|| FixtureError::Unknown {
                name: name.to_owned(),
            })?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(file.tasks)
        .read_to_string(&mut text)
        .map_err(|source| FixtureError::Inflate {
            name: name.to_owned(),
            source,
        })?;
    parse(name, file.kinds, &text)
}

fn parse(name: &str, kinds: &str, tasks: &str) -> Result<GraphShape, FixtureError> {
    let bad = |file, line: usize, text: &str| FixtureError::Line {
        name: name.to_owned(),
        file,
        line: line + 1,
        text: text.chars().take(80).collect(),
    };
    let mut names = Vec::new();
    for (at, line) in kinds.lines().enumerate() {
        let named = line
            .split_once(' ')
            .filter(|(number, _)| number.parse() == Ok(at));
        names.push(named.ok_or_else(|| bad("kinds", at, line))?.1);
    }
    let mut shape = GraphShape::new(names);
    let mut dependencies = Vec::new();
    for (at, line) in tasks.lines().enumerate() {
        let (kind, list) = line.split_once(':').ok_or_else(|| bad("tasks", at, line))?;
        let kind = kind.parse().map_err(|_| bad("tasks", at, line))?;
        dependencies.clear();
        for on in list.split(',').filter(|on| !on.is_empty()) {
            dependencies.push(on.parse().map_err(|_| bad("tasks", at, line))?);
        }
        shape
            .try_push(kind, &dependencies)
            .map_err(|source| FixtureError::Shape {
                name: name.to_owned(),
                source,
            })?;
    }
    Ok(shape)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn every_fixture_can_be_read() {
        for name in names() {
            assert!(!fixture(name).unwrap().is_empty(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let text = fixture("tree-16").unwrap_err().to_string();
        assert!(
            text.contains("tree-16") && text.contains("tree-15"),
            "{text}"
        );
    }

    #[test]
    fn a_damaged_line_is_named() {
        let text = parse("x", "0 a\n", "0:\n0:0,q\n").unwrap_err().to_string();
        assert!(text.contains("line 2") && text.contains("0:0,q"), "{text}");
        assert!(parse("x", "1 a\n", "").is_err());
        assert!(parse("x", "0 a\n", "0:0\n").is_err());
    }
}
