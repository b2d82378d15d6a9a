//! Where an actor lives, as it travels.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use taskloom_core::{RunId, WorkerId};

/// Where an actor lives: what travels in its place, to clients and to tasks that take it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActorAddress {
    /// The name of its type.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// The name of its worker.
    pub worker: String,
    /// The number of the worker's incarnation.
    pub incarnation: u64,
    /// `host:port` of its worker.
    pub host: String,
    /// The run of its constructor, which no other actor of the worker has.
    pub run: u64,
}

impl ActorAddress {
    /// The address of an actor of this type and key.
    pub fn new(
        kind: impl Into<String>,
        key: impl Into<String>,
        run: RunId,
        worker: (impl Into<String>, WorkerId),
        host: impl Into<String>,
    ) -> Self {
        let (name, id) = worker;
        Self {
            kind: kind.into(),
            key: key.into(),
            worker: name.into(),
            incarnation: id.to_bits(),
            host: host.into(),
            run: run.0,
        }
    }

    /// The same if the actor is of this type.
    pub(crate) fn of_kind(self, kind: &str) -> Result<Self> {
        if self.kind == kind {
            return Ok(self);
        }
        let Self {
            key, kind: its_own, ..
        } = self;
        Err(Error::Setup(format!(
            "the actor {key} is a {its_own}, not a {kind}"
        )))
    }

    /// The run that made the actor.
    pub fn run_id(&self) -> RunId {
        RunId(self.run)
    }

    /// The incarnation of its worker.
    pub fn worker_id(&self) -> WorkerId {
        WorkerId::from_bits(self.incarnation)
    }
}
