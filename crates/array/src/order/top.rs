//! The greatest or least few along an axis.

use crate::array::Array;
use crate::axis::Axis;
use crate::error::Result;
use crate::identity::Identity;
use crate::index::any_order;
use crate::layer::{BlockRef, BlockTask};
use crate::reduce::{SPLIT_EVERY, Stages, Tree};
use taskloom_kernels::order::{Order, Top};
use taskloom_kernels::reduce::Axes;
use taskloom_kernels::{DType, Extent, Kernel};

impl Array {
    /// The `k` greatest elements along an axis, the greatest first; or, for a negative `k`, the least,
    /// the least first. NaN counts as greatest. If there are fewer elements, all of them.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![3, 9, 5, 1], Chunks::of([2]))?;
    /// assert_eq!(x.topk(2, 0).to_local_here::<i32>()?, ndarray::array![9, 5].into_dyn());
    /// assert_eq!(x.argtopk(-2, 0).to_local_here::<i64>()?, ndarray::array![3, 0].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn topk(&self, k: isize, axis: isize) -> Self {
        Self::or_failed(self.top("topk", k, axis, false), Some(self))
    }

    /// Where the elements of [`Array::topk`] are along the axis; the first of equal ones comes first.
    #[must_use]
    #[track_caller]
    pub fn argtopk(&self, k: isize, axis: isize) -> Self {
        Self::or_failed(self.top("argtopk", k, axis, true), Some(self))
    }

    fn top(&self, operation: &str, k: isize, axis: isize, places: bool) -> Result<Self> {
        let axis = self.good()?.axis_of(operation, axis)?;
        let top = Top {
            count: k.unsigned_abs(),
            least: k < 0,
            axis,
            places,
        };
        let mut axes = self.axes().to_vec();
        axes[axis] = match self.axes()[axis].len() {
            Some(len) => Axis::single(len.min(top.count)),
            None => {
                let mut cut = Identity::new("topk");
                cut.bytes(self.node().id().as_bytes()).value(&top);
                Axis::unknown(1, &cut, format!("{operation} of {}", self.name()))
            }
        };
        let tree = Tree {
            axes: Axes::of([axis]),
            keepdims: true,
            split_every: SPLIT_EVERY,
        };
        let dtype = if places { DType::I64 } else { self.dtype() };
        let source = match axis == 0 && !places {
            true => any_order(self),
            false => self.clone(),
        };
        source.in_a_tree(top, tree, dtype, axes)
    }
}

impl Stages for Top {
    fn name(&self) -> &'static str {
        if self.places { "argtopk" } else { "topk" }
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(self);
    }

    fn parts(&self) -> u32 {
        Self::parts(self) as u32
    }

    fn whole(&self, _block: BlockRef) -> Option<BlockTask> {
        None
    }

    fn partial(&self, block: BlockRef) -> BlockTask {
        BlockTask::kernel(Kernel::Order(Order::Top(*self)), [block])
    }

    fn merge(&self, _grid: Extent, states: Vec<BlockRef>) -> BlockTask {
        BlockTask::kernel(Kernel::Order(Order::MergeTop(*self)), states)
    }

    fn finish(&self, _grid: Extent, states: Vec<BlockRef>) -> BlockTask {
        BlockTask::kernel(Kernel::Order(Order::FinishTop(*self)), states)
    }
}
