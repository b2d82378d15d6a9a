//! Values that are alive, with their type forgotten.

use super::encode::{encode_ref, encode_ref_small};
use super::{TaskValue, ValueError, size};
use crate::known;
use bytes::Bytes;
use std::any::Any;
use std::sync::{Arc, OnceLock};
use taskloom_core::value::{Codec, Encoded};

/// How the elements of a value are borrowed.
pub(crate) type Parts<T> = for<'a> fn(&'a T, u32) -> Option<&'a dyn Item>;

/// A value of a type that is not known here, borrowed.
pub(crate) trait Item: Any + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn item_nbytes(&self) -> u64;
    fn item_encode(&self) -> Result<Encoded, ValueError>;
    fn item_encode_small(&self, max: u64) -> Option<Encoded>;
}

impl<T: TaskValue> Item for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn item_nbytes(&self) -> u64 {
        size::nbytes(self)
    }

    fn item_encode(&self) -> Result<Encoded, ValueError> {
        encode_ref(self)
    }

    fn item_encode_small(&self, max: u64) -> Option<Encoded> {
        encode_ref_small(self, max)
    }
}

/// A value of a type that is not known here, shared.
pub(super) trait Object: Send + Sync + 'static {
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    fn is(&self, id: std::any::TypeId) -> bool;
    fn type_name(&self) -> &'static str;
    fn nbytes(&self) -> u64;
    fn encode(self: Arc<Self>) -> Result<Encoded, ValueError>;
    fn encode_small(self: Arc<Self>, max: u64) -> Option<Encoded>;
    fn codec(&self) -> Option<Codec>;
    fn has_parts(&self) -> bool;
    fn part(&self, index: u32) -> Option<&dyn Item>;
}

impl dyn Object {
    /// The value if it is a `T`.
    pub(super) fn downcast<T: TaskValue>(self: Arc<Self>) -> Option<Arc<Live<T>>> {
        if self.is(std::any::TypeId::of::<T>()) {
            self.into_any().downcast().ok()
        } else {
            None
        }
    }
}

/// A value that is alive.
pub(super) struct Live<T> {
    value: T,
    parts: Option<Parts<T>>,
    nbytes: OnceLock<u64>,
    encoded: OnceLock<Encoded>,
}

impl<T: TaskValue> Live<T> {
    pub(super) fn new(value: T, parts: Option<Parts<T>>) -> Self {
        Self {
            value,
            parts,
            nbytes: OnceLock::new(),
            encoded: OnceLock::new(),
        }
    }

    pub(super) fn value(&self) -> &T {
        &self.value
    }

    pub(super) fn into_value(self) -> T {
        self.value
    }
}

impl<T: TaskValue> Object for Live<T> {
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn is(&self, id: std::any::TypeId) -> bool {
        std::any::TypeId::of::<T>() == id
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<T>()
    }

    fn nbytes(&self) -> u64 {
        match self.encoded.get() {
            Some(encoded) => encoded.nbytes(),
            None => *self.nbytes.get_or_init(|| size::nbytes(&self.value)),
        }
    }

    fn encode(self: Arc<Self>) -> Result<Encoded, ValueError> {
        if let Some(encoded) = self.encoded.get() {
            return Ok(encoded.clone());
        }
        // The bytes of a vector are lent out with the value as their owner.
        if known::is::<T, Vec<u8>>() {
            return Ok(Encoded::bytes(Bytes::from_owner(Owner(self))));
        }
        let encoded = encode_ref(&self.value)?;
        if encoded.codec == Codec::MessagePack {
            let _ = self.encoded.set(encoded.clone());
        }
        Ok(encoded)
    }

    fn encode_small(self: Arc<Self>, max: u64) -> Option<Encoded> {
        match self.encoded.get() {
            Some(encoded) => (encoded.nbytes() <= max).then(|| encoded.clone()),
            None => encode_ref_small(&self.value, max),
        }
    }

    fn codec(&self) -> Option<Codec> {
        match self.encoded.get() {
            Some(encoded) => Some(encoded.codec),
            None => known::is_bytes::<T>().then_some(Codec::Bytes),
        }
    }

    fn has_parts(&self) -> bool {
        self.parts.is_some()
    }

    fn part(&self, index: u32) -> Option<&dyn Item> {
        self.parts.and_then(|parts| parts(&self.value, index))
    }
}

/// Keeps a live vector of bytes for those who were lent its bytes.
struct Owner<T>(Arc<Live<T>>);

impl<T: 'static> AsRef<[u8]> for Owner<T> {
    fn as_ref(&self) -> &[u8] {
        let value: &dyn Any = &self.0.value;
        value.downcast_ref::<Vec<u8>>().map_or(&[], Vec::as_slice)
    }
}
