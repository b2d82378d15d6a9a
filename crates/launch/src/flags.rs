//! The command line of a daemon, made from the table of settings.

use crate::settings::{self, SCHEDULER_ADDRESS, Section, Setting};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::OsString;
use std::path::PathBuf;

/// The variable that names the configuration file if no flag does.
pub(crate) const CONFIG_VARIABLE: &str = "TASKLOOM_CONFIG";

const CONFIG: &str = "config";
const LIFELINE: &str = "lifeline";
const QUIET: &str = "quiet";

/// How a daemon was called.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    /// Program and subcommand, such as `worker` or `myapp worker`, for messages.
    pub program: String,
    /// The subcommand as it has to be given to the program, if there is one.
    pub prefix: Vec<OsString>,
    /// What follows them.
    pub arguments: Vec<OsString>,
}

impl CommandLine {
    /// How this process was called, as a program that is a daemon and nothing else.
    pub(crate) fn of_this_process() -> Self {
        Self {
            program: program_name(),
            prefix: Vec::new(),
            arguments: std::env::args_os().skip(1).collect(),
        }
    }

    /// How this process was called, if its first argument is the name of a daemon.
    pub(crate) fn of_subcommand(name: &str) -> Option<Self> {
        let mut words = std::env::args_os().skip(1);
        let prefix = words.next().filter(|first| first == name)?;
        Some(Self {
            program: format!("{} {name}", program_name()),
            prefix: vec![prefix],
            arguments: words.collect(),
        })
    }
}

fn program_name() -> String {
    let path = std::env::args_os()
        .next()
        .map(PathBuf::from)
        .unwrap_or_default();
    path.file_name().map_or_else(
        || "taskloom".into(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// What stood on a command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// Settings and their values as they were written.
    pub settings: Vec<(&'static Setting, String)>,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// Whether to end when standard input closes.
    pub lifeline: bool,
    /// Whether announcements are left out.
    pub quiet: bool,
}

/// Why there is nothing to run: help and version were asked for, or the command line is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Print this to standard output and end well.
    Show(String),
    /// Print this as an error.
    Wrong(String),
}

/// Reads the command line of the daemon of that section.
pub(crate) fn parse(section: Section, line: &CommandLine) -> Result<Flags, Stop> {
    let command = command(section, &line.program);
    let words = std::iter::once(OsString::from(&line.program)).chain(line.arguments.clone());
    let matches = command
        .try_get_matches_from(words)
        .map_err(|error| stop(&error))?;
    let mut flags = Flags {
        config: matches.get_one::<PathBuf>(CONFIG).cloned(),
        lifeline: section == Section::Worker && matches.get_flag(LIFELINE),
        quiet: section == Section::Worker && matches.get_flag(QUIET),
        ..Flags::default()
    };
    for setting in settings::of(section) {
        if let Some(text) = given(setting, &matches) {
            flags.settings.push((setting, text));
        }
    }
    Ok(flags)
}

fn given(setting: &Setting, matches: &ArgMatches) -> Option<String> {
    if setting.is_switch() {
        return matches.get_flag(setting.key).then(|| "true".to_owned());
    }
    matches.get_one::<String>(setting.key).cloned()
}

fn command(section: Section, program: &str) -> Command {
    let (about, examples) = match section {
        Section::Worker => (WORKER_ABOUT, WORKER_EXAMPLES),
        Section::Scheduler | Section::Common => (SCHEDULER_ABOUT, SCHEDULER_EXAMPLES),
    };
    // A later flag wins over an earlier one, as people expect who put defaults into scripts; the
    // worker itself relies on it when it starts several.
    let mut command = Command::new("taskloom")
        .display_name(program.to_owned())
        .bin_name(program.to_owned())
        .version(env!("CARGO_PKG_VERSION"))
        .about(about)
        .after_help(format!(
            "{}\n{EXIT_CODES}",
            examples.replace("$PROGRAM", program)
        ))
        .args_override_self(true)
        .max_term_width(100);
    for setting in settings::of(section) {
        command = command.arg(argument(setting));
    }
    command = command.arg(
        Arg::new(CONFIG)
            .long(CONFIG)
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help(format!(
                "Configuration file in TOML; {CONFIG_VARIABLE} names it too"
            )),
    );
    if section == Section::Worker {
        command = command.arg(
            Arg::new(LIFELINE)
                .long(LIFELINE)
                .action(ArgAction::SetTrue)
                .help("End at once when standard input closes, for programs that start workers"),
        );
        command = command.arg(
            Arg::new(QUIET)
                .long(QUIET)
                .action(ArgAction::SetTrue)
                .help("Leave out the lines on standard output, for programs that start workers"),
        );
    }
    command
}

fn argument(setting: &'static Setting) -> Arg {
    let mut help = setting.help.to_owned();
    if !setting.is_switch() && !setting.default.is_empty() {
        help.push_str(&format!(" [default: {}]", setting.default));
    }
    let argument = Arg::new(setting.key).help(help);
    if setting.is_switch() {
        return argument.long(setting.key).action(ArgAction::SetTrue);
    }
    let argument = argument.value_name(setting.value);
    if setting.key == SCHEDULER_ADDRESS {
        argument
    } else {
        argument.long(setting.key)
    }
}

pub(crate) fn stop(error: &clap::Error) -> Stop {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Stop::Show(error.render().to_string())
        }
        ErrorKind::UnknownArgument => {
            let wrong = context(ContextKind::InvalidArg).unwrap_or_default();
            Stop::Wrong(match context(ContextKind::SuggestedArg) {
                Some(near) => {
                    format!("unexpected argument '{wrong}'; a similar one exists: '{near}'")
                }
                None => {
                    format!("unexpected argument '{wrong}'\n  hint: --help lists what there is")
                }
            })
        }
        _ => {
            let text = error.render().to_string();
            Stop::Wrong(text.trim_start_matches("error: ").trim_end().to_owned())
        }
    }
}

