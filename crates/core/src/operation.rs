//! Operations: what a task runs, by name, version and signature.

use std::fmt;
use std::sync::Arc;

/// The definition of something that workers can run. Two operations are the same if all three parts
/// agree; the same name and version with another signature is refused when a worker or a graph
/// brings it, because one of the two programs is out of date.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    /// The name, by convention `crate::module::function`.
    pub name: Arc<str>,
    /// The version that its author gave it, 1 by default.
    pub version: u32,
    /// A hash of the argument and result types as written.
    pub signature: u64,
}

impl Operation {
    /// An operation of these three parts.
    pub fn new(name: impl Into<Arc<str>>, version: u32, signature: u64) -> Self {
        Self {
            name: name.into(),
            version,
            signature,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.version)
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{:016x}", self.name, self.version, self.signature)
    }
}

/// The names among `offered` that a person may have meant by `wanted`, best first, at most three.
pub fn near_names<'a>(wanted: &str, offered: impl Iterator<Item = &'a str>) -> Vec<String> {
    let last = |name: &str| name.rsplit("::").next().unwrap_or(name).to_owned();
    let wanted_last = last(wanted);
    let mut near: Vec<(usize, &str)> = offered
        .filter_map(|name| {
            let distance = strsim::levenshtein(wanted, name)
                .min(strsim::levenshtein(&wanted_last, &last(name)));
            (distance <= 1 + wanted_last.chars().count() / 3).then_some((distance, name))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter()
        .take(3)
        .map(|(_, name)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_by_the_last_segment() {
        let offered = ["my::tasks::inc", "my::tasks::total", "other::incr"];
        assert_eq!(
            near_names("app::inc", offered.into_iter()),
            ["my::tasks::inc", "other::incr"]
        );
        assert!(near_names("app::entirely_different", offered.into_iter()).is_empty());
    }
}
