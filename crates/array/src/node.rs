//! Nodes: the expressions that arrays stand for.

use crate::axis::Axis;
use crate::identity::{Identity, NodeId};
use crate::layer::Layer;
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_kernels::DType;

/// The axes of a node.
pub(crate) type Axes = SmallVec<[Axis; 4]>;

/// One operation with its inputs. Its grid has a place per block: as many along each axis as the
/// axis has blocks.
pub(crate) struct Node {
    id: NodeId,
    dtype: DType,
    axes: Axes,
    layer: Box<dyn Layer>,
    inputs: Vec<Arc<Self>>,
}

impl Node {
    pub(crate) fn new(
        layer: Box<dyn Layer>,
        inputs: Vec<Arc<Self>>,
        dtype: DType,
        axes: Axes,
    ) -> Arc<Self> {
        let mut identity = Identity::new(layer.name());
        identity.text(dtype.name()).number(axes.len() as u64);
        axes.iter().for_each(|axis| axis.identify(&mut identity));
        identity.number(inputs.len() as u64);
        for input in &inputs {
            identity.bytes(input.id.as_bytes());
        }
        layer.identity(&mut identity);
        Arc::new(Self {
            id: identity.node(),
            dtype,
            axes,
            layer,
            inputs,
        })
    }

    pub(crate) fn id(&self) -> NodeId {
        self.id
    }

    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    pub(crate) fn axes(&self) -> &[Axis] {
        &self.axes
    }

    pub(crate) fn layer(&self) -> &dyn Layer {
        &*self.layer
    }

    pub(crate) fn inputs(&self) -> &[Arc<Self>] {
        &self.inputs
    }

    /// `add-3f2a`.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.layer.name(), self.id.short())
    }

    /// The number of blocks in the grid.
    pub(crate) fn blocks(&self) -> usize {
        self.axes.iter().map(Axis::blocks).product()
    }
}

/// Expressions can be as deep as a loop is long; the inputs are let go one after another.
impl Drop for Node {
    fn drop(&mut self) {
        let mut inputs = std::mem::take(&mut self.inputs);
        while let Some(input) = inputs.pop() {
            if let Some(mut node) = Arc::into_inner(input) {
                inputs.append(&mut node.inputs);
            }
        }
    }
}

/// The place in a grid of the block with this number in C order.
pub(crate) fn place(axes: &[Axis], mut block: usize, at: &mut SmallVec<[usize; 4]>) {
    at.clear();
    at.resize(axes.len(), 0);
    for (axis, place) in axes.iter().zip(at.iter_mut()).rev() {
        let blocks = axis.blocks().max(1);
        *place = block % blocks;
        block /= blocks;
    }
}

/// The number in C order of the block at a place.
pub(crate) fn number(axes: &[Axis], at: &[usize]) -> usize {
    let places = axes.iter().zip(at);
    places.fold(0, |number, (axis, &place)| number * axis.blocks() + place)
}
