//! Tests of factorizations.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{as_f64, close, complex, local, matrix, orthonormal, random, text, unknown};
use crate::array::Array;
use crate::chunks::Chunks;
use crate::linalg::{Compression, MatrixNorm, Qr, Svd};
use ndarray::{Array2, array};
use num_complex::Complex;
use taskloom_kernels::DType;

#[test]
fn q_and_r_do_not_depend_on_the_chunks() {
    let whole = random(&[100], &[6]).qr().unwrap();
    for rows in [
        vec![30, 0, 50, 20],
        vec![3; 33].into_iter().chain([1]).collect(),
        vec![1; 100],
    ] {
        for columns in [vec![6], vec![2, 4]] {
            let x = random(&rows, &columns);
            let Qr { q, r } = x.qr().unwrap();
            assert_eq!(q.shape(), [Some(100), Some(6)]);
            close(&local(&q), &local(&whole.q));
            close(&local(&r), &local(&whole.r));
            orthonormal(&q);
            close(&local(&q.matmul(&r).unwrap()), &local(&x));
        }
    }
}

#[test]
fn matrices_with_few_rows_have_factors_too() {
    for (rows, columns) in [
        (vec![2, 3], vec![4, 4]),
        (vec![4, 4], vec![8]),
        (vec![1, 1], vec![3]),
    ] {
        let x = random(&rows, &columns);
        let Qr { q, r } = x.qr().unwrap();
        orthonormal(&q);
        close(&local(&q.matmul(&r).unwrap()), &local(&x));
    }
}

fn reproduced(svd: &Svd) -> ndarray::ArrayD<f64> {
    let (u, s, vh) = (matrix(&svd.u), local::<f64>(&svd.s), matrix(&svd.vh));
    let s = s.into_dimensionality::<ndarray::Ix1>().unwrap();
    (&u * &s).dot(&vh).into_dyn()
}

#[test]
fn singular_values_of_tall_wide_and_square() {
    for (rows, columns) in [
        (vec![40, 0, 60], vec![10]),
        (vec![10], vec![40, 60]),
        (vec![5, 5], vec![4, 6]),
        (vec![3, 2], vec![20]),
    ] {
        let x = random(&rows, &columns);
        let svd = x.svd().unwrap();
        close(&reproduced(&svd), &local(&x));
        orthonormal(&svd.u);
        orthonormal(&Array::einsum("ij->ji", &[&svd.vh]).unwrap());
        close(&local(&x.svdvals().unwrap()), &local(&svd.s));
    }
}

/// Both axes in several chunks, some of them without elements.
#[test]
fn a_square_matrix_is_cut_along_both_axes() {
    let values = Array2::from_shape_fn((6, 6), |(i, j)| ((6 * i + j).pow(2) % 13) as f64);
    // np.linalg.svd((np.arange(36)**2 % 13).astype(float).reshape(6, 6))[1]
    let expected = array![
        39.886_509_113_363_28,
        14.229_857_376_607_356,
        11.127_860_580_936_067,
        8.230_174_335_424_662,
        3.982_440_350_170_084,
        2.674_447_222_905_386,
    ];
    for (rows, columns) in [
        (vec![2, 2, 2], vec![3, 3]),
        (vec![1; 6], vec![1; 6]),
        (vec![4, 0, 2], vec![0, 5, 1]),
    ] {
        let x = Array::from_ndarray(&values, Chunks::exact([rows, columns])).unwrap();
        let svd = x.svd().unwrap();
        close(&local(&svd.s), &expected.clone().into_dyn());
        close(&local(&x.svdvals().unwrap()), &expected.clone().into_dyn());
        close(&reproduced(&svd), &values.clone().into_dyn());
        orthonormal(&svd.u);
        orthonormal(&svd.vh.t());
        // Unknown columns in several chunks would have to be put together.
        for reason in [text(unknown(&x).svd()), text(unknown(&x).svdvals())] {
            assert!(
                reason.contains("svd") && reason.contains("axis 1"),
                "{reason}"
            );
            assert!(reason.contains("compute_chunk_sizes()"), "{reason}");
        }
    }
}

/// Case A13: rows, and also columns, of unknown number.
#[test]
fn a13_svd_of_unknown_rows() {
    let known = random(&[10; 10], &[10]);
    let expected = known.svd().unwrap();
    let rows = known.forget_chunk_sizes_along([0]).unwrap();
    for x in [rows, unknown(&known)] {
        let svd = x.svd().unwrap();
        close(&local(&svd.s), &local(&expected.s));
        orthonormal(&svd.u);
        close(&reproduced(&svd), &local(&known));
        let Qr { q, r } = x.qr().unwrap();
        close(&local(&q.matmul(&r).unwrap()), &local(&known));
        assert!(svd.u.axes()[0].is_aligned(&x.axes()[0]));
    }
}

#[test]
fn too_few_unknown_rows_are_an_error_when_they_are_there() {
    let x = unknown(&random(&[1, 2], &[4]));
    let reason = text(x.qr().unwrap().r.compute_here());
    assert!(
        reason.contains("3 rows") && reason.contains("4 columns"),
        "{reason}"
    );
    assert!(reason.contains("compute_chunk_sizes()"), "{reason}");
    let columns = unknown(&random(&[4], &[1, 1]));
    let reason = text(columns.qr());
    assert!(
        reason.contains("unknown") && reason.contains("axis 1"),
        "{reason}"
    );
}

