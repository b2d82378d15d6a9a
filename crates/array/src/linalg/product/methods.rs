//! Products by their names: `dot`, `matmul`, `tensordot` and the like.

use super::contract::Term;
use super::einsum::sum_of_products;
use super::shape_of;
use crate::array::{Array, axis_of};
use crate::error::{ArrayError, Result};
use crate::linalg::blocks::conjugate;
use taskloom_kernels::multiply::Labels;

/// The axes of two arrays that [`Array::tensordot`] sums over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contracted {
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// So many last axes of the one, and first axes of the other.
    Count(usize),
    Pairs(Vec<isize>, Vec<isize>),
}

impl From<usize> for Contracted {
    /// So many last axes of the left array with as many first axes of the right one.
    fn from(count: usize) -> Self {
        Self {
            kind: Kind::Count(count),
        }
    }
}

impl<const N: usize> From<([isize; N], [isize; N])> for Contracted {
    /// These axes of the left array with these of the right one, pair by pair.
    fn from((left, right): ([isize; N], [isize; N])) -> Self {
        Self {
            kind: Kind::Pairs(left.to_vec(), right.to_vec()),
        }
    }
}

/// Most axes of an array in a product: each has a label.
const AXES_MAX: usize = 60;

/// The labels `from`, `from + 1` and so on for the axes of an array.
fn labels(operation: &str, array: &Array, from: u8) -> Result<Labels> {
    if array.ndim() > AXES_MAX {
        let reason = format!("an array of {} axes has too many", array.ndim());
        return Err(ArrayError::value(operation, reason));
    }
    Ok((from..).take(array.ndim()).collect())
}

fn term(array: &Array, labels: Labels) -> Term {
    Term {
        array: array.clone(),
        labels,
    }
}

/// The first label of a right array's axes.
const RIGHT: u8 = AXES_MAX as u8;

impl Array {
    /// numpy's `dot`: of vectors the sum of products, of matrices their product, and in general the
    /// sum over the last axis of this array and the last but one (or only) axis of the other. A
    /// number without axes multiplies all elements.
    ///
    /// The summed axes may be unknown if they are known to be cut alike.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1.0, 2.0, 3.0], Chunks::of([2]))?;
    /// assert_eq!(x.dot(&x)?.to_local_here::<f64>()?.sum(), 14.0);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the summed axes are of different lengths, or of unknown ones that nothing says are equal.
    pub fn dot(&self, other: &Self) -> Result<Self> {
        self.product("dot", other, |left, right| {
            if let Some(&last) = left.last() {
                let at = right.len().saturating_sub(2);
                if let Some(label) = right.get_mut(at) {
                    *label = last;
                }
            }
        })
    }

    /// numpy's `matmul`: the product of the matrices in the last two axes. The axes before them are
    /// gone through side by side and stretched where one was declared to have length 1. A vector is
    /// a row on the left and a column on the right.
    ///
    /// The axis that is summed over may be unknown if both arrays' are known to be cut alike, and
    /// so may all others.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[1, 2], [3, 4]], Chunks::of([1, 2]))?;
    /// let square = x.matmul(&x)?.to_local_here::<i32>()?;
    /// assert_eq!(square, ndarray::array![[7, 10], [15, 22]].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If an array has no axes, the summed axes are of different lengths, or unknown ones are not
    /// known to be equal.
    pub fn matmul(&self, other: &Self) -> Result<Self> {
        const NAME: &str = "matmul";
        Self::common_client(NAME, &[self, other])?;
        if self.ndim() == 0 || other.ndim() == 0 {
            return Err(ArrayError::Shapes {
                operation: NAME.to_owned(),
                left: shape_of(self),
                right: shape_of(other),
                reason: ": a number without axes is no matrix".to_owned(),
            });
        }
        labels(NAME, self, 0)?;
        labels(NAME, other, 0)?;
        // Rows, the summed axis, columns, and from 10 on the axes before, counted from the last.
        let side = |count: usize| (0..count as u8).rev().map(|at| 10 + at);
        let (before_left, before_right) = (
            self.ndim().saturating_sub(2),
            other.ndim().saturating_sub(2),
        );
        let mut left: Labels = side(before_left).collect();
        let mut right: Labels = side(before_right).collect();
        let mut out: Labels = side(before_left.max(before_right)).collect();
        if self.ndim() > 1 {
            left.push(0);
            out.push(0);
        }
        left.push(1);
        right.push(1);
        if other.ndim() > 1 {
            right.push(2);
            out.push(2);
        }
        let terms = vec![term(self, left), term(other, right)];
        sum_of_products(NAME, terms, &out, |label| label >= 10)
    }

