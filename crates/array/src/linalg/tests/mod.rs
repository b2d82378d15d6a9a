//! Tests of linear algebra.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod factors;
mod products;
mod systems;

use crate::array::Array;
use crate::chunks::Chunks;
use crate::random::Generator;
use ndarray::{Array2, ArrayD, Ix2};
use taskloom_kernels::{DType, Element};

/// Numbers without a pattern, cut so.
fn random(rows: &[usize], columns: &[usize]) -> Array {
    let shape = [rows.iter().sum(), columns.iter().sum()];
    let chunks = Chunks::exact([rows.to_vec(), columns.to_vec()]);
    let array = Generator::new(7).normal(0.0, 1.0, shape, chunks);
    array.check().unwrap();
    array
}

/// Complex numbers without a pattern.
fn complex(rows: &[usize], columns: &[usize]) -> Array {
    let real = matrix(&random(rows, columns));
    let values = real.mapv(|x| num_complex::Complex::new(x, (3.0 * x).sin()));
    let chunks = Chunks::exact([rows.to_vec(), columns.to_vec()]);
    Array::from_ndarray(&values, chunks).unwrap()
}

fn local<T: Element>(array: &Array) -> ArrayD<T> {
    array.to_local_here::<T>().unwrap()
}

fn matrix(array: &Array) -> Array2<f64> {
    local::<f64>(array).into_dimensionality::<Ix2>().unwrap()
}

#[track_caller]
fn close(left: &ArrayD<f64>, right: &ArrayD<f64>) {
    assert_eq!(left.shape(), right.shape());
    let far = (left - right).iter().map(|x| x.abs()).fold(0.0, f64::max);
    assert!(far < 1e-9, "{far}");
}

/// That the columns are orthonormal.
#[track_caller]
fn orthonormal(array: &Array) {
    let q = matrix(array);
    close(
        &q.t().dot(&q).into_dyn(),
        &Array2::eye(q.ncols()).into_dyn(),
    );
}

/// The same cut into blocks of unknown rows, and of unknown columns too.
fn unknown(array: &Array) -> Array {
    array.forget_chunk_sizes()
}

fn text<T>(result: crate::Result<T>) -> String {
    match result {
        Ok(_) => panic!("that should not have been possible"),
        Err(error) => error.to_string(),
    }
}

fn as_f64(array: &Array) -> Array {
    super::blocks::cast(array, DType::F64)
}
