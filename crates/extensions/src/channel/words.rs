//! What clients and channels say to each other.

use crate::feed::{Ended, MoreRequest};
use crate::item::Items;
use crate::service::{Operation, Push};
use serde::{Deserialize, Serialize};

/// Opens a channel for a client, and makes it if there is none.
#[derive(Debug)]
pub enum Open {}

/// See [`Open`].
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OpenRequest {
    /// The name of the channel.
    pub name: String,
    /// How many elements it keeps; only whoever makes it has a say.
    #[serde(default)]
    pub maxlen: Option<u64>,
    /// For how many milliseconds it stays when no client has it open any more, instead of until it is
    /// deleted; only whoever makes it has a say.
    #[serde(default)]
    pub keep: Option<u64>,
}

/// How a channel is.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// How many elements are in it.
    pub len: u64,
    /// How many have been appended since it was made.
    pub appended: u64,
    /// How many it keeps, if it rolls.
    pub maxlen: Option<u64>,
    /// Nothing else will be appended.
    pub stopped: bool,
}

impl Operation for Open {
    const NAME: &'static str = "channel.open";
    type Request = OpenRequest;
    type Reply = State;
}

/// A client has a channel open no more.
#[derive(Debug)]
pub enum Close {}

impl Operation for Close {
    const NAME: &'static str = "channel.close";
    type Request = String;
    type Reply = ();
}

/// Asks how a channel is.
#[derive(Debug)]
pub enum Ask {}

impl Operation for Ask {
    const NAME: &'static str = "channel.ask";
    type Request = String;
    type Reply = State;
}

/// Asks for the names of all channels.
#[derive(Debug)]
pub enum List {}

impl Operation for List {
    const NAME: &'static str = "channel.list";
    type Request = ();
    type Reply = Vec<String>;
}

/// Appends to a channel.
#[derive(Debug)]
pub enum Append {}

/// See [`Append`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendRequest {
    /// The name of the channel.
    pub name: String,
    /// What is appended.
    pub items: Items,
}

impl Operation for Append {
    const NAME: &'static str = "channel.append";
    type Request = AppendRequest;
    type Reply = State;
}

/// Ends a channel: nothing can be appended any more, and readers end after the last element.
#[derive(Debug)]
pub enum Stop {}

impl Operation for Stop {
    const NAME: &'static str = "channel.stop";
    type Request = String;
    type Reply = State;
}

/// Forgets a channel with all that is in it, and ends its readers. Says whether there was one.
#[derive(Debug)]
pub enum Delete {}

impl Operation for Delete {
    const NAME: &'static str = "channel.delete";
    type Request = String;
    type Reply = bool;
}

/// Asks for what is in a channel, as much as fits into one reply.
#[derive(Debug)]
pub enum Look {}

/// See [`Look`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookRequest {
    /// The name of the channel.
    pub name: String,
    /// Not what has a lower number than this.
    pub from: u64,
    /// Only the last so many.
    pub window: u64,
}

/// Some of what is in a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The number of the first of these elements.
    pub first: u64,
    /// The elements.
    pub items: Items,
    /// How the channel is.
    pub state: State,
}

impl Operation for Look {
    const NAME: &'static str = "channel.look";
    type Request = LookRequest;
    type Reply = Contents;
}

/// Begins to read. What is there and what comes arrives as [`Came`]; so does a refusal.
#[derive(Debug)]
pub enum Read {}

/// See [`Read`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRequest {
    /// The name of the channel.
    pub name: String,
    /// The client's number for the reader, which no other reader of this client has.
    pub reader: u64,
    /// How many elements it has room for.
    pub room: u32,
    /// It looks back no further than this many elements.
    pub window: u64,
}

impl Operation for Read {
    const NAME: &'static str = "channel.read";
    type Request = ReadRequest;
    type Reply = ();
}

/// A reader has room for more.
#[derive(Debug)]
pub enum More {}

impl Operation for More {
    const NAME: &'static str = "channel.more";
    type Request = MoreRequest;
    type Reply = ();
}

/// A reader leaves.
#[derive(Debug)]
pub enum Leave {}

impl Operation for Leave {
    const NAME: &'static str = "channel.leave";
    type Request = u64;
    type Reply = ();
}

/// Elements came to a reader.
#[derive(Debug)]
pub enum Came {}

/// See [`Came`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameMessage {
    /// The reader.
    pub reader: u64,
    /// The number of the first of these elements; a gap to the one before is what it missed.
    pub first: u64,
    /// The elements.
    pub items: Items,
    /// Nothing else comes to this reader, and why.
    pub ended: Option<Ended>,
}

impl Push for Came {
    const NAME: &'static str = "channel.came";
    type Message = CameMessage;
}
