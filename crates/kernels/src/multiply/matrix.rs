//! A matrix of elements that lie in a row.

/// A matrix of elements that lie in a row, row after row or column after column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a, T> {
    /// As many as `rows * columns`.
    pub(crate) elements: &'a [T],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Whether column lies after column.
    pub(crate) by_columns: bool,
}

impl<T: Copy> Matrix<'_, T> {
    /// One element.
    pub(crate) fn at(&self, row: usize, column: usize) -> T {
        if self.by_columns {
            self.elements[column * self.rows + row]
        } else {
            self.elements[row * self.columns + column]
        }
    }
}
