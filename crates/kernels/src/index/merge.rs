//! What masks selected of the blocks of a band, put into the order of the whole array.
//!
//! A band is all blocks at one place of axis 0. In C order the last axis that is cut into several
//! blocks runs through all of them for each place of the axes before it, the *lead*. So each block
//! says how much it selected per place of the lead, and the merge takes turns.

use super::splice::{Run, splice};
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::error::{KernelError, Shape};

/// The blocks of a band, with their counts.
pub(super) struct Band<'a> {
    /// How many blocks there are along the axes from 1 on, to the last one that is cut.
    pub grid: &'a [usize],
    /// Per block in C order of the grid: the counts, of the shape of the lead.
    pub counts: Vec<Block>,
}

/// Which turn it is: so many of the selected of one block.
pub(super) struct Turn {
    pub part: usize,
    pub len: usize,
}

impl Band<'_> {
    /// All turns in C order of the whole band.
    pub(super) fn turns(&self, operation: &str) -> Result<Vec<Turn>, KernelError> {
        let lead = self.grid.len();
        let blocks: usize = self.grid.iter().product();
        if lead == 0 || blocks != self.counts.len() || blocks == 0 {
            return Err(KernelError::Program(format!(
                "{operation} of {} blocks in a grid of {:?}",
                self.counts.len(),
                self.grid
            )));
        }
        let mut counts = Vec::with_capacity(blocks);
        for block in &self.counts {
            if block.ndim() != lead || block.dtype() != DType::I64 {
                return Err(self.odd(operation, block));
            }
            counts.push(block.clone().into_vec::<i64>()?);
        }
        // The lengths of the blocks along the lead: axis 0 is one block, axis k is cut as grid[k-1].
        let strides = strides(self.grid);
        let mut lens: Vec<Vec<usize>> = vec![vec![self.counts[0].len_of(0)]];
        for axis in 1..lead {
            let along = 0..self.grid[axis - 1];
            lens.push(
                along
                    .map(|at| self.counts[at * strides[axis - 1]].len_of(axis))
                    .collect(),
            );
        }
        for (part, block) in self.counts.iter().enumerate() {
            let fits = (1..lead).all(|axis| {
                block.len_of(axis) == lens[axis][part / strides[axis - 1] % self.grid[axis - 1]]
            });
            if !fits || block.len_of(0) != lens[0][0] {
                return Err(self.odd(operation, block));
            }
        }
        let mut walk = Walk {
            lens: &lens,
            strides: &strides,
            last: self.grid[lead - 1],
            counts: &counts,
            turns: Vec::new(),
        };
        walk.axis(0, 0, &mut Extent::new());
        Ok(walk.turns)
    }

    fn odd(&self, operation: &str, block: &Block) -> KernelError {
        KernelError::Shapes {
            operation: operation.to_owned(),
            left: Shape(self.counts[0].shape().into()),
            right: Shape(block.shape().into()),
        }
    }
}

fn strides(grid: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; grid.len()];
    for axis in (1..grid.len()).rev() {
        strides[axis - 1] = strides[axis] * grid[axis];
    }
    strides
}

/// Goes through the places of the lead in C order of the whole band.
struct Walk<'a> {
    /// Per axis of the lead: the lengths of its blocks.
    lens: &'a [Vec<usize>],
    /// Of the grid.
    strides: &'a [usize],
    /// How many blocks there are along the last axis of the grid.
    last: usize,
    counts: &'a [Vec<i64>],
    turns: Vec<Turn>,
}

impl Walk<'_> {
    /// `first` is the block at the place so far, `inside` the place in it.
    fn axis(&mut self, axis: usize, first: usize, inside: &mut Extent) {
        if axis == self.lens.len() {
            let mut place = 0;
            for (axis, &at) in inside.iter().enumerate() {
                let block = match axis {
                    0 => 0,
                    _ => first / self.strides[axis - 1] % self.lens[axis].len(),
                };
                place = place * self.lens[axis][block] + at;
            }
            for part in first..first + self.last {
                let count = self.counts[part].get(place).copied().unwrap_or(0);
                if let Ok(len @ 1..) = usize::try_from(count) {
                    self.turns.push(Turn { part, len });
                }
            }
            return;
        }
        for block in 0..self.lens[axis].len() {
            let first = match axis {
                0 => first,
                _ => first + block * self.strides[axis - 1],
            };
            for at in 0..self.lens[axis][block] {
                inside.push(at);
                self.axis(axis + 1, first, inside);
                inside.pop();
            }
        }
    }
}

/// The selected of all blocks in C order: `blocks` are values and counts by turns.
pub(super) fn merge(
    operation: &str,
    grid: &[usize],
    blocks: Vec<Block>,
) -> Result<Block, KernelError> {
    let mut values = Vec::with_capacity(blocks.len() / 2);
    let mut counts = Vec::with_capacity(blocks.len() / 2);
    for (at, block) in blocks.into_iter().enumerate() {
        match at % 2 {
            0 => values.push(block),
            _ => counts.push(block),
        }
    }
    let band = Band { grid, counts };
    let mut next = vec![0; values.len()];
    let mut runs = Vec::new();
    for Turn { part, len } in band.turns(operation)? {
        let Some(start) = next.get_mut(part) else {
            return Err(KernelError::Program(format!("{operation} without counts")));
        };
        runs.push(Run {
            part,
            start: *start,
            len,
        });
        *start += len;
    }
    splice(operation, &values, 0, &runs)
}
