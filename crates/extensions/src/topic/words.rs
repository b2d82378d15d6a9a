//! What clients and topics say to each other.

use crate::feed::{Ended, MoreRequest};
use crate::service::{Operation, Push};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// An event as it lies in a topic and travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it was logged, in milliseconds since 1970 by the clock of whoever logged it.
    pub at: u64,
    /// What was logged.
    pub value: Bytes,
}

/// Logs events to a topic, and makes it if there is none.
#[derive(Debug)]
pub enum Log {}

/// See [`Log`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRequest {
    /// The name of the topic.
    pub name: String,
    /// What is logged.
    pub events: Vec<Event>,
}

impl Operation for Log {
    const NAME: &'static str = "topic.log";
    type Request = LogRequest;
    type Reply = ();
}

/// Says how many events a topic keeps, and makes it if there is none.
#[derive(Debug)]
pub enum Keep {}

/// See [`Keep`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepRequest {
    /// The name of the topic.
    pub name: String,
    /// How many events it keeps.
    pub length: u64,
}

impl Operation for Keep {
    const NAME: &'static str = "topic.keep";
    type Request = KeepRequest;
    type Reply = ();
}

/// Asks for the events that a topic keeps, as many as fit into one reply.
#[derive(Debug)]
pub enum Look {}

/// See [`Look`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookRequest {
    /// The name of the topic.
    pub name: String,
    /// Not what has a lower number than this.
    pub from: u64,
}

/// Some of what a topic keeps.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kept {
    /// The number of the first of these events.
    pub first: u64,
    /// The events.
    pub events: Vec<Event>,
    /// The number that the next event gets.
    pub end: u64,
}

impl Operation for Look {
    const NAME: &'static str = "topic.look";
    type Request = LookRequest;
    type Reply = Kept;
}

/// Asks for the names of all topics.
#[derive(Debug)]
pub enum List {}

impl Operation for List {
    const NAME: &'static str = "topic.list";
    type Request = ();
    type Reply = Vec<String>;
}

/// Forgets a topic with its events, and ends its subscriptions. Says whether there was one.
#[derive(Debug)]
pub enum Delete {}

impl Operation for Delete {
    const NAME: &'static str = "topic.delete";
    type Request = String;
    type Reply = bool;
}

/// Subscribes to a topic, and makes it if there is none. Events arrive as [`Came`]; so does a
/// refusal.
#[derive(Debug)]
pub enum Subscribe {}

/// See [`Subscribe`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscribeRequest {
    /// The name of the topic.
    pub name: String,
    /// The client's number for the reader, which no other reader of topics of this client has.
    pub reader: u64,
    /// How many events it has room for.
    pub room: u32,
    /// It wants the events that are kept, too.
    pub past: bool,
}

impl Operation for Subscribe {
    const NAME: &'static str = "topic.subscribe";
    type Request = SubscribeRequest;
    type Reply = ();
}

/// A reader has room for more.
#[derive(Debug)]
pub enum More {}

impl Operation for More {
    const NAME: &'static str = "topic.more";
    type Request = MoreRequest;
    type Reply = ();
}

/// A reader leaves.
#[derive(Debug)]
pub enum Leave {}

impl Operation for Leave {
    const NAME: &'static str = "topic.leave";
    type Request = u64;
    type Reply = ();
}

/// Events came to a reader.
#[derive(Debug)]
pub enum Came {}

/// See [`Came`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameMessage {
    /// The reader.
    pub reader: u64,
    /// The number of the first of these events; a gap to the one before is what it missed.
    pub first: u64,
    /// The events.
    pub events: Vec<Event>,
    /// Nothing else comes to this reader, and why.
    pub ended: Option<Ended>,
}

impl Push for Came {
    const NAME: &'static str = "topic.came";
    type Message = CameMessage;
}
