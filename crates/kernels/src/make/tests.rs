//! Tests of arrays of nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Literal results of numpy, and what is refused.

use super::{Constant, Diagonal, Line, Make, Ramp};
use crate::block::Block;
use crate::dtype::DType;
use crate::error::KernelError;
use crate::scalar::Number;
use num_complex::Complex;

fn make(kernel: Make) -> Result<Block, KernelError> {
    Ok(kernel.run(Vec::new())?.remove(0))
}

fn constant(shape: &[usize], dtype: DType, value: Number) -> Result<Block, KernelError> {
    make(Make::Constant(Constant {
        shape: shape.into(),
        dtype,
        value,
    }))
}

#[test]
fn constants_of_all_dtypes() {
    for dtype in DType::ALL {
        let one = constant(&[2, 3], dtype, Number::Int(1)).unwrap();
        assert_eq!((one.dtype(), one.shape()), (dtype, [2, 3].as_slice()));
        let ones = crate::dispatch!(dtype, T => {
            one.into_vec::<T>().unwrap() == vec![<T as crate::Element>::ONE; 6]
        });
        assert!(ones, "{dtype}");
        assert_eq!(constant(&[0, 3], dtype, Number::Int(0)).unwrap().len(), 0);
    }
    let cut = constant(&[], DType::I8, Number::Float(-2.7)).unwrap();
    assert_eq!(cut.item::<i8>().unwrap(), -2);
    let complex = constant(&[1], DType::C64, Number::Complex(Complex::new(1.0, 2.0))).unwrap();
    assert_eq!(
        complex.item::<Complex<f32>>().unwrap(),
        Complex::new(1.0, 2.0)
    );
    let nan = constant(&[1], DType::F32, Number::Float(f64::NAN)).unwrap();
    assert!(nan.item::<f32>().unwrap().is_nan());
}

#[test]
fn constants_that_do_not_fit() {
    for (dtype, value) in [
        (DType::U8, Number::Int(300)),
        (DType::U8, Number::Int(-1)),
        (DType::I64, Number::Int(1 << 63)),
        (DType::I16, Number::Float(1e30)),
        (DType::I64, Number::Float(f64::NAN)),
        (DType::F64, Number::Complex(Complex::new(0.0, 1.0))),
    ] {
        let error = constant(&[1], dtype, value).unwrap_err().to_string();
        assert!(error.contains(dtype.name()), "{error}");
        assert!(Constant::fits(value, dtype).is_err());
    }
    let huge = constant(&[usize::MAX, 3], DType::F64, Number::Int(0)).unwrap_err();
    assert!(huge.to_string().contains("memory"), "{huge}");
    assert!(constant(&[1 << 50, 1 << 10], DType::U8, Number::Int(0)).is_err());
    assert_eq!(
        constant(&[usize::MAX, 0], DType::U8, Number::Int(0))
            .unwrap()
            .len(),
        0
    );
}

fn ramp(shape: &[usize], axis: usize, dtype: DType, first: u64) -> Result<Block, KernelError> {
    let (start, step) = (Number::Float(1.0), Number::Float(0.5));
    let (start, step) = match dtype.is_integer() {
        true => (Number::Int(10), Number::Int(-3)),
        false => (start, step),
    };
    make(Make::Ramp(Ramp {
        shape: shape.into(),
        axis,
        dtype,
        start,
        step,
        first,
    }))
}

#[test]
fn ramps() {
    let vector = ramp(&[4], 0, DType::I32, 2).unwrap();
    assert_eq!(vector.into_vec::<i32>().unwrap(), [4, 1, -2, -5]);
    let rows = ramp(&[2, 3], 0, DType::F32, 0).unwrap();
    assert_eq!(
        rows.into_vec::<f32>().unwrap(),
        [1.0, 1.0, 1.0, 1.5, 1.5, 1.5]
    );
    let columns = ramp(&[2, 2], 1, DType::F64, 1).unwrap();
    assert_eq!(columns.into_vec::<f64>().unwrap(), [1.5, 2.0, 1.5, 2.0]);
    assert_eq!(ramp(&[0, 2], 0, DType::F64, 1).unwrap().shape(), [0, 2]);
    assert_eq!(ramp(&[2, 0], 0, DType::I8, 1).unwrap().shape(), [2, 0]);
    for dtype in DType::ALL {
        assert_eq!(ramp(&[3], 0, dtype, 0).is_ok(), dtype != DType::Bool);
    }
    assert!(ramp(&[3], 1, DType::F64, 0).is_err());
}

