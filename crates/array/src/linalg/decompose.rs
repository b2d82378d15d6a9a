//! Factorizations that give orthogonal matrices: QR, singular values, eigenvalues.

use super::blocks::{Part, adjoint, of_part};
use super::shapes::{first, matrix, square};
use super::tall::Tall;
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::Chunks;
use crate::error::{ArrayError, Result};
use crate::random::Generator;
use taskloom_kernels::linalg::Linalg;

/// The factors of [`Array::qr`].
#[derive(Clone)]
pub struct Qr {
    /// Orthonormal columns.
    pub q: Array,
    /// Upper triangular.
    pub r: Array,
}

/// The factors of [`Array::svd`].
#[derive(Clone)]
pub struct Svd {
    /// The left singular vectors, in columns.
    pub u: Array,
    /// The singular values, the largest first.
    pub s: Array,
    /// The right singular vectors, conjugated, in rows.
    pub vh: Array,
}

/// The eigenvalues and eigenvectors of [`Array::eigh`].
#[derive(Clone)]
pub struct Eigh {
    /// The eigenvalues, the smallest first.
    pub values: Array,
    /// The eigenvectors, in columns.
    pub vectors: Array,
}

/// How [`Array::svd_compressed`] goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression {
    /// How many singular values are wanted.
    pub rank: usize,
    /// How many columns more than that are drawn at random: 10 are enough for matrices whose
    /// singular values fall off.
    pub oversampling: usize,
    /// How often the matrix is multiplied with its transpose, which brings out the large singular
    /// values where they do not fall off quickly.
    pub power_iterations: usize,
    /// What the random numbers depend on.
    pub seed: u64,
}

impl Compression {
    /// So many singular values, with 10 random columns more, no power iterations, and the seed 0.
    pub fn rank(rank: usize) -> Self {
        Self {
            rank,
            oversampling: 10,
            power_iterations: 0,
            seed: 0,
        }
    }

    /// With so many power iterations.
    #[must_use]
    pub fn power_iterations(mut self, count: usize) -> Self {
        self.power_iterations = count;
        self
    }

    /// With so many random columns more than singular values.
    #[must_use]
    pub fn oversampling(mut self, count: usize) -> Self {
        self.oversampling = count;
        self
    }

    /// With this seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl From<usize> for Compression {
    fn from(rank: usize) -> Self {
        Self::rank(rank)
    }
}

impl Array {
    /// The QR factorization of a matrix of `(m, n)`: `Q` of `(m, k)` and `R` of `(k, n)` for
    /// `k = min(m, n)`. The diagonal of `R` is real and not negative, so the factors of a matrix of
    /// full rank are the same for all chunks (numpy's can have other signs).
    ///
    /// The rows can be cut in any way and be of unknown number; then there must be at least as many
    /// as columns, which is looked at when they are there. The columns are put together to one
    /// block. It is made for matrices with many rows: of a square one all is factored in the end by
    /// one task.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, linalg::Qr};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[3.0, 1.0], [4.0, 2.0]], Chunks::of([1, 2]))?;
    /// let Qr { q, r } = x.qr()?;
    /// let r = r.to_local_here::<f64>()?;
    /// assert!((r[[0, 0]] - 5.0).abs() < 1e-12 && r[[1, 0]] == 0.0);
    /// # let _ = q;
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If it is no matrix, or its columns are of unknown chunk sizes in several chunks.
    pub fn qr(&self) -> Result<Qr> {
        let tall = Tall::new("qr", &matrix("qr", self)?)?;
        Ok(Qr {
            q: tall.q(),
            r: tall.r_array(),
        })
    }

    /// The singular value decomposition of a matrix of `(m, n)`: `U` of `(m, k)`, `k` singular
    /// values and `V` adjoint of `(k, n)`, for `k = min(m, n)` (numpy's with `full_matrices=False`).
    ///
    /// In each right singular vector the element of the largest modulus is real and positive; if
    /// there are fewer rows than columns, in each left one. So the vectors are the same for all
    /// chunks as far as they are determined.
    ///
    /// The matrix can be cut in any way, along one axis or both. The shorter side, of length `k`, is
    /// put together: each chunk of the longer side with all of it is factored by a task, and one task
    /// decomposes the triangle of `k * k` numbers that is left, which must fit a worker, with twice as
    /// much for the vectors. For larger ones of which few singular values matter there is
    /// [`Array::svd_compressed`]. Rows can be of unknown number if there are at least as many as
    /// columns.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[3.0, 0.0], [4.0, 5.0]], Chunks::of([1, 2]))?;
    /// let s = x.svd()?.s.to_local_here::<f64>()?;
    /// assert!((s[[0]] - 45.0_f64.sqrt()).abs() < 1e-12);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If it is no matrix, or an axis is of unknown chunk sizes that would have to be known. When it
    /// is computed: if there are NaNs or infinities.
    pub fn svd(&self) -> Result<Svd> {
        let array = matrix("svd", self)?;
        if is_wide(&array) {
            let Svd { u, s, vh } = svd_of_tall("svd", &adjoint(&array))?;
            return Ok(Svd {
                u: adjoint(&vh),
                s,
                vh: adjoint(&u),
            });
        }
        svd_of_tall("svd", &array)
    }

