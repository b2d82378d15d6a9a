//! Operators and functions against literal results of numpy.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::{Array, ArrayError, Chunks, DType, Element, Scalar};
use ndarray::{Array1, ArrayD, array};
use proptest::prelude::{Strategy, prop_assert_eq, proptest};

fn vector<T: Element>(values: &[T], chunk: usize) -> Array {
    let values = Array1::from(values.to_vec());
    Array::from_ndarray(&values, Chunks::of([chunk])).unwrap()
}

fn values<T: Element>(array: &Array) -> Vec<T> {
    let local: ArrayD<T> = array.to_local_here().unwrap();
    local.into_iter().collect()
}

#[test]
fn operators_take_arrays_and_numbers_on_both_sides() {
    let x = vector(&[1.0, 2.0, 3.0], 2);
    assert_eq!(values::<f64>(&(&x + &x)), [2.0, 4.0, 6.0]);
    assert_eq!(values::<f64>(&(1.0 - &x)), [0.0, -1.0, -2.0]);
    assert_eq!(values::<f64>(&(&x * 2)), [2.0, 4.0, 6.0]);
    assert_eq!(values::<f64>(&(6 / x.clone())), [6.0, 3.0, 2.0]);
    assert_eq!(values::<f64>(&(-&x % 2.0)), [1.0, 0.0, 1.0]);
    let m = vector(&[true, false, true], 2);
    assert_eq!(values::<bool>(&(!&m | x.gt(2.0))), [false, true, true]);
    let n = vector(&[1_i32, 2, 3], 3);
    assert_eq!(values::<i32>(&((&n << 2) ^ 1)), [5, 9, 13]);
    assert_eq!(values::<i32>(&(&n >> 1 & 1)), [0, 1, 1]);
    let (quotient, remainder) = vector(&[7_i8, -7], 1).divmod(2);
    assert_eq!(values::<i8>(&quotient), [3, -4]);
    assert_eq!(values::<i8>(&remainder), [1, 1]);
}

#[test]
fn numbers_are_weak_and_typed_ones_are_strong() {
    let f = vector(&[1.0_f32], 1);
    assert_eq!((&f + 1.0).dtype(), DType::F32);
    assert_eq!((&f + Scalar::typed(1.0_f64)).dtype(), DType::F64);
    let i = vector(&[1_i32], 1);
    assert_eq!((&i + 1.0).dtype(), DType::F64);
    assert_eq!((&i + 1).dtype(), DType::I32);
    assert_eq!((&i / 2).dtype(), DType::F64);
    let u = vector(&[1_u8, 2], 1);
    let error = (&u + 300).check().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("300 is out of the range of uint8"),
        "{error}"
    );
    assert_eq!(values::<f64>(&(&u / 300)), [1.0 / 300.0, 2.0 / 300.0]);
    assert_eq!(values::<f64>(&u.power(2.0)), [1.0, 4.0]);
    assert_eq!((vector(&[true], 1) * 2).dtype(), DType::I64);
}

#[test]
fn comparisons_with_numbers_out_of_range_have_an_answer() {
    let u = vector(&[0_u8, 255], 1);
    let all = [true, true];
    let none = [false, false];
    assert_eq!(values::<bool>(&u.lt(300)), all);
    assert_eq!(values::<bool>(&u.le(300)), all);
    assert_eq!(values::<bool>(&u.gt(300)), none);
    assert_eq!(values::<bool>(&u.ge(300)), none);
    assert_eq!(values::<bool>(&u.eq(300)), none);
    assert_eq!(values::<bool>(&u.ne(300)), all);
    assert_eq!(values::<bool>(&u.lt(-1)), none);
    assert_eq!(values::<bool>(&u.ge(-1)), all);
    assert_eq!(values::<bool>(&u.eq(-1)), none);
    assert_eq!(values::<bool>(&u.ne(-1)), all);
    let number = super::Operand::from(300);
    let turned = super::binary::binary(
        taskloom_kernels::elementwise::Binary::Less,
        &number,
        &super::Operand::from(&u),
    );
    assert_eq!(values::<bool>(&turned), none);
    assert_eq!(values::<bool>(&u.logical_and(300)), [false, true]);
}

