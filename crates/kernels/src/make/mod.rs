//! New elements of nothing: constants, ramps, identities, random numbers.

mod basic;
mod constant;
mod grid;
mod random;

pub use basic::{Diagonal, Line, Ramp};
pub use constant::{Constant, Like};
pub use grid::Grid;
pub use random::{Distribution, Law, Permutation, Pick, Place, Race, Random, Run, Stream};

use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, inputs_of, single};
use serde::{Deserialize, Serialize};

/// New elements of nothing, or (random choices) of little.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Make {
    /// One value everywhere.
    Constant(Constant),
    /// One value everywhere, in the shape of the one input.
    Like(Like),
    /// Values that grow by the same step along one axis.
    Ramp(Ramp),
    /// numpy's `linspace`: evenly spaced values between two ends.
    Line(Line),
    /// Ones on a diagonal, or on and below one, and zeros elsewhere.
    Diagonal(Diagonal),
    /// Independent random numbers.
    Random(Random),
    /// Values along one axis, repeated along all others.
    Grid(Grid),
    /// A part of the numbers from 0 in random order.
    Permutation(Permutation),
    /// Random elements of a block, each as often as it comes.
    Pick(Pick),
    /// Random places by weight, each at most once.
    Race(Race),
}

impl Make {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Constant(_) | Self::Like(_) => "full",
            Self::Ramp(_) => "arange",
            Self::Line(_) => "linspace",
            Self::Diagonal(diagonal) => diagonal.name(),
            Self::Random(random) => random.name(),
            Self::Grid(_) => "meshgrid",
            Self::Permutation(_) => "permutation",
            Self::Pick(_) | Self::Race(_) => "choice",
        }
    }

    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Constant(_) | Self::Ramp(_) | Self::Line(_) | Self::Diagonal(_) => Class::Source,
            Self::Random(random) if random.is_cheap() => Class::Source,
            // Dearer than to fetch what was made: made once if several use it.
            Self::Random(_) | Self::Permutation(_) | Self::Like(_) => Class::Inline,
            Self::Grid(_) | Self::Pick(_) | Self::Race(_) => Class::Task,
        }
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let block = match self {
            Self::Like(like) => return like.run(inputs).map(single),
            Self::Grid(grid) => return grid.run(inputs).map(single),
            Self::Pick(pick) => return pick.run(inputs).map(single),
            Self::Race(race) => return race.run(inputs).map(single),
            source => {
                let [] = inputs_of(self.name(), inputs)?;
                match source {
                    Self::Constant(constant) => constant.run(),
                    Self::Ramp(ramp) => ramp.run(),
                    Self::Line(line) => line.run(),
                    Self::Diagonal(diagonal) => diagonal.run(),
                    Self::Random(random) => random.run(),
                    Self::Permutation(permutation) => permutation.run(),
                    Self::Like(_) | Self::Grid(_) | Self::Pick(_) | Self::Race(_) => {
                        return Ok(Outputs::new());
                    }
                }
            }
        };
        block.map(single)
    }
}

#[cfg(test)]
mod tests;
