//! Elements by their places, masks, and assignment.

mod assign;
mod basic;
mod edge;
mod lengths;
mod mask;
mod merge;
mod nonzero;
mod portion;
mod splice;
mod take;
#[cfg(test)]
mod tests;

pub use basic::Cut;
pub use edge::{Beside, Beyond, Edge};
pub use take::Start;

use crate::align::Align;
use crate::block::{Block, Extent};
use crate::error::{KernelError, Shape};
use crate::kernel::{Class, Outputs, inputs_of, one, single};
use crate::scalar::Number;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// What is taken of each axis, in order.
pub type Cuts = SmallVec<[Cut; 4]>;

/// Elements by their places, masks, and assignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Index {
    /// A part of the block by ranges and places; a view unless a step is negative.
    Slice {
        /// What is taken of each axis.
        cuts: Cuts,
        /// Whether it is a small part of the block, so that only the part should travel.
        part: bool,
    },
    /// Elements at places along an axis, in the order of the places, which may repeat.
    Take {
        /// The axis.
        axis: usize,
        /// The places.
        places: Vec<usize>,
    },
    /// Elements along an axis of several blocks: for each its block and the place in it.
    Collect {
        /// The axis.
        axis: usize,
        /// Block and place.
        places: Vec<(usize, usize)>,
    },
    /// Elements of one block by blocks of places, one for each axis from `axis` on: places, block.
    TakeAt {
        /// The first of the axes.
        axis: usize,
        /// How many axes.
        count: usize,
    },
    /// What of a block is asked for by blocks of places: places, block, lengths of the blocks along
    /// each axis whose start is not known.
    TakeWithin {
        /// The first of the axes.
        axis: usize,
        /// Per axis, where the block begins.
        starts: SmallVec<[Start; 2]>,
    },
    /// What `TakeWithin` made of several blocks, in the order of the places: places, the parts in
    /// C order of the grid, lengths of the blocks along each axis that has no cuts here.
    Gather {
        /// The first of the axes.
        axis: usize,
        /// How many blocks there are along each of the axes.
        grid: Extent,
        /// The lengths of the blocks along each of the axes, where known.
        cuts: SmallVec<[Option<Vec<usize>>; 1]>,
    },
    /// The elements where a mask is true, in C order: block, mask. The axes of the mask become one.
    Select {
        /// The first of the axes of the mask.
        axis: usize,
    },
    /// As `Select` on the first axes; a second output says how many were selected per place of the
    /// first `lead` axes.
    SelectCounted {
        /// How many axes the counts have.
        lead: usize,
    },
    /// How many truths a mask has per place of its first `lead` axes.
    Count {
        /// How many axes the counts have.
        lead: usize,
    },
    /// The sum of all counts, as a vector of one number.
    Total,
    /// What was selected of the blocks of a band in the order of the whole array: values and counts
    /// by turns, in C order of the blocks.
    Merge {
        /// How many blocks there are along the axes from 1 on, to the last that is cut.
        grid: Extent,
    },
    /// The places of what is not zero, one row each, and their counts per place of the first `lead`
    /// axes: block, lengths of the blocks along each axis whose start is not known.
    Nonzero {
        /// How many axes the counts have.
        lead: usize,
        /// The place of the block in the grid.
        at: Extent,
        /// Where the block begins along each axis, if known.
        starts: SmallVec<[Option<usize>; 4]>,
    },
    /// Places, one row each, as places in the elements in C order.
    RavelPlaces {
        /// The lengths of the axes; the first does not matter.
        lens: Extent,
    },
    /// The lengths of the block's axes, as `uint64`.
    Lengths,
    /// The length along an axis, as a vector of one number.
    Length {
        /// The axis.
        axis: usize,
    },
    /// Blocks one after another along their first axis.
    Chain,
    /// A number, or the value that is the second input, at a part of the block.
    Assign {
        /// The part.
        cuts: Cuts,
        /// The number.
        value: Option<Number>,
        /// Which block it is, for errors.
        block: Extent,
        /// What the part and the value must hold to, if lengths of either were not known.
        align: Option<Box<Align>>,
    },
    /// A number, or the rows of the second input, at places along an axis.
    AssignPlaces {
        /// The axis.
        axis: usize,
        /// The places; the last of equal ones wins.
        places: Vec<usize>,
        /// The number.
        value: Option<Number>,
        /// Which block it is, for errors.
        block: Extent,
    },
    /// A number, or the rows of the third input, at the places of the array along an axis that the
    /// second holds: block, places, value if it is no number, lengths of the blocks along the axis
    /// if its start is not known.
    AssignAt {
        /// The axis.
        axis: usize,
        /// Where the block begins along it.
        start: Start,
        /// The number.
        value: Option<Number>,
        /// Which block it is, for errors.
        block: Extent,
        /// What the places and the rows of the value must hold to, if their number was not known;
        /// the names are those of the inputs.
        rows: Option<Box<Align>>,
    },
    /// A number, or the elements of the third input, where a mask is true: block, mask, value.
    Put {
        /// The number.
        value: Option<Number>,
        /// Which block it is, for errors.
        block: Extent,
    },
    /// What of a block of values belongs to a band: values, the counts of all bands, the lengths of
    /// all blocks of values.
    Portion {
        /// Which band.
        band: usize,
        /// Which block of values.
        block: usize,
    },
    /// Values in C order of a band where a mask is true: block, mask, values of the band, and if it
    /// has several blocks their counts.
    Scatter {
        /// How many blocks there are along the axes from 1 on, to the last that is cut; empty if
        /// there is one block.
        grid: Extent,
        /// Which of the blocks of the band this is.
        at: usize,
        /// Which block it is, for errors.
        block: Extent,
    },
    /// What lies beside blocks along an axis.
    Edge(Edge),
}

