//! What is reduced, and how: the states of each reduction and its result.

use super::convert::narrowed;
use super::fold::folded;
use super::layout::{Axes, Layout};
use super::moments;
use super::monoid::{Max, Min, NanMax, NanMin, NanProd, NanSum, Nonzero, Prod, Sum};
use super::place::{self, Wanted};
use crate::block::{Block, Extent};
use crate::dtype::{DType, Kind};
use crate::error::{KernelError, Shape};
use crate::kernel::{Outputs, single};
use serde::{Deserialize, Serialize};
use smallvec::smallvec;

/// What the elements become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum What {
    /// Their sum.
    Sum,
    /// Their product.
    Prod,
    /// Their mean.
    Mean,
    /// The mean of the squared distances from the mean; the count is lessened by `ddof`.
    Var {
        /// Degrees of freedom that are taken off the count.
        ddof: u32,
    },
    /// The square root of the variance.
    Std {
        /// As in the variance.
        ddof: u32,
    },
    /// The mean of a power of the distances from the mean.
    Moment {
        /// The power, at most [`What::HIGHEST_MOMENT`].
        order: u32,
        /// As in the variance.
        ddof: u32,
    },
    /// The least; NaN if there is one.
    Min,
    /// The greatest; NaN if there is one.
    Max,
    /// Where the least is, the first of equal ones.
    ArgMin,
    /// Where the greatest is, the first of equal ones.
    ArgMax,
    /// Whether any is not zero.
    Any,
    /// Whether none is zero.
    All,
    /// How many are not zero.
    CountNonzero,
}

impl What {
    /// The highest power of a moment.
    pub const HIGHEST_MOMENT: u32 = 64;
}

/// A reduction: what, along which axes, of which dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reduction {
    /// What the elements become.
    pub what: What,
    /// Along which axes.
    pub axes: Axes,
    /// Whether these stay as axes of length 1.
    pub keepdims: bool,
    /// Whether NaN is left out.
    pub skip_nan: bool,
    /// The dtype of the elements.
    pub dtype: DType,
}

