//! Tests of systems of equations.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{close, complex, local, matrix, random, text, unknown};
use crate::array::Array;
use crate::linalg::Lu;
use ndarray::{Array2, array};
use num_complex::Complex;
use taskloom_kernels::DType;

/// A symmetric positive definite matrix cut so.
fn positive(cut: &[usize]) -> Array {
    let x = random(cut, cut);
    let turned = Array::einsum("ij->ji", &[&x]).unwrap();
    let square = matrix(&x.matmul(&turned).unwrap()) + Array2::<f64>::eye(cut.iter().sum());
    let chunks = crate::Chunks::exact([cut.to_vec(), cut.to_vec()]);
    Array::from_ndarray(&square, chunks).unwrap()
}

#[test]
fn roots_block_by_block() {
    for cut in [vec![12], vec![5, 4, 3], vec![0, 7, 5], vec![1; 12]] {
        let x = positive(&cut);
        let root = matrix(&x.cholesky().unwrap());
        close(&root.dot(&root.t()).into_dyn(), &local(&x));
        assert!(
            root.indexed_iter()
                .all(|((i, j), &value)| i >= j || value == 0.0)
        );
    }
    let z = complex(&[4, 4], &[4, 4]);
    let across = super::super::blocks::adjoint(&z);
    let square = z.matmul(&across).unwrap();
    let root = square.cholesky().unwrap();
    let again = root.matmul(&super::super::blocks::adjoint(&root)).unwrap();
    let far = local::<Complex<f64>>(&again) - local::<Complex<f64>>(&square);
    assert!(far.iter().all(|z| z.norm() < 1e-10));

    let wrong = Array::from_ndarray(&array![[1.0, 2.0], [2.0, 1.0]], [1, 1]).unwrap();
    let reason = text(wrong.cholesky().unwrap().compute_here());
    assert!(
        reason.contains("(2, 2) is not positive definite"),
        "{reason}"
    );
    assert!(reason.contains("minor of 2"), "{reason}");
    assert!(text(random(&[2], &[3]).cholesky()).contains("(2, 3) is not square"));
    assert!(text(unknown(&positive(&[2])).cholesky()).contains("compute_chunk_sizes()"));
}

#[test]
fn lower_and_upper_factors() {
    for (rows, columns) in [
        (vec![9], vec![9]),
        (vec![4, 5], vec![2, 3, 4]),
        (vec![1; 9], vec![9]),
    ] {
        let x = random(&rows, &columns);
        let Lu { p, l, u } = x.lu().unwrap();
        let order = local::<i64>(&p);
        let (l, u, x) = (matrix(&l), matrix(&u), matrix(&x));
        let product = l.dot(&u);
        for (row, &from) in order.iter().enumerate() {
            for column in 0..9 {
                assert!((product[[row, column]] - x[[from as usize, column]]).abs() < 1e-12);
            }
            assert_eq!(l[[row, row]], 1.0);
        }
        assert!(l.iter().all(|value| value.abs() <= 1.0));
    }
}

#[test]
fn equations() {
    for cut in [vec![10], vec![3, 0, 3, 4]] {
        let a = random(&cut, &cut);
        let x = random(&[6, 4], &[2, 1]);
        let b = a.matmul(&x).unwrap();
        close(&local(&a.solve(&b).unwrap()), &local(&x));
        let inverse = a.inv().unwrap();
        close(
            &local(&a.matmul(&inverse).unwrap()),
            &Array2::eye(10).into_dyn(),
        );
    }
    let ints = Array::from_ndarray(&array![[0_i64, 2], [4, 1]], [1, 1]).unwrap();
    let side = Array::from_ndarray(&array![2.0_f32, 9.0], [2]).unwrap();
    let x = ints.solve(&side).unwrap();
    assert_eq!(
        (x.dtype(), local::<f64>(&x)),
        (DType::F64, array![2.0, 1.0].into_dyn())
    );

    let flat = Array::from_ndarray(&array![[1.0, 2.0], [2.0, 4.0]], [1, 1]).unwrap();
    let reason = text(flat.solve(&side).unwrap().compute_here());
    assert!(reason.contains("(2, 2) is singular"), "{reason}");
    assert!(flat.inv().unwrap().compute_here().is_err());
    assert!(text(ints.solve(&random(&[3], &[1]))).contains("(2, 2)"));
    assert!(random(&[2], &[3]).solve(&side).is_err());
}

