//! One chunk of an array in memory.

pub(crate) mod copy;
mod rearrange;

use crate::dtype::DType;
use crate::element::Element;
use crate::error::{KernelError, Shape};
use crate::storage::Storage;
use bytes::Bytes;
use ndarray::{ArrayD, ArrayViewD, IxDyn, ShapeBuilder};
use smallvec::SmallVec;
use std::fmt;

/// Lengths, or places, per axis.
pub type Extent = SmallVec<[usize; 4]>;

/// One chunk of an array: elements of a dtype in a shape. A clone shares the elements, and so does a
/// block that is a part of another, or another with its axes in a different order.
///
/// It is a task's value: tasks of users take and return it. It travels without a copy of its bytes
/// where they lie in a row.
///
/// ```
/// use ndarray::array;
/// use taskloom_kernels::{Block, DType};
///
/// let block = Block::from(array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
/// assert_eq!(block.dtype(), DType::F64);
/// assert_eq!(block.shape(), [2, 2]);
/// assert_eq!(block.view::<f64>()?.sum(), 10.0);
/// # Ok::<(), taskloom_kernels::KernelError>(())
/// ```
#[derive(Clone)]
pub struct Block {
    storage: Storage,
    /// Of the first element, in elements.
    offset: usize,
    shape: Extent,
    /// In elements, never negative; those of axes of a length below 2 say nothing.
    strides: Extent,
}

impl Block {
    /// A block of elements in C order.
    ///
    /// # Errors
    /// If there are more or fewer of them than the shape has.
    pub fn new<T: Element>(elements: Vec<T>, shape: &[usize]) -> Result<Self, KernelError> {
        Self::of_storage(Storage::own(elements), shape.into())
    }

    /// A block of one element without axes.
    pub fn scalar<T: Element>(value: T) -> Self {
        Self {
            storage: Storage::own(vec![value]),
            offset: 0,
            shape: Extent::new(),
            strides: Extent::new(),
        }
    }

    /// A block of one axis.
    pub fn vector<T: Element>(elements: Vec<T>) -> Self {
        Self {
            shape: [elements.len()].as_slice().into(),
            strides: [1].as_slice().into(),
            storage: Storage::own(elements),
            offset: 0,
        }
    }

    /// A block of the bytes of its elements in C order, of this machine's byte order: used where they
    /// lie, if they are aligned.
    ///
    /// # Errors
    /// If they are no elements of the dtype, or not as many as the shape has.
    pub fn from_bytes(dtype: DType, shape: &[usize], bytes: Bytes) -> Result<Self, KernelError> {
        let length = bytes.len();
        let storage = crate::dispatch!(dtype, T => Storage::arrived::<T>(bytes));
        let storage = storage.ok_or_else(|| {
            KernelError::value(
                "block",
                format!("{length} bytes are no elements of {dtype}"),
            )
        })?;
        Self::of_storage(storage, shape.into())
    }

    /// The bytes of the elements in C order, of this machine's byte order: shared, if they lie so.
    pub fn to_bytes(&self) -> Bytes {
        // A part without elements may begin anywhere, also beyond what is stored.
        if self.is_empty() {
            return Bytes::new();
        }
        let row = self.contiguous();
        row.storage.bytes(row.offset..row.offset + row.len())
    }

