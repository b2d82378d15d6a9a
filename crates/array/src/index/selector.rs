//! What stands between the brackets of an index: `s![1, ..-1, NewAxis]`.

use crate::array::Array;
use std::fmt;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// What is selected along one axis, as [`s!`](crate::s) takes it.
///
/// Numbers, ranges and lists count from the end where they are negative, as in numpy. A range may
/// reach beyond the axis; a single place and those of lists may not.
#[derive(Clone)]
#[non_exhaustive]
pub enum Selector {
    /// One place; the axis is gone afterwards.
    At(i64),
    /// Places from `start` to before `end`, `step` apart, as numpy's `start:end:step`.
    Range {
        /// The first place; without one, the first in the direction of the step.
        start: Option<i64>,
        /// The place before which it ends; without one, the end in the direction of the step.
        end: Option<i64>,
        /// From one place to the next; not 0.
        step: i64,
    },
    /// These places in this order; they may repeat.
    List(Vec<i64>),
    /// The places where the list, which is as long as the axis, is true.
    Bools(Vec<bool>),
    /// The places that an array of integers holds, or where an array of truth values is true.
    Array(Array),
    /// A new axis of length 1.
    NewAxis,
    /// All of as many axes as the other selectors leave.
    Ellipsis,
}

/// A new axis of length 1: `x.slice(s![NewAxis, ..])`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAxis;

/// All of as many axes as the other selectors leave: `x.slice(s![Ellipsis, 0])`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ellipsis;

/// What is selected along the axes of an array. Axes that it does not name are taken whole.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub(crate) selectors: Vec<Selector>,
}

impl Selection {
    /// These selectors, for one axis after another.
    pub fn new(selectors: impl IntoIterator<Item = Selector>) -> Self {
        Self {
            selectors: selectors.into_iter().collect(),
        }
    }
}

impl Selector {
    /// Every `step`-th of a range; the range is that of numpy's `start:end:step`, so with a negative
    /// step it begins with its larger end: `s![5..1; -2]` selects 5 and 3. Other selectors have no
    /// steps and stay as they are.
    #[must_use]
    pub fn step_by(self, by: i64) -> Self {
        match self {
            Self::Range { start, end, .. } => Self::Range {
                start,
                end,
                step: by,
            },
            other => other,
        }
    }
}

/// As Python writes it.
impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(place) => write!(f, "{place}"),
            Self::Range { start, end, step } => {
                let bound = |bound: &Option<i64>| bound.map_or_else(String::new, |b| b.to_string());
                write!(f, "{}:{}", bound(start), bound(end))?;
                match step {
                    1 => Ok(()),
                    step => write!(f, ":{step}"),
                }
            }
            Self::List(places) if places.len() <= 8 => write!(f, "{places:?}"),
            Self::List(places) => write!(f, "[{} places]", places.len()),
            Self::Bools(truths) => write!(f, "[{} truth values]", truths.len()),
            Self::Array(array) => f.write_str(&array.name()),
            Self::NewAxis => f.write_str("NewAxis"),
            Self::Ellipsis => f.write_str("..."),
        }
    }
}

impl From<NewAxis> for Selector {
    fn from(_: NewAxis) -> Self {
        Self::NewAxis
    }
}

impl From<Ellipsis> for Selector {
    fn from(_: Ellipsis) -> Self {
        Self::Ellipsis
    }
}

impl From<RangeFull> for Selector {
    fn from(_: RangeFull) -> Self {
        Self::Range {
            start: None,
            end: None,
            step: 1,
        }
    }
}

impl From<&Array> for Selector {
    fn from(array: &Array) -> Self {
        Self::Array(array.clone())
    }
}

