//! What clients and queues say to each other.

use crate::item::Items;
use crate::service::Operation;
use serde::{Deserialize, Serialize};

/// Opens a queue for a client, and makes it if there is none.
#[derive(Debug)]
pub enum Open {}

/// See [`Open`].
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OpenRequest {
    /// The name of the queue.
    pub name: String,
    /// How many items it takes before those who put have to wait; only whoever makes it has a say.
    #[serde(default)]
    pub maxsize: Option<u64>,
    /// For how many milliseconds it stays when no client has it open any more, instead of until it is
    /// deleted; only whoever makes it has a say.
    #[serde(default)]
    pub keep: Option<u64>,
}

/// How a queue is.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// How many items are in it.
    pub len: u64,
    /// How many it takes, if it is bounded.
    pub maxsize: Option<u64>,
    /// How many calls wait for an item.
    pub getters: u64,
    /// How many calls wait for room.
    pub putters: u64,
}

impl Operation for Open {
    const NAME: &'static str = "queue.open";
    type Request = OpenRequest;
    type Reply = State;
}

/// A client has a queue open no more.
#[derive(Debug)]
pub enum Close {}

impl Operation for Close {
    const NAME: &'static str = "queue.close";
    type Request = String;
    type Reply = ();
}

/// Asks how a queue is.
#[derive(Debug)]
pub enum Ask {}

impl Operation for Ask {
    const NAME: &'static str = "queue.ask";
    type Request = String;
    type Reply = State;
}

/// Asks for the names of all queues.
#[derive(Debug)]
pub enum List {}

impl Operation for List {
    const NAME: &'static str = "queue.list";
    type Request = ();
    type Reply = Vec<String>;
}

/// Puts items into a queue, all of them or none. Says whether it did: not if there was no room for
/// as long as it may wait.
#[derive(Debug)]
pub enum Put {}

/// See [`Put`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutRequest {
    /// The name of the queue.
    pub name: String,
    /// The items.
    pub items: Items,
    /// For how many milliseconds it may wait for room; for ever if nothing is said.
    pub wait: Option<u64>,
}

impl Operation for Put {
    const NAME: &'static str = "queue.put";
    type Request = PutRequest;
    type Reply = bool;
}

/// Takes items out of a queue, one at least. They are gone for good when it is confirmed that they
/// arrived; until then they go back to where they were if whoever called goes.
#[derive(Debug)]
pub enum Get {}

/// See [`Get`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetRequest {
    /// The name of the queue.
    pub name: String,
    /// How many items at most.
    pub max: u32,
    /// For how many milliseconds it may wait for an item; for ever if nothing is said.
    pub wait: Option<u64>,
}

impl Operation for Get {
    const NAME: &'static str = "queue.get";
    const CONFIRMED: bool = true;
    type Request = GetRequest;
    /// None if there was none for as long as it may wait.
    type Reply = Items;
}

/// Forgets a queue with all that is in it; calls that wait for it are refused. Says whether there was
/// one.
#[derive(Debug)]
pub enum Delete {}

impl Operation for Delete {
    const NAME: &'static str = "queue.delete";
    type Request = String;
    type Reply = bool;
}