    fn of_storage(storage: Storage, shape: Extent) -> Result<Self, KernelError> {
        if size_of(&shape) != Some(storage.len()) {
            return Err(KernelError::value(
                "block",
                format!(
                    "{} elements cannot have the shape {}",
                    storage.len(),
                    Shape(shape)
                ),
            ));
        }
        Ok(Self {
            strides: c_strides(&shape),
            storage,
            offset: 0,
            shape,
        })
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> DType {
        self.storage.dtype()
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        // Beside a length of 0 the others may be any.
        match self.is_empty() {
            true => 0,
            false => self.shape.iter().product(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// The length of one axis; 1 for axes that it does not have.
    pub fn len_of(&self, axis: usize) -> usize {
        self.shape.get(axis).copied().unwrap_or(1)
    }

    /// The bytes of the elements.
    pub fn nbytes(&self) -> usize {
        self.len() * self.dtype().itemsize()
    }

    /// The distance between neighbours along each axis, in elements.
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// Whether the elements lie in a row in C order.
    pub fn is_contiguous(&self) -> bool {
        self.is_empty() || lies_in_c_order(&self.shape, &self.strides)
    }

    /// The elements as an array of their Rust type, where they lie.
    ///
    /// # Errors
    /// If the dtype is another.
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>, KernelError> {
        let elements = self.elements::<T>()?;
        let shape = IxDyn(&self.shape);
        let view = if self.is_empty() {
            ArrayViewD::from_shape(shape, &[])
        } else {
            ArrayViewD::from_shape(shape.strides(IxDyn(&self.strides)), elements)
        };
        view.map_err(|error| KernelError::Program(error.to_string()))
    }

    /// The elements in C order, if they lie so.
    ///
    /// # Errors
    /// If the dtype is another.
    pub fn as_slice<T: Element>(&self) -> Result<Option<&[T]>, KernelError> {
        let elements = self.elements::<T>()?;
        Ok(match self.is_contiguous() {
            true => elements.get(..self.len()),
            false => None,
        })
    }

    /// From the first element to the end of the storage.
    pub(crate) fn elements<T: Element>(&self) -> Result<&[T], KernelError> {
        let elements = self
            .storage
            .slice::<T>()
            .ok_or_else(|| KernelError::DType {
                operation: format!("a view of {}", T::DTYPE),
                dtype: self.dtype(),
            })?;
        Ok(elements.get(self.offset..).unwrap_or_default())
    }

    /// The elements as an owned array: moved if this is the only block that has them and they lie in
    /// a row, else copied to C order.
    ///
    /// # Errors
    /// If the dtype is another.
    pub fn into_array<T: Element>(self) -> Result<ArrayD<T>, KernelError> {
        if !(self.offset == 0 && self.len() == self.storage.len() && self.is_contiguous()) {
            return self.copied();
        }
        let Self {
            storage,
            offset,
            shape,
            strides,
        } = self;
        let axes = IxDyn(&shape);
        match storage.into_vec::<T>() {
            Ok(elements) => ArrayD::from_shape_vec(axes, elements)
                .map_err(|error| KernelError::Program(error.to_string())),
            Err(storage) => {
                let shared = Self {
                    storage,
                    offset,
                    shape,
                    strides,
                };
                shared.copied()
            }
        }
    }

    /// The elements in C order as a vector, if this is the only block that has them, all of them, and
    /// they lie so.
    ///
    /// # Errors
    /// The block, if not.
    pub(crate) fn into_unique<T: Element>(self) -> Result<Vec<T>, Self> {
        if !(self.offset == 0 && self.len() == self.storage.len() && self.is_contiguous()) {
            return Err(self);
        }
        let Self {
            storage,
            offset,
            shape,
            strides,
        } = self;
        storage.into_vec::<T>().map_err(|storage| Self {
            storage,
            offset,
            shape,
            strides,
        })
    }

    /// The elements in C order as a vector: moved if possible, else copied.
    ///
    /// # Errors
    /// If the dtype is another.
    pub fn into_vec<T: Element>(self) -> Result<Vec<T>, KernelError> {
        let array = self.into_array::<T>()?;
        let (elements, offset) = array.into_raw_vec_and_offset();
        debug_assert!(offset.unwrap_or(0) == 0, "an array in C order starts at 0");
        Ok(elements)
    }

    /// The same elements with the axes in another order: axis `i` of the result is axis `order[i]`.
    /// Nothing is copied.
    ///
    /// # Errors
    /// If `order` is no order of the axes.
    pub fn permuted(&self, order: &[usize]) -> Result<Self, KernelError> {
        let mut seen = [false; 64];
        let fits = order.len() == self.ndim()
            && order.iter().all(|&axis| {
                axis < self.ndim().min(64) && !std::mem::replace(&mut seen[axis], true)
            });
        if !fits {
            return Err(KernelError::value(
                "transpose",
                format!("{order:?} is no order of {} axes", self.ndim()),
            ));
        }
        Ok(Self {
            storage: self.storage.clone(),
            offset: self.offset,
            shape: order.iter().map(|&axis| self.shape[axis]).collect(),
            strides: order.iter().map(|&axis| self.strides[axis]).collect(),
        })
    }

    /// The part from `start` with `len` elements in steps of `step` along one axis. Nothing is
    /// copied.
    ///
    /// # Errors
    /// If that reaches beyond the axis, or the step is 0.
    pub fn sliced(
        &self,
        axis: usize,
        start: usize,
        len: usize,
        step: usize,
    ) -> Result<Self, KernelError> {
        let axis_len = self.len_of(axis);
        let last = len.checked_sub(1).and_then(|n| n.checked_mul(step));
        let end = match last {
            None => start,
            Some(last) => start.saturating_add(last).saturating_add(1),
        };
        if axis >= self.ndim() || step == 0 || end > axis_len {
            return Err(KernelError::value(
                "slice",
                format!(
                    "{len} elements from {start} in steps of {step} are not within axis {axis} of \
                     a block of the shape {}",
                    Shape(self.shape.clone())
                ),
            ));
        }
        let mut part = self.clone();
        part.offset += start * self.strides[axis];
        part.shape[axis] = len;
        part.strides[axis] = self.strides[axis] * step;
        Ok(part)
    }

    /// The same elements in C order in another shape; copied only if they do not lie in C order.
    ///
    /// # Errors
    /// If the shape has another number of elements.
    pub fn reshaped(&self, shape: &[usize]) -> Result<Self, KernelError> {
        if size_of(shape) != Some(self.len()) {
            return Err(KernelError::Shapes {
                operation: "reshape".to_owned(),
                left: Shape(self.shape.clone()),
                right: Shape(shape.into()),
            });
        }
        let row = self.contiguous();
        Ok(Self {
            strides: c_strides(shape),
            shape: shape.into(),
            ..row
        })
    }

    /// The same block in C order: itself if it lies so, else a copy.
    pub fn contiguous(&self) -> Self {
        if self.is_contiguous() {
            return self.clone();
        }
        crate::dispatch!(self.dtype(), T => match self.copied::<T>() {
            Ok(copy) => Self::from(copy),
            Err(_) => self.clone(),
        })
    }

    /// The same block in a form to keep: in C order, and not a small part of something large that
    /// would be kept with it.
    pub fn compact(self) -> Self {
        if self.is_contiguous() && self.len() * 2 >= self.storage.len() {
            return self;
        }
        crate::dispatch!(self.dtype(), T => match self.copied::<T>() {
            Ok(copy) => Self::from(copy),
            Err(_) => self.clone(),
        })
    }

    /// The one element of a block that has one.
    ///
    /// # Errors
    /// If the dtype is another or there is not exactly one element.
    pub fn item<T: Element>(&self) -> Result<T, KernelError> {
        let view = self.view::<T>()?;
        match (view.first(), view.len()) {
            (Some(&item), 1) => Ok(item),
            _ => Err(KernelError::value(
                "item",
                format!(
                    "a block of the shape {} is not one number",
                    Shape(self.shape.clone())
                ),
            )),
        }
    }
}

/// The number of elements of a shape; `None` if there are more than can be counted.
pub(crate) fn size_of(shape: &[usize]) -> Option<usize> {
    match shape.contains(&0) {
        true => Some(0),
        false => shape
            .iter()
            .try_fold(1_usize, |size, &len| size.checked_mul(len)),
    }
}

/// The strides of a shape in C order, in elements.
fn c_strides(shape: &[usize]) -> Extent {
    let mut strides: Extent = SmallVec::from_elem(1, shape.len());
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis].max(1));
    }
    strides
}

fn lies_in_c_order(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1;
    for (&len, &stride) in shape.iter().zip(strides).rev() {
        if len > 1 {
            if stride != expected {
                return false;
            }
            expected *= len;
        }
    }
    true
}

/// A copy in C order.
fn in_c_order<T: Element>(view: ArrayViewD<'_, T>) -> ArrayD<T> {
    let mut copy = ArrayD::from_elem(view.raw_dim(), T::ZERO);
    copy.assign(&view);
    copy
}

impl<T: Element> From<ArrayD<T>> for Block {
    /// The elements are moved; an array whose elements do not lie in a row is copied to C order.
    fn from(array: ArrayD<T>) -> Self {
        let shape: Extent = array.shape().into();
        let row = if array.is_standard_layout() {
            array
        } else {
            in_c_order(array.view())
        };
        let strides = c_strides(&shape);
        let (elements, offset) = row.into_raw_vec_and_offset();
        Self {
            storage: Storage::own(elements),
            offset: offset.unwrap_or(0),
            shape,
            strides,
        }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = Shape(self.shape.clone());
        if self.len() > 32 {
            return write!(f, "Block({}, {shape})", self.dtype());
        }
        crate::dispatch!(self.dtype(), T => match self.view::<T>() {
            Ok(view) => write!(f, "Block({}, {view})", self.dtype()),
            Err(_) => write!(f, "Block({}, {shape})", self.dtype()),
        })
    }
}

/// Equal dtypes, shapes and elements; as with floats, NaN equals nothing.
impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        self.dtype() == other.dtype()
            && self.shape == other.shape
            && crate::dispatch!(self.dtype(), T => match (self.view::<T>(), other.view::<T>()) {
                (Ok(left), Ok(right)) => left == right,
                _ => false,
            })
    }
}
