//! Tests of products.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{close, local, matrix, random, text, unknown};
use crate::array::Array;
use crate::chunks::Chunks;
use ndarray::{Array2, ArrayD, Ix3, array};
use num_complex::Complex;
use proptest::prelude::{Strategy, prop_assert_eq, proptest};
use taskloom_kernels::DType;

fn counting(shape: &[usize], chunks: impl Into<Chunks>) -> Array {
    let len: usize = shape.iter().product();
    let values = ArrayD::from_shape_vec(shape.to_vec(), (0..len as i64).collect()).unwrap();
    Array::from_ndarray(&values, chunks).unwrap()
}

#[test]
fn matrices_in_any_chunks() {
    let a = random(&[3, 0, 4, 2], &[5, 1, 2]);
    let b = random(&[2, 6], &[3, 4]);
    let product = a.matmul(&b).unwrap();
    assert_eq!(product.numblocks(), [4, 2]);
    close(&local(&product), &matrix(&a).dot(&matrix(&b)).into_dyn());
    close(&local(&a.dot(&b).unwrap()), &local(&product));
}

#[test]
fn sums_of_many_blocks_are_trees() {
    let a = random(&[2], &[1; 40]);
    let b = random(&[1; 40], &[2]);
    close(
        &local(&a.matmul(&b).unwrap()),
        &matrix(&a).dot(&matrix(&b)).into_dyn(),
    );
    let tall = random(&[3; 50], &[2]);
    let gram = Array::einsum("ki,kj->ij", &[&tall, &tall]).unwrap();
    close(
        &local(&gram),
        &matrix(&tall).t().dot(&matrix(&tall)).into_dyn(),
    );
}

#[test]
fn dtypes_are_those_of_both() {
    let ints = counting(&[2, 2], [1, 2]);
    let floats = random(&[2], &[2]);
    assert_eq!(ints.matmul(&floats).unwrap().dtype(), DType::F64);
    let bytes = Array::from_ndarray(&array![100_i8, 100], [1]).unwrap();
    assert_eq!(local::<i8>(&bytes.dot(&bytes).unwrap())[[]], 32);
    let truths = Array::from_ndarray(&array![[true, false], [false, false]], [1, 1]).unwrap();
    let squares = truths.matmul(&truths).unwrap();
    assert_eq!(
        local::<bool>(&squares),
        array![[true, false], [false, false]].into_dyn()
    );
    let imaginary = Array::from_ndarray(&array![Complex::new(0.0, 1.0)], [1]).unwrap();
    assert_eq!(
        local::<Complex<f64>>(&imaginary.vdot(&imaginary).unwrap())[[]].re,
        1.0
    );
    assert_eq!(
        local::<Complex<f64>>(&imaginary.dot(&imaginary).unwrap())[[]].re,
        -1.0
    );
}

#[test]
fn axes_before_the_last_two_stretch() {
    // numpy: (np.arange(12).reshape(2, 1, 2, 3) @ np.arange(18).reshape(3, 3, 2)).sum(axis=(2, 3))
    let a = counting(&[2, 1, 2, 3], [1, 1, 2, 2]);
    let b = counting(&[3, 3, 2], [2, 1, 2]);
    let product = a.matmul(&b).unwrap();
    assert_eq!(product.shape(), [Some(2), Some(3), Some(2), Some(2)]);
    let product = local::<i64>(&product);
    let sums = product
        .sum_axis(ndarray::Axis(3))
        .sum_axis(ndarray::Axis(2));
    assert_eq!(sums, array![[91, 271, 451], [271, 883, 1495]].into_dyn());
    // Vectors on either side.
    let row = counting(&[3], [2]);
    assert_eq!(row.matmul(&b).unwrap().shape(), [Some(3), Some(2)]);
    assert_eq!(a.matmul(&row).unwrap().shape(), [Some(2), Some(1), Some(2)]);
    assert_eq!(local::<i64>(&row.matmul(&row).unwrap())[[]], 5);
}

