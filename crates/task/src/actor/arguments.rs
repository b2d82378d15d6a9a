//! The arguments of a call of a method: values only.

use crate::call::Nodes;
use crate::value::{TaskValue, ValueError, encode_borrowed, encode_owned, encode_ref, encode_text};
use bytes::Bytes;
use serde::Serialize;
use taskloom_core::{ArgumentNode, Encoded};

/// The arguments of a call while it is made.
#[derive(Debug, Default)]
pub struct CallArguments {
    pub(super) nodes: Nodes,
    pub(super) problem: Option<ValueError>,
}

impl CallArguments {
    /// Adds a value.
    pub fn value<T: TaskValue>(&mut self, value: T) {
        self.add(encode_owned(value));
    }

    /// Adds a value that stays with the caller.
    pub fn lent<T: TaskValue>(&mut self, value: &T) {
        self.add(encode_ref(value));
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) {
        self.add(encode_text(text));
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.add(Ok(Encoded::bytes(Bytes::copy_from_slice(bytes))));
    }

    /// Adds a row of values that stay with the caller.
    pub fn row<T: Serialize + ?Sized>(&mut self, row: &T) {
        self.add(encode_borrowed(row));
    }

    fn add(&mut self, encoded: std::result::Result<Encoded, ValueError>) {
        match encoded {
            Ok(encoded) => self.nodes.push(ArgumentNode::Value(encoded)),
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// Bytes of the values.
    pub(super) fn nbytes(&self) -> u64 {
        let bytes = self.nodes.iter().map(|node| match node {
            ArgumentNode::Value(value) => value.nbytes(),
            _ => 0,
        });
        bytes.sum()
    }
}
