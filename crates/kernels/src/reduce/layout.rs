//! How a block looks to a reduction: the axes in the order in which they lie in memory, neighbours
//! that are both reduced or both kept taken as one.
//!
//! Nothing here depends on the type of the elements, so it is compiled once.

use crate::block::{Block, Extent};
use crate::element::Element;
use crate::error::KernelError;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Which axes of an array are reduced, one bit per axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Axes(u64);

impl Axes {
    /// The most axes that an array may have here.
    pub const MOST: usize = 64;

    /// These axes; those beyond [`Axes::MOST`] are left out.
    pub fn of(axes: impl IntoIterator<Item = usize>) -> Self {
        let bits = axes.into_iter().filter(|&axis| axis < Self::MOST);
        Self(bits.fold(0, |all, axis| all | 1 << axis))
    }

    /// All axes of an array of so many.
    pub fn all(ndim: usize) -> Self {
        Self::of(0..ndim)
    }

    /// Whether an axis is one of them.
    pub fn has(self, axis: usize) -> bool {
        axis < Self::MOST && self.0 >> axis & 1 == 1
    }

    /// How many they are.
    pub fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The axes in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..Self::MOST).filter(move |&axis| self.has(axis))
    }
}

/// Neighbouring axes of which all are reduced, or none.
#[derive(Clone, Copy)]
struct Run {
    len: usize,
    reduced: bool,
}

/// What lies in a row at the end of every step through the outer axes.
#[derive(Clone, Copy)]
pub(super) enum Inner {
    /// So many elements that give one result.
    Row(usize),
    /// So many rows of so many elements that give a row of results.
    Rows(usize, usize),
}

/// A block in C order of memory, with what is reduced.
pub(super) struct Layout {
    block: Block,
    /// Which axis of the caller's block each axis of `block` is.
    order: Extent,
    axes: Axes,
    runs: SmallVec<[Run; 4]>,
}

impl Layout {
    /// Axes may be taken in the order of memory if the order of elements along the reduced axes says
    /// nothing (`any_order`); a block that lies in a row in no order is copied.
    pub(super) fn new(block: &Block, axes: Axes, any_order: bool) -> Result<Self, KernelError> {
        if block.ndim() > Axes::MOST {
            return Err(KernelError::value(
                "reduce",
                format!(
                    "a block of {} axes; {} are the most",
                    block.ndim(),
                    Axes::MOST
                ),
            ));
        }
        let mut order: Extent = (0..block.ndim()).collect();
        if any_order || axes.count() <= 1 {
            order.sort_by_key(|&axis| std::cmp::Reverse(block.strides()[axis]));
        }
        let mut in_order = block.permuted(&order)?;
        if !in_order.is_contiguous() {
            in_order = block.contiguous();
            order = (0..block.ndim()).collect();
        }
        let mut runs: SmallVec<[Run; 4]> = SmallVec::new();
        for (&len, &axis) in in_order.shape().iter().zip(&order) {
            let reduced = axes.has(axis);
            match runs.last_mut() {
                _ if len == 1 => {}
                Some(last) if last.reduced == reduced => last.len *= len,
                _ => runs.push(Run { len, reduced }),
            }
        }
        Ok(Self {
            block: in_order,
            order,
            axes,
            runs,
        })
    }

    /// The elements in the order of the layout.
    pub(super) fn data<T: Element>(&self) -> Result<&[T], KernelError> {
        Ok(self.block.as_slice::<T>()?.unwrap_or_default())
    }

    /// How many results there are.
    pub(super) fn results(&self) -> usize {
        self.product(false)
    }

    /// How many elements each result is of.
    pub(super) fn reduced(&self) -> usize {
        self.product(true)
    }

    fn product(&self, reduced: bool) -> usize {
        let lens = self.block.shape().iter().zip(&self.order);
        lens.filter(|&(_, &axis)| self.axes.has(axis) == reduced)
            .map(|(&len, _)| len)
            .product()
    }

    /// The lengths of the reduced axes, in the caller's order.
    pub(super) fn reduced_lens(&self) -> Extent {
        let len = |axis| {
            let place = self.order.iter().position(|&a| a == axis);
            place.map_or(1, |place| self.block.len_of(place))
        };
        let axes = self.axes.iter().filter(|&axis| axis < self.order.len());
        axes.map(len).collect()
    }

    pub(super) fn inner(&self) -> Inner {
        match self.runs.as_slice() {
            [] => Inner::Row(1),
            [.., last] if last.reduced => Inner::Row(last.len),
            [.., rows, last] => Inner::Rows(rows.len, last.len),
            [last] => Inner::Rows(1, last.len),
        }
    }

    /// The steps through the axes outside of the inner ones. None for an empty block.
    pub(super) fn stretches(&self) -> Stretches {
        let inside = match self.inner() {
            Inner::Row(_) => 1,
            Inner::Rows(..) => 2,
        };
        let mut outer = SmallVec::new();
        let (mut input, mut output, mut place) = (1, 1, 1);
        for (at, run) in self.runs.iter().rev().enumerate() {
            if at >= inside {
                outer.push(Outer {
                    len: run.len,
                    at: 0,
                    input,
                    output: if run.reduced { 0 } else { output },
                    place: if run.reduced { place } else { 0 },
                });
            }
            input *= run.len;
            match run.reduced {
                true => place *= run.len,
                false => output *= run.len,
            }
        }
        Stretches {
            outer,
            next: (!self.block.is_empty()).then(Stretch::default),
        }
    }

    /// The results as a block, with the reduced axes kept as axes of length 1.
    pub(super) fn block_of<T: Element>(&self, results: Vec<T>) -> Result<Block, KernelError> {
        let kept = |(&len, &axis): (&usize, &usize)| if self.axes.has(axis) { 1 } else { len };
        let shape: Extent = self
            .block
            .shape()
            .iter()
            .zip(&self.order)
            .map(kept)
            .collect();
        let mut back: Extent = SmallVec::from_elem(0, self.order.len());
        for (place, &axis) in self.order.iter().enumerate() {
            back[axis] = place;
        }
        Block::new(results, &shape)?.permuted(&back)
    }
}

/// An axis that steps go through.
struct Outer {
    len: usize,
    at: usize,
    input: usize,
    output: usize,
    place: usize,
}

/// Where one step stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Stretch {
    /// The first element.
    pub(super) input: usize,
    /// The first result.
    pub(super) output: usize,
    /// The place of the first element among those of its result.
    pub(super) place: usize,
}

/// The steps through the outer axes, in C order of the layout.
pub(super) struct Stretches {
    /// The innermost first.
    outer: SmallVec<[Outer; 3]>,
    next: Option<Stretch>,
}

impl Iterator for Stretches {
    type Item = Stretch;

    fn next(&mut self) -> Option<Stretch> {
        let here = self.next?;
        let mut next = here;
        self.next = None;
        for axis in &mut self.outer {
            axis.at += 1;
            next.input += axis.input;
            next.output += axis.output;
            next.place += axis.place;
            if axis.at < axis.len {
                self.next = Some(next);
                break;
            }
            axis.at = 0;
            next.input -= axis.input * axis.len;
            next.output -= axis.output * axis.len;
            next.place -= axis.place * axis.len;
        }
        Some(here)
    }
}
