//! Random orders, and values drawn from others.

use super::generator::{Generator, Kind};
use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::make::{Made, Pattern};
use crate::node::Axes;
use taskloom_kernels::make::{Make, Pick, Place, Race, Stream};
use taskloom_kernels::{Block, DType, Element, Extent, Kernel};

impl Generator {
    /// The numbers from 0 to below `n` in random order, each once. Any block of it is made alone, so
    /// the whole never has to be in one place.
    ///
    /// ```
    /// use taskloom_array::Generator;
    ///
    /// let mut order = Generator::new(1).permutation(5, [2]).compute_here()?.into_vec::<i64>()?;
    /// order.sort();
    /// assert_eq!(order, [0, 1, 2, 3, 4]);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn permutation(&self, n: usize, chunks: impl Into<Chunks>) -> Array {
        self.numbers("permutation", n, n, chunks)
    }

    /// `count` different numbers below `n`, in random order: the first of a permutation, or places to
    /// draw values from without putting them back.
    #[track_caller]
    pub fn sample(&self, n: usize, count: usize, chunks: impl Into<Chunks>) -> Array {
        if count > n {
            let reason = format!("there are no {count} different numbers below {n}");
            return self.given(Err(ArrayError::value("sample", reason)));
        }
        self.numbers("sample", n, count, chunks)
    }

    #[track_caller]
    fn numbers(
        &self,
        name: &'static str,
        n: usize,
        count: usize,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let pattern = Pattern::Permutation {
            stream: self.stream(Kind::Permutation),
            of: n as u64,
        };
        self.given(Made::cut(name, pattern, DType::I64, [count], chunks))
    }

    /// Values drawn from a few, evenly, each time from all of them.
    ///
    /// ```
    /// use taskloom_array::Generator;
    ///
    /// let drawn = Generator::new(1).choice(&[2.5_f32, 7.0], [4, 4], [2, 2]);
    /// assert!(drawn.to_local_here::<f32>()?.iter().all(|&x| x == 2.5 || x == 7.0));
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[track_caller]
    pub fn choice<T: Element>(
        &self,
        values: &[T],
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let stream = self.stream(Kind::Choice);
        let shape: Extent = shape.into_iter().collect();
        self.given(drawn(stream, values, None, &shape, chunks.into()))
    }

    /// Values drawn from a few by their weights, each time from all of them. The weights need not add
    /// up to 1.
    #[track_caller]
    pub fn choice_weighted<T: Element>(
        &self,
        values: &[T],
        weights: &[f64],
        shape: impl IntoIterator<Item = usize>,
        chunks: impl Into<Chunks>,
    ) -> Array {
        let stream = self.stream(Kind::Choice);
        let shape: Extent = shape.into_iter().collect();
        self.given(drawn(stream, values, Some(weights), &shape, chunks.into()))
    }

    /// `count` different places of these weights, in the order in which they would be drawn one after
    /// another without being put back. The result is one block.
    #[track_caller]
    pub fn sample_weighted(&self, weights: &[f64], count: usize) -> Array {
        let stream = self.stream(Kind::Race);
        let possible = weights.iter().filter(|weight| **weight > 0.0).count();
        let array = checked("sample_weighted", weights).and_then(|_| {
            if count > possible {
                let reason = format!("{possible} places have a weight, and {count} were asked for");
                return Err(ArrayError::value("sample_weighted", reason));
            }
            let weights = Array::from_block(Block::vector(weights.to_vec()));
            let axes = [crate::axis::Axis::single(count)];
            let race = Race { stream, count };
            Ok(Array::from_layer(
                Raced(race),
                &[&weights],
                DType::I64,
                axes,
            ))
        });
        self.given(array)
    }
}

/// The sum of weights.
///
/// # Errors
/// If one is negative or not finite, or all are 0.
fn checked(name: &str, weights: &[f64]) -> Result<f64> {
    let bad = weights
        .iter()
        .find(|weight| !(weight.is_finite() && **weight >= 0.0));
    let sum: f64 = weights.iter().sum();
    match bad {
        Some(weight) => Err(ArrayError::value(name, format!("{weight} is no weight"))),
        None if sum > 0.0 && sum.is_finite() => Ok(sum),
        None => Err(ArrayError::value(
            name,
            "the weights add up to 0 or to too much",
        )),
    }
}

fn drawn<T: Element>(
    stream: Stream,
    values: &[T],
    weights: Option<&[f64]>,
    shape: &[usize],
    chunks: Chunks,
) -> Result<Array> {
    let name = "choice";
    let axes = chunks.cut(name, shape, T::DTYPE)?;
    let size = shape
        .iter()
        .try_fold(1_usize, |size, &len| size.checked_mul(len.max(1)));
    if size.is_none() {
        return Err(ArrayError::value(
            name,
            "the shape has more elements than can be counted",
        ));
    }
    if values.is_empty() && !shape.contains(&0) {
        return Err(ArrayError::value(name, "there are no values to draw from"));
    }
    let mut inputs = vec![Array::from_block(Block::vector(values.to_vec()))];
    if let Some(weights) = weights {
        if weights.len() != values.len() {
            let reason = format!(
                "{} weights do not fit {} values",
                weights.len(),
                values.len()
            );
            return Err(ArrayError::value(name, reason));
        }
        checked(name, weights)?;
        let mut sum = 0.0;
        let sums = weights.iter().map(|weight| {
            sum += weight;
            sum
        });
        inputs.push(Array::from_block(Block::vector(sums.collect::<Vec<f64>>())));
    }
    let mut strides = Extent::from_elem(1, shape.len());
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis].max(1);
    }
    let layer = Picked {
        stream,
        starts: axes
            .iter()
            .map(|axis| axis.offsets().unwrap_or_default())
            .collect(),
        axes: axes.clone(),
        strides,
        inputs: inputs.len(),
    };
    let inputs: Vec<&Array> = inputs.iter().collect();
    Ok(Array::from_layer(layer, &inputs, T::DTYPE, axes))
}

struct Picked {
    stream: Stream,
    axes: Axes,
    starts: Vec<Vec<usize>>,
    strides: Extent,
    inputs: usize,
}

impl Layer for Picked {
    fn name(&self) -> &'static str {
        "choice"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.stream);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let starts = self.starts.iter().zip(&self.strides).zip(at);
        let first = starts.map(|((starts, stride), &at)| starts.get(at).unwrap_or(&0) * stride);
        let lengths = self.axes.iter().zip(at);
        let pick = Pick {
            stream: self.stream,
            place: Place {
                first: first.sum::<usize>() as u64,
                shape: lengths
                    .map(|(axis, &at)| axis.length(at).unwrap_or(0))
                    .collect(),
                strides: self.strides.clone(),
            },
        };
        let inputs = (0..self.inputs).map(|input| BlockRef::new(input, 0));
        BlockTask::kernel(Kernel::Make(Make::Pick(pick)), inputs)
    }
}

struct Raced(Race);

impl Layer for Raced {
    fn name(&self) -> &'static str {
        "sample_weighted"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.0);
    }

    fn block(&self, _at: &[usize]) -> BlockTask {
        let race = Kernel::Make(Make::Race(self.0.clone()));
        BlockTask::kernel(race, [BlockRef::new(0, 0)])
    }
}
