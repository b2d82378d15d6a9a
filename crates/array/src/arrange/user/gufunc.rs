//! A task for blocks of several arrays, by a signature that says which axes it works on.

use super::layer::{BlockInput, Calls, From, of_calls};
use super::signature::{Dimension, Signature};
use crate::arrange::join::common_axis;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::number;
use taskloom_kernels::{Block, DType, common};
use taskloom_task::TaskCall;

const NAME: &str = "apply_gufunc";

/// A task of yours with a signature, as it is being described: see [`apply_gufunc`].
#[must_use = "nothing is made before `array()` or `arrays()`"]
pub struct Gufunc {
    signature: String,
    inputs: Vec<Array>,
    dtypes: Vec<DType>,
    sizes: Vec<(String, usize)>,
    rechunk: bool,
}

/// Arrays that are made of blocks of several arrays, each by a task, with a signature in numpy's
/// notation: `(i,j),(j)->(i)` takes matrices and vectors, and makes vectors. The dimensions in
/// brackets, the *core*, are the last axes of each array, and each of these lies in one chunk; a
/// number stands for an axis of that length. All axes before them are *loop* dimensions: they are
/// matched as in element-wise arithmetic (counted from the last, an axis of one element stretches),
/// can be cut in any way, and come first in each result.
///
/// The task is given, from each array, the block at the same place along the loop dimensions: with
/// length 1, or without the axis, where that array stretches. A call with one output makes a
/// [`Block`], with several a `Vec<Block>`.
///
/// ```
/// use taskloom_array::{Array, Block, Chunks, DType, apply_gufunc};
/// use taskloom_task::task;
///
/// /// The least and the greatest of each row.
/// #[task(crate = taskloom_task)]
/// fn range(rows: Block) -> Result<Vec<Block>, String> {
///     let rows = rows.into_array::<f64>().map_err(|error| error.to_string())?;
///     let last = ndarray::Axis(rows.ndim() - 1);
///     let least = rows.map_axis(last, |row| row.iter().copied().fold(f64::INFINITY, f64::min));
///     let most = rows.map_axis(last, |row| row.iter().copied().fold(-f64::INFINITY, f64::max));
///     Ok(vec![Block::from(least), Block::from(most)])
/// }
///
/// let x = ndarray::array![[3.0, 1.0], [2.0, 5.0], [4.0, 4.0]];
/// let x = Array::from_ndarray(&x, Chunks::of([2, 2]))?;
/// let range = apply_gufunc("(i)->(),()", [&x]).arrays(|blocks| range::task(&blocks[0]))?;
/// assert_eq!(range[0].to_local_here::<f64>()?, ndarray::array![1.0, 2.0, 4.0].into_dyn());
/// assert_eq!(range[1].to_local_here::<f64>()?, ndarray::array![3.0, 5.0, 4.0].into_dyn());
/// # Ok::<(), taskloom_array::ArrayError>(())
/// ```
pub fn apply_gufunc<'a>(signature: &str, inputs: impl IntoIterator<Item = &'a Array>) -> Gufunc {
    Gufunc {
        signature: signature.to_owned(),
        inputs: inputs.into_iter().cloned().collect(),
        dtypes: Vec::new(),
        sizes: Vec::new(),
        rechunk: false,
    }
}

impl Gufunc {
    /// The dtype of each result; all have the common dtype of the arrays if it is not said.
    pub fn dtypes(mut self, dtypes: impl IntoIterator<Item = DType>) -> Self {
        self.dtypes = dtypes.into_iter().collect();
        self
    }

    /// The length of a core dimension that only results have.
    pub fn size(mut self, dimension: &str, len: usize) -> Self {
        self.sizes.push((dimension.to_owned(), len));
        self
    }

    /// Core dimensions that lie in several chunks are put together. Without this they are an error:
    /// each task would take much more than a chunk, which is for you to decide.
    pub fn rechunk(mut self) -> Self {
        self.rechunk = true;
        self
    }

    /// The array of a signature with one output.
    ///
    /// # Errors
    /// If an array is in the failed state, the signature is none or does not fit the arrays, a core
    /// dimension lies in several chunks or its length is not known to be the same everywhere, the
    /// loop dimensions do not fit, or a call cannot be made.
    pub fn array(
        self,
        call: impl Fn(&[BlockInput]) -> TaskCall<Block> + Send + Sync + 'static,
    ) -> Result<Array> {
        let mut fitted = self.fitted()?;
        let (Some((dtype, core)), true) = (fitted.outputs.pop(), fitted.outputs.is_empty()) else {
            let reason = "it has several outputs: take them with `arrays()`";
            return Err(ArrayError::value(NAME, reason));
        };
        let axes = [fitted.grid.clone(), core].concat();
        let calls = Calls::one(move |_, nodes| call(nodes));
        of_calls(NAME, calls, false, &fitted.inputs(), dtype, axes)
    }

