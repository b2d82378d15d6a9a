//! Choices, limits and casts.

use super::binary::{binary, range};
use super::layer::apply;
use super::operand::Operand;
use crate::array::Array;
use crate::error::{ArrayError, Result};
use taskloom_kernels::elementwise::{Binary, Elementwise, Operand as Place, result_type};
use taskloom_kernels::{DType, Number, Scalar};

impl Array {
    /// The elements as another dtype. Fractions are cut off, what does not fit wraps around, of complex
    /// numbers the real part is taken, and what is not zero is true. Unlike numpy, which warns, NaN and
    /// infinity as integers are an error when they are met, with their number.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, DType};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![2.7, -2.7], Chunks::whole())?;
    /// assert_eq!(x.astype(DType::I8).to_local_here::<i8>()?, ndarray::array![2, -2].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn astype(&self, dtype: DType) -> Self {
        if self.dtype() == dtype {
            return self.clone();
        }
        Self::or_failed(apply(Elementwise::cast(dtype), &[self]), Some(self))
    }

    /// Where this is true (or not zero) the elements of `then`, elsewhere those of `otherwise`; each may
    /// be an array or a number. It is numpy's `where`.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![-1.0, 2.0], Chunks::whole())?;
    /// let positive = x.gt(0.0).where_(&x, 0.0);
    /// assert_eq!(positive.to_local_here::<f64>()?, ndarray::array![0.0, 2.0].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn where_(&self, then: impl Into<Operand>, otherwise: impl Into<Operand>) -> Self {
        let chosen = self.choose(&then.into(), &otherwise.into());
        Self::or_failed(chosen, Some(self))
    }

    #[track_caller]
    fn choose(&self, then: &Operand, otherwise: &Operand) -> Result<Self> {
        let both = [then, otherwise];
        let dtype = result_type(
            both.iter().filter_map(|one| one.array()).map(Self::dtype),
            both.iter().filter_map(|one| one.number()),
        );
        let place = |operand: &Operand| match operand {
            Operand::Array(_) => Ok(Place::Block),
            Operand::Number(number) => match number.to_block(dtype) {
                Ok(_) => Ok(Place::Number(*number)),
                Err(_) => Err(ArrayError::value(
                    "where",
                    format!("{number} is out of the range of {dtype}"),
                )),
            },
        };
        let places = [Place::Block, place(then)?, place(otherwise)?];
        let mut arrays = vec![self];
        arrays.extend(both.iter().filter_map(|one| one.array()));
        apply(Elementwise::choice(dtype, places), &arrays)
    }

    /// Not less than `low` and not greater than `high`; NaN stays. For one limit alone see
    /// [`maximum`](Self::maximum) and [`minimum`](Self::minimum).
    #[must_use]
    #[track_caller]
    pub fn clip(&self, low: impl Into<Operand>, high: impl Into<Operand>) -> Self {
        let (low, high) = (low.into(), high.into());
        let operands = [&low, &high];
        let arrays = operands.iter().filter_map(|one| one.array());
        let dtype = result_type(
            arrays.map(Self::dtype).chain([self.dtype()]),
            operands.iter().filter_map(|one| one.number()),
        );
        let (low, high) = (within(low, dtype), within(high, dtype));
        // Cast first: with each limit alone the dtype could be a smaller one on the way.
        let raised = binary(Binary::Maximum, &self.astype(dtype).into(), &low);
        binary(Binary::Minimum, &raised.into(), &high)
    }
}

/// A limit that is an integer out of the dtype's range is the end of the range.
fn within(limit: Operand, dtype: DType) -> Operand {
    let Operand::Number(number) = &limit else {
        return limit;
    };
    match (number.number(), range(dtype)) {
        (Number::Int(value), Some((least, _))) if value < least => end(least),
        (Number::Int(value), Some((_, most))) if value > most => end(most),
        _ => limit,
    }
}

fn end(value: i128) -> Operand {
    // An end of a range is an `i64` or a `u64`.
    Operand::Number(match i64::try_from(value) {
        Ok(value) => Scalar::from(value),
        Err(_) => Scalar::from(u64::MAX),
    })
}
