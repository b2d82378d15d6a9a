//! The task that runs a program.

use crate::ProgramError;
use crate::capture::{Kept, capture};
use crate::files::place;
use crate::group::Group;
use crate::output::{Ending, ProgramOutput};
use crate::program::Command;
use bytes::Bytes;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use taskloom_task::{TaskContext, task};
use tokio::fs;
use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;
use tokio::time::timeout;

/// How much of standard error an error shows.
const SHOWN: usize = 4 * 1024;

/// How long what a program wrote may take to arrive after its end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Runs a program; see [`crate::Program`].
#[task(crate = taskloom_task, name = "taskloom::program", impure)]
pub(crate) async fn run_program(
    ctx: &TaskContext,
    command: Command,
    inputs: Vec<Bytes>,
) -> Result<ProgramOutput, ProgramError> {
    let directory = directory(ctx, &command).await?;
    for (name, contents) in command.inputs.iter().zip(inputs) {
        write(&directory, name, &contents).await?;
    }
    let begun = Instant::now();
    let mut group = start(ctx, &command, &directory).await?;
    let (stdout, stderr) = (group.child.stdout.take(), group.child.stderr.take());
    let stdin = group.child.stdin.take();
    let (mut out, mut err) = (
        Kept::new(command.output_limit),
        Kept::new(command.output_limit),
    );
    let lost = |reason| ProgramError::Wait {
        program: command.program.clone(),
        reason,
    };
    let status = {
        let reading = async {
            let (out, err) = (&mut out, &mut err);
            tokio::try_join!(
                async { optional(stdout, |from| capture(from, out, ctx)).await },
                async { optional(stderr, |from| capture(from, err, ctx)).await },
            )
        };
        let writing = feed(stdin, command.stdin.clone());
        let mut talking = pin!(async { tokio::join!(reading, writing).0 });
        let (mut said, mut waiting) = (None, pin!(group.wait()));
        let status = loop {
            tokio::select! {
                status = &mut waiting => break status.map_err(lost)?,
                read = &mut talking, if said.is_none() => said = Some(read),
            }
        };
        if said.is_none() {
            // What is still in the pipes. Whoever was left in its group is killed; one that has left
            // the group and keeps an output open is not waited for.
            said = timeout(LAST_WORDS, talking).await.ok();
        }
        said.transpose().map_err(lost)?;
        status
    };
    let ending = ending(status);
    if ending != Ending::Exited(0) && !command.any_exit {
        return Err(ProgramError::Failed {
            program: shown(&command),
            ending,
            stderr: err.end(SHOWN),
        });
    }
    Ok(ProgramOutput {
        ending,
        stdout: out.finish(),
        stderr: err.finish(),
        files: bring_back(&directory, &command, ending).await?,
        elapsed: begun.elapsed(),
        worker: ctx.worker().to_owned(),
    })
}

/// Does something with what may not be there.
async fn optional<T, F>(it: Option<T>, work: impl FnOnce(T) -> F) -> std::io::Result<()>
where
    F: Future<Output = std::io::Result<()>>,
{
    match it {
        Some(it) => work(it).await,
        None => Ok(()),
    }
}

async fn directory(ctx: &TaskContext, command: &Command) -> Result<PathBuf, ProgramError> {
    match &command.directory {
        Some(directory) => {
            let there = fs::metadata(directory).await;
            if !there.is_ok_and(|there| there.is_dir()) {
                return Err(ProgramError::Directory(directory.clone()));
            }
            Ok(PathBuf::from(directory))
        }
        None => ctx
            .scratch_directory()
            .map(Path::to_path_buf)
            .map_err(|reason| ProgramError::Input {
                name: "(the program's directory)".into(),
                reason,
            }),
    }
}

async fn write(directory: &Path, name: &str, contents: &Bytes) -> Result<(), ProgramError> {
    let path = place(directory, name)?;
    let written = async {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).await?;
        }
        fs::write(&path, contents).await
    };
    written.await.map_err(|reason| ProgramError::Input {
        name: name.to_owned(),
        reason,
    })
}

async fn start(
    ctx: &TaskContext,
    command: &Command,
    directory: &Path,
) -> Result<Group, ProgramError> {
    // A relative path counts from the directory of the program, not from the worker's.
    let path = Path::new(&command.program);
    let program = if path.is_relative() && path.components().count() > 1 {
        directory.join(path)
    } else {
        path.to_path_buf()
    };
    let mut process = tokio::process::Command::new(program);
    process
        .args(&command.arguments)
        .current_dir(directory)
        .env("TASKLOOM_WORKER", ctx.worker())
        .env("TASKLOOM_KEY", ctx.key());
    if let Some(host) = ctx.worker_scope().host() {
        process.env("TASKLOOM_SCHEDULER", host.scheduler());
    }
    if let Some(index) = command.index {
        process.env("TASKLOOM_INDEX", index.to_string());
    }
    process
        .envs(
            command
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .stdin(match command.stdin {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Group::start(process)
        .await
        .map_err(|error| ProgramError::Start {
            program: command.program.clone(),
            directory: directory.display().to_string(),
            reason: error.to_string(),
        })
}

/// Writes what the program is to read. One that does not read it all is no error.
async fn feed(stdin: Option<ChildStdin>, contents: Option<Bytes>) {
    if let (Some(mut stdin), Some(contents)) = (stdin, contents) {
        let _ = stdin.write_all(&contents).await;
        let _ = stdin.shutdown().await;
    }
}

fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, Some(signal)) => Ending::Killed(signal),
        // There is no third way to end.
        (None, None) => Ending::Exited(-1),
    }
}

/// The files that were asked for. One that ended badly need not have written them.
async fn bring_back(
    directory: &Path,
    command: &Command,
    ending: Ending,
) -> Result<Vec<(String, Bytes)>, ProgramError> {
    let mut files = Vec::with_capacity(command.outputs.len());
    for name in &command.outputs {
        match fs::read(place(directory, name)?).await {
            Ok(contents) => files.push((name.clone(), contents.into())),
            Err(_) if ending != Ending::Exited(0) => {}
            Err(reason) => {
                return Err(ProgramError::Output {
                    program: command.program.clone(),
                    name: name.clone(),
                    reason,
                });
            }
        }
    }
    Ok(files)
}

/// The command as somebody might have typed it, not too long.
fn shown(command: &Command) -> String {
    const MOST: usize = 200;
    let words = std::iter::once(&command.program).chain(&command.arguments);
    let mut text = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    if text.len() > MOST {
        text.truncate(text.floor_char_boundary(MOST));
        text.push_str(" ...");
    }
    text
}