    /// The arrays of a signature with several outputs, one for each, all made by the same tasks: each
    /// makes one block per output.
    ///
    /// # Errors
    /// As [`Gufunc::array`], and if there is one output only.
    pub fn arrays(
        self,
        call: impl Fn(&[BlockInput]) -> TaskCall<Vec<Block>> + Send + Sync + 'static,
    ) -> Result<Vec<Array>> {
        let fitted = self.fitted()?;
        if fitted.outputs.len() == 1 {
            let reason =
                "it has one output: take it with `array()`, of a task that makes a `Block`";
            return Err(ArrayError::value(NAME, reason));
        }
        let count = u32::try_from(fitted.outputs.len());
        let count = count.map_err(|_| ArrayError::value(NAME, "there are too many outputs"))?;
        let calls = Calls::several(count, move |_, nodes| call(nodes));
        let inputs = fitted.inputs();
        // Nobody sees the dtype of what makes several arrays.
        let tasks = of_calls(
            NAME,
            calls,
            false,
            &inputs,
            DType::Bool,
            fitted.grid.clone(),
        )?;
        let outputs = fitted
            .outputs
            .iter()
            .zip(0..)
            .map(|((dtype, core), output)| {
                let layer = Output {
                    output,
                    loops: fitted.grid.clone(),
                };
                let axes = [&fitted.grid[..], core].concat();
                Array::from_layer(layer, &[&tasks], *dtype, axes)
            });
        Ok(outputs.collect())
    }

    /// The arrays as the tasks take them, and the axes of what these make.
    fn fitted(self) -> Result<Fitted> {
        let signature = Signature::parse(NAME, &self.signature)?;
        let does_not_fit = |reason: String| {
            let reason = format!("the signature {:?} does not fit: {reason}", self.signature);
            ArrayError::value(NAME, reason)
        };
        if signature.inputs.len() != self.inputs.len() {
            let (takes, given) = (signature.inputs.len(), self.inputs.len());
            return Err(does_not_fit(format!(
                "it takes {takes} arrays and was given {given}"
            )));
        }
        let outputs = signature.outputs.len();
        if !(self.dtypes.is_empty() || self.dtypes.len() == outputs) {
            let given = self.dtypes.len();
            return Err(does_not_fit(format!(
                "{given} dtypes for {outputs} outputs"
            )));
        }
        let mut arrays = Vec::with_capacity(self.inputs.len());
        for (array, core) in self.inputs.iter().zip(&signature.inputs) {
            if array.good()?.ndim() < core.len() {
                let (axes, needed) = (array.ndim(), core.len());
                let name = array.name();
                return Err(does_not_fit(format!(
                    "{name} has {axes} axes and needs {needed} for the core dimensions"
                )));
            }
            arrays.push(with_whole_core(array, core.len(), self.rechunk)?);
        }
        let lengths = Lengths::of(&arrays, &signature.inputs, &self.sizes)?;
        let (arrays, grid) = joined(&arrays, &signature.inputs)?;
        let dtype = common(arrays.iter().map(Array::dtype)).unwrap_or(DType::F64);
        let mut made = Vec::with_capacity(outputs);
        for (at, dimensions) in signature.outputs.iter().enumerate() {
            let core = dimensions.iter().map(|dimension| lengths.axis(dimension));
            let core = core.collect::<Result<Vec<Axis>>>()?;
            made.push((self.dtypes.get(at).copied().unwrap_or(dtype), core));
        }
        let loops = arrays.iter().zip(&signature.inputs);
        let loops = loops.map(|(array, core)| array.ndim() - core.len());
        Ok(Fitted {
            loops: loops.collect(),
            arrays,
            grid,
            outputs: made,
        })
    }
}

/// What the tasks take and make.
struct Fitted {
    /// Cut alike along the loop dimensions, where they do not stretch.
    arrays: Vec<Array>,
    /// How many loop dimensions each array has.
    loops: Vec<usize>,
    /// The loop dimensions of the results.
    grid: Vec<Axis>,
    /// The dtype of each result and the axes of its core.
    outputs: Vec<(DType, Vec<Axis>)>,
}

impl Fitted {
    fn inputs(&self) -> Vec<(&Array, From)> {
        let from = |(array, &loops): (&'_ Array, &usize)| -> From {
            let skipped = self.grid.len() - loops;
            let axes = array.axes().iter().enumerate();
            axes.map(|(at, axis)| match at < loops && !axis.is_one() {
                true => (axis.blocks(), Some(at + skipped)),
                false => (1, None),
            })
            .collect()
        };
        let inputs = self.arrays.iter().zip(&self.loops);
        inputs.map(|input| (input.0, from(input))).collect()
    }
}

