//! Tests of sorting, counting and searching.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Bins, Side};
use crate::{Array, Chunks, Over};
use ndarray::{Array1, array};
use taskloom_kernels::{Block, DType};

/// Blocks of a 1-d array whose lengths are forgotten.
fn unknown(blocks: &[&[f64]]) -> Array {
    let parts = blocks
        .iter()
        .map(|block| Block::vector(block.to_vec()))
        .collect();
    Array::from_blocks(parts, &[blocks.len()])
        .unwrap()
        .forget_chunk_sizes()
}

fn floats(x: &Array) -> Vec<f64> {
    x.to_local_here::<f64>().unwrap().into_iter().collect()
}

fn ints(x: &Array) -> Vec<i64> {
    x.to_local_here::<i64>().unwrap().into_iter().collect()
}

#[test]
fn sorted_over_blocks() {
    let x = unknown(&[&[5.0, 1.0], &[], &[4.0, 2.0, 3.0]]);
    let sorted = x.sort(0);
    assert!(sorted.axes()[0].is_aligned(&x.axes()[0]));
    assert_eq!(floats(&sorted), [1.0, 2.0, 3.0, 4.0, 5.0]);
    let y = Array::from_ndarray(&array![[3, 1], [1, 2], [2, 0]], Chunks::of([2, 1])).unwrap();
    let expected = array![[1, 0], [2, 1], [3, 2]].into_dyn();
    assert_eq!(y.sort(0).to_local_here::<i32>().unwrap(), expected);
    assert!(y.sort(2).check().is_err());
}

#[test]
fn quantiles_along_axes() {
    let x = unknown(&[&[5.0, 1.0], &[], &[4.0, 2.0]]);
    assert_eq!(floats(&x.median()), [3.0]);
    assert_eq!(floats(&x.percentile([25.0, 75.0], 0)), [1.75, 4.25]);
    assert_eq!(
        floats(&unknown(&[&[], &[]]).median())[0].to_bits(),
        f64::NAN.to_bits()
    );
    assert_eq!(floats(&unknown(&[&[f64::NAN], &[1.0]]).nanmedian()), [1.0]);
    let y = Array::from_ndarray(
        &array![[1.0, 2.0, 9.0], [3.0, 4.0, 5.0]],
        Chunks::of([1, 2]),
    )
    .unwrap();
    let medians = y.median_over(Over::axis(1).keepdims());
    assert_eq!(
        medians.to_local_here::<f64>().unwrap(),
        array![[2.0], [4.0]].into_dyn()
    );
    let quantiles = y.quantile([0.0, 1.0], 0).to_local_here::<f64>().unwrap();
    assert_eq!(
        quantiles,
        array![[1.0, 2.0, 5.0], [3.0, 4.0, 9.0]].into_dyn()
    );
    assert!(
        y.median()
            .check()
            .unwrap_err()
            .to_string()
            .contains("one axis")
    );
    assert!(
        y.quantile(1.5, 0)
            .check()
            .unwrap_err()
            .to_string()
            .contains("0 to 1")
    );
    assert!(y.quantile(f64::NAN, 0).check().is_err());
}

#[test]
fn greatest_few() {
    let x = unknown(&[&[5.0, 1.0], &[], &[4.0, 5.0, 3.0]]);
    assert_eq!(floats(&x.topk(2, 0)), [5.0, 5.0]);
    assert_eq!(ints(&x.argtopk(3, 0)), [0, 3, 2]);
    assert_eq!(ints(&x.argtopk(-9, 0)), [1, 4, 2, 0, 3]);
    let y = Array::from_ndarray(&array![[3, 1], [1, 2], [2, 0]], Chunks::of([2, 1])).unwrap();
    assert_eq!(
        y.topk(1, 0).to_local_here::<i32>().unwrap(),
        array![[3, 2]].into_dyn()
    );
    assert_eq!(y.topk(5, 1).shape(), [Some(3), Some(2)]);
    assert_eq!(y.topk(0, 1).to_local_here::<i32>().unwrap().len(), 0);
}

