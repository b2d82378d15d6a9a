//! QR of matrices of many rows: each block by itself, then the triangles of some blocks together,
//! until one is left.
//!
//! The algorithm is TSQR (Demmel, Grigori, Hoemmen, Langou, "Communication-optimal parallel and
//! sequential QR and LU factorizations", 2012). The task that factors a stack of triangles gives
//! each of them its rows of `Q` as a result of its own, so nothing needs to know how many rows there
//! are before it runs.

use super::blocks::{Part, each_row, mosaic, of_part};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::Result;
use taskloom_kernels::Kernel;
use taskloom_kernels::linalg::Linalg;
use taskloom_kernels::multiply::{Labels, Multiply};

/// How many triangles one task puts together.
const TOGETHER: usize = 16;

/// The factors of a matrix, which has one block along the second axis.
pub(super) struct Tall {
    array: Array,
    /// `Q` of each block by itself.
    rows: Vec<Part>,
    /// For each block: what to multiply its `Q` with for its rows of the whole `Q`.
    factors: Option<Vec<Part>>,
    r: Part,
    /// The axis of the columns of `Q` and the rows of `R`.
    inner: Axis,
}

impl Tall {
    /// Factors a matrix for an operation. Its columns are put together to one block.
    ///
    /// # Errors
    /// If there are several blocks of columns whose lengths nobody knows.
    pub(super) fn new(operation: &str, array: &Array) -> Result<Self> {
        let array = one_column(operation, array)?;
        let [rows, columns] = [0, 1].map(|axis| array.axes()[axis].clone());
        let inner = match (rows.len(), columns.len()) {
            (Some(m), Some(n)) if m < n => Axis::single(m),
            _ => columns.clone(),
        };
        // Of unknown rows there must be as many as columns: nobody could say how long `R` is.
        let tall = rows.len().is_none() || columns.len().is_none();
        let each = each_row(&array, "qr", Kernel::Linalg(Linalg::Qr), 2);
        let blocks = rows.blocks();
        let of_each = |output| (0..blocks).map(move |at| (at, output));
        let parts = |output| {
            let parts = of_each(output).map(|(at, output)| Part::of_node(&each, at, output));
            parts.collect::<Vec<Part>>()
        };
        let mut triangles = parts(1);
        let mut factors: Option<Vec<Part>> = None;
        if blocks > 1 || tall {
            let mut groups: Vec<Vec<Part>> = Vec::new();
            loop {
                let last = triangles.len() <= TOGETHER;
                let kernel = Linalg::QrOfStack { tall: tall && last };
                let mut level = Vec::new();
                let mut next = Vec::new();
                for group in triangles.chunks(TOGETHER) {
                    let inputs: Vec<&Part> = group.iter().collect();
                    let count = 1 + inputs.len() as u32;
                    let mut made = Part::made_with("qr", kernel.clone(), &inputs, count);
                    next.push(made.remove(0));
                    level.extend(made);
                }
                groups.push(level);
                triangles = next;
                if last {
                    break;
                }
            }
            // From the last triangle back to the first ones.
            let mut above: Option<Vec<Part>> = None;
            for level in groups.into_iter().rev() {
                above = Some(match above {
                    None => level,
                    Some(above) => {
                        let each = level.iter().enumerate();
                        let each = each.map(|(at, part)| times(part, &above[at / TOGETHER]));
                        each.collect()
                    }
                });
            }
            factors = above;
        }
        Ok(Self {
            rows: parts(0),
            factors,
            r: triangles.remove(0),
            inner,
            array,
        })
    }

    /// `R` as a block.
    pub(super) fn r(&self) -> &Part {
        &self.r
    }

    /// The axis of the columns of `Q` and the rows of `R`.
    pub(super) fn inner(&self) -> &Axis {
        &self.inner
    }

    /// The axis of the rows.
    pub(super) fn rows(&self) -> &Axis {
        &self.array.axes()[0]
    }

    /// The axis of the columns, of one block.
    pub(super) fn columns(&self) -> &Axis {
        &self.array.axes()[1]
    }

    /// The matrix, of one block along the second axis.
    pub(super) fn array(&self) -> &Array {
        &self.array
    }

    /// `Q`, cut as the rows are.
    pub(super) fn q(&self) -> Array {
        self.q_times(None, &self.inner)
    }

    /// `Q`, or its product with a block, whose columns are this axis.
    pub(super) fn q_times(&self, right: Option<&Part>, columns: &Axis) -> Array {
        let blocks = self.rows.iter().enumerate().map(|(at, q)| {
            let factor = self.factors.as_ref().map(|factors| &factors[at]);
            match (factor, right) {
                (None, None) => q.clone(),
                (None, Some(right)) => times(q, right),
                (Some(factor), None) => times(q, factor),
                (Some(factor), Some(right)) => times(q, &times(factor, right)),
            }
        });
        let blocks: Vec<Part> = blocks.collect();
        let axes = [self.rows().clone(), columns.clone()];
        mosaic("qr", self.array.client(), &blocks, self.array.dtype(), axes)
    }

    /// `R` as an array of one block.
    pub(super) fn r_array(&self) -> Array {
        let axes = [self.inner.clone(), self.columns().clone()];
        of_part("qr", self.array.client(), &self.r, self.array.dtype(), axes)
    }
}

/// The product of two blocks.
fn times(left: &Part, right: &Part) -> Part {
    let kernel = Multiply::Contract {
        left: Labels::from_slice(&[0, 1]),
        right: Labels::from_slice(&[1, 2]),
        out: Labels::from_slice(&[0, 2]),
        matched: None,
    };
    Part::made("qr", kernel, &[left, right])
}

/// The matrix with its columns in one block.
fn one_column(operation: &str, array: &Array) -> Result<Array> {
    if array.axes()[1].blocks() == 1 {
        return Ok(array.clone());
    }
    if !array.axes()[1].is_known() {
        return Err(array.unknown(operation, 1));
    }
    Ok(array.gathered(1))
}
