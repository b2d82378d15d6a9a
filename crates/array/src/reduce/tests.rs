//! Tests of reductions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Covariance, Over};
use crate::{Array, Chunks};
use ndarray::{Array2, ArrayD, array};
use taskloom_kernels::{Block, DType};

fn unknown(blocks: Vec<Vec<f64>>) -> Array {
    let count = blocks.len();
    let blocks = blocks.into_iter().map(Block::vector).collect();
    let x = Array::from_blocks(blocks, &[count]).unwrap();
    x.forget_chunk_sizes()
}

fn item(x: &Array) -> f64 {
    x.to_local_here::<f64>().unwrap()[[]]
}

/// Case A2: blocks 0 to 4 and 5 to 10 of unknown lengths.
#[test]
fn a2_sums_and_deviations_of_unknown_chunks() {
    let x = unknown(vec![
        (0..5).map(f64::from).collect(),
        (5..11).map(f64::from).collect(),
    ]);
    assert_eq!(item(&x.sum()), 55.0);
    assert!((item(&x.std()) - 3.162_277_66).abs() < 1e-8);
    assert_eq!(x.std_over(Over::all().keepdims()).shape(), [Some(1)]);
    assert_eq!(x.argmax().to_local_here::<i64>().unwrap()[[]], 10);
}

#[test]
fn empty_blocks_contribute_nothing() {
    let x = unknown(vec![
        vec![],
        vec![4.0, -1.0],
        vec![],
        vec![-1.0, 7.0],
        vec![],
    ]);
    assert_eq!(item(&x.sum()), 9.0);
    assert_eq!(item(&x.min()), -1.0);
    assert_eq!(item(&x.mean()), 2.25);
    assert_eq!(item(&x.var()), 11.6875);
    assert_eq!(x.argmin().to_local_here::<i64>().unwrap()[[]], 1);
    let none = unknown(vec![vec![], vec![]]);
    assert_eq!(item(&none.sum()), 0.0);
    assert!(item(&none.mean()).is_nan());
    let error = none.max().compute_here().unwrap_err();
    assert!(error.to_string().contains("zero-size array"), "{error}");
}

#[test]
fn any_axes_any_tree() {
    let values = Array2::from_shape_fn((7, 9), |(i, j)| ((i * 31 + j * 17) % 23) as f64);
    let x = Array::from_ndarray(&values, Chunks::of([2, 2])).unwrap();
    for split_every in [2, 3, 100] {
        let all = Over::all().split_every(split_every);
        assert_eq!(item(&x.sum_over(all.clone())), values.sum());
        let place = x.argmax_over(all).to_local_here::<i64>().unwrap()[[]];
        let greatest = values.iter().position(|&v| v == 22.0).unwrap();
        assert_eq!(place, greatest as i64);
        for axis in 0..2 {
            let over = Over::axis(axis as isize).split_every(split_every);
            let expected = values.sum_axis(ndarray::Axis(axis)).into_dyn();
            assert_eq!(
                x.sum_over(over.clone()).to_local_here::<f64>().unwrap(),
                expected
            );
            let kept = x.sum_over(over.keepdims()).to_local_here::<f64>().unwrap();
            assert_eq!(kept, expected.insert_axis(ndarray::Axis(axis)));
        }
    }
    assert_eq!(
        x.sum_over(0).chunks(),
        [[Some(2), Some(2), Some(2), Some(2), Some(1)]]
    );
}

#[test]
fn no_axes_at_all() {
    let x = Array::from_ndarray(&array![1.0, 2.0], Chunks::of([1])).unwrap();
    let none: [isize; 0] = [];
    let same = x.sum_over(Over::axes(none)).to_local_here::<f64>().unwrap();
    assert_eq!(same, array![1.0, 2.0].into_dyn());
    let scalar = x.sum();
    assert_eq!(item(&scalar.max()), 3.0);
}

#[test]
fn a_dtype_can_be_asked_for() {
    let x = Array::from_ndarray(&array![200_u8, 100], Chunks::of([1])).unwrap();
    assert_eq!(x.sum().dtype(), DType::U64);
    let sum: ArrayD<f32> = x
        .sum_over(Over::all().dtype(DType::F32))
        .to_local_here()
        .unwrap();
    assert_eq!(sum[[]], 300.0);
}

#[test]
fn what_does_not_fit_is_said() {
    let x = Array::from_ndarray(&array![[1.0, 2.0]], Chunks::of([1, 1])).unwrap();
    let said = |x: Array| x.check().unwrap_err().to_string();
    assert!(said(x.sum_over(2)).contains("axis 2 is out of bounds"));
    assert!(said(x.sum_over([0, -2])).contains("named twice"));
    assert!(said(x.sum_over(Over::all().split_every(1))).contains("split_every"));
    assert!(said(x.sum_over(Over::all().ddof(1))).contains("ddof"));
    assert!(said(x.max_over(Over::all().dtype(DType::F32))).contains("dtype"));
    assert!(said(x.moment(65, ..)).contains("order 65"));
    // The first error stays.
    assert!(said(x.sum_over(2).mean()).contains("axis 2 is out of bounds"));
}

