//! The vocabulary of Taskloom.
//!
//! What lives here: ids with generations, keys, operations, argument nodes, values as they travel,
//! columnar graphs and their ordering, the messages that the parties exchange, what carries calls to
//! actors, errors, limits and the registry of invariants. Every other crate speaks in these words, so the three cores can be
//! connected to each other without a wire between them.
//!
//! What does not: async, IO, clocks, randomness, protobuf (`taskloom-wire` converts), user values
//! (`taskloom-task`).

pub mod actor;
pub mod arguments;
#[cfg(any(test, feature = "testing"))]
pub mod diagram;
pub mod error;
pub mod graph;
pub mod ids;
pub mod invariants;
pub mod key;
pub mod keys;
pub mod limits;
pub mod message;
pub mod operation;
pub mod options;
pub mod order;
pub mod time;
pub mod value;

pub use arguments::ArgumentNode;
pub use error::{Blame, ErrorCode, TaskFailure};
pub use graph::{GraphChunk, Packed};
pub use ids::{ClientId, GraphId, RunId, TaskId, Ticket, WorkerId};
pub use key::{Key, KeyError};
pub use keys::{HashedKeys, KeyRef, Keys, KeysBuilder};
pub use operation::Operation;
pub use options::{Residence, ResourceAmount, TaskOptions};
pub use time::Time;
pub use value::{Codec, Encoded};