#[test]
fn known_axes_meet_in_a_common_cut() {
    let x = vector(&[0_i64, 1, 2, 3, 4, 5], 2);
    let y = vector(&[0_i64, 10, 20, 30, 40, 50], 3);
    let sum = &x + &y;
    assert_eq!(sum.chunks(), [[Some(2), Some(1), Some(1), Some(2)]]);
    assert_eq!(values::<i64>(&sum), [0, 11, 22, 33, 44, 55]);
    let column = Array::from_ndarray(&array![[1_i64], [2], [3]], Chunks::of([2, 1])).unwrap();
    let table = &column * &x;
    assert_eq!(table.shape(), [Some(3), Some(6)]);
    assert_eq!(table.numblocks(), [2, 3]);
    assert_eq!(values::<i64>(&table)[12..], [0, 3, 6, 9, 12, 15]);
    let empty = Chunks::exact([vec![0, 2, 0, 1]]);
    let a = Array::from_ndarray(&array![1, 2, 3], empty.clone()).unwrap();
    assert_eq!((&a + &a).chunks(), a.chunks());
    let b = Array::from_ndarray(&array![1, 2, 3], Chunks::exact([vec![1, 0, 2]])).unwrap();
    assert_eq!(values::<i32>(&(&a + &b)), [2, 4, 6]);
    let one = Array::from_ndarray(&array![5], Chunks::exact([vec![0, 1]])).unwrap();
    assert_eq!(values::<i32>(&(&a + &one)), [6, 7, 8]);
    let none = vector::<i32>(&[], 1);
    assert_eq!(values::<i32>(&(&none + 1)), [0; 0]);
}

#[test]
fn shapes_that_clash_fail_and_keep_the_first_error() {
    let x = vector(&[1.0, 2.0], 1);
    let y = vector(&[1.0, 2.0, 3.0], 1);
    let bad = &x + &y;
    let line = line!() - 1;
    let error = bad.check().unwrap_err().to_string();
    assert!(
        error.contains("add") && error.contains("(2,)") && error.contains("(3,)"),
        "{error}"
    );
    assert!(error.contains(&format!("tests.rs:{line}")), "{error}");
    let later = (&bad * 2.0).sqrt().gt(&x);
    assert_eq!(later.check().unwrap_err().to_string(), error);
    assert!(later.to_local_here::<bool>().is_err());
    assert!(matches!(x.try_add(&y), Err(ArrayError::Shapes { .. })));
    let error = (vector(&[true], 1) - true).check().unwrap_err();
    assert!(
        error.to_string().contains("subtract is not for bool"),
        "{error}"
    );
    assert!(vector(&[1.5], 1).invert().check().is_err());
}

#[test]
fn unknown_axes_meet_only_if_they_are_one_cut() {
    let x = vector(&[1_i64, 2, 3, 4], 2).forget_chunk_sizes();
    assert_eq!(values::<i64>(&(&x + &x * 2)), [3, 6, 9, 12]);
    assert_eq!((&x + 1).axes(), x.axes());
    let three = vector(&[1_i64, 2, 3], 1).forget_chunk_sizes();
    let error = (&x + &three).check().unwrap_err().to_string();
    assert!(
        error.contains("chunk") && error.contains("unknown"),
        "{error}"
    );
    assert!(
        error.contains(&x.name()) && error.contains(&three.name()),
        "{error}"
    );
    let known = vector(&[1_i64, 2, 3], 2);
    assert!((&x + &known).check().is_err());
    // Declared to be one: it stretches.
    assert_eq!(
        values::<i64>(&(&x + &vector(&[10_i64], 1))),
        [11, 12, 13, 14]
    );
}

