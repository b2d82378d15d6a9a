//! The machines decide and do nothing else: no clock, randomness, IO, async or unordered maps.

use super::source::{self, Token};
use super::{File, Violation};
use crate::cargo::Package;

/// The crates that are pure.
const PURE: [&str; 5] = [
    "core",
    "session",
    "scheduler-core",
    "worker-core",
    "client-core",
];

/// What they may depend on.
const ALLOWED: [&str; 9] = [
    "blake3",
    "bytes",
    "hashbrown",
    "rustc-hash",
    "smallvec",
    "sortedvec",
    "strsim",
    "taskloom-core",
    "thiserror",
];

/// Words that have no place in their code.
const WORDS: [(&str, &str); 20] = [
    ("Instant", "a clock: time comes in with the call"),
    ("SystemTime", "a clock: time comes in with the call"),
    ("UNIX_EPOCH", "a clock: time comes in with the call"),
    ("RandomState", "a random order"),
    ("rand", "a random source"),
    ("getrandom", "a random source"),
    (
        "async",
        "async: effects are returned, the shell carries them out",
    ),
    (
        "await",
        "async: effects are returned, the shell carries them out",
    ),
    (
        "tokio",
        "async: effects are returned, the shell carries them out",
    ),
    ("tonic", "IO"),
    ("serde", "an encoding: `taskloom-wire` converts"),
    (
        "tracing",
        "recording: the shell records what the machine returns",
    ),
    ("println", "IO"),
    ("print", "IO"),
    ("eprintln", "IO"),
    ("eprint", "IO"),
    ("Mutex", "a lock: one thread owns the machine"),
    ("RwLock", "a lock: one thread owns the machine"),
    ("thread_local", "hidden state"),
    ("sleep", "a clock: time comes in with the call"),
];

/// Modules of std that have no place in their code.
const STD: [(&str, &str); 8] = [
    ("fs", "IO"),
    ("io", "IO"),
    ("net", "IO"),
    ("env", "IO"),
    ("process", "IO"),
    ("thread", "threads"),
    ("os", "IO"),
    ("random", "a random source"),
];

/// Checks dependencies and code of the pure crates.
pub fn check(packages: &[Package], files: &[File]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for name in PURE {
        let package = packages
            .iter()
            .find(|package| package.name == format!("taskloom-{name}"));
        let needs = package.into_iter().flat_map(Package::needs);
        for dependency in needs.filter(|need| !ALLOWED.contains(&need.name.as_str())) {
            let message = format!("a pure crate does not depend on {}", dependency.name);
            violations.push(Violation::of(format!("crates/{name}/Cargo.toml"), message));
        }
        let folder = format!("crates/{name}/src/");
        for file in files.iter().filter(|file| file.path.starts_with(&folder)) {
            if file.path.ends_with(".rs") && !file.for_tests {
                violations.extend(impure(&file.path, &source::code(&file.text)));
            }
        }
    }
    violations
}

fn impure(path: &str, tokens: &[Token]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut report = |token: &Token, why: &str| {
        let message = format!("`{}` has no place in a pure crate: {why}", token.text);
        violations.push(Violation::at(path, token.line, message));
    };
    for (at, token) in tokens.iter().enumerate() {
        if let Some((_, why)) = WORDS.iter().find(|(word, _)| *word == token.text) {
            report(token, why);
        }
        if token.text != "std" || tokens.get(at + 1).is_none_or(|next| next.text != "::") {
            continue;
        }
        for found in std_modules(tokens, at + 2) {
            if let Some((_, why)) = STD.iter().find(|(module, _)| *module == found.text) {
                report(found, why);
            }
        }
        // Up to the end of the statement: `std::collections::{BTreeMap, HashMap}`.
        let statement = tokens[at..]
            .iter()
            .take_while(|token| !matches!(token.text.as_str(), ";" | "(" | "<"));
        for found in statement.filter(|token| matches!(token.text.as_str(), "HashMap" | "HashSet"))
        {
            report(
                found,
                "std's maps have a random order: use hashbrown with a fixed hasher, or a BTree",
            );
        }
    }
    violations
}

/// The modules that follow `std::`: one, or the heads of a group in braces.
fn std_modules(tokens: &[Token], at: usize) -> Vec<&Token> {
    let Some(first) = tokens.get(at) else {
        return Vec::new();
    };
    if first.text != "{" {
        return vec![first];
    }
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for pair in tokens[at..].windows(2) {
        match pair[0].text.as_str() {
            "{" => depth += 1,
            "}" if depth <= 1 => break,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 1 && matches!(pair[0].text.as_str(), "{" | ",") {
            found.push(&pair[1]);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(source: &str) -> Vec<String> {
        let found = impure("x.rs", &source::code(source));
        found
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn impure_code_is_found() {
        assert_eq!(messages("use std::time::Instant;").len(), 1);
        assert_eq!(
            messages("use std::{collections::BTreeMap, fs, fmt};").len(),
            1
        );
        assert_eq!(messages("fn f() { std::thread::yield_now() }").len(), 1);
        assert_eq!(
            messages("use std::collections::{BTreeMap, HashMap};").len(),
            1
        );
        assert_eq!(messages("async fn f() { g().await }").len(), 2);
    }

    #[test]
    fn pure_code_passes() {
        let source = "use std::time::Duration; use hashbrown::HashMap; // Instant\n\
            use std::{fmt, sync::Arc}; const A: &str = \"tokio\";\n\
            #[cfg(test)] mod tests { use std::fs; }";
        assert_eq!(messages(source), Vec::<String>::new());
    }
}
