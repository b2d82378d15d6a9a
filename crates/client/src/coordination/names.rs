//! What a session has open by name, so that the scheduler learns when nobody here needs it any more.

use crate::{Client, WeakClient};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// What is open of one kind; all handles of one name share an `S`, which calls [`Names::left`] when
/// it is dropped.
pub(super) struct Names<S> {
    client: WeakClient,
    open: Mutex<FxHashMap<String, Opened<S>>>,
    /// Tells the scheduler that this session has it open no more.
    close: fn(&Client, String),
}

struct Opened<S> {
    shared: Weak<S>,
    /// How many are about to open it.
    opening: usize,
}

impl<S> Names<S> {
    pub(super) fn new(client: WeakClient, close: fn(&Client, String)) -> Self {
        let open = Mutex::default();
        Self {
            client,
            open,
            close,
        }
    }

    fn open(&self) -> MutexGuard<'_, FxHashMap<String, Opened<S>>> {
        // Nothing in there can panic half-way.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody asks the scheduler to open it: until what this gives is dropped, it is not closed
    /// because an earlier handle ends.
    pub(super) fn opening(&self, name: &str) -> Opening<'_, S> {
        let name = name.to_owned();
        let mut open = self.open();
        let opened = open.entry(name.clone()).or_insert_with(|| Opened {
            shared: Weak::new(),
            opening: 0,
        });
        opened.opening += 1;
        Opening { names: self, name }
    }

    /// The last handle has gone. The scheduler is told, unless somebody opens it again.
    pub(super) fn left(&self, name: &str) {
        let mut open = self.open();
        let unused = open
            .get(name)
            .is_some_and(|opened| opened.opening == 0 && opened.shared.strong_count() == 0);
        if unused {
            open.remove(name);
            // Under the lock, so that it comes before another opening. A session that has ended has
            // closed everything.
            if let Some(client) = self.client.upgrade() {
                (self.close)(&client, name.to_owned());
            }
        }
    }
}

/// Something is being opened.
pub(super) struct Opening<'a, S> {
    names: &'a Names<S>,
    name: String,
}

impl<S> Opening<'_, S> {
    /// It is open: what all its handles share.
    pub(super) fn opened(&self, make: impl FnOnce() -> S) -> Arc<S> {
        let mut open = self.names.open();
        let known = open
            .get(&self.name)
            .and_then(|opened| opened.shared.upgrade());
        known.unwrap_or_else(|| {
            let shared = Arc::new(make());
            if let Some(opened) = open.get_mut(&self.name) {
                opened.shared = Arc::downgrade(&shared);
            }
            shared
        })
    }
}

impl<S> Drop for Opening<'_, S> {
    fn drop(&mut self) {
        if let Some(opened) = self.names.open().get_mut(&self.name) {
            opened.opening -= 1;
        }
        self.names.left(&self.name);
    }
}
