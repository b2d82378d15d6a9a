//! A task for blocks of several arrays, by the letters of their axes.

use super::layer::{BlockInput, Calls, From, of_calls};
use crate::arrange::join::common_axis;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use taskloom_kernels::{Block, DType};
use taskloom_task::TaskCall;

/// An array whose blocks are made of blocks of several arrays, each by a task. Each axis has a
/// letter; axes of one letter are cut alike, and arrays are rechunked for that. The task for a block
/// of the result is given, from each array, the block at the same place. Axes whose letters the result
/// does not have are put together to one block, so that the task can sum over them.
///
/// ```
/// use taskloom_array::{Array, Block, Chunks, DType, blockwise};
/// use taskloom_task::task;
///
/// /// Each row of `a` times each element of `b`, summed.
/// #[task(crate = taskloom_task)]
/// fn times(a: Block, b: Block) -> Block {
///     let (Ok(a), Ok(b)) = (a.into_array::<f64>(), b.into_array::<f64>()) else {
///         return Block::vector(Vec::<f64>::new());
///     };
///     let rows = a.outer_iter().map(|row| row.iter().zip(&b).map(|(a, b)| a * b).sum());
///     Block::vector(rows.collect::<Vec<f64>>())
/// }
///
/// let a = Array::from_ndarray(&ndarray::array![[1.0, 2.0], [3.0, 4.0]], Chunks::of([1, 1]))?;
/// let b = Array::from_ndarray(&ndarray::array![1.0, 10.0], Chunks::whole())?;
/// let c = blockwise("i", [(&a, "ij"), (&b, "j")], DType::F64, |blocks| {
///     times::task(&blocks[0], &blocks[1])
/// })?;
/// assert_eq!(c.to_local_here::<f64>()?, ndarray::array![21.0, 43.0].into_dyn());
/// # Ok::<(), taskloom_array::ArrayError>(())
/// ```
///
/// # Errors
/// If an array is in the failed state, the letters do not fit the axes, axes of one letter have other
/// lengths or unknown cuts that nothing says are the same, or a call cannot be made.
pub fn blockwise<'a>(
    result: &str,
    inputs: impl IntoIterator<Item = (&'a Array, &'a str)>,
    dtype: DType,
    call: impl Fn(&[BlockInput]) -> TaskCall<Block> + Send + Sync + 'static,
) -> Result<Array> {
    const NAME: &str = "blockwise";
    let letters: Vec<char> = result.chars().collect();
    let mut arrays: Vec<(Array, Vec<char>)> = Vec::new();
    for (array, letters) in inputs {
        let letters: Vec<char> = letters.chars().collect();
        if letters.len() != array.good()?.ndim() || !are_distinct(&letters) {
            let reason = format!("{letters:?} are not letters for the axes of {array}");
            return Err(ArrayError::value(NAME, reason));
        }
        arrays.push((array.clone(), letters));
    }
    if !are_distinct(&letters) {
        let reason = format!("a letter occurs twice in {result:?}");
        return Err(ArrayError::value(NAME, reason));
    }
    // What is not in the result is put together.
    for (array, axes) in &mut arrays {
        for (at, letter) in axes.iter().enumerate() {
            if !letters.contains(letter) {
                *array = array.gathered(at);
            }
        }
    }
    let common = |letter: char| -> Result<Axis> {
        let with = arrays.iter().filter_map(|(array, axes)| {
            let at = axes.iter().position(|&axis| axis == letter)?;
            Some((array, at))
        });
        let with: Vec<(&Array, usize)> = with.collect();
        let at = letters.iter().position(|&axis| axis == letter);
        common_axis(NAME, at.unwrap_or(letters.len()), &with)
    };
    let mut ready = Vec::with_capacity(arrays.len());
    for (array, axes) in &arrays {
        let cuts = axes.iter().map(|&letter| common(letter));
        let cuts = cuts.collect::<Result<Vec<Axis>>>()?;
        let array = array.rechunk_to(NAME, &cuts)?;
        let from = axes.iter().zip(array.axes()).map(|(letter, axis)| {
            (
                axis.blocks(),
                letters.iter().position(|axis| axis == letter),
            )
        });
        let from: From = from.collect();
        ready.push((array, from));
    }
    let axes = letters.iter().map(|&letter| common(letter));
    let axes = axes.collect::<Result<Vec<Axis>>>()?;
    let inputs: Vec<(&Array, From)> = ready
        .iter()
        .map(|(array, from)| (array, from.clone()))
        .collect();
    let calls = Calls::one(move |_, nodes| call(nodes));
    of_calls(NAME, calls, false, &inputs, dtype, axes)
}

fn are_distinct(letters: &[char]) -> bool {
    let mut letters = letters.to_vec();
    letters.sort_unstable();
    letters.windows(2).all(|pair| pair[0] != pair[1])
}
