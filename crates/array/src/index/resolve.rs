//! Selections against the axes of an array.

use super::selector::{Selection, Selector};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;

/// What is taken along an axis.
#[derive(Clone, Debug)]
pub(crate) enum Along {
    /// All of it, of known length or not.
    Whole,
    /// Places from `start` on, `len` of them, `step` apart; all of them are there.
    Range { start: usize, len: usize, step: i64 },
    /// One place; the axis is gone afterwards.
    At(usize),
    /// A new axis of length 1.
    New,
    /// These places, all of which are there.
    List(Vec<usize>),
    /// Places by an array.
    Array(Array),
}

impl Along {
    /// Whether it belongs to an axis of the array.
    pub(crate) fn takes_axis(&self) -> bool {
        !matches!(self, Self::New)
    }

    /// Whether it is what numpy calls advanced.
    pub(crate) fn is_advanced(&self) -> bool {
        matches!(self, Self::List(_) | Self::Array(_))
    }

    /// Takes in what is taken.
    pub(crate) fn identify(&self, identity: &mut Identity) {
        match self {
            Self::Whole => identity.number(0),
            Self::Range { start, len, step } => identity
                .number(1)
                .number(*step as u64)
                .numbers([*start, *len]),
            Self::At(place) => identity.number(2).numbers([*place]),
            Self::New => identity.number(3),
            Self::List(places) => identity.number(4).numbers(places.iter().copied()),
            Self::Array(array) => identity.number(5).bytes(array.node().id().as_bytes()),
        };
    }
}

/// The selectors of a selection, one per axis, new ones among them.
///
/// # Errors
/// If there are more selectors than axes, a place is outside of its axis, a step is 0, a list of
/// truth values has another length, or a selector needs lengths that are not known.
pub(crate) fn resolve(operation: &str, array: &Array, selection: &Selection) -> Result<Vec<Along>> {
    resolve_along(operation, array.axes(), selection, |axis| {
        array.unknown(operation, axis)
    })
}

/// As [`resolve`], for axes; `unknown` makes the error about one of them.
pub(super) fn resolve_along(
    operation: &str,
    axes: &[Axis],
    selection: &Selection,
    unknown: impl Fn(usize) -> ArrayError,
) -> Result<Vec<Along>> {
    let selectors = &selection.selectors;
    let is_ellipsis = |selector: &&Selector| matches!(selector, Selector::Ellipsis);
    let wrong = |reason: String| ArrayError::Index {
        operation: operation.to_owned(),
        reason,
    };
    if selectors.iter().filter(is_ellipsis).count() > 1 {
        return Err(wrong("there can be only one ellipsis".to_owned()));
    }
    let named = selectors
        .iter()
        .filter(|selector| !matches!(selector, Selector::Ellipsis | Selector::NewAxis))
        .count();
    let Some(left) = axes.len().checked_sub(named) else {
        return Err(wrong(format!(
            "too many indices: the array has {} axes, and {named} are indexed by {selectors:?}",
            axes.len()
        )));
    };
    let mut along = Vec::with_capacity(selectors.len() + left);
    let mut next = 0;
    for selector in selectors {
        match selector {
            Selector::NewAxis => along.push(Along::New),
            Selector::Ellipsis => {
                along.extend(std::iter::repeat_n(Along::Whole, left));
                next += left;
            }
            selector => {
                let one = One {
                    operation,
                    axis: next,
                    unknown: &unknown,
                };
                along.push(one.resolve(&axes[next], selector)?);
                next += 1;
            }
        }
    }
    along.extend(std::iter::repeat_n(Along::Whole, axes.len() - next));
    Ok(along)
}

/// One selector of one axis.
struct One<'a, U> {
    operation: &'a str,
    axis: usize,
    unknown: &'a U,
}

