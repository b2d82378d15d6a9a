//! The conversions between the dtypes of elements and of what reductions accumulate.

use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::element::Element;
use crate::error::KernelError;
use num_complex::Complex;
use num_traits::AsPrimitive;

/// A block of real numbers in `float64`; itself if it is.
pub(crate) fn as_float64(block: &Block) -> Result<Block, KernelError> {
    fn of<T: Element + AsPrimitive<f64>>(block: &Block) -> Result<Block, KernelError> {
        Ok(Block::from(block.view::<T>()?.map(|x| x.as_())))
    }
    match block.dtype() {
        DType::Bool => Ok(Block::from(
            block.view::<bool>()?.map(|&x| f64::from(u8::from(x))),
        )),
        DType::I8 => of::<i8>(block),
        DType::I16 => of::<i16>(block),
        DType::I32 => of::<i32>(block),
        DType::I64 => of::<i64>(block),
        DType::U8 => of::<u8>(block),
        DType::U16 => of::<u16>(block),
        DType::U32 => of::<u32>(block),
        DType::U64 => of::<u64>(block),
        DType::F32 => of::<f32>(block),
        DType::F64 => Ok(block.clone()),
        dtype @ (DType::C64 | DType::C128) => Err(KernelError::DType {
            operation: "a conversion to float64".to_owned(),
            dtype,
        }),
    }
}

/// What was accumulated in double precision, in single precision if the elements had that.
pub(crate) fn narrowed(block: Block, dtype: DType) -> Result<Block, KernelError> {
    match (block.dtype(), dtype) {
        (DType::F64, DType::F32) => Ok(Block::from(block.view::<f64>()?.map(|&x| x as f32))),
        (DType::C128, DType::C64) => {
            let narrow = |z: &Complex<f64>| Complex::new(z.re as f32, z.im as f32);
            Ok(Block::from(block.view::<Complex<f64>>()?.map(narrow)))
        }
        _ => Ok(block),
    }
}

/// Complex numbers as pairs of `float64` along one more axis at the end. With `both_nan`, a number
/// of which a part is NaN has NaN in both.
pub(super) fn planes_of_complex(block: &Block, both_nan: bool) -> Result<Block, KernelError> {
    let mut shape: Extent = block.shape().into();
    shape.push(2);
    let mut parts = Vec::with_capacity(block.len() * 2);
    let mut push = |z: Complex<f64>| match both_nan && Element::is_nan(z) {
        true => parts.extend([f64::NAN, f64::NAN]),
        false => parts.extend([z.re, z.im]),
    };
    match block.dtype() {
        DType::C64 => {
            for z in &block.view::<Complex<f32>>()? {
                push(Complex::new(f64::from(z.re), f64::from(z.im)));
            }
        }
        _ => block
            .view::<Complex<f64>>()?
            .iter()
            .copied()
            .for_each(&mut push),
    }
    Block::new(parts, &shape)
}
