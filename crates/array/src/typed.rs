//! Arrays whose dtype the compiler knows.

use crate::array::Array;
use crate::error::Result;
use ndarray::ArrayD;
use std::marker::PhantomData;
use std::ops::Deref;
use taskloom_kernels::Element;

/// An [`Array`] whose elements are `T`: results come as `T` without naming it again. Everything that
/// an array can do it can do as well; what changes the dtype gives an [`Array`].
///
/// ```
/// use taskloom_array::{Array, Chunks, TypedArray};
///
/// let x = Array::from_ndarray(&ndarray::array![1.0, 2.0], Chunks::whole())?;
/// let x: TypedArray<f64> = x.typed()?;
/// assert_eq!(x.to_local_here()?.sum(), 3.0);
/// # Ok::<(), taskloom_array::ArrayError>(())
/// ```
#[derive(Clone)]
pub struct TypedArray<T> {
    array: Array,
    marker: PhantomData<fn() -> T>,
}

impl Array {
    /// The array as one whose dtype the compiler knows.
    ///
    /// # Errors
    /// If the array is in the failed state or its dtype is another.
    pub fn typed<T: Element>(&self) -> Result<TypedArray<T>> {
        self.is_of::<T>("typed")?;
        Ok(TypedArray {
            array: self.clone(),
            marker: PhantomData,
        })
    }
}

impl<T: Element> TypedArray<T> {
    /// The array without its type.
    pub fn into_array(self) -> Array {
        self.array
    }

    /// Computes the array on the cluster and brings it here.
    ///
    /// # Errors
    /// As [`Array::to_local`].
    pub async fn to_local(&self) -> Result<ArrayD<T>> {
        self.array.to_local().await
    }

    /// Computes the array in this thread.
    ///
    /// # Errors
    /// As [`Array::to_local_here`].
    pub fn to_local_here(&self) -> Result<ArrayD<T>> {
        self.array.to_local_here()
    }

    /// Computes an array of one element and brings that here.
    ///
    /// # Errors
    /// As [`Array::item`].
    pub async fn item(&self) -> Result<T> {
        self.array.item().await
    }
}

impl<T> Deref for TypedArray<T> {
    type Target = Array;

    fn deref(&self) -> &Array {
        &self.array
    }
}
