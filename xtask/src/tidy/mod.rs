//! The rules of the house, checked.
//!
//! | rule | where |
//! |---|---|
//! | a crate depends only on those above it in the table of `docs/architecture.md` | [`crates`] |
//! | no import cycles between sibling folders of a crate | [`cycles`] |
//! | files are short, have module docs and names that say what they are | [`files`] |
//! | the machines have no clock, randomness, IO, async or unordered maps | [`purity`] |
//! | the top folder holds what it should and nothing else | [`layout`] |
//! | documents are linked from their index, links lead somewhere, every call is documented | [`documents`] |

pub mod crates;
pub mod cycles;
pub mod documents;
pub mod files;
pub mod layout;
pub mod purity;
pub mod source;

use crate::cargo;
use anyhow::{Context, Result};
use std::fmt;
use std::path::{Path, PathBuf};

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The file or folder, relative to the top.
    pub place: String,
    /// The line, if it is one.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Violation {
    /// A broken rule of a whole file or folder.
    pub fn of(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            line: None,
            message: message.into(),
        }
    }

    /// A broken rule in one line, counted from 1.
    pub fn at(place: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            line: Some(line),
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.place, self.message),
            None => write!(f, "{}: {}", self.place, self.message),
        }
    }
}

/// A text file of the checkout.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path from the top, with `/`.
    pub path: String,
    /// Its content.
    pub text: String,
    /// Whether it is compiled for tests alone.
    pub for_tests: bool,
}

impl File {
    /// A file of the product.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            for_tests: false,
        }
    }
}

/// Checks all rules on the checkout at `root`.
pub fn check(root: &Path) -> Result<Vec<Violation>> {
    let files = read(root)?;
    let packages = cargo::packages(root)?;
    let mut violations = Vec::new();
    violations.extend(crates::check(root, &packages, &files));
    violations.extend(cycles::check(&files));
    violations.extend(files::check(&files));
    violations.extend(purity::check(&packages, &files));
    violations.extend(layout::check(root)?);
    violations.extend(documents::check(root, &files));
    violations.sort();
    violations.dedup();
    Ok(violations)
}

/// Reads the text files of the folders that hold ours, in the order of their paths.
fn read(root: &Path) -> Result<Vec<File>> {
    const KINDS: [&str; 5] = ["rs", "proto", "py", "md", "toml"];
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                // Build output, environments and caches are not ours.
                if !name.starts_with('.') && name != "target" && name != "__pycache__" {
                    folders.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|kind| KINDS.iter().any(|k| kind == *k))
            {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                let relative = path.strip_prefix(root).unwrap_or(&path);
                files.push(File::new(
                    relative.to_string_lossy().replace('\\', "/"),
                    text,
                ));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    mark_tests(&mut files);
    Ok(files)
}

/// Marks the files that are compiled for tests alone.
fn mark_tests(files: &mut [File]) {
    let mut modules = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        let children = file.path.trim_end_matches(".rs");
        let children = ["/lib", "/mod", "/main"]
            .iter()
            .find_map(|root| children.strip_suffix(root))
            .unwrap_or(children);
        let names = source::test_modules(&file.text);
        modules.extend(names.into_iter().map(|name| format!("{children}/{name}")));
    }
    for file in files {
        file.for_tests = file.path.contains("/tests/")
            || modules.iter().any(|module| {
                let rest = file.path.strip_prefix(module.as_str()).unwrap_or_default();
                rest == ".rs" || rest.starts_with('/')
            });
    }
}

/// What a folder holds.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot read {}", folder.display());
    std::fs::read_dir(folder)
        .with_context(unreadable)?
        .map(|entry| Ok(entry.with_context(unreadable)?.path()))
        .collect()
}
