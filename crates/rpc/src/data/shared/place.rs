//! Which memory this process can share.

use std::sync::OnceLock;

/// The host and the user, in words that only those have who can open each other's memory files:
/// the number of the running system's boot (a host name proves nothing), the namespace of process
/// numbers (it differs between containers), and the user. `None` where memory cannot be shared.
pub(in crate::data) fn here() -> Option<&'static str> {
    static HERE: OnceLock<Option<String>> = OnceLock::new();
    HERE.get_or_init(find).as_deref()
}

#[cfg(target_os = "linux")]
fn find() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let processes = std::fs::read_link("/proc/self/ns/pid").ok()?;
    // SAFETY: reads a number of this process, and cannot fail.
    let user = unsafe { libc::geteuid() };
    Some(format!("{} {} {user}", boot.trim(), processes.to_str()?))
}

#[cfg(not(target_os = "linux"))]
fn find() -> Option<String> {
    None
}
