//! Several workers by one command: `--nworkers n` runs this program n times and looks after the
//! processes.
//!
//! They are processes and not threads so that a task that crashes one takes no other one with it.

use crate::announce;
use crate::exit::{Exit, Failure};
use crate::flags::{CommandLine, Flags};
use crate::memory;
use crate::pages;
use crate::process;
use crate::settings::{self, Section};
use crate::signals::{EndSignal, Signals, end_at_once, parent_gone};
use crate::supervisor::{self, notify};
use crate::worker::{WorkerSettings, processors};
use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::os::unix::process::ExitStatusExt;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use tokio::process::{Child, Command};
use tokio::sync::broadcast;
use tokio::task::JoinSet;

/// How many signals may wait to be passed on: the first, the second, and those of impatience.
const SIGNALS: usize = 16;

/// Runs the workers until all have ended.
pub(crate) fn run(
    line: &CommandLine,
    flags: &Flags,
    settings: &WorkerSettings,
) -> Result<Exit, Failure> {
    process::runtime()?.block_on(look_after(line, flags, settings))
}

async fn look_after(
    line: &CommandLine,
    flags: &Flags,
    settings: &WorkerSettings,
) -> Result<Exit, Failure> {
    let mut signals = Signals::install()?;
    let mut parent_gone = pin!(parent_gone(flags.lifeline)?);
    let mut fleet = Fleet::start(line, flags, settings)?;
    notify("READY=1");
    let mut told = 0;
    loop {
        let signal = tokio::select! {
            left = fleet.next_end(told) => match left {
                true => continue,
                false => return Ok(fleet.exit),
            },
            // Dropping the fleet closes the lifelines of its workers.
            () = &mut parent_gone => return Ok(Exit::Success),
            signal = signals.next() => signal,
        };
        told += 1;
        let running = fleet.running.len();
        match told {
            1 => {
                announce::line(&format!(
                    "{}: {running} workers leave; a second signal ends them at once",
                    signal.name,
                ));
                notify("STOPPING=1");
            }
            2 => fleet.exit = Exit::Signal(signal.number),
            _ => end_at_once(signal),
        }
        fleet.pass_on(signal);
    }
}

struct Fleet {
    running: JoinSet<(String, std::io::Result<ExitStatus>)>,
    signals: broadcast::Sender<EndSignal>,
    exit: Exit,
}

impl Fleet {
    fn start(
        line: &CommandLine,
        flags: &Flags,
        settings: &WorkerSettings,
    ) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(
                Exit::Failure,
                format!("cannot start a worker process: {error}"),
            )
        };
        let program = std::env::current_exe().map_err(failed)?;
        let base = settings.name.clone().unwrap_or_else(made_up_name);
        let (signals, _) = broadcast::channel(SIGNALS);
        let mut fleet = Self {
            running: JoinSet::new(),
            signals,
            exit: Exit::Success,
        };
        for n in 0..settings.nworkers {
            let name = format!("{base}-{n}");
            let child = Command::new(&program)
                .args(&line.prefix)
                .args(arguments(flags, settings, &name, n))
                // The end of the pipe in this process is what keeps the worker alive.
                .stdin(Stdio::piped())
                // A Ctrl-C reaches every process of the terminal's group; in a group of its own a
                // worker hears of it once, from here, and not as a second signal.
                .process_group(0)
                .env_remove(supervisor::SOCKET_VARIABLE)
                .kill_on_drop(true)
                .spawn()
                .map_err(failed)?;
            fleet
                .running
                .spawn(end_of(name, child, fleet.signals.subscribe()));
        }
        Ok(fleet)
    }

    /// Waits until one worker has ended; `false` when there is none any more.
    async fn next_end(&mut self, told: u32) -> bool {
        let Some(ended) = self.running.join_next().await else {
            return false;
        };
        let Ok((name, status)) = ended else {
            return true;
        };
        let (exit, words) = match status {
            Ok(status) if status.success() => (Exit::Success, String::new()),
            // It was told to end at once, or before it had begun to listen to signals.
            Ok(status) if told > 1 || (told == 1 && status.signal().is_some()) => {
                (Exit::Success, String::new())
            }
            Ok(status) => (exit_of(status), status.to_string()),
            Err(error) => (Exit::Failure, error.to_string()),
        };
        if exit != Exit::Success {
            announce::warning(&format!("{name} ended: {words}"));
            if self.exit == Exit::Success {
                self.exit = exit;
            }
        } else if told == 0 {
            announce::line(&format!("{name} ended"));
        }
        true
    }

    fn pass_on(&self, signal: EndSignal) {
        // Nobody hears it when all have ended.
        let _ = self.signals.send(signal);
    }
}

