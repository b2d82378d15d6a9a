//! Random numbers that depend on nothing but a seed and a place.
//!
//! Element `i` of an array, counted in C order, is a function of word `i` of a stream of Philox
//! words (`philox.rs`); distributions are functions of one word (two for wide integers). So a block
//! can be made anywhere, in any order, and how an array is cut does not show in its values.

mod choice;
mod counts;
mod distribution;
mod gamma;
mod logarithm;
mod normal;
mod permutation;
mod philox;
mod place;

pub use choice::{Pick, Race};
pub use counts::Law;
pub use distribution::Distribution;
pub use permutation::Permutation;
pub use philox::Stream;
pub use place::{Place, Run};

use crate::block::Block;
use crate::dtype::DType;
use crate::error::KernelError;
use serde::{Deserialize, Serialize};

/// A block of independent random numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Random {
    /// Where the random words come from.
    pub stream: Stream,
    /// Where the block lies in its array.
    pub place: Place,
    /// What is drawn.
    pub distribution: Distribution,
    /// The dtype of the elements: `float64` or `float32` for numbers, any for integers and truth
    /// values.
    pub dtype: DType,
}

impl Random {
    pub(crate) fn name(&self) -> &'static str {
        self.distribution.name()
    }

    /// Whether making the numbers again costs less than to keep and fetch them.
    pub(crate) fn is_cheap(&self) -> bool {
        self.distribution.is_cheap()
    }

    pub(crate) fn run(&self) -> Result<Block, KernelError> {
        match self.dtype {
            DType::F64 => self.fill(distribution::floats),
            DType::F32 => self.fill(distribution::small_floats),
            DType::Bool => self.fill(distribution::truths),
            DType::I8 => self.fill(distribution::integers::<i8>),
            DType::I16 => self.fill(distribution::integers::<i16>),
            DType::I32 => self.fill(distribution::integers::<i32>),
            DType::I64 => match &self.distribution {
                Distribution::Counts(law) => self.counts(law),
                _ => self.fill(distribution::integers::<i64>),
            },
            DType::U8 => self.fill(distribution::integers::<u8>),
            DType::U16 => self.fill(distribution::integers::<u16>),
            DType::U32 => self.fill(distribution::integers::<u32>),
            DType::U64 => self.fill(distribution::integers::<u64>),
            DType::C64 | DType::C128 => Err(self.unfit()),
        }
    }

    fn fill<T: crate::Element>(
        &self,
        make: fn(&Distribution, &[u64], &mut [T]) -> bool,
    ) -> Result<Block, KernelError> {
        let words = self.distribution.words();
        self.place
            .fill(self.name(), self.stream, words, |words, out| {
                match make(&self.distribution, words, out) {
                    true => Ok(()),
                    false => Err(self.unfit()),
                }
            })
    }

    fn counts(&self, law: &Law) -> Result<Block, KernelError> {
        let table = law.table()?;
        let fill = |words: &[u64], out: &mut [i64]| {
            table.numbers(words, out);
            Ok(())
        };
        self.place.fill(self.name(), self.stream, 1, fill)
    }

    fn unfit(&self) -> KernelError {
        KernelError::DType {
            operation: self.name().to_owned(),
            dtype: self.dtype,
        }
    }
}

#[cfg(test)]
mod tests;
