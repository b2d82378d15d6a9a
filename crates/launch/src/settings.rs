//! The table of all settings: one row makes a flag, a key of the configuration file, an environment
//! variable and a line of the help.

/// Whose setting it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Every daemon's: a key at the top of the configuration file.
    Common,
    /// The scheduler's.
    Scheduler,
    /// The worker's.
    Worker,
}

impl Section {
    /// The table of the configuration file, empty for the top.
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Common => "",
            Self::Scheduler => "scheduler",
            Self::Worker => "worker",
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Whose it is.
    pub section: Section,
    /// Its key in the file; the flag is this with two dashes.
    pub key: &'static str,
    /// What stands for its value in the help; empty for a switch.
    pub value: &'static str,
    /// The value if nothing is set; empty if that is worked out at start.
    pub default: &'static str,
    /// What it does, for the help.
    pub help: &'static str,
}

/// The key of the worker's scheduler, which on the command line stands without a flag.
pub(crate) const SCHEDULER_ADDRESS: &str = "scheduler";

const fn row(
    section: Section,
    key: &'static str,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting {
        section,
        key,
        value,
        default,
        help,
    }
}

use Section::{Common, Scheduler, Worker};

/// All settings, in the order of the help.
#[rustfmt::skip] // A table is read by its columns.
pub(crate) const SETTINGS: &[Setting] = &[
    row(Common, "log-level", "LEVEL", "info",
        "What to log to standard error: off, error, warn, info, debug or trace, or levels by target as in info,taskloom_rpc=debug"),
    row(Common, "log-json", "", "false",
        "Write log lines and announcements as JSON objects to standard error"),

    row(Scheduler, "host", "HOST", "0.0.0.0",
        "Address or name to listen on; :: is all interfaces with IPv6"),
    row(Scheduler, "port", "PORT", "8786",
        "Port to listen on; 0 takes any free one"),
    row(Scheduler, "interface", "NAME", "",
        "Network interface to listen on, instead of --host"),
    row(Scheduler, "listen-address", "HOST:PORT", "",
        "Where to listen, instead of --host and --port"),
    row(Scheduler, "contact-address", "HOST:PORT", "",
        "Where others reach this scheduler, if that is not where it listens"),
    row(Scheduler, "http-address", "HOST:PORT", "127.0.0.1:8787",
        "Where to serve pages and metrics; a free port if that one is taken, nowhere if set to nothing"),
    row(Scheduler, "worker-timeout", "TIME", "30s",
        "A worker that was silent for this long is gone, and its tasks run elsewhere"),
    row(Scheduler, "no-worker-timeout", "TIME", "30s",
        "A task fails when no connected worker could run it for this long"),
    row(Scheduler, "heartbeat", "TIME", "1s",
        "How often workers and clients show that they are alive"),
    row(Scheduler, "allowed-worker-deaths", "N", "3",
        "A task fails when more workers than this died while they ran it"),
    row(Scheduler, "relay-memory", "SIZE", "256MiB",
        "Most bytes held at a time for clients that cannot reach the workers"),
    row(Scheduler, "memory-limit", "SIZE", "75%",
        "Memory for the tables of tasks, as a size such as 4GiB or a share of what this machine and its control group allow; graphs that need more are refused"),
    row(Scheduler, "expected-workers", "N", "1000",
        "How many workers will come: it warns at start if it may not have that many connections"),
    row(Scheduler, "max-workers", "N", "20000",
        "Most workers that may be connected at a time; others are refused"),
    row(Scheduler, "max-clients", "N", "10000",
        "Most clients that may be connected at a time; others are refused"),
    row(Scheduler, "outbox-pause", "SIZE", "64MiB",
        "With more than this waiting to be read by a worker or client, nothing new is taken from it"),
    row(Scheduler, "outbox-limit", "SIZE", "1GiB",
        "With more than this waiting to be read by a worker or client, it is let go"),

    row(Worker, SCHEDULER_ADDRESS, "SCHEDULER", "",
        "The scheduler, as host:port; the port is 8786 if left out"),
    row(Worker, "name", "NAME", "",
        "Name of this worker, unique among living workers; made up if not given"),
    row(Worker, "nthreads", "N", "",
        "How many tasks to run at a time; one per processor if not given"),
    row(Worker, "nworkers", "N", "1",
        "How many worker processes to start; the name gets a number, and processors and memory are divided unless set"),
    row(Worker, "memory-limit", "SIZE", "",
        "Memory to use, as a size such as 4GiB or a share such as 75% or 0.75 of what this machine and its control group allow; all of it if not given"),
    row(Worker, "resources", "LIST", "",
        "What this worker has of named resources, such as \"GPU=2 MEM=10\""),
    row(Worker, "host", "HOST", "0.0.0.0",
        "Address or name to serve data on; :: is all interfaces with IPv6"),
    row(Worker, "port", "PORT", "0",
        "Port to serve data on; 0 takes any free one"),
    row(Worker, "interface", "NAME", "",
        "Network interface to serve data on, instead of --host"),
    row(Worker, "listen-address", "HOST:PORT", "",
        "Where to serve data, instead of --host and --port"),
    row(Worker, "contact-address", "HOST:PORT", "",
        "Where others reach this worker, if that is not where it listens"),
    row(Worker, "http-address", "HOST:PORT", "127.0.0.1:0",
        "Where to serve pages and metrics; a free port if that one is taken, nowhere if set to nothing"),
    row(Worker, "local-directory", "DIR", "",
        "Where to make the worker's directory for files of tasks, which is removed when it ends; the system's directory for temporary files if not given"),
    row(Worker, "drain-timeout", "TIME", "30s",
        "How long running tasks may go on after the worker was told to end"),
    row(Worker, "death-timeout", "TIME", "never",
        "Give up when no scheduler could be reached for this long"),
    row(Worker, "stuck-after", "TIME", "5s",
        "How long a task that was cancelled, or ran out of time, may go on before its thread is replaced"),
    row(Worker, "peer-connections", "N", "512",
        "Most connections to other workers at a time; when all are in use, fetches wait"),
    row(Worker, "peer-streams", "N", "2",
        "Most connections to one other worker; a very large value comes over all of them"),
    row(Worker, "connect-timeout", "TIME", "5s",
        "How long reaching another worker may take"),
    row(Worker, "peer-idle", "TIME", "60s",
        "Connections to other workers that are unused for this long are closed"),
    row(Worker, "shared-memory", "SIZE", "",
        "Memory kept for handing large values to workers on the same host; an eighth of the memory limit, 1GiB at most, if not given; 0 sends them over connections"),
    row(Worker, "packing", "KIND", "none",
        "How values from workers on other hosts are packed on their way: none or lz4"),
];

