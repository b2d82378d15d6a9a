//! Sums over products of any number of arrays, written with letters.

use super::contract::{Term, contract, single};
use crate::array::Array;
use crate::error::{ArrayError, Result};
use taskloom_kernels::multiply::Labels;

/// Labels of the axes that `...` stands for, counted from the last.
const ELLIPSIS: u8 = 128;

/// Labels of axes of length 1 that are stretched: such an axis is summed over instead, which takes
/// its one element.
const STRETCHED: u8 = 192;

/// Most axes that `...` can stand for.
const ELLIPSIS_MAX: usize = 32;

const NAME: &str = "einsum";

impl Array {
    /// The sum of products that an expression says, as numpy's `einsum`: `"ij,jk->ik"` is a product
    /// of matrices, `"ii->i"` a diagonal, `"i,j->ij"` an outer product, `"...ij->...ji"` turns the
    /// last two axes. Without `->` the result has the letters that stand once, in the order of the
    /// alphabet.
    ///
    /// More than two arrays are multiplied pair by pair, those with the smallest product first. All
    /// is computed in the dtype that the arrays are promoted to; integers wrap.
    ///
    /// An unknown axis can be summed over, and shared by arrays that are known to be cut alike.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![[1, 2], [3, 4]], Chunks::of([1, 1]))?;
    /// let trace = Array::einsum("ii->", &[&x])?;
    /// assert_eq!(trace.to_local_here::<i32>()?.sum(), 5);
    /// let squares = Array::einsum("ij,ij->j", &[&x, &x])?;
    /// assert_eq!(squares.to_local_here::<i32>()?.into_raw_vec_and_offset().0, [10, 20]);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the expression is none, does not fit the arrays, or axes with one letter are of different
    /// lengths or of unknown ones that nothing says are equal.
    pub fn einsum(expression: &str, arrays: &[&Self]) -> Result<Self> {
        Self::common_client(NAME, arrays)?;
        let (labels, out) = parse(expression, arrays)?;
        let terms = labels.into_iter().zip(arrays);
        let terms = terms.map(|(labels, &array)| Term {
            array: array.clone(),
            labels,
        });
        sum_of_products(NAME, terms.collect(), &out, |_| true)
    }
}

/// The sum of the products of terms over all labels that `out` lacks. Where `stretches` says so, an
/// axis that was declared to have length 1 fits every length.
pub(super) fn sum_of_products(
    name: &'static str,
    mut terms: Vec<Term>,
    out: &[u8],
    stretches: impl Fn(u8) -> bool,
) -> Result<Array> {
    stretch(&mut terms, stretches);
    for term in &mut terms {
        let mut kept = Labels::new();
        for &label in &term.labels {
            if !kept.contains(&label) {
                kept.push(label);
            }
        }
        if kept.len() < term.labels.len() {
            *term = Term {
                array: single(name, term, &kept)?,
                labels: kept,
            };
        }
    }
    while terms.len() > 1 {
        let (a, b) = next(&terms, out);
        let right = terms.remove(b);
        let left = terms.remove(a);
        let kept: Labels = match terms.is_empty() {
            true => out.into(),
            false => product(&left, &right, &terms, out),
        };
        let array = contract(name, &left, &right, &kept)?;
        terms.insert(
            a,
            Term {
                array,
                labels: kept,
            },
        );
    }
    match terms.pop() {
        Some(term) if term.labels[..] == *out => Ok(term.array),
        Some(term) => single(name, &term, out),
        None => Err(ArrayError::value(name, "there is nothing to multiply")),
    }
}

/// Gives axes of length 1 beside longer ones labels of their own.
fn stretch(terms: &mut [Term], stretches: impl Fn(u8) -> bool) {
    let longer: Vec<u8> = terms
        .iter()
        .flat_map(|term| term.labels.iter().zip(term.array.axes()))
        .filter(|(_, axis)| !axis.is_one())
        .map(|(&label, _)| label)
        .collect();
    let mut fresh = STRETCHED;
    for term in terms {
        for (at, axis) in term.array.axes().iter().enumerate() {
            let label = term.labels[at];
            // A diagonal stretches nothing.
            let once = term.labels.iter().filter(|&&other| other == label).count() == 1;
            let stretched = axis.is_one() && longer.contains(&label) && stretches(label);
            if once && stretched && fresh < u8::MAX {
                term.labels[at] = fresh;
                fresh += 1;
            }
        }
    }
}

