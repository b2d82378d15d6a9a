//! What a client can do with arrays.

use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::Result;
use ndarray::{ArrayBase, Data, Dimension};
use taskloom_client::Client;
use taskloom_kernels::Element;

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
}
