//! The memory of blocks: a typed vector that was made here, or bytes as they arrived.

use crate::dtype::DType;
use crate::element::Element;
use bytes::Bytes;
use std::any::Any;
use std::sync::Arc;

/// A vector of elements with its type forgotten.
trait Elements: Any + Send + Sync {
    fn dtype(&self) -> DType;
    fn len(&self) -> usize;
    fn bytes(&self) -> &[u8];
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<T: Element> Elements for Vec<T> {
    fn dtype(&self) -> DType {
        T::DTYPE
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Shared memory that holds elements. A clone shares it.
#[derive(Clone)]
pub(crate) struct Storage(Repr);

#[derive(Clone)]
enum Repr {
    Own(Arc<dyn Elements>),
    /// Aligned for the dtype, a whole number of elements, and each a valid one: checked when made.
    Arrived(DType, Bytes),
}

/// Lends the bytes of a vector.
struct Lender(Arc<dyn Elements>);

impl AsRef<[u8]> for Lender {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl Storage {
    pub(crate) fn own<T: Element>(elements: Vec<T>) -> Self {
        Self(Repr::Own(Arc::new(elements)))
    }

    /// Elements that arrived as bytes: used where they lie if they are aligned, else copied.
    /// `None` if they are no whole number of elements, or a truth value is neither 0 nor 1.
    pub(crate) fn arrived<T: Element>(bytes: Bytes) -> Option<Self> {
        match bytemuck::checked::try_cast_slice::<u8, T>(&bytes) {
            Ok(_) => Some(Self(Repr::Arrived(T::DTYPE, bytes))),
            Err(_) => {
                let size = size_of::<T>();
                if !bytes.len().is_multiple_of(size) {
                    return None;
                }
                let elements = bytes.chunks_exact(size);
                let elements = elements.map(|one| bytemuck::checked::try_pod_read_unaligned(one));
                Some(Self::own(elements.collect::<Result<Vec<T>, _>>().ok()?))
            }
        }
    }

    pub(crate) fn dtype(&self) -> DType {
        match &self.0 {
            Repr::Own(own) => own.dtype(),
            Repr::Arrived(dtype, _) => *dtype,
        }
    }

    /// How many elements there are.
    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Repr::Own(own) => own.len(),
            Repr::Arrived(dtype, bytes) => bytes.len() / dtype.itemsize(),
        }
    }

    /// The elements; `None` if they are of another type.
    pub(crate) fn slice<T: Element>(&self) -> Option<&[T]> {
        match &self.0 {
            Repr::Own(own) => own.as_any().downcast_ref::<Vec<T>>().map(Vec::as_slice),
            Repr::Arrived(dtype, bytes) => {
                if *dtype != T::DTYPE {
                    return None;
                }
                elements_of(bytes)
            }
        }
    }

    /// The elements as a vector, if nobody else has them.
    pub(crate) fn into_vec<T: Element>(self) -> Result<Vec<T>, Self> {
        let mut own = match self.0 {
            Repr::Own(own) if own.dtype() == T::DTYPE => own,
            other => return Err(Self(other)),
        };
        // Looked at before it is taken apart: a failed try would have forgotten what it is.
        if Arc::get_mut(&mut own).is_none() {
            return Err(Self(Repr::Own(own)));
        }
        match own.clone().into_any().downcast::<Vec<T>>() {
            Ok(vector) => {
                drop(own);
                Arc::try_unwrap(vector).map_err(|shared| Self(Repr::Own(shared)))
            }
            Err(_) => Err(Self(Repr::Own(own))),
        }
    }

    /// The bytes of a range of elements, shared.
    pub(crate) fn bytes(&self, range: std::ops::Range<usize>) -> Bytes {
        let size = self.dtype().itemsize();
        let range = range.start * size..range.end * size;
        match &self.0 {
            Repr::Own(own) => Bytes::from_owner(Lender(own.clone())).slice(range),
            Repr::Arrived(_, bytes) => bytes.slice(range),
        }
    }
}

/// Bytes that were checked, as elements. Only truth values can be of a wrong pattern, and checking
/// them each time would read them all.
fn elements_of<T: Element>(bytes: &Bytes) -> Option<&[T]> {
    bytemuck::checked::try_cast_slice(bytes).ok()
}