impl From<Array> for Selector {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<Vec<bool>> for Selector {
    fn from(truths: Vec<bool>) -> Self {
        Self::Bools(truths)
    }
}

impl From<&[bool]> for Selector {
    fn from(truths: &[bool]) -> Self {
        Self::Bools(truths.to_vec())
    }
}

impl<const N: usize> From<[bool; N]> for Selector {
    fn from(truths: [bool; N]) -> Self {
        Self::Bools(truths.to_vec())
    }
}

/// The end of a range that includes `last`: of one that ends with the last place, there is none.
fn after(last: i64) -> Option<i64> {
    match last {
        -1 => None,
        last => last.checked_add(1),
    }
}

/// What does not fit is beyond every axis.
fn bound(place: impl TryInto<i64>) -> i64 {
    place.try_into().unwrap_or(i64::MAX)
}

macro_rules! places {
    ($($int:ty),+) => {
        $(
            impl From<$int> for Selector {
                fn from(place: $int) -> Self {
                    Self::At(bound(place))
                }
            }

            impl From<Range<$int>> for Selector {
                fn from(range: Range<$int>) -> Self {
                    Self::Range { start: Some(bound(range.start)), end: Some(bound(range.end)), step: 1 }
                }
            }

            impl From<RangeFrom<$int>> for Selector {
                fn from(range: RangeFrom<$int>) -> Self {
                    Self::Range { start: Some(bound(range.start)), end: None, step: 1 }
                }
            }

            impl From<RangeTo<$int>> for Selector {
                fn from(range: RangeTo<$int>) -> Self {
                    Self::Range { start: None, end: Some(bound(range.end)), step: 1 }
                }
            }

            impl From<RangeInclusive<$int>> for Selector {
                fn from(range: RangeInclusive<$int>) -> Self {
                    let (start, end) = range.into_inner();
                    Self::Range { start: Some(bound(start)), end: after(bound(end)), step: 1 }
                }
            }

            impl From<RangeToInclusive<$int>> for Selector {
                fn from(range: RangeToInclusive<$int>) -> Self {
                    Self::Range { start: None, end: after(bound(range.end)), step: 1 }
                }
            }

            impl From<Vec<$int>> for Selector {
                fn from(places: Vec<$int>) -> Self {
                    Self::List(places.into_iter().map(bound).collect())
                }
            }

            impl From<&[$int]> for Selector {
                fn from(places: &[$int]) -> Self {
                    Self::List(places.iter().map(|&place| bound(place)).collect())
                }
            }

            impl<const N: usize> From<[$int; N]> for Selector {
                fn from(places: [$int; N]) -> Self {
                    Self::List(places.into_iter().map(bound).collect())
                }
            }
        )+
    };
}
places!(i32, i64, isize, usize);

/// A [`Selection`] as it stands between brackets in numpy: one entry per axis, each a place, a range
/// (with `; step` behind it), a list of places or of truth values, an array of either,
/// [`NewAxis`](crate::NewAxis) or [`Ellipsis`](crate::Ellipsis).
///
/// ```
/// use taskloom_array::{Array, Chunks, s};
///
/// let x = Array::from_ndarray(&ndarray::array![[1, 2, 3], [4, 5, 6]], Chunks::of([1, 2]))?;
/// assert_eq!(x.slice(s![-1, ..])?.to_local_here::<i32>()?, ndarray::array![4, 5, 6].into_dyn());
/// assert_eq!(x.slice(s![.., ..; -2])?.to_local_here::<i32>()?, ndarray::array![[3, 1], [6, 4]].into_dyn());
/// assert_eq!(x.slice(s![0, [2, 2, 0]])?.to_local_here::<i32>()?, ndarray::array![3, 3, 1].into_dyn());
/// # Ok::<(), taskloom_array::ArrayError>(())
/// ```
#[macro_export]
macro_rules! s {
    ($($selector:expr $(; $step:expr)?),* $(,)?) => {
        {
            // To count from the end, or backwards, is no mistake here.
            #[allow(clippy::reversed_empty_ranges)]
            let selection = $crate::Selection::new([
                $($crate::Selector::from($selector)$(.step_by($step))?),*
            ]);
            selection
        }
    };
}
