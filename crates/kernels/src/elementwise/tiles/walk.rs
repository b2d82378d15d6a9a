//! How a block is cut into tiles.

use crate::block::Extent;
use smallvec::SmallVec;

/// Elements of a tile. A tile of `float64` takes 16 KiB, so that a few of them fit the cache nearest
/// to the processor.
pub(super) const TILE: usize = 2048;

/// Elements of a row in a tile, where an input lies across the rows: long enough to use all of each
/// line of the cache on both sides.
const SQUARE: usize = 64;

/// Rows shorter than this are put into a tile several at a time.
const SHORT: usize = 256;

/// The way over a block. Axes along which nothing turns are one; axes of length 1 are left out.
pub(super) struct Walk {
    /// Lengths; the last axis is that of the rows' elements. At least one.
    lens: Extent,
    /// Per operand, per axis: the distance between neighbours. The last operand is the result.
    strides: SmallVec<[Extent; 4]>,
    /// The axis of which a tile takes several places, if that is more than one.
    across: Option<usize>,
    /// How many of them.
    rows: usize,
    /// How many elements of the last axis a tile takes.
    columns: usize,
}

/// A tile: some elements of some rows.
pub(super) struct Place<'a> {
    walk: &'a Walk,
    /// Per operand, where the first element lies.
    offsets: &'a [usize],
    pub rows: usize,
    pub columns: usize,
}

/// Where the elements of a tile lie in an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lie {
    pub offset: usize,
    /// From row to row.
    pub down: usize,
    /// From element to element of a row.
    pub along: usize,
}

impl Place<'_> {
    pub(super) fn len(&self) -> usize {
        self.rows * self.columns
    }

    /// Where the tile lies in an operand.
    pub(super) fn lie(&self, operand: usize) -> Lie {
        let strides = &self.walk.strides[operand];
        Lie {
            offset: self.offsets[operand],
            down: self.walk.across.map_or(0, |axis| strides[axis]),
            along: strides.last().copied().unwrap_or(0),
        }
    }

    /// Where it begins, if its elements lie in a row there.
    pub(super) fn in_a_row(&self, lie: Lie) -> Option<usize> {
        let rows = self.rows == 1 || lie.down == self.columns;
        let columns = self.columns == 1 || lie.along == 1;
        (rows && columns).then_some(lie.offset)
    }
}

impl Walk {
    /// Over a shape, for operands with these distances along its axes (0 where they are stretched).
    /// The result is the last operand.
    pub(super) fn new(shape: &[usize], operands: &[Extent]) -> Self {
        let mut lens = Extent::new();
        let mut strides: SmallVec<[Extent; 4]> = SmallVec::from_elem(Extent::new(), operands.len());
        for (axis, &len) in shape.iter().enumerate() {
            if len == 1 {
                continue;
            }
            // Goes on where the axis before it would have gone, in all operands: the two are one.
            let goes_on = !lens.is_empty()
                && operands.iter().zip(&strides).all(|(operand, known)| {
                    known.last().copied() == operand[axis].checked_mul(len)
                });
            if goes_on {
                if let Some(last) = lens.last_mut() {
                    *last *= len;
                }
                for (known, operand) in strides.iter_mut().zip(operands) {
                    if let Some(last) = known.last_mut() {
                        *last = operand[axis];
                    }
                }
            } else {
                lens.push(len);
                for (known, operand) in strides.iter_mut().zip(operands) {
                    known.push(operand[axis]);
                }
            }
        }
        if lens.is_empty() {
            lens.push(1);
            strides.iter_mut().for_each(|known| known.push(1));
        }
        let mut walk = Self {
            columns: lens[lens.len() - 1].min(TILE),
            rows: 1,
            across: None,
            lens,
            strides,
        };
        walk.choose();
        walk
    }

