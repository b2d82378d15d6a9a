//! Axes: how an array is cut along each.

use crate::error::ArrayError;
use crate::identity::Identity;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// What an unknown cut is: a hash of the operation that cut, of what it cut, and by what. Two axes
/// with equal ids have equal lengths, whatever these are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AxisId([u8; 16]);

impl fmt::Debug for AxisId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4]
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Most blocks along one axis. More would be a mistake in nearly all cases, a chunk size that was
/// meant for another axis, and the list of their lengths alone would fill the memory.
pub const MAX_BLOCKS: usize = 1 << 24;

/// Most blocks of an array. Each is a task, and no cluster would come to the end of so many.
pub const MAX_GRID: u64 = 1 << 32;

/// That the grid of these axes has no more than [`MAX_GRID`] blocks.
///
/// # Errors
/// If it has.
pub(crate) fn check_grid(operation: &str, axes: &[Axis]) -> Result<(), ArrayError> {
    let mut blocks = axes.iter().map(Axis::blocks);
    let count = blocks.try_fold(1_u64, |all, blocks| all.checked_mul(blocks as u64));
    if count.is_some_and(|count| count <= MAX_GRID) {
        return Ok(());
    }
    let per_axis: Vec<String> = axes.iter().map(|axis| axis.blocks().to_string()).collect();
    let reason = format!(
        "the array would have {} blocks, and {MAX_GRID} is the most: choose larger chunks",
        per_axis.join(" x ")
    );
    Err(ArrayError::value(operation, reason))
}

/// Where an unknown cut comes from.
#[derive(Debug)]
struct Cut {
    id: AxisId,
    /// In words: "a mask from greater-3f2a".
    reason: String,
    /// The lengths, once somebody computed them for any of the arrays with this cut.
    lengths: OnceLock<Arc<[usize]>>,
}

/// How an array is cut along one axis: the lengths of its blocks, each known or not, and, where any
/// is not, where the cut comes from. The number of blocks is always known. A clone shares everything.
#[derive(Clone)]
pub struct Axis {
    lengths: Arc<[Option<usize>]>,
    len: Option<usize>,
    cut: Option<Arc<Cut>>,
}

impl Axis {
    /// An axis of blocks of these lengths.
    pub fn known(lengths: impl IntoIterator<Item = usize>) -> Self {
        let lengths: Arc<[Option<usize>]> = lengths.into_iter().map(Some).collect();
        let len = sum(&lengths);
        Self {
            lengths,
            len,
            cut: None,
        }
    }

    /// An axis of one block of this length.
    pub fn single(len: usize) -> Self {
        Self::known([len])
    }

    /// An axis of `len` elements in blocks of `chunk`, the last of which may be shorter. Without
    /// elements it has one block of length 0. More than [`MAX_BLOCKS`] blocks are not made: then the
    /// axis has none, and nothing makes an array of it.
    pub fn regular(len: usize, chunk: usize) -> Self {
        let chunk = chunk.max(1);
        if len == 0 {
            return Self::single(0);
        }
        if len.div_ceil(chunk) > MAX_BLOCKS {
            return Self::opaque(0);
        }
        let whole = std::iter::repeat_n(chunk, len / chunk);
        Self::known(whole.chain((!len.is_multiple_of(chunk)).then_some(len % chunk)))
    }

    /// As [`Axis::regular`].
    ///
    /// # Errors
    /// If there are more than [`MAX_BLOCKS`] blocks.
    pub(crate) fn cut_evenly(
        operation: &str,
        at: usize,
        len: usize,
        chunk: usize,
    ) -> Result<Self, ArrayError> {
        let blocks = len.div_ceil(chunk.max(1));
        if blocks > MAX_BLOCKS {
            let reason = format!(
                "axis {at} of length {len} in chunks of {chunk} would have {blocks} blocks, and \
                 {MAX_BLOCKS} is the most: choose larger chunks"
            );
            return Err(ArrayError::value(operation, reason));
        }
        Ok(Self::regular(len, chunk))
    }

