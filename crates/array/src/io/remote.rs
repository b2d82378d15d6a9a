//! Object stores on other machines, with the cargo feature `cloud`: S3, Google Cloud Storage, Azure,
//! and files behind a web server.
//!
//! Credentials and settings come from the environment of whoever reads or writes, by the names that
//! `object_store` has for them (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT`, ...): set them for the workers too.

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreScheme, parse_url_opts};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// The store of a URL, and the path there.
///
/// # Errors
/// In words: if it is no URL of a store, or settings are missing.
pub(super) fn open(text: &str) -> Result<(Arc<dyn ObjectStore>, Path), String> {
    /// Stores by what stands before the path: each holds connections.
    static STORES: Mutex<BTreeMap<String, Arc<dyn ObjectStore>>> = Mutex::new(BTreeMap::new());
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let (_, path) = ObjectStoreScheme::parse(&url).map_err(|error| error.to_string())?;
    let before = url.as_str().strip_suffix(path.as_ref());
    let lock = || STORES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = before.and_then(|before| lock().get(before).cloned()) {
        return Ok((store, path));
    }
    let plain = (url.scheme() == "http").then(|| ("allow_http".to_owned(), "true".to_owned()));
    let settings = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let opened = parse_url_opts(&url, settings.chain(plain)).map_err(|error| error.to_string())?;
    let (store, path): (Arc<dyn ObjectStore>, Path) = (opened.0.into(), opened.1);
    if let Some(before) = before {
        lock().insert(before.to_owned(), store.clone());
    }
    Ok((store, path))
}