/// The array with each of its last `core` axes in one chunk.
fn with_whole_core(array: &Array, core: usize, rechunk: bool) -> Result<Array> {
    let mut whole = array.clone();
    for at in array.ndim() - core..array.ndim() {
        let axis = &array.axes()[at];
        if axis.blocks() != 1 && !rechunk {
            return Err(ArrayError::value(
                NAME,
                format!(
                    "axis {at} of {} is a core dimension in {} chunks {axis} and has to be in one: \
                     rechunk it with `Chunk::Whole`, or say `.rechunk()`",
                    array.name(),
                    axis.blocks()
                ),
            ));
        }
        whole = whole.gathered(at);
    }
    Ok(whole)
}

/// The axes of the named core dimensions.
struct Lengths {
    known: Vec<(String, Axis)>,
}

impl Lengths {
    fn of(arrays: &[Array], cores: &[Vec<Dimension>], sizes: &[(String, usize)]) -> Result<Self> {
        let mut places: Vec<(&str, Vec<(&Array, usize)>)> = Vec::new();
        for (array, core) in arrays.iter().zip(cores) {
            for (dimension, at) in core.iter().zip(array.ndim() - core.len()..) {
                match dimension {
                    Dimension::Named(name) => {
                        match places.iter_mut().find(|(known, _)| known == name) {
                            Some((_, places)) => places.push((array, at)),
                            None => places.push((name, vec![(array, at)])),
                        }
                    }
                    Dimension::Fixed(len) => match array.axes()[at].len() {
                        Some(known) if known == *len => {}
                        Some(known) => {
                            let name = array.name();
                            let reason =
                                format!("axis {at} of {name} has {known} elements, not {len}");
                            return Err(ArrayError::value(NAME, reason));
                        }
                        None => return Err(array.unknown(NAME, at)),
                    },
                }
            }
        }
        let mut known = Vec::with_capacity(places.len() + sizes.len());
        for (name, places) in &places {
            let at = places.first().map_or(0, |(_, at)| *at);
            known.push(((*name).to_owned(), common_axis(NAME, at, places)?));
        }
        for (name, len) in sizes {
            if known.iter().any(|(other, _)| other == name) {
                let reason = format!("the length of dimension {name:?} is said twice");
                return Err(ArrayError::value(NAME, reason));
            }
            known.push((name.clone(), Axis::single(*len)));
        }
        Ok(Self { known })
    }

    fn axis(&self, dimension: &Dimension) -> Result<Axis> {
        let name = match dimension {
            Dimension::Fixed(len) => return Ok(Axis::single(*len)),
            Dimension::Named(name) => name,
        };
        let known = self.known.iter().find(|(known, _)| known == name);
        known.map(|(_, axis)| axis.clone()).ok_or_else(|| {
            let reason = format!("say how long the new dimension is: `.size({name:?}, ..)`");
            ArrayError::value(NAME, reason)
        })
    }
}

/// The arrays cut alike along their loop dimensions, and these of the results.
fn joined(arrays: &[Array], cores: &[Vec<Dimension>]) -> Result<(Vec<Array>, Vec<Axis>)> {
    let loops: Vec<usize> = arrays
        .iter()
        .zip(cores)
        .map(|(array, core)| array.ndim() - core.len())
        .collect();
    // An axis of one element can lie in several blocks, of which all but one are empty; it stretches
    // as one block.
    let whole = arrays.iter().zip(&loops).map(|(array, &loops)| {
        (0..loops).fold(array.clone(), |array, at| match array.axes()[at].len() {
            Some(1) => array.gathered(at),
            _ => array,
        })
    });
    let whole: Vec<Array> = whole.collect();
    let ndim = loops.iter().copied().max().unwrap_or(0);
    let mut grid = Vec::with_capacity(ndim);
    for at in 0..ndim {
        let there = whole.iter().zip(&loops).filter_map(|(array, &loops)| {
            let at = (at + loops).checked_sub(ndim)?;
            (!array.axes()[at].is_one()).then_some((array, at))
        });
        let there: Vec<(&Array, usize)> = there.collect();
        grid.push(match there.is_empty() {
            true => Axis::single(1),
            false => common_axis(NAME, at, &there)?,
        });
    }
    let cut =
        whole.iter().zip(&loops).map(|(array, &loops)| {
            let axes = array.axes().iter().enumerate().map(|(at, axis)| {
                match at < loops && !axis.is_one() {
                    true => grid[at + ndim - loops].clone(),
                    false => axis.clone(),
                }
            });
            array.rechunk_to(NAME, &axes.collect::<Vec<Axis>>())
        });
    Ok((cut.collect::<Result<_>>()?, grid))
}

/// One of the arrays that tasks with several outputs make.
struct Output {
    output: u32,
    loops: Vec<Axis>,
}

impl Layer for Output {
    fn name(&self) -> &'static str {
        NAME
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(u64::from(self.output));
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        // The axes of the core have one block each.
        let block = number(&self.loops, &at[..self.loops.len().min(at.len())]);
        BlockTask::alias(BlockRef {
            input: 0,
            block,
            output: self.output,
        })
    }
}
