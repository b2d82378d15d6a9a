//! A meeting of a test with a task in another process, over two named pipes: opening one waits for
//! the other side, so nobody has to poll.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

/// A place to meet.
pub struct Meeting {
    path: PathBuf,
    _directory: Option<tempfile::TempDir>,
}

impl Meeting {
    /// A new one, for the test.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        for name in ["started", "go"] {
            let name = CString::new(path.join(name).into_os_string().into_encoded_bytes()).unwrap();
            // SAFETY: a valid C string.
            assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        }
        Self {
            path,
            _directory: Some(directory),
        }
    }

    /// The one at that place, for the task.
    pub fn at(path: &str) -> Self {
        Self {
            path: Path::new(path).to_owned(),
            _directory: None,
        }
    }

    /// Where it is.
    pub fn path(&self) -> String {
        self.path.to_str().unwrap().to_owned()
    }

    /// The task: it has started, and waits to be let go.
    pub fn arrive(&self) {
        drop(write(self.path.join("started")));
        drop(File::open(self.path.join("go")).unwrap());
    }

    /// The test: waits until a task has started.
    pub async fn wait(&self) {
        let path = self.path.join("started");
        tokio::task::spawn_blocking(|| drop(File::open(path).unwrap()))
            .await
            .unwrap();
    }

    /// The test: lets the task go that has started.
    pub async fn let_go(&self) {
        let path = self.path.join("go");
        tokio::task::spawn_blocking(|| drop(write(path)))
            .await
            .unwrap();
    }

    /// Both.
    pub async fn wait_and_let_go(&self) {
        self.wait().await;
        self.let_go().await;
    }
}

fn write(path: PathBuf) -> File {
    OpenOptions::new().write(true).open(path).unwrap()
}
