//! How the axes of several arrays become those of one result.

use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::node::Axes;

/// Arrays that are cut alike, but for axes of length 1 that are stretched.
pub(super) struct Joined {
    /// The arrays, cut anew where that was needed.
    pub arrays: Vec<Array>,
    /// The axes of the result.
    pub axes: Axes,
    /// Whether some axis has blocks of unknown length in several arrays, which are to be compared
    /// when they are there.
    pub unknown: bool,
}

/// Joins the axes by numpy's rules: they are counted from the last, and an axis that was declared to
/// have one element stretches. Known axes are cut at all places where one of them is cut; unknown ones
/// must come from the same cut.
///
/// # Errors
/// If an array is in the failed state, lengths differ, or unknown axes come from different cuts.
pub(super) fn join(operation: &str, arrays: &[&Array]) -> Result<Joined> {
    let mut own = Vec::with_capacity(arrays.len());
    for array in arrays {
        // One alone has nothing to stretch against, and stays as it is cut.
        own.push(match arrays.len() {
            1 => array.good()?.clone(),
            _ => with_ones_whole(operation, array.good()?)?,
        });
    }
    let ndim = own.iter().map(Array::ndim).max().unwrap_or(0);
    let mut axes = Axes::new();
    let mut unknown = false;
    for axis in 0..ndim {
        let there: Vec<(&Array, &Axis)> = own
            .iter()
            .filter_map(|array| {
                let place = (axis + array.ndim()).checked_sub(ndim)?;
                Some((array, array.axes().get(place)?))
            })
            .collect();
        let long: Vec<(&Array, &Axis)> = there
            .iter()
            .copied()
            .filter(|(_, axis)| !axis.is_one())
            .collect();
        unknown |= long.len() > 1 && long.iter().any(|(_, axis)| !axis.is_known());
        axes.push(match (long.first(), there.first()) {
            (Some(_), _) => common(operation, axis, &long)?,
            (None, Some((_, one))) => (*one).clone(),
            (None, None) => Axis::single(1),
        });
    }
    let mut joined = Vec::with_capacity(own.len());
    for array in own {
        let skipped = ndim - array.ndim();
        let target = array.axes().iter().zip(&axes[skipped..]);
        let target = target.map(|(mine, common)| match mine.is_one() {
            true => mine.clone(),
            false => common.clone(),
        });
        let target: Vec<Axis> = target.collect();
        joined.push(array.rechunk_to(operation, &target)?);
    }
    Ok(Joined {
        arrays: joined,
        axes,
        unknown,
    })
}

/// An axis of one element can be in several blocks, of which all but one are empty; it stretches as
/// one block.
fn with_ones_whole(operation: &str, array: &Array) -> Result<Array> {
    let scattered = |axis: &Axis| axis.len() == Some(1) && axis.blocks() > 1;
    if !array.axes().iter().any(scattered) {
        return Ok(array.clone());
    }
    let whole = array.axes().iter().map(|axis| match scattered(axis) {
        true => Axis::single(1),
        false => axis.clone(),
    });
    array.rechunk_to(operation, &whole.collect::<Vec<Axis>>())
}

/// The axis in which axes meet none of which stretches.
fn common(operation: &str, place: usize, axes: &[(&Array, &Axis)]) -> Result<Axis> {
    let Some(((first, known), others)) = axes.split_first() else {
        return Ok(Axis::single(1));
    };
    let mut best = *known;
    let mut aligned = true;
    for (array, axis) in others {
        if best.is_aligned(axis) {
            best = best.better(axis);
        } else if best.is_known() && axis.is_known() {
            aligned = false;
            if best.len() != axis.len() {
                return Err(shapes(operation, first, array, ""));
            }
        } else {
            return Err(not_aligned(operation, place, (first, best), (array, axis)));
        }
    }
    // Of three, the second may be known and the first and third be unknown and differ from it.
    if let Some((array, axis)) = axes
        .iter()
        .find(|(_, axis)| !(best.is_aligned(axis) || best.is_known() && axis.is_known()))
    {
        return Err(not_aligned(operation, place, (first, best), (array, axis)));
    }
    match aligned {
        true => Ok(best.clone()),
        false => Ok(refined(axes.iter().map(|(_, axis)| *axis))),
    }
}

/// Known axes of one length, cut wherever any of them is. Blocks without elements are left out.
fn refined<'a>(axes: impl Iterator<Item = &'a Axis>) -> Axis {
    let mut cuts: Vec<usize> = axes.filter_map(Axis::offsets).flatten().collect();
    cuts.sort_unstable();
    cuts.dedup();
    match cuts.len() {
        0 | 1 => Axis::single(0),
        _ => Axis::known(cuts.windows(2).map(|cut| cut[1] - cut[0])),
    }
}

pub(super) fn shapes(operation: &str, left: &Array, right: &Array, reason: &str) -> ArrayError {
    ArrayError::Shapes {
        operation: operation.to_owned(),
        left: written(left),
        right: written(right),
        reason: reason.to_owned(),
    }
}

/// `(3, ?)`.
fn written(array: &Array) -> String {
    let lens = array.shape();
    let lens = lens.iter().map(|len| match len {
        Some(len) => len.to_string(),
        None => "?".to_owned(),
    });
    let lens: Vec<String> = lens.collect();
    match lens.as_slice() {
        [one] => format!("({one},)"),
        more => format!("({})", more.join(", ")),
    }
}

fn not_aligned(
    operation: &str,
    axis: usize,
    (left, left_axis): (&Array, &Axis),
    (right, right_axis): (&Array, &Axis),
) -> ArrayError {
    let cut = |axis: &Axis| format!("{axis}, {}", axis.reason());
    ArrayError::NotAligned {
        operation: operation.to_owned(),
        axis,
        left: left.name(),
        right: right.name(),
        left_cut: cut(left_axis),
        right_cut: cut(right_axis),
    }
}
