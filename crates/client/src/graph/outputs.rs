//! What is wanted of a graph.

use std::sync::Arc;
use taskloom_core::arguments::Part;
use taskloom_task::{FutureHandle, Node, NodeRef, TaskFuture, TaskValue};

/// Which result is wanted.
#[derive(Clone, Debug)]
pub struct Output {
    pub(crate) task: NodeRef,
    pub(crate) part: Part,
}

impl Output {
    pub(crate) fn of<T>(node: &Node<T>) -> Self {
        Self {
            task: node.task().clone(),
            part: node.part(),
        }
    }
}

/// Nodes whose results are wanted: a node, a tuple of up to eight, an array, a vector, a map with
/// nodes as its values, [`NamedOutputs`](crate::NamedOutputs), or a reference to any of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an output of a graph",
    label = "wanted: a `Node`, a tuple of nodes, an array or a vector of nodes"
)]
pub trait GraphOutputs {
    /// The futures of the results, in the same shape.
    type Futures: Send;

    /// Names the wanted results in order.
    fn outputs(&self, outputs: &mut Vec<Output>);

    /// The futures, from their handles in the same order.
    fn futures(&self, handles: &mut dyn Iterator<Item = Arc<dyn FutureHandle>>) -> Self::Futures;
}

impl<T: TaskValue> GraphOutputs for Node<T> {
    type Futures = TaskFuture<T>;

    fn outputs(&self, outputs: &mut Vec<Output>) {
        outputs.push(Output::of(self));
    }

    #[allow(clippy::expect_used)] // There are as many handles as outputs were named.
    fn futures(&self, handles: &mut dyn Iterator<Item = Arc<dyn FutureHandle>>) -> TaskFuture<T> {
        TaskFuture::new(handles.next().expect("a handle for each output"))
    }
}

impl<O: GraphOutputs> GraphOutputs for Vec<O> {
    type Futures = Vec<O::Futures>;

    fn outputs(&self, outputs: &mut Vec<Output>) {
        self.iter().for_each(|output| output.outputs(outputs));
    }

    fn futures(&self, handles: &mut dyn Iterator<Item = Arc<dyn FutureHandle>>) -> Self::Futures {
        self.iter().map(|output| output.futures(handles)).collect()
    }
}

impl<O: GraphOutputs, const N: usize> GraphOutputs for [O; N] {
    type Futures = [O::Futures; N];

    fn outputs(&self, outputs: &mut Vec<Output>) {
        self.iter().for_each(|output| output.outputs(outputs));
    }

    fn futures(&self, handles: &mut dyn Iterator<Item = Arc<dyn FutureHandle>>) -> Self::Futures {
        std::array::from_fn(|at| self[at].futures(handles))
    }
}

impl<O: GraphOutputs + ?Sized> GraphOutputs for &O {
    type Futures = O::Futures;

    fn outputs(&self, outputs: &mut Vec<Output>) {
        (**self).outputs(outputs);
    }

    fn futures(&self, handles: &mut dyn Iterator<Item = Arc<dyn FutureHandle>>) -> Self::Futures {
        (**self).futures(handles)
    }
}

macro_rules! tuple {
    ($($name:ident $at:tt),+) => {
        impl<$($name: GraphOutputs),+> GraphOutputs for ($($name,)+) {
            type Futures = ($($name::Futures,)+);

            fn outputs(&self, outputs: &mut Vec<Output>) {
                $(self.$at.outputs(outputs);)+
            }

            fn futures(
                &self,
                handles: &mut dyn Iterator<Item = Arc<dyn FutureHandle>>,
            ) -> Self::Futures {
                ($(self.$at.futures(handles),)+)
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
