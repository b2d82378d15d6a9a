//! LU factorization with partial pivoting, panel by panel.
//!
//! A panel is a few whole columns. Each is factored when all panels to its left have been applied to
//! it, so that the pivot is the largest of all rows that are left, as in LAPACK's `getrf`.

use super::field::{self, Field};
use super::triangular::check_diagonal;
use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::{Outputs, inputs_of, single};
use faer::{Mat, MatMut};

/// How many columns are factored one by one before the rest of a panel is brought up to date.
const NARROW: usize = 32;

/// The panel with its factors in place, and the order of its rows from `start` on.
pub(super) fn panel<T: Field>(
    name: &str,
    start: usize,
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let [panel] = inputs_of(name, inputs)?;
    let dtype = panel.dtype();
    let mut mat: Mat<T> = T::read(name, &panel)?;
    check_start(name, start, &mat)?;
    let rows = mat.nrows() - start;
    let mut order: Vec<i64> = (0_i64..).take(rows).collect();
    factor(mat.as_mut().get_mut(start.., ..), &mut order);
    let blocks = [field::block(mat.as_ref(), dtype)?, Block::vector(order)];
    Ok(blocks.into_iter().collect())
}

/// Factors the rows of a panel that are left.
fn factor<T: Field>(mut mat: MatMut<'_, T>, order: &mut [i64]) {
    let (rows, columns) = (mat.nrows(), mat.ncols());
    let size = rows.min(columns);
    let mut from = 0;
    while from < size {
        let to = (from + NARROW).min(size);
        for at in from..to {
            step(mat.as_mut(), order, at, to);
        }
        if to < columns {
            let (left, right) = mat.as_mut().split_at_col_mut(to);
            let left = left.as_ref().get(from.., from..);
            let mut right = right.get_mut(from.., ..);
            let width = to - from;
            eliminate(left, right.as_mut(), width);
        }
        from = to;
    }
}

/// Brings the column `at` to its final form, and the columns up to `to` up to date with it.
fn step<T: Field>(mut mat: MatMut<'_, T>, order: &mut [i64], at: usize, to: usize) {
    let rows = mat.nrows();
    let mut pivot = at;
    for row in at + 1..rows {
        if mat[(row, at)].modulus() > mat[(pivot, at)].modulus() {
            pivot = row;
        }
    }
    if pivot != at {
        order.swap(pivot, at);
        for column in 0..mat.ncols() {
            let upper = mat[(at, column)];
            mat[(at, column)] = mat[(pivot, column)];
            mat[(pivot, column)] = upper;
        }
    }
    let largest = mat[(at, at)];
    // A column of zeros stays: the matrix is singular, and its factors say so.
    if largest == T::ZERO {
        return;
    }
    for row in at + 1..rows {
        mat[(row, at)] = mat[(row, at)].over(largest);
    }
    for column in at + 1..to {
        let factor = mat[(at, column)];
        if factor == T::ZERO {
            continue;
        }
        for row in at + 1..rows {
            let less = mat[(row, at)].times(factor);
            mat[(row, column)] = mat[(row, column)].minus(less);
        }
    }
}

/// What the first `width` columns of factors do to columns on their right.
fn eliminate<T: Field>(factors: faer::MatRef<'_, T>, right: MatMut<'_, T>, width: usize) {
    if right.ncols() == 0 || width == 0 {
        return;
    }
    let (mut upper, lower) = right.split_at_row_mut(width);
    T::solve_unit_lower(factors.get(..width, ..width), upper.as_mut());
    if lower.nrows() == 0 {
        return;
    }
    T::add_product(
        lower,
        factors.get(width.., ..width),
        upper.as_ref(),
        T::of_real(-1.0),
    );
}

/// A panel, or right sides, after the steps of a panel on the left.
pub(super) fn apply<T: Field>(
    name: &str,
    start: usize,
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let [factors, order, panel] = inputs_of(name, inputs)?;
    let dtype = panel.dtype();
    let factors: Mat<T> = T::read(name, &factors)?;
    let mut mat: Mat<T> = T::read(name, &panel)?;
    if factors.nrows() != mat.nrows() {
        return Err(field::unfit(name, factors.as_ref(), mat.as_ref()));
    }
    check_start(name, start, &factors)?;
    reorder(name, &mut mat, start, &order)?;
    let width = factors.ncols().min(factors.nrows() - start);
    eliminate(
        factors.as_ref().get(start.., ..),
        mat.as_mut().get_mut(start.., ..),
        width,
    );
    Ok(single(field::block(mat.as_ref(), dtype)?))
}

/// The rows from `start` on in the order that a panel found.
fn reorder<T: Field>(
    name: &str,
    mat: &mut Mat<T>,
    start: usize,
    order: &Block,
) -> Result<(), KernelError> {
    let order = places(name, order, mat.nrows().saturating_sub(start))?;
    let rows = mat.nrows() - start;
    let mut column = vec![T::ZERO; rows];
    for at in 0..mat.ncols() {
        let values = &mut mat.col_as_slice_mut(at)[start..];
        for (value, &from) in column.iter_mut().zip(&order) {
            *value = values[from];
        }
        values.copy_from_slice(&column);
    }
    Ok(())
}

/// The places of an order, all of which exist.
fn places(name: &str, order: &Block, rows: usize) -> Result<Vec<usize>, KernelError> {
    let order = order.view::<i64>()?;
    let places = order.iter().map(|&at| usize::try_from(at).ok());
    let places: Option<Vec<usize>> = places.collect();
    places
        .filter(|places| places.len() == rows && places.iter().all(|&at| at < rows))
        .ok_or_else(|| KernelError::Program(format!("{name}: this is no order of {rows} rows")))
}