impl Index {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Slice { .. } => "slice",
            Self::Take { .. } => "take",
            Self::Collect { .. } => "take-collect",
            Self::TakeAt { .. } => "take-at",
            Self::TakeWithin { .. } => "take-within",
            Self::Gather { .. } => "take-gather",
            Self::Select { .. } => "mask",
            Self::SelectCounted { .. } => "mask-counted",
            Self::Count { .. } => "mask-count",
            Self::Total => "mask-total",
            Self::Merge { .. } => "mask-merge",
            Self::Nonzero { .. } => "nonzero",
            Self::RavelPlaces { .. } => "ravel-places",
            Self::Lengths => "lengths",
            Self::Length { .. } => "length",
            Self::Chain => "chain",
            Self::Assign { .. } => "set",
            Self::AssignPlaces { .. } => "set-places",
            Self::AssignAt { .. } => "set-at",
            Self::Put { .. } => "set-mask",
            Self::Portion { .. } => "set-portion",
            Self::Scatter { .. } => "set-scatter",
            Self::Edge(edge) => edge.name(),
        }
    }

    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Slice { part: true, .. } | Self::Take { .. } => Class::Part,
            Self::Slice { part: false, .. }
            | Self::TakeAt { .. }
            | Self::Select { .. }
            | Self::RavelPlaces { .. }
            | Self::Assign { .. }
            | Self::AssignPlaces { .. }
            | Self::Put { .. } => Class::Inline,
            Self::Collect { .. }
            | Self::TakeWithin { .. }
            | Self::Gather { .. }
            | Self::SelectCounted { .. }
            | Self::Count { .. }
            | Self::Total
            | Self::Merge { .. }
            | Self::Nonzero { .. }
            | Self::Lengths
            | Self::Length { .. }
            | Self::Chain
            | Self::AssignAt { .. }
            | Self::Portion { .. }
            | Self::Scatter { .. } => Class::Task,
            Self::Edge(edge) => edge.class(),
        }
    }

    pub(crate) fn run(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        self.computed(inputs)
            .map_err(|error| match (error, self.assigned()) {
                (KernelError::NotFinite { count, dtype, .. }, Some(block)) => {
                    KernelError::NotFinite {
                        operation: format!("{} in block {}", self.name(), Shape(block.clone())),
                        count,
                        dtype,
                    }
                }
                (error, _) => error,
            })
    }

    /// The block that something is assigned to.
    fn assigned(&self) -> Option<&Extent> {
        match self {
            Self::Assign { block, .. }
            | Self::AssignPlaces { block, .. }
            | Self::AssignAt { block, .. }
            | Self::Put { block, .. }
            | Self::Scatter { block, .. } => Some(block),
            _ => None,
        }
    }

    fn computed(&self, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
        let name = self.name();
        let made = match self {
            Self::Slice { cuts, .. } => basic::slice(name, one(name, inputs)?, cuts),
            Self::Take { axis, places } => {
                let block = one(name, inputs)?;
                splice::splice(name, &[block], *axis, &splice::places(places))
            }
            Self::Collect { axis, places } => {
                let runs = places.iter().map(|&(part, start)| splice::Run {
                    part,
                    start,
                    len: 1,
                });
                splice::splice(name, &inputs, *axis, &runs.collect::<Vec<_>>())
            }
            Self::TakeAt { axis, count } => take::direct(name, *axis, *count, inputs),
            Self::TakeWithin { axis, starts } => take::within(name, *axis, starts, inputs),
            Self::Gather { axis, grid, cuts } => take::gather(name, *axis, grid, cuts, inputs),
            Self::Select { axis } => {
                let [block, mask] = inputs_of(name, inputs)?;
                mask::select(name, &block, &mask, *axis)
            }
            Self::SelectCounted { lead } => {
                let [block, mask] = inputs_of(name, inputs)?;
                let values = mask::select(name, &block, &mask, 0)?;
                return Ok([values, mask::counts(name, &mask, *lead)?]
                    .into_iter()
                    .collect());
            }
            Self::Count { lead } => mask::counts(name, &one(name, inputs)?, *lead),
            Self::Total => lengths::total(inputs),
            Self::Merge { grid } => merge::merge(name, grid, inputs),
            Self::Nonzero { lead, at, starts } => {
                let outputs = nonzero::nonzero(name, *lead, at, starts, inputs)?;
                return Ok(outputs.into_iter().collect());
            }
            Self::RavelPlaces { lens } => nonzero::ravel_places(name, lens, &one(name, inputs)?),
            Self::Lengths => Ok(lengths::lengths(&one(name, inputs)?)),
            Self::Length { axis } => lengths::length(name, &one(name, inputs)?, *axis),
            Self::Chain => lengths::chain(name, &inputs),
            Self::Assign {
                cuts, value, align, ..
            } => {
                let (block, value) = target(name, *value, inputs)?;
                assign::assign(name, block, cuts, value, align.as_deref())
            }
            Self::AssignPlaces {
                axis,
                places,
                value,
                ..
            } => {
                let (block, value) = target(name, *value, inputs)?;
                assign::assign_places(name, block, *axis, places, value)
            }
            Self::AssignAt {
                axis,
                start,
                value,
                rows,
                ..
            } => take::assign_at(name, *axis, *start, *value, rows.as_deref(), inputs),
            Self::Put { value, .. } => {
                let mut inputs = inputs;
                if inputs.len() < 2 {
                    return Err(KernelError::Program(format!("{name} without a mask")));
                }
                let mask = inputs.remove(1);
                let (block, value) = target(name, *value, inputs)?;
                assign::put(name, block, &mask, value)
            }
            Self::Portion { band, block } => portion::portion(name, *band, *block, &inputs),
            Self::Scatter { grid, at, .. } => assign::scatter(name, grid, *at, inputs),
            Self::Edge(edge) => return edge.run(inputs),
        };
        Ok(single(made?))
    }
}

/// The block that is changed, and the value.
fn target(
    name: &str,
    literal: Option<Number>,
    inputs: Vec<Block>,
) -> Result<(Block, Block), KernelError> {
    let mut inputs = inputs.into_iter();
    let block = inputs.next();
    let block = block.ok_or_else(|| KernelError::Program(format!("{name} without a block")))?;
    let value = assign::value(name, literal, block.dtype(), &mut inputs)?;
    Ok((block, value))
}
