//! Random elements of a block, and random places by weight.

use super::distribution::{inside, unit};
use super::logarithm::logarithm;
use super::permutation::below;
use super::philox::Stream;
use super::place::Place;
use crate::block::Block;
use crate::element::Element;
use crate::error::KernelError;
use crate::kernel::inputs_of;
use serde::{Deserialize, Serialize};

/// Random elements of a block of one axis: the first input. With a second input, `float64` running
/// sums of weights, elements come by their weights; else evenly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pick {
    /// Where the random words come from.
    pub stream: Stream,
    /// Where the block lies in its array.
    pub place: Place,
}

impl Pick {
    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Block, KernelError> {
        let mut inputs = inputs.into_iter();
        let values = inputs.next();
        let sums = inputs.next();
        let (Some(values), None) = (values, inputs.next()) else {
            return Err(KernelError::Program(
                "choice takes one or two blocks".to_owned(),
            ));
        };
        let sums = sums.map(Block::into_vec::<f64>).transpose()?;
        if values.ndim() != 1 || sums.as_ref().is_some_and(|sums| sums.len() != values.len()) {
            return Err(KernelError::value(
                "choice",
                "takes values along one axis, and as many weights",
            ));
        }
        if values.is_empty() && !self.place.shape.contains(&0) {
            return Err(KernelError::value(
                "choice",
                "there are no values to choose from",
            ));
        }
        crate::dispatch!(values.dtype(), T => self.pick(&values.into_vec::<T>()?, sums.as_deref()))
    }

    fn pick<T: Element>(&self, values: &[T], sums: Option<&[f64]>) -> Result<Block, KernelError> {
        let chosen = |word| match sums {
            None => below(word, values.len() as u64) as usize,
            Some(sums) => weighted(word, sums),
        };
        self.place.fill("choice", self.stream, 1, |words, out| {
            for (out, &word) in out.iter_mut().zip(words) {
                *out = values.get(chosen(word)).copied().unwrap_or(T::ZERO);
            }
            Ok(())
        })
    }
}

/// The place whose weight the word falls on. Places of weight 0 never come.
fn weighted(word: u64, sums: &[f64]) -> usize {
    let whole = sums.last().copied().unwrap_or(0.0);
    let target = unit(word) * whole;
    let last = sums.partition_point(|&sum| sum < whole);
    sums.partition_point(|&sum| sum <= target).min(last)
}

/// Places of weights, each at most once, in the order in which they would be drawn one after another:
/// the `count` first of a race in which each weight is a speed (P. Efraimidis, P. Spirakis, "Weighted
/// random sampling with a reservoir", 2006). The input is the weights, `float64`; the result `int64`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Race {
    /// Where the random words come from.
    pub stream: Stream,
    /// How many places are drawn.
    pub count: usize,
}

impl Race {
    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Block, KernelError> {
        let [weights] = inputs_of("choice", inputs)?;
        let weights = weights.into_vec::<f64>()?;
        let mut words = vec![0; weights.len()];
        self.stream.words(0, &mut words);
        let mut arrivals: Vec<(f64, i64)> = (0_i64..)
            .zip(weights.iter().zip(words))
            .filter(|(_, (weight, _))| **weight > 0.0)
            .map(|(place, (weight, word))| (-logarithm(inside(word)) / weight, place))
            .collect();
        if arrivals.len() < self.count {
            return Err(KernelError::value(
                "choice",
                format!(
                    "{} different ones cannot be drawn of {} with a weight above 0",
                    self.count,
                    arrivals.len()
                ),
            ));
        }
        let earlier = |a: &(f64, i64), b: &(f64, i64)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if self.count < arrivals.len() {
            arrivals.select_nth_unstable_by(self.count, earlier);
            arrivals.truncate(self.count);
        }
        arrivals.sort_unstable_by(earlier);
        Ok(Block::vector(
            arrivals
                .into_iter()
                .map(|(_, place)| place)
                .collect::<Vec<i64>>(),
        ))
    }
}
