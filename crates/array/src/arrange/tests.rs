//! Arrangements of arrays in random cuts beside those of whole arrays, and numpy's results.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::testing::{counting, cuts_of, local};
use super::{Pad, block, concatenate, dstack, hstack, stack, vstack};
use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::ArrayError;
use ndarray::{ArrayD, Axis as Along, IxDyn, array};
use proptest::prelude::{Just, Strategy, prop_assert_eq, prop_oneof, proptest};
use taskloom_kernels::{DType, Scalar};

fn values(array: &Array) -> ArrayD<i64> {
    array.to_local_here().unwrap()
}

/// What element of the result each place has, by places of `x`.
fn by_places(
    shape: &[usize],
    x: &ArrayD<i64>,
    from: impl Fn(&[usize]) -> Option<Vec<usize>>,
) -> ArrayD<i64> {
    ArrayD::from_shape_fn(IxDyn(shape), |at| {
        let at: Vec<usize> = (0..shape.len()).map(|axis| at[axis]).collect();
        from(&at).map_or(-7, |from| x[&from[..]])
    })
}

fn is_unknown(result: crate::error::Result<Array>) {
    let Err(error) = result else {
        panic!("it worked");
    };
    assert!(matches!(error, ArrayError::UnknownChunks { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("chunk")
            && text.contains("unknown")
            && text.contains("compute_chunk_sizes()")
    );
}

/// A 6 x 4 array in random cuts, at times with its chunk sizes forgotten.
fn arrays() -> impl Strategy<Value = (Array, ArrayD<i64>)> {
    (cuts_of(6), cuts_of(4), prop_oneof![Just(false), Just(true)]).prop_map(
        |(rows, columns, forget)| {
            let x = counting(&[6, 4], Chunks::exact([rows, columns]));
            let x = if forget { x.forget_chunk_sizes() } else { x };
            (x, local(&[6, 4]))
        },
    )
}

/// As [`arrays`], with known chunk sizes.
fn known_arrays() -> impl Strategy<Value = (Array, ArrayD<i64>)> {
    (cuts_of(6), cuts_of(4)).prop_map(|(rows, columns)| {
        (
            counting(&[6, 4], Chunks::exact([rows, columns])),
            local(&[6, 4]),
        )
    })
}

proptest! {
    #[test]
    fn orders_and_new_axes((x, whole) in arrays()) {
        prop_assert_eq!(values(&x.t()), whole.t().to_owned());
        prop_assert_eq!(values(&x.transpose([-1, 0]).unwrap()), whole.t().to_owned());
        prop_assert_eq!(values(&x.moveaxis(0, 1).unwrap()), whole.t().to_owned());
        prop_assert_eq!(values(&x.swapaxes(0, -1).unwrap()), whole.t().to_owned());
        let wide = x.expand_dims(1).unwrap();
        prop_assert_eq!(values(&wide), whole.clone().insert_axis(Along(1)));
        prop_assert_eq!(values(&wide.squeeze().unwrap()), whole.clone());
        prop_assert_eq!(values(&wide.squeeze_axis(1).unwrap()), whole.clone());
        prop_assert_eq!(&wide.axes()[0], &x.axes()[0]);
        let kept = x.broadcast_to([2, -1, -1]).unwrap();
        prop_assert_eq!(values(&kept), by_places(&[2, 6, 4], &whole, |at| Some(at[1..].to_vec())));
    }

    #[test]
    fn flipped_and_turned((x, whole) in arrays()) {
        let flipped = by_places(&[6, 4], &whole, |at| Some(vec![5 - at[0], at[1]]));
        prop_assert_eq!(values(&x.flip([0]).unwrap()), flipped);
        let both = by_places(&[6, 4], &whole, |at| Some(vec![5 - at[0], 3 - at[1]]));
        prop_assert_eq!(values(&x.flip([0, -1]).unwrap()), both.clone());
        prop_assert_eq!(values(&x.rot90(2, [0, 1]).unwrap()), both);
        let turned = by_places(&[4, 6], &whole, |at| Some(vec![at[1], 3 - at[0]]));
        prop_assert_eq!(values(&x.rot90(1, [0, 1]).unwrap()), turned.clone());
        prop_assert_eq!(values(&x.rot90(-3, [0, 1]).unwrap()), turned);
        let back = by_places(&[4, 6], &whole, |at| Some(vec![5 - at[1], at[0]]));
        prop_assert_eq!(values(&x.rot90(3, [0, 1]).unwrap()), back);
    }

    #[test]
    fn several_times((x, whole) in arrays(), n in 0_usize..4) {
        let rows = by_places(&[6 * n, 4], &whole, |at| Some(vec![at[0] / n, at[1]]));
        prop_assert_eq!(values(&x.repeat(n, 0).unwrap()), rows);
        let columns = by_places(&[6, 4 * n], &whole, |at| Some(vec![at[0], at[1] / n]));
        prop_assert_eq!(values(&x.repeat(n, 1).unwrap()), columns);
        let tiles = by_places(&[2, 6, 4 * n], &whole, |at| Some(vec![at[1], at[2] % 4]));
        prop_assert_eq!(values(&x.tile([2, 1, n]).unwrap()), tiles);
    }

    #[test]
    fn joined((x, whole) in arrays(), (y, _) in known_arrays()) {
        let twice = by_places(&[12, 4], &whole, |at| Some(vec![at[0] % 6, at[1]]));
        prop_assert_eq!(values(&concatenate([&x, &x], 0).unwrap()), twice.clone());
        prop_assert_eq!(values(&vstack([&x, &x]).unwrap()), twice);
        let beside = by_places(&[6, 8], &whole, |at| Some(vec![at[0], at[1] % 4]));
        prop_assert_eq!(values(&concatenate([&x, &x], -1).unwrap()), beside.clone());
        prop_assert_eq!(values(&hstack([&x, &x]).unwrap()), beside.clone());
        let deep = by_places(&[6, 4, 2], &whole, |at| Some(vec![at[0], at[1]]));
        prop_assert_eq!(values(&stack([&x, &x], -1).unwrap()), deep.clone());
        prop_assert_eq!(values(&dstack([&x, &x]).unwrap()), deep);
        if x.size().is_some() {
            prop_assert_eq!(values(&concatenate([&x, &y], 1).unwrap()), beside);
            let four = by_places(&[12, 8], &whole, |at| Some(vec![at[0] % 6, at[1] % 4]));
            prop_assert_eq!(values(&block([[&x, &y], [&y, &x]]).unwrap()), four);
        }
    }

    #[test]
    fn reshaped((x, whole) in known_arrays(), which in 0_usize..8) {
        let shapes: [&[isize]; 8] = [
            &[24], &[4, 6], &[2, 12], &[6, 2, 2], &[2, 3, 4], &[3, 8], &[1, 6, 1, 4], &[12, 1, 2],
        ];
        let shape = shapes[which];
        let lens: Vec<usize> = shape.iter().map(|&len| len as usize).collect();
        let y = x.reshape(shape.iter().copied()).unwrap();
        let expected = ArrayD::from_shape_vec(IxDyn(&lens), whole.iter().copied().collect()).unwrap();
        prop_assert_eq!(values(&y), expected);
        prop_assert_eq!(values(&y.reshape([6, -1]).unwrap()), whole);
    }

    #[test]
    fn raveled((x, whole) in arrays()) {
        prop_assert_eq!(values(&x.ravel().unwrap()).into_raw_vec_and_offset().0, whole.into_raw_vec_and_offset().0);
    }

    #[test]
    fn rolled((x, whole) in known_arrays(), shift in -9_i64..9) {
        let moved = by_places(&[6, 4], &whole, |at| {
            Some(vec![(at[0] as i64 - shift).rem_euclid(6) as usize, at[1]])
        });
        prop_assert_eq!(values(&x.roll(shift, 0).unwrap()), moved);
        let flat = by_places(&[6, 4], &whole, |at| {
            let at = ((at[0] * 4 + at[1]) as i64 - shift).rem_euclid(24) as usize;
            Some(vec![at / 4, at % 4])
        });
        prop_assert_eq!(values(&x.roll_flat(shift).unwrap()), flat);
    }

    #[test]
    fn padded((x, whole) in known_arrays(), (before, after) in (0_usize..9, 0_usize..9)) {
        let shape = [6 + before + after, 5];
        let place = |at: &[usize]| (at[0] as i64 - before as i64, at[1] as i64 - 1);
        let mirror = |at: i64, n: i64| {
            let at = at.rem_euclid(2 * n - 2);
            if at < n { at } else { 2 * n - 2 - at }
        };
        let doubled = |at: i64, n: i64| {
            let at = at.rem_euclid(2 * n);
            if at < n { at } else { 2 * n - 1 - at }
        };
        type Rule<'a> = &'a dyn Fn(i64, i64) -> i64;
        let modes: [(Pad, Rule<'_>); 5] = [
            (Pad::Edge, &|at, n| at.clamp(0, n - 1)),
            (Pad::Wrap, &|at, n| at.rem_euclid(n)),
            (Pad::Reflect, &mirror),
            (Pad::Symmetric, &doubled),
            (Pad::Constant(Scalar::from(-7)), &|at, n| if (0..n).contains(&at) { at } else { -1 }),
        ];
        for (mode, rule) in modes {
            let expected = by_places(&shape, &whole, |at| {
                let (row, column) = place(at);
                let (row, column) = (rule(row, 6), rule(column, 4));
                (row >= 0 && column >= 0).then(|| vec![row as usize, column as usize])
            });
            let y = x.pad([(before, after), (1, 0)], mode).unwrap();
            prop_assert_eq!(values(&y), expected, "{:?}", mode);
        }
    }

    #[test]
    fn halves_and_diagonals((x, whole) in known_arrays(), k in -8_i64..8) {
        let half = |keep: &dyn Fn(i64) -> bool| {
            let half = by_places(&[6, 4], &whole, |at| {
                keep(at[1] as i64 - at[0] as i64).then(|| at.to_vec())
            });
            half.mapv(|value| if value == -7 { 0 } else { value })
        };
        prop_assert_eq!(values(&x.triu(k).unwrap()), half(&|d| d >= k));
        prop_assert_eq!(values(&x.tril(k).unwrap()), half(&|d| d <= k));
        let places = (0..6_i64).map(|row| (row, row + k)).filter(|&(_, column)| (0..4).contains(&column));
        let on: Vec<i64> = places.map(|(row, column)| row * 4 + column).collect();
        prop_assert_eq!(values(&x.diagonal(k, [0, 1]).unwrap()).into_raw_vec_and_offset().0, on.clone());
        prop_assert_eq!(values(&x.t().diagonal(-k, [0, 1]).unwrap()).into_raw_vec_and_offset().0, on);
    }

    #[test]
    fn matrices_of_diagonals(cuts in cuts_of(4), k in -3_i64..4) {
        let x = counting(&[4], Chunks::exact([cuts]));
        let n = 4 + k.unsigned_abs() as usize;
        let matrix = ArrayD::from_shape_fn(IxDyn(&[n, n]), |at| {
            let first = at[0].min(at[1]) as i64;
            if at[1] as i64 - at[0] as i64 == k && first < 4 { first } else { 0 }
        });
        prop_assert_eq!(values(&x.diag(k).unwrap()), matrix);
    }
}

#[test]
fn diagonals_of_more_axes() {
    let x = counting(&[3, 2, 4], Chunks::of([2, 1, 3]));
    // np.diagonal(np.arange(24).reshape(3, 2, 4), 1, 0, 2)
    let expected = array![[1, 10, 19], [5, 14, 23]].into_dyn();
    assert_eq!(values(&x.diagonal(1, [0, 2]).unwrap()), expected);
    // np.diagonal(np.arange(24).reshape(3, 2, 4), 0, 2, 0)
    let expected = array![[0, 9, 18], [4, 13, 22]].into_dyn();
    assert_eq!(values(&x.diagonal(0, [2, 0]).unwrap()), expected);
    assert!(x.diagonal(0, [1, 1]).is_err());
    assert!(x.diag(0).is_err());
}

#[test]
fn counts_per_element() {
    let x = counting(&[4], Chunks::exact([vec![1, 0, 3]]));
    // np.repeat(np.arange(4), [2, 0, 1, 3])
    let y = x.repeat_each(&[2, 0, 1, 3], 0).unwrap();
    assert_eq!(values(&y), array![0, 0, 2, 3, 3, 3].into_dyn());
    assert!(x.repeat_each(&[1], 0).is_err());
    assert!(x.repeat(usize::MAX, 0).is_err());
    assert!(x.tile([usize::MAX]).is_err());
}

#[test]
fn joining_promotes_and_drops_what_is_empty() {
    let x = counting(&[2], Chunks::whole());
    let y = Array::from_ndarray(&array![0.5], Chunks::whole()).unwrap();
    let z = Array::from_ndarray(&ndarray::Array1::<f32>::zeros(0), Chunks::whole()).unwrap();
    let joined = concatenate([&x, &y, &z], 0).unwrap();
    assert_eq!(joined.dtype(), DType::F64);
    assert_eq!(
        joined.to_local_here::<f64>().unwrap(),
        array![0.0, 1.0, 0.5].into_dyn()
    );
    assert_eq!(joined.numblocks(), [2]);
    assert_eq!(concatenate([&z, &z], 0).unwrap().shape(), [Some(0)]);
    // np.hstack of one axis, np.vstack of rows
    assert_eq!(hstack([&x, &y]).unwrap().shape(), [Some(3)]);
    assert_eq!(vstack([&x, &x]).unwrap().shape(), [Some(2), Some(2)]);
    assert!(vstack([&x, &y]).is_err());
    assert!(concatenate::<&Array>([], 0).is_err());
    assert!(concatenate([&x, &x.expand_dims(0).unwrap()], 0).is_err());
    assert!(stack([&x, &y], 0).is_err());
    assert!(concatenate([&x], 1).is_err());
}

#[test]
fn what_stretches() {
    let x = counting(&[3, 1], Chunks::exact([vec![1, 0, 2], vec![1, 0]]));
    let y = x.broadcast_to([2, 3, 4]).unwrap();
    let expected = ArrayD::from_shape_fn(IxDyn(&[2, 3, 4]), |at| at[1] as i64);
    assert_eq!(values(&y), expected);
    assert_eq!(
        x.broadcast_to([3, 0])
            .unwrap()
            .compute_here()
            .unwrap()
            .shape(),
        [3, 0]
    );
    assert!(x.broadcast_to([4, 1]).is_err());
    assert!(x.broadcast_to([1]).is_err());
    assert!(x.broadcast_to([-2, 3]).is_err());
    is_unknown(x.forget_chunk_sizes().broadcast_to([3, 4]));
}

#[test]
fn shapes_that_do_not_fit() {
    let x = counting(&[6, 4], Chunks::of([4, 3]));
    assert!(x.reshape([5, -1]).is_err());
    assert!(x.reshape([-1, -1]).is_err());
    assert!(x.reshape([-2]).is_err());
    assert!(x.reshape([isize::MAX, isize::MAX, 4]).is_err());
    assert!(x.reshape([23]).is_err());
    assert!(x.transpose([0]).is_err());
    assert!(x.transpose([0, 0]).is_err());
    assert!(x.squeeze_axis(0).is_err());
    assert!(x.expand_dims(3).is_err());
    assert!(x.flip([0, 0]).is_err());
    assert!(x.rot90(1, [0, 0]).is_err());
    assert!(x.pad([(1, 1)], Pad::Edge).is_err());
    assert!(x.pad([(usize::MAX, 1), (0, 0)], Pad::Edge).is_err());
    let none = counting(&[0, 4], Chunks::whole());
    assert!(none.pad([(1, 1), (0, 0)], Pad::Wrap).is_err());
    let filled = none
        .pad([(1, 1), (0, 0)], Pad::Constant(Scalar::from(3)))
        .unwrap();
    assert_eq!(values(&filled), ArrayD::from_elem(IxDyn(&[2, 4]), 3));
    assert_eq!(
        none.reshape([2, 0, 7])
            .unwrap()
            .compute_here()
            .unwrap()
            .shape(),
        [2, 0, 7]
    );
    assert!(none.reshape([-1, 0]).is_err());
    assert_eq!(none.ravel().unwrap().shape(), [Some(0)]);
}

#[test]
fn shapes_of_one_element_and_of_none_of_the_axes() {
    let one = counting(&[1], Chunks::whole());
    let scalar = one.reshape([]).unwrap();
    assert_eq!(scalar.ndim(), 0);
    assert_eq!(values(&scalar.atleast_3d().unwrap()).shape(), [1, 1, 1]);
    assert_eq!(scalar.atleast_1d().unwrap().shape(), [Some(1)]);
    assert_eq!(values(&scalar.reshape([1, 1]).unwrap()).shape(), [1, 1]);
    assert_eq!(
        values(&scalar.broadcast_to([2]).unwrap()),
        array![0, 0].into_dyn()
    );
    let row = counting(&[2], Chunks::whole());
    assert_eq!(row.atleast_2d().unwrap().shape(), [Some(1), Some(2)]);
    assert_eq!(
        row.atleast_3d().unwrap().shape(),
        [Some(1), Some(2), Some(1)]
    );
}

#[test]
fn rules_on_unknown_axes() {
    let x = counting(&[6, 4], Chunks::of([4, 4])).gathered(1);
    let unknown = x.forget_chunk_sizes();
    is_unknown(unknown.roll(1, 0));
    is_unknown(unknown.pad([(1, 0), (0, 0)], Pad::Edge));
    is_unknown(unknown.tril(0));
    is_unknown(unknown.diagonal(0, [0, 1]));
    is_unknown(unknown.reshape([4, 6]));
    is_unknown(unknown.repeat_each(&[1; 6], 0));
    is_unknown(unknown.ravel().unwrap().diag(0));
    // Known axes of a partly unknown array.
    let rows = Array::from_blocks(x.blocks_here().unwrap(), &[2, 1]).unwrap();
    let rows = concatenate([&rows.forget_chunk_sizes().expand_dims(2).unwrap()], 0).unwrap();
    assert_eq!(rows.shape(), [None, None, Some(1)]);
    let padded = rows
        .pad([(0, 0), (0, 0), (0, 2)], Pad::Constant(Scalar::from(1)))
        .unwrap();
    assert_eq!(values(&padded).shape(), [6, 4, 3]);
    assert_eq!(padded.axes()[0], rows.axes()[0]);
    // Two cuts that nothing says are the same.
    let other = counting(&[6, 4], Chunks::of([3, 4])).forget_chunk_sizes();
    let error = concatenate([&unknown, &other], 1).err().unwrap();
    assert!(
        matches!(error, ArrayError::NotAligned { axis: 0, .. }),
        "{error}"
    );
    // The same expression has the same cut, another one another.
    let flipped = unknown.flip([0]).unwrap();
    assert_eq!(flipped.axes(), unknown.flip([0]).unwrap().axes());
    assert_ne!(flipped.axes()[0].id(), unknown.axes()[0].id());
}

#[test]
fn one_unknown_axis_is_kept_by_a_reshape() {
    let x = counting(&[6, 4], Chunks::of([4, 2]));
    let blocks = x.rechunk([4, 4]).unwrap().blocks_here().unwrap();
    let known = Array::from_blocks(blocks, &[2, 1]).unwrap();
    let mask_like = known.forget_chunk_sizes();
    is_unknown(mask_like.reshape([-1, 2, 2]));
    // Only the first axis unknown: the second is the length of a stack.
    let parts: Vec<Array> = (0..4)
        .map(|_| counting(&[6], Chunks::of([4])).forget_chunk_sizes())
        .collect();
    let y = stack(&parts, 1).unwrap();
    assert_eq!(y.shape(), [None, Some(4)]);
    let z = y.reshape([-1, 2, 2]).unwrap();
    assert_eq!(z.axes()[0], y.axes()[0]);
    assert_eq!(
        values(&z),
        values(&y).into_shape_with_order(IxDyn(&[6, 2, 2])).unwrap()
    );
}

#[test]
fn the_failed_state_goes_through() {
    let x = counting(&[2], Chunks::whole());
    let failed = Array::failed(x.roll(1, 3).err().unwrap(), Some(&x));
    assert!(failed.t().check().is_err());
    for result in [
        failed.reshape([2]),
        failed.flip([0]),
        failed.rechunk([1]),
        concatenate([&x, &failed], 0),
        failed.pad([(1, 1)], Pad::Edge),
        failed.squeeze(),
    ] {
        assert!(matches!(
            result.err().unwrap().root(),
            ArrayError::Axis { axis: 3, .. }
        ));
    }
}
