//! Files: short, with module docs, named after what is in them.

use super::{File, Violation};

/// Most lines of a source file.
const LINES_MAX: usize = 800;

/// Names that say nothing about what is inside.
const VAGUE: [&str; 11] = [
    "util",
    "utils",
    "utilities",
    "common",
    "helper",
    "helpers",
    "misc",
    "stuff",
    "lib2",
    "manager",
    "managers",
];

/// Checks all sources.
pub fn check(files: &[File]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for File { path, text, .. } in files {
        let kind = path.rsplit('.').next().unwrap_or_default();
        if !matches!(kind, "rs" | "proto" | "py") {
            continue;
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            let message = format!("has {lines} lines, at most {LINES_MAX} are allowed: split it");
            violations.push(Violation::of(path, message));
        }
        if kind == "rs" && !is_fixture(path) && !text.trim_start().starts_with("//!") {
            let message = "does not begin with `//!` docs that say what lives in it";
            violations.push(Violation::at(path, 1, message));
        }
        if kind == "proto" && !text.trim_start().starts_with("//") {
            let message = "does not begin with a comment that says what it specifies";
            violations.push(Violation::at(path, 1, message));
        }
        let names = path
            .split('/')
            .map(|name| name.trim_end_matches(kind).trim_end_matches('.'));
        if let Some(vague) = names.into_iter().find(|name| VAGUE.contains(name)) {
            let message = format!("`{vague}` names no idea: say what lives there");
            violations.push(Violation::of(path, message));
        }
    }
    violations
}

/// Programs that tests compile, to see the compiler's answer.
fn is_fixture(path: &str) -> bool {
    path.split_once("/tests/").is_some_and(|(_, inside)| {
        inside.contains('/') && !inside.ends_with("/mod.rs") && !inside.ends_with("/main.rs")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_checked() {
        let file = |path: &str, text: String| File::new(path, text);
        let found = check(&[
            file("crates/x/src/good.rs", "//! Good.\n".into()),
            file("crates/x/src/bare.rs", "fn f() {}\n".into()),
            file("crates/x/src/utils.rs", "//! Vague.\n".into()),
            file("crates/x/src/long.rs", "//! Long.\n".repeat(801)),
            file("crates/x/tests/fixtures/bad.rs", "fn main() {}\n".into()),
            file("docs/long.md", "x\n".repeat(2000)),
        ]);
        let places: Vec<&str> = found
            .iter()
            .map(|violation| violation.place.as_str())
            .collect();
        assert_eq!(
            places,
            [
                "crates/x/src/bare.rs",
                "crates/x/src/utils.rs",
                "crates/x/src/long.rs"
            ]
        );
    }
}
