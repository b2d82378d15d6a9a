//! Documents: reachable from their index, with links that lead somewhere, and complete about the
//! protocol.

use super::{File, Violation};
use std::path::Path;

const INDEX: &str = "docs/README.md";
const PROTOCOL: &str = "docs/protocol.md";

/// Checks all Markdown files, and the protocol's document against the files that specify it.
pub fn check(root: &Path, files: &[File]) -> Vec<Violation> {
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .map(|file| &*file.text)
    };
    let mut violations = Vec::new();

    let index = text(INDEX).unwrap_or_default();
    for File { path, .. } in files {
        let Some(name) = path
            .strip_prefix("docs/")
            .filter(|name| name.ends_with(".md"))
        else {
            continue;
        };
        if path != INDEX && !index.contains(&format!("({name})")) {
            violations.push(Violation::of(path, format!("is not linked from {INDEX}")));
        }
    }

    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
        for (line, target) in links(&file.text) {
            if !root.join(folder).join(target).exists() {
                let message = format!("the link to {target} leads nowhere");
                violations.push(Violation::at(&file.path, line, message));
            }
        }
    }

    let protocol = text(PROTOCOL).unwrap_or_default();
    for file in files.iter().filter(|file| file.path.ends_with(".proto")) {
        for name in named(&file.text) {
            if !protocol.contains(&format!("`{name}`")) {
                let message = format!("{PROTOCOL} does not mention `{name}`");
                violations.push(Violation::of(&file.path, message));
            }
        }
    }
    violations
}

/// The relative targets of `[text](target)`, with their lines, outside of code blocks.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let targets = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets {
            let target = target.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains(':') {
                found.push((number + 1, target));
            }
        }
    }
    found
}

/// The services as `Service`, and their calls as `Service.Call`.
fn named(proto: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut service = String::new();
    for line in proto.lines() {
        let mut words = line.split([' ', '(', '{']).filter(|word| !word.is_empty());
        match (words.next(), words.next()) {
            (Some("service"), Some(name)) => {
                name.clone_into(&mut service);
                names.push(service.clone());
            }
            (Some("rpc"), Some(name)) => names.push(format!("{service}.{name}")),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found() {
        let text = "see [a](a.md#x) and [b](https://b.example)\n```\n[c](c.md)\n```\n[d](../d.md)";
        assert_eq!(links(text), [(1, "a.md"), (5, "../d.md")]);
    }

    #[test]
    fn calls_are_found() {
        let proto = "service Data {\n  // x\n  rpc Fetch(FetchRequest) returns (stream F);\n}\n";
        assert_eq!(named(proto), ["Data", "Data.Fetch"]);
    }
}
