//! Arrays behind each other.

use super::derived;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::number;
use crate::registry::{OnUnknown, Operation};
use std::borrow::Borrow;
use taskloom_kernels::common;

const fn entry(name: &'static str, summary: &'static str) -> Operation {
    Operation {
        name,
        group: "Joining",
        numpy: name,
        dask: name,
        dtype: "the common dtype of the arrays",
        unknown: OnUnknown::Works(
            "a new cut along the axis of joining, where known blocks stay known; along the others the arrays must be cut alike",
        ),
        empty: "adds nothing",
        summary,
    }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    entry("concatenate", "Arrays behind each other along an axis"),
    entry("stack", "Arrays behind each other along a new axis"),
    entry("vstack", "Rows below each other"),
    entry("hstack", "Columns beside each other"),
    entry("dstack", "Behind each other along the third axis"),
    entry("block", "A matrix of matrices"),
];

struct Concatenate {
    axis: usize,
    /// Per input its axes.
    inputs: Vec<Vec<Axis>>,
}

impl Layer for Concatenate {
    fn name(&self) -> &'static str {
        "concatenate"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.axis as u64);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let mut at: smallvec::SmallVec<[usize; 4]> = at.into();
        for (input, axes) in self.inputs.iter().enumerate() {
            let blocks = axes[self.axis].blocks();
            if at[self.axis] < blocks {
                return BlockTask::alias(BlockRef::new(input, number(axes, &at)));
            }
            at[self.axis] -= blocks;
        }
        // Not reached: the axis has the blocks of all inputs. It would be reported as missing.
        BlockTask::alias(BlockRef::new(usize::MAX, 0))
    }
}

/// Arrays behind each other along an axis; a negative one counts from the last. Blocks are not
/// copied; where arrays are cut differently along the other axes, they are rechunked.
///
/// ```
/// use taskloom_array::{Array, Chunks, concatenate};
///
/// let x = Array::from_ndarray(&ndarray::array![1, 2], Chunks::whole())?;
/// let y = Array::from_ndarray(&ndarray::array![0.5], Chunks::whole())?;
/// let z = concatenate([&x, &y], 0)?;
/// assert_eq!(z.to_local_here::<f64>()?, ndarray::array![1.0, 2.0, 0.5].into_dyn());
/// # Ok::<(), taskloom_array::ArrayError>(())
/// ```
///
/// # Errors
/// If there are no arrays, one is in the failed state, or they do not fit along the other axes: they
/// have other lengths there, or unknown ones that nothing says are the same.
pub fn concatenate<A: Borrow<Array>>(
    arrays: impl IntoIterator<Item = A>,
    axis: isize,
) -> Result<Array> {
    let arrays: Vec<A> = arrays.into_iter().collect();
    joined(
        "concatenate",
        arrays.iter().map(Borrow::borrow).collect(),
        axis,
    )
}

/// Arrays of one shape behind each other along a new axis, which becomes the axis with this number.
///
/// # Errors
/// As [`concatenate`].
pub fn stack<A: Borrow<Array>>(arrays: impl IntoIterator<Item = A>, axis: isize) -> Result<Array> {
    let arrays = each(arrays, |array| array.expand_dims(axis))?;
    let axis = match arrays.first() {
        Some(first) => crate::array::axis_of("stack", axis, first.ndim())? as isize,
        None => axis,
    };
    joined("stack", arrays.iter().collect(), axis)
}

/// Arrays below each other: along the first axis, where arrays of one axis are rows.
///
/// # Errors
/// As [`concatenate`].
pub fn vstack<A: Borrow<Array>>(arrays: impl IntoIterator<Item = A>) -> Result<Array> {
    let arrays = each(arrays, Array::atleast_2d)?;
    joined("vstack", arrays.iter().collect(), 0)
}

/// Arrays beside each other: along the second axis, or the first one of arrays that have one.
///
/// # Errors
/// As [`concatenate`].
pub fn hstack<A: Borrow<Array>>(arrays: impl IntoIterator<Item = A>) -> Result<Array> {
    let arrays = each(arrays, Array::atleast_1d)?;
    let axis = isize::from(arrays.first().is_some_and(|first| first.ndim() > 1));
    joined("hstack", arrays.iter().collect(), axis)
}

/// Arrays behind each other along the third axis; arrays with fewer axes get more as
/// [`Array::atleast_3d`] says.
///
/// # Errors
/// As [`concatenate`].
pub fn dstack<A: Borrow<Array>>(arrays: impl IntoIterator<Item = A>) -> Result<Array> {
    let arrays = each(arrays, Array::atleast_3d)?;
    joined("dstack", arrays.iter().collect(), 2)
}

