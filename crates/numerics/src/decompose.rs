//! Decompositions, and systems of equations whose matrix is a triangle.

use crate::Product;
use faer::linalg::cholesky::llt::factor::LltError;
use faer::linalg::solvers;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_unit_lower_triangular_in_place,
    solve_upper_triangular_in_place,
};
use faer::traits::ComplexField;
use faer::{Mat, MatMut, MatRef, Par, Side, c64};

/// Singular vectors and values of an `(m, n)` matrix, with `k = min(m, n)`.
#[derive(Clone, Debug)]
pub struct Svd<T> {
    /// Left singular vectors in the columns of `(m, k)`.
    pub u: Mat<T>,
    /// The `k` values, the largest first.
    pub values: Vec<f64>,
    /// Right singular vectors in the columns of `(n, k)`.
    pub v: Mat<T>,
}

/// Numbers whose matrices can be decomposed: `f64`, and complex numbers of it.
///
/// Matrices have at least one row and one column, all is done on the calling thread, and what the
/// methods take out of a triangle they read nowhere else.
pub trait Decompose: Product + ComplexField<Real = f64> {
    /// `(m, n)` to `Q` of `(m, k)` with orthonormal columns, and `R` of `(k, n)`, whose lower
    /// triangle is not to be read.
    fn qr(mat: MatRef<'_, Self>) -> (Mat<Self>, Mat<Self>);

    /// Singular values and vectors; `None` if the iteration does not converge.
    fn svd(mat: MatRef<'_, Self>) -> Option<Svd<Self>>;

    /// The singular values, the largest first; `None` if the iteration does not converge.
    fn singular_values(mat: MatRef<'_, Self>) -> Option<Vec<f64>>;

    /// Eigenvalues in ascending order and eigenvectors in columns, of the Hermitian matrix whose
    /// lower triangle this is; `None` if the iteration does not converge.
    fn eigen(mat: MatRef<'_, Self>) -> Option<(Vec<f64>, Mat<Self>)>;

    /// The lower triangular factor of the Hermitian matrix whose lower triangle this is; above it
    /// the result is not to be read.
    ///
    /// # Errors
    /// The row whose pivot is not positive.
    fn cholesky(mat: MatRef<'_, Self>) -> Result<Mat<Self>, usize>;

    /// Puts `X` of `L X = B` in the place of `B`.
    fn solve_lower(triangle: MatRef<'_, Self>, sides: MatMut<'_, Self>);

    /// As [`Decompose::solve_lower`], with a diagonal of ones that is not read.
    fn solve_unit_lower(triangle: MatRef<'_, Self>, sides: MatMut<'_, Self>);

    /// Puts `X` of `U X = B` in the place of `B`.
    fn solve_upper(triangle: MatRef<'_, Self>, sides: MatMut<'_, Self>);
}

macro_rules! decompositions {
    ($($number:ty, $real_part:expr);+) => {
        $(impl Decompose for $number {
            fn qr(mat: MatRef<'_, Self>) -> (Mat<Self>, Mat<Self>) {
                let qr = solvers::Qr::new(mat);
                (qr.compute_thin_Q(), qr.thin_R().to_owned())
            }

            fn svd(mat: MatRef<'_, Self>) -> Option<Svd<Self>> {
                let svd = solvers::Svd::new_thin(mat).ok()?;
                Some(Svd {
                    u: svd.U().to_owned(),
                    values: svd.S().column_vector().iter().map($real_part).collect(),
                    v: svd.V().to_owned(),
                })
            }

            fn singular_values(mat: MatRef<'_, Self>) -> Option<Vec<f64>> {
                mat.singular_values().ok()
            }

            fn eigen(mat: MatRef<'_, Self>) -> Option<(Vec<f64>, Mat<Self>)> {
                let eigen = mat.self_adjoint_eigen(Side::Lower).ok()?;
                let values = eigen.S().column_vector().iter().map($real_part).collect();
                Some((values, eigen.U().to_owned()))
            }

            fn cholesky(mat: MatRef<'_, Self>) -> Result<Mat<Self>, usize> {
                match mat.llt(Side::Lower) {
                    Ok(factor) => Ok(factor.L().to_owned()),
                    Err(LltError::NonPositivePivot { index }) => Err(index),
                }
            }

            fn solve_lower(triangle: MatRef<'_, Self>, sides: MatMut<'_, Self>) {
                solve_lower_triangular_in_place(triangle, sides, Par::Seq);
            }

            fn solve_unit_lower(triangle: MatRef<'_, Self>, sides: MatMut<'_, Self>) {
                solve_unit_lower_triangular_in_place(triangle, sides, Par::Seq);
            }

            fn solve_upper(triangle: MatRef<'_, Self>, sides: MatMut<'_, Self>) {
                solve_upper_triangular_in_place(triangle, sides, Par::Seq);
            }
        })+
    };
}
decompositions!(f64, |value| *value; c64, |value| value.re);

#[cfg(test)]
mod tests {
    use super::*;
    use faer::mat;

    fn near(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> bool {
        (left - right).norm_max() < 1e-12
    }

    #[test]
    fn factors_multiply_to_the_matrix() {
        let mat = mat![[4.0, 1.0], [1.0, 3.0], [0.0, 2.0]];
        let (q, mut r) = f64::qr(mat.as_ref());
        r[(1, 0)] = 0.0;
        assert!(near((&q * &r).as_ref(), mat.as_ref()));
        let svd = f64::svd(mat.as_ref()).unwrap();
        assert_eq!(
            Some(&svd.values),
            f64::singular_values(mat.as_ref()).as_ref()
        );
        let scaled = Mat::from_fn(3, 2, |i, j| svd.u[(i, j)] * svd.values[j]);
        assert!(near((scaled * svd.v.transpose()).as_ref(), mat.as_ref()));
    }

    #[test]
    fn lower_triangles_are_enough() {
        // What stands above the diagonal is not read.
        let mat = mat![[4.0, 9.0], [2.0, 5.0]];
        let whole = mat![[4.0, 2.0], [2.0, 5.0]];
        let mut factor = f64::cholesky(mat.as_ref()).unwrap();
        factor[(0, 1)] = 0.0;
        assert!(near(
            (&factor * factor.transpose()).as_ref(),
            whole.as_ref()
        ));
        let (values, vectors) = f64::eigen(mat.as_ref()).unwrap();
        let scaled = Mat::from_fn(2, 2, |i, j| vectors[(i, j)] * values[j]);
        assert!(near(
            (scaled * vectors.transpose()).as_ref(),
            whole.as_ref()
        ));
        assert_eq!(f64::cholesky(mat![[1.0, 0.0], [2.0, 1.0]].as_ref()), Err(1));
    }

    #[test]
    fn triangles_are_solved() {
        let triangle = mat![[2.0, 4.0], [6.0, 5.0]];
        let mut lower = mat![[2.0], [16.0]];
        f64::solve_lower(triangle.as_ref(), lower.as_mut());
        assert!(near(lower.as_ref(), mat![[1.0], [2.0]].as_ref()));
        let mut unit = mat![[1.0], [8.0]];
        f64::solve_unit_lower(triangle.as_ref(), unit.as_mut());
        assert!(near(unit.as_ref(), mat![[1.0], [2.0]].as_ref()));
        let mut upper = mat![[10.0], [10.0]];
        f64::solve_upper(triangle.as_ref(), upper.as_mut());
        assert!(near(upper.as_ref(), mat![[1.0], [2.0]].as_ref()));
    }
}
