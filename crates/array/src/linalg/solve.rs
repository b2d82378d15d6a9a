//! Factorizations of square matrices, and systems of equations.

use super::blocks::{Part, adjoint, cast, conjugate, each, mosaic, of_part};
use super::product::shape_of;
use super::shapes::{column, inexact, matrix, square, vector};
use super::tall::Tall;
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use taskloom_kernels::elementwise::{Elementwise, Unary};
use taskloom_kernels::linalg::Linalg;
use taskloom_kernels::{DType, Kernel, promote};

/// The factors of [`Array::lu`].
#[derive(Clone)]
pub struct Lu {
    /// The order of the rows: row `i` of `l` times `u` is row `p[i]` of the matrix.
    pub p: Array,
    /// Lower triangular with ones on the diagonal.
    pub l: Array,
    /// Upper triangular.
    pub u: Array,
}

/// The sign and the logarithm of [`Array::slogdet`].
#[derive(Clone)]
pub struct LogDeterminant {
    /// 1, -1, a complex number of modulus 1, or 0 for a singular matrix.
    pub sign: Array,
    /// The logarithm of the determinant's modulus.
    pub logabsdet: Array,
}

/// The solution of [`Array::lstsq`].
#[derive(Clone)]
pub struct LeastSquares {
    /// The solution.
    pub x: Array,
    /// The sums of the squared differences that are left, one per right side. numpy gives none if
    /// the rank is not full; here they are there always.
    pub residuals: Array,
    /// The rank of the matrix.
    pub rank: Array,
    /// The singular values of the matrix, the largest first.
    pub s: Array,
}

impl Array {
    /// The Cholesky factor of a Hermitian (or real symmetric) positive definite matrix: the lower
    /// triangular `L` with `A = L L*`. Only the lower triangle of the matrix is read.
    ///
    /// The columns are cut as the rows are; block by block is factored, so nothing gets larger than
    /// a block.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[4.0, 2.0], [2.0, 5.0]], Chunks::of([1, 1]))?;
    /// let root = x.cholesky()?.to_local_here::<f64>()?;
    /// assert_eq!(root, ndarray::array![[2.0, 0.0], [1.0, 2.0]].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If it is not a square matrix or is of unknown chunk sizes. When it is computed: if it is not
    /// positive definite.
    pub fn cholesky(&self) -> Result<Self> {
        const NAME: &str = "cholesky";
        let array = square(NAME, self)?;
        let axis = array.axes()[0].clone();
        let lengths = axis.known_lengths().unwrap_or_default();
        let whole = axis.len().unwrap_or(0);
        let blocks = lengths.len();
        let chunks = Chunks::exact([lengths.clone(), lengths.clone()]);
        let zeros = Self::zeros([whole, whole], array.dtype(), chunks);
        zeros.check()?;
        let mut factor: Vec<Vec<Part>> = Vec::with_capacity(blocks);
        for row in 0..blocks {
            let mut made: Vec<Part> = Vec::with_capacity(blocks);
            for column in 0..=row {
                let mut inputs = vec![Part::of(&array, &[row, column])];
                let above: &[Part] = factor.get(column).map_or(&made, |above| above);
                for (left, right) in made.iter().zip(above).take(column) {
                    inputs.extend([left.clone(), right.clone()]);
                }
                let rest = less(NAME, &inputs, true);
                made.push(if column == row {
                    let start = lengths[..row].iter().sum();
                    Part::made(NAME, Linalg::Cholesky { whole, start }, &[&rest])
                } else {
                    let kernel = Linalg::SolveTriangular {
                        lower: true,
                        from_right: true,
                        whole,
                    };
                    Part::made(NAME, kernel, &[&factor[column][column], &rest])
                });
            }
            for column in row + 1..blocks {
                made.push(Part::of(&zeros, &[row, column]));
            }
            factor.push(made);
        }
        let parts = factor.concat();
        let axes = [axis.clone(), axis];
        Ok(mosaic(NAME, array.client(), &parts, array.dtype(), axes))
    }

