//! Assignment to a selection.

use super::super::parts::{AxisParts, Part};
use super::super::resolve::{Along, resolve};
use super::super::selector::Selection;
use super::masked::{bit, stretched};
use super::{Assigned, OPERATION};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use smallvec::SmallVec;
use taskloom_kernels::index::{Cut, Cuts, Index};
use taskloom_kernels::{Align, Kernel, Number};

/// A number, or an array, at a part of each block. Inputs: the array, the value.
struct Assign {
    along: Vec<Along>,
    /// Per axis of the array.
    axes: Vec<AxisParts>,
    source: Axes,
    number: Option<Number>,
    /// Of the value, which is cut as what is selected, except along axes of length 1.
    value: Axes,
    /// What both are called, if chunk sizes are unknown.
    names: Option<SmallVec<[String; 2]>>,
}

impl Layer for Assign {
    fn name(&self) -> &'static str {
        "set"
    }

    fn identity(&self, identity: &mut Identity) {
        self.along.iter().for_each(|along| along.identify(identity));
        identity.value(&self.number);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = BlockRef::new(0, number(&self.source, at));
        let mut cuts = Cuts::new();
        // The place in the grid of what is selected.
        let mut selected = SmallVec::<[usize; 4]>::new();
        for (axis, &at) in self.axes.iter().zip(at) {
            match axis {
                AxisParts::Whole | AxisParts::New => {
                    cuts.push(Cut::All);
                    selected.push(at);
                }
                AxisParts::At { block, place } if *block == at => cuts.push(Cut::At(*place)),
                AxisParts::Parts { parts, step } => {
                    let found = parts
                        .iter()
                        .position(|part| part.block == at && part.len > 0);
                    let Some(found) = found else {
                        return BlockTask::alias(block);
                    };
                    let Part { start, len, .. } = parts[found];
                    cuts.push(Cut::Range {
                        start,
                        len,
                        step: *step,
                    });
                    selected.push(found);
                }
                AxisParts::At { .. } => return BlockTask::alias(block),
            }
        }
        let mut inputs: SmallVec<[BlockRef; 3]> = [block].into_iter().collect();
        if self.number.is_none() {
            let missing = selected.len() - self.value.len().min(selected.len());
            let places = self.value.iter().zip(&selected[missing..]);
            let from: SmallVec<[usize; 4]> = places
                .map(|(axis, &at)| if axis.blocks() == 1 { 0 } else { at })
                .collect();
            inputs.push(BlockRef::new(1, number(&self.value, &from)));
        }
        let value = self.number;
        let align = self.names.as_ref().map(|names| {
            Box::new(Align {
                names: names.clone(),
                block: at.into(),
                stretch: [0, stretched(&self.value, selected.len())].into(),
            })
        });
        BlockTask::kernel(
            Kernel::Index(Index::Assign {
                cuts,
                value,
                block: at.into(),
                align,
            }),
            inputs,
        )
    }
}

/// A number, or rows of an array, at places along an axis. Inputs: the array, the value.
struct AssignPlaces {
    axis: usize,
    /// Per block along the axis: the places in it, and which block of the value has their rows.
    places: Vec<(Vec<usize>, usize)>,
    source: Axes,
    number: Option<Number>,
    value: Axes,
    /// What the array and the value are called, if chunk sizes are unknown.
    names: Option<SmallVec<[String; 2]>>,
}

impl Layer for AssignPlaces {
    fn name(&self) -> &'static str {
        "set-places"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.axis as u64);
        for (places, block) in &self.places {
            identity
                .number(*block as u64)
                .numbers(places.iter().copied());
        }
        identity.value(&self.number);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = BlockRef::new(0, number(&self.source, at));
        let found = at.get(self.axis).and_then(|&at| self.places.get(at));
        let Some((places, row)) = found.filter(|(places, _)| !places.is_empty()) else {
            return BlockTask::alias(block);
        };
        let mut inputs: SmallVec<[BlockRef; 3]> = [block].into_iter().collect();
        if self.number.is_none() {
            let missing = at.len() - self.value.len().min(at.len());
            let places = self.value.iter().zip(missing..).map(|(axis, which)| {
                match (axis.blocks(), which == self.axis) {
                    (1, _) => 0,
                    (_, true) => *row,
                    (_, false) => at[which],
                }
            });
            let from: SmallVec<[usize; 4]> = places.collect();
            inputs.push(BlockRef::new(1, number(&self.value, &from)));
        }
        let kernel = Index::AssignPlaces {
            axis: self.axis,
            places: places.clone(),
            value: self.number,
            block: at.into(),
        };
        let mut task = BlockTask::kernel(Kernel::Index(kernel), inputs);
        // Along the axis itself the value has rows, whose number was compared with that of places.
        task.align = self.names.as_ref().map(|names| {
            let along = bit(self.axis);
            Box::new(Align {
                names: names.clone(),
                block: at.into(),
                stretch: [along, along | stretched(&self.value, at.len())].into(),
            })
        });
        task
    }
}