#[test]
fn triangles() {
    let a = positive(&[3, 2, 4]);
    let b = random(&[4, 5], &[1, 2]);
    for lower in [true, false] {
        let x = matrix(&a.solve_triangular(&b, lower).unwrap());
        let mut triangle = matrix(&a);
        for ((i, j), value) in triangle.indexed_iter_mut() {
            if (lower && j > i) || (!lower && j < i) {
                *value = 0.0;
            }
        }
        close(&triangle.dot(&x).into_dyn(), &local(&b));
    }
    let zero = Array::from_ndarray(&array![[0.0, 0.0], [2.0, 1.0]], [1, 1]).unwrap();
    let side = Array::from_ndarray(&array![1.0, 2.0], [1]).unwrap();
    let solved = zero.solve_triangular(&side, true).unwrap();
    assert!(text(solved.compute_here()).contains("singular"));
}

#[test]
fn determinants() {
    // numpy: np.linalg.det, np.linalg.slogdet
    let x = array![[0.0, 2.0, 1.0], [1.0, 0.0, 3.0], [4.0, 1.0, 0.0]];
    for chunks in [[3, 3], [1, 2], [2, 1]] {
        let x = Array::from_ndarray(&x, chunks).unwrap();
        assert!((local::<f64>(&x.det().unwrap())[[]] - 25.0).abs() < 1e-12);
        let logarithm = x.slogdet().unwrap();
        assert_eq!(local::<f64>(&logarithm.sign)[[]], 1.0);
        assert!((local::<f64>(&logarithm.logabsdet)[[]] - 25.0_f64.ln()).abs() < 1e-12);
    }
    let empty = random(&[0], &[0]);
    assert_eq!(local::<f64>(&empty.det().unwrap())[[]], 1.0);
}

#[test]
fn least_squares() {
    let a = random(&[20, 0, 30], &[4]);
    let b = random(&[25, 25], &[2, 1]);
    let solved = a.lstsq(&b).unwrap();
    // What is left over stands upright on all columns.
    let x = matrix(&solved.x);
    let left = matrix(&b) - matrix(&a).dot(&x);
    close(
        &matrix(&a).t().dot(&left).into_dyn(),
        &Array2::zeros((4, 3)).into_dyn(),
    );
    close(
        &local(&solved.residuals),
        &(&left * &left).sum_axis(ndarray::Axis(0)).into_dyn(),
    );
    assert_eq!(local::<i64>(&solved.rank)[[]], 4);
    close(&local(&solved.s), &local(&a.svdvals().unwrap()));

    let column = random(&[25, 25], &[1]);
    let vector = Array::einsum("ij->i", &[&column]).unwrap();
    let one = a.lstsq(&vector).unwrap();
    assert_eq!((one.x.ndim(), one.residuals.ndim()), (1, 0));
    let expected = a.lstsq(&column).unwrap();
    close(
        &local(&one.x),
        &Array::einsum("ij->i", &[&expected.x])
            .map(|x| local(&x))
            .unwrap(),
    );

    // numpy: np.linalg.lstsq([[1, 1], [1, 1]], [2, 2])
    let flat = Array::from_ndarray(&array![[1, 1], [1, 1]], [1, 2]).unwrap();
    let side = Array::from_ndarray(&array![2, 2], [1]).unwrap();
    let solved = flat.lstsq(&side).unwrap();
    close(&local(&solved.x), &array![1.0, 1.0].into_dyn());
    assert_eq!(local::<i64>(&solved.rank)[[]], 1);
    assert!(a.lstsq(&random(&[3], &[1])).is_err());
}

#[test]
fn least_squares_of_unknown_rows() {
    let both = random(&[20, 5, 30], &[4]);
    let unknown = both.forget_chunk_sizes_along([0]).unwrap();
    let side = Array::einsum("ij->i", &[&unknown]).unwrap();
    let solved = unknown.lstsq(&side).unwrap();
    // The sum of the columns is the sum of the columns.
    close(&local(&solved.x), &array![1.0, 1.0, 1.0, 1.0].into_dyn());
    assert!(local::<f64>(&solved.residuals)[[]] < 1e-20);
}
