//! Over which axes something is reduced, and how.

use crate::array::{Array, axis_of};
use crate::error::{ArrayError, Result};
use taskloom_kernels::DType;
use taskloom_kernels::reduce::Axes;

/// How many states one task merges where nothing else is said.
pub(crate) const SPLIT_EVERY: usize = 8;

/// Over which axes an array is reduced, and how. Numbers and lists of numbers are axes, negative ones
/// counted from the last; `..` is all of them.
///
/// ```
/// use taskloom_array::{Array, Chunks, Over};
///
/// let x = Array::from_ndarray(&ndarray::array![[1.0, 2.0], [3.0, 5.0]], Chunks::of([1, 2]))?;
/// assert_eq!(x.sum_over(0).to_local_here::<f64>()?, ndarray::array![4.0, 7.0].into_dyn());
/// let rows = x.std_over(Over::axis(-1).keepdims().ddof(1));
/// assert_eq!(rows.shape(), [Some(2), Some(1)]);
/// let all = x.max_over(Over::axes([0, 1]).split_every(4));
/// assert_eq!(all.to_local_here::<f64>()?[[]], 5.0);
/// # Ok::<(), taskloom_array::ArrayError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// All, if none are named.
    axes: Option<Vec<isize>>,
    keepdims: bool,
    split_every: Option<usize>,
    ddof: Option<u32>,
    dtype: Option<DType>,
}

impl Over {
    /// Over all axes.
    pub fn all() -> Self {
        Self::default()
    }

    /// Over one axis.
    pub fn axis(axis: isize) -> Self {
        Self::axes([axis])
    }

    /// Over these axes.
    pub fn axes(axes: impl IntoIterator<Item = isize>) -> Self {
        Self {
            axes: Some(axes.into_iter().collect()),
            ..Self::default()
        }
    }

    /// The axes stay, with length 1, so that the result goes together with the array.
    #[must_use]
    pub fn keepdims(mut self) -> Self {
        self.keepdims = true;
        self
    }

    /// At most so many partial results become one in one task, at least 2. Without this, 8.
    #[must_use]
    pub fn split_every(mut self, blocks: usize) -> Self {
        self.split_every = Some(blocks);
        self
    }

    /// For variances, standard deviations and moments: the count is lessened by this.
    #[must_use]
    pub fn ddof(mut self, ddof: u32) -> Self {
        self.ddof = Some(ddof);
        self
    }

    /// For sums, products and means: the elements are converted to this dtype first, and the result
    /// has it.
    #[must_use]
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// What is meant for an array.
    pub(super) fn of(&self, operation: &str, array: &Array) -> Result<Resolved> {
        array.check()?;
        let ndim = array.ndim();
        if ndim > Axes::MOST {
            let reason = format!("an array of {ndim} axes; {} are the most", Axes::MOST);
            return Err(ArrayError::value(operation, reason));
        }
        let axes = match &self.axes {
            None => Axes::all(ndim),
            Some(named) => {
                let found = named.iter().map(|&axis| axis_of(operation, axis, ndim));
                let found = found.collect::<Result<Vec<usize>>>()?;
                let axes = Axes::of(found.iter().copied());
                if axes.count() != found.len() {
                    let reason = format!("an axis is named twice in {named:?}");
                    return Err(ArrayError::value(operation, reason));
                }
                axes
            }
        };
        let split_every = self.split_every.unwrap_or(SPLIT_EVERY);
        if split_every < 2 {
            let reason = format!("split_every is {split_every}; it is to be 2 or more");
            return Err(ArrayError::value(operation, reason));
        }
        Ok(Resolved {
            axes,
            keepdims: self.keepdims,
            split_every,
        })
    }

    /// The one axis that is meant, and whether it stays, for an operation along an axis.
    pub(crate) fn one(&self, operation: &str, array: &Array) -> Result<(usize, bool)> {
        self.only(operation, false, false)?;
        let how = self.of(operation, array)?;
        match (how.axes.iter().next(), how.axes.count()) {
            (Some(axis), 1) if self.split_every.is_none() => Ok((axis, how.keepdims)),
            (_, 1) => {
                let reason = "it takes no split_every: a row comes together at once";
                Err(ArrayError::value(operation, reason))
            }
            (_, axes) => {
                let reason =
                    format!("it goes along one axis, not {axes}: name it, or `ravel` first");
                Err(ArrayError::value(operation, reason))
            }
        }
    }

    /// The degrees of freedom, for an operation that has them.
    pub(super) fn degrees(&self) -> u32 {
        self.ddof.unwrap_or(0)
    }

    pub(super) fn wanted_dtype(&self) -> Option<DType> {
        self.dtype
    }

    /// Refuses what the operation does not know, so that nothing is ignored in silence.
    pub(super) fn only(&self, operation: &str, ddof: bool, dtype: bool) -> Result<()> {
        let refused = match (self.ddof, self.dtype) {
            (Some(_), _) if !ddof => "degrees of freedom (ddof)",
            (_, Some(_)) if !dtype => "a dtype",
            _ => return Ok(()),
        };
        let reason = format!("it does not take {refused}");
        Err(ArrayError::value(operation, reason))
    }
}

/// What is meant for one array.
#[derive(Clone, Copy)]
pub(super) struct Resolved {
    pub(super) axes: Axes,
    pub(super) keepdims: bool,
    pub(super) split_every: usize,
}

impl From<std::ops::RangeFull> for Over {
    fn from(_: std::ops::RangeFull) -> Self {
        Self::all()
    }
}

macro_rules! from_numbers {
    ($($number:ty),+) => {
        $(impl From<$number> for Over {
            fn from(axis: $number) -> Self {
                // What does not fit is no axis of any array.
                Self::axis(isize::try_from(axis).unwrap_or(isize::MAX))
            }
        }

        impl<const N: usize> From<[$number; N]> for Over {
            fn from(axes: [$number; N]) -> Self {
                Self::axes(axes.map(|axis| isize::try_from(axis).unwrap_or(isize::MAX)))
            }
        })+
    };
}
from_numbers!(isize, usize, i32);