    /// The LU factorization of a square matrix with partial pivoting: rows of the matrix in the
    /// order `p` are `L` times `U`.
    ///
    /// It goes by panels of whole columns, in each of which the largest element of all rows that are
    /// left becomes the pivot, so it is as stable as LAPACK's. A panel must fit a worker.
    ///
    /// # Errors
    /// If it is not a square matrix or is of unknown chunk sizes.
    pub fn lu(&self) -> Result<Lu> {
        const NAME: &str = "lu";
        let panels = Panels::new(NAME, self)?;
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for (at, &start) in panels.starts.iter().enumerate() {
            let later = panels.starts[at + 1..].to_vec();
            let mut inputs = vec![&panels.factors[at]];
            inputs.extend(&panels.orders[at + 1..]);
            let kernel = Linalg::LuParts { start, later };
            let parts = Part::made_with(NAME, kernel, &inputs, 2);
            lower.push(parts[0].clone());
            upper.push(parts[1].clone());
        }
        let starts = panels.starts.clone();
        let orders: Vec<&Part> = panels.orders.iter().collect();
        let order = Part::made(NAME, Linalg::LuOrder { starts }, &orders);
        let (client, dtype) = (panels.array.client(), panels.array.dtype());
        let rows = panels.array.axes()[0].clone();
        let axes = || [rows.clone(), panels.columns.clone()];
        Ok(Lu {
            p: of_part(NAME, client, &order, DType::I64, [rows.clone()]),
            l: mosaic(NAME, client, &lower, dtype, axes()),
            u: mosaic(NAME, client, &upper, dtype, axes()),
        })
    }

    /// The solution `x` of `A x = b`, for one right side or several in columns, by an LU
    /// factorization with partial pivoting.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let a = Array::from_ndarray(&ndarray::array![[0.0, 2.0], [4.0, 1.0]], Chunks::of([1, 1]))?;
    /// let b = Array::from_ndarray(&ndarray::array![2.0, 9.0], Chunks::of([1]))?;
    /// let x = a.solve(&b)?.to_local_here::<f64>()?;
    /// assert_eq!(x, ndarray::array![2.0, 1.0].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If this is not a square matrix, the right side has another length, or chunk sizes are
    /// unknown. When it is computed: if the matrix is singular.
    pub fn solve(&self, sides: &Self) -> Result<Self> {
        const NAME: &str = "solve";
        let (array, sides) = system(NAME, self, sides)?;
        let panels = Panels::new(NAME, &array)?;
        with_columns(NAME, &panels.array, &sides, |sides| {
            let sides = sides.gathered(0);
            let parts = (0..sides.axes()[1].blocks()).map(|column| {
                let mut side = Part::of(&sides, &[0, column]);
                for (at, &start) in panels.starts.iter().enumerate() {
                    let inputs = [&panels.factors[at], &panels.orders[at], &side];
                    side = Part::made(NAME, Linalg::LuApply { start }, &inputs);
                }
                for (at, &start) in panels.starts.iter().enumerate().rev() {
                    let inputs = [&panels.factors[at], &side];
                    side = Part::made(NAME, Linalg::LuBack { start }, &inputs);
                }
                side
            });
            let parts: Vec<Part> = parts.collect();
            let axes = sides.axes().to_vec();
            Ok(mosaic(NAME, sides.client(), &parts, sides.dtype(), axes))
        })
    }

    /// The solution `x` of `T x = b` for a triangular matrix, of which only the lower or the upper
    /// triangle is read.
    ///
    /// # Errors
    /// As [`Array::solve`].
    pub fn solve_triangular(&self, sides: &Self, lower: bool) -> Result<Self> {
        const NAME: &str = "solve_triangular";
        let (array, sides) = system(NAME, self, sides)?;
        let axis = array.axes()[0].clone();
        let whole = axis.len().unwrap_or(0);
        let kernel = Linalg::SolveTriangular {
            lower,
            from_right: false,
            whole,
        };
        with_columns(NAME, &array, &sides, |sides| {
            let columns = sides.axes()[1].blocks();
            let sides = sides.rechunk_to(NAME, &[axis.clone(), sides.axes()[1].clone()])?;
            let blocks = axis.blocks();
            let mut solved: Vec<Option<Part>> = vec![None; blocks * columns];
            for step in 0..blocks {
                let row = if lower { step } else { blocks - 1 - step };
                for column in 0..columns {
                    let mut inputs = vec![Part::of(&sides, &[row, column])];
                    let done = if lower { 0..row } else { row + 1..blocks };
                    for other in done {
                        inputs.push(Part::of(&array, &[row, other]));
                        inputs.extend(solved[other * columns + column].clone());
                    }
                    let rest = less(NAME, &inputs, false);
                    let triangle = Part::of(&array, &[row, row]);
                    let part = Part::made(NAME, kernel.clone(), &[&triangle, &rest]);
                    solved[row * columns + column] = Some(part);
                }
            }
            let parts: Vec<Part> = solved.into_iter().flatten().collect();
            let axes = sides.axes().to_vec();
            Ok(mosaic(NAME, sides.client(), &parts, sides.dtype(), axes))
        })
    }