    /// An axis of `blocks` blocks of unknown lengths, with the hash of what cut it. `reason` says in
    /// words where the cut comes from: "a mask from greater-3f2a".
    pub(crate) fn unknown(blocks: usize, cut: &Identity, reason: impl Into<String>) -> Self {
        Self::partly_known(vec![None; blocks], cut, reason)
    }

    /// As [`Axis::unknown`], of blocks some of which have a known length.
    pub(crate) fn partly_known(
        lengths: Vec<Option<usize>>,
        cut: &Identity,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            len: sum(&lengths),
            lengths: lengths.into(),
            cut: Some(Arc::new(Cut {
                id: AxisId(cut.digest()),
                reason: reason.into(),
                lengths: OnceLock::new(),
            })),
        }
    }

    /// The axis of something that is not an array of users, such as partial results: so many blocks.
    pub(crate) fn opaque(blocks: usize) -> Self {
        Self {
            lengths: vec![None; blocks].into(),
            len: None,
            cut: None,
        }
    }

    /// The id of the cut and where it comes from, as they travel.
    pub(crate) fn cut(&self) -> Option<([u8; 16], String)> {
        let cut = self.cut.as_ref()?;
        Some((cut.id.0, cut.reason.clone()))
    }

    /// An axis as it travelled.
    pub(crate) fn of_cut(lengths: Vec<Option<usize>>, cut: Option<([u8; 16], String)>) -> Self {
        let cut = cut.map(|(id, reason)| {
            Arc::new(Cut {
                id: AxisId(id),
                reason,
                lengths: OnceLock::new(),
            })
        });
        Self {
            len: sum(&lengths),
            lengths: lengths.into(),
            cut,
        }
    }

    /// The same cut with lengths that were found out.
    pub(crate) fn found(&self, lengths: Arc<[usize]>) -> Self {
        let known = Self::known(lengths.iter().copied());
        if let Some(cut) = &self.cut {
            // Whoever was first is right as well: the cut is the same.
            let _ = cut.lengths.set(lengths);
        }
        Self {
            cut: self.cut.clone(),
            ..known
        }
    }

    /// The lengths that were found out for this cut, through this array or another one.
    pub(crate) fn found_lengths(&self) -> Option<Arc<[usize]>> {
        self.cut.as_ref()?.lengths.get().cloned()
    }

    /// The same number of blocks with their lengths forgotten: an unknown axis with the id that it
    /// had, or, if it was always known, with one of its lengths.
    pub(crate) fn forgotten(&self) -> Self {
        let cut = self.cut.clone().unwrap_or_else(|| {
            Arc::new(Cut {
                id: self.id_of_lengths(),
                reason: "lengths that were forgotten".to_owned(),
                lengths: OnceLock::new(),
            })
        });
        Self {
            lengths: vec![None; self.blocks()].into(),
            len: None,
            cut: Some(cut),
        }
    }

    /// The id of an unknown axis that is cut as this known one is.
    fn id_of_lengths(&self) -> AxisId {
        let mut id = Identity::new("lengths");
        id.numbers(self.lengths.iter().map(|len| len.unwrap_or(usize::MAX)));
        AxisId(id.digest())
    }

    /// The number of blocks.
    pub fn blocks(&self) -> usize {
        self.lengths.len()
    }

    /// The number of elements, if the lengths of all blocks are known.
    pub fn len(&self) -> Option<usize> {
        self.len
    }

    /// Whether it is known to have no elements.
    pub fn is_empty(&self) -> bool {
        self.len == Some(0)
    }

    /// The lengths of the blocks.
    pub fn lengths(&self) -> &[Option<usize>] {
        &self.lengths
    }

    /// The length of one block; `None` if it is unknown or there is no such block.
    pub fn length(&self, block: usize) -> Option<usize> {
        self.lengths.get(block).copied().flatten()
    }

    /// The lengths of the blocks, if all are known.
    pub fn known_lengths(&self) -> Option<Vec<usize>> {
        self.lengths.iter().copied().collect()
    }

    /// Where each block begins, with the end of the last behind; if all lengths are known.
    pub fn offsets(&self) -> Option<Vec<usize>> {
        let mut offsets = Vec::with_capacity(self.blocks() + 1);
        offsets.push(0);
        let mut end = 0_usize;
        for len in self.lengths.iter() {
            end = end.checked_add((*len)?)?;
            offsets.push(end);
        }
        Some(offsets)
    }

    /// Whether the lengths of all blocks are known.
    pub fn is_known(&self) -> bool {
        self.len.is_some()
    }

    /// Whether it was declared to have one element in one block, and so is stretched against others.
    pub fn is_one(&self) -> bool {
        self.blocks() == 1 && self.len == Some(1)
    }

    /// What its unknown cut is; kept when the lengths have been computed.
    pub fn id(&self) -> Option<AxisId> {
        self.cut.as_ref().map(|cut| cut.id)
    }

    /// In words, where an unknown cut comes from.
    pub fn reason(&self) -> &str {
        self.cut.as_ref().map_or("given chunks", |cut| &cut.reason)
    }

    /// Whether the other is cut in the same way: equal known lengths, or the same unknown cut.
    pub fn is_aligned(&self, other: &Self) -> bool {
        if self.blocks() != other.blocks() {
            return false;
        }
        match (self.is_known(), other.is_known()) {
            (true, true) => self.lengths == other.lengths,
            (false, false) => self.id().is_some() && self.id() == other.id(),
            (true, false) => other.is_cut_as(self),
            (false, true) => self.is_cut_as(other),
        }
    }

    /// Whether this unknown axis has the cut that a known one was computed from, or its lengths, but
    /// forgotten.
    fn is_cut_as(&self, known: &Self) -> bool {
        let id = self.id();
        id.is_some() && (id == known.id() || id == Some(known.id_of_lengths()))
    }

    /// Of two aligned axes the one that knows more.
    pub(crate) fn better<'a>(&'a self, other: &'a Self) -> &'a Self {
        if self.is_known() || !other.is_known() {
            self
        } else {
            other
        }
    }

    /// Takes in how the axis is cut: the same for all axes that are aligned, whether their lengths
    /// are known or not.
    pub(crate) fn identify_cut(&self, identity: &mut Identity) {
        let id = self.id().unwrap_or_else(|| self.id_of_lengths());
        identity.bytes(&id.0);
    }

    /// Takes in what the axis is.
    pub(crate) fn identify(&self, identity: &mut Identity) {
        identity.numbers(self.lengths.iter().map(|len| len.map_or(0, |len| len + 1)));
        if let Some(cut) = &self.cut {
            identity.bytes(&cut.id.0);
        }
    }
}

fn sum(lengths: &[Option<usize>]) -> Option<usize> {
    let mut lengths = lengths.iter();
    lengths.try_fold(0_usize, |sum, len| sum.checked_add((*len)?))
}

/// Equal lengths, known and unknown ones, and the same cut.
impl PartialEq for Axis {
    fn eq(&self, other: &Self) -> bool {
        self.lengths == other.lengths && self.id() == other.id()
    }
}

impl Eq for Axis {}

/// The lengths as Dask writes them, with `?` for unknown ones: `(5, 5)`, `(?, ?)`.
impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        f.write_str("(")?;
        for (at, len) in self.lengths.iter().take(SHOWN).enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            match len {
                Some(len) => write!(f, "{comma}{len}")?,
                None => write!(f, "{comma}?")?,
            }
        }
        match self.blocks() {
            1 => f.write_str(",)"),
            n if n > SHOWN => write!(f, ", ... {n} blocks)"),
            _ => f.write_str(")"),
        }
    }
}

impl fmt::Debug for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self.id() {
            Some(id) => write!(f, "#{id:?}"),
            None => Ok(()),
        }
    }
}
