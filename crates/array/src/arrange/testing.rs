//! Arrays for the tests of this module.
#![allow(clippy::unwrap_used)]

use crate::array::Array;
use crate::chunks::Chunks;
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::{Strategy, prop};

/// 0, 1, 2, ... in C order.
pub(crate) fn counting(shape: &[usize], chunks: Chunks) -> Array {
    Array::from_ndarray(&local(shape), chunks).unwrap()
}

/// 0, 1, 2, ... in C order.
pub(crate) fn local(shape: &[usize]) -> ArrayD<i64> {
    let len = shape.iter().product::<usize>() as i64;
    ArrayD::from_shape_vec(IxDyn(shape), (0..len).collect()).unwrap()
}

/// Lengths that add up to this, zeros among them.
pub(crate) fn cuts_of(len: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..=len, 0..6).prop_map(move |mut at| {
        at.extend([0, len]);
        at.sort_unstable();
        at.windows(2).map(|pair| pair[1] - pair[0]).collect()
    })
}
