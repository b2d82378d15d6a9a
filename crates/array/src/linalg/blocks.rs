//! Layers that linear algebra is built of: a kernel on each block, single tasks, and arrays of the
//! results of single tasks.
//!
//! A factorization is a few dozen different tasks, each with inputs of its own. Each becomes a
//! [`Part`]: a node of one block without axes, and [`mosaic`] makes an array of parts.

use crate::array::Array;
use crate::axis::Axis;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, Node, number};
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_client::Client;
use taskloom_kernels::elementwise::{Elementwise, Unary};
use taskloom_kernels::shape::Reshape;
use taskloom_kernels::{DType, Kernel};

/// A kernel on each block of one array.
struct Each {
    name: &'static str,
    kernel: Arc<Kernel>,
    /// For each axis of the array, which axis of the result has its blocks; of others it is block 0.
    from: Vec<Option<usize>>,
    grid: Vec<usize>,
    outputs: u32,
}

impl Layer for Each {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel);
        identity.numbers(self.from.iter().map(|from| from.map_or(0, |from| from + 1)));
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let places = self.from.iter().zip(&self.grid);
        let block = places.fold(0, |block, (from, &blocks)| {
            block * blocks + from.and_then(|from| at.get(from).copied()).unwrap_or(0)
        });
        BlockTask::kernel(self.kernel.clone(), [BlockRef::new(0, block)])
    }

    fn outputs(&self) -> u32 {
        self.outputs
    }
}

/// The array of what a kernel makes of each block, whose axes are cut as they were.
pub(super) fn each(array: &Array, name: &'static str, kernel: Kernel, dtype: DType) -> Array {
    let order: Vec<usize> = (0..array.ndim()).collect();
    each_turned(array, name, kernel, dtype, &order)
}

/// The same with the axes in another order, or without some of which there is one block.
pub(super) fn each_turned(
    array: &Array,
    name: &'static str,
    kernel: Kernel,
    dtype: DType,
    order: &[usize],
) -> Array {
    let from = (0..array.ndim()).map(|axis| order.iter().position(|&other| other == axis));
    let layer = Each {
        name,
        kernel: Arc::new(kernel),
        from: from.collect(),
        grid: array.numblocks(),
        outputs: 1,
    };
    let axes = order.iter().map(|&axis| array.axes()[axis].clone());
    Array::from_layer(layer, &[array], dtype, axes)
}

/// The node of what a kernel with several results makes of each block along the first axis of a
/// matrix with one block along the second.
pub(super) fn each_row(
    array: &Array,
    name: &'static str,
    kernel: Kernel,
    outputs: u32,
) -> Arc<Node> {
    let layer = Each {
        name,
        kernel: Arc::new(kernel),
        from: vec![Some(0), None],
        grid: array.numblocks(),
        outputs,
    };
    let axes = [Axis::opaque(array.axes()[0].blocks())];
    let inputs = vec![array.node().clone()];
    let axes = axes.into_iter().collect();
    Node::new(Box::new(layer), inputs, array.dtype(), axes)
}

/// The array in another dtype, or itself if it has it.
pub(super) fn cast(array: &Array, dtype: DType) -> Array {
    if array.dtype() == dtype {
        return array.clone();
    }
    each(
        array,
        "astype",
        Kernel::Elementwise(Elementwise::cast(dtype)),
        dtype,
    )
}

/// The conjugate, or the array itself if it is real.
pub(super) fn conjugate(array: &Array) -> Array {
    if !array.dtype().is_complex() {
        return array.clone();
    }
    let kernel = Elementwise::unary(Unary::Conjugate, array.dtype());
    each(
        array,
        "conjugate",
        Kernel::Elementwise(kernel),
        array.dtype(),
    )
}

/// The transpose of a matrix.
pub(super) fn turned(array: &Array) -> Array {
    let order = [1, 0];
    let kernel = Kernel::Reshape(Reshape::Transpose {
        order: order.as_slice().into(),
    });
    each_turned(array, "transpose", kernel, array.dtype(), &order)
}

/// The conjugate of the transpose of a matrix.
pub(super) fn adjoint(array: &Array) -> Array {
    turned(&conjugate(array))
}

/// The result of one task, or one of its results.
#[derive(Clone)]
pub(super) struct Part {
    node: Arc<Node>,
    block: usize,
    output: u32,
}

impl Part {
    /// A block of an array.
    pub(super) fn of(array: &Array, at: &[usize]) -> Self {
        Self::of_node(array.node(), number(array.axes(), at), 0)
    }

