//! The description of a program to run.

use crate::ProgramOutput;
use crate::input::{Input, Inputs, IntoInput};
use crate::run::run_program;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use taskloom_task::TaskCall;

/// Bytes of standard output and of standard error that are kept of a program, each, unless it says
/// otherwise.
pub const OUTPUT_LIMIT: u64 = 1024 * 1024;

/// The largest limit that a program may ask for, in bytes.
pub const OUTPUT_LIMIT_MAX: u64 = 256 * 1024 * 1024;

/// A program to run as a task: a command with its arguments, environment, directory, input and files.
///
/// ```no_run
/// # use taskloom_client::Client;
/// # async fn example(client: Client) -> taskloom_client::Result<()> {
/// use taskloom_programs::{Program, program_file};
///
/// let text = client.scatter(b"3\n1\n2\n".to_vec()).await?;
/// let sorted = Program::new("sort")
///     .args(["-n", "-o", "sorted.txt", "numbers.txt"])
///     .input("numbers.txt", &text) // a file of the program, made from what a task made
///     .output("sorted.txt");
/// let ran = client.submit(sorted.task().retries(2));
/// let lines = client.submit(program_file::task(&ran, "sorted.txt")); // for other tasks
/// print!("{}", ran.await?.stdout);
/// # Ok(()) }
/// ```
///
/// The program runs in a directory of its own, which is removed afterwards, unless
/// [`Program::directory`] names one. It inherits the environment of the worker, with these variables
/// added: `TASKLOOM_SCHEDULER`, `TASKLOOM_WORKER`, `TASKLOOM_KEY`, and `TASKLOOM_INDEX` if it is one
/// of an array. It is started in a process group of its own, which is killed when the task is
/// cancelled or runs out of time, or when the worker dies.
///
/// Programs act on the world outside, so each call is a task of its own even if it is the same
/// command.
#[derive(Clone, Debug)]
#[must_use = "a program does nothing until its task is submitted"]
pub struct Program {
    pub(crate) command: Command,
    pub(crate) inputs: Vec<Input>,
}

/// What travels of a program, beside its input files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Command {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) directory: Option<String>,
    pub(crate) stdin: Option<Bytes>,
    /// Names of the input files, in the order of their contents.
    pub(crate) inputs: Vec<String>,
    /// Names of the files to bring back.
    pub(crate) outputs: Vec<String>,
    pub(crate) output_limit: u64,
    /// Whether any exit code is a good end.
    pub(crate) any_exit: bool,
    pub(crate) index: Option<u64>,
}

impl Program {
    /// A program: a path, or a name that the worker looks for in its `PATH`. A relative path counts
    /// from the directory that the program runs in.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            command: Command {
                program: program.into(),
                arguments: Vec::new(),
                environment: Vec::new(),
                directory: None,
                stdin: None,
                inputs: Vec::new(),
                outputs: Vec::new(),
                output_limit: OUTPUT_LIMIT,
                any_exit: false,
                index: None,
            },
            inputs: Vec::new(),
        }
    }

    /// Adds an argument. There is no shell in between: it arrives as it is.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.command.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments = arguments.into_iter().map(Into::into);
        self.command.arguments.extend(arguments);
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.command.environment.push((name.into(), value.into()));
        self
    }

    /// Runs it in this directory of the worker's machine, which must be there.
    pub fn directory(mut self, directory: impl Into<String>) -> Self {
        self.command.directory = Some(directory.into());
        self
    }

    /// What it reads from standard input; nothing if this is not called.
    pub fn stdin(mut self, input: impl Into<Bytes>) -> Self {
        self.command.stdin = Some(input.into());
        self
    }

    /// Gives it a file of this name (relative to its directory) with these contents: bytes, or the
    /// future of bytes.
    pub fn input(mut self, name: impl Into<String>, contents: impl IntoInput) -> Self {
        self.command.inputs.push(name.into());
        self.inputs.push(contents.into_input());
        self
    }

    /// Brings back the file of this name (relative to its directory) that it has written. A program
    /// that ends well without having written it has failed.
    pub fn output(mut self, name: impl Into<String>) -> Self {
        self.command.outputs.push(name.into());
        self
    }

    /// How many bytes of standard output and of standard error to keep, each; 1 MiB by default. Of
    /// more, the first and the last halves are kept. At most [`OUTPUT_LIMIT_MAX`].
    pub fn output_limit(mut self, bytes: u64) -> Self {
        self.command.output_limit = bytes.min(OUTPUT_LIMIT_MAX);
        self
    }

    /// Whatever it exits with is a result. Without this only 0 is, and anything else is an error of
    /// the task, which can be retried.
    pub fn any_exit(mut self) -> Self {
        self.command.any_exit = true;
        self
    }

    /// The same program as number `index` of an array: every `{}` in its arguments, its variables'
    /// values and the names of its files is replaced by the number.
    ///
    /// ```
    /// # use taskloom_programs::Program;
    /// let program = Program::new("./simulate").args(["--seed", "{}"]).output("result-{}.csv");
    /// let calls: Vec<_> = (1..=1000).map(|n| program.clone().at(n).task()).collect();
    /// ```
    pub fn at(mut self, index: u64) -> Self {
        let number = index.to_string();
        let Command {
            arguments,
            environment,
            inputs,
            outputs,
            ..
        } = &mut self.command;
        let values = environment.iter_mut().map(|(_, value)| value);
        let texts = arguments.iter_mut().chain(values);
        for text in texts.chain(inputs).chain(outputs) {
            if text.contains("{}") {
                *text = text.replace("{}", &number);
            }
        }
        self.command.index = Some(index);
        self
    }

    /// The call to submit, which takes the options of every call.
    pub fn task(self) -> TaskCall<ProgramOutput> {
        run_program::task(self.command, Inputs(self.inputs))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_number_goes_where_the_braces_are() {
        let program = Program::new("./prog")
            .args(["{}", "in-{}-{}.txt", "plain"])
            .env("SEED", "{}")
            .input("in-{}.txt", "x")
            .output("out-{}.txt")
            .at(7);
        let command = program.command;
        assert_eq!(command.arguments, ["7", "in-7-7.txt", "plain"]);
        assert_eq!(command.environment[0].1, "7");
        assert_eq!(command.inputs, ["in-7.txt"]);
        assert_eq!(command.outputs, ["out-7.txt"]);
        assert_eq!(command.index, Some(7));
    }

    #[test]
    fn two_calls_of_one_program_are_two_tasks() {
        let key = || Program::new("date").task().final_key().unwrap();
        assert_ne!(key(), key());
    }
}