#[test]
fn tensors_by_names_of_axes() {
    let a = counting(&[2, 3, 4], [1, 2, 3]);
    let b = counting(&[4, 3, 2], [3, 1, 2]);
    // numpy: np.tensordot(a, b, axes=([1, 2], [1, 0]))
    let both = a.tensordot(&b, ([1, 2], [1, 0])).unwrap();
    assert_eq!(
        local::<i64>(&both),
        array![[880, 946], [2464, 2674]].into_dyn()
    );
    let outer = a.tensordot(&b, 0).unwrap();
    assert_eq!(outer.ndim(), 6);
    let x = counting(&[3], [2]);
    let table = local::<i64>(&x.outer(&x).unwrap());
    assert_eq!(table, array![[0, 0, 0], [0, 1, 2], [0, 2, 4]].into_dyn());
    let inner = a.inner(&a).unwrap();
    assert_eq!(inner.shape(), [Some(2), Some(3), Some(2), Some(3)]);
    assert_eq!(
        local::<i64>(&a.dot(&b.tensordot(&x, ([1], [0])).unwrap()).unwrap()).ndim(),
        3
    );
}

#[test]
fn letters() {
    let a = counting(&[3, 3], [2, 1]);
    let of = |text: &str, arrays: &[&Array]| local::<i64>(&Array::einsum(text, arrays).unwrap());
    assert_eq!(of("ii", &[&a])[[]], 12);
    assert_eq!(of("ii->i", &[&a]), array![0, 4, 8].into_dyn());
    assert_eq!(of("ji", &[&a]), of("ij->ji", &[&a]));
    assert_eq!(of("ij->", &[&a])[[]], 36);
    assert_eq!(of("i...->...", &[&a]), array![9, 12, 15].into_dyn());
    let x = counting(&[3], [1]);
    // numpy: np.einsum("i,ij,j->", x, a, x)
    assert_eq!(of("i, ij, j ->", &[&x, &a, &x])[[]], 60);
    // numpy: np.einsum("...j,j->...", a, x)
    assert_eq!(of("...j,j->...", &[&a, &x]), array![5, 14, 23].into_dyn());
    let cube = counting(&[2, 3, 3], [1, 2, 2]);
    let batches = of("...ij,...jk->...ik", &[&cube, &a]);
    let (cube, a) = (local::<i64>(&cube), local::<i64>(&a));
    let cube = cube.into_dimensionality::<Ix3>().unwrap();
    let a = a.into_dimensionality::<ndarray::Ix2>().unwrap();
    for at in 0..2 {
        let expected = cube.index_axis(ndarray::Axis(0), at).dot(&a);
        assert_eq!(
            batches.index_axis(ndarray::Axis(0), at),
            expected.into_dyn()
        );
    }
}

#[test]
fn what_does_not_fit() {
    let a = counting(&[2, 3], [2, 3]);
    let shapes = text(a.matmul(&a));
    assert!(
        shapes.contains("matmul") && shapes.contains("(2, 3)"),
        "{shapes}"
    );
    let one = counting(&[1, 2], [1, 2]);
    assert!(a.matmul(&one).is_err(), "a summed axis never stretches");
    for expression in [
        "ij",
        "ij,jk->ii",
        "ij,jk->iz",
        "ij,j->i",
        "i?,jk",
        "ij,...j...",
        "ij,jk,kl",
    ] {
        assert!(
            Array::einsum(expression, &[&a, &a]).is_err(),
            "{expression}"
        );
    }
    assert!(a.tensordot(&a, 3).is_err());
    assert!(a.tensordot(&a, ([0, 0], [0, 1])).is_err());
    assert!(a.tensordot(&a, ([5], [0])).is_err());
    assert_eq!(a.outer(&a).unwrap().shape(), [Some(6), Some(6)]);
    assert!(Array::einsum("ii->i", &[&one]).is_err());
    let number = counting(&[], Chunks::whole());
    assert!(number.matmul(&a).is_err());
    assert_eq!(local::<i64>(&number.dot(&a).unwrap()).sum(), 0);
    assert!(Array::einsum("", &[]).is_err());
}