    /// The inverse of a square matrix. To solve equations, [`Array::solve`] is quicker and more
    /// accurate.
    ///
    /// # Errors
    /// If it is not a square matrix or is of unknown chunk sizes. When it is computed: if it is
    /// singular.
    pub fn inv(&self) -> Result<Self> {
        let array = square("inv", self)?;
        let axis = &array.axes()[0];
        let lengths = axis.known_lengths().unwrap_or_default();
        let chunks = Chunks::exact([lengths.clone(), lengths]);
        let ones = Self::identity(axis.len().unwrap_or(0), array.dtype(), chunks);
        array.solve(&ones)
    }

    /// The determinant of a square matrix.
    ///
    /// # Errors
    /// If it is not a square matrix or is of unknown chunk sizes.
    pub fn det(&self) -> Result<Self> {
        let (panels, parts) = determinant("det", self)?;
        let (client, dtype) = (panels.array.client(), panels.array.dtype());
        Ok(of_part("det", client, &parts[0], dtype, []))
    }

    /// The sign and the logarithm of the determinant, which does not overflow.
    ///
    /// # Errors
    /// As [`Array::det`].
    pub fn slogdet(&self) -> Result<LogDeterminant> {
        let (panels, parts) = determinant("slogdet", self)?;
        let (client, dtype) = (panels.array.client(), panels.array.dtype());
        Ok(LogDeterminant {
            sign: of_part("slogdet", client, &parts[1], dtype, []),
            logabsdet: of_part("slogdet", client, &parts[2], dtype.real(), []),
        })
    }

    /// The least-squares solution of `A x = b` for one right side or several in columns: the one
    /// with the smallest norm if several are as good. By QR of this matrix, then singular values of
    /// `R`; those below the rounding error times the largest count as zero.
    ///
    /// Rows can be of unknown number if both arrays' are known to be cut alike, and there are at
    /// least as many as columns.
    ///
    /// # Errors
    /// If this is no matrix or the right sides do not fit. When it is computed: if there are NaNs or
    /// infinities.
    pub fn lstsq(&self, sides: &Self) -> Result<LeastSquares> {
        const NAME: &str = "lstsq";
        let array = matrix(NAME, self)?;
        let dtype = promote(array.dtype(), inexact(sides.good()?.dtype()));
        let (array, sides) = (cast(&array, dtype), cast(sides, dtype));
        let tall = Tall::new(NAME, &array)?;
        let longest = [tall.rows(), tall.columns()].map(|axis| axis.len().unwrap_or(0));
        let epsilon = match dtype.real() {
            DType::F32 => f64::from(f32::EPSILON),
            _ => f64::EPSILON,
        };
        let cutoff = epsilon * longest.into_iter().max().unwrap_or(0).max(1) as f64;
        let mut made: Option<(Self, Self)> = None;
        let x = with_columns(NAME, &array, &sides, |sides| {
            let client = array.client().or(sides.client());
            let columns = sides.axes()[1].clone();
            let projected = adjoint(&tall.q()).matmul(sides)?.gathered(1);
            let inputs = [tall.r(), &Part::of(&projected, &[0, 0])];
            let parts = Part::made_with(NAME, Linalg::LeastSquares { cutoff }, &inputs, 3);
            let one = match columns.len() {
                Some(len) => Axis::single(len),
                None => projected.axes()[1].clone(),
            };
            let axes = [tall.columns().clone(), one];
            let x = of_part(NAME, client, &parts[0], dtype, axes);
            made = Some((
                of_part(NAME, client, &parts[1], DType::I64, []),
                of_part(
                    NAME,
                    client,
                    &parts[2],
                    dtype.real(),
                    [tall.inner().clone()],
                ),
            ));
            Ok(x)
        })?;
        let Some((rank, s)) = made else {
            return Err(ArrayError::value(NAME, "nothing was solved"));
        };
        let residuals = squares_left(&tall, &sides, &x)?;
        Ok(LeastSquares {
            x,
            residuals,
            rank,
            s,
        })
    }
}

