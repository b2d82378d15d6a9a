//! The limit of open files, which is the limit of connections.

use crate::announce;
use taskloom_rpc::descriptors::{DescriptorLimit, RESERVED};

/// Raises the limit as far as this process may, and warns if it stays too low for this many
/// connections, of `whom`.
pub(crate) fn raise(connections: u64, whom: &str) {
    match DescriptorLimit::raise().or_else(|_| DescriptorLimit::get()) {
        Ok(limit) => {
            tracing::debug!(limit = limit.soft, "open files");
            if let Some(text) = too_low(limit, connections, whom) {
                announce::warning(&text);
            }
        }
        Err(error) => announce::warning(&format!(
            "it is not known how many files this process may have open: {error}"
        )),
    }
}

/// What there is to say about a limit for so many connections.
fn too_low(limit: DescriptorLimit, connections: u64, whom: &str) -> Option<String> {
    let needed = connections.saturating_add(RESERVED);
    (limit.soft < needed).then(|| {
        format!(
            "this process may have {} files open, and {connections} {whom} need {needed}: those \
             beyond {} are turned away; raise the limit (ulimit -n, LimitNOFILE of systemd)",
            limit.soft,
            limit.connections()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_too_low_is_told_with_the_numbers() {
        let limit = DescriptorLimit {
            soft: 1024,
            hard: 1024,
        };
        assert_eq!(too_low(limit, 960, "workers"), None);
        let text = too_low(limit, 961, "workers").unwrap_or_default();
        assert!(text.contains("1024 files"), "{text}");
        assert!(text.contains("961 workers need 1025"), "{text}");
        assert!(text.contains("beyond 960"), "{text}");
    }
}
