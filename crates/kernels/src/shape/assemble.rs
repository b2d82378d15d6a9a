//! One block of parts of others.

use crate::block::copy::{Lane, copy_box};
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::kernel::Class;
use crate::room::{filled, zeros};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// One block that is put together of parts in a grid.
///
/// Each axis of the result is a row of cuts. The grid has a cell for each choice of one cut per axis,
/// in C order; each cell takes its part of an input of its own. Cells that are filled have no input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assemble {
    /// What it is called: in the names of tasks and in errors.
    pub purpose: Purpose,
    /// Per axis the parts that lie behind each other.
    pub cuts: Vec<SmallVec<[Cut; 1]>>,
    /// What [`Cut::Fill`] fills with.
    pub fill: Option<Fill>,
}

/// What parts are put together for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// Other chunks of the same elements.
    Rechunk,
    /// Arrays behind each other.
    Concatenate,
    /// Elements around.
    Pad,
    /// Elements moved along an axis.
    Roll,
    /// An axis backwards.
    Flip,
    /// Blocks with what lies beside them.
    Overlap,
    /// Blocks without what lay beside them.
    Trim,
    /// A range.
    Part,
}

/// What of a block becomes a part of the result, along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cut {
    /// All of it, however long it is.
    All,
    /// All of it, last first.
    Reversed,
    /// A range.
    Part {
        /// Where it starts.
        start: usize,
        /// How many elements.
        len: usize,
    },
    /// A range, last first.
    ReversedPart {
        /// Where it starts in the block: this element becomes the last.
        start: usize,
        /// How many elements.
        len: usize,
    },
    /// All but some on both sides.
    Trim {
        /// How many are left out at the start.
        before: usize,
        /// How many are left out at the end.
        after: usize,
    },
    /// One element again and again.
    Hold {
        /// Which.
        at: usize,
        /// How often.
        len: usize,
    },
    /// Nothing of a block, but the value to fill with.
    Fill {
        /// How many elements.
        len: usize,
    },
}

/// A value to fill with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    dtype: DType,
    bytes: SmallVec<[u8; 16]>,
}

impl Fill {
    /// This value.
    pub fn of<T: Element>(value: T) -> Self {
        Self {
            dtype: T::DTYPE,
            bytes: bytemuck::bytes_of(&value).into(),
        }
    }

    /// The one element of a block.
    ///
    /// # Errors
    /// If it has not one element.
    pub fn of_block(block: &Block) -> Result<Self, KernelError> {
        crate::dispatch!(block.dtype(), T => Ok(Self::of(block.item::<T>()?)))
    }

    /// As the bytes of numbers: equal for equal values.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn get<T: Element>(&self) -> Option<T> {
        bytemuck::checked::try_pod_read_unaligned(&self.bytes)
            .ok()
            .filter(|_| self.dtype == T::DTYPE)
    }
}

impl Cut {
    /// The number of elements that it takes of an axis of this length, or of any.
    fn len_in(self, len: Option<usize>) -> Option<usize> {
        match self {
            Self::All | Self::Reversed => len,
            Self::Trim { before, after } => len?.checked_sub(before.checked_add(after)?),
            Self::Part { len, .. }
            | Self::ReversedPart { len, .. }
            | Self::Hold { len, .. }
            | Self::Fill { len } => Some(len),
        }
    }

    /// Of an axis of this length: the first element that is taken, which way it goes on, and how
    /// many. `None` if they are not there.
    fn place(self, axis_len: usize) -> Option<(usize, isize, usize)> {
        let within = |start: usize, len: usize| {
            let end = start.checked_add(len)?;
            (end <= axis_len).then_some((start, len))
        };
        let backwards = |(start, len): (usize, usize)| ((start + len).saturating_sub(1), -1, len);
        match self {
            Self::All => Some((0, 1, axis_len)),
            Self::Reversed => Some(backwards((0, axis_len))),
            Self::Part { start, len } => within(start, len).map(|(start, len)| (start, 1, len)),
            Self::ReversedPart { start, len } => within(start, len).map(backwards),
            Self::Trim { before, .. } => self.len_in(Some(axis_len)).map(|len| (before, 1, len)),
            Self::Hold { at, len } => (len == 0 || at < axis_len).then_some((at, 0, len)),
            Self::Fill { .. } => None,
        }
    }
}

