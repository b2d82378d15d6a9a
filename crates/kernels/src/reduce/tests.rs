//! Tests of reductions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Axes, Reduce, Reduction, What};
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::error::KernelError;
use crate::kernel::Kernel;
use ndarray::{Array, ArrayD, Axis, IxDyn, array};
use num_complex::Complex;
use proptest::prelude::{any, prop, proptest};

const ALL: [What; 14] = [
    What::Sum,
    What::Prod,
    What::Mean,
    What::Var { ddof: 0 },
    What::Std { ddof: 1 },
    What::Moment { order: 3, ddof: 0 },
    What::Moment { order: 1, ddof: 0 },
    What::Min,
    What::Max,
    What::ArgMin,
    What::ArgMax,
    What::Any,
    What::All,
    What::CountNonzero,
];

fn reduction(what: What, axes: &[usize], block: &Block) -> Reduction {
    Reduction {
        what,
        axes: Axes::of(axes.iter().copied()),
        keepdims: false,
        skip_nan: false,
        dtype: block.dtype(),
    }
}

fn whole(reduction: Reduction, block: &Block) -> Result<Block, KernelError> {
    let mut outputs = Kernel::Reduce(Reduce::Whole(reduction)).run(vec![block.clone()])?;
    assert_eq!(outputs.len(), 1);
    Ok(outputs.pop().unwrap())
}

fn reduced(what: What, axes: &[usize], block: &Block) -> Block {
    whole(reduction(what, axes, block), block).unwrap()
}

fn skipping(what: What, axes: &[usize], block: &Block) -> Result<Block, KernelError> {
    let skip_nan = true;
    whole(
        Reduction {
            skip_nan,
            ..reduction(what, axes, block)
        },
        block,
    )
}

fn of<D: ndarray::Dimension>(array: Array<f64, D>) -> Block {
    Block::from(array.into_dyn())
}

#[test]
fn all_of_a_block() {
    let x = of(array![[3.0, -1.0, 2.0], [0.0, 5.0, -7.0]]);
    let over = [0, 1];
    assert_eq!(reduced(What::Sum, &over, &x).item::<f64>(), Ok(2.0));
    assert_eq!(reduced(What::Prod, &over, &x).item::<f64>(), Ok(0.0));
    assert_eq!(reduced(What::Min, &over, &x).item::<f64>(), Ok(-7.0));
    assert_eq!(reduced(What::Max, &over, &x).item::<f64>(), Ok(5.0));
    assert_eq!(reduced(What::ArgMin, &over, &x).item::<i64>(), Ok(5));
    assert_eq!(reduced(What::ArgMax, &over, &x).item::<i64>(), Ok(4));
    assert_eq!(reduced(What::CountNonzero, &over, &x).item::<i64>(), Ok(5));
    assert_eq!(reduced(What::Any, &over, &x).item::<bool>(), Ok(true));
    assert_eq!(reduced(What::All, &over, &x).item::<bool>(), Ok(false));
    // numpy: np.var(x), np.std(x, ddof=1)
    let var = reduced(What::Var { ddof: 0 }, &over, &x)
        .item::<f64>()
        .unwrap();
    assert!((var - 14.555555555555557).abs() < 1e-14);
    let std = reduced(What::Std { ddof: 1 }, &over, &x)
        .item::<f64>()
        .unwrap();
    assert!((std - 4.179314138308661).abs() < 1e-14);
}

#[test]
fn over_one_axis() {
    let x = of(array![[3.0, -1.0, 2.0], [0.0, 5.0, -7.0]]);
    assert_eq!(reduced(What::Sum, &[0], &x), of(array![3.0, 4.0, -5.0]));
    assert_eq!(reduced(What::Sum, &[1], &x), of(array![4.0, -2.0]));
    assert_eq!(
        reduced(What::ArgMax, &[0], &x),
        Block::vector(vec![0_i64, 1, 0])
    );
    assert_eq!(
        reduced(What::ArgMax, &[1], &x),
        Block::vector(vec![0_i64, 1])
    );
    assert_eq!(
        reduced(What::Var { ddof: 0 }, &[0], &x),
        of(array![2.25, 9.0, 20.25])
    );
    let keepdims = Reduction {
        keepdims: true,
        ..reduction(What::Max, &[1], &x)
    };
    assert_eq!(whole(keepdims, &x).unwrap(), of(array![[3.0], [5.0]]));
    // A view that is not in C order gives the same.
    let t = x.permuted(&[1, 0]).unwrap();
    assert_eq!(reduced(What::Sum, &[1], &t), of(array![3.0, 4.0, -5.0]));
    assert_eq!(reduced(What::ArgMin, &[0, 1], &t).item::<i64>(), Ok(5));
    let parts = x.sliced(1, 0, 2, 2).unwrap();
    assert_eq!(reduced(What::Mean, &[1], &parts), of(array![2.5, -3.5]));
}

