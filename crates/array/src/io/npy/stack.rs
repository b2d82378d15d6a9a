//! An array as a folder of `.npy` files, one per block, with a file `info.json` that says how they
//! stand together.

use super::read::{open, read_all};
use super::write::write;
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::io::location::Location;
use crate::layer::{BlockRef, BlockTask, Layer, Work};
use crate::node::{Axes, number};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::Arc;
use taskloom_kernels::{Block, DType};
use taskloom_task::task;

const INFO: &str = "info.json";

/// No folder has more files.
const FILES_MAX: usize = 1 << 24;

/// What `info.json` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Info {
    /// numpy's name.
    dtype: String,
    /// The lengths of the blocks along each axis; `null` for those that were not known.
    lengths: Vec<Vec<Option<usize>>>,
}

/// A file of a stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct File {
    url: String,
    /// What tells this stack from another one in the same folder.
    stamp: String,
    dtype: DType,
    shape: Vec<usize>,
}

/// `0.2.npy` for the block at (0, 2).
fn name_of(at: &[usize]) -> String {
    let mut name = String::new();
    for place in at {
        // Writing to a text does not fail.
        let _ = write!(name, "{place}.");
    }
    name + "npy"
}

impl Array {
    /// Writes the array as a folder of `.npy` files, one per block, each by a task: `0.2.npy` is the
    /// block at (0, 2), and `info.json` says how they stand together. Chunk sizes need not be known.
    /// Files that are there are replaced.
    ///
    /// Nothing is written before the result is computed: the bytes of the file of each block.
    ///
    /// ```
    /// use taskloom_array::Array;
    ///
    /// let x = Array::arange(0, 5, 1, [2]);
    /// x.to_npy_stack("memory://doc/stack")?.compute_here()?;
    /// let y = Array::from_npy_stack("memory://doc/stack")?;
    /// assert_eq!(y.chunks(), x.chunks());
    /// assert_eq!(y.compute_here()?, x.compute_here()?);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the place cannot be understood, or the array is in the failed state.
    pub fn to_npy_stack(&self, url: &str) -> Result<Self> {
        self.check()?;
        let folder = Location::parse(url)?;
        let info = Info {
            dtype: self.dtype().name().to_owned(),
            lengths: self.chunks(),
        };
        let info = serde_json::to_string(&info).map_err(|error| folder.error(error))?;
        let prepared = Self::from_layer(
            Prepared {
                url: folder.child(INFO)?.url().to_owned(),
                info,
                of: self.name(),
            },
            &[],
            DType::I64,
            [Axis::single(1)],
        );
        let axes: Axes = self.axes().iter().cloned().collect();
        let ones = axes.iter().map(|axis| Axis::regular(axis.blocks(), 1));
        let ones: Axes = ones.collect();
        let layer = Stacked {
            url: folder.url().to_owned(),
            axes,
        };
        let shape: Vec<Axis> = ones.to_vec();
        Ok(Self::from_layer(
            layer,
            &[self, &prepared],
            DType::I64,
            shape,
        ))
    }

    /// An array in a folder that [`Array::to_npy_stack`] wrote: each block is read by a task.
    ///
    /// # Errors
    /// If there is no such folder, or files are missing or are not what `info.json` says.
    pub fn from_npy_stack(url: &str) -> Result<Self> {
        let folder = Location::parse(url)?;
        let info = folder.child(INFO)?;
        let stamp = info.head()?.1;
        let text = info.read()?.unwrap_or_default();
        let Info { dtype, lengths } =
            serde_json::from_slice(&text).map_err(|error| info.error(error))?;
        let dtype: DType = dtype.parse().map_err(|error| info.error(error))?;
        let files = lengths
            .iter()
            .try_fold(1_usize, |n, axis| n.checked_mul(axis.len()));
        if files.is_none_or(|files| files > FILES_MAX) || lengths.iter().any(Vec::is_empty) {
            return Err(info.error("has no or too many blocks along an axis"));
        }
        let axes = found_lengths(&folder, lengths)?
            .into_iter()
            .map(Axis::known);
        let url = folder.url().to_owned();
        Self::of_tasks(
            "from_npy_stack",
            axes,
            dtype,
            Arc::new(move |place| {
                let shape = place.lengths.iter().map(|len| len.unwrap_or(0));
                read_npy_file::task(File {
                    url: format!("{}/{}", url.trim_end_matches('/'), name_of(&place.at)),
                    stamp: stamp.clone(),
                    dtype,
                    shape: shape.collect(),
                })
            }),
        )
    }
}

/// The lengths of all blocks: those that are not known are in the headers of the files.
fn found_lengths(folder: &Location, lengths: Vec<Vec<Option<usize>>>) -> Result<Vec<Vec<usize>>> {
    let mut at = vec![0; lengths.len()];
    let mut found = Vec::with_capacity(lengths.len());
    for (axis, lengths) in lengths.into_iter().enumerate() {
        let mut known = Vec::with_capacity(lengths.len());
        for (place, len) in lengths.into_iter().enumerate() {
            at[axis] = place;
            known.push(match len {
                Some(len) => len,
                None => {
                    let file = folder.child(&name_of(&at))?;
                    let shape = open(&file)?.0.shape;
                    let len = shape.get(axis).copied();
                    len.ok_or_else(|| file.error(format!("has the shape {shape:?}")))?
                }
            });
        }
        at[axis] = 0;
        found.push(known);
    }
    Ok(found)
}

#[task(crate = taskloom_task, name = "taskloom_array::read_npy_file")]
fn read_npy_file(file: File) -> Result<Block, ArrayError> {
    read_all(&Location::parse(&file.url)?, file.dtype, &file.shape)
}

/// The file that says how the others stand together.
struct Prepared {
    url: String,
    info: String,
    of: String,
}

impl Layer for Prepared {
    fn name(&self) -> &'static str {
        "npy-stack-info"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.text(&self.url).text(&self.info).text(&self.of);
    }

    fn block(&self, _at: &[usize]) -> BlockTask {
        let (url, info) = (self.url.clone(), self.info.clone());
        BlockTask {
            work: Work::task(move |_| write_text::task(url.clone(), info.clone())),
            inputs: [].into_iter().collect(),
            align: None,
        }
    }
}

#[task(crate = taskloom_task, name = "taskloom_array::write_text", impure)]
fn write_text(url: String, text: String) -> Result<Block, ArrayError> {
    let bytes = text.len();
    Location::parse(&url)?.write(vec![text.into()])?;
    Ok(Block::vector(vec![bytes as i64]))
}

struct Stacked {
    url: String,
    axes: Axes,
}

impl Layer for Stacked {
    fn name(&self) -> &'static str {
        "to_npy_stack"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.text(&self.url);
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let url = format!("{}/{}", self.url.trim_end_matches('/'), name_of(at));
        let inputs = [
            BlockRef::new(0, number(&self.axes, at)),
            BlockRef::new(1, 0),
        ];
        BlockTask {
            work: Work::task(move |inputs| write_npy_file::task(url.clone(), inputs.to_vec())),
            inputs: inputs.into_iter().collect(),
            align: None,
        }
    }
}

/// Writes the first of the inputs; the others are there so that they are done before.
#[task(crate = taskloom_task, name = "taskloom_array::write_npy_file", impure)]
fn write_npy_file(url: String, inputs: Vec<Block>) -> Result<Block, ArrayError> {
    let location = Location::parse(&url)?;
    let block = inputs
        .first()
        .ok_or_else(|| location.error("there is no block to write"))?;
    let bytes = write(&location, block)?;
    Ok(bytes.reshaped(&vec![1; block.ndim()])?)
}
