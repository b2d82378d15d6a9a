//! How much memory there is and how much the process uses.

use std::fs;
use std::path::{Path, PathBuf};

/// The memory that this process may use: that of the machine, or what its control group allows if
/// that is less.
pub fn available_memory() -> u64 {
    let groups = group_limits(Path::new("/sys/fs/cgroup"), &own_groups());
    groups.into_iter().fold(machine(), u64::min)
}

fn machine() -> u64 {
    // SAFETY: sysconf has no preconditions.
    let (pages, size) = unsafe {
        (
            libc::sysconf(libc::_SC_PHYS_PAGES),
            libc::sysconf(libc::_SC_PAGESIZE),
        )
    };
    let bytes = u64::try_from(pages)
        .unwrap_or(0)
        .saturating_mul(u64::try_from(size).unwrap_or(0));
    if bytes == 0 { u64::MAX } else { bytes }
}

fn own_groups() -> String {
    fs::read_to_string("/proc/self/cgroup").unwrap_or_default()
}

/// All limits that the control groups of a process (`/proc/self/cgroup`) and their ancestors set.
fn group_limits(root: &Path, groups: &str) -> Vec<u64> {
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (base, file) = if controllers.is_empty() {
            (root.to_path_buf(), "memory.max")
        } else if controllers.split(',').any(|name| name == "memory") {
            (root.join("memory"), "memory.limit_in_bytes")
        } else {
            continue;
        };
        // In a container the path may be that of the host, which is not visible here; the group's
        // own files then stand at the root, so every ancestor is tried.
        let mut directory: PathBuf = base.join(path.trim_start_matches('/'));
        while directory.starts_with(&base) {
            let limit = fs::read_to_string(directory.join(file)).ok();
            limits.extend(limit.and_then(|text| text.trim().parse::<u64>().ok()));
            if !directory.pop() {
                break;
            }
        }
    }
    limits
}

/// Resident memory of this process; 0 where the system does not say.
pub(crate) fn process_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
    // SAFETY: `sysconf` only reads a constant of the system.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages.unwrap_or(0) * u64::try_from(page).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_limits_of_groups_and_their_ancestors_are_found() {
        let root = tempfile::tempdir().unwrap();
        let make = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        make("a/memory.max", "2000\n");
        make("a/b/memory.max", "max\n");
        make("memory/c/memory.limit_in_bytes", "3000\n");
        make("memory/memory.limit_in_bytes", "9223372036854771712\n");
        let limits = |groups| group_limits(root.path(), groups);
        assert_eq!(limits("0::/a/b\n"), [2000]);
        assert_eq!(
            limits("5:cpu,memory:/c\n4:pids:/x\n"),
            [3000, 9_223_372_036_854_771_712]
        );
        assert!(limits("0::/not/here\nnonsense\n").is_empty());
        assert!(limits("0::/../..\n").is_empty());
        assert!(available_memory() > 16 << 20);
    }
}