#[test]
fn dtypes_are_those_of_numpy() {
    let bools = Block::vector(vec![true, true, false]);
    assert_eq!(reduced(What::Sum, &[0], &bools).item::<i64>(), Ok(2));
    assert_eq!(reduced(What::Max, &[0], &bools).item::<bool>(), Ok(true));
    assert_eq!(
        reduced(What::Mean, &[0], &bools).item::<f64>(),
        Ok(2.0 / 3.0)
    );
    let bytes = Block::vector(vec![200_u8, 100]);
    assert_eq!(reduced(What::Sum, &[0], &bytes).item::<u64>(), Ok(300));
    assert_eq!(reduced(What::Prod, &[0], &bytes).item::<u64>(), Ok(20_000));
    let wraps = Block::vector(vec![i64::MAX, 1]);
    assert_eq!(reduced(What::Sum, &[0], &wraps).item::<i64>(), Ok(i64::MIN));
    let singles = Block::vector(vec![1.0_f32, 2.0]);
    for what in [What::Sum, What::Mean, What::Var { ddof: 0 }, What::Min] {
        assert_eq!(reduced(what, &[0], &singles).dtype(), DType::F32);
    }
    let complex = Block::vector(vec![
        Complex::new(1.0_f32, 2.0),
        Complex::new(3.0, -1.0),
        Complex::ZERO,
    ]);
    assert_eq!(
        reduced(What::Var { ddof: 0 }, &[0], &complex).item::<f32>(),
        Ok(3.111_111_2)
    );
    assert_eq!(reduced(What::Mean, &[0], &complex).dtype(), DType::C64);
    assert_eq!(
        reduced(What::Min, &[0], &complex).item(),
        Ok(Complex::<f32>::ZERO)
    );
    for dtype in DType::ALL {
        let block =
            crate::dispatch!(dtype, T => Block::vector(vec![<T as crate::Element>::ONE; 5]));
        for what in ALL {
            let reduction = reduction(what, &[0], &block);
            let result = whole(reduction, &block).unwrap();
            assert_eq!(result.dtype(), reduction.result_dtype(), "{what:?} {dtype}");
            let nan = Reduction {
                skip_nan: true,
                ..reduction
            };
            assert_eq!(whole(nan, &block).unwrap(), result, "{what:?} {dtype}");
        }
    }
}

#[test]
fn nan_wins_unless_it_is_skipped() {
    let x = of(array![[1.0, f64::NAN, 3.0], [-2.0, 7.0, f64::NAN]]);
    let all = [0, 1];
    for what in [
        What::Sum,
        What::Prod,
        What::Mean,
        What::Min,
        What::Max,
        What::Var { ddof: 0 },
    ] {
        assert!(
            reduced(what, &all, &x).item::<f64>().unwrap().is_nan(),
            "{what:?}"
        );
    }
    assert_eq!(reduced(What::ArgMin, &all, &x).item::<i64>(), Ok(1));
    assert_eq!(
        reduced(What::ArgMax, &[1], &x),
        Block::vector(vec![1_i64, 2])
    );
    assert_eq!(
        skipping(What::Sum, &all, &x).unwrap().item::<f64>(),
        Ok(9.0)
    );
    assert_eq!(
        skipping(What::Prod, &all, &x).unwrap().item::<f64>(),
        Ok(-42.0)
    );
    assert_eq!(
        skipping(What::Mean, &all, &x).unwrap().item::<f64>(),
        Ok(2.25)
    );
    assert_eq!(
        skipping(What::Mean, &[0], &x).unwrap(),
        of(array![-0.5, 7.0, 3.0])
    );
    assert_eq!(
        skipping(What::Min, &[1], &x).unwrap(),
        of(array![1.0, -2.0])
    );
    assert_eq!(
        skipping(What::ArgMax, &[1], &x).unwrap(),
        Block::vector(vec![2_i64, 1])
    );
    assert_eq!(
        skipping(What::Var { ddof: 0 }, &[1], &x).unwrap(),
        of(array![1.0, 20.25])
    );
    let none = of(array![f64::NAN, f64::NAN]);
    assert_eq!(
        skipping(What::Sum, &[0], &none).unwrap().item::<f64>(),
        Ok(0.0)
    );
    assert!(
        skipping(What::Max, &[0], &none)
            .unwrap()
            .item::<f64>()
            .unwrap()
            .is_nan()
    );
    let error = skipping(What::ArgMax, &[0], &none).unwrap_err();
    assert!(error.to_string().contains("all-NaN"), "{error}");
}

