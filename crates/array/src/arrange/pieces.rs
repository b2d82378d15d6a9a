//! Blocks of pieces of other blocks: what rechunking, padding, rolling, flipping, tiling and the
//! halos of stencils have in common.

use crate::array::Array;
use crate::axis::Axis;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer, Look};
use smallvec::SmallVec;
use taskloom_kernels::Kernel;
use taskloom_kernels::shape::{Assemble, Cut, Fill, Purpose, Reshape};

/// Along one axis: which part of which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Piece {
    /// Which block along the axis; of no meaning where the cut is filled.
    pub(super) block: usize,
    /// What of it.
    pub(super) cut: Cut,
}

impl Piece {
    pub(super) fn new(block: usize, cut: Cut) -> Self {
        Self { block, cut }
    }

    /// A whole block.
    pub(super) fn whole(block: usize) -> Self {
        Self::new(block, Cut::All)
    }

    /// A range of a block of this length.
    pub(super) fn range(block: usize, start: usize, len: usize, of: Option<usize>) -> Self {
        let whole = start == 0 && of == Some(len);
        let cut = match whole {
            true => Cut::All,
            false => Cut::Part { start, len },
        };
        Self::new(block, cut)
    }
}

/// The pieces of one block of the result along one axis.
pub(super) type Pieces = SmallVec<[Piece; 1]>;

/// The pieces along one axis, per block of the result.
pub(super) type Along = Vec<Pieces>;

/// The blocks of an axis as they are.
pub(super) fn as_they_are(axis: &Axis) -> Along {
    (0..axis.blocks())
        .map(|block| [Piece::whole(block)].into_iter().collect())
        .collect()
}

/// Per block of the result one piece per choice of a piece along each axis.
struct Pieced {
    purpose: Purpose,
    name: &'static str,
    along: Vec<Along>,
    /// The axes of the input.
    axes: Vec<Axis>,
    fill: Option<Fill>,
}

impl Pieced {
    /// The number of the block at this place of the input's grid.
    fn number(&self, pieces: &[Piece]) -> usize {
        let places = self.axes.iter().zip(pieces);
        places.fold(0, |number, (axis, piece)| {
            number * axis.blocks() + piece.block
        })
    }

    /// The cut as the kernel needs it: what is filled has no block from which lengths could be seen,
    /// so they are said.
    fn cut(&self, axis: usize, piece: Piece) -> Cut {
        let len = self
            .axes
            .get(axis)
            .and_then(|axis| axis.length(piece.block));
        match (piece.cut, len, &self.fill) {
            (Cut::All, Some(len), Some(_)) => Cut::Part { start: 0, len },
            (cut, _, _) => cut,
        }
    }
}

impl Layer for Pieced {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        for along in &self.along {
            identity.number(along.len() as u64);
            for pieces in along {
                identity.number(pieces.len() as u64);
                for piece in pieces {
                    identity.number(piece.block as u64);
                    identify(piece.cut, identity);
                }
            }
        }
        if let Some(fill) = &self.fill {
            identity.bytes(fill.bytes());
        }
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let chosen: SmallVec<[&Pieces; 4]> = self
            .along
            .iter()
            .zip(at)
            .filter_map(|(along, &at)| along.get(at))
            .collect();
        let whole: Option<SmallVec<[Piece; 4]>> = chosen
            .iter()
            .map(|pieces| match pieces[..] {
                [piece] if piece.cut == Cut::All => Some(piece),
                _ => None,
            })
            .collect();
        if let Some(whole) = whole {
            return BlockTask::alias(BlockRef::new(0, self.number(&whole)));
        }
        let mut inputs: SmallVec<[BlockRef; 3]> = SmallVec::new();
        for_each_cell(&chosen, &mut |cell| {
            let filled = |piece: &Piece| matches!(piece.cut, Cut::Fill { .. });
            if !cell.iter().any(filled) {
                inputs.push(BlockRef::new(0, self.number(cell)));
            }
        });
        let cuts = chosen.iter().enumerate();
        let kernel = Assemble {
            purpose: self.purpose,
            cuts: cuts
                .map(|(axis, pieces)| pieces.iter().map(|piece| self.cut(axis, *piece)).collect())
                .collect(),
            fill: self.fill.clone(),
        };
        BlockTask::kernel(Kernel::Reshape(Reshape::Assemble(Box::new(kernel))), inputs)
    }

    fn look(&self) -> Option<Look> {
        let backwards = |along: &Along| along.iter().flatten().any(|p| p.cut == Cut::Reversed);
        match self.purpose {
            Purpose::Flip => Some(Look::Flipped(self.along.iter().map(backwards).collect())),
            _ => None,
        }
    }
}

/// Each choice of one piece per axis, in C order.
fn for_each_cell(along: &[&Pieces], visit: &mut dyn FnMut(&[Piece])) {
    let mut cell: SmallVec<[Piece; 4]> = SmallVec::new();
    let mut place: SmallVec<[usize; 4]> = SmallVec::from_elem(0, along.len());
    if along.iter().any(|pieces| pieces.is_empty()) {
        return;
    }
    loop {
        cell.clear();
        cell.extend(along.iter().zip(&place).map(|(pieces, &at)| pieces[at]));
        visit(&cell);
        let mut axis = along.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            place[axis] += 1;
            if place[axis] < along[axis].len() {
                break;
            }
            place[axis] = 0;
        }
    }
}

fn identify(cut: Cut, identity: &mut Identity) {
    let numbers = match cut {
        Cut::All => [0, 0, 0],
        Cut::Reversed => [1, 0, 0],
        Cut::Part { start, len } => [2, start, len],
        Cut::ReversedPart { start, len } => [3, start, len],
        Cut::Trim { before, after } => [4, before, after],
        Cut::Hold { at, len } => [5, at, len],
        Cut::Fill { len } => [6, len, 0],
    };
    for number in numbers {
        identity.number(number as u64);
    }
}

impl Array {
    /// An array of pieces of this one's blocks.
    pub(super) fn pieced(
        &self,
        (name, purpose): (&'static str, Purpose),
        along: Vec<Along>,
        fill: Option<Fill>,
        axes: impl IntoIterator<Item = Axis>,
    ) -> Self {
        let layer = Pieced {
            purpose,
            name,
            along,
            axes: self.axes().to_vec(),
            fill,
        };
        Self::from_layer(layer, &[self], self.dtype(), axes)
    }
}
