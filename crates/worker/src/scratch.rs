//! The worker's directory for files of its tasks.

use crate::error::WorkerError;
use std::path::Path;
use tempfile::TempDir;

/// Makes a directory of this worker's own below `parent`. It is removed with what is in it when the
/// guard is dropped.
pub(crate) fn make(parent: &Path, name: &str) -> Result<TempDir, WorkerError> {
    let failed = |reason| WorkerError::Scratch {
        directory: parent.to_owned(),
        reason,
    };
    std::fs::create_dir_all(parent).map_err(failed)?;
    // A worker's name may have characters that no file name can have.
    let safe: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    tempfile::Builder::new()
        .prefix(&format!("taskloom-{safe}-"))
        .tempdir_in(parent)
        .map_err(failed)
}