#[test]
fn a_run_time_length_of_one_never_stretches() {
    let x = vector(&[1_i64, 2, 3], 2).forget_chunk_sizes();
    let y = vector(&[1_i64, 2, 3, 4], 2).forget_chunk_sizes();
    let y = y.assume_aligned(&x).unwrap();
    let error = (&x + &y).to_local_here::<i64>().unwrap_err().to_string();
    assert!(
        error.contains("cut differently") && error.contains("block (1,)"),
        "{error}"
    );
    assert!(
        error.contains("1 elements") || error.contains("has 1"),
        "{error}"
    );
}

#[test]
fn choices_limits_and_casts() {
    let x = vector(&[-2.5, f64::NAN, 0.5, 9.0], 3);
    let clipped = values::<f64>(&x.clip(-1, 2.5));
    assert_eq!((clipped[0], clipped[2], clipped[3]), (-1.0, 0.5, 2.5));
    assert!(clipped[1].is_nan());
    let u = vector(&[1_u8, 200], 2);
    assert_eq!(values::<u8>(&u.clip(-5, 100)), [1, 100]);
    assert_eq!(u.clip(0, 2.5).dtype(), DType::F64);
    assert_eq!(values::<f64>(&x.gt(0).where_(&x, 0)), [0.0, 0.0, 0.5, 9.0]);
    assert_eq!(u.gt(1).where_(1, 2.5).dtype(), DType::F64);
    assert!(u.gt(1).where_(&u, 300).check().is_err());
    assert_eq!(
        values::<i8>(&vector(&[2.7, -2.7, 300.0], 2).astype(DType::I8)),
        [2, -2, 44]
    );
    let error = x.astype(DType::I32).to_local_here::<i32>().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("1 of the values are NaN or infinite"),
        "{error}"
    );
}

#[test]
fn equal_expressions_have_equal_names() {
    let x = vector(&[1.0, 2.0], 1);
    let build = |number: f64| (&x + number).sqrt().gt(&x).name();
    assert_eq!(build(1.0), build(1.0));
    assert_ne!(build(1.0), build(2.0));
}

#[test]
fn no_two_operations_have_one_name() {
    let mut names: Vec<&str> = super::OPERATIONS.iter().map(|one| one.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// Lengths of blocks, some of them 0.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..4_usize, 1..6)
}

/// `len` elements in blocks of these lengths, as far as they go, and one of the rest.
fn cut(len: usize, lengths: &[usize]) -> Vec<usize> {
    let mut left = len;
    let mut cut: Vec<usize> = Vec::new();
    for &length in lengths {
        cut.push(length.min(left));
        left -= length.min(left);
    }
    cut.push(left);
    cut
}

proptest! {
    #[test]
    fn cuts_change_no_result(
        rows in 0..7_usize,
        columns in 0..7_usize,
        left in [cuts(), cuts()],
        right in [cuts(), cuts()],
        row in cuts(),
    ) {
        let whole = |seed: i64| {
            ndarray::Array2::from_shape_fn((rows, columns), |(row, column)| {
                (row as i64 * 31 + column as i64 * 17 + seed) % 11 - 5
            })
        };
        let (a, b) = (whole(1), whole(4));
        let c = Array1::from_shape_fn(columns, |column| column as i64 - 2);
        let chunks = |lengths: &[Vec<usize>; 2]| {
            Chunks::exact([cut(rows, &lengths[0]), cut(columns, &lengths[1])])
        };
        let x = Array::from_ndarray(&a, chunks(&left)).unwrap();
        let y = Array::from_ndarray(&b, chunks(&right)).unwrap();
        let z = Array::from_ndarray(&c, Chunks::exact([cut(columns, &row)])).unwrap();
        let got = x.gt(&y).where_(&x * &z, &y - 1);
        let mut expected = (&b - 1).into_dyn();
        for ((place, expected), &a) in expected.indexed_iter_mut().zip(&a) {
            if a > b[[place[0], place[1]]] {
                *expected = a * c[place[1]];
            }
        }
        prop_assert_eq!(got.to_local_here::<i64>().unwrap(), expected);
    }
}
