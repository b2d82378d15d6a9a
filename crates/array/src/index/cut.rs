//! Parts of arrays block by block.

use super::parts::AxisParts;
use super::resolve::Along;
use crate::array::Array;
use crate::axis::Axis;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes, number};
use smallvec::SmallVec;
use taskloom_kernels::Kernel;
use taskloom_kernels::index::{Cut, Cuts, Index};

/// A part of the one input.
struct Slice {
    along: Vec<Along>,
    axes: Vec<AxisParts>,
    /// Of the input.
    source: Axes,
}

impl Layer for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn identity(&self, identity: &mut Identity) {
        self.along.iter().for_each(|along| along.identify(identity));
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let mut from = SmallVec::<[usize; 4]>::new();
        let mut cuts = Cuts::new();
        let mut share = 1.0;
        let mut at = at.iter().copied();
        for axis in &self.axes {
            let source = self.source.get(from.len());
            let (block, cut) = match axis {
                AxisParts::New => {
                    at.next();
                    cuts.push(Cut::New);
                    continue;
                }
                AxisParts::Whole => (at.next().unwrap_or(0), Cut::All),
                AxisParts::At { block, place } => (*block, Cut::At(*place)),
                AxisParts::Parts { parts, step } => {
                    // A place that is not in the grid is nobody's.
                    let Some(part) = at.next().and_then(|at| parts.get(at)) else {
                        continue;
                    };
                    let known = source.and_then(|source| source.length(part.block));
                    let whole = part.start == 0 && Some(part.len) == known;
                    let cut = match whole && (*step == 1 || part.len < 2) {
                        true => Cut::All,
                        false => Cut::Range {
                            start: part.start,
                            len: part.len,
                            step: if part.len < 2 { 1 } else { *step },
                        },
                    };
                    (part.block, cut)
                }
            };
            if let Some(len) = source.and_then(|source| source.length(block)) {
                share *= match cut {
                    Cut::At(_) => 1.0 / len.max(1) as f64,
                    Cut::Range { len: part, .. } => part as f64 / len.max(1) as f64,
                    Cut::All | Cut::New => 1.0,
                };
            }
            from.push(block);
            cuts.push(cut);
        }
        let block = BlockRef::new(0, number(&self.source, &from));
        if cuts.iter().all(|cut| *cut == Cut::All) {
            return BlockTask::alias(block);
        }
        let part = share < 0.5;
        BlockTask::kernel(Kernel::Index(Index::Slice { cuts, part }), [block])
    }
}

/// The part that ranges, places and new axes select, of the array as it is; what else there is, is
/// taken whole.
pub(super) fn sliced(array: &Array, along: &[Along]) -> Array {
    let mut sources = array.axes().iter();
    let (mut taken, mut parts, mut axes) = (Vec::new(), Vec::new(), Vec::<Axis>::new());
    for along in along {
        let axis = along.takes_axis().then(|| sources.next()).flatten();
        let along = match along.is_advanced() {
            true => &Along::Whole,
            false => along,
        };
        // Places and ranges were resolved against lengths, so these are known.
        if let Some((part, axis)) = AxisParts::of(along, axis) {
            taken.push(along.clone());
            parts.push(part);
            axes.extend(axis);
        }
    }
    let layer = Slice {
        along: taken,
        axes: parts,
        source: array.axes().iter().cloned().collect(),
    };
    Array::from_layer(layer, &[array], array.dtype(), axes)
}
