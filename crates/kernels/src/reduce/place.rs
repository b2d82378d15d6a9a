//! Where the least or greatest is: value, place and lengths.
//!
//! The state is the value, the place along each reduced axis (-1 where there is none: no elements,
//! or none that is not NaN), and the lengths of the reduced axes. So indices become global while
//! states are merged, also along axes whose lengths nobody knew before.

use super::fold::fold;
use super::layout::{Axes, Inner, Layout};
use super::monoid::{Max, Min, NanMax, NanMin, Ordered};
use crate::block::{Block, Extent};
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::kernel::Outputs;
use smallvec::smallvec;

/// Which element is looked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) greatest: bool,
    pub(super) skip_nan: bool,
}

/// The state of one block.
pub(super) fn partial(block: &Block, axes: Axes, wanted: Wanted) -> Result<Outputs, KernelError> {
    let layout = Layout::new(block, axes, false)?;
    let values = extremes(block, &layout, wanted)?;
    let flat = crate::dispatch!(block.dtype(), T =>
        first_places::<T>(&layout, &values.clone().into_vec::<T>()?, wanted.skip_nan)?);
    let lens = layout.reduced_lens();
    // In the layout's order of results, one plane per reduced axis.
    let mut places = vec![-1_i64; flat.len() * lens.len()];
    for (result, &place) in flat.iter().enumerate() {
        let Some(mut rest) = place else { continue };
        for (axis, &len) in lens.iter().enumerate().rev() {
            places[axis * flat.len() + result] = (rest % len) as i64;
            rest /= len;
        }
    }
    let planes: Vec<Block> = places
        .chunks(flat.len().max(1))
        .map(|plane| layout.block_of(plane.to_vec()))
        .collect::<Result<_, _>>()?;
    let value = crate::dispatch!(block.dtype(), T => layout.block_of(values.into_vec::<T>()?)?);
    let mut shape: Extent = smallvec![lens.len()];
    shape.extend_from_slice(value.shape());
    let mut all = Vec::with_capacity(places.len());
    for plane in planes {
        all.extend(plane.into_vec::<i64>()?);
    }
    let lens = lens.iter().map(|&len| len as i64).collect();
    Ok(smallvec![
        value,
        Block::new(all, &shape)?,
        Block::vector(lens)
    ])
}

/// The values, in a row in the layout's order.
fn extremes(block: &Block, layout: &Layout, wanted: Wanted) -> Result<Block, KernelError> {
    let Wanted { greatest, skip_nan } = wanted;
    if skip_nan {
        crate::dispatch_inexact!(block.dtype(), T => return Ok(Block::vector(match greatest {
            true => fold::<T, NanMax>(layout)?,
            false => fold::<T, NanMin>(layout)?,
        })), else {});
    }
    crate::dispatch!(block.dtype(), T => Ok(Block::vector(match greatest {
        true => fold::<T, Max>(layout)?,
        false => fold::<T, Min>(layout)?,
    })))
}

/// Where each value occurs first among the elements of its result.
fn first_places<T: Element>(
    layout: &Layout,
    values: &[T],
    skip_nan: bool,
) -> Result<Vec<Option<usize>>, KernelError> {
    let data = layout.data::<T>()?;
    let mut places = vec![None; values.len()];
    let is = |x: T, value: T| x == value || (!skip_nan && x.is_nan() && value.is_nan());
    match layout.inner() {
        Inner::Row(len) => {
            for at in layout.stretches() {
                let (place, value) = (&mut places[at.output], values[at.output]);
                if place.is_none() {
                    let row = &data[at.input..at.input + len];
                    let here = row.iter().position(|&x| is(x, value));
                    *place = here.map(|here| at.place + here);
                }
            }
        }
        Inner::Rows(rows, width) => {
            for at in layout.stretches() {
                let elements = &data[at.input..at.input + rows * width];
                let places = &mut places[at.output..at.output + width];
                let values = &values[at.output..at.output + width];
                for (row, elements) in elements.chunks_exact(width).enumerate() {
                    for ((place, &value), &x) in places.iter_mut().zip(values).zip(elements) {
                        if place.is_none() && is(x, value) {
                            *place = Some(at.place + row);
                        }
                    }
                }
            }
        }
    }
    Ok(places)
}

