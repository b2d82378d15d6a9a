//! Where a block lies in its array, and in which rows its elements lie there in C order.

use super::philox::Stream;
use crate::block::{Block, Extent};
use crate::element::Element;
use crate::error::KernelError;
use crate::room::zeros;
use serde::{Deserialize, Serialize};

/// A block's shape, and where it lies in its array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The place of the first element in the array, in C order.
    pub first: u64,
    /// The shape of the block.
    pub shape: Extent,
    /// How far neighbours along each axis are from each other in the array, in elements.
    pub strides: Extent,
}

/// Elements of the block that are neighbours in the array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The place of the first one in the array.
    pub start: u64,
    /// How many.
    pub len: usize,
}

/// How many elements are made at a time: their words and the elements stay in the nearest cache.
pub(super) const TILE: usize = 256;

/// The most words of the stream that an element takes.
const MOST_WORDS: usize = 2;

impl Place {
    /// A block of elements that are made of random words, run by run, each run in tiles: `make` makes
    /// elements of `words` words each.
    ///
    /// # Errors
    /// If there is not so much memory, or `make` cannot.
    pub(super) fn fill<T: Element>(
        &self,
        name: &str,
        stream: Stream,
        words: usize,
        mut make: impl FnMut(&[u64], &mut [T]) -> Result<(), KernelError>,
    ) -> Result<Block, KernelError> {
        debug_assert!(words <= MOST_WORDS, "{words} words per element");
        let mut buffer = [0; MOST_WORDS * TILE];
        let mut elements = zeros(name, &self.shape)?;
        let mut rest = elements.as_mut_slice();
        for run in self.runs()? {
            let (row, after) = rest.split_at_mut(run.len.min(rest.len()));
            rest = after;
            let mut at = run.start;
            for tile in row.chunks_mut(TILE) {
                let tile_words = &mut buffer[..tile.len() * words];
                stream.words(at.wrapping_mul(words as u64), tile_words);
                make(tile_words, tile)?;
                at = at.wrapping_add(tile.len() as u64);
            }
        }
        Block::new(elements, &self.shape)
    }

    /// The runs of the block, in its own C order. Their lengths add up to the block's.
    ///
    /// # Errors
    /// If shape and strides have different numbers of axes.
    pub fn runs(&self) -> Result<impl Iterator<Item = Run> + '_, KernelError> {
        if self.shape.len() != self.strides.len() {
            return Err(KernelError::Program(format!(
                "{:?} and {:?} are no place of a block",
                self.shape, self.strides
            )));
        }
        // The last axes lie in a row as long as each is as long as in the array.
        let (mut len, mut outer) = (1_usize, self.shape.len());
        while let Some(axis) = outer.checked_sub(1) {
            if self.strides[axis] != len && self.shape[axis] != 1 {
                break;
            }
            len = len.saturating_mul(self.shape[axis]);
            outer = axis;
        }
        let count = if self.shape.contains(&0) {
            0
        } else {
            self.shape[..outer]
                .iter()
                .fold(1, |n: usize, &len| n.saturating_mul(len))
        };
        let mut at = Extent::from_elem(0, outer);
        let mut start = self.first;
        Ok((0..count).map(move |_| {
            let run = Run { start, len };
            for axis in (0..outer).rev() {
                at[axis] += 1;
                start = start.wrapping_add(self.strides[axis] as u64);
                if at[axis] < self.shape[axis] {
                    break;
                }
                let back = (self.strides[axis] as u64).wrapping_mul(self.shape[axis] as u64);
                start = start.wrapping_sub(back);
                at[axis] = 0;
            }
            run
        }))
    }
}
