//! The two number fields that matrices are factored in, and the way from blocks to matrices of them
//! and back.

use crate::block::Block;
use crate::dtype::DType;
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::multiply::Ring;
use faer::{Mat, MatRef, c64};
use num_complex::Complex;
use taskloom_numerics::Decompose;

/// `f64` or complex numbers of it.
pub(super) trait Field: Ring + Decompose {
    /// The number without its imaginary part.
    fn of_real(real: f64) -> Self;
    /// The absolute value.
    fn modulus(self) -> f64;
    /// The number of modulus 1 in this one's direction; 1 for zero.
    fn direction(self) -> Self {
        let modulus = self.modulus();
        if modulus > 0.0 && modulus.is_finite() {
            self.scaled(1.0 / modulus)
        } else {
            Self::ONE
        }
    }
    /// The complex conjugate.
    fn conjugate(self) -> Self;
    /// Times a real number.
    fn scaled(self, by: f64) -> Self;
    /// The difference.
    fn minus(self, other: Self) -> Self;
    /// The quotient.
    fn over(self, other: Self) -> Self;
    /// Whether it is neither infinite nor NaN.
    fn finite(self) -> bool;
    /// The elements of a block of any inexact dtype that is real or complex as this is.
    fn read(name: &str, block: &Block) -> Result<Mat<Self>, KernelError>;
    /// A block of such a dtype in C order.
    fn write(elements: Vec<Self>, shape: &[usize], dtype: DType) -> Result<Block, KernelError>;
}

impl Field for f64 {
    fn of_real(real: f64) -> Self {
        real
    }

    fn modulus(self) -> f64 {
        self.abs()
    }

    fn conjugate(self) -> Self {
        self
    }

    fn scaled(self, by: f64) -> Self {
        self * by
    }

    fn minus(self, other: Self) -> Self {
        self - other
    }

    fn over(self, other: Self) -> Self {
        self / other
    }

    fn finite(self) -> bool {
        self.is_finite()
    }

    fn read(name: &str, block: &Block) -> Result<Mat<Self>, KernelError> {
        match block.dtype() {
            DType::F32 => matrix(name, block, |value: f32| f64::from(value)),
            _ => matrix(name, block, |value: f64| value),
        }
    }

    fn write(elements: Vec<Self>, shape: &[usize], dtype: DType) -> Result<Block, KernelError> {
        match dtype {
            DType::F32 => {
                #[allow(clippy::cast_possible_truncation)] // Rounded, as the module says.
                let rounded = elements.into_iter().map(|value| value as f32).collect();
                Block::new::<f32>(rounded, shape)
            }
            _ => Block::new(elements, shape),
        }
    }
}

impl Field for c64 {
    fn of_real(real: f64) -> Self {
        Self::new(real, 0.0)
    }

    fn modulus(self) -> f64 {
        self.re.hypot(self.im)
    }

    fn conjugate(self) -> Self {
        Self::new(self.re, -self.im)
    }

    fn scaled(self, by: f64) -> Self {
        Self::new(self.re * by, self.im * by)
    }

    fn minus(self, other: Self) -> Self {
        self - other
    }

    fn over(self, other: Self) -> Self {
        self / other
    }

    fn finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }

    fn read(name: &str, block: &Block) -> Result<Mat<Self>, KernelError> {
        match block.dtype() {
            DType::C64 => matrix(name, block, |value: Complex<f32>| {
                Self::new(f64::from(value.re), f64::from(value.im))
            }),
            _ => matrix(name, block, |value: Complex<f64>| value),
        }
    }

    fn write(elements: Vec<Self>, shape: &[usize], dtype: DType) -> Result<Block, KernelError> {
        match dtype {
            DType::C64 => {
                #[allow(clippy::cast_possible_truncation)] // Rounded, as the module says.
                let rounded = |value: Self| Complex::new(value.re as f32, value.im as f32);
                let rounded = elements.into_iter().map(rounded).collect();
                Block::new::<Complex<f32>>(rounded, shape)
            }
            _ => Block::new(elements, shape),
        }
    }
}

/// Whether the numbers of a matrix are complex.
///
/// # Errors
/// If they are not inexact.
pub(super) fn is_complex(name: &str, block: &Block) -> Result<bool, KernelError> {
    let dtype = block.dtype();
    if dtype.is_inexact() {
        return Ok(dtype.is_complex());
    }
    Err(KernelError::DType {
        operation: name.to_owned(),
        dtype,
    })
}

/// The elements of a block with two axes.
fn matrix<S: Element, T>(
    name: &str,
    block: &Block,
    convert: impl Fn(S) -> T,
) -> Result<Mat<T>, KernelError> {
    let &[rows, columns] = block.shape() else {
        return Err(KernelError::Matrix {
            operation: name.to_owned(),
            reason: format!(
                "a block of the shape {} is no matrix",
                Shape(block.shape().into())
            ),
        });
    };
    let view = block.view::<S>()?;
    let view = view.into_dimensionality::<ndarray::Ix2>();
    let view = view.map_err(|error| KernelError::Program(error.to_string()))?;
    Ok(Mat::from_fn(rows, columns, |i, j| convert(view[(i, j)])))
}

/// A block of a matrix, in C order.
pub(super) fn block<T: Field>(mat: MatRef<'_, T>, dtype: DType) -> Result<Block, KernelError> {
    let (rows, columns) = (mat.nrows(), mat.ncols());
    let mut elements = Vec::with_capacity(rows * columns);
    for i in 0..rows {
        elements.extend((0..columns).map(|j| mat[(i, j)]));
    }
    T::write(elements, &[rows, columns], dtype)
}

/// A block of real numbers beside a matrix of the dtype.
pub(super) fn reals(values: Vec<f64>, dtype: DType) -> Result<Block, KernelError> {
    let len = values.len();
    f64::write(values, &[len], dtype.real())
}

/// That there is neither NaN nor infinity, with which iterations would not end well.
pub(super) fn check_finite<T: Field>(name: &str, mat: MatRef<'_, T>) -> Result<(), KernelError> {
    let finite = (0..mat.ncols()).all(|j| (0..mat.nrows()).all(|i| mat[(i, j)].finite()));
    if finite {
        return Ok(());
    }
    Err(wrong(
        name,
        format!("{} holds NaN or infinity", of_shape(mat)),
    ))
}

/// That a matrix is square; its length.
pub(super) fn square<T: Field>(name: &str, mat: MatRef<'_, T>) -> Result<usize, KernelError> {
    if mat.nrows() == mat.ncols() {
        return Ok(mat.nrows());
    }
    Err(wrong(name, format!("{} is not square", of_shape(mat))))
}

/// "the matrix of the shape (2, 3)".
pub(super) fn of_shape<T>(mat: MatRef<'_, T>) -> String {
    format!("the matrix of the shape ({}, {})", mat.nrows(), mat.ncols())
}

/// Two matrices that do not go together.
pub(super) fn unfit<T>(name: &str, left: MatRef<'_, T>, right: MatRef<'_, T>) -> KernelError {
    KernelError::Shapes {
        operation: name.to_owned(),
        left: Shape([left.nrows(), left.ncols()].as_slice().into()),
        right: Shape([right.nrows(), right.ncols()].as_slice().into()),
    }
}

pub(super) fn wrong(name: &str, reason: String) -> KernelError {
    KernelError::Matrix {
        operation: name.to_owned(),
        reason,
    }
}