#[test]
fn of_no_elements() {
    let none = of(Array::<f64, _>::zeros((0, 3)));
    let item = |what| reduced(what, &[0, 1], &none);
    assert_eq!(item(What::Sum).item::<f64>(), Ok(0.0));
    assert_eq!(item(What::Prod).item::<f64>(), Ok(1.0));
    assert_eq!(item(What::Any).item::<bool>(), Ok(false));
    assert_eq!(item(What::All).item::<bool>(), Ok(true));
    for what in [What::Mean, What::Var { ddof: 0 }, What::Std { ddof: 1 }] {
        assert!(item(what).item::<f64>().unwrap().is_nan(), "{what:?}");
    }
    for what in [What::Min, What::Max, What::ArgMin, What::ArgMax] {
        let error = whole(reduction(what, &[0], &none), &none).unwrap_err();
        assert!(error.to_string().contains("zero-size array"), "{error}");
        // Nothing is asked of no elements here.
        assert_eq!(reduced(what, &[1], &none).len(), 0);
    }
}

#[test]
fn too_few_for_the_degrees_of_freedom() {
    let one = of(array![1.0]);
    assert!(
        reduced(What::Var { ddof: 1 }, &[0], &one)
            .item::<f64>()
            .unwrap()
            .is_nan()
    );
    let two = of(array![1.0, 2.0]);
    assert_eq!(
        reduced(What::Var { ddof: 3 }, &[0], &two).item::<f64>(),
        Ok(f64::INFINITY)
    );
}

#[test]
fn sums_stay_exact() {
    let tenths = Block::vector(vec![0.1_f32; 1_000_000]);
    let sum = reduced(What::Sum, &[0], &tenths).item::<f32>().unwrap();
    assert!((sum - 100_000.0).abs() < 0.02, "{sum}");
    let tenths = Block::vector(vec![0.1; 1_000_000]);
    let sum = reduced(What::Sum, &[0], &tenths).item::<f64>().unwrap();
    assert!((sum - 100_000.0).abs() < 1e-9, "{sum}");
    let far = Block::vector((0..1000).map(|i| 1e9 + f64::from(i % 2)).collect());
    assert_eq!(
        reduced(What::Var { ddof: 0 }, &[0], &far).item::<f64>(),
        Ok(0.25)
    );
}

#[test]
fn states_of_other_shapes_are_refused() {
    let x = of(Array::zeros((2, 3)));
    let y = of(Array::zeros((2, 4)));
    for what in ALL {
        let reduction = reduction(what, &[0], &x);
        let mut states = reduction.partial(&x).unwrap().into_vec();
        states.extend(reduction.partial(&y).unwrap());
        assert!(reduction.merge(&[2], &states).is_err(), "{what:?}");
        assert!(reduction.merge(&[], &[]).is_err(), "{what:?}");
        assert!(reduction.merge(&[3], &states).is_err(), "{what:?}");
        assert!(reduction.finish(&[]).is_err(), "{what:?}");
    }
}

/// The cuts of an axis by places in it.
fn cuts(len: usize, places: &[usize]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = places.iter().map(|place| place % (len + 1)).collect();
    ends.sort_unstable();
    ends.push(len);
    let mut start = 0;
    let cut = |end| (std::mem::replace(&mut start, end), end);
    ends.into_iter().map(cut).collect()
}

