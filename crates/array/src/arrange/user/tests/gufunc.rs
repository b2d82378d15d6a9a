//! Tasks of users with signatures.

use super::super::apply_gufunc;
use crate::arrange::testing::{counting, cuts_of, local};
use crate::array::Array;
use crate::chunks::{Chunk, Chunks};
use crate::error::ArrayError;
use ndarray::{ArrayD, Axis as Along, array};
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use taskloom_kernels::{Block, DType};
use taskloom_task::task;

/// Matrices times vectors: `(i,j),(j)->(i)`, as numpy's `matvec`.
#[task(crate = taskloom_task)]
fn times(a: Block, b: Block) -> Block {
    let (a, b) = (
        a.into_array::<i64>().unwrap(),
        b.into_array::<i64>().unwrap(),
    );
    let b = b.view().insert_axis(Along(b.ndim() - 1));
    let products = match a.ndim() >= b.ndim() {
        true => &a * &b,
        false => &b * &a,
    };
    Block::from(products.sum_axis(Along(products.ndim() - 1)))
}

/// The sum of each row, and its first and last element: `(i)->(),(2)`.
#[task(crate = taskloom_task)]
fn described(rows: Block) -> Vec<Block> {
    let rows = rows.into_array::<i64>().unwrap();
    let last = Along(rows.ndim() - 1);
    let ends = [0, rows.len_of(last) - 1];
    vec![
        Block::from(rows.sum_axis(last).mapv(|sum| sum as f64)),
        Block::from(rows.select(last, &ends)),
    ]
}

/// All pairs of elements of two rows: `(i),(j)->(i,j)`.
#[task(crate = taskloom_task)]
fn pairs(a: Block, b: Block) -> Block {
    let (a, b) = (
        a.into_array::<i64>().unwrap(),
        b.into_array::<i64>().unwrap(),
    );
    let a = a.view().insert_axis(Along(a.ndim()));
    let b = b.view().insert_axis(Along(b.ndim() - 1));
    Block::from(&a * &b)
}

fn product(a: &Array, b: &Array) -> crate::Result<Array> {
    apply_gufunc("(i,j),(j)->(i)", [a, b]).array(|blocks| times::task(&blocks[0], &blocks[1]))
}

fn values(array: &Array) -> ArrayD<i64> {
    array.to_local_here().unwrap()
}

proptest! {
    #[test]
    fn loops_do_not_see_the_cuts(one in cuts_of(2), other in cuts_of(2), rows in cuts_of(3)) {
        let a = counting(&[2, 3, 4], Chunks::exact([one, vec![3], vec![4]]));
        let b = counting(&[2, 4], Chunks::exact([other, vec![4]]));
        // np.matvec(np.arange(24).reshape(2, 3, 4), np.arange(8).reshape(2, 4))
        let expected = array![[14, 38, 62], [302, 390, 478]].into_dyn();
        prop_assert_eq!(values(&product(&a, &b).unwrap()), expected);
        // An array without loop dimensions stretches.
        let single = counting(&[4], Chunks::whole());
        let y = product(&a, &single).unwrap();
        prop_assert_eq!(y.axes()[0].lengths(), a.axes()[0].lengths());
        let expected = array![[14, 38, 62], [86, 110, 134]].into_dyn();
        prop_assert_eq!(values(&y), expected.clone());
        // So does one with a loop dimension of one element.
        let single = single.reshape([1, 4]).unwrap();
        prop_assert_eq!(values(&product(&a, &single).unwrap()), expected);
        // np.matvec(np.arange(12).reshape(3, 4), np.arange(8).reshape(2, 4))
        let matrix = counting(&[3, 4], Chunks::exact([rows, vec![1, 3]]));
        let call = || apply_gufunc("(i,j),(j)->(i)", [&matrix, &b]);
        prop_assert!(call().array(|blocks| times::task(&blocks[0], &blocks[1])).is_err());
        let y = call().rechunk().array(|blocks| times::task(&blocks[0], &blocks[1])).unwrap();
        prop_assert_eq!(values(&y), array![[14, 38, 62], [38, 126, 214]].into_dyn());
    }

    #[test]
    fn several_results_of_one_task(rows in cuts_of(5)) {
        let x = counting(&[5, 3], Chunks::exact([rows, vec![3]]));
        let made = apply_gufunc("(i)->(),(2)", [&x])
            .dtypes([DType::F64, DType::I64])
            .arrays(|blocks| described::task(&blocks[0]))
            .unwrap();
        let [sums, ends] = &made[..] else { panic!("{} results", made.len()) };
        prop_assert_eq!(sums.to_local_here::<f64>().unwrap(), array![3.0, 12.0, 21.0, 30.0, 39.0].into_dyn());
        prop_assert_eq!(values(ends), array![[0, 2], [3, 5], [6, 8], [9, 11], [12, 14]].into_dyn());
        // Both meet in one expression.
        let both = ends + &sums.expand_dims(1).unwrap();
        prop_assert_eq!(both.to_local_here::<f64>().unwrap()[[4, 1]], 53.0);
    }
}