impl Assemble {
    pub(super) fn name(&self) -> &'static str {
        match self.purpose {
            Purpose::Rechunk => "rechunk",
            Purpose::Concatenate => "concatenate",
            Purpose::Pad => "pad",
            Purpose::Roll => "roll",
            Purpose::Flip => "flip",
            Purpose::Overlap => "overlap",
            Purpose::Trim => "trim",
            Purpose::Part => "part",
        }
    }

    pub(super) fn class(&self) -> Class {
        let as_long = |cut: &Cut| matches!(cut, Cut::All | Cut::Reversed);
        let as_large = |cuts: &SmallVec<[Cut; 1]>| cuts.len() == 1 && as_long(&cuts[0]);
        match self.cuts.iter().all(as_large) {
            true => Class::Inline,
            false => Class::Part,
        }
    }

    pub(super) fn run(&self, inputs: Vec<Block>) -> Result<Block, KernelError> {
        let name = self.name();
        let cells = self.cells(&inputs)?;
        if let ([cell], [block]) = (&cells[..], &inputs[..])
            && let Some(view) = view(block, &cell.cuts)?
        {
            return Ok(view);
        }
        let dtype = match (inputs.first(), &self.fill) {
            (Some(block), _) => block.dtype(),
            (None, Some(fill)) => fill.dtype,
            (None, None) => return Err(KernelError::Program(format!("{name} of nothing"))),
        };
        let lens = self.lengths(&cells, &inputs)?;
        let shape: Extent = lens.iter().map(|lens| sum(lens)).collect();
        crate::dispatch!(dtype, T => {
            let fill = self.fill.as_ref().and_then(Fill::get::<T>);
            let mut to: Vec<T> = match fill {
                Some(fill) => filled(name, &shape, fill)?,
                None => zeros(name, &shape)?,
            };
            if !to.is_empty() {
                for cell in &cells {
                    if let Some(block) = cell.input.and_then(|input| inputs.get(input)) {
                        cell.copy(name, block.raw::<T>()?, block, &lens, &shape, &mut to)?;
                    }
                }
            }
            Block::new(to, &shape)
        })
    }

    /// The cells of the grid in C order, with their inputs.
    fn cells(&self, inputs: &[Block]) -> Result<Vec<Cell>, KernelError> {
        let count = self
            .cuts
            .iter()
            .try_fold(1_usize, |n, cuts| n.checked_mul(cuts.len()));
        let wrong = || {
            KernelError::Program(format!(
                "{} of {} blocks into {:?}",
                self.name(),
                inputs.len(),
                self.cuts
            ))
        };
        let mut taken = 0;
        let mut cells = Vec::new();
        for linear in 0..count.ok_or_else(wrong)? {
            let mut rest = linear;
            let mut place = Extent::from_elem(0, self.cuts.len());
            for (axis, cuts) in self.cuts.iter().enumerate().rev() {
                place[axis] = rest % cuts.len();
                rest /= cuts.len();
            }
            let chosen = self.cuts.iter().zip(&place);
            let cuts: SmallVec<[Cut; 4]> = chosen.map(|(cuts, &at)| cuts[at]).collect();
            let filled = cuts.iter().any(|cut| matches!(cut, Cut::Fill { .. }));
            if filled && self.fill.is_none() {
                return Err(wrong());
            }
            let input = (!filled).then_some(taken);
            taken += usize::from(!filled);
            if taken > inputs.len() {
                return Err(wrong());
            }
            cells.push(Cell { place, cuts, input });
        }
        if taken != inputs.len() {
            return Err(wrong());
        }
        Ok(cells)
    }

    /// Per axis the length of each part.
    fn lengths(&self, cells: &[Cell], inputs: &[Block]) -> Result<Vec<Extent>, KernelError> {
        let mut lens: Vec<SmallVec<[Option<usize>; 4]>> = self
            .cuts
            .iter()
            .map(|cuts| cuts.iter().map(|cut| cut.len_in(None)).collect())
            .collect();
        let first = inputs.first();
        for cell in cells {
            let Some(block) = cell.input.and_then(|input| inputs.get(input)) else {
                continue;
            };
            if block.ndim() != self.cuts.len() || Some(block.dtype()) != first.map(Block::dtype) {
                return Err(cell.wrong(self.name(), block));
            }
            for (axis, cut) in cell.cuts.iter().enumerate() {
                let len = &mut lens[axis][cell.place[axis]];
                let here = cut.len_in(Some(block.len_of(axis)));
                if here.is_none() || len.is_some_and(|len| Some(len) != here) {
                    return Err(cell.wrong(self.name(), block));
                }
                *len = here;
            }
        }
        let known = lens.into_iter().map(|lens| lens.into_iter().collect());
        let known: Option<Vec<Extent>> = known.collect();
        known.ok_or_else(|| {
            KernelError::value(
                self.name(),
                "the length of a part that is filled is not known",
            )
        })
    }
}

