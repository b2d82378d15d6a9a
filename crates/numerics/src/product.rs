//! Products of matrices.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use num_complex::Complex;

/// Numbers whose matrices can be multiplied.
pub trait Product: Copy {
    /// Adds `factor * left * right` to `into`, on the calling thread.
    ///
    /// # Panics
    /// If the shapes do not fit: `(m, n)` is added from `(m, k)` and `(k, n)`.
    fn add_product(
        into: MatMut<'_, Self>,
        left: MatRef<'_, Self>,
        right: MatRef<'_, Self>,
        factor: Self,
    );
}

macro_rules! products {
    ($($number:ty),+) => {
        $(impl Product for $number {
            fn add_product(
                into: MatMut<'_, Self>,
                left: MatRef<'_, Self>,
                right: MatRef<'_, Self>,
                factor: Self,
            ) {
                matmul(into, Accum::Add, left, right, factor, Par::Seq);
            }
        })+
    };
}
products!(f32, f64, Complex<f32>, Complex<f64>);

#[cfg(test)]
mod tests {
    use super::*;
    use faer::mat;

    #[test]
    fn products_are_added() {
        let left = mat![[1.0, 2.0], [3.0, 4.0]];
        let right = mat![[1.0], [-1.0]];
        let mut into = mat![[10.0], [10.0]];
        f64::add_product(into.as_mut(), left.as_ref(), right.as_ref(), 2.0);
        assert_eq!(into, mat![[8.0], [8.0]]);
    }
}
