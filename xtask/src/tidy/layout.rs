//! The top folder holds what it should and nothing else.

use super::Violation;
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// What must be there.
const REQUIRED: [&str; 20] = [
    ".cargo",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "crates",
    "deny.toml",
    "deploy",
    "docs",
    "proto",
    "rustfmt.toml",
    "xtask",
    "docs/README.md",
    "docs/architecture.md",
];

/// What may be there.
const OPTIONAL: [&str; 2] = [".dockerignore", ".gitattributes"];

/// Checks what git tracks; without git, what lies there but for git's own folder and build output.
pub fn check(root: &Path) -> Result<Vec<Violation>> {
    let top = match tracked(root) {
        Some(top) => top,
        None => present(root)?,
    };
    Ok(compare(&top, |path| root.join(path).exists()))
}

fn compare(top: &BTreeSet<String>, exists: impl Fn(&str) -> bool) -> Vec<Violation> {
    let surplus = top
        .iter()
        .filter(|name| !REQUIRED.contains(&name.as_str()) && !OPTIONAL.contains(&name.as_str()))
        .map(|name| Violation::of(name, "has no place in the top folder"));
    let missing = REQUIRED
        .iter()
        .filter(|path| !exists(path))
        .map(|path| Violation::of(*path, "is missing"));
    surplus.chain(missing).collect()
}

/// The first names of all paths that git tracks.
fn tracked(root: &Path) -> Option<BTreeSet<String>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["ls-files", "-z"])
        .output()
        .ok()?;
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    let names: BTreeSet<String> = listing
        .split_terminator('\0')
        .filter_map(|path| path.split('/').next())
        .map(str::to_owned)
        .collect();
    (output.status.success() && !names.is_empty()).then_some(names)
}

fn present(root: &Path) -> Result<BTreeSet<String>> {
    let entries = super::entries(root)?;
    let names = entries.iter().filter_map(|path| path.file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    Ok(names
        .filter(|name| name != ".git" && name != "target")
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surplus_and_missing_are_named() {
        let top = REQUIRED
            .iter()
            .map(|name| (*name).to_owned())
            .chain(["notes.txt".to_owned()]);
        let top = top.filter(|name| !name.contains('/')).collect();
        let found = compare(&top, |path| path != "proto");
        let places: Vec<&str> = found
            .iter()
            .map(|violation| violation.place.as_str())
            .collect();
        assert_eq!(places, ["notes.txt", "proto"]);
    }
}
