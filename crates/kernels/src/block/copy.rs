//! Copies of boxes of elements between memory in different orders.

use super::{Block, c_strides};
use crate::element::Element;
use crate::error::KernelError;
use crate::room;
use ndarray::{ArrayD, IxDyn};
use smallvec::SmallVec;

/// The side of the squares that are copied one after another where one side's neighbours are far
/// apart on the other: both fit the first cache.
const TILE: usize = 16;

/// How one axis of a box lies on both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    /// How many elements.
    pub(crate) len: usize,
    /// From one to the next where they are read; 0 reads the same again.
    pub(crate) from: isize,
    /// From one to the next where they are written.
    pub(crate) to: usize,
}

impl Block {
    /// The elements from the first one to the end of their storage; with `strides` all of them are
    /// found.
    ///
    /// # Errors
    /// If the dtype is another.
    pub(crate) fn raw<T: Element>(&self) -> Result<&[T], KernelError> {
        self.elements::<T>()
    }

    /// The elements in C order, copied.
    ///
    /// # Errors
    /// If the dtype is another.
    pub(crate) fn copied<T: Element>(&self) -> Result<ArrayD<T>, KernelError> {
        let from = self.raw::<T>()?;
        let mut to = room::zeros("a copy", &self.shape)?;
        let lanes: SmallVec<[Lane; 4]> = self
            .shape
            .iter()
            .zip(&self.strides)
            .zip(c_strides(&self.shape))
            .map(|((&len, &from), to)| Lane {
                len,
                from: from as isize,
                to,
            })
            .collect();
        copy_box(&lanes, from, 0, &mut to);
        ArrayD::from_shape_vec(IxDyn(&self.shape), to)
            .map_err(|error| KernelError::Program(error.to_string()))
    }
}

/// Copies a box of elements that begins at `at` in `from` to where it begins in `to`. What lies
/// outside of either is left out: callers check their boxes before.
pub(crate) fn copy_box<T: Copy>(lanes: &[Lane], from: &[T], at: usize, to: &mut [T]) {
    if lanes.iter().any(|lane| lane.len == 0) {
        return;
    }
    let mut lanes = merged(lanes);
    let Some(last) = lanes.pop() else {
        if let (Some(from), Some(to)) = (from.get(at), to.first_mut()) {
            *to = *from;
        }
        return;
    };
    // Where the last axis does not lie in a row, the one that comes nearest to it is copied together
    // with it, in squares.
    let nearest = (0..lanes.len()).min_by_key(|&axis| lanes[axis].from.unsigned_abs());
    let beside = match nearest {
        Some(axis) if lanes[axis].from.unsigned_abs() < last.from.unsigned_abs() => {
            lanes.remove(axis)
        }
        _ => lanes.pop().unwrap_or(Lane {
            len: 1,
            from: 0,
            to: 0,
        }),
    };
    let mut place: SmallVec<[usize; 4]> = SmallVec::from_elem(0, lanes.len());
    loop {
        let (mut source, mut target) = (at as isize, 0);
        for (lane, &index) in lanes.iter().zip(&place) {
            source += lane.from * index as isize;
            target += lane.to * index;
        }
        copy_plane(beside, last, from, source, &mut to[target..]);
        if !next(&lanes, &mut place) {
            return;
        }
    }
}

/// Without axes of length 1, and with axes that lie behind each other on both sides as one.
fn merged(lanes: &[Lane]) -> SmallVec<[Lane; 4]> {
    let mut kept: SmallVec<[Lane; 4]> = SmallVec::new();
    for &lane in lanes.iter().filter(|lane| lane.len > 1) {
        match kept.last_mut() {
            Some(outer)
                if outer.from == lane.from * lane.len as isize
                    && outer.to == lane.to * lane.len =>
            {
                *outer = Lane {
                    len: outer.len * lane.len,
                    ..lane
                };
            }
            _ => kept.push(lane),
        }
    }
    kept
}

/// The next place in C order; false after the last.
fn next(lanes: &[Lane], place: &mut [usize]) -> bool {
    for (lane, index) in lanes.iter().zip(place.iter_mut()).rev() {
        *index += 1;
        if *index < lane.len {
            return true;
        }
        *index = 0;
    }
    false
}

fn copy_plane<T: Copy>(rows: Lane, row: Lane, from: &[T], at: isize, to: &mut [T]) {
    if row.to == 1 && matches!(row.from, -1..=1) {
        for index in 0..rows.len {
            let source = at + rows.from * index as isize;
            copy_row(row, from, source, &mut to[rows.to * index..]);
        }
        return;
    }
    for top in (0..rows.len).step_by(TILE) {
        for left in (0..row.len).step_by(TILE) {
            for index in top..rows.len.min(top + TILE) {
                let source = at + rows.from * index as isize;
                for along in left..row.len.min(left + TILE) {
                    let one = source + row.from * along as isize;
                    to[rows.to * index + row.to * along] = from[one as usize];
                }
            }
        }
    }
}

/// A row of neighbours: forwards, backwards, or the same element all along.
fn copy_row<T: Copy>(row: Lane, from: &[T], at: isize, to: &mut [T]) {
    let at = at as usize;
    let to = &mut to[..row.len];
    match row.from {
        1 => to.copy_from_slice(&from[at..at + row.len]),
        0 => to.fill(from[at]),
        _ => {
            let backwards = from[at + 1 - row.len..=at].iter().rev();
            to.iter_mut()
                .zip(backwards)
                .for_each(|(to, from)| *to = *from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lane, copy_box};

    #[test]
    fn copies_orders_and_directions() {
        let from: Vec<u32> = (0..6).collect();
        let mut to = [0; 6];
        // The transpose of 2 x 3.
        let lanes = [
            Lane {
                len: 3,
                from: 1,
                to: 2,
            },
            Lane {
                len: 2,
                from: 3,
                to: 1,
            },
        ];
        copy_box(&lanes, &from, 0, &mut to);
        assert_eq!(to, [0, 3, 1, 4, 2, 5]);
        // Both axes backwards.
        let lanes = [
            Lane {
                len: 2,
                from: -3,
                to: 3,
            },
            Lane {
                len: 3,
                from: -1,
                to: 1,
            },
        ];
        copy_box(&lanes, &from, 5, &mut to);
        assert_eq!(to, [5, 4, 3, 2, 1, 0]);
        // One element all along, and a single one.
        let lanes = [Lane {
            len: 6,
            from: 0,
            to: 1,
        }];
        copy_box(&lanes, &from, 4, &mut to);
        assert_eq!(to, [4; 6]);
        copy_box(&[], &from, 2, &mut to);
        assert_eq!(to[0], 2);
    }

    #[test]
    fn large_transposes_agree_with_the_definition() {
        let (rows, columns) = (37, 53);
        let from: Vec<usize> = (0..rows * columns).collect();
        let mut to = vec![0; rows * columns];
        let lanes = [
            Lane {
                len: columns,
                from: 1,
                to: rows,
            },
            Lane {
                len: rows,
                from: columns as isize,
                to: 1,
            },
        ];
        copy_box(&lanes, &from, 0, &mut to);
        for row in 0..rows {
            for column in 0..columns {
                assert_eq!(to[column * rows + row], from[row * columns + column]);
            }
        }
    }
}
