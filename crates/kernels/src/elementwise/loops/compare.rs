//! Comparisons. Complex numbers compare by their real parts first, as numpy has it.

use super::Work;
use crate::dtype::DType;
use crate::elementwise::binary::Binary;
use crate::elementwise::typed::{Slice, Typed};
use crate::error::KernelError;
use num_complex::Complex;
use num_traits::Float;

pub(super) fn compare(op: Binary, compute: DType, work: Work<'_, '_>) -> Result<(), KernelError> {
    match work.args {
        [Slice::I64(_), Slice::U64(_)] => return mixed(op, work),
        [Slice::U64(right), Slice::I64(left)] => {
            let args = [Slice::I64(left), Slice::U64(right)];
            let turned = Work {
                args: &args,
                ..work
            };
            return mixed(mirrored(op), turned);
        }
        _ => {}
    }
    match compute {
        DType::C64 => lexical::<f32>(op, work),
        DType::C128 => lexical::<f64>(op, work),
        dtype => {
            let refused = work.name;
            crate::dispatch_ordered!(dtype, T => ordered::<T>(op, work),
                else Err(KernelError::DType { operation: refused.to_owned(), dtype }))
        }
    }
}

/// The comparison that holds of `(b, a)` where this one holds of `(a, b)`.
fn mirrored(op: Binary) -> Binary {
    match op {
        Binary::Less => Binary::Greater,
        Binary::LessEqual => Binary::GreaterEqual,
        Binary::Greater => Binary::Less,
        Binary::GreaterEqual => Binary::LessEqual,
        other => other,
    }
}

fn ordered<T: Typed + PartialOrd>(op: Binary, work: Work<'_, '_>) -> Result<(), KernelError> {
    match op {
        Binary::Equal => work.fast_zip(|a: T, b: T| a == b),
        Binary::NotEqual => work.fast_zip(|a: T, b: T| a != b),
        Binary::Less => work.fast_zip(|a: T, b: T| a < b),
        Binary::LessEqual => work.fast_zip(|a: T, b: T| a <= b),
        Binary::Greater => work.fast_zip(|a: T, b: T| a > b),
        _ => work.fast_zip(|a: T, b: T| a >= b),
    }
}

/// `int64` with `uint64`, exactly.
fn mixed(op: Binary, mut work: Work<'_, '_>) -> Result<(), KernelError> {
    let (a, b) = (work.arg::<i64>(0)?, work.arg::<u64>(1)?);
    let pairs = a.iter().zip(b);
    let pairs = pairs.map(|(&a, &b)| i128::from(a).cmp(&i128::from(b)));
    for (out, order) in work.out::<bool>()?.iter_mut().zip(pairs) {
        *out = match op {
            Binary::Equal => order.is_eq(),
            Binary::NotEqual => order.is_ne(),
            Binary::Less => order.is_lt(),
            Binary::LessEqual => order.is_le(),
            Binary::Greater => order.is_gt(),
            _ => order.is_ge(),
        };
    }
    Ok(())
}

fn lexical<T: Float>(op: Binary, work: Work<'_, '_>) -> Result<(), KernelError>
where
    Complex<T>: Typed,
{
    type C<T> = Complex<T>;
    match op {
        Binary::Equal => work.zip(|a: C<T>, b: C<T>| a == b),
        Binary::NotEqual => work.zip(|a: C<T>, b: C<T>| a != b),
        Binary::Less => work.zip(|a: C<T>, b: C<T>| greater(b, a)),
        Binary::LessEqual => work.zip(|a: C<T>, b: C<T>| greater_equal(b, a)),
        Binary::Greater => work.zip(|a: C<T>, b: C<T>| greater(a, b)),
        _ => work.zip(|a: C<T>, b: C<T>| greater_equal(a, b)),
    }
}

fn greater<T: Float>(a: Complex<T>, b: Complex<T>) -> bool {
    (a.re > b.re && !a.im.is_nan() && !b.im.is_nan()) || (a.re == b.re && a.im > b.im)
}

pub(super) fn greater_equal<T: Float>(a: Complex<T>, b: Complex<T>) -> bool {
    (a.re > b.re && !a.im.is_nan() && !b.im.is_nan()) || (a.re == b.re && a.im >= b.im)
}