/// The labels of the product of two terms that are needed further on.
fn product(left: &Term, right: &Term, others: &[Term], out: &[u8]) -> Labels {
    let mut kept = Labels::new();
    for &label in left.labels.iter().chain(&right.labels) {
        let needed = out.contains(&label) || others.iter().any(|term| term.labels.contains(&label));
        if needed && !kept.contains(&label) {
            kept.push(label);
        }
    }
    kept
}

/// Which two terms are multiplied next: those with the smallest product, as far as it is known.
fn next(terms: &[Term], out: &[u8]) -> (usize, usize) {
    let mut best = (0, 1);
    let mut least = f64::INFINITY;
    if terms.len() == 2 {
        return best;
    }
    for a in 0..terms.len() {
        for b in a + 1..terms.len() {
            let others: Vec<Term> = (0..terms.len())
                .filter(|&at| at != a && at != b)
                .map(|at| terms[at].clone())
                .collect();
            let kept = product(&terms[a], &terms[b], &others, out);
            let size = kept
                .iter()
                .map(|&label| len_of(&[&terms[a], &terms[b]], label));
            let size: f64 = size.product();
            if size < least {
                least = size;
                best = (a, b);
            }
        }
    }
    best
}

/// How long an axis is, about: an unknown one counts as long.
fn len_of(terms: &[&Term], label: u8) -> f64 {
    let axes = terms
        .iter()
        .flat_map(|t| t.labels.iter().zip(t.array.axes()));
    let lens = axes.filter(|(other, _)| **other == label);
    let lens = lens.map(|(_, axis)| axis.len().map_or(1e6, |len| len as f64));
    lens.fold(0.0, f64::max)
}

/// The labels of each array's axes and of the result's.
fn parse(expression: &str, arrays: &[&Array]) -> Result<(Vec<Labels>, Labels)> {
    let wrong = |reason: String| ArrayError::value(NAME, format!("{expression:?}: {reason}"));
    let text: String = expression.chars().filter(|c| !c.is_whitespace()).collect();
    let (factors, out) = match text.split_once("->") {
        Some((factors, out)) => (factors, Some(out)),
        None => (text.as_str(), None),
    };
    let factors: Vec<&str> = factors.split(',').collect();
    if factors.len() != arrays.len() {
        return Err(wrong(format!(
            "{} terms do not fit {} arrays",
            factors.len(),
            arrays.len()
        )));
    }
    let mut labels = Vec::with_capacity(arrays.len());
    let mut most = 0;
    for (factor, array) in factors.iter().zip(arrays) {
        let letters = factor.replacen("...", "", 1).len();
        let dots = match (factor.contains("..."), array.ndim().checked_sub(letters)) {
            (true, Some(dots)) if dots <= ELLIPSIS_MAX => dots,
            (false, Some(0)) => 0,
            _ => {
                return Err(wrong(format!(
                    "the term {factor:?} does not fit an array of {} axes",
                    array.ndim()
                )));
            }
        };
        most = most.max(dots);
        labels.push(labels_of(factor, dots).map_err(&wrong)?);
    }
    let out = match out {
        Some(out) => labels_of(out, most).map_err(&wrong)?,
        None => {
            let mut once: Labels = dots(most).collect();
            let all: Vec<u8> = labels.iter().flatten().copied().collect();
            let mut letters: Vec<u8> = all.iter().copied().filter(|&l| l < ELLIPSIS).collect();
            letters.sort_unstable();
            once.extend(
                letters
                    .iter()
                    .copied()
                    .filter(|label| all.iter().filter(|other| *other == label).count() == 1),
            );
            once
        }
    };
    for (at, label) in out.iter().enumerate() {
        if out[..at].contains(label) {
            return Err(wrong("the result has a letter twice".to_owned()));
        }
        if !labels.iter().any(|labels| labels.contains(label)) {
            return Err(wrong("the result has a letter that no term has".to_owned()));
        }
    }
    Ok((labels, out))
}

/// The labels of a term, whose `...` stands for so many axes.
fn labels_of(term: &str, count: usize) -> Result<Labels, String> {
    let mut labels = Labels::new();
    let mut rest = term;
    let mut seen = false;
    while let Some(letter) = rest.chars().next() {
        if letter.is_ascii_alphabetic() {
            labels.push(letter as u8);
            rest = &rest[1..];
        } else if rest.starts_with("...") && !seen {
            labels.extend(dots(count));
            seen = true;
            rest = &rest[3..];
        } else {
            return Err(format!("{letter:?} is no letter of an axis"));
        }
    }
    Ok(labels)
}

/// The labels of so many axes that `...` stands for; the last one always has the same.
fn dots(count: usize) -> impl Iterator<Item = u8> {
    (0..count.min(ELLIPSIS_MAX) as u8)
        .rev()
        .map(|at| ELLIPSIS + at)
}
