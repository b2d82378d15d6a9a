//! What lies beside blocks along an axis of unknown lengths.
//!
//! Nobody knows how far the elements around a block reach: a neighbour can be short or without
//! elements. So the edges of all blocks are brought together, which is little, and each block gets what
//! lies before and behind it.

use super::map_overlap::Boundary;
use crate::arrange::derived;
use crate::arrange::pad::Pad;
use crate::array::Array;
use crate::axis::Axis;
use crate::carries::{Carries, Finder, Sums, replaced, totals, whole};
use crate::error::Result;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use serde::Serialize;
use smallvec::{SmallVec, smallvec};
use taskloom_kernels::Kernel;
use taskloom_kernels::index::{Beside, Beyond, Edge, Index};
use taskloom_kernels::shape::{Assemble, Cut, Purpose, Reshape};

/// The last (or first) elements of blocks in a row.
#[derive(Clone, Copy, Debug, Serialize)]
struct Edges {
    axis: usize,
    depth: usize,
    side: Beside,
}

impl Sums for Edges {
    fn identity(&self, identity: &mut Identity) {
        identity.value(self);
    }

    fn of_block(&self) -> Kernel {
        let Self { axis, depth, side } = *self;
        Kernel::Index(Index::Edge(Edge::Of { axis, depth, side }))
    }

    fn of_totals(&self, _totals: usize) -> Kernel {
        self.of_block()
    }

    fn carries(&self, carried: bool, outputs: u32) -> Kernel {
        let Self { axis, depth, side } = *self;
        Kernel::Index(Index::Edge(Edge::Each {
            axis,
            depth,
            side,
            carried,
            outputs,
        }))
    }
}

/// What lies beside the blocks of an array along an axis.
pub(super) struct Neighbours {
    axis: usize,
    depth: usize,
    before: Carries,
    behind: Carries,
}

impl Neighbours {
    /// Up to `depth` elements on both sides of each block.
    ///
    /// # Errors
    /// If the array's dtype has no place for the number that lies beyond the ends.
    pub(super) fn new(
        array: &Array,
        axis: usize,
        depth: usize,
        boundary: Boundary,
    ) -> Result<Self> {
        let edges = |side| Edges { axis, depth, side };
        let (before, behind) = (edges(Beside::Before), edges(Beside::Behind));
        // The last elements of blocks, and the first ones.
        let (last, first) = (totals(array, axis, &before), totals(array, axis, &behind));
        let past = |side, beyond| {
            // What is mirrored or held is the edge at the same end.
            let at_start = (side == Beside::Before) != (beyond == Beyond::Wrapped);
            let edge = match at_start {
                true => whole(&first, axis, &behind),
                false => whole(&last, axis, &before),
            };
            let kernel = Kernel::Index(Index::Edge(Edge::Past {
                axis,
                depth,
                side,
                beyond,
            }));
            beyond_ends(&edge, axis, kernel)
        };
        let both = |beyond| {
            let [before, behind] = [Beside::Before, Beside::Behind].map(|side| past(side, beyond));
            Some((before, behind))
        };
        let ends = match boundary {
            Boundary::None => None,
            Boundary::Reflect => both(Beyond::Mirrored),
            Boundary::Periodic => both(Beyond::Wrapped),
            Boundary::Nearest => both(Beyond::Nearest),
            Boundary::Constant(value) => {
                let mut cuts: Vec<SmallVec<[Cut; 1]>> = vec![smallvec![Cut::All]; array.ndim()];
                // Nothing of a block, which shows how long the other axes are.
                cuts[axis] = smallvec![Cut::Part { start: 0, len: 0 }, Cut::Fill { len: depth }];
                let kernel = Assemble {
                    purpose: Purpose::Overlap,
                    cuts,
                    fill: Pad::Constant(value).fill(array.dtype())?,
                };
                let kernel = Kernel::Reshape(Reshape::Assemble(Box::new(kernel)));
                let constant = beyond_ends(&first, axis, kernel);
                Some((constant.clone(), constant))
            }
        };
        let (start, end) = ends.unzip();
        Ok(Self {
            axis,
            depth,
            before: Carries::new(&last, axis, &before, start.as_ref()),
            behind: Carries::new(&first, axis, &behind, end.as_ref()),
        })
    }

    /// The blocks of the array with what lies beside them.
    pub(super) fn around(&self, array: &Array) -> Array {
        let axis = &array.axes()[self.axis];
        let mut cut = derived("overlap", std::slice::from_ref(axis));
        cut.number(self.depth as u64);
        cut.bytes(self.before.array().node().id().as_bytes());
        let reason = format!("overlaps of {}", array.name());
        let wide = Axis::unknown(axis.blocks(), &cut, reason);
        let mut cuts: Vec<SmallVec<[Cut; 1]>> = vec![smallvec![Cut::All]; array.ndim()];
        cuts[self.axis] = smallvec![Cut::All; 3];
        let kernel = Assemble {
            purpose: Purpose::Overlap,
            cuts,
            fill: None,
        };
        let kernel = Kernel::Reshape(Reshape::Assemble(Box::new(kernel)));
        self.with(
            array,
            ("overlap", kernel),
            wide,
            |block, [before, behind]| [before, block, behind],
        )
    }

    /// The blocks without what lies beside them, of an array that was made of those that have it.
    pub(super) fn without(&self, array: &Array, axis: &Axis) -> Array {
        let kernel = Kernel::Index(Index::Edge(Edge::Trim { axis: self.axis }));
        self.with(
            array,
            ("trim", kernel),
            axis.clone(),
            |block, [before, behind]| [block, before, behind],
        )
    }

    fn with(
        &self,
        array: &Array,
        (name, kernel): (&'static str, Kernel),
        axis: Axis,
        order: fn(BlockRef, [BlockRef; 2]) -> [BlockRef; 3],
    ) -> Array {
        let layer = With {
            name,
            kernel,
            axes: array.axes().into(),
            before: self.before.finder(self.axis),
            behind: self.behind.finder(self.axis),
            order,
        };
        let inputs = [array, self.before.array(), self.behind.array()];
        let axes = replaced(array.axes(), self.axis, axis);
        Array::from_layer(layer, &inputs, array.dtype(), axes)
    }
}

/// A kernel on each block and what lies beside it.
struct With {
    name: &'static str,
    kernel: Kernel,
    axes: Axes,
    before: Finder,
    behind: Finder,
    /// In which order the kernel takes them.
    order: fn(BlockRef, [BlockRef; 2]) -> [BlockRef; 3],
}

impl Layer for With {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = BlockRef::new(0, number(&self.axes, at));
        let beside = [self.before.carry(1, at), self.behind.carry(2, at)];
        BlockTask::kernel(self.kernel.clone(), (self.order)(block, beside))
    }
}

/// What a kernel makes of the first blocks along an axis: what lies beyond an end of it.
fn beyond_ends(edges: &Array, axis: usize, kernel: Kernel) -> Array {
    let layer = OfFirst {
        kernel,
        axes: edges.axes().into(),
    };
    let axes = replaced(edges.axes(), axis, Axis::opaque(1));
    Array::from_layer(layer, &[edges], edges.dtype(), axes)
}

struct OfFirst {
    kernel: Kernel,
    axes: Axes,
}

impl Layer for OfFirst {
    fn name(&self) -> &'static str {
        "overlap-end"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        // There is one block along the axis, and its place is 0.
        BlockTask::kernel(
            self.kernel.clone(),
            [BlockRef::new(0, number(&self.axes, at))],
        )
    }
}