    /// Which axes a tile spans.
    fn choose(&mut self) {
        let last = self.lens.len() - 1;
        let crossing = self.strides.iter().find_map(|strides| {
            let nearest = (0..last)
                .filter(|&axis| (1..strides[last]).contains(&strides[axis]))
                .min_by_key(|&axis| strides[axis])?;
            Some(nearest)
        });
        let across = match crossing {
            Some(axis) => {
                self.columns = self.columns.min(SQUARE);
                axis
            }
            None if self.columns < SHORT && last > 0 => last - 1,
            None => return,
        };
        self.rows = (TILE / self.columns.max(1)).clamp(1, self.lens[across].max(1));
        self.across = (self.rows > 1).then_some(across);
    }

    /// The largest number of elements of a tile.
    pub(super) fn tile(&self) -> usize {
        self.rows * self.columns
    }

    /// Visits all tiles in order.
    pub(super) fn each<E>(
        &self,
        mut visit: impl FnMut(Place<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.lens.contains(&0) {
            return Ok(());
        }
        let last = self.lens.len() - 1;
        let mut place: Extent = SmallVec::from_elem(0, self.lens.len());
        let mut offsets: SmallVec<[usize; 4]> = SmallVec::from_elem(0, self.strides.len());
        loop {
            for (offset, strides) in offsets.iter_mut().zip(&self.strides) {
                let steps = place.iter().zip(strides);
                *offset = steps.map(|(&at, &stride)| at * stride).sum();
            }
            let down = self.across.map_or(1, |axis| self.lens[axis] - place[axis]);
            visit(Place {
                walk: self,
                offsets: &offsets,
                rows: self.rows.min(down),
                columns: self.columns.min(self.lens[last] - place[last]),
            })?;
            // The next place: along the row, else along the axes before it from the last to the first.
            let mut axis = last;
            loop {
                let step = match axis {
                    axis if axis == last => self.columns,
                    axis if Some(axis) == self.across => self.rows,
                    _ => 1,
                };
                place[axis] += step;
                if place[axis] < self.lens[axis] {
                    break;
                }
                place[axis] = 0;
                match axis.checked_sub(1) {
                    Some(before) => axis = before,
                    None => return Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(of: &[usize]) -> Extent {
        of.into()
    }

    fn tiles(walk: &Walk) -> Vec<(usize, usize, usize)> {
        let mut tiles = Vec::new();
        let all = walk.each(|place| {
            tiles.push((place.lie(0).offset, place.rows, place.columns));
            Ok::<(), ()>(())
        });
        assert_eq!(all, Ok(()));
        tiles
    }

    #[test]
    fn axes_that_go_on_are_one() {
        let c = extent(&[20, 5, 1]);
        let walk = Walk::new(&[3, 4, 5], &[c.clone(), c]);
        assert_eq!(walk.lens.as_slice(), [60]);
        assert_eq!(tiles(&walk), [(0, 1, 60)]);
    }

    #[test]
    fn tiles_cover_each_element_of_a_turned_block_once() {
        let (rows, columns) = (300, 200);
        let turned = extent(&[1, rows]);
        let walk = Walk::new(&[rows, columns], &[turned, extent(&[columns, 1])]);
        let mut seen = vec![0; rows * columns];
        let all = walk.each(|place| {
            assert!(place.len() <= TILE);
            for operand in 0..2 {
                let lie = place.lie(operand);
                for row in 0..place.rows {
                    for column in 0..place.columns {
                        seen[lie.offset + row * lie.down + column * lie.along] += 1;
                    }
                }
            }
            Ok::<(), ()>(())
        });
        assert_eq!(all, Ok(()));
        assert!(seen.iter().all(|&times| times == 2));
        assert_eq!((walk.rows, walk.columns), (32, 64));
    }

    #[test]
    fn blocks_without_elements_have_no_tiles() {
        let strides = extent(&[5, 1]);
        assert_eq!(tiles(&Walk::new(&[0, 5], &[strides.clone(), strides])), []);
        assert_eq!(
            tiles(&Walk::new(&[], &[extent(&[]), extent(&[])])),
            [(0, 1, 1)]
        );
    }
}