#[test]
fn tasks_without_loops_and_new_dimensions() {
    let (a, b) = (
        counting(&[2], Chunks::whole()),
        counting(&[3], Chunks::whole()),
    );
    let y = apply_gufunc("(i),(j)->(i,j)", [&a, &b])
        .array(|blocks| pairs::task(&blocks[0], &blocks[1]))
        .unwrap();
    assert_eq!(values(&y), array![[0, 0, 0], [0, 1, 2]].into_dyn());
    let x = counting(&[4, 3], Chunks::exact([vec![1, 0, 3], vec![3]]));
    let call = || apply_gufunc("(i)->(),(ends)", [&x]).dtypes([DType::F64, DType::I64]);
    let made = call()
        .size("ends", 2)
        .arrays(|blocks| described::task(&blocks[0]));
    assert_eq!(made.unwrap()[1].shape(), [Some(4), Some(2)]);
    let error = call()
        .arrays(|blocks| described::task(&blocks[0]))
        .err()
        .unwrap();
    assert!(error.to_string().contains(".size(\"ends\", ..)"), "{error}");
    let error = call()
        .size("i", 3)
        .arrays(|blocks| described::task(&blocks[0]));
    assert!(error.err().unwrap().to_string().contains("said twice"));
    // Without elements along the loop.
    let none = counting(&[0, 3], Chunks::whole());
    let made = apply_gufunc("(i)->(),(2)", [&none])
        .dtypes([DType::F64, DType::I64])
        .arrays(|blocks| described::task(&blocks[0]))
        .unwrap();
    assert_eq!(made[0].to_local_here::<f64>().unwrap().shape(), [0]);
}

#[test]
fn unknown_loops_are_cut_alike() {
    let x = counting(&[5, 3], Chunks::exact([vec![2, 3], vec![3]]));
    let odd = x.mask_axis(&x.sum_over(1).gt(10), 0).unwrap();
    let matrices = odd.expand_dims(1).unwrap();
    let y = product(&matrices, &odd).unwrap();
    assert_eq!(y.axes()[0], odd.axes()[0]);
    // The sums of squares of the rows 3, 4, 5 and so on.
    assert_eq!(values(&y), array![[50], [149], [302], [509]].into_dyn());
    let other = x.mask_axis(&x.sum_over(1).gt(20), 0).unwrap();
    let error = product(&matrices, &other).err().unwrap();
    assert!(
        matches!(error, ArrayError::NotAligned { axis: 0, .. }),
        "{error}"
    );
    // The core may be unknown where it is the same in all arrays.
    let turned = odd
        .t()
        .rechunk(Chunks::each([Chunk::Keep, Chunk::Whole]))
        .unwrap();
    let vector = turned.slice(crate::s![0, ..]).unwrap();
    let y = product(&turned, &vector).unwrap();
    // np.matvec(x[1:].T, x[1:].T[0]) of np.arange(15).reshape(5, 3)
    assert_eq!(values(&y), array![270, 300, 330].into_dyn());
    let error = product(&turned, &counting(&[4], Chunks::whole()))
        .err()
        .unwrap();
    assert!(matches!(error, ArrayError::NotAligned { .. }), "{error}");
    let fixed =
        apply_gufunc("(4)->()", [&turned]).array(|blocks| times::task(&blocks[0], &blocks[0]));
    let error = fixed.err().unwrap();
    assert!(
        error.to_string().contains("compute_chunk_sizes()"),
        "{error}"
    );
}

#[test]
fn signatures_that_do_not_fit() {
    let x = counting(&[2, 3], Chunks::of([1, 2]));
    let error = |signature: &str, arrays: &[&Array]| {
        let made = apply_gufunc(signature, arrays.iter().copied());
        let made = made.array(|blocks| times::task(&blocks[0], &blocks[0]));
        made.err().unwrap().to_string()
    };
    assert!(error("(i)->()", &[&x]).contains("in 2 chunks"));
    assert!(error("(i)->()", &[&x]).contains("axis 1"));
    assert!(error("(i,j,k)->()", &[&x]).contains("2 axes and needs 3"));
    assert!(error("(i),(j)->()", &[&x]).contains("takes 2 arrays and was given 1"));
    assert!(error("i->", &[&x]).contains("no signature"));
    assert!(error("()->(),()", &[&x]).contains("arrays()"));
    // A task that makes a list cannot stand for one block on a cluster.
    let one = apply_gufunc("(i)->()", [&x]).rechunk();
    let one = one.arrays(|blocks| described::task(&blocks[0]));
    let one = one.map(drop).unwrap_err().to_string();
    assert!(one.contains("array()"), "{one}");
    let whole = counting(&[2, 3], Chunks::whole());
    assert!(error("(i,i)->()", &[&whole]).contains("other lengths"));
    assert!(error("(4)->()", &[&whole]).contains("3 elements, not 4"));
    let other = counting(&[5, 3], Chunks::whole());
    assert!(error("(i),(i)->()", &[&whole, &other]).contains("other lengths along axis 0"));
    let failed = &x + &counting(&[7], Chunks::whole());
    assert!(error("()->()", &[&failed]).contains("do not go together"));
    let dtypes = apply_gufunc("(i)->()", [&whole]).dtypes([DType::I8, DType::I8]);
    assert!(
        dtypes
            .array(|blocks| times::task(&blocks[0], &blocks[0]))
            .is_err()
    );
    assert_eq!(local(&[2, 3]), values(&whole));
}