/// One part.
struct Cell {
    place: Extent,
    cuts: SmallVec<[Cut; 4]>,
    input: Option<usize>,
}

impl Cell {
    fn wrong(&self, name: &str, block: &Block) -> KernelError {
        KernelError::value(
            name,
            format!(
                "part {} is {:?} of a block of {} of the shape {}, which does not fit the others",
                Shape(self.place.clone()),
                self.cuts,
                block.dtype(),
                Shape(block.shape().into())
            ),
        )
    }

    fn copy<T: Element>(
        &self,
        name: &str,
        from: &[T],
        block: &Block,
        lens: &[Extent],
        shape: &[usize],
        to: &mut [T],
    ) -> Result<(), KernelError> {
        let mut lanes: SmallVec<[Lane; 4]> = SmallVec::new();
        let (mut source, mut target, mut stride) = (0, 0, 1);
        for axis in (0..shape.len()).rev() {
            let place = self.cuts[axis].place(block.len_of(axis));
            let (start, step, len) = place.ok_or_else(|| self.wrong(name, block))?;
            let along = block.strides()[axis];
            if len == 0 {
                return Ok(());
            }
            source += start * along;
            target += sum(&lens[axis][..self.place[axis]]) * stride;
            lanes.push(Lane {
                len,
                from: step * along as isize,
                to: stride,
            });
            stride *= shape[axis];
        }
        lanes.reverse();
        copy_box(&lanes, from, source, &mut to[target..]);
        Ok(())
    }
}

/// The one part of a block without a copy, where it goes forwards along each axis.
fn view(block: &Block, cuts: &[Cut]) -> Result<Option<Block>, KernelError> {
    let mut part = block.clone();
    for (axis, cut) in cuts.iter().enumerate() {
        let len = block.len_of(axis);
        match cut.place(len) {
            Some((_, 1, taken)) if taken == len => {}
            Some((start, 1, len)) => part = part.sliced(axis, start, len, 1)?,
            _ => return Ok(None),
        }
    }
    Ok((block.ndim() == cuts.len()).then_some(part))
}

