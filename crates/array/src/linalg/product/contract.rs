//! Products of two arrays by the labels of their axes.
//!
//! Axes that both arrays have are cut alike first. Then each block of the result is the sum of the
//! products of pairs of blocks. A task makes the sum of several pairs, so that no product has to be
//! kept; where the product is much smaller than what it is made of, each pair is a task, so that the
//! small products travel and not the factors.

use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::Axes;
use std::collections::BTreeMap;
use taskloom_kernels::multiply::{Labels, Matched, Multiply};
use taskloom_kernels::{DType, Kernel, promote};

/// Most pairs of blocks, and most products, that one task takes.
const MOST: usize = 16;

/// Most bytes of factors that one task takes, if their lengths are known and two pairs are less.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// A product this many times smaller than its factors is made where these are.
const SMALL: usize = 4;

/// An array with the labels of its axes.
#[derive(Clone)]
pub(super) struct Term {
    pub(super) array: Array,
    pub(super) labels: Labels,
}

/// Where the place of a block along an axis comes from.
#[derive(Clone, Copy)]
enum Place {
    /// From the place of the result's block.
    Out(usize),
    /// From the term of the sum.
    Summed(usize),
}

/// One factor: how many blocks each axis has, and where their places come from.
struct Factor {
    blocks: Vec<usize>,
    places: Vec<Place>,
}

impl Factor {
    fn new(term: &Term, out: &[u8], summed: &[u8]) -> Self {
        let place = |label| match out.iter().position(|other| other == label) {
            Some(axis) => Place::Out(axis),
            None => Place::Summed(summed.iter().position(|other| other == label).unwrap_or(0)),
        };
        Self {
            blocks: term.array.numblocks(),
            places: term.labels.iter().map(place).collect(),
        }
    }

    fn block(&self, at: &[usize], term: &[usize]) -> usize {
        let places = self.places.iter().zip(&self.blocks);
        places.fold(0, |block, (place, &blocks)| {
            let at = match *place {
                Place::Out(axis) => at.get(axis),
                Place::Summed(axis) => term.get(axis),
            };
            block * blocks + at.copied().unwrap_or(0)
        })
    }
}

/// The blocks of the result, or parts of their sums.
struct Products {
    name: &'static str,
    labels: [Labels; 3],
    /// For one factor: none.
    factors: Vec<Factor>,
    /// How many blocks there are along each axis that is summed over.
    summed: Vec<usize>,
    /// How many pairs one task takes, of how many.
    per_task: usize,
    terms: usize,
    /// The axes of the result.
    ndim: usize,
    /// The names of the arrays, if an axis that both have is of unknown length.
    names: Option<[String; 2]>,
}

impl Layer for Products {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.labels).number(self.per_task as u64);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let group = at.get(self.ndim).copied().unwrap_or(0);
        let out = &at[..self.ndim.min(at.len())];
        let first = group * self.per_task;
        let terms = first..(first + self.per_task).min(self.terms);
        let inputs = terms.flat_map(|term| {
            let mut rest = term;
            let mut place = vec![0; self.summed.len()];
            for (at, &blocks) in place.iter_mut().zip(&self.summed).rev() {
                *at = rest % blocks.max(1);
                rest /= blocks.max(1);
            }
            let factors = self.factors.iter().enumerate();
            let refs: Vec<BlockRef> = factors
                .map(|(input, factor)| BlockRef::new(input, factor.block(out, &place)))
                .collect();
            refs
        });
        let [left, right, labels] = self.labels.clone();
        let kernel = match self.factors.len() {
            1 => Multiply::Single {
                labels: left,
                out: labels,
            },
            _ => Multiply::Contract {
                left,
                right,
                out: labels,
                matched: self.names.as_ref().map(|[left, right]| {
                    Box::new(Matched {
                        left: left.clone(),
                        right: right.clone(),
                        block: out.into(),
                    })
                }),
            },
        };
        BlockTask::kernel(Kernel::Multiply(kernel), inputs)
    }
}

/// Sums of the parts of sums.
struct Sums {
    name: &'static str,
    /// How many parts there are for each block, and how many one task takes.
    parts: usize,
    per_task: usize,
    grid: Vec<usize>,
}

