//! Elements of an axis in another order, as ranges of blocks.

use super::pieces::{Along, Piece, Pieces};
use crate::axis::Axis;
use taskloom_kernels::shape::Cut;

/// Elements of an axis one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// From this one on.
    Forwards { start: usize, len: usize },
    /// From this one back.
    Backwards { start: usize, len: usize },
    /// This one again and again.
    Hold { at: usize, len: usize },
    /// What is not of the axis.
    Fill { len: usize },
}

impl Run {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Forwards { len, .. }
            | Self::Backwards { len, .. }
            | Self::Hold { len, .. }
            | Self::Fill { len } => len,
        }
    }

    /// The part with `len` elements after the first `skip`.
    fn part(self, skip: usize, len: usize) -> Self {
        match self {
            Self::Forwards { start, .. } => Self::Forwards {
                start: start + skip,
                len,
            },
            Self::Backwards { start, .. } => Self::Backwards {
                start: start - skip,
                len,
            },
            Self::Hold { at, .. } => Self::Hold { at, len },
            Self::Fill { .. } => Self::Fill { len },
        }
    }
}

/// An axis of known lengths in which elements are looked up.
pub(super) struct Known {
    offsets: Vec<usize>,
}

impl Known {
    /// `None` if a length is not known.
    pub(super) fn new(axis: &Axis) -> Option<Self> {
        axis.offsets().map(|offsets| Self { offsets })
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// The block that an element is in, where the block starts and where it ends.
    fn block_of(&self, element: usize) -> (usize, usize, usize) {
        let block = self.offsets.partition_point(|&start| start <= element);
        let block = block
            .saturating_sub(1)
            .min(self.offsets.len().saturating_sub(2));
        let at = |block: usize| self.offsets.get(block).copied().unwrap_or(0);
        (block, at(block), at(block + 1))
    }

    /// The pieces of the blocks that hold these elements.
    fn pieces(&self, run: Run, pieces: &mut Pieces) {
        match run {
            Run::Forwards { mut start, mut len } => {
                while len > 0 {
                    let (block, from, to) = self.block_of(start);
                    let taken = len.min(to.saturating_sub(start)).max(1);
                    pieces.push(Piece::range(block, start - from, taken, Some(to - from)));
                    (start, len) = (start + taken, len - taken);
                }
            }
            Run::Backwards { mut start, mut len } => {
                while len > 0 {
                    let (block, from, to) = self.block_of(start);
                    let taken = len.min(start - from + 1);
                    let cut = match taken == to - from {
                        true => Cut::Reversed,
                        false => Cut::ReversedPart {
                            start: start + 1 - taken - from,
                            len: taken,
                        },
                    };
                    pieces.push(Piece::new(block, cut));
                    (start, len) = (start.saturating_sub(taken), len - taken);
                }
            }
            Run::Hold { at, len } => {
                let (block, from, _) = self.block_of(at);
                let at = at - from;
                pieces.push(Piece::new(block, Cut::Hold { at, len }));
            }
            Run::Fill { len } => pieces.push(Piece::new(0, Cut::Fill { len })),
        }
    }

    /// The pieces of one block that holds these elements; a piece without elements if there are none.
    pub(super) fn block(&self, runs: &[Run]) -> Pieces {
        let mut pieces = Pieces::new();
        for run in runs.iter().filter(|run| run.len() > 0) {
            self.pieces(*run, &mut pieces);
        }
        if pieces.is_empty() {
            pieces.push(Piece::new(0, Cut::Part { start: 0, len: 0 }));
        }
        pieces
    }

    /// The pieces of blocks of these lengths that hold these elements one after another.
    pub(super) fn blocks(&self, runs: &[Run], lens: &[usize]) -> Along {
        let (mut at, mut skip) = (0, 0);
        let blocks = lens.iter().map(|&len| {
            let mut missing = len;
            let mut here = Vec::new();
            while let Some(run) = runs.get(at).filter(|_| missing > 0) {
                let taken = missing.min(run.len() - skip);
                here.push(run.part(skip, taken));
                missing -= taken;
                skip += taken;
                if skip == run.len() {
                    (at, skip) = (at + 1, 0);
                }
            }
            self.block(&here)
        });
        blocks.collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Known, Run};
    use crate::axis::Axis;
    use taskloom_kernels::shape::Cut;

    #[test]
    fn runs_become_pieces_of_blocks() {
        let known = Known::new(&Axis::known([2, 0, 3])).unwrap();
        assert_eq!(known.len(), 5);
        let runs = [
            Run::Backwards { start: 3, len: 3 },
            Run::Forwards { start: 0, len: 5 },
            Run::Hold { at: 4, len: 2 },
        ];
        let along = known.blocks(&runs, &[4, 0, 6]);
        let cuts = |block: usize| -> Vec<(usize, Cut)> {
            along[block]
                .iter()
                .map(|piece| (piece.block, piece.cut))
                .collect()
        };
        let part = |start, len| Cut::Part { start, len };
        let back = |start, len| Cut::ReversedPart { start, len };
        assert_eq!(cuts(0), [(2, back(0, 2)), (0, back(1, 1)), (0, part(0, 1))]);
        assert_eq!(cuts(1), [(0, part(0, 0))]);
        assert_eq!(
            cuts(2),
            [
                (0, part(1, 1)),
                (2, Cut::All),
                (2, Cut::Hold { at: 2, len: 2 })
            ]
        );
    }
}