/// Waits for the end of a worker, and passes signals on until then.
async fn end_of(
    name: String,
    mut child: Child,
    mut signals: broadcast::Receiver<EndSignal>,
) -> (String, std::io::Result<ExitStatus>) {
    // Waiting closes the child's standard input unless it was taken out, and that would end it.
    let lifeline = child.stdin.take();
    let status = loop {
        let signal = tokio::select! {
            status = child.wait() => break status,
            Ok(signal) = signals.recv() => signal,
        };
        // There is no id any more once the process was waited for, so it is never somebody else's.
        if let Some(pid) = child.id().and_then(|pid| libc::pid_t::try_from(pid).ok()) {
            // SAFETY: it has no preconditions.
            unsafe { libc::kill(pid, i32::from(signal.number)) };
        }
    };
    drop(lifeline);
    (name, status)
}

/// The exit of a worker process, as our own.
fn exit_of(status: ExitStatus) -> Exit {
    let known = [
        Exit::Usage,
        Exit::CannotListen,
        Exit::Refused,
        Exit::NoScheduler,
        Exit::Restart,
    ];
    let same = |code: i32| {
        known
            .into_iter()
            .find(|exit| i32::from(exit.code()) == code)
    };
    match status.signal() {
        Some(_) => Exit::Failure,
        None => status.code().and_then(same).unwrap_or(Exit::Failure),
    }
}

/// The command line of the `n`th worker: what was given, with what has to differ or be divided.
fn arguments(flags: &Flags, settings: &WorkerSettings, name: &str, n: usize) -> Vec<OsString> {
    let count = settings.nworkers;
    let nth = u16::try_from(n).unwrap_or(u16::MAX);
    let listening = settings.listening.nth(nth);
    let mut own = vec![
        ("nworkers", "1".to_owned()),
        ("name", name.to_owned()),
        (
            "nthreads",
            settings
                .nthreads
                .unwrap_or((processors() / count).max(1))
                .to_string(),
        ),
    ];
    if settings.memory_limit.is_none() {
        own.push((
            "memory-limit",
            memory::share_of(taskloom_worker::available_memory(), count).to_string(),
        ));
    }
    if listening.listen.port != 0 {
        own.push(("port", listening.listen.port.to_string()));
        match (listening.listen.host, listening.listen.interface) {
            (Some(host), _) => own.push(("host", host)),
            (None, Some(interface)) => own.push(("interface", interface)),
            (None, None) => {}
        }
    }
    if let Some(http) = settings.http.as_ref().filter(|http| http.port != 0) {
        own.push((pages::HTTP_ADDRESS, pages::nth(http, nth).to_string()));
    }
    if let Some(contact) = listening.contact {
        own.push(("contact-address", contact.to_string()));
    }
    let listen = ["host", "port", "interface", "listen-address"];
    let settles_listen = own.iter().any(|(key, _)| *key == "port");
    let mut words = Vec::new();
    for (setting, text) in &flags.settings {
        let replaced = own.iter().any(|(key, _)| *key == setting.key)
            || (settles_listen && listen.contains(&setting.key));
        if !replaced {
            words.push(word(setting, text));
        }
    }
    if let Some(path) = &flags.config {
        words.push(OsString::from("--config"));
        words.push(path.into());
    }
    for (key, text) in own {
        let setting = settings::of(Section::Worker).find(|row| row.key == key);
        words.extend(setting.map(|setting| word(setting, &text)));
    }
    words.push(OsString::from("--lifeline"));
    words
}