impl Layer for Sums {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self, identity: &mut Identity) {
        identity.numbers([self.parts, self.per_task]);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let places = at.iter().zip(&self.grid);
        let block = places.fold(0, |block, (&at, &blocks)| block * blocks + at);
        let group = at.get(self.grid.len()).copied().unwrap_or(0);
        let first = group * self.per_task;
        let parts = first..(first + self.per_task).min(self.parts);
        let mut refs = parts.map(|part| BlockRef::new(0, block * self.parts + part));
        match (refs.next(), refs.len()) {
            (Some(only), 0) => BlockTask::alias(only),
            (only, _) => BlockTask::kernel(
                Kernel::Multiply(Multiply::Add),
                only.into_iter().chain(refs),
            ),
        }
    }
}

/// The product of two terms, summed over all labels that `out` lacks. No term has a label twice.
///
/// # Errors
/// If an axis that both have is of two lengths, or of unknown ones that nothing says are equal.
pub(super) fn contract(name: &'static str, left: &Term, right: &Term, out: &[u8]) -> Result<Array> {
    let dtype = promote(left.array.dtype(), right.array.dtype());
    let terms = [left, right].map(|term| Term {
        array: crate::linalg::blocks::cast(&term.array, dtype),
        labels: term.labels.clone(),
    });
    let (terms, axes) = alike(name, terms.to_vec())?;
    Ok(summed(name, &terms, &axes, out, dtype))
}

/// One term with the diagonal of axes that have one label, summed over all labels that `out` lacks.
///
/// # Errors
/// If axes with one label are of two lengths.
pub(super) fn single(name: &'static str, term: &Term, out: &[u8]) -> Result<Array> {
    let dtype = term.array.dtype();
    let (terms, axes) = alike(name, vec![term.clone()])?;
    Ok(summed(name, &terms, &axes, out, dtype))
}

/// The terms with each label cut alike wherever it stands, and the axis of each label.
fn alike(name: &'static str, terms: Vec<Term>) -> Result<(Vec<Term>, BTreeMap<u8, Axis>)> {
    let mut found: BTreeMap<u8, (Axis, usize)> = BTreeMap::new();
    for (at, term) in terms.iter().enumerate() {
        for (place, (&label, axis)) in term.labels.iter().zip(term.array.axes()).enumerate() {
            let common = match found.get(&label) {
                None => axis.clone(),
                Some((known, first)) => common(known, axis).ok_or_else(|| {
                    unlike(
                        name,
                        [&terms[*first].array, &term.array],
                        [known, axis],
                        place,
                    )
                })?,
            };
            let first = found.get(&label).map_or(at, |(_, first)| *first);
            found.insert(label, (common, first));
        }
    }
    let axes: BTreeMap<u8, Axis> = found
        .into_iter()
        .map(|(label, (axis, _))| (label, axis))
        .collect();
    let mut cut = Vec::with_capacity(terms.len());
    for term in terms {
        let wanted: Vec<Axis> = term
            .labels
            .iter()
            .map(|label| axes[label].clone())
            .collect();
        cut.push(Term {
            array: term.array.rechunk_to(name, &wanted)?,
            labels: term.labels,
        });
    }
    Ok((cut, axes))
}

/// The cut in which two axes agree: that of both, or for known lengths the cuts of both.
fn common(left: &Axis, right: &Axis) -> Option<Axis> {
    if left.is_aligned(right) {
        return Some(left.better(right).clone());
    }
    let (Some(left), Some(right)) = (left.known_lengths(), right.known_lengths()) else {
        return None;
    };
    refined(&left, &right).map(Axis::known)
}

/// The lengths between all cuts of both; `None` if they do not have the same sum. Blocks of length 0
/// vanish, as long as one block remains.
fn refined(left: &[usize], right: &[usize]) -> Option<Vec<usize>> {
    let ends = |lengths: &[usize]| {
        let mut end = 0_usize;
        let ends = lengths.iter().map(|&len| {
            end = end.saturating_add(len);
            end
        });
        ends.collect::<Vec<usize>>()
    };
    let (left, right) = (ends(left), ends(right));
    if left.last() != right.last() {
        return None;
    }
    let mut all = [left, right].concat();
    all.sort_unstable();
    all.dedup();
    let mut start = 0;
    let mut lengths = Vec::with_capacity(all.len());
    for end in all {
        if end > start {
            lengths.push(end - start);
            start = end;
        }
    }
    if lengths.is_empty() {
        lengths.push(0);
    }
    Some(lengths)
}

