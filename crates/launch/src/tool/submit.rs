//! Submitting programs as a job.

use super::command::{Submit, Wait};
use super::{PUBLISHED, failed, follow};
use crate::announce;
use crate::exit::{Exit, Failure};
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use taskloom_client::{Client, TaskFuture};
use taskloom_programs::{Program, ProgramOutput};
use taskloom_task::TaskCall;

pub(super) async fn submit<C, F>(submit: Submit, connect: C) -> Result<Exit, Failure>
where
    C: FnOnce(Option<&str>) -> F,
    F: Future<Output = Result<Client, Failure>>,
{
    let name = submit
        .name
        .clone()
        .unwrap_or_else(|| made_up(&submit.command));
    if name.is_empty() || name.contains('/') {
        let text = format!("{name:?} is no name of a job; it must not be empty, nor have a slash");
        return Err(Failure::new(Exit::Usage, text));
    }
    let program = program(&submit)?;
    let connecting = connect(Some(&name));
    let client = connecting.await?;
    let published = format!("{PUBLISHED}{name}");
    // Refused here, before anything is started under a name that is in use.
    if client
        .datasets()
        .await
        .map_err(failed)?
        .contains(&published)
    {
        let text = format!(
            "there is a job {name} already; choose another name, or `taskloom forget {name}`"
        );
        return Err(Failure::new(Exit::Failure, text));
    }
    let futures: Vec<TaskFuture<ProgramOutput>> = match &submit.array {
        None => vec![client.submit(call(&submit, program, format!("{name}/0")))],
        Some(numbers) => {
            let at = |n| call(&submit, program.clone().at(n), format!("{name}/{n}"));
            client.map(numbers.iter(), at).await.map_err(failed)?
        }
    };
    client.publish(published, &futures).await.map_err(failed)?;
    announce::line(&name);
    if submit.wait {
        let wait = Wait {
            job: name,
            timeout: None,
            to: None,
        };
        return follow::wait(&client, wait).await;
    }
    drop(futures);
    client.close().await;
    Ok(Exit::Success)
}

/// The call of one program, under a key that tells its number.
fn call(submit: &Submit, program: Program, key: String) -> TaskCall<ProgramOutput> {
    let call = program
        .task()
        .key(key)
        .priority(submit.priority)
        .retries(submit.retries);
    match submit.timeout {
        Some(timeout) => call.timeout(timeout),
        None => call,
    }
}

fn program(submit: &Submit) -> Result<Program, Failure> {
    let (word, arguments) = submit
        .command
        .split_first()
        .ok_or_else(|| Failure::new(Exit::Usage, "no program"))?;
    let here = std::env::current_dir()
        .map_err(|error| failed(format!("the current directory is not there: {error}")))?;
    let own_directory = !(submit.inputs.is_empty() && submit.outputs.is_empty());
    let directory = match &submit.cwd {
        Some(directory) => Some(here.join(directory)),
        None if own_directory => None,
        None => Some(here.clone()),
    };
    let mut program = match &directory {
        // What is meant from here is not there in a directory of its own.
        None if word.contains('/') && !submit.inputs.contains(&plain(word)) => {
            Program::new(text(&here.join(word))?)
        }
        _ => Program::new(word),
    };
    if let Some(directory) = &directory {
        program = program.directory(text(directory)?);
    }
    program = program.args(arguments).output_limit(submit.output_limit);
    for (name, value) in &submit.env {
        program = program.env(name, value);
    }
    for file in &submit.inputs {
        let contents = std::fs::read(file)
            .map_err(|error| Failure::new(Exit::Failure, format!("cannot read {file}: {error}")))?;
        program = program.input(inside(file)?, contents);
    }
    for file in &submit.outputs {
        program = program.output(file);
    }
    Ok(program)
}

/// `./a` is the file `a`.
fn plain(word: &str) -> String {
    word.trim_start_matches("./").to_owned()
}

/// The name of a file that is sent along, in the program's directory.
fn inside(file: &str) -> Result<String, Failure> {
    let path = Path::new(file);
    if path.is_relative() && !path.components().any(|part| part.as_os_str() == "..") {
        return Ok(plain(file));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned)
        .ok_or_else(|| Failure::new(Exit::Usage, format!("{file:?} is no name of a file")))
}

fn text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let path = path.display();
        Failure::new(Exit::Usage, format!("{path} is not valid UTF-8"))
    })
}

/// The program's name with four characters that make it likely to be new.
fn made_up(command: &[String]) -> String {
    let path = command.first().map(Path::new);
    let name = path
        .and_then(Path::file_stem)
        .and_then(|name| name.to_str());
    // The standard library seeds a hasher from the system's random source.
    let random = RandomState::new().hash_one(std::process::id()) as u16;
    format!("{}-{random:04x}", name.unwrap_or("job"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_keep_their_place_if_they_have_one() {
        assert_eq!(inside("a/b.csv").unwrap(), "a/b.csv");
        assert_eq!(inside("./b.csv").unwrap(), "b.csv");
        assert_eq!(inside("/data/b.csv").unwrap(), "b.csv");
        assert_eq!(inside("../x/b.csv").unwrap(), "b.csv");
        assert!(inside("..").is_err());
    }

    #[test]
    fn a_name_is_made_of_the_program() {
        let name = made_up(&["/usr/bin/prog.sh".into(), "x".into()]);
        assert!(name.starts_with("prog-") && name.len() == 9, "{name}");
    }
}
