//! Sorting, counting, searching.
//!
//! What looks at whole rows along an axis (sorting, exact quantiles) takes all blocks of the row.
//! What counts makes a *state* of each block, merges states, and makes the result of the last.

mod bins;
mod digest;
mod lanes;
mod quantile;
mod search;
mod sort;
mod top;
mod unique;

pub use bins::equal_bins;
pub use quantile::{Interpolation, Quantiles};
pub use top::Top;

use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Class, Outputs, inputs_of, one, single};
use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tally {
    /// The different elements, and how often each occurs: two blocks.
    Unique,
    /// How many elements have each value from 0, or the sums of their weights.
    Bincount {
        /// The least length of the result.
        minlength: usize,
    },
    /// How many elements lie in each bin, or the sums of their weights. The edges are the first
    /// input.
    Histogram,
    /// A digest, of which quantiles are read: two blocks.
    Digest,
}

impl Tally {
    /// Of how many blocks a state consists.
    pub const fn parts(self) -> usize {
        match self {
            Self::Unique | Self::Digest => 2,
            Self::Bincount { .. } | Self::Histogram => 1,
        }
    }

    /// What is counted, in a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unique => "unique",
            Self::Bincount { .. } => "bincount",
            Self::Histogram => "histogram",
            Self::Digest => "digest",
        }
    }
}

/// Sorting, counting, searching.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Order {
    /// Blocks behind each other along an axis, sorted along it; as many blocks of the same lengths.
    Sort {
        /// Along which axis.
        axis: usize,
    },
    /// Exact quantiles of blocks behind each other along an axis.
    Quantiles(Quantiles),
    /// A block becomes a state of the greatest few.
    Top(Top),
    /// States of the greatest few, in a row, become one.
    MergeTop(Top),
    /// As `MergeTop`, and the one state becomes the result.
    FinishTop(Top),
    /// A block becomes a state of counts.
    Tally(Tally),
    /// States of counts become one.
    MergeTally(Tally),
    /// Where each element of a block is among different elements in order: those, and the block.
    Inverse,
    /// The least and the greatest element become the edges of bins.
    Edges {
        /// How many bins.
        bins: usize,
    },
    /// Counts and edges become a density.
    Density,
    /// A digest becomes quantiles.
    ReadDigest {
        /// Which, from 0 to 1.
        at: Vec<f64>,
    },
    /// In which bin each element lies.
    Digitize {
        /// The edges of the bins, rising or falling.
        edges: Vec<f64>,
        /// Whether the right edge belongs to a bin, not the left.
        right: bool,
    },
    /// How many elements of a sorted row, whose blocks come after the values, are before each value.
    Search {
        /// Whether equal ones are before it too.
        right: bool,
    },
}

impl Order {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sort { .. } => "sort",
            Self::Quantiles(_) | Self::ReadDigest { .. } => "quantile",
            Self::Top(top) | Self::MergeTop(top) | Self::FinishTop(top) => top.name(),
            Self::Tally(tally) | Self::MergeTally(tally) => tally.name(),
            Self::Inverse => "unique",
            Self::Edges { .. } | Self::Density => "histogram",
            Self::Digitize { .. } => "digitize",
            Self::Search { .. } => "searchsorted",
        }
    }

    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Digitize { .. } => Class::Inline,
            _ => Class::Task,
        }
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let name = self.name();
        match self {
            Self::Sort { axis } => sort::sort(&inputs, *axis),
            Self::Quantiles(quantiles) => quantiles.run(&inputs).map(single),
            Self::Top(top) => top.partial(&one(name, inputs)?),
            Self::MergeTop(top) => top.merge(&inputs),
            Self::FinishTop(top) => top.finish(&top.merge(&inputs)?).map(single),
            Self::Tally(tally) => match *tally {
                Tally::Unique => unique::partial(&one(name, inputs)?),
                Tally::Bincount { minlength } => bins::bincount(&inputs, minlength),
                Tally::Histogram => bins::histogram(&inputs),
                Tally::Digest => digest::partial(&one(name, inputs)?),
            },
            Self::MergeTally(tally) => match tally {
                Tally::Unique => unique::merge(&inputs),
                Tally::Bincount { .. } | Tally::Histogram => bins::merge_counts(&inputs),
                Tally::Digest => digest::merge(&inputs),
            },
            Self::Inverse => {
                let [values, block] = inputs_of(name, inputs)?;
                search::search(&[values], &block, false).map(single)
            }
            Self::Edges { bins } => {
                let [least, greatest] = inputs_of(name, inputs)?;
                bins::edges(&least, &greatest, *bins).map(single)
            }
            Self::Density => {
                let [counts, edges] = inputs_of(name, inputs)?;
                bins::density(&counts, &edges).map(single)
            }
            Self::ReadDigest { at } => digest::quantiles(&inputs, at).map(single),
            Self::Digitize { edges, right } => {
                search::digitize(&one(name, inputs)?, edges, *right).map(single)
            }
            Self::Search { right } => match inputs.split_first() {
                Some((values, sorted)) => search::search(sorted, values, *right).map(single),
                None => Err(KernelError::Program("a search of nothing".to_owned())),
            },
        }
    }
}

#[cfg(test)]
mod tests;
