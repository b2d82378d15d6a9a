//! Elements and arrays several times.

use super::derived;
use super::pieces::{Along, Piece, Pieces, as_they_are};
use crate::array::Array;
use crate::axis::{Axis, MAX_BLOCKS};
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::number;
use crate::registry::{OnUnknown, Operation};
use taskloom_kernels::Kernel;
use taskloom_kernels::shape::{Cut, Purpose, Reshape, Times};

const fn entry(name: &'static str, summary: &'static str) -> Operation {
    Operation {
        name,
        group: "Joining",
        numpy: name,
        dask: name,
        dtype: "that of the array",
        unknown: OnUnknown::Works("a new cut along axes that are repeated"),
        empty: "stay without elements",
        summary,
    }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    entry("repeat", "Each element several times along an axis"),
    Operation {
        numpy: "repeat",
        dask: "",
        unknown: OnUnknown::NeedsOthers("the sizes along the axis are needed"),
        ..entry(
            "repeat_each",
            "Each element as often along an axis as a list says",
        )
    },
    entry("tile", "The whole array several times along its axes"),
];

struct Repeat {
    axis: usize,
    /// Per block along the axis.
    times: Vec<Times>,
    axes: Vec<Axis>,
}

impl Layer for Repeat {
    fn name(&self) -> &'static str {
        "repeat"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(self.axis as u64).value(&self.times);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let times = self.times.get(at[self.axis]).cloned();
        let kernel = Reshape::Repeat {
            axis: self.axis,
            times: times.unwrap_or(Times::Each(0)),
        };
        let block = BlockRef::new(0, number(&self.axes, at));
        BlockTask::kernel(Kernel::Reshape(kernel), [block])
    }
}

impl Array {
    /// Each element so many times along an axis.
    ///
    /// # Errors
    /// If the array is in the failed state, has no such axis, or the result would be too large.
    pub fn repeat(&self, times: usize, axis: isize) -> Result<Self> {
        self.good()?;
        let axis = self.axis_of("repeat", axis)?;
        if times == 1 {
            return Ok(self.clone());
        }
        // Blocks stay about as large as they are.
        let now = &self.axes()[axis];
        let source = match now.known_lengths() {
            Some(lens) if times > 1 => {
                let most = lens
                    .iter()
                    .copied()
                    .max()
                    .unwrap_or(1)
                    .div_ceil(times)
                    .max(1);
                let blocks = lens.iter().map(|len| len.div_ceil(most).max(1));
                if blocks.fold(0_usize, usize::saturating_add) > MAX_BLOCKS {
                    return Err(ArrayError::value(
                        "repeat",
                        "the result would have too many blocks",
                    ));
                }
                let cut = lens.iter().flat_map(|&len| {
                    let whole = std::iter::repeat_n(most, len / most);
                    whole.chain((!len.is_multiple_of(most) || len == 0).then_some(len % most))
                });
                let mut axes = self.axes().to_vec();
                axes[axis] = Axis::known(cut);
                self.rechunk_to("repeat", &axes)?
            }
            _ => self.clone(),
        };
        let blocks = source.axes()[axis].blocks();
        source.repeated(axis, vec![Times::Each(times); blocks])
    }

    /// The elements along an axis each as often as a list says, which has a number for each.
    ///
    /// # Errors
    /// If the array is in the failed state, has no such axis, its chunk sizes are unknown, or the list
    /// has another length.
    pub fn repeat_each(&self, times: &[usize], axis: isize) -> Result<Self> {
        self.good()?;
        let axis = self.axis_of("repeat", axis)?;
        let offsets = self.axes()[axis].offsets();
        let offsets = offsets.ok_or_else(|| self.unknown("repeat", axis))?;
        if offsets.last() != Some(&times.len()) {
            return Err(ArrayError::value(
                "repeat",
                format!(
                    "{} counts do not fit axis {axis} of the shape {:?}",
                    times.len(),
                    self.shape()
                ),
            ));
        }
        let blocks = offsets.windows(2);
        let blocks = blocks.map(|ends| Times::Of(times[ends[0]..ends[1]].to_vec()));
        self.repeated(axis, blocks.collect())
    }

    fn repeated(&self, axis: usize, times: Vec<Times>) -> Result<Self> {
        let mut axes = self.axes().to_vec();
        let now = &axes[axis];
        let lens: Option<Vec<usize>> = now.known_lengths();
        axes[axis] = match lens {
            Some(lens) => {
                let longer = lens.iter().zip(&times).map(|(&len, times)| match times {
                    Times::Each(n) => n.checked_mul(len),
                    Times::Of(times) => {
                        times.iter().try_fold(0_usize, |sum, &n| sum.checked_add(n))
                    }
                });
                let longer: Option<Vec<usize>> = longer.collect();
                let longer = longer.map(Axis::known).filter(Axis::is_known);
                longer
                    .ok_or_else(|| ArrayError::value("repeat", "the result would be too large"))?
            }
            None => {
                let mut cut = derived("repeat", &axes[axis..=axis]);
                cut.value(&times);
                let reason = format!("{} repeated", self.name());
                Axis::unknown(now.blocks(), &cut, reason)
            }
        };
        let layer = Repeat {
            axis,
            times,
            axes: self.axes().to_vec(),
        };
        Ok(Self::from_layer(layer, &[self], self.dtype(), axes))
    }

    /// The whole array so many times along each axis. Counts are for the last axes; if there are more
    /// of them than axes, new axes are added in front. No block is copied.
    ///
    /// # Errors
    /// If the array is in the failed state or would have too many blocks.
    pub fn tile(&self, times: impl IntoIterator<Item = usize>) -> Result<Self> {
        self.good()?;
        let mut times: Vec<usize> = times.into_iter().collect();
        let mut source = self.clone();
        while source.ndim() < times.len() {
            source = source.expand_dims(0)?;
        }
        while times.len() < source.ndim() {
            times.insert(0, 1);
        }
        let mut along: Vec<Along> = source.axes().iter().map(as_they_are).collect();
        let mut axes = source.axes().to_vec();
        for ((along, axis), times) in along.iter_mut().zip(&mut axes).zip(times) {
            if times == 1 {
                continue;
            }
            if times == 0 {
                let none = Piece::new(0, Cut::Part { start: 0, len: 0 });
                *along = vec![Pieces::from_iter([none])];
                *axis = Axis::single(0);
                continue;
            }
            let blocks = axis
                .blocks()
                .checked_mul(times)
                .filter(|&n| n <= MAX_BLOCKS);
            let blocks = blocks.ok_or_else(|| {
                ArrayError::value("tile", "the result would have too many blocks")
            })?;
            *along = along.iter().cloned().cycle().take(blocks).collect();
            *axis = match axis.known_lengths() {
                Some(lens) => Axis::known(lens.into_iter().cycle().take(blocks)),
                None => {
                    let mut cut = derived("tile", std::slice::from_ref(axis));
                    cut.number(times as u64);
                    Axis::unknown(blocks, &cut, format!("{} in tiles", self.name()))
                }
            };
        }
        if axes == source.axes() {
            return Ok(source);
        }
        Ok(source.pieced(("tile", Purpose::Concatenate), along, None, axes))
    }
}