fn word(setting: &settings::Setting, text: &str) -> OsString {
    OsString::from(match (setting.key, setting.is_switch()) {
        (settings::SCHEDULER_ADDRESS, _) => text.to_owned(),
        (_, true) => setting.flag(),
        (_, false) => format!("{}={text}", setting.flag()),
    })
}

fn made_up_name() -> String {
    // A hasher's keys are random, and it is the only randomness of the standard library.
    format!(
        "worker-{:08x}",
        RandomState::new().hash_one(std::process::id()) as u32
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::flags;
    use crate::layers::Layers;

    fn words(given: &[&str], n: usize) -> Vec<String> {
        let arguments = given.iter().map(OsString::from).collect();
        let line = CommandLine {
            program: "worker".into(),
            prefix: Vec::new(),
            arguments,
        };
        let flags = flags::parse(Section::Worker, &line).unwrap();
        let layers = Layers::new(Section::Worker, &flags, std::iter::empty()).unwrap();
        let settings = WorkerSettings::read(&layers, &line).unwrap();
        let words = super::arguments(&flags, &settings, &format!("w-{n}"), n);
        // What a worker is started with has to be what a worker understands.
        let line = CommandLine {
            arguments: words.clone(),
            ..line
        };
        let again = flags::parse(Section::Worker, &line).unwrap();
        assert!(again.lifeline);
        Layers::new(Section::Worker, &again, std::iter::empty()).unwrap();
        words
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect()
    }

    #[test]
    fn what_was_given_is_handed_on_and_the_rest_divided() {
        let words = words(
            &[
                "s:1",
                "--nworkers",
                "2",
                "--log-json",
                "--resources",
                "GPU=1",
            ],
            1,
        );
        assert!(words.starts_with(&[
            "s:1".into(),
            "--resources=GPU=1".into(),
            "--log-json".into()
        ]));
        for word in ["--nworkers=1", "--name=w-1", "--lifeline"] {
            assert!(words.iter().any(|given| given == word), "{words:?}");
        }
        let memory = words
            .iter()
            .find_map(|word| word.strip_prefix("--memory-limit="))
            .unwrap();
        assert!(memory.parse::<u64>().unwrap() <= taskloom_worker::available_memory() / 2);
        assert!(words.iter().any(|word| word.starts_with("--nthreads=")));
    }

    #[test]
    fn what_was_set_per_worker_stays() {
        let words = words(
            &[
                "s:1",
                "--nworkers=2",
                "--nthreads=3",
                "--memory-limit=25%",
                "--port=0",
            ],
            0,
        );
        for word in ["--nthreads=3", "--memory-limit=25%", "--port=0"] {
            assert!(words.iter().any(|given| given == word), "{words:?}");
        }
    }

    #[test]
    fn ports_count_up() {
        let given = [
            "s:1",
            "--nworkers=3",
            "--listen-address=[::1]:7000",
            "--contact-address=out:80",
        ];
        let words = words(&given, 2);
        for word in ["--host=::1", "--port=7002", "--contact-address=out:82"] {
            assert!(words.iter().any(|given| given == word), "{words:?}");
        }
        assert!(
            !words
                .iter()
                .any(|word| word.starts_with("--listen-address"))
        );
    }

    #[test]
    fn the_exit_of_a_worker_is_handed_on() {
        assert_eq!(exit_of(ExitStatus::from_raw(4 << 8)), Exit::Refused);
        assert_eq!(exit_of(ExitStatus::from_raw(101 << 8)), Exit::Failure);
        assert_eq!(exit_of(ExitStatus::from_raw(9)), Exit::Failure);
    }
}
