//! Which blocks of an axis a range touches, and where.

use super::resolve::Along;
use crate::axis::Axis;

/// What a range takes of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Which block.
    pub block: usize,
    /// The first place within it.
    pub start: usize,
    /// How many places.
    pub len: usize,
}

/// What a range takes of each block of a known axis, in the order of the range. Blocks of which
/// nothing is taken are left out; if nothing is taken at all, there is one empty part.
pub(super) fn parts(offsets: &[usize], start: usize, len: usize, step: i64) -> Vec<Part> {
    let stride = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let (mut place, mut left) = (start, len);
    while left > 0 {
        // The block that holds the place: the last that begins at or before it, so empty ones that
        // begin there too are passed over.
        let block = offsets.partition_point(|&offset| offset <= place).max(1) - 1;
        let (first, end) = (offsets[block], offsets.get(block + 1).copied());
        let room = match step < 0 {
            true => place - first,
            false => end.unwrap_or(usize::MAX) - 1 - place,
        };
        let count = left.min(room / stride + 1);
        parts.push(Part {
            block,
            start: place - first,
            len: count,
        });
        left -= count;
        if left == 0 {
            break;
        }
        let way = count.saturating_mul(stride);
        place = match step < 0 {
            true => place.saturating_sub(way),
            false => place.saturating_add(way),
        };
    }
    if parts.is_empty() {
        parts.push(Part {
            block: 0,
            start: 0,
            len: 0,
        });
    }
    parts
}

/// How one axis of the array is taken apart.
#[derive(Clone, Debug)]
pub(super) enum AxisParts {
    /// All of each block.
    Whole,
    /// Parts of blocks, places in them `step` apart.
    Parts { parts: Vec<Part>, step: i64 },
    /// One place of one block; the axis is gone.
    At { block: usize, place: usize },
    /// A new axis.
    New,
}

impl AxisParts {
    /// Of what is taken along an axis, and the axis of the result, if there is one. `None` for what
    /// is no range.
    pub(super) fn of(along: &Along, axis: Option<&Axis>) -> Option<(Self, Option<Axis>)> {
        match (along, axis) {
            (Along::New, _) => Some((Self::New, Some(Axis::single(1)))),
            (Along::Whole, Some(axis)) => Some((Self::Whole, Some(axis.clone()))),
            (Along::Range { start, len, step }, Some(axis)) => {
                let parts = parts(&axis.offsets()?, *start, *len, *step);
                let axis = Axis::known(parts.iter().map(|part| part.len));
                Some((Self::Parts { parts, step: *step }, Some(axis)))
            }
            (Along::At(place), Some(axis)) => {
                let offsets = axis.offsets()?;
                let Part { block, start, .. } = parts(&offsets, *place, 1, 1)[0];
                let place = start;
                Some((Self::At { block, place }, None))
            }
            (Along::List(_) | Along::Array(_), _) | (_, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, parts};
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn empty_blocks_are_passed_over() {
        let part = |block, start, len| Part { block, start, len };
        let offsets = [0, 2, 2, 5];
        assert_eq!(parts(&offsets, 1, 4, 1), [part(0, 1, 1), part(2, 0, 3)]);
        assert_eq!(parts(&offsets, 4, 3, -2), [part(2, 2, 2), part(0, 0, 1)]);
        assert_eq!(parts(&offsets, 0, 0, 1), [part(0, 0, 0)]);
    }

    proptest! {
        /// The parts hold the places of the range, in order.
        #[test]
        fn parts_hold_the_range(
            lens in prop::collection::vec(0..5_usize, 1..6),
            start in 0..20_usize, end in 0..20_usize, step in 1..7_usize,
        ) {
            let mut offsets = vec![0];
            offsets.extend(lens.iter().scan(0, |end, len| { *end += len; Some(*end) }));
            let total = offsets[lens.len()];
            let (start, end) = (start.min(total), end.min(total));
            let mut places: Vec<usize> = (start.min(end)..start.max(end)).step_by(step).collect();
            let backwards = start > end;
            if backwards {
                places.reverse();
            }
            let Some(&first) = places.first() else { return Ok(()) };
            let signed = if backwards { -(step as i64) } else { step as i64 };
            let parts = parts(&offsets, first, places.len(), signed);
            let mut held = Vec::new();
            for part in &parts {
                prop_assert!(part.len > 0);
                for i in 0..part.len {
                    let at = offsets[part.block] + part.start;
                    let place = if backwards { at - i * step } else { at + i * step };
                    prop_assert!(place < offsets[part.block + 1]);
                    held.push(place);
                }
            }
            prop_assert_eq!(held, places);
        }
    }
}