impl Array {
    /// The array with a value at a selection.
    pub(super) fn with_part(&self, selection: &Selection, value: Assigned) -> Result<Self> {
        let wrong = |reason: &str| ArrayError::Index {
            operation: OPERATION.to_owned(),
            reason: reason.to_owned(),
        };
        let along = resolve(OPERATION, self, selection)?;
        if along.iter().any(|along| matches!(along, Along::New)) {
            return Err(wrong("nothing can be assigned to a new axis"));
        }
        let advanced: Vec<usize> = (0..along.len())
            .filter(|&axis| along[axis].is_advanced())
            .collect();
        let rest = || along.iter().filter(|along| !along.is_advanced());
        match advanced.as_slice() {
            [] => self.with_ranges(along, value),
            [axis] if rest().all(|along| matches!(along, Along::Whole)) => match &along[*axis] {
                Along::List(places) => self.with_places(*axis, places, value),
                Along::Array(mask) if *axis == 0 && mask.dtype() == crate::DType::Bool => {
                    self.with_masked(mask, value)
                }
                Along::Array(places) if places.dtype().is_integer() => {
                    self.with_at(*axis, places, value)
                }
                _ => Err(wrong(
                    "an array that says where is a mask for the first axes, or holds integers",
                )),
            },
            _ => Err(wrong(
                "a list of places is assigned to with all other axes taken whole; slice first, or \
                 use a mask",
            )),
        }
    }

    fn with_ranges(&self, along: Vec<Along>, value: Assigned) -> Result<Self> {
        let (mut parts, mut selected) = (Vec::new(), Vec::<Axis>::new());
        for (along, axis) in along.iter().zip(self.axes()) {
            // Places and ranges were resolved against lengths, so these are known.
            if let Some((part, axis)) = AxisParts::of(along, Some(axis)) {
                parts.push(part);
                selected.extend(axis);
            }
        }
        let (number, value) = match value {
            Assigned::Number(number) => (Some(number), None),
            Assigned::Array(value) => (None, Some(self.stretching(OPERATION, &value, &selected)?)),
        };
        let layer = Assign {
            along,
            axes: parts,
            source: self.axes().iter().cloned().collect(),
            number,
            names: self.names_beside(value.as_ref()),
            value: value.iter().flat_map(Self::axes).cloned().collect(),
        };
        Ok(self.assigned(layer, value.as_ref()))
    }

    /// Of equal places, the last one's value stays.
    fn with_places(&self, axis: usize, places: &[usize], value: Assigned) -> Result<Self> {
        let source = &self.axes()[axis];
        let offsets = source.offsets();
        let offsets = offsets.ok_or_else(|| self.unknown(OPERATION, axis))?;
        // Per place of the array the place of the value.
        let mut last: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
        for (row, &place) in places.iter().enumerate() {
            last.insert(place, row);
        }
        let mut by_block: Vec<(Vec<usize>, Vec<usize>)> = vec![Default::default(); source.blocks()];
        for (place, row) in last {
            let block = offsets.partition_point(|&offset| offset <= place).max(1) - 1;
            by_block[block].0.push(place - offsets[block]);
            by_block[block].1.push(row);
        }
        let (number, value) = match value {
            Assigned::Number(number) => (Some(number), None),
            Assigned::Array(value) => {
                let mut selected: Axes = self.axes().iter().cloned().collect();
                let missing = self.ndim().saturating_sub(value.ndim());
                let along = axis.checked_sub(missing);
                let given = along.and_then(|axis| value.axes().get(axis));
                selected[axis] = match given {
                    Some(given) if given.len() == Some(places.len()) => given.clone(),
                    _ => Axis::single(places.len()),
                };
                let value = self.stretching(OPERATION, &value, &selected)?;
                let spread = along.filter(|&axis| !value.axes()[axis].is_one());
                let value = match spread {
                    Some(axis) if !places.is_empty() => {
                        let offsets = value.axes()[axis].offsets().unwrap_or_default();
                        let rows = by_block.iter().filter(|(places, _)| !places.is_empty());
                        let rows: Vec<Vec<(usize, usize)>> = rows
                            .map(|(_, rows)| rows.iter().map(|&row| found(&offsets, row)).collect())
                            .collect();
                        value.taken_mixed(axis, rows.iter().map(Vec::as_slice))
                    }
                    _ => value,
                };
                (None, Some(value))
            }
        };
        let mut next = 0;
        let places = by_block.into_iter().map(|(places, _)| {
            let row = next;
            next += usize::from(!places.is_empty());
            (places, row)
        });
        let layer = AssignPlaces {
            axis,
            places: places.collect(),
            source: self.axes().iter().cloned().collect(),
            number,
            names: self.names_beside(value.as_ref()),
            value: value.iter().flat_map(Self::axes).cloned().collect(),
        };
        Ok(self.assigned(layer, value.as_ref()))
    }

    /// The names of the array and of a value, if lengths are to be compared when they are there.
    fn names_beside(&self, value: Option<&Self>) -> Option<SmallVec<[String; 2]>> {
        let value = value?;
        let mut axes = self.axes().iter().chain(value.axes());
        let unknown = axes.any(|axis| !axis.is_known());
        unknown.then(|| [self.name(), value.name()].into())
    }

    fn assigned(&self, layer: impl Layer + 'static, value: Option<&Self>) -> Self {
        let inputs: SmallVec<[&Self; 3]> = [self].into_iter().chain(value).collect();
        let axes = self.axes().iter().cloned();
        Self::from_layer(layer, &inputs, self.dtype(), axes)
    }
}

/// The block that holds a place, and the place in it.
fn found(offsets: &[usize], place: usize) -> (usize, usize) {
    let block = offsets.partition_point(|&offset| offset <= place).max(1) - 1;
    (block, place - offsets[block])
}