#[test]
fn counted_without_order() {
    let x = unknown(&[&[2.0, 1.0], &[], &[2.0, 0.0]]);
    let (values, counts) = x.unique_counts();
    assert!(values.axes()[0].is_aligned(&counts.axes()[0]));
    assert_eq!(
        (floats(&values), ints(&counts)),
        (vec![0.0, 1.0, 2.0], vec![1, 1, 2])
    );
    let (_, inverse) = x.unique_inverse();
    assert_eq!(ints(&inverse), [2, 1, 2, 0]);
    let y = Array::from_ndarray(&array![1, 3, 1], Chunks::of([2])).unwrap();
    assert_eq!(ints(&y.bincount(None, 6)), [0, 2, 0, 1, 0, 0]);
    let weights = Array::from_ndarray(&array![0.5, 2.0, 1.0], Chunks::of([1])).unwrap();
    assert_eq!(floats(&y.bincount(Some(&weights), 0)), [0.0, 1.5, 0.0, 2.0]);
    assert!(x.bincount(None, 0).check().is_err());
    let negative = Array::from_ndarray(&array![-1], Chunks::of([1])).unwrap();
    assert!(negative.bincount(None, 0).compute_here().is_err());
    assert!(y.bincount(Some(&x), 0).check().is_err());
}

#[test]
fn histograms() {
    let values = Array1::from_iter((0..100).map(|i| f64::from(i % 10)));
    let x = Array::from_ndarray(&values, Chunks::of([3])).unwrap();
    let (counts, edges) = x.histogram(3).unwrap();
    assert_eq!(
        (ints(&counts), floats(&edges)),
        (vec![30, 30, 40], vec![0.0, 3.0, 6.0, 9.0])
    );
    let (density, _) = x.histogram(Bins::edges([0.0, 1.0, 5.0]).density()).unwrap();
    assert_eq!(floats(&density), [1.0 / 6.0, 5.0 / 24.0]);
    let (sums, _) = x
        .histogram(Bins::count(1).range(1.0, 2.0).weights(&x))
        .unwrap();
    assert_eq!(floats(&sums), [30.0]);
    assert!(x.histogram(Bins::edges([1.0, 0.0])).is_err());
    assert!(x.histogram(0).is_err());
    let singles = Array::from_ndarray(&array![1.0_f32, 2.0], Chunks::of([1])).unwrap();
    assert_eq!(singles.histogram(2).unwrap().1.dtype(), DType::F32);
    assert!(x.digitize([1.0, 3.0, 2.0], false).is_err());
    let sorted = unknown(&[&[1.0, 2.0], &[2.0]]);
    assert_eq!(
        ints(&sorted.searchsorted(&sorted, Side::Left).unwrap()),
        [0, 1, 1]
    );
}

#[test]
fn nearly() {
    let values = Array1::range(0.0, 1000.0, 1.0);
    let x = Array::from_ndarray(&values, Chunks::of([10])).unwrap();
    let quantiles = floats(&x.approximate_quantile([0.0, 0.25, 1.0]));
    assert_eq!((quantiles[0], quantiles[2]), (0.0, 999.0));
    assert!((quantiles[1] - 249.75).abs() < 5.0, "{quantiles:?}");
}

#[test]
fn among_some_values() {
    let x = unknown(&[&[1.0, f64::NAN], &[], &[3.0, f64::INFINITY]]);
    let values = array![[f64::NAN, 3.0], [f64::INFINITY, 7.0]];
    let values = Array::from_ndarray(&values, Chunks::of([1, 1])).unwrap();
    let found = x.isin(&values).unwrap();
    assert_eq!(found.axes(), x.axes());
    let found = found.to_local_here::<bool>().unwrap();
    // np.isin([1, nan, 3, inf], [[nan, 3], [inf, 7]])
    assert_eq!(found, array![false, false, true, true].into_dyn());
    // Values of another dtype and of unknown number, and none at all.
    let large = values.astype(DType::F32).mask(&values.gt(5.0)).unwrap();
    let found = x.isin(&large).unwrap().to_local_here::<bool>().unwrap();
    assert_eq!(found, array![false, false, false, true].into_dyn());
    let none = values.mask(&values.gt(f64::INFINITY)).unwrap();
    let any = x.isin(&none).unwrap().any();
    assert!(!any.to_local_here::<bool>().unwrap()[[]]);
    let failed = &values + &Array::from_ndarray(&array![1, 2, 3], Chunks::whole()).unwrap();
    assert!(x.isin(&failed).is_err() && failed.isin(&x).is_err());
}