    /// The singular values of a matrix, the largest first, without the vectors.
    ///
    /// # Errors
    /// As [`Array::svd`].
    pub fn svdvals(&self) -> Result<Self> {
        let array = matrix("svdvals", self)?;
        let tall = match is_wide(&array) {
            true => Tall::new("svdvals", &adjoint(&array))?,
            false => Tall::new("svdvals", &array)?,
        };
        let part = Part::made("svdvals", Linalg::SingularValues, &[tall.r()]);
        let dtype = array.dtype().real();
        let axes = [tall.inner().clone()];
        Ok(of_part("svdvals", array.client(), &part, dtype, axes))
    }

    /// The largest singular values and their vectors, approximately: the matrix is multiplied with a
    /// few random columns, and what these span is decomposed. It is for large matrices of which few
    /// singular values matter.
    ///
    /// The algorithm is that of Halko, Martinsson and Tropp, "Finding structure with randomness"
    /// (2011), with a QR factorization after each multiplication. The random numbers depend on the
    /// seed alone, not on the chunks.
    ///
    /// The columns must be known; rows can be of unknown number.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, linalg::Compression};
    ///
    /// let x = ndarray::Array2::from_shape_fn((30, 20), |(i, j)| ((i + 1) * (j + 1)) as f64);
    /// let x = Array::from_ndarray(&x, Chunks::of([10, 20]))?;
    /// let svd = x.svd_compressed(Compression::rank(1).seed(7))?;
    /// assert_eq!(svd.u.shape(), [Some(30), Some(1)]);
    /// let exact = x.svdvals()?.to_local_here::<f64>()?;
    /// assert!((svd.s.to_local_here::<f64>()?[[0]] / exact[[0]] - 1.0).abs() < 1e-10);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If it is no matrix, the columns are unknown, or no singular value is wanted.
    pub fn svd_compressed(&self, compression: impl Into<Compression>) -> Result<Svd> {
        const NAME: &str = "svd_compressed";
        let array = matrix(NAME, self)?;
        let compression = compression.into();
        let Some(columns) = array.axes()[1].len() else {
            return Err(array.unknown(NAME, 1));
        };
        let shorter = array.axes()[0]
            .len()
            .map_or(columns, |rows| rows.min(columns));
        let wanted = compression.rank.min(shorter);
        if wanted == 0 {
            return Err(ArrayError::value(NAME, "no singular value is wanted"));
        }
        let drawn = wanted.saturating_add(compression.oversampling).min(shorter);
        // Real numbers do for complex matrices as well: what matters is that they span all.
        let generator = Generator::new(compression.seed);
        let cut = array.axes()[1].known_lengths().unwrap_or_default();
        let chunks = Chunks::exact([cut, vec![drawn]]);
        let random = generator.normal(0.0, 1.0, [columns, drawn], chunks);
        let across = adjoint(&array);
        let mut basis = Tall::new(NAME, &array.matmul(&random)?)?.q();
        for _ in 0..compression.power_iterations {
            let turned = Tall::new(NAME, &across.matmul(&basis)?)?.q();
            basis = Tall::new(NAME, &array.matmul(&turned)?)?.q();
        }
        // The adjoint of what is left of the matrix has few columns.
        let Svd { u, s, vh } = svd_of_tall(NAME, &across.matmul(&basis)?)?;
        let left = basis.matmul(&adjoint(&vh))?;
        Ok(Svd {
            u: first(&left, 1, wanted),
            s: first(&s, 0, wanted),
            vh: first(&adjoint(&u), 0, wanted),
        })
    }

    /// The eigenvalues and eigenvectors of a Hermitian (or real symmetric) matrix, of which only the
    /// lower triangle is read. In each eigenvector the element of the largest modulus is real and
    /// positive.
    ///
    /// One task computes it, so the matrix must fit a worker.
    ///
    /// # Errors
    /// If it is not a square matrix or is of unknown chunk sizes.
    pub fn eigh(&self) -> Result<Eigh> {
        let array = square("eigh", self)?;
        let len = array.axes()[0].clone();
        let whole = array.gathered(0).gathered(1);
        let part = Part::of(&whole, &[0, 0]);
        let parts = Part::made_with("eigh", Linalg::Eigh, &[&part], 2);
        let one = Axis::single(len.len().unwrap_or(0));
        let (client, dtype) = (array.client(), array.dtype());
        Ok(Eigh {
            values: of_part("eigh", client, &parts[0], dtype.real(), [one.clone()]),
            vectors: of_part("eigh", client, &parts[1], dtype, [one.clone(), one]),
        })
    }
}

/// Whether there are known to be fewer rows than columns.
fn is_wide(array: &Array) -> bool {
    match (array.axes()[0].len(), array.axes()[1].len()) {
        (Some(rows), Some(columns)) => rows < columns,
        (Some(_), None) => true,
        _ => false,
    }
}

/// The decomposition of a matrix with at least as many rows as columns.
fn svd_of_tall(operation: &str, array: &Array) -> Result<Svd> {
    let tall = Tall::new(operation, array)?;
    let parts = Part::made_with("svd", Linalg::Svd, &[tall.r()], 3);
    let (client, dtype) = (array.client(), array.dtype());
    let inner = tall.inner().clone();
    let rows = [inner.clone(), tall.columns().clone()];
    Ok(Svd {
        u: tall.q_times(Some(&parts[0]), &inner),
        s: of_part("svd", client, &parts[1], dtype.real(), [inner]),
        vh: of_part("svd", client, &parts[2], dtype, rows),
    })
}
