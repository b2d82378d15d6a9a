//! What the system says about this process.

use crate::Metrics;
use std::fs;

/// Adds the numbers that every program has, under the names that every program uses for them:
/// processor time, memory, descriptors and threads of this process. They are read from the system
/// when somebody looks; where it does not say, they are left out.
///
/// ```
/// let metrics = taskloom_telemetry::Metrics::new("example");
/// taskloom_telemetry::watch_process(&metrics);
/// # #[cfg(target_os = "linux")]
/// assert!(metrics.prometheus().contains("\nprocess_open_fds "));
/// ```
pub fn watch_process(metrics: &Metrics) {
    for (name, help) in [
        (
            "process-cpu-seconds",
            "Processor time that this process used",
        ),
        ("process-resident-memory-bytes", "Memory of this process"),
        (
            "process-resident-memory-peak-bytes",
            "The most memory that this process ever had",
        ),
        ("process-open-fds", "Descriptors that this process has open"),
        ("process-max-fds", "Most descriptors it may have"),
        ("process-threads", "Threads of this process"),
    ] {
        metrics.describe(name, help);
    }
    metrics.watch_total("process-cpu-seconds", cpu_seconds);
    metrics.watch("process-resident-memory-bytes", || status("VmRSS:", 1024.0));
    metrics.watch("process-resident-memory-peak-bytes", || {
        status("VmHWM:", 1024.0)
    });
    metrics.watch("process-open-fds", open_descriptors);
    metrics.watch("process-max-fds", most_descriptors);
    metrics.watch("process-threads", || status("Threads:", 1.0));
}

/// A number of `/proc/self/status` in this unit.
fn status(key: &str, unit: f64) -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let number: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(number * unit)
}

fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold anything; the rest has fixed places: these are the 14th and 15th.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    // SAFETY: `sysconf` only reads a constant of the system.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    (per_second > 0).then(|| (user + system) / per_second as f64)
}

fn open_descriptors() -> Option<f64> {
    // One of them is open only while this looks.
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(open.saturating_sub(1) as f64)
}

fn most_descriptors() -> Option<f64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a value that lives through the call.
    let outcome = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    (outcome == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur as f64)
}
