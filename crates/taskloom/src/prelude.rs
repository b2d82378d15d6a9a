//! What most programs need: `use taskloom::prelude::*`. It hides no name of std's prelude.

pub use crate::TaskClient;
pub use crate::{Actor, actor};
pub use crate::{Client, Element, Graph, Node, Status, TaskContext, TaskFuture, task};
