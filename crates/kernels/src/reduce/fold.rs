//! The loops of reductions: along rows and across rows.

use super::layout::{Inner, Layout};
use super::monoid::Monoid;
use crate::block::Block;
use crate::element::Element;
use crate::error::KernelError;

/// Results that are accumulated beside each other, so that the additions of one do not wait for each
/// other: eight vectors of two `float64` with the least instructions there are.
const LANES: usize = 16;

/// Elements that are summed by lanes. What is longer is cut in halves, so that the error grows with
/// the logarithm of the length only (pairwise summation, as in numpy).
const PIECE: usize = 1024;

/// Columns whose results stay in the fastest cache while rows are added to them.
const COLUMNS: usize = 1024;

/// Reduces a block to a block with axes of length 1.
pub(super) fn folded<T: Element, M: Monoid<T>>(layout: &Layout) -> Result<Block, KernelError> {
    layout.block_of(fold::<T, M>(layout)?)
}

/// The results in the order of the layout.
pub(super) fn fold<T: Element, M: Monoid<T>>(layout: &Layout) -> Result<Vec<M::Acc>, KernelError> {
    let data = layout.data::<T>()?;
    let mut results = vec![M::NEUTRAL; layout.results()];
    match layout.inner() {
        Inner::Row(len) => {
            for at in layout.stretches() {
                let result = &mut results[at.output];
                *result = M::join(*result, row::<T, M>(&data[at.input..at.input + len]));
            }
        }
        Inner::Rows(rows, width) => {
            for at in layout.stretches() {
                let elements = &data[at.input..at.input + rows * width];
                across::<T, M>(&mut results[at.output..at.output + width], elements);
            }
        }
    }
    Ok(results)
}

/// One result of a row.
pub(super) fn row<T: Element, M: Monoid<T>>(elements: &[T]) -> M::Acc {
    if elements.len() > PIECE {
        let middle = (elements.len() / 2).next_multiple_of(PIECE);
        let (left, right) = elements.split_at(middle);
        return M::join(row::<T, M>(left), row::<T, M>(right));
    }
    let mut lanes = [M::NEUTRAL; LANES];
    let (groups, rest) = elements.as_chunks::<LANES>();
    for group in groups {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane = M::join(*lane, M::lift(x));
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = M::join(*lane, M::lift(x));
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] = M::join(lanes[lane], lanes[lane + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// A row of results of many rows: eight rows are joined with each other before they are joined with
/// the results, which saves reading and writing those and keeps sums more exact.
fn across<T: Element, M: Monoid<T>>(results: &mut [M::Acc], elements: &[T]) {
    let width = results.len();
    for (at, results) in results.chunks_mut(COLUMNS).enumerate() {
        let columns = at * COLUMNS..at * COLUMNS + results.len();
        let rows = elements.chunks_exact(width);
        let mut rows = rows.map(|row| &row[columns.clone()]);
        while let Some(first) = rows.next() {
            let more: [Option<&[T]>; 7] = std::array::from_fn(|_| rows.next());
            let [
                Some(b),
                Some(c),
                Some(d),
                Some(e),
                Some(f),
                Some(g),
                Some(h),
            ] = more
            else {
                for row in std::iter::once(first).chain(more.into_iter().flatten()) {
                    for (result, &x) in results.iter_mut().zip(row) {
                        *result = M::join(*result, M::lift(x));
                    }
                }
                break;
            };
            let left = first.iter().zip(b).zip(c).zip(d);
            let right = e.iter().zip(f).zip(g).zip(h);
            for ((result, (((&a, &b), &c), &d)), (((&e, &f), &g), &h)) in
                results.iter_mut().zip(left).zip(right)
            {
                let ab = M::join(M::lift(a), M::lift(b));
                let cd = M::join(M::lift(c), M::lift(d));
                let ef = M::join(M::lift(e), M::lift(f));
                let gh = M::join(M::lift(g), M::lift(h));
                *result = M::join(*result, M::join(M::join(ab, cd), M::join(ef, gh)));
            }
        }
    }
}
