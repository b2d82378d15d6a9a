//! The crate table of `docs/architecture.md` against what the crates say.

use super::{File, Violation};
use crate::cargo::Package;
use std::collections::BTreeMap;
use std::path::Path;

const DOCUMENT: &str = "docs/architecture.md";

/// Checks that each crate stands in the table, depends only on crates above it, is named after its
/// folder, and takes versions and lints from the workspace.
pub fn check(root: &Path, packages: &[Package], files: &[File]) -> Vec<Violation> {
    let Some(document) = files.iter().find(|file| file.path == DOCUMENT) else {
        return vec![Violation::of(
            DOCUMENT,
            "is missing: it holds the table of crates",
        )];
    };
    let table = rows(&document.text);
    if table.is_empty() {
        let message = "has no table whose first column is `folder` or `crate`";
        return vec![Violation::of(DOCUMENT, message)];
    }
    let place: BTreeMap<&str, usize> = table
        .iter()
        .enumerate()
        .map(|(at, name)| (name.as_str(), at))
        .collect();
    let mut violations = order(root, packages, &place);
    let known = |name: &str| packages.iter().any(|package| folder(root, package) == name);
    for name in table.iter().filter(|name| !known(name)) {
        let message = format!("lists `{name}`, but there is no crates/{name}");
        violations.push(Violation::of(DOCUMENT, message));
    }
    for file in files
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"))
    {
        violations.extend(manifest(file));
    }
    violations
}

/// The names in the first column of the first table that is headed `folder` or `crate`.
fn rows(document: &str) -> Vec<String> {
    let first_cell = |line: &str| {
        let cell = line.trim().strip_prefix('|')?.split('|').next()?;
        Some(cell.trim().to_owned())
    };
    let mut lines = document.lines().skip_while(|line| {
        let head = first_cell(line).unwrap_or_default().to_lowercase();
        !matches!(head.as_str(), "folder" | "crate")
    });
    lines.next();
    // Every second piece between backticks is a name.
    let names = |cell: String| {
        let pieces = cell.split('`').skip(1).step_by(2);
        pieces
            .map(|name| name.trim_start_matches("crates/").to_owned())
            .collect::<Vec<_>>()
    };
    lines.map_while(first_cell).flat_map(names).collect()
}

/// The name that the table knows a package by: its folder below `crates/`.
fn folder(root: &Path, package: &Package) -> String {
    let relative = package
        .folder()
        .strip_prefix(root)
        .unwrap_or(package.folder());
    relative
        .strip_prefix("crates")
        .unwrap_or(relative)
        .to_string_lossy()
        .into_owned()
}

fn order(root: &Path, packages: &[Package], place: &BTreeMap<&str, usize>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in packages {
        let name = folder(root, package);
        let manifest = package
            .manifest_path
            .strip_prefix(root)
            .unwrap_or(&package.manifest_path);
        let manifest = manifest.to_string_lossy().into_owned();
        let inside: Vec<String> = package
            .needs()
            .filter_map(|dependency| dependency.path.as_ref())
            .filter_map(|path| path.file_name())
            .map(|folder| folder.to_string_lossy().into_owned())
            .collect();
        if name == "xtask" {
            if !inside.is_empty() {
                violations.push(Violation::of(
                    manifest,
                    "xtask depends on no crate of the product",
                ));
            }
            continue;
        }
        let expected = if name == "taskloom" {
            name.clone()
        } else {
            format!("taskloom-{name}")
        };
        if package.name != expected {
            let message = format!("the package of crates/{name} is named {expected}");
            violations.push(Violation::of(manifest.clone(), message));
        }
        let Some(&own) = place.get(name.as_str()) else {
            let message = format!("`{name}` is missing in the table of {DOCUMENT}");
            violations.push(Violation::of(manifest, message));
            continue;
        };
        for other in inside {
            if place.get(other.as_str()).is_none_or(|&at| at >= own) {
                let message =
                    format!("`{name}` depends on `{other}`, which is not above it in {DOCUMENT}");
                violations.push(Violation::of(manifest.clone(), message));
            }
        }
    }
    violations
}

/// Checks that a member takes its versions and lints from the workspace.
fn manifest(file: &File) -> Vec<Violation> {
    let table: toml::Table = match file.text.parse() {
        Ok(table) => table,
        Err(error) => return vec![Violation::of(&file.path, error.to_string())],
    };
    if !table.contains_key("package") {
        return Vec::new();
    }
    let mut violations = Vec::new();
    let from_workspace = |value: &toml::Value| {
        value
            .get("workspace")
            .and_then(toml::Value::as_bool)
            .unwrap_or(false)
    };
    if !table.get("lints").is_some_and(from_workspace) {
        violations.push(Violation::of(
            &file.path,
            "takes no lints: add `lints.workspace = true`",
        ));
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let entries = table
            .get(section)
            .and_then(toml::Value::as_table)
            .into_iter()
            .flatten();
        // A crate may name itself, to test with its own features on.
        let is_itself =
            |value: &toml::Value| value.get("path").and_then(toml::Value::as_str) == Some(".");
        let elsewhere = |value: &toml::Value| !from_workspace(value) && !is_itself(value);
        for (name, _) in entries.filter(|(_, value)| elsewhere(value)) {
            let message =
                format!("`{name}` takes its version from elsewhere: use `{name}.workspace = true`");
            violations.push(Violation::of(&file.path, message));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo::Dependency;

    #[test]
    fn the_table_is_read_in_order() {
        let document = "# x\n| a | b |\n|---|---|\n| `no` | |\n\n| Crate | idea |\n|---|---|\n\
            | `core` | x `y` |\n| `crates/task`, `task-macros` | |\n\ntext | `z` |\n";
        assert_eq!(rows(document), ["core", "task", "task-macros"]);
    }

    #[test]
    fn a_dependency_that_is_not_above_is_found() {
        let package = |folder: &str, needs: &[(&str, Option<&str>)]| Package {
            name: format!("taskloom-{folder}"),
            manifest_path: format!("/r/crates/{folder}/Cargo.toml").into(),
            dependencies: needs
                .iter()
                .map(|&(name, kind)| Dependency {
                    name: format!("taskloom-{name}"),
                    kind: kind.map(str::to_owned),
                    path: Some(format!("/r/crates/{name}").into()),
                })
                .collect(),
        };
        let packages = [
            package("a", &[("b", None), ("b", Some("dev"))]),
            package("b", &[("a", None)]),
        ];
        let place = BTreeMap::from([("a", 0), ("b", 1)]);
        let found = order(Path::new("/r"), &packages, &place);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.starts_with("`a` depends on `b`"),
            "{found:?}"
        );
    }
}