#[test]
fn complex_and_other_dtypes() {
    let x = complex(&[20, 20], &[5]);
    let Qr { q, r } = x.qr().unwrap();
    let far = local::<Complex<f64>>(&q.matmul(&r).unwrap()) - local::<Complex<f64>>(&x);
    assert!(far.iter().all(|z| z.norm() < 1e-12));
    let svd = x.svd().unwrap();
    assert_eq!((svd.u.dtype(), svd.s.dtype()), (DType::C128, DType::F64));
    let wide = complex(&[5], &[20, 20]).svdvals().unwrap();
    assert_eq!(local::<f64>(&wide).len(), 5);

    let ints = Array::from_ndarray(&array![[3_i32, 1], [4, 2]], [1, 2]).unwrap();
    close(
        &local(&ints.qr().unwrap().r),
        &array![[5.0, 2.2], [0.0, 0.4]].into_dyn(),
    );
    let single = Array::from_ndarray(&array![[3.0_f32, 1.0], [4.0, 2.0]], [1, 2]).unwrap();
    assert_eq!(local::<f32>(&single.qr().unwrap().r).len(), 4);
    assert_eq!(local::<f32>(&single.svd().unwrap().s).len(), 2);
    assert_eq!(local::<f64>(&as_f64(&single.svdvals().unwrap())).len(), 2);
}

#[test]
fn what_is_no_matrix() {
    let x = Array::from_ndarray(&array![1.0, 2.0], [1]).unwrap();
    assert!(text(x.qr()).contains("1 axes is no matrix"));
    assert!(x.svd().is_err() && x.svdvals().is_err() && x.eigh().is_err());
    let nan = Array::from_ndarray(&array![[f64::NAN, 1.0]], [1, 2]).unwrap();
    assert!(text(nan.svd().unwrap().s.compute_here()).contains("NaN"));
}

#[test]
fn compressed_values_are_near_the_exact_ones() {
    // Of rank 5, with a little noise.
    let left = random(&[30, 30], &[5]);
    let right = Array::einsum("ij->ji", &[&random(&[20, 20], &[5])]).unwrap();
    let x = left.matmul(&right).unwrap();
    let exact = local::<f64>(&x.svdvals().unwrap());
    for x in [x.clone(), x.forget_chunk_sizes_along([0]).unwrap()] {
        let how = Compression::rank(5).power_iterations(1).seed(3);
        let svd = x.svd_compressed(how).unwrap();
        let values = local::<f64>(&svd.s);
        assert_eq!(values.len(), 5);
        assert!(
            values
                .iter()
                .zip(&exact)
                .all(|(a, b)| (a / b - 1.0).abs() < 1e-10)
        );
        close(&reproduced(&svd), &local(&x));
        orthonormal(&svd.u);
    }
    assert!(x.svd_compressed(0).is_err());
    assert_eq!(x.svd_compressed(100).unwrap().s.shape(), [Some(40)]);
    assert!(text(unknown(&x).svd_compressed(2)).contains("unknown"));
}

#[test]
fn eigenvalues_of_blocks() {
    let x = Array::from_ndarray(&array![[2.0, 1.0], [1.0, 2.0]], [1, 1]).unwrap();
    let eigen = x.eigh().unwrap();
    close(&local(&eigen.values), &array![1.0, 3.0].into_dyn());
    orthonormal(&eigen.vectors);
    assert!(random(&[2], &[3]).eigh().is_err());
}

#[test]
fn traces() {
    let x = Array::from_ndarray(&array![[1_i8, 2, 3], [4, 5, 6]], Chunks::of([1, 2])).unwrap();
    assert_eq!(local::<i64>(&x.trace(0).unwrap())[[]], 6);
    assert_eq!(local::<i64>(&x.trace(1).unwrap())[[]], 8);
    assert_eq!(local::<i64>(&x.trace(-5).unwrap())[[]], 0);
    assert!(text(unknown(&x).trace(0)).contains("unknown"));
}

#[test]
fn norms() {
    let x = Array::from_ndarray(&array![[1_i64, -2], [3, 4]], Chunks::of([1, 1])).unwrap();
    // numpy: np.linalg.norm(x, ord)
    for (norm, expected) in [
        (MatrixNorm::Frobenius, 5.477_225_575_051_661),
        (MatrixNorm::Nuclear, 7.071_067_811_865_475),
        (MatrixNorm::Spectral, 5.116_672_736_016_927),
        (MatrixNorm::LeastSingular, 1.954_395_075_848_548_7),
        (MatrixNorm::Columns, 6.0),
        (MatrixNorm::LeastColumn, 4.0),
        (MatrixNorm::Rows, 7.0),
        (MatrixNorm::LeastRow, 3.0),
    ] {
        let value = local::<f64>(&x.matrix_norm(norm).unwrap());
        assert!((value[[]] - expected).abs() < 1e-12, "{norm:?}");
    }
    let v = Array::from_ndarray(&array![1.0, -2.0, 0.0, 4.0], [3]).unwrap();
    for (ord, expected) in [
        (f64::INFINITY, 4.0),
        (f64::NEG_INFINITY, 0.0),
        (0.0, 3.0),
        (1.0, 7.0),
        (2.0, 21.0_f64.sqrt()),
        (3.0, 73.0_f64.cbrt()),
    ] {
        let value = local::<f64>(&v.vector_norm(ord, ..).unwrap());
        assert!((value[[]] - expected).abs() < 1e-12, "{ord}");
    }
    let rows = local::<f64>(&x.vector_norm(1.0, 1).unwrap());
    assert_eq!(rows, array![3.0, 7.0].into_dyn());
    assert!(v.vector_norm(f64::NAN, ..).is_err());
    assert!(v.vector_norm(2.0, 3).is_err());
    assert_eq!(
        local::<f64>(&unknown(&v).norm().unwrap())[[]],
        21.0_f64.sqrt()
    );
}