#[test]
fn moments() {
    // numpy: ((x - x.mean())**3).mean()
    let x = Array::from_ndarray(&array![1.0, 2.0, 6.0, -3.0, 0.5], Chunks::of([2])).unwrap();
    assert!((item(&x.moment(3, ..)) - 4.824).abs() < 1e-12);
    assert_eq!(item(&x.moment(0, ..)), 1.0);
    assert_eq!(item(&x.moment(1, ..)), 0.0);
    assert!((item(&x.moment(2, ..)) - item(&x.var())).abs() < 1e-12);
}

#[test]
fn distances_and_averages() {
    let x = Array::from_ndarray(&array![[1_i8, -128], [5, 0]], Chunks::of([1, 2])).unwrap();
    // numpy: it wraps.
    assert_eq!(
        x.ptp_over(1).to_local_here::<i8>().unwrap(),
        array![-127, 5].into_dyn()
    );
    let bools = Array::from_ndarray(&array![true, false], Chunks::of([1])).unwrap();
    assert!(bools.ptp().check().is_err());
    let weights = Array::from_ndarray(&array![1.0, 3.0], Chunks::of([1])).unwrap();
    let columns = x.average(&weights, 0).to_local_here::<f64>().unwrap();
    assert_eq!(columns, array![4.0, -32.0].into_dyn());
    let rows = x
        .average(&weights, Over::axis(1).keepdims())
        .to_local_here::<f64>()
        .unwrap();
    assert_eq!(rows, array![[-95.75], [1.25]].into_dyn());
    assert_eq!(x.average(&x, ..).dtype(), DType::F64);
    assert!(x.average(&weights, ..).check().is_err());
}

#[test]
fn covariances_of_rows_that_a_mask_left() {
    let values = ndarray::array![
        [1.0, 2.0, 0.5],
        [9.0, 9.0, 9.0],
        [4.0, 1.0, 0.0],
        [2.0, 2.0, 7.0]
    ];
    let x = Array::from_ndarray(&values, Chunks::of([2, 2])).unwrap();
    let mask = Array::from_ndarray(&ndarray::array![true, false, true, true], Chunks::of([3]));
    let left = x.mask_axis(&mask.unwrap(), 0).unwrap();
    let known = x.take(&[0, 2, 3], 0).unwrap();
    for how in [Covariance::of_columns(), Covariance::of_columns().ddof(0)] {
        let one = left.cov(how).unwrap();
        assert_eq!(one.shape(), [Some(3), Some(3)]);
        let difference = one - known.cov(how).unwrap();
        assert!(difference.abs().max().to_local_here::<f64>().unwrap()[[]] < 1e-12);
    }
    let rows = left.corrcoef(Covariance::of_rows()).unwrap();
    assert_eq!(rows.axes()[1], left.axes()[0]);
    let difference =
        rows.compute_chunk_sizes_here().unwrap() - known.corrcoef(Covariance::of_rows()).unwrap();
    assert!(difference.abs().max().to_local_here::<f64>().unwrap()[[]] < 1e-12);
    assert!(
        x.expand_dims(0)
            .unwrap()
            .cov(Covariance::of_rows())
            .is_err()
    );
}

#[test]
fn one_nan_has_no_place() {
    let one = |x: f64| Array::from_ndarray(&ndarray::arr0(x), Chunks::whole()).unwrap();
    assert!(one(f64::NAN).nanargmin().compute_here().is_err());
    assert_eq!(
        one(f64::NAN).argmin().to_local_here::<i64>().unwrap()[[]],
        0
    );
    assert_eq!(one(2.0).nanargmax().to_local_here::<i64>().unwrap()[[]], 0);
}

#[test]
fn all_close() {
    let x = Array::from_ndarray(&array![1.0, f64::NAN, 3.0], Chunks::of([2])).unwrap();
    let close = |x: &Array, y: &Array, equal_nan| {
        let close = x.allclose(y, 1e-5, 1e-8, equal_nan);
        close.to_local_here::<bool>().unwrap()[[]]
    };
    assert!(close(&x, &(&x + 1e-9), true) && !close(&x, &x, false));
    assert!(!close(&x, &(&x + 0.1), true));
    let none = x.forget_chunk_sizes().mask(&x.forget_chunk_sizes().gt(9.0));
    let none = none.unwrap();
    assert!(close(&none, &none, false));
    assert!(x.allclose(&none, 1e-5, 1e-8, false).check().is_err());
}