#[test]
fn no_elements() {
    let a = random(&[0], &[3]);
    let b = random(&[3], &[0]);
    assert_eq!(local::<f64>(&a.matmul(&b).unwrap()).shape(), [0, 0]);
    assert_eq!(
        local::<f64>(&b.matmul(&a).unwrap()),
        ArrayD::<f64>::zeros(vec![3, 3])
    );
}

/// Case A3, as far as it is about products.
#[test]
fn a3_unknown_axes_are_summed_if_they_are_the_same() {
    let known = counting(&[4, 6], Chunks::exact([vec![2, 2], vec![1, 3, 2]]));
    let x = unknown(&known);
    let turned = Array::einsum("ij->ji", &[&x]).unwrap();
    let gram = x.dot(&turned).unwrap();
    let expected = known
        .dot(&Array::einsum("ij->ji", &[&known]).unwrap())
        .unwrap();
    assert_eq!(local::<i64>(&gram), local::<i64>(&expected));
    let other = Array::from_ndarray(&local::<i64>(&turned), Chunks::of([2, 2])).unwrap();
    let reason = text(x.dot(&unknown(&other)));
    assert!(
        reason.contains("chunk") && reason.contains("unknown"),
        "{reason}"
    );
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0_usize..4, 1..4)
}

proptest! {
    #[test]
    fn chunks_do_not_matter(m in cuts(), k in cuts(), other_k in cuts(), n in cuts()) {
        let inner: usize = k.iter().sum();
        // Another cut of the same length.
        let mut other = Vec::new();
        let mut left = inner;
        for len in other_k {
            other.push(len.min(left));
            left -= len.min(left);
        }
        other.push(left);
        let shape = |cut: &[usize]| cut.iter().sum::<usize>();
        let a = counting(&[shape(&m), inner], Chunks::exact([m.clone(), k]));
        let b = counting(&[inner, shape(&n)], Chunks::exact([other, n.clone()]));
        let product = local::<i64>(&a.matmul(&b).unwrap());
        let whole = |array: &Array| {
            Array::from_ndarray(&local::<i64>(array), Chunks::whole()).unwrap()
        };
        let expected = local::<i64>(&whole(&a).matmul(&whole(&b)).unwrap());
        prop_assert_eq!(product, expected);
    }
}

#[test]
fn kronecker_products_of_large_arrays_stay_in_blocks() {
    let of = |shape: (usize, usize), chunks: [usize; 2]| {
        let values = Array2::from_shape_fn(shape, |(i, j)| (3 * i + j) as i64);
        Array::from_ndarray(&values, Chunks::of(chunks)).unwrap()
    };
    let (x, y) = (of((4, 3), [3, 2]), of((2, 5), [2, 3]));
    let whole = x.kron(&y).unwrap();
    // What is not small is not put together: an element of the one with each block of the other.
    let parts = x.kron_in(&y, 16).unwrap();
    assert_eq!(parts.chunks()[1], [3, 2, 3, 2, 3, 2].map(Some));
    assert_eq!(parts.chunks()[0], [2; 4].map(Some));
    let few = x.kron_in(&y, 160).unwrap();
    assert_eq!(few.numblocks(), [2, 3]);
    let expected = whole.to_local_here::<i64>().unwrap();
    assert_eq!(parts.to_local_here::<i64>().unwrap(), expected);
    assert_eq!(few.to_local_here::<i64>().unwrap(), expected);
    assert_eq!(expected[[3, 7]], 4 * 5);
    let unknown = y.forget_chunk_sizes();
    assert!(
        x.kron(&unknown)
            .unwrap_err()
            .to_string()
            .contains("compute_chunk_sizes()")
    );
}
