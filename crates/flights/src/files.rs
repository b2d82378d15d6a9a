//! Where the demo's files lie, and reading them.

use crate::airlines::{Airlines, AirlinesError};
use bytes::Bytes;
use std::path::{Path, PathBuf};

/// The files of the demo in memory.
#[derive(Clone, Debug)]
pub struct Files {
    /// The list of airlines.
    pub airlines: Airlines,
    /// Per month the file's name and its gzipped content, in the order of the names.
    pub months: Vec<(String, Bytes)>,
}

/// Why the files cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The system says no.
    #[error("cannot read {}", path.display())]
    Io {
        /// What was to be read.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The list of airlines is not valid.
    #[error("{} is not valid", path.display())]
    Airlines {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: AirlinesError,
    },
    /// There are no months.
    #[error("no *.csv.gz file in {}", .0.display())]
    NoMonths(PathBuf),
}

/// The folder beside this crate's sources, as it was when the crate was built.
pub fn default_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data"))
}

impl Files {
    /// Reads `airlines.csv` and all `*.csv.gz` of a folder.
    ///
    /// # Errors
    /// If a file cannot be read, the list of airlines is not valid, or there are no months.
    pub fn read(folder: &Path) -> Result<Self, FilesError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            |source| FilesError::Io { path, source }
        };
        let list = folder.join("airlines.csv");
        let text = std::fs::read(&list).map_err(unreadable(&list))?;
        let airlines = Airlines::parse(&text).map_err(|source| FilesError::Airlines {
            path: list.clone(),
            source,
        })?;

        let mut months = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = entry.map_err(unreadable(folder))?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.ends_with(".csv.gz") {
                let content = std::fs::read(&path).map_err(unreadable(&path))?;
                months.push((name, Bytes::from(content)));
            }
        }
        if months.is_empty() {
            return Err(FilesError::NoMonths(folder.to_owned()));
        }
        months.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(Self { airlines, months })
    }

    /// The bytes of all months.
    pub fn nbytes(&self) -> u64 {
        self.months
            .iter()
            .map(|(_, content)| content.len() as u64)
            .sum()
    }
}
