//! The transforms of all lines of a block.

use super::{Fourier, Norm};
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::element::Element;
use crate::error::KernelError;
use crate::room::zeros;
use num_complex::Complex;
use num_traits::{AsPrimitive, Float, Zero};
use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use taskloom_numerics::{Plan, Transform};

/// How many plans a thread keeps before it forgets them all: a plan of length n holds some n numbers.
const PLANS: usize = 32;

/// How many lines are transformed at a time where they lie side by side.
const NEIGHBOURS: usize = 8;

/// Plans by type, length and direction; each is a [`Plan`] of its type.
type Plans = HashMap<(TypeId, usize, bool), Box<dyn Any>>;

thread_local! {
    static PLANNED: RefCell<Plans> = RefCell::new(Plans::new());
}

/// A real type to transform in.
trait Real: Element + Float + Transform {
    fn of_f64(value: f64) -> Self;
}

impl Real for f32 {
    #[allow(clippy::cast_possible_truncation)] // A factor, rounded.
    fn of_f64(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    fn of_f64(value: f64) -> Self {
        value
    }
}

/// What is wanted of a line.
#[derive(Clone, Copy)]
struct Wanted {
    inverse: bool,
    axis: usize,
    /// The length of the transform itself.
    len: usize,
    norm: Norm,
}

/// Runs a transform.
pub(super) fn transform(kernel: &Fourier, block: &Block) -> Result<Block, KernelError> {
    let name = kernel.name();
    let wanted = match *kernel {
        Fourier::Complex {
            inverse,
            axis,
            len,
            norm,
        } => Wanted {
            inverse,
            axis,
            len,
            norm,
        },
        Fourier::Real { axis, len, norm } => Wanted {
            inverse: false,
            axis,
            len,
            norm,
        },
        Fourier::RealInverse { axis, len, norm } => Wanted {
            inverse: true,
            axis,
            len,
            norm,
        },
    };
    if wanted.axis >= block.ndim() || wanted.len == 0 {
        return Err(KernelError::value(
            name,
            format!(
                "{} points along axis {} of a block of {} axes",
                wanted.len,
                wanted.axis,
                block.ndim()
            ),
        ));
    }
    if block.dtype().is_complex() && matches!(kernel, Fourier::Real { .. }) {
        return Err(KernelError::DType {
            operation: name.to_owned(),
            dtype: block.dtype(),
        });
    }
    let block = block.contiguous();
    match block.dtype() {
        DType::F32 => {
            let read = |at: &f32| Complex::new(*at, 0.0);
            run::<f32, f32>(kernel, wanted, &block, read)
        }
        DType::C64 => run::<Complex<f32>, f32>(kernel, wanted, &block, |at| *at),
        DType::C128 => run::<Complex<f64>, f64>(kernel, wanted, &block, |at| *at),
        DType::F64 => {
            let read = |at: &f64| Complex::new(*at, 0.0);
            run::<f64, f64>(kernel, wanted, &block, read)
        }
        _ => {
            let block = floats(&block)?;
            let read = |at: &f64| Complex::new(*at, 0.0);
            run::<f64, f64>(kernel, wanted, &block, read)
        }
    }
}

/// Whole numbers and truth values as `float64`.
fn floats(block: &Block) -> Result<Block, KernelError> {
    macro_rules! convert {
        ($($arm:ident $rust:ty),+) => {
            match block.dtype() {
                DType::Bool => block
                    .view::<bool>()?
                    .iter()
                    .map(|&value| f64::from(u8::from(value)))
                    .collect(),
                $(DType::$arm => block
                    .view::<$rust>()?
                    .iter()
                    .map(|&value| value.as_())
                    .collect(),)+
                dtype => {
                    return Err(KernelError::DType {
                        operation: "fft".to_owned(),
                        dtype,
                    });
                }
            }
        };
    }
    let values: Vec<f64> =
        convert!(I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64);
    Block::new(values, block.shape())
}

/// A transform of the elements `S` in the type `R`.
fn run<S: Element, R: Real>(
    kernel: &Fourier,
    wanted: Wanted,
    block: &Block,
    read: impl Fn(&S) -> Complex<R>,
) -> Result<Block, KernelError>
where
    Complex<R>: Element,
{
    let half = wanted.len / 2 + 1;
    let all = wanted.len;
    match kernel {
        Fourier::Complex { .. } => walk(kernel, wanted, block, [all, all], read, |value| value),
        Fourier::Real { .. } => walk(kernel, wanted, block, [all, half], read, |value| value),
        Fourier::RealInverse { .. } => {
            walk(kernel, wanted, block, [half, all], read, |value| value.re)
        }
    }
}

/// Goes through the lines of a block, a few neighbours at a time: where they do not lie in rows,
/// each piece of memory that is read holds elements of all of them.
fn walk<S: Element, R: Real, O: Element>(
    kernel: &Fourier,
    wanted: Wanted,
    block: &Block,
    [most, made]: [usize; 2],
    read: impl Fn(&S) -> Complex<R>,
    keep: impl Fn(Complex<R>) -> O,
) -> Result<Block, KernelError>
where
    Complex<R>: Element,
{
    let name = kernel.name();
    let source = block.as_slice::<S>()?;
    let source = source.ok_or_else(|| KernelError::Program("not in C order".to_owned()))?;
    let (shape, axis, len) = (block.shape(), wanted.axis, wanted.len);
    let before: usize = shape[..axis].iter().product();
    let apart: usize = shape[axis + 1..].iter().product();
    let taken = shape[axis].min(most);
    let mut result_shape: Extent = shape.into();
    result_shape[axis] = made;
    let mut result: Vec<O> = zeros(name, &result_shape)?;

    let scale = scale::<R>(wanted);
    let plan = plan::<R>(len, wanted.inverse);
    let side_by_side = NEIGHBOURS.min(apart.max(1));
    let mut lines: Vec<Complex<R>> = zeros(name, &[side_by_side, len])?;
    let mut scratch: Vec<Complex<R>> = zeros(name, &[plan.get_inplace_scratch_len()])?;
    for outer in 0..before {
        for first in (0..apart).step_by(side_by_side) {
            let count = side_by_side.min(apart - first);
            let lines = &mut lines[..count * len];
            lines.fill(Complex::zero());
            for at in 0..taken {
                let from = (outer * shape[axis] + at) * apart + first;
                for (line, value) in source[from..from + count].iter().enumerate() {
                    lines[line * len + at] = read(value);
                }
            }
            if matches!(kernel, Fourier::RealInverse { .. }) {
                lines.chunks_exact_mut(len).for_each(mirror);
            }
            plan.process_with_scratch(lines, &mut scratch);
            for at in 0..made {
                let to = (outer * made + at) * apart + first;
                for (line, value) in result[to..to + count].iter_mut().enumerate() {
                    let point = lines[line * len + at];
                    *value = keep(Complex::new(point.re * scale, point.im * scale));
                }
            }
        }
    }
    Block::new(result, &result_shape)
}

/// The second half of a line whose transform is real: the conjugate of the first, backwards.
fn mirror<R: Real>(line: &mut [Complex<R>]) {
    let len = line.len();
    // Of the two points that are their own mirror images the imaginary part does not count.
    line[0].im = R::zero();
    if len.is_multiple_of(2) {
        line[len / 2].im = R::zero();
    }
    for at in 1..len.div_ceil(2) {
        line[len - at] = line[at].conj();
    }
}

/// The factor of the result.
fn scale<R: Real>(wanted: Wanted) -> R {
    #[allow(clippy::cast_precision_loss)] // A factor.
    let len = wanted.len as f64;
    R::of_f64(match (wanted.norm, wanted.inverse) {
        (Norm::Backward, true) | (Norm::Forward, false) => 1.0 / len,
        (Norm::Ortho, _) => 1.0 / len.sqrt(),
        (Norm::Backward, false) | (Norm::Forward, true) => 1.0,
    })
}

/// The plan of a length, which this thread may have made before.
fn plan<R: Real>(len: usize, inverse: bool) -> Plan<R> {
    PLANNED.with_borrow_mut(|planned| {
        let key = (TypeId::of::<R>(), len, inverse);
        let known = planned.get(&key).and_then(|any| any.downcast_ref());
        if let Some(plan) = known {
            return Plan::<R>::clone(plan);
        }
        let plan = R::plan(len, inverse);
        if planned.len() >= PLANS {
            planned.clear();
        }
        planned.insert(key, Box::new(plan.clone()));
        plan
    })
}
