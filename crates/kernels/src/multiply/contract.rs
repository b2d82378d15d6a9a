//! The product of two blocks by the labels of their axes, as products of matrices.

use super::matrix::Matrix;
use super::ring::Ring;
use super::single::{check_labels, order_of, summed};
use super::{Labels, Matched, alike, shapes};
use crate::block::{Block, Extent};
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::room::zeros;

/// Up to this many terms a dot product is a plain loop.
const SMALL_DOT: usize = 64;

/// The sum of the products of pairs of blocks.
pub(super) fn contract(
    name: &str,
    [left, right, out]: [&Labels; 3],
    matched: Option<&Matched>,
    inputs: Vec<Block>,
) -> Result<Block, KernelError> {
    if inputs.is_empty() || !inputs.len().is_multiple_of(2) {
        return Err(KernelError::Program(format!(
            "{name} takes pairs of blocks and was given {} blocks",
            inputs.len()
        )));
    }
    let mut inputs = inputs.into_iter();
    let mut sum: Option<Sum> = None;
    while let (Some(a), Some(b)) = (inputs.next(), inputs.next()) {
        alike(name, &a, &b)?;
        check_labels(name, left, &a)?;
        check_labels(name, right, &b)?;
        let pair = Pair::new(name, [left, right, out], matched, a, b)?;
        sum = Some(crate::dispatch!(pair.left.block.dtype(), T => {
            pair.add_to::<T>(name, sum)?
        }));
    }
    let Some(Sum { block, labels }) = sum else {
        return Err(KernelError::Program(format!("{name} made nothing")));
    };
    block.permuted(&order_of(name, &labels, out)?)
}

/// The error for blocks with different lengths along an axis that both have.
fn unfit(
    name: &str,
    matched: Option<&Matched>,
    [a, b]: [&Block; 2],
    axis: usize,
    [left_len, right_len]: [usize; 2],
) -> KernelError {
    match matched {
        None => shapes(name, a, b),
        Some(matched) => KernelError::Misaligned {
            operation: name.to_owned(),
            left: matched.left.clone(),
            right: matched.right.clone(),
            block: Shape(matched.block.clone()),
            axis,
            left_len,
            right_len,
        },
    }
}

/// What was summed so far.
struct Sum {
    block: Block,
    labels: Labels,
}

/// One factor as matrices: one per place along the axes that are gone through side by side.
struct Factor {
    /// In C order of `(side by side, rows, columns)`, or with rows and columns changed over.
    block: Block,
    /// Whether columns lie after each other.
    by_columns: bool,
}

/// Two factors whose axes are in groups.
struct Pair {
    left: Factor,
    right: Factor,
    /// How many matrices, and their sizes: left rows, summed, right columns.
    sizes: [usize; 4],
    shape: Extent,
    /// Of the product as it is computed.
    labels: Labels,
}

impl Pair {
    fn new(
        name: &str,
        [left, right, out]: [&Labels; 3],
        matched: Option<&Matched>,
        a: Block,
        b: Block,
    ) -> Result<Self, KernelError> {
        let (a, left) = summed(name, left, a, |l| right.contains(&l) || out.contains(&l))?;
        let (b, right) = summed(name, right, b, |l| left.contains(&l) || out.contains(&l))?;
        let both = |label: &&u8| left.contains(label) && right.contains(label);
        let pick = |labels: &Labels, keep: &dyn Fn(&&u8) -> bool| -> Labels {
            labels.iter().filter(keep).copied().collect()
        };
        let side = pick(&left, &|l| both(l) && out.contains(l));
        let inner = pick(&left, &|l| both(l) && !out.contains(l));
        let rows = pick(&left, &|l| !both(l));
        let columns = pick(&right, &|l| !both(l));

        let len = |block: &Block, labels: &[u8], label: u8| {
            let axis = labels.iter().position(|&other| other == label);
            axis.map_or(1, |axis| block.len_of(axis))
        };
        for &label in side.iter().chain(&inner) {
            let lens = [len(&a, &left, label), len(&b, &right, label)];
            if lens[0] != lens[1] {
                let axis = left.iter().position(|&other| other == label);
                let axis = axis.unwrap_or_default();
                return Err(unfit(name, matched, [&a, &b], axis, lens));
            }
        }
        let lens = |group: &Labels| -> Extent {
            let of = |&label| match left.contains(&label) {
                true => len(&a, &left, label),
                false => len(&b, &right, label),
            };
            group.iter().map(of).collect()
        };
        let groups = [lens(&side), lens(&rows), lens(&inner), lens(&columns)];
        let sizes = groups.clone().map(|lens| lens.iter().product());
        let columns_too = crate::dispatch!(a.dtype(), T => <T as Ring>::READS_COLUMNS);
        let factor = |block: &Block, labels: &Labels, [rows, columns]: [&Labels; 2]| {
            Factor::new(name, block, labels, [&side, rows, columns], columns_too)
        };
        Ok(Self {
            left: factor(&a, &left, [&rows, &inner])?,
            right: factor(&b, &right, [&inner, &columns])?,
            sizes,
            shape: [&groups[0][..], &groups[1], &groups[3]].concat().into(),
            labels: [&side[..], &rows, &columns].concat().into(),
        })
    }