fn sum(lens: &[usize]) -> usize {
    lens.iter().fold(0, |sum, &len| sum.saturating_add(len))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Assemble, Cut, Fill, Purpose};
    use crate::block::Block;
    use crate::kernel::Class;
    use smallvec::SmallVec;

    fn assemble(cuts: &[&[Cut]]) -> Assemble {
        Assemble {
            purpose: Purpose::Rechunk,
            cuts: cuts.iter().map(|cuts| SmallVec::from_slice(cuts)).collect(),
            fill: None,
        }
    }

    fn block(shape: &[usize]) -> Block {
        let len = shape.iter().product::<usize>() as i64;
        Block::new((0..len).collect(), shape).unwrap()
    }

    #[test]
    fn parts_behind_each_other() {
        let kernel = assemble(&[
            &[
                Cut::Part { start: 1, len: 1 },
                Cut::Part { start: 0, len: 1 },
            ],
            &[Cut::All, Cut::Reversed],
        ]);
        let blocks = vec![
            block(&[2, 2]),
            block(&[3, 2]),
            block(&[2, 2]),
            block(&[1, 2]),
        ];
        let made = kernel.run(blocks).unwrap();
        assert_eq!(made.shape(), [2, 4]);
        assert_eq!(made.into_vec::<i64>().unwrap(), [2, 3, 3, 2, 0, 1, 1, 0]);
        assert_eq!(kernel.class(), Class::Part);
    }

    #[test]
    fn one_part_is_a_view() {
        let kernel = assemble(&[&[Cut::Part { start: 1, len: 1 }], &[Cut::All]]);
        assert_eq!(kernel.class(), Class::Part);
        assert_eq!(assemble(&[&[Cut::Reversed]]).class(), Class::Inline);
        let made = kernel.run(vec![block(&[2, 3])]).unwrap();
        assert_eq!(made.into_vec::<i64>().unwrap(), [3, 4, 5]);
        let trimmed = assemble(&[&[Cut::Trim {
            before: 1,
            after: 2,
        }]]);
        let made = trimmed.run(vec![block(&[5])]).unwrap();
        assert_eq!(made.into_vec::<i64>().unwrap(), [1, 2]);
        assert!(trimmed.run(vec![block(&[2])]).is_err());
        assert!(trimmed.run(vec![block(&[5, 5])]).is_err());
    }

    #[test]
    fn fills_holds_and_turns() {
        let kernel = Assemble {
            fill: Some(Fill::of(9_i64)),
            ..assemble(&[
                &[Cut::Fill { len: 1 }, Cut::Hold { at: 1, len: 2 }],
                &[Cut::ReversedPart { start: 1, len: 2 }],
            ])
        };
        let made = kernel.run(vec![block(&[2, 3])]).unwrap();
        assert_eq!(made.into_vec::<i64>().unwrap(), [9, 9, 5, 4, 5, 4]);
        let all = Assemble {
            fill: Some(Fill::of(true)),
            ..assemble(&[&[Cut::Fill { len: 2 }]])
        };
        let made = all.run(vec![]).unwrap();
        assert_eq!(made.into_vec::<bool>().unwrap(), [true, true]);
    }

    #[test]
    fn no_elements_and_no_axes() {
        let kernel = assemble(&[&[Cut::All, Cut::All], &[Cut::Reversed]]);
        let made = kernel.run(vec![block(&[0, 3]), block(&[2, 3])]).unwrap();
        assert_eq!(made.shape(), [2, 3]);
        assert_eq!(made.into_vec::<i64>().unwrap(), [2, 1, 0, 5, 4, 3]);
        let made = kernel.run(vec![block(&[0, 0]), block(&[2, 0])]).unwrap();
        assert_eq!(made.shape(), [2, 0]);
        let made = assemble(&[]).run(vec![Block::scalar(4_i64)]).unwrap();
        assert_eq!(made.item::<i64>().unwrap(), 4);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let two = assemble(&[&[Cut::All], &[Cut::All, Cut::All]]);
        assert!(two.run(vec![block(&[2, 2]), block(&[3, 2])]).is_err());
        assert!(two.run(vec![block(&[2, 2])]).is_err());
        assert!(two.run(vec![block(&[2, 2]); 3]).is_err());
        let real = Block::new(vec![0.0; 4], &[2, 2]).unwrap();
        assert!(two.run(vec![block(&[2, 2]), real]).is_err());
        let far = Cut::Part {
            start: usize::MAX,
            len: 2,
        };
        assert!(assemble(&[&[far]]).run(vec![block(&[2])]).is_err());
        assert!(assemble(&[&[far, far]]).run(vec![block(&[2]); 2]).is_err());
        assert!(assemble(&[&[Cut::Fill { len: 2 }]]).run(vec![]).is_err());
        let filled = Assemble {
            fill: Some(Fill::of(1_i64)),
            ..assemble(&[&[Cut::Fill { len: usize::MAX }, Cut::Fill { len: 3 }]])
        };
        assert!(filled.run(vec![]).is_err());
    }
}
