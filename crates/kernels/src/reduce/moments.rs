//! Means and central moments: count, mean, and sums of powers of the distances from the mean.
//!
//! Blocks are gone over twice, for the mean and for the distances, which is as exact as numpy. States
//! are merged by the formulas of T. F. Chan, G. H. Golub and R. J. LeVeque ("Updating Formulae and a
//! Pairwise Algorithm for Computing Sample Variances", 1979), extended to higher powers with the
//! binomial theorem. A state with the count 0 changes nothing.

use super::convert::{as_float64, planes_of_complex};
use super::fold::{fold, folded};
use super::layout::{Axes, Inner, Layout};
use super::monoid::{NanSum, Numbers, Sum};
use crate::block::Block;
use crate::dtype::DType;
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::kernel::Outputs;
use smallvec::smallvec;

/// How many elements each result is of: one number unless NaN is skipped.
fn counts(layout: &Layout, dtype: DType, skip_nan: bool) -> Result<Vec<i64>, KernelError> {
    let all = vec![layout.reduced() as i64];
    if !skip_nan {
        return Ok(all);
    }
    crate::dispatch_inexact!(dtype, T => fold::<T, Numbers>(layout), else Ok(all))
}

fn count_block(layout: &Layout, counts: Vec<i64>, skip_nan: bool) -> Result<Block, KernelError> {
    match counts.as_slice() {
        &[all] if !skip_nan => Ok(Block::scalar(all)),
        _ if counts.len() == layout.results() => layout.block_of(counts),
        _ => Ok(Block::scalar(counts.first().copied().unwrap_or(0))),
    }
}

/// Sum and count of the elements of each result: the state of a mean.
pub(super) fn sum_and_count(
    block: &Block,
    axes: Axes,
    skip_nan: bool,
) -> Result<Outputs, KernelError> {
    // The sum of a block of narrow integers is exact in 64 bits; wide ones are summed as numpy does.
    let wide = matches!(block.dtype(), DType::I64 | DType::U64);
    let block = if wide {
        as_float64(block)?
    } else {
        block.clone()
    };
    let layout = Layout::new(&block, axes, true)?;
    let count = count_block(&layout, counts(&layout, block.dtype(), skip_nan)?, skip_nan)?;
    let sum = match skip_nan {
        true => crate::dispatch_inexact!(block.dtype(), T => folded::<T, NanSum>(&layout)?,
            else crate::dispatch!(block.dtype(), T => folded::<T, Sum>(&layout)?)),
        false => crate::dispatch!(block.dtype(), T => folded::<T, Sum>(&layout)?),
    };
    let sum = match sum.dtype() {
        DType::I64 | DType::U64 => as_float64(&sum)?,
        _ => sum,
    };
    Ok(smallvec![sum, count])
}

/// Count, mean and the sums of powers 2 to `order` of the distances from the mean, all but the count
/// in `float64`.
///
/// Complex numbers are taken as pairs along one more axis at the end: the variance is the sum of the
/// variances of the parts.
pub(super) fn central(
    block: &Block,
    axes: Axes,
    skip_nan: bool,
    order: u32,
) -> Result<Outputs, KernelError> {
    let reals = match block.dtype() {
        DType::F32 | DType::F64 => block.clone(),
        DType::C64 | DType::C128 => planes_of_complex(block, skip_nan)?,
        _ => as_float64(block)?,
    };
    match reals.dtype() {
        DType::F32 => central_of::<f32>(&reals, axes, skip_nan, order),
        _ => central_of::<f64>(&reals, axes, skip_nan, order),
    }
}

fn central_of<T: Real>(
    block: &Block,
    axes: Axes,
    skip_nan: bool,
    order: u32,
) -> Result<Outputs, KernelError> {
    let layout = Layout::new(block, axes, true)?;
    let counts = counts(&layout, T::DTYPE, skip_nan)?;
    let mut means = match skip_nan {
        true => fold::<T, NanSum>(&layout)?,
        false => fold::<T, Sum>(&layout)?,
    };
    for (at, mean) in means.iter_mut().enumerate() {
        *mean /= count_at(&counts, at);
    }
    let mut outputs: Outputs = smallvec![count_block(&layout, counts, skip_nan)?];
    let mut powers_of_distances = Vec::new();
    for power in 2..=order {
        powers_of_distances.push(layout.block_of(powers::<T>(&layout, &means, power, skip_nan)?)?);
    }
    outputs.push(layout.block_of(means)?);
    outputs.extend(powers_of_distances);
    Ok(outputs)
}