    /// An output of the task that makes a block of a node.
    pub(super) fn of_node(node: &Arc<Node>, block: usize, output: u32) -> Self {
        Self {
            node: node.clone(),
            block,
            output,
        }
    }

    /// What a kernel makes of parts.
    pub(super) fn made(
        name: &'static str,
        kernel: impl Into<LinearKernel>,
        inputs: &[&Self],
    ) -> Self {
        Self::made_with(name, kernel, inputs, 1).remove(0)
    }

    /// What a kernel with several results makes of parts.
    pub(super) fn made_with(
        name: &'static str,
        kernel: impl Into<LinearKernel>,
        inputs: &[&Self],
        outputs: u32,
    ) -> Vec<Self> {
        let (nodes, refs) = collected(inputs);
        let dtype = nodes.first().map_or(DType::F64, |node| node.dtype());
        let layer = One {
            name,
            kernel: kernel.into().0,
            inputs: refs.into_iter().collect(),
            outputs,
        };
        let node = Node::new(Box::new(layer), nodes, dtype, Axes::new());
        (0..outputs).map(|at| Self::of_node(&node, 0, at)).collect()
    }
}

/// A kernel of the families that linear algebra is made of.
pub(super) struct LinearKernel(Kernel);

macro_rules! kernels {
    ($($family:ty, $arm:ident;)+) => {
        $(impl From<$family> for LinearKernel {
            fn from(kernel: $family) -> Self {
                Self(Kernel::$arm(kernel))
            }
        })+
    };
}
kernels! {
    taskloom_kernels::linalg::Linalg, Linalg;
    taskloom_kernels::multiply::Multiply, Multiply;
}

/// The nodes of parts, each once, and the parts as blocks of them.
fn collected(parts: &[&Part]) -> (Vec<Arc<Node>>, Vec<BlockRef>) {
    let mut nodes: Vec<Arc<Node>> = Vec::new();
    let mut places = rustc_hash::FxHashMap::default();
    let refs = parts.iter().map(|part| {
        let input = *places.entry(part.node.id()).or_insert_with(|| {
            nodes.push(part.node.clone());
            nodes.len() - 1
        });
        BlockRef {
            input,
            block: part.block,
            output: part.output,
        }
    });
    let refs = refs.collect();
    (nodes, refs)
}

fn identify(refs: &[BlockRef], identity: &mut Identity) {
    for part in refs {
        identity.numbers([part.input, part.block, part.output as usize]);
    }
}

/// One task.
struct One {
    name: &'static str,
    kernel: Kernel,
    inputs: SmallVec<[BlockRef; 3]>,
    outputs: u32,
}

impl Layer for One {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel);
        identify(&self.inputs, identity);
    }

    fn block(&self, _at: &[usize]) -> BlockTask {
        BlockTask::kernel(self.kernel.clone(), self.inputs.iter().copied())
    }

    fn outputs(&self) -> u32 {
        self.outputs
    }
}

/// An array whose blocks are parts.
struct Mosaic {
    name: &'static str,
    blocks: Vec<BlockRef>,
    grid: Vec<usize>,
}

impl Layer for Mosaic {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identify(&self.blocks, identity);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let places = at.iter().zip(&self.grid);
        let block = places.fold(0, |block, (&at, &blocks)| block * blocks + at);
        let part = self.blocks.get(block);
        // The grid has as many places as there are parts.
        BlockTask::alias(
            part.copied()
                .unwrap_or_else(|| BlockRef::new(usize::MAX, 0)),
        )
    }
}

/// The array of parts in the order of their places.
pub(super) fn mosaic(
    name: &'static str,
    client: Option<&Client>,
    parts: &[Part],
    dtype: DType,
    axes: impl IntoIterator<Item = Axis>,
) -> Array {
    let axes: Axes = axes.into_iter().collect();
    let (nodes, blocks) = collected(&parts.iter().collect::<Vec<_>>());
    let layer = Mosaic {
        name,
        blocks,
        grid: axes.iter().map(Axis::blocks).collect(),
    };
    let node = Node::new(Box::new(layer), nodes, dtype, axes);
    Array::of_node(node, client.cloned())
}

/// The array of one part.
pub(super) fn of_part(
    name: &'static str,
    client: Option<&Client>,
    part: &Part,
    dtype: DType,
    axes: impl IntoIterator<Item = Axis>,
) -> Array {
    mosaic(name, client, std::slice::from_ref(part), dtype, axes)
}
