//! No import cycles between sibling folders of a crate.
//!
//! Read from the sources alone: every path that begins with `crate`, `self` or `super` is followed
//! as far as it names modules. For each module those of its children that are folders are the points
//! of a graph, and a path from below one to below another is an edge; the graph must have no cycle.
//! Files beside each other are one idea in several pieces and may name each other. What stands in
//! tests does not count.

use super::source::{self, Token};
use super::{File, Violation};
use std::collections::{BTreeMap, BTreeSet};

/// A module by the names from the crate's root; empty for the root.
type Module = Vec<String>;

/// An edge of the graph: from a child to a child, and one place that makes it.
type Edges = BTreeMap<(String, String), (String, usize)>;

/// Checks each crate below `crates/` and `xtask`.
pub fn check(files: &[File]) -> Vec<Violation> {
    let mut crates: BTreeMap<&str, Vec<(&File, Module)>> = BTreeMap::new();
    for file in files {
        if let Some((name, module)) = place(&file.path)
            && !file.for_tests
        {
            crates.entry(name).or_default().push((file, module));
        }
    }
    crates
        .values()
        .flat_map(|modules| cycles_of(modules))
        .collect()
}

/// The crate's folder and the module that a path like `crates/x/src/a/b.rs` holds.
fn place(path: &str) -> Option<(&str, Module)> {
    let (folder, inside) = path.split_once("/src/")?;
    let inside = inside.strip_suffix(".rs")?;
    if inside == "main" || inside.starts_with("bin/") {
        return None;
    }
    let mut module: Module = inside.split('/').map(str::to_owned).collect();
    if module
        .last()
        .is_some_and(|last| last == "mod" || (last == "lib" && module.len() == 1))
    {
        module.pop();
    }
    Some((folder, module))
}

fn cycles_of(modules: &[(&File, Module)]) -> Vec<Violation> {
    let known: BTreeSet<&[String]> = modules
        .iter()
        .map(|(_, module)| module.as_slice())
        .collect();
    let is_folder = |module: &[String]| {
        known
            .iter()
            .any(|other| other.len() > module.len() && other.starts_with(module))
    };
    let mut graphs: BTreeMap<Module, Edges> = BTreeMap::new();
    for (file, from) in modules {
        for (to, line) in references(&source::code(&file.text), from, &known) {
            let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            let (Some(a), Some(b)) = (from.get(shared), to.get(shared)) else {
                continue;
            };
            if is_folder(&from[..=shared]) && is_folder(&to[..=shared]) {
                let graph = graphs.entry(from[..shared].to_vec()).or_default();
                graph
                    .entry((a.clone(), b.clone()))
                    .or_insert_with(|| (file.path.clone(), line));
            }
        }
    }
    graphs.values().filter_map(cycle).collect()
}

/// The modules that the paths in a file name, with the lines.
fn references(
    tokens: &[Token],
    from: &[String],
    known: &BTreeSet<&[String]>,
) -> Vec<(Module, usize)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let begins = at == 0 || tokens[at - 1].text != "::";
        let start: Option<Module> = match token.text.as_str() {
            "crate" if begins => Some(Vec::new()),
            "self" if begins => Some(from.to_vec()),
            "super" if begins => Some(from[..from.len().saturating_sub(1)].to_vec()),
            _ => None,
        };
        if let Some(start) = start {
            // `pub(crate)` and `&self` have no `::` behind them.
            if tokens.get(at + 1).is_some_and(|next| next.text == "::") {
                follow(tokens, at + 2, start, known, &mut found);
            }
        }
    }
    found
}

/// Follows a path from `at`, into the braces of a `use` as well.
fn follow(
    tokens: &[Token],
    mut at: usize,
    mut module: Module,
    known: &BTreeSet<&[String]>,
    found: &mut Vec<(Module, usize)>,
) {
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "super" => {
                module.pop();
            }
            "{" => {
                for start in group(tokens, at) {
                    follow(tokens, start, module.clone(), known, found);
                }
                return;
            }
            name => {
                module.push(name.to_owned());
                if !known.contains(module.as_slice()) {
                    module.pop();
                    break;
                }
            }
        }
        if tokens.get(at + 1).is_none_or(|next| next.text != "::") {
            break;
        }
        at += 2;
    }
    let line = tokens.get(at).map_or(0, |token| token.line);
    found.push((module, line));
}

/// Where the items of the brace group at `open` begin.
fn group(tokens: &[Token], open: usize) -> Vec<usize> {
    let mut starts = vec![open + 1];
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth <= 1 => break,
            "}" => depth -= 1,
            "," if depth == 1 => starts.push(at + 1),
            _ => {}
        }
    }
    starts.retain(|&at| tokens.get(at).is_some_and(|token| token.text != "}"));
    starts
}

/// One cycle of the graph, if it has any.
fn cycle(edges: &Edges) -> Option<Violation> {
    let mut left = edges.clone();
    // Points that nothing leads to, or that lead nowhere, are on no cycle.
    loop {
        let from: BTreeSet<String> = left.keys().map(|(from, _)| from.clone()).collect();
        let to: BTreeSet<String> = left.keys().map(|(_, to)| to.clone()).collect();
        let before = left.len();
        left.retain(|(a, b), _| to.contains(a) && from.contains(b));
        if left.len() == before {
            break;
        }
    }
    let first = left.keys().next()?.0.clone();
    let mut walk = vec![first];
    loop {
        let last = walk.last()?;
        let next = left.keys().find(|(from, _)| from == last)?.1.clone();
        if let Some(at) = walk.iter().position(|name| *name == next) {
            let ring = &walk[at..];
            let (place, line) = left.get(&(ring.last()?.clone(), next.clone()))?;
            let message = format!(
                "folders import each other in a ring: {} -> {next}",
                ring.join(" -> ")
            );
            return Some(Violation::at(place, *line, message));
        }
        walk.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sources: &[(&str, &str)]) -> Vec<File> {
        sources
            .iter()
            .map(|&(path, text)| File::new(path, text))
            .collect()
    }

    #[test]
    fn a_ring_is_found() {
        let found = check(&files(&[
            ("crates/x/src/lib.rs", "mod a; mod b; mod c;"),
            ("crates/x/src/a/mod.rs", "mod deep;"),
            ("crates/x/src/a/deep.rs", "use crate::{b::B, d};\n"),
            ("crates/x/src/b.rs", "\nfn f() { super::c::g() }"),
            ("crates/x/src/b/inner.rs", ""),
            ("crates/x/src/c/mod.rs", "pub use crate::a::A;"),
            ("crates/x/src/c/inner.rs", ""),
        ]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].message.ends_with("a -> b -> c -> a"), "{found:?}");
    }

    #[test]
    fn files_parents_tests_and_other_crates_do_not_count() {
        let found = check(&files(&[
            (
                "crates/x/src/lib.rs",
                "mod a; mod b; mod f; pub use a::A; pub use crate::b::B;",
            ),
            (
                "crates/x/src/a/mod.rs",
                "use crate::b::B; use crate::Root; use crate::f::F;",
            ),
            ("crates/x/src/a/inner.rs", ""),
            (
                "crates/x/src/b/mod.rs",
                "#[cfg(test)] mod tests { use crate::a::A; }",
            ),
            ("crates/x/src/b/inner.rs", ""),
            ("crates/x/src/f.rs", "use crate::a::A;"),
            ("crates/y/src/b/inner.rs", "use crate::a::A;"),
            ("crates/y/src/a/inner.rs", "// use crate::b::B;"),
        ]));
        assert_eq!(found, []);
    }
}