fn count_at(counts: &[i64], at: usize) -> f64 {
    let count = counts.get(at).or(counts.first());
    count.map_or(0.0, |&count| count as f64)
}

/// The two real types that moments are taken of.
trait Real: super::monoid::Summand<Sum = f64> {}
impl Real for f32 {}
impl Real for f64 {}

/// The sums of a power of the distances from the mean.
fn powers<T: Real>(
    layout: &Layout,
    means: &[f64],
    power: u32,
    skip_nan: bool,
) -> Result<Vec<f64>, KernelError> {
    let power = i32::try_from(power).unwrap_or(i32::MAX);
    // Of an infinite mean the distances are NaN though the elements are not, and so is the result.
    match (power, skip_nan) {
        (2, false) => distances::<T>(layout, means, |x, mean| (x - mean) * (x - mean)),
        (2, true) => distances::<T>(layout, means, |x, mean| match x.is_nan() {
            true => 0.0,
            false => (x - mean) * (x - mean),
        }),
        _ => distances::<T>(layout, means, |x, mean| match skip_nan && x.is_nan() {
            true => 0.0,
            false => (x - mean).powi(power),
        }),
    }
}

/// The sums of what is made of each element and the mean of its result.
fn distances<T: Real>(
    layout: &Layout,
    means: &[f64],
    of: impl Fn(f64, f64) -> f64 + Copy,
) -> Result<Vec<f64>, KernelError> {
    let data = layout.data::<T>()?;
    let mut sums = vec![0.0; layout.results()];
    match layout.inner() {
        Inner::Row(len) => {
            for at in layout.stretches() {
                let row = &data[at.input..at.input + len];
                sums[at.output] += along(row, means[at.output], of);
            }
        }
        Inner::Rows(rows, width) => {
            for at in layout.stretches() {
                let sums = &mut sums[at.output..at.output + width];
                let means = &means[at.output..at.output + width];
                for row in data[at.input..at.input + rows * width].chunks_exact(width) {
                    for ((sum, mean), x) in sums.iter_mut().zip(means).zip(row) {
                        *sum += of(x.widen(), *mean);
                    }
                }
            }
        }
    }
    Ok(sums)
}

/// As the sums of rows: lanes, and halves of what is long.
fn along<T: Real>(row: &[T], mean: f64, of: impl Fn(f64, f64) -> f64 + Copy) -> f64 {
    const LANES: usize = 16;
    const PIECE: usize = 1024;
    if row.len() > PIECE {
        let (left, right) = row.split_at((row.len() / 2).next_multiple_of(PIECE));
        return along(left, mean, of) + along(right, mean, of);
    }
    let mut lanes = [0.0; LANES];
    let (groups, rest) = row.as_chunks::<LANES>();
    for group in groups {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane += of(x.widen(), mean);
        }
    }
    let rest: f64 = rest.iter().map(|&x| of(x.widen(), mean)).sum();
    lanes.iter().sum::<f64>() + rest
}

/// One state of several.
pub(super) fn merge(states: &[&[Block]], operation: &str) -> Result<Outputs, KernelError> {
    let (Some(first), true) = (states.first(), states.iter().all(|state| state.len() >= 2)) else {
        return Err(KernelError::Program(format!(
            "{operation} merges no states"
        )));
    };
    let parts = first.len();
    let shape = first[1].shape();
    let results = first[1].len();
    let one_count = states.iter().all(|state| state[0].ndim() == 0);
    let mut counts = vec![0_i64; if one_count { 1 } else { results }];
    let mut means = vec![0.0; results];
    let mut sums = vec![vec![0.0; results]; parts - 2];
    let mut read = Vec::with_capacity(states.len());
    for state in states {
        if state.len() != parts || state[1].shape() != shape {
            return Err(KernelError::Shapes {
                operation: operation.to_owned(),
                left: Shape(shape.into()),
                right: Shape(state.get(1).map_or(&[][..], Block::shape).into()),
            });
        }
        read.push(State {
            counts: state[0].clone().into_vec::<i64>()?,
            means: state[1].clone().into_vec::<f64>()?,
            sums: state[2..]
                .iter()
                .map(|sums| sums.clone().into_vec::<f64>())
                .collect::<Result<_, _>>()?,
        });
    }
    for state in &read {
        for (at, count) in counts.iter_mut().enumerate() {
            *count += count_at(&state.counts, at) as i64;
        }
    }
    for at in 0..results {
        let count = count_at(&counts, at);
        if count == 0.0 {
            means[at] = f64::NAN;
            continue;
        }
        let filled = || {
            read.iter()
                .filter(|state| count_at(&state.counts, at) > 0.0)
        };
        // From one of them on, so that equal means stay what they are.
        let start = filled().next().map_or(0.0, |state| state.means[at]);
        let apart =
            filled().map(|state| (state.means[at] - start) * (count_at(&state.counts, at) / count));
        means[at] = match start.is_finite() {
            true => start + apart.sum::<f64>(),
            false => filled().map(|state| state.means[at]).sum(),
        };
        for state in filled() {
            let shift = state.means[at] - means[at];
            for power in 2..parts {
                sums[power - 2][at] += state.shifted(at, power, shift);
            }
        }
    }
    let mut outputs = Outputs::new();
    outputs.push(match one_count {
        true => Block::scalar(counts[0]),
        false => Block::new(counts, shape)?,
    });
    outputs.push(Block::new(means, shape)?);
    for sums in sums {
        outputs.push(Block::new(sums, shape)?);
    }
    Ok(outputs)
}

