//! Places of elements in a sorted row.

use super::lanes::compare;
use crate::block::Block;
use crate::dtype::DType;
use crate::elementwise::Elementwise;
use crate::error::{KernelError, Shape};
use crate::kernel::{Kernel, one};
use crate::promote::promote;
use crate::reduce::{Ordered, as_float64};
use std::cmp::Ordering;

/// How many elements of a sorted row come before each of some values: those below it, or, to the
/// right, those not above it. As a row may lie in several blocks, the counts of its blocks add up.
pub(super) fn search(sorted: &[Block], values: &Block, right: bool) -> Result<Block, KernelError> {
    let mut counts = vec![0_i64; values.len()];
    for row in sorted {
        if row.ndim() != 1 {
            return Err(KernelError::Shapes {
                operation: "searchsorted".to_owned(),
                left: Shape(row.shape().into()),
                right: Shape(values.shape().into()),
            });
        }
        let dtype = promote(row.dtype(), values.dtype());
        let (row, values) = (cast(row, dtype)?, cast(values, dtype)?);
        crate::dispatch!(dtype, T => add::<T>(
            &row.into_vec::<T>()?, &values.into_vec::<T>()?, right, &mut counts,
        ));
    }
    Block::new(counts, values.shape())
}

fn cast(block: &Block, dtype: DType) -> Result<Block, KernelError> {
    if block.dtype() == dtype {
        return Ok(block.clone());
    }
    let cast = Kernel::Elementwise(Elementwise::cast(dtype));
    one("cast", cast.run(vec![block.clone()])?.into_vec())
}

fn add<T: Ordered>(row: &[T], values: &[T], right: bool, counts: &mut [i64]) {
    for (count, value) in counts.iter_mut().zip(values) {
        *count += row.partition_point(|x| match compare(x, value) {
            Ordering::Less => true,
            Ordering::Equal => right,
            Ordering::Greater => false,
        }) as i64;
    }
}

/// In which bin each element lies, by numpy's `digitize`: edges that rise or fall, and which of its
/// two edges belongs to a bin.
pub(super) fn digitize(block: &Block, edges: &[f64], right: bool) -> Result<Block, KernelError> {
    let falling = edges.first() > edges.last();
    let mut rising = edges.to_vec();
    if falling {
        rising.reverse();
    }
    let values = as_float64(block)?;
    let before = |x: &f64| {
        let before = rising.partition_point(|edge| match compare(edge, x) {
            Ordering::Less => true,
            Ordering::Equal => !right,
            Ordering::Greater => false,
        });
        (if falling {
            rising.len() - before
        } else {
            before
        }) as i64
    };
    Ok(Block::from(values.view::<f64>()?.map(before)))
}

/// The bin of a number between rising edges, the last of which belongs to the last bin.
pub(super) fn bin_of(edges: &[f64], x: f64) -> Option<usize> {
    let (&first, &last) = (edges.first()?, edges.last()?);
    let bins = edges.len() - 1;
    // Written so that NaN is outside.
    let inside = first <= x && x <= last;
    if !inside || bins == 0 {
        return None;
    }
    // Most edges are at equal distances, and a guess is right or one off.
    let guess = ((x - first) / (last - first) * bins as f64) as usize;
    let guess = guess.min(bins - 1);
    let is_bin = |bin: usize| edges[bin] <= x && (x < edges[bin + 1] || bin == bins - 1);
    let near = [guess, guess.saturating_sub(1), (guess + 1).min(bins - 1)];
    let found = near.into_iter().find(|&bin| is_bin(bin));
    Some(found.unwrap_or_else(|| {
        let after = edges.partition_point(|&edge| edge <= x);
        after.saturating_sub(1).min(bins - 1)
    }))
}
