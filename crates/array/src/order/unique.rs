//! Different elements.

use super::bins::Side;
use super::tally::{part, tallied};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::Result;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use taskloom_kernels::order::{Order, Tally};
use taskloom_kernels::{DType, Kernel, Kind};

impl Array {
    /// The different elements of the whole array, in order, in one block: how many there are is
    /// known when it is computed. All NaN count as one, at the end.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![3, 1, 3, 2], Chunks::of([2]))?;
    /// assert_eq!(x.unique().to_local_here::<i32>()?, ndarray::array![1, 2, 3].into_dyn());
    /// let (values, counts) = x.unique_counts();
    /// assert_eq!(counts.to_local_here::<i64>()?, ndarray::array![1, 1, 2].into_dyn());
    /// # let _ = values;
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn unique(&self) -> Self {
        self.unique_counts().0
    }

    /// The different elements, and how often each occurs.
    #[must_use]
    #[track_caller]
    pub fn unique_counts(&self) -> (Self, Self) {
        match self.unique_state() {
            Ok((state, axis)) => (
                part(&state, 0, self.dtype(), axis.clone()),
                part(&state, 1, DType::I64, axis),
            ),
            Err(error) => (
                Self::failed(error.clone(), Some(self)),
                Self::failed(error, Some(self)),
            ),
        }
    }

    /// The different elements, and for each element of the array its place among them; that array is
    /// cut as this one.
    #[must_use]
    #[track_caller]
    pub fn unique_inverse(&self) -> (Self, Self) {
        match self.unique_state() {
            Ok((state, axis)) => {
                let inverse = Self::from_layer(
                    Inverse::of(self),
                    &[&state, self],
                    DType::I64,
                    self.axes().to_vec(),
                );
                (part(&state, 0, self.dtype(), axis), inverse)
            }
            Err(error) => (
                Self::failed(error.clone(), Some(self)),
                Self::failed(error, Some(self)),
            ),
        }
    }

    /// Whether each element is one of `values`, an array of any shape, which are brought together. NaN
    /// is none of them, also if there is one among them.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![3, 1, 4, 1, 5], Chunks::of([2]))?;
    /// let odd = Array::from_ndarray(&ndarray::array![5, 3, 1], Chunks::whole())?;
    /// let found = x.isin(&odd)?.to_local_here::<bool>()?;
    /// assert_eq!(found, ndarray::array![true, true, false, true, true].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If an array is in the failed state, or they belong to two clients.
    pub fn isin(&self, values: &Self) -> Result<Self> {
        self.good()?;
        let different = values.good()?.unique();
        let below = different.searchsorted(self, Side::Left)?;
        let up_to = different.searchsorted(self, Side::Right)?;
        let found = below.lt(&up_to);
        let found = match self.dtype().kind() {
            Kind::Float | Kind::Complex => found.logical_and(self.isnan().logical_not()),
            _ => found,
        };
        found.good().cloned()
    }

    fn unique_state(&self) -> Result<(Self, Axis)> {
        let state = tallied(Tally::Unique, &[self.good()?], false)?;
        let mut cut = Identity::new("unique");
        cut.bytes(self.node().id().as_bytes());
        let reason = format!("the different elements of {}", self.name());
        Ok((state, Axis::unknown(1, &cut, reason)))
    }
}

/// Where each element is among the different ones.
struct Inverse {
    axes: crate::node::Axes,
}

impl Inverse {
    fn of(array: &Array) -> Self {
        Self {
            axes: array.axes().into(),
        }
    }
}

impl Layer for Inverse {
    fn name(&self) -> &'static str {
        "unique-inverse"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = BlockRef::new(1, crate::node::number(&self.axes, at));
        BlockTask::kernel(Kernel::Order(Order::Inverse), [BlockRef::new(0, 0), block])
    }
}
