//! Different elements and how often each occurs.

use super::lanes::compare;
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::Outputs;
use crate::reduce::Ordered;
use smallvec::smallvec;

/// The different elements of a block in order, and how often each occurs. All NaN are one, at the
/// end.
pub(super) fn partial(block: &Block) -> Result<Outputs, KernelError> {
    crate::dispatch!(block.dtype(), T => {
        let mut elements = block.clone().into_vec::<T>()?;
        elements.sort_unstable_by(compare);
        counts::<T>(elements.into_iter().map(|x| (x, 1)))
    })
}

/// Sorted states as one.
pub(super) fn merge(inputs: &[Block]) -> Result<Outputs, KernelError> {
    let (states, rest) = inputs.as_chunks::<2>();
    let (Some([first, _]), true) = (states.first(), rest.is_empty()) else {
        return Err(KernelError::Program("unique merges no states".to_owned()));
    };
    crate::dispatch!(first.dtype(), T => {
        let mut all = Vec::new();
        for [values, counts] in states {
            let values = values.clone().into_vec::<T>()?;
            all.extend(values.into_iter().zip(counts.clone().into_vec::<i64>()?));
        }
        // A stable sort finds the rows that are sorted already.
        all.sort_by(|a, b| compare(&a.0, &b.0));
        counts::<T>(all.into_iter())
    })
}

/// Equal neighbours as one.
fn counts<T: Ordered>(sorted: impl Iterator<Item = (T, i64)>) -> Result<Outputs, KernelError> {
    let (mut values, mut counts) = (Vec::<T>::new(), Vec::<i64>::new());
    for (value, count) in sorted {
        match (values.last(), counts.last_mut()) {
            (Some(last), Some(sum)) if compare(last, &value).is_eq() => *sum += count,
            _ => {
                values.push(value);
                counts.push(count);
            }
        }
    }
    Ok(smallvec![Block::vector(values), Block::vector(counts)])
}
