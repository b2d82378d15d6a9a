//! Things that clients open by name, and how long they stay when nobody has them open any more.

use crate::name;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use taskloom_core::{ClientId, Time};

/// Most channels of one scheduler, and most queues, variables and topics.
pub const NAMED_MAX: usize = 65_536;

/// Something that clients open by name.
pub(crate) trait Thing {
    /// Whether it differs in nothing from one that is made anew.
    fn is_blank(&self) -> bool;
}

#[derive(Debug)]
struct Kept<T> {
    thing: T,
    /// How many clients have it open.
    opened: usize,
    /// How long it stays after it was closed for the last time; for ever if nothing is said.
    keep: Option<Duration>,
    expires: Option<Time>,
}

/// All things of one kind.
#[derive(Debug)]
pub(crate) struct Named<T> {
    what: &'static str,
    things: BTreeMap<String, Kept<T>>,
    /// What each client has open.
    opened: BTreeMap<ClientId, BTreeSet<String>>,
    expiring: BTreeSet<(Time, String)>,
}

impl<T: Thing> Named<T> {
    /// None yet; `what` is such as "channel".
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            things: BTreeMap::new(),
            opened: BTreeMap::new(),
            expiring: BTreeSet::new(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.things.len()
    }

    /// A client opens it, if it has not; it is made if there is none.
    pub(crate) fn open(
        &mut self,
        client: ClientId,
        name: &str,
        keep: Option<Duration>,
        make: impl FnOnce() -> T,
    ) -> Result<&mut T, String> {
        name::check(self.what, name)?;
        if self.things.len() >= NAMED_MAX && !self.things.contains_key(name) {
            return Err(format!("there are {NAMED_MAX} {}s already", self.what));
        }
        let kept = self.things.entry(name.to_owned()).or_insert_with(|| Kept {
            thing: make(),
            opened: 0,
            keep,
            expires: None,
        });
        if let Some(expires) = kept.expires.take() {
            self.expiring.remove(&(expires, name.to_owned()));
        }
        let of_client = self.opened.entry(client).or_default();
        if of_client.insert(name.to_owned()) {
            kept.opened += 1;
        }
        Ok(&mut kept.thing)
    }

    /// A client closes it. Gives it if it is forgotten.
    pub(crate) fn close(&mut self, now: Time, client: ClientId, name: &str) -> Option<T> {
        let of_client = self.opened.get_mut(&client)?;
        if !of_client.remove(name) {
            return None;
        }
        if of_client.is_empty() {
            self.opened.remove(&client);
        }
        self.closed(now, name)
    }

    /// A client is gone. Gives what is forgotten.
    pub(crate) fn close_all(&mut self, now: Time, client: ClientId) -> Vec<(String, T)> {
        let opened = self.opened.remove(&client).unwrap_or_default();
        let forgotten = opened.into_iter().filter_map(|name| {
            let thing = self.closed(now, &name)?;
            Some((name, thing))
        });
        forgotten.collect()
    }

    /// One client fewer has it open.
    fn closed(&mut self, now: Time, name: &str) -> Option<T> {
        let kept = self.things.get_mut(name)?;
        kept.opened -= 1;
        if kept.opened > 0 {
            return None;
        }
        if kept.thing.is_blank() || kept.keep == Some(Duration::ZERO) {
            return self.remove(name);
        }
        if let Some(keep) = kept.keep {
            let expires = now + keep;
            kept.expires = Some(expires);
            self.expiring.insert((expires, name.to_owned()));
        }
        None
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.things.get(name).map(|kept| &kept.thing)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.things.get_mut(name).map(|kept| &mut kept.thing)
    }

    /// What is said of one that is not there.
    pub(crate) fn absent(&self, name: &str) -> String {
        format!(
            "there is no {} {name:?}: it was never opened, or it was deleted",
            self.what
        )
    }

    /// The names of all.
    pub(crate) fn names(&self) -> Vec<String> {
        self.things.keys().cloned().collect()
    }

    /// Forgets one that nobody has open and that is as good as new.
    pub(crate) fn forget_if_blank(&mut self, name: &str) {
        let kept = self.things.get(name);
        if kept.is_some_and(|kept| kept.opened == 0 && kept.thing.is_blank()) {
            self.remove(name);
        }
    }

    /// Forgets one, whoever has it open.
    pub(crate) fn remove(&mut self, name: &str) -> Option<T> {
        let kept = self.things.remove(name)?;
        if let Some(expires) = kept.expires {
            self.expiring.remove(&(expires, name.to_owned()));
        }
        if kept.opened > 0 {
            self.opened.retain(|_, of_client| {
                of_client.remove(name);
                !of_client.is_empty()
            });
        }
        Some(kept.thing)
    }

    /// Forgets those whose time has come.
    pub(crate) fn expire(&mut self, now: Time) -> Vec<(String, T)> {
        let mut forgotten = Vec::new();
        while let Some((time, name)) = self.expiring.first().cloned()
            && time <= now
        {
            let thing = self.remove(&name);
            forgotten.extend(thing.map(|thing| (name, thing)));
        }
        forgotten
    }

    /// When the next one is to be forgotten.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.expiring.first().map(|(time, _)| *time)
    }
}