/// One state of those of a box of blocks, in C order; `grid` counts them along each reduced axis.
pub(super) fn merge(
    states: &[&[Block]],
    grid: &[usize],
    wanted: Wanted,
    operation: &str,
) -> Result<Outputs, KernelError> {
    let fits = grid.iter().product::<usize>() == states.len()
        && states
            .iter()
            .all(|state| state.len() == 3 && state[2].len() == grid.len());
    let (Some(first), true) = (states.first(), fits) else {
        return Err(KernelError::Program(format!(
            "{operation} of {} states in a grid of {grid:?}",
            states.len()
        )));
    };
    let lens_of = |state: &[Block]| state[2].clone().into_vec::<i64>();
    // Per axis, where the blocks begin and how long all of them are.
    let mut starts = Vec::with_capacity(grid.len());
    let mut step = states.len();
    for (axis, &count) in grid.iter().enumerate() {
        step /= count.max(1);
        let mut start = 0_i64;
        let mut along = Vec::with_capacity(count + 1);
        for at in 0..count {
            along.push(start);
            start = start.saturating_add(lens_of(states[at * step])?[axis]);
        }
        along.push(start);
        starts.push(along);
    }
    let mut offsets = Vec::with_capacity(states.len());
    for at in 0..states.len() {
        let mut offset: Extent = Extent::new();
        let mut rest = at;
        for &count in grid.iter().rev() {
            offset.push(rest % count);
            rest /= count;
        }
        offset.reverse();
        let offset = offset.iter().zip(&starts).map(|(&at, starts)| starts[at]);
        offsets.push(offset.collect::<Vec<i64>>());
    }
    let (value, places) = crate::dispatch!(first[0].dtype(), T =>
        best_of::<T>(states, &offsets, wanted, operation)?);
    let lens = starts.iter().map(|along| along[along.len() - 1]).collect();
    Ok(smallvec![value, places, Block::vector(lens)])
}

fn best_of<T: Ordered>(
    states: &[&[Block]],
    offsets: &[Vec<i64>],
    wanted: Wanted,
    operation: &str,
) -> Result<(Block, Block), KernelError> {
    let (shape, places_shape) = (states[0][0].shape(), states[0][1].shape());
    let mut values = states[0][0].clone().into_vec::<T>()?;
    let results = values.len();
    let mut places = vec![-1_i64; states[0][1].len()];
    let mut there = vec![false; results];
    let beats = |new: T, old: T| match (new.is_nan(), old.is_nan()) {
        (false, true) => wanted.skip_nan,
        (true, false) => !wanted.skip_nan,
        _ if wanted.greatest => old.less(new),
        _ => new.less(old),
    };
    for (state, offset) in states.iter().zip(offsets) {
        if state[0].shape() != shape || state[1].shape() != places_shape {
            return Err(KernelError::Shapes {
                operation: operation.to_owned(),
                left: Shape(shape.into()),
                right: Shape(state[0].shape().into()),
            });
        }
        let new_values = state[0].clone().into_vec::<T>()?;
        let new_places = state[1].clone().into_vec::<i64>()?;
        for at in 0..results {
            if new_places.get(at).is_none_or(|&place| place < 0) {
                continue;
            }
            let here = || {
                offset
                    .iter()
                    .enumerate()
                    .map(|(axis, &start)| (axis * results + at, start))
            };
            let better = !there[at] || beats(new_values[at], values[at]) || {
                !beats(values[at], new_values[at])
                    && here()
                        .map(|(place, start)| new_places[place].saturating_add(start))
                        .lt(here().map(|(place, _)| places[place]))
            };
            if better {
                there[at] = true;
                values[at] = new_values[at];
                for (place, start) in here() {
                    places[place] = new_places[place].saturating_add(start);
                }
            }
        }
    }
    Ok((
        Block::new(values, shape)?,
        Block::new(places, places_shape)?,
    ))
}

/// The places as one index each, in C order of the reduced axes.
pub(super) fn finish(
    state: &[Block],
    operation: &str,
    skip_nan: bool,
) -> Result<Block, KernelError> {
    let [value, places, lens] = state else {
        return Err(KernelError::Program(format!(
            "{operation} without its state"
        )));
    };
    let lens = lens.clone().into_vec::<i64>()?;
    let places = places.clone().into_vec::<i64>()?;
    let results = value.len();
    if lens.contains(&0) {
        return Err(KernelError::ZeroSize {
            operation: operation.to_owned(),
        });
    }
    let nowhere = || {
        KernelError::value(
            operation,
            "all-NaN slice encountered: there is no place of what is not NaN",
        )
    };
    // A number without axes has no place to show that it is left out.
    if skip_nan
        && lens.is_empty()
        && crate::dispatch!(value.dtype(), T => value.item::<T>()?.is_nan())
    {
        return Err(nowhere());
    }
    let mut indices = vec![0_i64; results];
    for (axis, &len) in lens.iter().enumerate() {
        for (at, index) in indices.iter_mut().enumerate() {
            let place = places[axis * results + at];
            if place < 0 {
                return Err(nowhere());
            }
            *index = index.wrapping_mul(len).wrapping_add(place);
        }
    }
    Block::new(indices, value.shape())
}