fn equal(left: &Block, right: &Block) -> bool {
    if !left.dtype().is_inexact() {
        return left == right;
    }
    let (left, right) = (left.view::<f64>().unwrap(), right.view::<f64>().unwrap());
    let near =
        |(a, b): (&f64, &f64)| a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-9 * (1.0 + a.abs());
    left.shape() == right.shape() && left.iter().zip(right).all(near)
}

proptest! {
    /// Cut into blocks and merged, the result is that of the whole.
    #[test]
    fn cut_or_whole(
        shape in prop::collection::vec(1_usize..6, 1..4),
        first in prop::collection::vec(any::<usize>(), 0..4),
        second in prop::collection::vec(any::<usize>(), 0..3),
        numbers in prop::collection::vec(-3..4_i8, 216),
        nans in any::<bool>(),
        skip_nan in any::<bool>(),
        axes in 1..8_u8,
        transposed in any::<bool>(),
    ) {
        let mut numbers = numbers.into_iter();
        let x = ArrayD::from_shape_simple_fn(IxDyn(&shape), || match numbers.next() {
            Some(3) if nans => f64::NAN,
            x => f64::from(x.unwrap_or(0)),
        });
        let x = if transposed { x.reversed_axes() } else { x };
        let block = Block::from(x.clone());
        let axes: Vec<usize> = (0..shape.len()).filter(|axis| axes >> axis & 1 == 1).collect();
        let Some(&axis) = axes.first() else { return Ok(()) };
        let other = axes.get(1).copied();
        for what in ALL {
            let reduction = Reduction { skip_nan, ..reduction(what, &axes, &block) };
            let mut states = Vec::new();
            let mut grid = Extent::new();
            let along = cuts(x.shape()[axis], &first);
            grid.push(along.len());
            let across = other.map(|other| cuts(x.shape()[other], &second));
            grid.extend(across.iter().map(Vec::len));
            grid.extend(axes.iter().skip(2).map(|_| 1));
            for &(start, end) in &along {
                let part = x.slice_axis(Axis(axis), (start..end).into());
                for &(start, end) in across.as_deref().unwrap_or(&[(0, usize::MAX)]) {
                    let part = match other {
                        Some(other) => part.slice_axis(Axis(other), (start..end).into()),
                        None => part.view(),
                    };
                    states.extend(reduction.partial(&Block::from(part.to_owned())).unwrap());
                }
            }
            let expected = whole(reduction, &block);
            let merged = Kernel::Reduce(Reduce::Finish(reduction, grid)).run(states);
            match (expected, merged) {
                (Ok(expected), Ok(merged)) => {
                    proptest::prop_assert!(equal(&expected, &merged[0]), "{what:?} {x} over {axes:?}: {expected:?}, {:?}", merged[0]);
                }
                (Err(expected), Err(merged)) => proptest::prop_assert_eq!(expected, merged),
                (expected, merged) => proptest::prop_assert!(false, "{:?} {:?}", expected, merged),
            }
        }
    }
}

#[test]
fn infinities_are_not_left_out_with_nan() {
    // numpy: np.nanvar([inf, inf]), np.nanvar([1, nan, inf]) are NaN.
    for x in [
        array![f64::INFINITY, f64::INFINITY],
        array![1.0, f64::NAN, f64::INFINITY],
    ] {
        for what in [What::Var { ddof: 0 }, What::Moment { order: 3, ddof: 0 }] {
            let result = skipping(what, &[0], &of(x.clone())).unwrap();
            assert!(result.item::<f64>().unwrap().is_nan(), "{what:?} of {x}");
        }
    }
}

#[test]
fn the_variance_of_equal_numbers_in_blocks_is_zero() {
    let parts = [2, 4, 1].map(|len| of(Array::from_elem(len, 0.1)));
    let reduction = reduction(What::Var { ddof: 0 }, &[0], &parts[0]);
    let states = parts.map(|part| reduction.partial(&part).unwrap());
    let states = states.into_iter().flatten().collect();
    let grid = Extent::from_slice(&[3]);
    let result = Kernel::Reduce(Reduce::Finish(reduction, grid)).run(states);
    assert_eq!(result.unwrap()[0].item::<f64>(), Ok(0.0));
}
