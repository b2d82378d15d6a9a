//! What a client can do with arrays.

use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::Result;
use crate::random::Generator;
use ndarray::{ArrayBase, Data, Dimension};
use taskloom_client::Client;
use taskloom_kernels::{DType, Element, Scalar};

/// The methods that arrays add to a [`Client`]. Arrays that are made through a client belong to it,
/// and so does what is computed of them.
pub trait ArrayClientExt {
    /// An array of values that are here, cut into chunks: see [`Array::from_ndarray`].
    ///
    /// # Errors
    /// If the chunks do not fit the shape.
    fn array<T, S, D>(&self, values: &ArrayBase<S, D>, chunks: impl Into<Chunks>) -> Result<Array>
    where
        T: Element,
        S: Data<Elem = T>,
        D: Dimension;

    /// A generator of random arrays: see [`Generator`].
    fn random(&self, seed: u64) -> Generator;

    /// Zeros: see [`Array::zeros`].
    fn zeros(
        &self,
        shape: impl IntoIterator<Item = usize>,
        dtype: DType,
        chunks: impl Into<Chunks>,
    ) -> Array;

    /// Ones: see [`Array::ones`].
    fn ones(
        &self,
        shape: impl IntoIterator<Item = usize>,
        dtype: DType,
        chunks: impl Into<Chunks>,
    ) -> Array;

    /// One value everywhere: see [`Array::full`].
    fn full(
        &self,
        shape: impl IntoIterator<Item = usize>,
        dtype: DType,
        value: impl Into<Scalar>,
        chunks: impl Into<Chunks>,
    ) -> Array;

    /// Values in steps: see [`Array::arange`].
    fn arange(
        &self,
        start: impl Into<Scalar>,
        stop: impl Into<Scalar>,
        step: impl Into<Scalar>,
        chunks: impl Into<Chunks>,
    ) -> Array;
}

impl ArrayClientExt for Client {
    fn array<T, S, D>(&self, values: &ArrayBase<S, D>, chunks: impl Into<Chunks>) -> Result<Array>
    where
        T: Element,
        S: Data<Elem = T>,
        D: Dimension,
    {
        Ok(Array::from_ndarray(values, chunks)?.on(self))
    }

    fn random(&self, seed: u64) -> Generator {
        Generator::new(seed).on(self)
    }

    #[track_caller]
    fn zeros(
        &self,
        shape: impl IntoIterator<Item = usize>,
        dtype: DType,
        chunks: impl Into<Chunks>,
    ) -> Array {
        Array::zeros(shape, dtype, chunks).on(self)
    }

    #[track_caller]
    fn ones(
        &self,
        shape: impl IntoIterator<Item = usize>,
        dtype: DType,
        chunks: impl Into<Chunks>,
    ) -> Array {
        Array::ones(shape, dtype, chunks).on(self)
    }

    #[track_caller]
    fn full(
        &self,
        shape: impl IntoIterator<Item = usize>,
        dtype: DType,
        value: impl Into<Scalar>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        Array::full(shape, dtype, value, chunks).on(self)
    }

    #[track_caller]
    fn arange(
        &self,
        start: impl Into<Scalar>,
        stop: impl Into<Scalar>,
        step: impl Into<Scalar>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        Array::arange(start, stop, step, chunks).on(self)
    }
}