impl Setting {
    /// The path of its key in the layers, `worker.nthreads`.
    pub(crate) fn path(&self) -> String {
        match self.section.table() {
            "" => self.key.to_owned(),
            table => format!("{table}.{}", self.key),
        }
    }

    /// Whether it is a switch, which has no value on the command line.
    pub(crate) const fn is_switch(&self) -> bool {
        self.value.is_empty()
    }

    /// The environment variable that sets it.
    ///
    /// Between the section and the key stand two underscores: with one, the service variables that
    /// Kubernetes puts into every container (`TASKLOOM_SCHEDULER_PORT=tcp://...`, for a service
    /// named taskloom-scheduler) would be taken for settings.
    pub(crate) fn variable(&self) -> String {
        let key = self
            .path()
            .replace('.', "__")
            .replace('-', "_")
            .to_ascii_uppercase();
        format!("TASKLOOM_{key}")
    }

    /// How it is written on the command line.
    pub(crate) fn flag(&self) -> String {
        if self.key == SCHEDULER_ADDRESS {
            "SCHEDULER".into()
        } else {
            format!("--{}", self.key)
        }
    }
}

/// The settings that a daemon reads: its own, then those of all daemons.
pub(crate) fn of(section: Section) -> impl Iterator<Item = &'static Setting> {
    let of = move |wanted| SETTINGS.iter().filter(move |row| row.section == wanted);
    of(section).chain(of(Common))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn no_two_rows_have_one_path() {
        let mut paths: Vec<String> = SETTINGS.iter().map(Setting::path).collect();
        paths.sort_unstable();
        let all = paths.len();
        paths.dedup();
        assert_eq!(paths.len(), all);
    }

    #[test]
    fn variables_cannot_be_those_of_a_kubernetes_service() {
        let port = SETTINGS
            .iter()
            .find(|row| row.path() == "scheduler.port")
            .unwrap();
        assert_eq!(port.variable(), "TASKLOOM_SCHEDULER__PORT");
        let level = SETTINGS
            .iter()
            .find(|row| row.path() == "log-level")
            .unwrap();
        assert_eq!(level.variable(), "TASKLOOM_LOG_LEVEL");
    }

    #[test]
    fn the_reference_for_operators_has_every_setting() {
        let reference = include_str!("../../../docs/operating.md");
        for row in SETTINGS {
            let default = if row.default.is_empty() {
                ""
            } else {
                row.default
            };
            let line = reference
                .lines()
                .find(|line| line.starts_with(&format!("| `{}` ", row.path())))
                .unwrap_or_else(|| panic!("docs/operating.md has no line for {}", row.path()));
            assert!(line.contains(&row.variable()), "{line}");
            assert!(
                default.is_empty() || line.contains(&format!("`{default}`")),
                "{line}"
            );
        }
    }
}