/// The sums of the squares of `b - A x`, one per right side.
fn squares_left(tall: &Tall, sides: &Array, x: &Array) -> Result<Array> {
    const NAME: &str = "lstsq";
    let flat = sides.ndim() == 1;
    let sides = if flat { column(sides) } else { sides.clone() };
    let x = if flat { column(x) } else { x.clone() };
    let array = tall.array();
    let rows = tall.rows().clone();
    let sides = sides.rechunk_to(NAME, &[rows.clone(), sides.axes()[1].clone()])?;
    let sides = sides.gathered(1);
    let x = Part::of(&x, &[0, 0]);
    let left = (0..rows.blocks()).map(|at| {
        let inputs = [
            Part::of(&sides, &[at, 0]),
            Part::of(array, &[at, 0]),
            x.clone(),
        ];
        less(NAME, &inputs, false)
    });
    let left: Vec<Part> = left.collect();
    let axes = [rows, sides.axes()[1].clone()];
    let left = mosaic(
        NAME,
        array.client().or(sides.client()),
        &left,
        array.dtype(),
        axes,
    );
    let squares = Array::einsum("ij,ij->j", &[&conjugate(&left), &left])?;
    let real = match squares.dtype().is_complex() {
        true => {
            let kernel = Elementwise::unary(Unary::Real, squares.dtype());
            let kernel = Kernel::Elementwise(kernel);
            each(&squares, NAME, kernel, squares.dtype().real())
        }
        false => squares,
    };
    // One number, for one right side.
    match flat {
        true => Array::einsum("i->", &[&real]),
        false => Ok(real),
    }
}

/// A block less the products of the pairs after it, or itself if there are none.
fn less(name: &'static str, inputs: &[Part], adjoint: bool) -> Part {
    match inputs {
        [only] => only.clone(),
        all => {
            let all: Vec<&Part> = all.iter().collect();
            Part::made(name, Linalg::Subtract { adjoint }, &all)
        }
    }
}

/// The matrix and right sides of a system in one dtype.
fn system(name: &'static str, array: &Array, sides: &Array) -> Result<(Array, Array)> {
    Array::common_client(name, &[array, sides])?;
    let dtype = promote(inexact(array.dtype()), inexact(sides.dtype()));
    Ok((square(name, &cast(array, dtype))?, cast(sides, dtype)))
}

/// Solves for right sides with two axes, also if they have one.
fn with_columns(
    name: &'static str,
    array: &Array,
    sides: &Array,
    solve: impl FnOnce(&Array) -> Result<Array>,
) -> Result<Array> {
    sides.check()?;
    let rows = [&array.axes()[0]].into_iter().chain(sides.axes().first());
    let lens: Vec<Option<usize>> = rows.map(Axis::len).collect();
    let fits = match lens.as_slice() {
        [Some(left), Some(right)] => left == right,
        [_, _] => true,
        _ => false,
    };
    if !fits || sides.ndim() > 2 {
        return Err(ArrayError::Shapes {
            operation: name.to_owned(),
            left: shape_of(array),
            right: shape_of(sides),
            reason: ": the right side is a vector or a matrix of as many rows".to_owned(),
        });
    }
    if sides.ndim() == 2 {
        return solve(sides);
    }
    let solved = solve(&column(sides))?;
    Ok(vector(&solved))
}

/// A square matrix factored in panels of whole columns.
struct Panels {
    array: Array,
    columns: Axis,
    starts: Vec<usize>,
    factors: Vec<Part>,
    orders: Vec<Part>,
}

impl Panels {
    fn new(name: &'static str, array: &Array) -> Result<Self> {
        let array = square(name, array)?;
        let columns = array.axes()[1].clone();
        let array = array.gathered(0);
        let mut panels = Self {
            columns,
            starts: Vec::new(),
            factors: Vec::new(),
            orders: Vec::new(),
            array,
        };
        let mut start = 0;
        for at in 0..panels.columns.blocks() {
            let mut panel = Part::of(&panels.array, &[0, at]);
            for (before, &start) in panels.starts.iter().enumerate() {
                let inputs = [&panels.factors[before], &panels.orders[before], &panel];
                panel = Part::made(name, Linalg::LuApply { start }, &inputs);
            }
            let parts = Part::made_with(name, Linalg::LuPanel { start }, &[&panel], 2);
            panels.factors.push(parts[0].clone());
            panels.orders.push(parts[1].clone());
            panels.starts.push(start);
            start += panels.columns.length(at).unwrap_or(0);
        }
        Ok(panels)
    }
}

fn determinant(name: &'static str, array: &Array) -> Result<(Panels, Vec<Part>)> {
    let panels = Panels::new(name, array)?;
    let inputs: Vec<&Part> = panels.factors.iter().chain(&panels.orders).collect();
    let starts = panels.starts.clone();
    let parts = Part::made_with(name, Linalg::LuDeterminant { starts }, &inputs, 3);
    Ok((panels, parts))
}