#[test]
fn lines() {
    let line = |dtype, end, first, len| {
        make(Make::Line(Line {
            dtype,
            start: -1.0,
            step: 0.7,
            end,
            first,
            len,
        }))
    };
    let end = line(DType::F64, Some((2, 5.0)), 1, 2).unwrap();
    assert_eq!(end.into_vec::<f64>().unwrap(), [-1.0 + 0.7, 5.0]);
    let whole = line(DType::I16, None, 0, 3).unwrap();
    assert_eq!(whole.into_vec::<i16>().unwrap(), [-1, -1, 0]);
    assert!(line(DType::U8, None, 0, 3).is_err());
    assert_eq!(line(DType::U8, None, 0, 0).unwrap().len(), 0);
}

#[test]
fn diagonals() {
    let diagonal = |rows, columns, offset, below| {
        let dtype = DType::I8;
        let kernel = Diagonal {
            dtype,
            rows,
            columns,
            offset,
            below,
        };
        make(Make::Diagonal(kernel))
            .unwrap()
            .into_vec::<i8>()
            .unwrap()
    };
    assert_eq!(diagonal(2, 3, 0, false), [1, 0, 0, 0, 1, 0]);
    assert_eq!(diagonal(2, 3, 2, false), [0, 0, 1, 0, 0, 0]);
    assert_eq!(diagonal(2, 3, -1, false), [0, 0, 0, 1, 0, 0]);
    assert_eq!(diagonal(2, 2, i64::MAX, false), [0; 4]);
    assert_eq!(diagonal(2, 2, i64::MIN, false), [0; 4]);
    assert_eq!(diagonal(2, 3, 0, true), [1, 0, 0, 1, 1, 0]);
    assert_eq!(diagonal(2, 2, i64::MAX, true), [1; 4]);
    assert_eq!(diagonal(2, 2, -1, true), [0, 0, 1, 0]);
    assert!(diagonal(0, 2, 0, false).is_empty());
    assert!(diagonal(2, 0, 0, true).is_empty());
}

#[test]
fn like_another_block() {
    let like = |block| {
        let (dtype, value) = (DType::I16, Number::Int(4));
        Make::Like(super::Like { dtype, value }).run(block)
    };
    let made = like(vec![Block::scalar(1.5)]).unwrap().remove(0);
    assert_eq!((made.shape().len(), made.item::<i16>().unwrap()), (0, 4));
    let empty = Block::new(Vec::<f64>::new(), &[2, 0]).unwrap();
    assert_eq!(like(vec![empty]).unwrap()[0].shape(), [2, 0]);
    assert!(like(vec![]).is_err());
}

#[test]
fn grids() {
    let inputs = || {
        vec![
            Block::vector(vec![1_i32, 2]),
            Block::vector(vec![0.5, 1.5, 2.5]),
        ]
    };
    let grid = |lengths: &[usize], axis, inputs| {
        Make::Grid(super::Grid {
            lengths: lengths.into(),
            axis,
        })
        .run(inputs)
    };
    let rows = grid(&[0, 1], 0, inputs()).unwrap().remove(0);
    assert_eq!(rows.shape(), [2, 3]);
    assert_eq!(rows.into_vec::<i32>().unwrap(), [1, 1, 1, 2, 2, 2]);
    let columns = grid(&[1, 0], 0, inputs()).unwrap().remove(0);
    assert_eq!(
        columns.into_vec::<f64>().unwrap(),
        [0.5, 0.5, 1.5, 1.5, 2.5, 2.5]
    );
    let empty = vec![Block::vector(vec![1_u8]), Block::vector(Vec::<u8>::new())];
    assert_eq!(grid(&[0, 1], 0, empty).unwrap()[0].shape(), [1, 0]);
    assert!(grid(&[0, 2], 0, inputs()).is_err());
    assert!(grid(&[0, 1], 2, inputs()).is_err());
    assert!(grid(&[0], 0, vec![Block::scalar(1)]).is_err());
}

/// As they travel, kernels are what they were.
#[test]
fn kernels_travel() {
    let kernel = crate::Kernel::Make(Make::Ramp(Ramp {
        shape: [3].as_slice().into(),
        axis: 0,
        dtype: DType::I64,
        start: Number::Int(-5),
        step: Number::Int(2),
        first: 7,
    }));
    let bytes = postcard::to_stdvec(&kernel).unwrap();
    assert_eq!(
        postcard::from_bytes::<crate::Kernel>(&bytes).unwrap(),
        kernel
    );
}