    /// numpy's `tensordot`: the sum over pairs of axes. `2` stands for the last two axes of this
    /// array and the first two of the other, `([0, 1], [1, 0])` for axis 0 with axis 1 and axis 1
    /// with axis 0.
    ///
    /// Summed axes may be unknown if they are known to be cut alike.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[1, 2], [3, 4]], Chunks::of([1, 2]))?;
    /// assert_eq!(x.tensordot(&x, 2)?.to_local_here::<i32>()?.sum(), 30);
    /// assert_eq!(x.tensordot(&x, ([0, 1], [1, 0]))?.to_local_here::<i32>()?.sum(), 29);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If an axis does not exist or is named twice, or a pair of axes does not fit.
    pub fn tensordot(&self, other: &Self, axes: impl Into<Contracted>) -> Result<Self> {
        const NAME: &str = "tensordot";
        Self::common_client(NAME, &[self, other])?;
        let pairs: Vec<(usize, usize)> = match axes.into().kind {
            Kind::Count(count) => {
                if count > self.ndim().min(other.ndim()) {
                    return Err(ArrayError::value(
                        NAME,
                        format!(
                            "{count} axes cannot be summed over of arrays of {} and {} axes",
                            self.ndim(),
                            other.ndim()
                        ),
                    ));
                }
                (self.ndim() - count..self.ndim()).zip(0..count).collect()
            }
            Kind::Pairs(left, right) => {
                let pairs = left.into_iter().zip(right).map(|(left, right)| {
                    Ok((
                        axis_of(NAME, left, self.ndim())?,
                        axis_of(NAME, right, other.ndim())?,
                    ))
                });
                pairs.collect::<Result<_>>()?
            }
        };
        let twice = pairs.iter().enumerate().any(|(at, (left, right))| {
            let before = &pairs[..at];
            before.iter().any(|(l, r)| l == left || r == right)
        });
        if twice {
            return Err(ArrayError::value(NAME, "an axis is summed over twice"));
        }
        self.product(NAME, other, |left, right| {
            for &(from, to) in &pairs {
                right[to] = left[from];
            }
        })
    }

    /// numpy's `inner`: the sum of products along the last axes.
    ///
    /// # Errors
    /// As [`Array::dot`].
    pub fn inner(&self, other: &Self) -> Result<Self> {
        self.product("inner", other, |left, right| {
            if let (Some(from), Some(to)) = (left.last(), right.last_mut()) {
                *to = *from;
            }
        })
    }

    /// numpy's `outer`: the products of all pairs of elements, those of each array in C order.
    ///
    /// # Errors
    /// If an array is in the failed state.
    pub fn outer(&self, other: &Self) -> Result<Self> {
        Self::common_client("outer", &[self, other])?;
        self.ravel()?.product("outer", &other.ravel()?, |_, _| {})
    }

    /// numpy's `vdot` of arrays of one shape: the sum of the products of all elements, those of this
    /// array conjugated.
    ///
    /// # Errors
    /// If the shapes differ, or unknown axes are not known to be cut alike.
    pub fn vdot(&self, other: &Self) -> Result<Self> {
        self.check()?;
        other.check()?;
        if self.ndim() != other.ndim() {
            return Err(ArrayError::Shapes {
                operation: "vdot".to_owned(),
                left: shape_of(self),
                right: shape_of(other),
                reason: String::new(),
            });
        }
        conjugate(self).product("vdot", other, |left, right| right.clone_from(left))
    }

    /// The product over what both have after `join` gave axes of the right array labels of the left
    /// one's. These are summed over.
    fn product(
        &self,
        name: &'static str,
        other: &Self,
        join: impl FnOnce(&mut Labels, &mut Labels),
    ) -> Result<Self> {
        Self::common_client(name, &[self, other])?;
        let mut left = labels(name, self, 0)?;
        let mut right = labels(name, other, RIGHT)?;
        join(&mut left, &mut right);
        let once = |labels: &Labels, others: &Labels| -> Labels {
            let alone = labels
                .iter()
                .copied()
                .filter(|label| !others.contains(label));
            alone.collect()
        };
        let mut out = once(&left, &right);
        out.extend(once(&right, &left));
        let terms = vec![term(self, left), term(other, right)];
        sum_of_products(name, terms, &out, |_| false)
    }
}