impl Reduction {
    /// numpy's name.
    pub const fn name(&self) -> &'static str {
        match (self.what, self.skip_nan) {
            (What::Sum, false) => "sum",
            (What::Sum, true) => "nansum",
            (What::Prod, false) => "prod",
            (What::Prod, true) => "nanprod",
            (What::Mean, false) => "mean",
            (What::Mean, true) => "nanmean",
            (What::Var { .. }, false) => "var",
            (What::Var { .. }, true) => "nanvar",
            (What::Std { .. }, false) => "std",
            (What::Std { .. }, true) => "nanstd",
            (What::Moment { .. }, _) => "moment",
            (What::Min, false) => "min",
            (What::Min, true) => "nanmin",
            (What::Max, false) => "max",
            (What::Max, true) => "nanmax",
            (What::ArgMin, false) => "argmin",
            (What::ArgMin, true) => "nanargmin",
            (What::ArgMax, false) => "argmax",
            (What::ArgMax, true) => "nanargmax",
            (What::Any, _) => "any",
            (What::All, _) => "all",
            (What::CountNonzero, _) => "count_nonzero",
        }
    }

    /// The dtype of the result, by numpy's rules: integers and truth values are summed in 64 bits,
    /// means of them are `float64`, and variances are real.
    ///
    /// ```
    /// use taskloom_kernels::DType;
    /// use taskloom_kernels::reduce::{Axes, Reduction, What};
    /// let sum = Reduction {
    ///     what: What::Sum, axes: Axes::all(1), keepdims: false, skip_nan: false, dtype: DType::I8,
    /// };
    /// assert_eq!(sum.result_dtype(), DType::I64);
    /// ```
    pub const fn result_dtype(&self) -> DType {
        let dtype = self.dtype;
        match self.what {
            What::Sum | What::Prod => match dtype.kind() {
                Kind::Bool | Kind::Signed => DType::I64,
                Kind::Unsigned => DType::U64,
                Kind::Float | Kind::Complex => dtype,
            },
            What::Mean => match dtype.is_inexact() {
                true => dtype,
                false => DType::F64,
            },
            What::Var { .. } | What::Std { .. } | What::Moment { .. } => match dtype.is_inexact() {
                true => dtype.real(),
                false => DType::F64,
            },
            What::Min | What::Max => dtype,
            What::ArgMin | What::ArgMax | What::CountNonzero => DType::I64,
            What::Any | What::All => DType::Bool,
        }
    }

    /// Of how many blocks a state consists.
    pub const fn parts(&self) -> usize {
        match self.what {
            What::Sum | What::Prod | What::Any | What::All | What::CountNonzero => 1,
            What::Mean | What::Min | What::Max => 2,
            What::Var { .. } | What::Std { .. } | What::ArgMin | What::ArgMax => 3,
            What::Moment { order, .. } => match order {
                0 | 1 => 2,
                _ => order as usize + 1,
            },
        }
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            greatest: matches!(self.what, What::ArgMax | What::Max),
            skip_nan: self.skip_nan,
        }
    }

    /// Count, mean and sums up to which power the state has, for variances and moments.
    fn order(&self) -> u32 {
        match self.what {
            What::Moment { order, .. } => order.min(What::HIGHEST_MOMENT),
            _ => 2,
        }
    }

    fn ddof(&self) -> u32 {
        match self.what {
            What::Var { ddof } | What::Std { ddof } | What::Moment { ddof, .. } => ddof,
            _ => 0,
        }
    }

    /// The state of one block.
    ///
    /// # Errors
    /// If the block is of another dtype.
    pub fn partial(&self, block: &Block) -> Result<Outputs, KernelError> {
        if block.dtype() != self.dtype {
            return Err(KernelError::DType {
                operation: format!("{} of {}", self.name(), self.dtype),
                dtype: block.dtype(),
            });
        }
        match self.what {
            What::Sum | What::Prod | What::Any | What::All | What::CountNonzero => {
                self.folded(block)
            }
            What::Min | What::Max => {
                let layout = Layout::new(block, self.axes, true)?;
                let count = Block::scalar(layout.reduced() as i64);
                Ok(smallvec![self.extreme(block, &layout)?, count])
            }
            What::Mean => moments::sum_and_count(block, self.axes, self.skip_nan),
            What::Var { .. } | What::Std { .. } | What::Moment { .. } => {
                moments::central(block, self.axes, self.skip_nan, self.order())
            }
            What::ArgMin | What::ArgMax => place::partial(block, self.axes, self.wanted()),
        }
    }

    fn folded(&self, block: &Block) -> Result<Outputs, KernelError> {
        let layout = Layout::new(block, self.axes, true)?;
        let dtype = block.dtype();
        if self.skip_nan {
            let skipped = crate::dispatch_inexact!(dtype, T => match self.what {
                What::Sum => Some(folded::<T, NanSum>(&layout)?),
                What::Prod => Some(folded::<T, NanProd>(&layout)?),
                _ => None,
            }, else None);
            if let Some(result) = skipped {
                return Ok(single(result));
            }
        }
        let result = crate::dispatch!(dtype, T => match self.what {
            What::Sum => folded::<T, Sum>(&layout)?,
            What::Prod => folded::<T, Prod>(&layout)?,
            _ => folded::<T, Nonzero>(&layout)?,
        });
        let all = layout.reduced() as i64;
        let truth = |is: fn(i64, i64) -> bool| -> Result<Block, KernelError> {
            Ok(Block::from(
                result.view::<i64>()?.map(|&count| is(count, all)),
            ))
        };
        Ok(single(match self.what {
            What::Any => truth(|count, _| count > 0)?,
            What::All => truth(|count, all| count == all)?,
            _ => result,
        }))
    }

    /// The least or greatest of a layout.
    fn extreme(&self, block: &Block, layout: &Layout) -> Result<Block, KernelError> {
        let greatest = self.wanted().greatest;
        if self.skip_nan && block.dtype().is_inexact() {
            return crate::dispatch_inexact!(block.dtype(), T => match greatest {
                true => folded::<T, NanMax>(layout),
                false => folded::<T, NanMin>(layout),
            }, else Ok(block.clone()));
        }
        crate::dispatch!(block.dtype(), T => match greatest {
            true => folded::<T, Max>(layout),
            false => folded::<T, Min>(layout),
        })
    }

    /// One state of the states of a box of blocks; `grid` is how many blocks there are along each
    /// reduced axis.
    ///
    /// # Errors
    /// If these are not states of this reduction, or of blocks that differ along the other axes.
    pub fn merge(&self, grid: &[usize], inputs: &[Block]) -> Result<Outputs, KernelError> {
        let parts = self.parts();
        let states: Vec<&[Block]> = inputs.chunks_exact(parts).collect();
        if states.is_empty() || !inputs.len().is_multiple_of(parts) {
            return Err(KernelError::Program(format!(
                "{} merges states of {parts} blocks and was given {} blocks",
                self.name(),
                inputs.len()
            )));
        }
        if let &[state] = states.as_slice() {
            return Ok(state.iter().cloned().collect());
        }
        let part = |at: usize| states.iter().map(move |state| &state[at]);
        match self.what {
            What::Sum | What::CountNonzero | What::Prod | What::Any | What::All => {
                let stack = self.stack(part(0))?;
                let layout = Layout::new(&stack, Axes::of([0]), true)?;
                let result = match (self.what, stack.dtype()) {
                    (What::Any, _) => folded::<bool, Max>(&layout)?,
                    (What::All, _) => folded::<bool, Min>(&layout)?,
                    (What::Prod, dtype) => {
                        crate::dispatch!(dtype, T => folded::<T, Prod>(&layout)?)
                    }
                    (_, dtype) => crate::dispatch!(dtype, T => folded::<T, Sum>(&layout)?),
                };
                Ok(single(without_first_axis(&result)?))
            }
            What::Mean => {
                let sums = self.stack(part(0))?;
                let layout = Layout::new(&sums, Axes::of([0]), true)?;
                let sum = crate::dispatch!(sums.dtype(), T => folded::<T, Sum>(&layout)?);
                let counts = self.stack(part(1))?;
                let layout = Layout::new(&counts, Axes::of([0]), true)?;
                let count = folded::<i64, Sum>(&layout)?;
                Ok(smallvec![
                    without_first_axis(&sum)?,
                    without_first_axis(&count)?
                ])
            }
            What::Min | What::Max => {
                let mut count = 0_i64;
                let mut filled = Vec::with_capacity(states.len());
                for state in &states {
                    let here = state[1].item::<i64>()?;
                    count = count.saturating_add(here);
                    if here > 0 {
                        filled.push(&state[0]);
                    }
                }
                // The shapes are compared for the empty ones too.
                let all = self.stack(part(0))?;
                let stack = match filled.is_empty() {
                    true => all,
                    false => self.stack(filled.into_iter())?,
                };
                let layout = Layout::new(&stack, Axes::of([0]), true)?;
                let result = without_first_axis(&self.extreme(&stack, &layout)?)?;
                Ok(smallvec![result, Block::scalar(count)])
            }
            What::Var { .. } | What::Std { .. } | What::Moment { .. } => {
                moments::merge(&states, self.name())
            }
            What::ArgMin | What::ArgMax => place::merge(&states, grid, self.wanted(), self.name()),
        }
    }

    /// Blocks of one shape and dtype, along a new axis at the front.
    fn stack<'a>(
        &self,
        blocks: impl ExactSizeIterator<Item = &'a Block> + Clone,
    ) -> Result<Block, KernelError> {
        let Some(first) = blocks.clone().next() else {
            return Err(KernelError::Program(format!(
                "{} of no states",
                self.name()
            )));
        };
        let other = blocks.clone().find(|block| block.shape() != first.shape());
        if let Some(other) = other {
            return Err(KernelError::Shapes {
                operation: self.name().to_owned(),
                left: Shape(first.shape().into()),
                right: Shape(other.shape().into()),
            });
        }
        let mut shape: Extent = smallvec![blocks.len()];
        shape.extend_from_slice(first.shape());
        crate::dispatch!(first.dtype(), T => {
            let mut elements = Vec::with_capacity(first.len() * blocks.len());
            for block in blocks {
                match block.as_slice::<T>()? {
                    Some(row) => elements.extend_from_slice(row),
                    None => elements.extend(block.view::<T>()?.iter()),
                }
            }
            Block::new(elements, &shape)
        })
    }

    /// The result of a state.
    ///
    /// # Errors
    /// If there is no answer: the least of no elements.
    pub fn finish(&self, state: &[Block]) -> Result<Block, KernelError> {
        if state.len() != self.parts() {
            return Err(KernelError::Program(format!(
                "a state of {} with {} blocks",
                self.name(),
                state.len()
            )));
        }
        let result = match self.what {
            What::Sum | What::Prod | What::Any | What::All | What::CountNonzero => state[0].clone(),
            What::Min | What::Max => {
                if state[1].item::<i64>()? == 0 {
                    return Err(KernelError::ZeroSize {
                        operation: self.name().to_owned(),
                    });
                }
                state[0].clone()
            }
            What::Mean => moments::mean(state[0].clone(), &state[1])?,
            What::Var { .. } | What::Std { .. } | What::Moment { .. } => {
                let complex = self.dtype.is_complex();
                let moment = moments::divided(state, self.order(), self.ddof(), complex)?;
                match self.what {
                    What::Std { .. } => Block::from(moment.view::<f64>()?.map(|x| x.sqrt())),
                    _ => moment,
                }
            }
            What::ArgMin | What::ArgMax => place::finish(state, self.name(), self.skip_nan)?,
        };
        let result = narrowed(result, self.result_dtype())?;
        if self.keepdims {
            return Ok(result);
        }
        let lens = result.shape().iter().enumerate();
        let kept = lens.filter(|&(axis, _)| !self.axes.has(axis));
        let shape: Extent = kept.map(|(_, &len)| len).collect();
        result.reshaped(&shape)
    }
}

fn without_first_axis(block: &Block) -> Result<Block, KernelError> {
    block.reshaped(block.shape().split_first().map_or(&[], |(_, rest)| rest))
}