/// A matrix of matrices: each row of arrays is joined along the last axis, and the rows along the one
/// before it.
///
/// # Errors
/// As [`concatenate`].
pub fn block<A: Borrow<Array>>(
    rows: impl IntoIterator<Item = impl IntoIterator<Item = A>>,
) -> Result<Array> {
    let mut joined_rows = Vec::new();
    for row in rows {
        let row = each(row, Array::atleast_2d)?;
        joined_rows.push(joined("block", row.iter().collect(), -1)?);
    }
    joined("block", joined_rows.iter().collect(), -2)
}

fn each<A: Borrow<Array>>(
    arrays: impl IntoIterator<Item = A>,
    make: impl Fn(&Array) -> Result<Array>,
) -> Result<Vec<Array>> {
    arrays
        .into_iter()
        .map(|array| make(array.borrow()))
        .collect()
}

fn joined(operation: &str, arrays: Vec<&Array>, axis: isize) -> Result<Array> {
    let Some(&first) = arrays.first() else {
        return Err(ArrayError::value(operation, "there are no arrays to join"));
    };
    let axis = first.axis_of(operation, axis)?;
    for array in &arrays {
        array.good()?;
        if array.ndim() != first.ndim() {
            return Err(shapes(
                operation,
                first,
                array,
                ": they have other numbers of axes",
            ));
        }
    }
    let dtype = common(arrays.iter().map(|array| array.dtype())).unwrap_or(first.dtype());
    // What has no elements adds nothing but its dtype and its demands on the other axes.
    let mut axes = Vec::with_capacity(first.ndim());
    for at in 0..first.ndim() {
        axes.push(match at == axis {
            true => first.axes()[at].clone(),
            false => common_axis(
                operation,
                at,
                &arrays.iter().map(|a| (*a, at)).collect::<Vec<_>>(),
            )?,
        });
    }
    let mut parts = Vec::with_capacity(arrays.len());
    let empty = |array: &&&Array| array.axes()[axis].is_empty();
    let all_empty = arrays.iter().all(|array| empty(&array));
    for array in arrays.iter().filter(|array| all_empty || !empty(array)) {
        axes[axis] = array.axes()[axis].clone();
        parts.push(array.rechunk_to(operation, &axes)?.astype(dtype));
    }
    if let [one] = &parts[..] {
        return Ok(one.clone());
    }
    let along: Vec<Axis> = parts.iter().map(|part| part.axes()[axis].clone()).collect();
    axes[axis] = behind_each_other(&along);
    let layer = Concatenate {
        axis,
        inputs: parts.iter().map(|part| part.axes().to_vec()).collect(),
    };
    let parts: Vec<&Array> = parts.iter().collect();
    Ok(Array::from_layer(layer, &parts, dtype, axes))
}

/// What is known of the parts is known of the whole.
fn behind_each_other(along: &[Axis]) -> Axis {
    let lengths: Vec<Option<usize>> = along.iter().flat_map(Axis::lengths).copied().collect();
    match lengths.iter().copied().collect::<Option<Vec<usize>>>() {
        Some(known) => Axis::known(known),
        None => Axis::partly_known(
            lengths,
            &derived("concatenate", along),
            "arrays that were joined",
        ),
    }
}

/// How arrays are cut along an axis that they have in common: equal lengths in the cuts of all of
/// them, or the same unknown cut. Each array comes with the axis that is meant.
///
/// # Errors
/// If the lengths differ, or unknown cuts are not known to be the same.
pub(super) fn common_axis(operation: &str, at: usize, arrays: &[(&Array, usize)]) -> Result<Axis> {
    let Some(&(first, first_axis)) = arrays.first() else {
        return Err(ArrayError::value(operation, "there are no arrays"));
    };
    let mut common = first.axes()[first_axis].clone();
    for &(array, axis) in &arrays[1..] {
        let axis = &array.axes()[axis];
        if common.is_aligned(axis) {
            common = common.better(axis).clone();
        } else if let (Some(a), Some(b)) = (common.known_lengths(), axis.known_lengths()) {
            if common.len() != axis.len() {
                let reason = format!(": they have other lengths along axis {at}");
                return Err(shapes(operation, first, array, &reason));
            }
            common = Axis::known(super::rechunk::refined(&a, &b));
        } else {
            return Err(ArrayError::NotAligned {
                operation: operation.to_owned(),
                axis: at,
                left: first.name(),
                right: array.name(),
                left_cut: format!("{common} by {}", common.reason()),
                right_cut: format!("{axis} by {}", axis.reason()),
            });
        }
    }
    Ok(common)
}

fn shapes(operation: &str, left: &Array, right: &Array, reason: &str) -> ArrayError {
    ArrayError::Shapes {
        operation: operation.to_owned(),
        left: format!("{:?}", left.axes()),
        right: format!("{:?}", right.axes()),
        reason: reason.to_owned(),
    }
}
