//! Which part of which block goes where, along one axis.

use smallvec::SmallVec;

/// A part of a block along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Which block.
    pub(crate) block: usize,
    /// Where the part starts in it.
    pub(crate) start: usize,
    /// How many elements.
    pub(crate) len: usize,
}

/// Per new block the parts of old ones that it consists of, in order. A block without elements has one
/// part without elements, so that it too is made of something.
pub(crate) fn pieces(from: &[usize], to: &[usize]) -> Vec<SmallVec<[Piece; 2]>> {
    let (mut block, mut start) = (0, 0);
    let mut all = Vec::with_capacity(to.len());
    for &len in to {
        let mut parts: SmallVec<[Piece; 2]> = SmallVec::new();
        let mut missing = len;
        while missing > 0 && block < from.len() {
            let len = missing.min(from[block] - start);
            if len > 0 {
                parts.push(Piece { block, start, len });
                start += len;
                missing -= len;
            }
            if start == from[block] {
                (block, start) = (block + 1, 0);
            }
        }
        if parts.is_empty() {
            parts.push(Piece {
                block: block.min(from.len().saturating_sub(1)),
                start: 0,
                len: 0,
            });
        }
        all.push(parts);
    }
    all
}

/// The lengths between all cuts of both.
pub(crate) fn refined(a: &[usize], b: &[usize]) -> Vec<usize> {
    let parts = pieces(a, b);
    parts.iter().flatten().map(|piece| piece.len).collect()
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces, refined};
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    fn piece(block: usize, start: usize, len: usize) -> Piece {
        Piece { block, start, len }
    }

    #[test]
    fn parts_of_blocks() {
        let found = pieces(&[3, 0, 4], &[2, 5, 0]);
        assert_eq!(found[0].as_slice(), [piece(0, 0, 2)]);
        assert_eq!(found[1].as_slice(), [piece(0, 2, 1), piece(2, 0, 4)]);
        assert_eq!(found[2].as_slice(), [piece(2, 0, 0)]);
        assert_eq!(refined(&[3, 0, 4], &[2, 5, 0]), [2, 1, 4, 0]);
        assert_eq!(pieces(&[0], &[0])[0].as_slice(), [piece(0, 0, 0)]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(
            from in prop::collection::vec(0_usize..6, 1..12),
            weights in prop::collection::vec(0_usize..6, 1..12),
        ) {
            // The same total in other cuts.
            let mut left: usize = from.iter().sum();
            let mut to: Vec<usize> = weights.iter().map(|&len| {
                let len = len.min(left);
                left -= len;
                len
            }).collect();
            to.push(left);
            let source: Vec<Vec<usize>> = from.iter().scan(0, |at, &len| {
                *at += len;
                Some((*at - len..*at).collect())
            }).collect();
            let mut next = 0;
            for (parts, &len) in pieces(&from, &to).iter().zip(&to) {
                let mut taken: Vec<usize> = Vec::new();
                for part in parts {
                    taken.extend(&source[part.block][part.start..part.start + part.len]);
                }
                prop_assert_eq!(taken, (next..next + len).collect::<Vec<_>>());
                next += len;
            }
        }
    }
}
