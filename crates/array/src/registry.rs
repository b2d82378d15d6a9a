//! One table of all operations: what each is called, and how it decides right from wrong.

/// What an operation does with axes of unknown chunk sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnUnknown {
    /// It works; the words say what the axes of the result are.
    Works(&'static str),
    /// It works along the unknown axes if the others (or the one it works on) are known.
    NeedsOthers(&'static str),
    /// It needs the sizes: an error that names `compute_chunk_sizes()`.
    NeedsSizes,
    /// It makes arrays of nothing, so there is no such axis.
    MakesNew,
}

/// What an operation is: an entry of the table in `docs/arrays.md`, and a case that the comparison
/// with numpy must cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name: the method or function.
    pub name: &'static str,
    /// The heading it stands under.
    pub group: &'static str,
    /// What it is in numpy; empty if there is nothing like it.
    pub numpy: &'static str,
    /// What it is in dask.array; empty if there is nothing like it.
    pub dask: &'static str,
    /// The dtype of the result, in words.
    pub dtype: &'static str,
    /// What it does with unknown axes.
    pub unknown: OnUnknown,
    /// What it makes of axes or blocks without elements, in words.
    pub empty: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
}

/// All operations, in the order of the document.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    TABLES.iter().copied().flatten()
}

/// A slice per module of operations.
// One per line, so that changes do not meet.
#[rustfmt::skip]
const TABLES: &[&[Operation]] = &[
    crate::make::OPERATIONS,
    crate::random::OPERATIONS,
    crate::elementwise::OPERATIONS,
    crate::arrange::CHUNKS,
    crate::arrange::VIEWS,
    crate::arrange::SHAPES,
    crate::arrange::STRETCHED,
    crate::arrange::MOVED,
    crate::arrange::HALVES,
    crate::arrange::JOINED,
    crate::arrange::REPEATED,
    crate::arrange::PADDED,
    crate::arrange::TASKS,
    crate::index::OPERATIONS,
    crate::io::OPERATIONS,
    crate::reduce::OPERATIONS,
    crate::linalg::OPERATIONS,
    crate::fourier::OPERATIONS,
    crate::scan::OPERATIONS,
    crate::order::OPERATIONS,
];
