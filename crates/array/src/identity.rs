//! Names by content: hashes of all that a result depends on.

use std::fmt;

/// What a node of an expression is: equal for equal expressions, in every process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId([u8; 16]);

impl NodeId {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The first four digits, for people.
    pub(crate) fn short(&self) -> String {
        format!("{:02x}{:02x}", self.0[0], self.0[1])
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Takes in what a result depends on. Each thing goes in with its length or with a fixed length, so
/// no two different rows of things are the same text.
pub(crate) struct Identity(blake3::Hasher);

impl Identity {
    /// Of something of this kind.
    pub(crate) fn new(kind: &str) -> Self {
        let mut identity = Self(blake3::Hasher::new());
        identity.text(kind);
        identity
    }

    /// Takes in a text.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Takes in bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
        self
    }

    /// Takes in a number.
    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    /// Takes in numbers.
    pub(crate) fn numbers(&mut self, numbers: impl IntoIterator<Item = usize>) -> &mut Self {
        let mut count = 0_u64;
        for number in numbers {
            self.0.update(&(number as u64).to_le_bytes());
            count += 1;
        }
        self.number(count)
    }

    /// Takes in something that can be serialized, such as a kernel with its parameters.
    pub(crate) fn value<T: serde::Serialize + std::fmt::Debug>(&mut self, value: &T) -> &mut Self {
        match postcard::to_stdvec(value) {
            Ok(bytes) => self.bytes(&bytes),
            // What cannot be serialized still has a text with everything in it.
            Err(_) => self.text(&format!("{value:?}")),
        }
    }

    /// The hash.
    pub(crate) fn digest(&self) -> [u8; 16] {
        let mut digest = [0; 16];
        digest.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        digest
    }

    /// The hash as what a node is.
    pub(crate) fn node(&self) -> NodeId {
        NodeId(self.digest())
    }
}