impl<U: Fn(usize) -> ArrayError> One<'_, U> {
    fn wrong(&self, reason: String) -> ArrayError {
        ArrayError::Index {
            operation: self.operation.to_owned(),
            reason,
        }
    }

    fn len(&self, axis: &Axis) -> Result<usize> {
        axis.len().ok_or_else(|| (self.unknown)(self.axis))
    }

    fn resolve(&self, axis: &Axis, selector: &Selector) -> Result<Along> {
        match selector {
            Selector::At(place) => Ok(Along::At(self.place(*place, self.len(axis)?)?)),
            Selector::Range {
                start: None | Some(0),
                end: None,
                step: 1,
            } => Ok(Along::Whole),
            Selector::Range { step: 0, .. } => {
                Err(self.wrong(format!("the step of axis {} cannot be 0", self.axis)))
            }
            Selector::Range { start, end, step } => {
                let len = self.len(axis)?;
                let (start, count) = range(*start, *end, *step, len);
                Ok(match (start, count, *step) {
                    (0, count, 1) if count == len => Along::Whole,
                    (start, len, step) => Along::Range { start, len, step },
                })
            }
            Selector::List(places) => {
                let len = self.len(axis)?;
                let places = places.iter().map(|&place| self.place(place, len));
                Ok(Along::List(places.collect::<Result<_>>()?))
            }
            Selector::Bools(truths) => {
                let len = self.len(axis)?;
                if truths.len() != len {
                    return Err(self.wrong(format!(
                        "boolean index did not match indexed array along axis {}: the axis has \
                         {len} elements, and the index {}",
                        self.axis,
                        truths.len()
                    )));
                }
                let places = truths.iter().enumerate().filter(|(_, truth)| **truth);
                Ok(Along::List(places.map(|(place, _)| place).collect()))
            }
            Selector::Array(array) => {
                array.good()?;
                Ok(Along::Array(array.clone()))
            }
            Selector::NewAxis | Selector::Ellipsis => Ok(Along::New),
        }
    }

    /// A place, from the end if it is negative.
    fn place(&self, place: i64, len: usize) -> Result<usize> {
        checked_place(place, len).ok_or_else(|| {
            self.wrong(format!(
                "index {place} is out of bounds for axis {} with size {len}",
                self.axis
            ))
        })
    }
}

/// A place, from the end if it is negative; `None` if it is not there.
pub(super) fn checked_place(place: i64, len: usize) -> Option<usize> {
    let place = match place < 0 {
        true => i128::from(place) + len as i128,
        false => i128::from(place),
    };
    usize::try_from(place).ok().filter(|&place| place < len)
}

/// The first place and the number of places of `start:end:step` along an axis, as Python has them.
/// `step` is not 0.
fn range(start: Option<i64>, end: Option<i64>, step: i64, len: usize) -> (usize, usize) {
    let len = len as i128;
    let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
    let bound = |bound: Option<i64>, default: i128| match bound.map(i128::from) {
        None => default,
        Some(bound) if bound < 0 => (bound + len).clamp(low, high),
        Some(bound) => bound.clamp(low, high),
    };
    let (first, last) = if step < 0 { (high, low) } else { (low, high) };
    let (start, end) = (bound(start, first), bound(end, last));
    let way = if step < 0 { start - end } else { end - start };
    let stride = i128::from(step.unsigned_abs());
    let count = if way > 0 { (way - 1) / stride + 1 } else { 0 };
    match count {
        0 => (0, 0),
        // Both are within the axis.
        count => (
            usize::try_from(start).unwrap_or(0),
            usize::try_from(count).unwrap_or(0),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    /// Against `range(*slice(start, end, step).indices(len))`.
    #[test]
    fn ranges_are_those_of_python() {
        assert_eq!(range(None, None, -1, 5), (4, 5));
        assert_eq!(range(Some(5), Some(1), -2, 10), (5, 2));
        assert_eq!(range(Some(-3), None, 1, 5), (2, 3));
        assert_eq!(range(Some(-30), Some(-1), 2, 5), (0, 2));
        assert_eq!(range(Some(7), None, 1, 5), (0, 0));
        assert_eq!(range(Some(7), None, -3, 5), (4, 2));
        assert_eq!(range(None, Some(-9), -1, 5), (4, 5));
        assert_eq!(range(Some(3), Some(1), 1, 5), (0, 0));
        assert_eq!(range(None, None, i64::MIN, 5), (4, 1));
        assert_eq!(range(None, None, i64::MAX, 0), (0, 0));
    }
}
