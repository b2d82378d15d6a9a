//! Arrays of evenly spaced values.

use super::pattern::{Made, Pattern};
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use crate::node::Axes;
use taskloom_kernels::{DType, Number, Scalar};

impl Array {
    /// The values `start`, `start + step`, ... below `stop` (above it, if the step is negative), as
    /// numpy's `arange`: `int64` if all three are integers, else `float64`. If the step is 0, or
    /// there is no end, the array is in the failed state.
    ///
    /// ```
    /// use taskloom_array::Array;
    ///
    /// let x = Array::arange(10, 0, -3, [2]);
    /// assert_eq!(x.to_local_here::<i64>()?, ndarray::array![10, 7, 4, 1].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn arange(
        start: impl Into<Scalar>,
        stop: impl Into<Scalar>,
        step: impl Into<Scalar>,
        chunks: impl Into<Chunks>,
    ) -> Self {
        let numbers = [start.into(), stop.into(), step.into()].map(Scalar::number);
        Self::or_failed(arange(numbers, chunks.into()), None)
    }

    /// `num` evenly spaced values from `start` to `stop`, which is the last one if `endpoint` is
    /// true and else would be the next: `float64`.
    ///
    /// ```
    /// use taskloom_array::Array;
    ///
    /// let x = Array::linspace(0.0, 1.0, 5, true, [2]);
    /// assert_eq!(x.to_local_here::<f64>()?, ndarray::array![0.0, 0.25, 0.5, 0.75, 1.0].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn linspace(
        start: f64,
        stop: f64,
        num: usize,
        endpoint: bool,
        chunks: impl Into<Chunks>,
    ) -> Self {
        let steps = if endpoint { num.saturating_sub(1) } else { num };
        let pattern = Pattern::Line {
            start,
            step: match steps {
                0 => 0.0,
                steps => (stop - start) / steps as f64,
            },
            end: (endpoint && num > 1).then(|| (num as u64 - 1, stop)),
        };
        Self::or_failed(
            Made::cut("linspace", pattern, DType::F64, [num], chunks),
            None,
        )
    }

    /// The index of each element of a shape along each axis, as numpy's `indices`: the result has one
    /// axis more than the shape, in front, which says along which axis the index is. `chunks` are
    /// those of the other axes.
    ///
    /// ```
    /// use taskloom_array::Array;
    ///
    /// let columns = Array::indices([2, 3], [2, 2]).to_local_here::<i64>()?;
    /// assert_eq!(columns[[1, 0, 2]], 2);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn indices(shape: impl IntoIterator<Item = usize>, chunks: impl Into<Chunks>) -> Self {
        let shape: Vec<usize> = shape.into_iter().collect();
        let axes = chunks.into().cut("indices", &shape, DType::I64);
        let array = axes.and_then(|axes| {
            let all: Axes = std::iter::once(Axis::regular(shape.len(), 1))
                .chain(axes)
                .collect();
            Made::array("indices", Pattern::Indices, DType::I64, all)
        });
        Self::or_failed(array, None)
    }
}

fn arange(numbers: [Number; 3], chunks: Chunks) -> Result<Array> {
    let refused = |reason: String| ArrayError::value("arange", reason);
    let whole = |number| match number {
        Number::Bool(value) => Some(i128::from(value)),
        Number::Int(value) => Some(value),
        Number::Float(_) | Number::Complex(_) => None,
    };
    let [from, to, by] = numbers;
    let (len, dtype) =
        if let (Some(start), Some(stop), Some(step)) = (whole(from), whole(to), whole(by)) {
            if step == 0 {
                return Err(refused("the step is 0".to_owned()));
            }
            let fits = |value: i128| i64::try_from(value).is_ok();
            if !(fits(start) && fits(stop) && fits(step)) {
                return Err(refused(format!(
                    "{start}, {stop} or {step} is beyond int64"
                )));
            }
            // None of this is near the limits of 128 bits.
            let steps = (stop - start + step - step.signum()) / step;
            (usize::try_from(steps.max(0)).ok(), DType::I64)
        } else {
            let float = |number| match number {
                Number::Bool(value) => Some(f64::from(u8::from(value))),
                Number::Int(value) => Some(value as f64),
                Number::Float(value) => Some(value),
                Number::Complex(_) => None,
            };
            let (Some(start), Some(stop), Some(step)) = (float(from), float(to), float(by)) else {
                return Err(refused("complex numbers have no order".to_owned()));
            };
            let steps = ((stop - start) / step).ceil();
            // Beyond 2^53 neighbours are no longer different.
            let counted = (steps.abs() <= (1_u64 << 53) as f64).then_some(steps.max(0.0) as usize);
            (counted, DType::F64)
        };
    let len = len.ok_or_else(|| {
        let [from, to, by] = numbers;
        refused(format!(
            "from {from:?} to {to:?} in steps of {by:?} has no end"
        ))
    })?;
    let pattern = Pattern::Ramp {
        start: from,
        step: by,
    };
    Made::cut("arange", pattern, dtype, [len], chunks)
}
