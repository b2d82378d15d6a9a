//! Arrays of one value.

use super::pattern::{Made, Pattern};
use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::Result;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::number;
use taskloom_kernels::make::{Constant, Like, Make};
use taskloom_kernels::{DType, Kernel, Number, Scalar};

impl Array {
    /// Zeros. If the chunks do not fit the shape, the array is in the failed state.
    ///
    /// ```
    /// use taskloom_array::{Array, DType};
    ///
    /// let x = Array::zeros([3, 4], DType::F64, [2, 2]);
    /// assert_eq!(x.numblocks(), [2, 2]);
    /// assert_eq!(x.to_local_here::<f64>()?.sum(), 0.0);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn zeros(
        shape: impl IntoIterator<Item = usize>,
        dtype: DType,
        chunks: impl Into<Chunks>,
    ) -> Self {
        let pattern = Pattern::Constant(Number::Int(0));
        Self::or_failed(Made::cut("zeros", pattern, dtype, shape, chunks), None)
    }

    /// Ones. If the chunks do not fit the shape, the array is in the failed state.
    #[track_caller]
    pub fn ones(
        shape: impl IntoIterator<Item = usize>,
        dtype: DType,
        chunks: impl Into<Chunks>,
    ) -> Self {
        let pattern = Pattern::Constant(Number::Int(1));
        Self::or_failed(Made::cut("ones", pattern, dtype, shape, chunks), None)
    }

    /// One value everywhere. Floats are cut off towards zero for integer dtypes; if the dtype cannot
    /// hold the value, or the chunks do not fit the shape, the array is in the failed state.
    ///
    /// ```
    /// use taskloom_array::{Array, DType};
    ///
    /// let x = Array::full([3], DType::I32, 7, [2]);
    /// assert_eq!(x.to_local_here::<i32>()?.sum(), 21);
    /// assert!(Array::full([3], DType::U8, 300, [2]).check().is_err());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn full(
        shape: impl IntoIterator<Item = usize>,
        dtype: DType,
        value: impl Into<Scalar>,
        chunks: impl Into<Chunks>,
    ) -> Self {
        let value = value.into().number();
        let array = Constant::fits(value, dtype).map_err(Into::into);
        let array =
            array.and_then(|()| Made::cut("full", Pattern::Constant(value), dtype, shape, chunks));
        Self::or_failed(array, None)
    }

    /// Zeros in the shape, dtype and cut of this array.
    #[must_use]
    #[track_caller]
    pub fn zeros_like(&self) -> Self {
        Self::or_failed(self.like("zeros", Number::Int(0)), Some(self))
    }

    /// Ones in the shape, dtype and cut of this array.
    #[must_use]
    #[track_caller]
    pub fn ones_like(&self) -> Self {
        Self::or_failed(self.like("ones", Number::Int(1)), Some(self))
    }

    /// One value in the shape, dtype and cut of this array. If the dtype cannot hold the value, the
    /// result is in the failed state.
    #[must_use]
    #[track_caller]
    pub fn full_like(&self, value: impl Into<Scalar>) -> Self {
        Self::or_failed(self.like("full", value.into().number()), Some(self))
    }

    fn like(&self, name: &'static str, value: Number) -> Result<Self> {
        self.check()?;
        Constant::fits(value, self.dtype())?;
        let axes = self.axes().iter().cloned();
        if self.axes().iter().all(|axis| axis.is_known()) {
            let pattern = Pattern::Constant(value);
            let made = Made::array(name, pattern, self.dtype(), axes.collect())?;
            return Ok(match self.client() {
                Some(client) => made.on(client),
                None => made,
            });
        }
        let layer = AsOther {
            name,
            like: Like {
                dtype: self.dtype(),
                value,
            },
            axes: self.axes().iter().cloned().collect(),
        };
        Ok(Self::from_layer(layer, &[self], self.dtype(), axes))
    }
}

/// One value in the shapes of the blocks of another array, which are not known before they are there.
struct AsOther {
    name: &'static str,
    like: Like,
    axes: crate::node::Axes,
}

impl Layer for AsOther {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.like);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = BlockRef::new(0, number(&self.axes, at));
        BlockTask::kernel(Kernel::Make(Make::Like(self.like.clone())), [block])
    }
}