/// `L` and `U` of a panel, in the order of rows that all panels together gave.
pub(super) fn parts<T: Field>(
    name: &str,
    start: usize,
    later: &[usize],
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let mut inputs = inputs.into_iter();
    let Some(panel) = inputs.next() else {
        return Err(KernelError::Program(format!("{name} was given no block")));
    };
    let dtype = panel.dtype();
    let mut mat: Mat<T> = T::read(name, &panel)?;
    for (&start, order) in later.iter().zip(inputs) {
        check_start(name, start, &mat)?;
        reorder(name, &mut mat, start, &order)?;
    }
    let (rows, columns) = (mat.nrows(), mat.ncols());
    let lower = Mat::from_fn(rows, columns, |i, j| match i.cmp(&(start + j)) {
        std::cmp::Ordering::Less => T::ZERO,
        std::cmp::Ordering::Equal => T::ONE,
        std::cmp::Ordering::Greater => mat[(i, j)],
    });
    let upper = Mat::from_fn(rows, columns, |i, j| {
        if i <= start + j { mat[(i, j)] } else { T::ZERO }
    });
    let blocks = [
        field::block(lower.as_ref(), dtype)?,
        field::block(upper.as_ref(), dtype)?,
    ];
    Ok(blocks.into_iter().collect())
}

/// The order of all rows: row `i` of the product of the factors is row `order[i]` of the matrix.
pub(super) fn order(
    name: &str,
    starts: &[usize],
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let rows = inputs.first().map_or(0, Block::len);
    let mut all: Vec<i64> = (0_i64..).take(rows).collect();
    for (&start, order) in starts.iter().zip(&inputs) {
        let order = places(name, order, rows.saturating_sub(start))?;
        let before = all[start..].to_vec();
        for (place, &from) in all[start..].iter_mut().zip(&order) {
            *place = before[from];
        }
    }
    Ok(single(Block::vector(all)))
}

/// Right sides after the step of substitution that a panel stands for, from the last panel to the
/// first.
pub(super) fn back<T: Field>(
    name: &str,
    start: usize,
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let [factors, sides] = inputs_of(name, inputs)?;
    let dtype = sides.dtype();
    let factors: Mat<T> = T::read(name, &factors)?;
    let mut mat: Mat<T> = T::read(name, &sides)?;
    let (rows, width) = (factors.nrows(), factors.ncols());
    let end = start.checked_add(width).filter(|&end| end <= rows);
    let Some(end) = end.filter(|_| mat.nrows() == rows) else {
        return Err(field::unfit(name, factors.as_ref(), mat.as_ref()));
    };
    let triangle = factors.as_ref().get(start..end, ..);
    check_diagonal(name, triangle, rows)?;
    if width > 0 && mat.ncols() > 0 {
        let (above, below) = mat.as_mut().split_at_row_mut(start);
        let mut solved = below.get_mut(..width, ..);
        T::solve_upper(triangle, solved.as_mut());
        if start > 0 {
            T::add_product(
                above,
                factors.as_ref().get(..start, ..),
                solved.as_ref(),
                T::of_real(-1.0),
            );
        }
    }
    Ok(single(field::block(mat.as_ref(), dtype)?))
}

/// The determinant, its sign, and the logarithm of its modulus.
pub(super) fn determinant<T: Field>(
    name: &str,
    starts: &[usize],
    inputs: Vec<Block>,
) -> Result<Outputs, KernelError> {
    let dtype = inputs[0].dtype();
    if inputs.len() != 2 * starts.len() {
        return Err(KernelError::Program(format!(
            "{name} takes each panel and its order"
        )));
    }
    let (panels, orders) = inputs.split_at(starts.len());
    let mut sign = T::ONE;
    let mut logarithm = 0.0;
    let mut product = T::ONE;
    for ((&start, panel), order) in starts.iter().zip(panels).zip(orders) {
        let mat: Mat<T> = T::read(name, panel)?;
        check_start(name, start, &mat)?;
        if odd(&places(name, order, mat.nrows() - start)?) {
            sign = sign.scaled(-1.0);
            product = product.scaled(-1.0);
        }
        for at in 0..mat.ncols().min(mat.nrows() - start) {
            let value = mat[(start + at, at)];
            product = product.times(value);
            if value == T::ZERO {
                sign = T::ZERO;
                logarithm = f64::NEG_INFINITY;
            } else {
                sign = sign.times(value.direction());
                logarithm += value.modulus().ln();
            }
        }
    }
    let blocks = [
        T::write(vec![product], &[], dtype)?,
        T::write(vec![sign], &[], dtype)?,
        f64::write(vec![logarithm], &[], dtype.real())?,
    ];
    Ok(blocks.into_iter().collect())
}

/// Whether an order is an odd number of exchanges.
fn odd(order: &[usize]) -> bool {
    let mut seen = vec![false; order.len()];
    let mut odd = false;
    for first in 0..order.len() {
        let mut at = first;
        let mut length = 0;
        while !seen[at] {
            seen[at] = true;
            at = order[at];
            length += 1;
        }
        odd ^= length % 2 == 0 && length > 0;
    }
    odd
}

fn check_start<T>(name: &str, start: usize, mat: &Mat<T>) -> Result<(), KernelError> {
    if start <= mat.nrows() {
        return Ok(());
    }
    Err(KernelError::Program(format!(
        "{name} starts at row {start} of {}",
        mat.nrows()
    )))
}
