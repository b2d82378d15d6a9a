//! Tests of running results.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::{Array, Chunks};
use ndarray::{Array1, Array2, Axis, array};
use taskloom_kernels::Block;

#[test]
fn many_blocks_in_groups_of_groups() {
    let values = Array1::from_iter((0..2500).map(|i| i64::from(i % 7) - 2));
    let x = Array::from_ndarray(&values, Chunks::of([1])).unwrap();
    let mut expected = values.clone();
    expected.accumulate_axis_inplace(Axis(0), |&before, x| *x += before);
    assert_eq!(
        x.cumsum(0).to_local_here::<i64>().unwrap(),
        expected.into_dyn()
    );
}

#[test]
fn along_both_axes() {
    let values = Array2::from_shape_fn((5, 7), |(i, j)| (i * 7 + j) as f64);
    let x = Array::from_ndarray(&values, Chunks::of([2, 3])).unwrap();
    for axis in 0..2 {
        let mut expected = values.clone();
        expected.accumulate_axis_inplace(Axis(axis), |&before, x| *x += before);
        let sums = x.cumsum(axis as isize);
        assert_eq!(sums.chunks(), x.chunks());
        assert_eq!(sums.to_local_here::<f64>().unwrap(), expected.into_dyn());
    }
}

#[test]
fn unknown_and_empty_blocks() {
    let blocks = [vec![1.0, 2.0], vec![], vec![f64::NAN, 3.0], vec![]];
    let blocks = blocks.into_iter().map(Block::vector).collect();
    let x = Array::from_blocks(blocks, &[4])
        .unwrap()
        .forget_chunk_sizes();
    let sums = x.nancumsum(0);
    assert!(sums.axes()[0].is_aligned(&x.axes()[0]));
    assert_eq!(
        sums.to_local_here::<f64>().unwrap(),
        array![1.0, 3.0, 3.0, 6.0].into_dyn()
    );
    let products = x.nancumprod(-1).to_local_here::<f64>().unwrap();
    assert_eq!(products, array![1.0, 2.0, 2.0, 6.0].into_dyn());
    assert!(x.cumsum(1).check().is_err());
}

#[test]
fn differences() {
    let x = Array::from_ndarray(&array![[3_u8, 1, 1], [4, 5, 9]], Chunks::of([1, 2])).unwrap();
    let along = x.diff(1, -1).unwrap().to_local_here::<u8>().unwrap();
    assert_eq!(along, array![[254, 0], [1, 4]].into_dyn());
    let twice = x.diff(2, 1).unwrap().to_local_here::<u8>().unwrap();
    assert_eq!(twice, array![[2], [3]].into_dyn());
    assert_eq!(x.diff(9, 0).unwrap().shape(), [Some(0), Some(3)]);
    let bools = Array::from_ndarray(&array![true, false, false], Chunks::of([2])).unwrap();
    let changes = bools.diff(1, 0).unwrap().to_local_here::<bool>().unwrap();
    assert_eq!(changes, array![true, false].into_dyn());
    let error = x.forget_chunk_sizes().diff(1, 0).unwrap_err().to_string();
    assert!(
        error.contains("chunk") && error.contains("unknown"),
        "{error}"
    );
}

#[test]
fn slopes() {
    let x = Array::from_ndarray(&array![[1_i8, 4, 9], [16, 25, 36]], Chunks::of([1, 2])).unwrap();
    // np.gradient(x, 2.0, axis=1), and np.gradient(x, 1.0, axis=0)
    let slope = x.gradient(2.0, -1).unwrap();
    assert_eq!(slope.axes(), x.axes());
    assert_eq!(
        slope.to_local_here::<f64>().unwrap(),
        array![[1.5, 2.0, 2.5], [4.5, 5.0, 5.5]].into_dyn()
    );
    let slope = x.gradient(1.0, 0).unwrap().to_local_here::<f64>().unwrap();
    assert_eq!(
        slope,
        array![[15.0, 21.0, 27.0], [15.0, 21.0, 27.0]].into_dyn()
    );
    let unknown = x.forget_chunk_sizes_along([0]).unwrap();
    assert_eq!(unknown.gradient(1.0, 1).unwrap().axes(), unknown.axes());
    let error = unknown.gradient(1.0, 0).unwrap_err().to_string();
    assert!(
        error.contains("gradient") && error.contains("compute_chunk_sizes()"),
        "{error}"
    );
    let short = Array::from_ndarray(&array![1.0], Chunks::whole()).unwrap();
    let error = short.gradient(1.0, 0).unwrap_err().to_string();
    assert!(error.contains("1 elements"), "{error}");
    assert!(x.gt(3).gradient(1.0, 0).is_err() && x.gradient(1.0, 2).is_err());
}
