//! Files of programs, by name and as values of their own.

use crate::ProgramError;
use crate::output::ProgramOutput;
use bytes::Bytes;
use std::path::{Component, Path, PathBuf};
use taskloom_task::task;

/// A file that a program left, as a value of its own: `program_file::task(&ran, "result.csv")`.
///
/// # Errors
/// If no such file was asked for.
#[task(crate = taskloom_task, name = "taskloom::program_file")]
pub fn program_file(ran: &ProgramOutput, name: &str) -> Result<Bytes, ProgramError> {
    ran.file(name).cloned().ok_or_else(|| {
        let known: Vec<&str> = ran.files.iter().map(|(name, _)| name.as_str()).collect();
        ProgramError::NoFile {
            name: name.to_owned(),
            known: known.join(", "),
        }
    })
}

/// Where a file of a program lies.
pub(crate) fn place(directory: &Path, name: &str) -> Result<PathBuf, ProgramError> {
    let path = Path::new(name);
    let below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let names = path
        .components()
        .any(|part| matches!(part, Component::Normal(_)));
    if !names || !path.components().all(below) {
        return Err(ProgramError::Name(name.to_owned()));
    }
    Ok(directory.join(path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_stay_below_the_directory() {
        let directory = Path::new("/data");
        assert_eq!(
            place(directory, "a/b.txt").unwrap(),
            Path::new("/data/a/b.txt")
        );
        for name in ["", ".", "/etc/passwd", "../x", "a/../../x"] {
            assert!(
                matches!(place(directory, name), Err(ProgramError::Name(_))),
                "{name}"
            );
        }
    }
}
