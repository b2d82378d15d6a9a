//! Other views of a block: stretched, with axes added or taken away, along a diagonal. Nothing is
//! copied.

use super::{Block, Extent};
use crate::error::{KernelError, Shape};

impl Block {
    /// The block stretched to a shape by numpy's rule: axes are counted from the last, axes of length
    /// 1 and axes that it does not have repeat what is there.
    ///
    /// # Errors
    /// If an axis has another length, or the shape has fewer axes.
    pub fn broadcast(&self, shape: &[usize]) -> Result<Self, KernelError> {
        let no_fit = || KernelError::Shapes {
            operation: "broadcast_to".to_owned(),
            left: Shape(self.shape.clone()),
            right: Shape(shape.into()),
        };
        if super::size_of(shape).is_none() {
            return Err(no_fit());
        }
        let added = shape.len().checked_sub(self.ndim()).ok_or_else(no_fit)?;
        let mut strides = Extent::from_elem(0, shape.len());
        for (axis, (&len, &stride)) in self.shape.iter().zip(&self.strides).enumerate() {
            if shape[added + axis] == len {
                strides[added + axis] = stride;
            } else if len != 1 {
                return Err(no_fit());
            }
        }
        Ok(Self {
            storage: self.storage.clone(),
            offset: self.offset,
            shape: shape.into(),
            strides,
        })
    }

    /// The block with these axes: axis `i` of the result is the axis `axes[i]` of the block, or a new
    /// one of length 1. Axes that are not named are taken away.
    ///
    /// # Errors
    /// If an axis is named twice or is not there, or one that is not named has a length other than 1.
    pub fn with_axes(&self, axes: &[Option<usize>]) -> Result<Self, KernelError> {
        let named = |axis: usize| axes.iter().filter(|named| **named == Some(axis)).count();
        let known = axes.iter().flatten().all(|&axis| axis < self.ndim());
        let fits = known
            && self
                .shape
                .iter()
                .enumerate()
                .all(|(axis, &len)| match named(axis) {
                    0 => len == 1,
                    count => count == 1,
                });
        if !fits {
            return Err(KernelError::value(
                "squeeze",
                format!(
                    "a block of the shape {} cannot have the axes {axes:?}",
                    Shape(self.shape.clone())
                ),
            ));
        }
        let of = |lens: &Extent| {
            let taken = axes.iter().map(|axis| axis.map_or(1, |axis| lens[axis]));
            taken.collect::<Extent>()
        };
        Ok(Self {
            storage: self.storage.clone(),
            offset: self.offset,
            shape: of(&self.shape),
            strides: of(&self.strides),
        })
    }

    /// The elements along a diagonal of two axes, as a new last axis: those at `(i, i + offset)`.
    ///
    /// # Errors
    /// If these are not two axes of the block.
    pub fn diagonal(&self, axes: [usize; 2], offset: i64) -> Result<Self, KernelError> {
        let [row, column] = axes;
        if row == column || row >= self.ndim() || column >= self.ndim() {
            return Err(KernelError::value(
                "diagonal",
                format!(
                    "{row} and {column} are not two axes of a block of the shape {}",
                    Shape(self.shape.clone())
                ),
            ));
        }
        let away = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
        let (first_row, first_column) = if offset < 0 { (away, 0) } else { (0, away) };
        let rows = self.shape[row].saturating_sub(first_row);
        let columns = self.shape[column].saturating_sub(first_column);
        let len = rows.min(columns);
        let mut diagonal = self.clone();
        if len > 0 && !self.is_empty() {
            diagonal.offset += first_row * self.strides[row] + first_column * self.strides[column];
        }
        diagonal.shape.push(len);
        diagonal
            .strides
            .push(self.strides[row].saturating_add(self.strides[column]));
        for axis in [row.max(column), row.min(column)] {
            diagonal.shape.remove(axis);
            diagonal.strides.remove(axis);
        }
        Ok(diagonal)
    }
}
