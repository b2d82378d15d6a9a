//! What clients and variables say to each other.

use crate::item::Items;
use crate::service::Operation;
use serde::{Deserialize, Serialize};

/// Sets a variable. Replies the number of what was set; later ones have greater numbers.
#[derive(Debug)]
pub enum Set {}

/// See [`Set`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRequest {
    /// The name of the variable.
    pub name: String,
    /// What it is set to: exactly one item.
    pub items: Items,
}

impl Operation for Set {
    const NAME: &'static str = "variable.set";
    type Request = SetRequest;
    type Reply = u64;
}

/// Asks what a variable is set to.
#[derive(Debug)]
pub enum Get {}

/// See [`Get`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetRequest {
    /// The name of the variable.
    pub name: String,
    /// Only what was set after the one with this number; 0 for any.
    pub after: u64,
    /// Wait until there is such a one.
    pub wait: bool,
}

/// What a variable is set to.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Current {
    /// The number of what was set; 0 if there is nothing.
    pub number: u64,
    /// What was set: one item, or none.
    pub items: Items,
}

impl Operation for Get {
    const NAME: &'static str = "variable.get";
    type Request = GetRequest;
    type Reply = Current;
}

/// Forgets what a variable is set to. Says whether it was set. Who waits for it waits on.
#[derive(Debug)]
pub enum Delete {}

impl Operation for Delete {
    const NAME: &'static str = "variable.delete";
    type Request = String;
    type Reply = bool;
}

/// Asks for the names of all variables that are set.
#[derive(Debug)]
pub enum List {}

impl Operation for List {
    const NAME: &'static str = "variable.list";
    type Request = ();
    type Reply = Vec<String>;
}