/// A state as numbers.
struct State {
    counts: Vec<i64>,
    means: Vec<f64>,
    sums: Vec<Vec<f64>>,
}

impl State {
    /// The sum of a power of the distances from another mean, which lies `shift` below this one's:
    /// `sum((d + s)^p) = sum over k of C(p, k) s^k sum(d^(p - k))`.
    fn shifted(&self, at: usize, power: usize, shift: f64) -> f64 {
        let mut sum = 0.0;
        let mut choose = 1.0;
        let mut shift_to_k = 1.0;
        for k in 0..=power {
            let of_distances = match power - k {
                0 => count_at(&self.counts, at),
                1 => 0.0,
                rest => self.sums[rest - 2][at],
            };
            sum += choose * shift_to_k * of_distances;
            choose = choose * (power - k) as f64 / (k + 1) as f64;
            shift_to_k *= shift;
        }
        sum
    }
}

/// The sums of distances of one power, divided by the counts less `ddof`; NaN where nothing is left
/// to divide by.
pub(super) fn divided(
    state: &[Block],
    order: u32,
    ddof: u32,
    complex: bool,
) -> Result<Block, KernelError> {
    let [counts, means, sums @ ..] = state else {
        return Err(KernelError::Program(
            "a moment without its state".to_owned(),
        ));
    };
    let shape = means.shape();
    let counts = counts.clone().into_vec::<i64>()?;
    let mut results = match order {
        0 => (0..means.len()).map(|at| count_at(&counts, at)).collect(),
        1 => vec![0.0; means.len()],
        _ => match sums.get(order as usize - 2) {
            Some(sums) => sums.clone().into_vec::<f64>()?,
            None => return Err(KernelError::Program("a moment without its sums".to_owned())),
        },
    };
    for (at, result) in results.iter_mut().enumerate() {
        *result /= (count_at(&counts, at) - f64::from(ddof)).max(0.0);
    }
    if !complex {
        return Block::new(results, shape);
    }
    let shape = shape.split_last().map_or(shape, |(_, shape)| shape);
    let of_pairs = results
        .chunks_exact(2)
        .map(|pair| pair[0] + pair[1])
        .collect();
    Block::new(of_pairs, shape)
}

/// Sums divided by counts.
pub(super) fn mean(sum: Block, count: &Block) -> Result<Block, KernelError> {
    let counts = count.clone().into_vec::<i64>()?;
    let shape: crate::block::Extent = sum.shape().into();
    fn divide<T: Element>(sums: Vec<T>, counts: &[i64], by: impl Fn(T, f64) -> T) -> Vec<T> {
        let divided = |(at, sum)| by(sum, count_at(counts, at));
        sums.into_iter().enumerate().map(divided).collect()
    }
    match sum.dtype() {
        DType::C128 => {
            type C = num_complex::Complex<f64>;
            Block::new(
                divide(sum.into_vec::<C>()?, &counts, |sum, n| sum / n),
                &shape,
            )
        }
        _ => Block::new(
            divide(sum.into_vec::<f64>()?, &counts, |sum, n| sum / n),
            &shape,
        ),
    }
}