const SCHEDULER_ABOUT: &str = "\
Decides which worker runs which task.

Clients and workers connect to its port. Every flag can also be set in a configuration file and by \
the environment (port in the table [scheduler], or TASKLOOM_SCHEDULER__PORT); flags win over the \
environment, the environment over the file.";

const SCHEDULER_EXAMPLES: &str = "\
Examples:
  $PROGRAM --port 8786                 listen on all interfaces
  $PROGRAM --host 127.0.0.1 --port 0   any free port, for this machine only
  $PROGRAM --interface eth1            listen on that network alone
  $PROGRAM --config taskloom.toml --log-json
";

const WORKER_ABOUT: &str = "\
Runs tasks for a scheduler, and serves their results to other workers.

It waits until the scheduler is there. Every flag can also be set in a configuration file and by the \
environment (nthreads in the table [worker], or TASKLOOM_WORKER__NTHREADS); flags win over the \
environment, the environment over the file. TASKLOOM_SCHEDULER names the scheduler if nothing else \
does.";

const WORKER_EXAMPLES: &str = "\
Examples:
  $PROGRAM scheduler:8786                                   one thread per processor
  $PROGRAM scheduler:8786 --nthreads 8 --memory-limit 75%
  $PROGRAM scheduler:8786 --resources \"GPU=2\" --name gpu-1
  $PROGRAM scheduler:8786 --nworkers 4                      four processes
";

const EXIT_CODES: &str = "\
Exit codes: 0 ended in order, 1 failed, 2 wrong flag or configuration, 3 cannot listen, 4 refused by \
the scheduler, 5 no scheduler within --death-timeout, 128 + n ended by a second signal n";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn line(program: &str, words: &[&str]) -> CommandLine {
        CommandLine {
            program: program.into(),
            prefix: Vec::new(),
            arguments: words.iter().map(OsString::from).collect(),
        }
    }

    fn worker(words: &[&str]) -> Result<Flags, Stop> {
        parse(Section::Worker, &line("worker", words))
    }

    fn scheduler(words: &[&str]) -> Result<Flags, Stop> {
        parse(Section::Scheduler, &line("scheduler", words))
    }

    #[test]
    fn the_commands_are_well_formed() {
        command(Section::Worker, "worker").debug_assert();
        command(Section::Scheduler, "scheduler").debug_assert();
    }

    #[test]
    fn the_address_stands_without_a_flag() {
        let flags = worker(&["scheduler:8786", "--nthreads", "8", "--log-json"]).unwrap();
        let given: Vec<_> = flags
            .settings
            .iter()
            .map(|(s, text)| (s.key, text.as_str()))
            .collect();
        assert_eq!(
            given,
            [
                ("scheduler", "scheduler:8786"),
                ("nthreads", "8"),
                ("log-json", "true")
            ]
        );
        assert!(!flags.lifeline);
    }

    #[test]
    fn the_last_of_equal_flags_wins() {
        let flags =
            worker(&["s:1", "--name", "a", "--name=b", "--log-json", "--log-json"]).unwrap();
        assert!(
            flags
                .settings
                .iter()
                .any(|(s, text)| s.key == "name" && text == "b")
        );
    }

    #[test]
    fn an_unknown_flag_gets_the_nearest_one() {
        assert_eq!(
            scheduler(&["--confg", "x.toml"]).unwrap_err(),
            Stop::Wrong(
                "unexpected argument '--confg'; a similar one exists: '--config'".to_owned()
            )
        );
        let Stop::Wrong(text) = scheduler(&["--zzz"]).unwrap_err() else {
            panic!()
        };
        assert!(text.contains("--help"), "{text}");
    }

    #[test]
    fn a_missing_value_and_a_second_address_are_errors() {
        let Stop::Wrong(text) = scheduler(&["--port"]).unwrap_err() else {
            panic!()
        };
        assert!(text.contains("--port <PORT>"), "{text}");
        assert!(!text.starts_with("error"), "{text}");
        assert!(matches!(worker(&["a:1", "b:2"]), Err(Stop::Wrong(_))));
    }

    #[test]
    fn help_has_examples_of_the_program_itself() {
        let Stop::Show(text) =
            parse(Section::Worker, &line("myapp worker", &["--help"])).unwrap_err()
        else {
            panic!()
        };
        assert!(
            text.contains("myapp worker scheduler:8786 --nworkers 4"),
            "{text}"
        );
        assert!(text.contains("Exit codes"), "{text}");
        for setting in settings::of(Section::Worker) {
            assert!(
                text.contains(&setting.flag()),
                "{} is not in the help",
                setting.key
            );
        }
    }

    #[test]
    fn the_version_names_the_program() {
        let Stop::Show(text) = scheduler(&["--version"]).unwrap_err() else {
            panic!()
        };
        assert_eq!(text, format!("scheduler {}\n", env!("CARGO_PKG_VERSION")));
    }
}