    /// The product, added to what there is.
    fn add_to<T: Ring>(&self, name: &str, sum: Option<Sum>) -> Result<Sum, KernelError> {
        let mut into: Vec<T> = match sum {
            None => zeros(name, &self.shape)?,
            Some(Sum { block, .. }) if block.shape() == &self.shape[..] => block.into_vec()?,
            Some(Sum { block, .. }) => {
                return Err(KernelError::Shapes {
                    operation: name.to_owned(),
                    left: Shape(block.shape().into()),
                    right: Shape(self.shape.clone()),
                });
            }
        };
        self.multiply(&mut into)?;
        Ok(Sum {
            block: Block::new(into, &self.shape)?,
            labels: self.labels.clone(),
        })
    }

    fn multiply<T: Ring>(&self, into: &mut [T]) -> Result<(), KernelError> {
        let [count, rows, inner, columns] = self.sizes;
        if count * rows * inner * columns == 0 {
            return Ok(());
        }
        let left = self.left.elements::<T>()?;
        let right = self.right.elements::<T>()?;
        if rows * columns == 1 && inner <= SMALL_DOT {
            // Dot products side by side: an element-wise product if the sums have one term each.
            let pairs = left.chunks_exact(inner).zip(right.chunks_exact(inner));
            for (sum, (left, right)) in into.iter_mut().zip(pairs) {
                *sum = left
                    .iter()
                    .zip(right)
                    .fold(*sum, |sum, (&left, &right)| sum.plus(left.times(right)));
            }
            return Ok(());
        }
        for at in 0..count {
            T::multiply(
                &mut into[at * rows * columns..][..rows * columns],
                Matrix {
                    elements: &left[at * rows * inner..][..rows * inner],
                    rows,
                    columns: inner,
                    by_columns: self.left.by_columns,
                },
                Matrix {
                    elements: &right[at * inner * columns..][..inner * columns],
                    rows: inner,
                    columns,
                    by_columns: self.right.by_columns,
                },
            );
        }
        Ok(())
    }
}

impl Factor {
    /// The block with its axes in groups, where it lies if it lies in a row in either order.
    fn new(
        name: &str,
        block: &Block,
        labels: &Labels,
        [side, rows, columns]: [&Labels; 3],
        columns_too: bool,
    ) -> Result<Self, KernelError> {
        let order = |first: &Labels, second: &Labels| {
            let all = [&side[..], first, second].concat();
            block.permuted(&order_of(name, labels, &all)?)
        };
        let by_rows = order(rows, columns)?;
        if columns_too && !by_rows.is_contiguous() {
            let by_columns = order(columns, rows)?;
            if by_columns.is_contiguous() {
                return Ok(Self {
                    block: by_columns,
                    by_columns: true,
                });
            }
        }
        Ok(Self {
            block: by_rows.contiguous(),
            by_columns: false,
        })
    }

    fn elements<T: Element>(&self) -> Result<&[T], KernelError> {
        let elements = self.block.as_slice::<T>()?;
        elements.ok_or_else(|| KernelError::Program("a factor does not lie in a row".to_owned()))
    }
}
