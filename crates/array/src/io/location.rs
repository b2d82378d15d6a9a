//! Where files are: paths and URLs, and the object stores behind them.

use crate::error::{ArrayError, Result};
use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use tokio::runtime::{Builder, Runtime};

/// A file or a folder, in a store.
#[derive(Clone)]
pub(super) struct Location {
    url: String,
    store: Arc<dyn ObjectStore>,
    path: Path,
}

impl Location {
    /// The place that a text names: a path of this machine, which every worker must see alike, or a
    /// URL. `file://` is such a path too; `memory://name/..` is memory of this process, for tests.
    ///
    /// # Errors
    /// If it is neither, or of a kind that this build does not know.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let refused = |reason: String| ArrayError::File {
            path: text.to_owned(),
            reason,
        };
        let (store, path, url): (Arc<dyn ObjectStore>, _, _) = match text.split_once("://") {
            None => {
                // Workers run in other folders.
                let absolute = std::path::absolute(text).map_err(|e| refused(e.to_string()))?;
                let path =
                    Path::from_absolute_path(&absolute).map_err(|e| refused(e.to_string()))?;
                let url = absolute
                    .to_str()
                    .ok_or_else(|| refused("is no UTF-8".to_owned()))?;
                (local(), path, url.to_owned())
            }
            Some(("file", path)) => {
                let path = Path::from_url_path(path).map_err(|e| refused(e.to_string()))?;
                (local(), path, text.to_owned())
            }
            Some(("memory", path)) => {
                let (name, path) = path.split_once('/').unwrap_or((path, ""));
                let path = Path::parse(path).map_err(|e| refused(e.to_string()))?;
                (memory(name), path, text.to_owned())
            }
            #[cfg(feature = "cloud")]
            Some(_) => {
                let (store, path) = super::remote::open(text).map_err(refused)?;
                (store, path, text.to_owned())
            }
            #[cfg(not(feature = "cloud"))]
            Some((scheme, _)) => {
                return Err(refused(format!(
                    "{scheme}:// needs the cargo feature `cloud` of taskloom-array"
                )));
            }
        };
        Ok(Self { url, store, path })
    }

    /// The text that names the same place from other folders too.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// A place below this one.
    pub(super) fn child(&self, name: &str) -> Result<Self> {
        let path = Path::parse(format!("{}/{name}", self.path)).map_err(|e| self.error(e))?;
        Ok(Self {
            url: format!("{}/{name}", self.url.trim_end_matches('/')),
            store: self.store.clone(),
            path,
        })
    }

    /// The error for this place.
    pub(super) fn error(&self, reason: impl ToString) -> ArrayError {
        ArrayError::File {
            path: self.url.clone(),
            reason: reason.to_string(),
        }
    }

    /// Runs what is asked of the store.
    fn ask<T, F>(&self, ask: impl FnOnce(Arc<dyn ObjectStore>, Path) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = object_store::Result<T>> + Send + 'static,
    {
        let answer = wait(ask(self.store.clone(), self.path.clone()));
        match answer.map_err(|reason| self.error(reason))? {
            Ok(answer) => Ok(answer),
            Err(object_store::Error::NotFound { .. }) => Err(self.error("there is no such file")),
            Err(error) => Err(self.error(error)),
        }
    }

    /// The size of a file, and what tells it from another version of it.
    pub(super) fn head(&self) -> Result<(u64, String)> {
        let meta = self.ask(|store, path| async move { store.head(&path).await })?;
        Ok((meta.size, stamp(&meta)))
    }

    /// Whether there is such a file.
    pub(super) fn exists(&self) -> Result<bool> {
        self.ask(|store, path| async move {
            match store.head(&path).await {
                Ok(_) => Ok(true),
                Err(object_store::Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    /// All of a file, if there is one.
    pub(super) fn read(&self) -> Result<Option<Bytes>> {
        self.ask(|store, path| async move {
            match store.get(&path).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// Ranges of a file, several at a time where the store is remote.
    pub(super) fn ranges(&self, ranges: Vec<Range<u64>>) -> Result<Vec<Bytes>> {
        // Stores refuse to read nothing.
        if ranges.iter().all(Range::is_empty) {
            return Ok(vec![Bytes::new(); ranges.len()]);
        }
        let lengths: Vec<u64> = ranges.iter().map(|range| range.end - range.start).collect();
        let parts =
            self.ask(|store, path| async move { store.get_ranges(&path, &ranges).await })?;
        let whole = parts.len() == lengths.len()
            && parts
                .iter()
                .zip(lengths)
                .all(|(part, len)| part.len() as u64 == len);
        match whole {
            true => Ok(parts),
            false => Err(self.error("the file is shorter than it was when it was opened")),
        }
    }

    /// Writes a file of these parts: all of it or nothing.
    pub(super) fn write(&self, parts: Vec<Bytes>) -> Result<()> {
        let payload: PutPayload = parts.into_iter().collect();
        self.ask(|store, path| async move { store.put(&path, payload).await.map(|_| ()) })
    }

    /// Deletes a file, if there is one.
    pub(super) fn delete(&self) -> Result<()> {
        self.ask(|store, path| async move {
            match store.delete(&path).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                done => done,
            }
        })
    }

    /// The paths of all files below this place, from here.
    pub(super) fn list(&self) -> Result<Vec<String>> {
        use futures::TryStreamExt;
        let found = self.ask(|store, path| async move {
            let found: Vec<ObjectMeta> = store.list(Some(&path)).try_collect().await?;
            let below = found.iter().filter_map(|meta| {
                let parts = meta.location.prefix_match(&path)?;
                let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
                Some(parts.join("/"))
            });
            Ok(below.collect::<Vec<String>>())
        });
        match found {
            Err(ArrayError::File { reason, .. }) if reason == "there is no such file" => {
                Ok(Vec::new())
            }
            found => found,
        }
    }
}

fn stamp(meta: &ObjectMeta) -> String {
    let tag = meta.e_tag.as_deref().unwrap_or_default();
    format!(
        "{}-{}-{tag}",
        meta.size,
        meta.last_modified.timestamp_micros()
    )
}

fn local() -> Arc<dyn ObjectStore> {
    static LOCAL: OnceLock<Arc<LocalFileSystem>> = OnceLock::new();
    LOCAL
        .get_or_init(|| Arc::new(LocalFileSystem::new()))
        .clone()
}

/// The memory of a name.
fn memory(name: &str) -> Arc<dyn ObjectStore> {
    static STORES: Mutex<BTreeMap<String, Arc<InMemory>>> = Mutex::new(BTreeMap::new());
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    stores.entry(name.to_owned()).or_default().clone()
}

/// Waits for IO from a thread that computes. It runs on threads of its own, so it makes no difference
/// whether the caller's thread belongs to a runtime.
fn wait<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> std::result::Result<T, String> {
    static RUNTIME: OnceLock<std::result::Result<Runtime, String>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder
            .worker_threads(1)
            .thread_name("array-io")
            .enable_all();
        builder.build().map_err(|error| error.to_string())
    });
    let (answer, answered) = mpsc::sync_channel(1);
    let runtime = runtime.as_ref().map_err(String::clone)?;
    runtime.spawn(async move {
        // Whoever waited is there until it has the answer.
        let _ = answer.send(future.await);
    });
    answered
        .recv()
        .map_err(|_| "reading or writing was stopped".to_owned())
}