fn unlike(
    name: &str,
    [left, right]: [&Array; 2],
    [known, axis]: [&Axis; 2],
    place: usize,
) -> ArrayError {
    if known.is_known() && axis.is_known() {
        return ArrayError::Shapes {
            operation: name.to_owned(),
            left: shape_of(left),
            right: shape_of(right),
            reason: ": an axis that both have is of two lengths".to_owned(),
        };
    }
    let cut = |axis: &Axis| format!("{axis} by {}", axis.reason());
    ArrayError::NotAligned {
        operation: name.to_owned(),
        axis: place,
        left: left.name(),
        right: right.name(),
        left_cut: cut(known),
        right_cut: cut(axis),
    }
}

/// `(3, ?)`.
pub(in crate::linalg) fn shape_of(array: &Array) -> String {
    let lens = array.shape().into_iter();
    let lens = lens.map(|len| len.map_or_else(|| "?".to_owned(), |len| len.to_string()));
    let lens: Vec<String> = lens.collect();
    match lens.as_slice() {
        [only] => format!("({only},)"),
        all => format!("({})", all.join(", ")),
    }
}

fn summed(
    name: &'static str,
    terms: &[Term],
    axes: &BTreeMap<u8, Axis>,
    out: &[u8],
    dtype: DType,
) -> Array {
    let over: Vec<u8> = axes.keys().copied().filter(|l| !out.contains(l)).collect();
    let blocks: Vec<usize> = over.iter().map(|label| axes[label].blocks()).collect();
    let count: usize = blocks.iter().product();
    let per_task = match terms.len() {
        1 => 1,
        _ => per_task(count, terms, axes, out, dtype),
    };
    let unknown_of_both = terms.len() == 2
        && terms[0]
            .labels
            .iter()
            .any(|label| terms[1].labels.contains(label) && !axes[label].is_known());
    let groups = count.div_ceil(per_task);
    let layer = Products {
        name,
        labels: [
            terms[0].labels.clone(),
            terms
                .last()
                .map(|term| term.labels.clone())
                .unwrap_or_default(),
            out.into(),
        ],
        factors: terms
            .iter()
            .map(|term| Factor::new(term, out, &over))
            .collect(),
        summed: blocks,
        per_task,
        terms: count,
        ndim: out.len(),
        names: unknown_of_both.then(|| [terms[0].array.name(), terms[1].array.name()]),
    };
    let arrays: Vec<&Array> = terms.iter().map(|term| &term.array).collect();
    let result: Axes = out.iter().map(|label| axes[label].clone()).collect();
    let grid: Vec<usize> = result.iter().map(Axis::blocks).collect();
    let of = |groups: usize| {
        let extra = (groups > 1).then(|| Axis::opaque(groups));
        result.clone().into_iter().chain(extra)
    };
    let mut array = Array::from_layer(layer, &arrays, dtype, of(groups));
    let mut parts = groups;
    while parts > 1 {
        let groups = parts.div_ceil(MOST);
        let layer = Sums {
            name: "add-products",
            parts,
            per_task: parts.div_ceil(groups),
            grid: grid.clone(),
        };
        array = Array::from_layer(layer, &[&array], dtype, of(groups));
        parts = groups;
    }
    array
}

/// How many pairs a task takes of so many.
fn per_task(
    count: usize,
    terms: &[Term],
    axes: &BTreeMap<u8, Axis>,
    out: &[u8],
    dtype: DType,
) -> usize {
    let longest = |label: &u8| {
        let lengths = axes.get(label).map(Axis::lengths).unwrap_or_default();
        let mut lengths = lengths.iter().copied();
        lengths.try_fold(0_usize, |most, len| Some(most.max(len?)))
    };
    let bytes = |labels: &[u8]| {
        let mut lens = labels.iter().map(longest);
        lens.try_fold(dtype.itemsize(), |bytes, len| bytes.checked_mul(len?))
    };
    let mut factors = terms.iter().map(|term| bytes(&term.labels));
    let factors = factors.try_fold(0_usize, |sum, one| sum.checked_add(one?));
    let (Some(factors), Some(product)) = (factors, bytes(out)) else {
        // Rows of unknown number are many, as a rule, and what is summed over them is small.
        return 1;
    };
    if product.saturating_mul(SMALL) <= factors {
        return 1;
    }
    let most = (MOST_BYTES / factors.max(1)).clamp(2, MOST);
    count.div_ceil(count.div_ceil(most).max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::refined;

    #[test]
    fn cuts_of_both() {
        assert_eq!(refined(&[4, 2], &[3, 3]), Some(vec![3, 1, 2]));
        assert_eq!(refined(&[0, 4, 0], &[4]), Some(vec![4]));
        assert_eq!(refined(&[0], &[0, 0]), Some(vec![0]));
        assert_eq!(refined(&[4], &[3]), None);
    }
}
