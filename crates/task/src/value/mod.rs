//! Values: what tasks take and make, alive in this process or encoded as they travel.

pub mod buffer;
mod buffers;
mod decode;
mod encode;
mod error;
mod live;
mod message_pack;
mod reference;
mod size;

pub use buffer::Buffer;
pub use buffers::Buffers;
pub(crate) use encode::{encode_borrowed, encode_owned, encode_ref, encode_text};
pub use error::ValueError;
pub(crate) use live::{Item, Parts};
pub(crate) use message_pack::{Container, join};
pub use reference::ValueRef;

use crate::known;
use live::{Live, Object};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::{Arc, OnceLock};
use taskloom_core::value::{Codec, Encoded};

/// What can be the argument or the result of a task: any type with `serde`'s two traits that may be
/// shared between threads and borrows nothing. It is implemented for all of them.
///
/// `Bytes`, `Vec<u8>`, [`Buffers`] and [`Buffer`] travel as they are; everything else travels as
/// MessagePack with structs as maps, so a field may be added with `#[serde(default)]`. As in JSON,
/// `None` and `Some(None)` (or `Some(())`) cannot be told apart once they have travelled.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the argument or the result of a task",
    label = "not a value that can travel between workers",
    note = "a value implements `serde::Serialize` and `serde::Deserialize`, is `Send` and `Sync`, \
            and borrows nothing: `#[derive(serde::Serialize, serde::Deserialize)]`"
)]
pub trait TaskValue: Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> TaskValue for T {}

/// A value: the result of a task, or one of its inputs. It is alive (a Rust value that was made in
/// this process), or encoded as it arrived, or a part of another value. A clone shares everything.
#[derive(Clone)]
pub struct Value(Repr);

#[derive(Clone)]
enum Repr {
    /// A value that was made here.
    Live(Arc<dyn Object>),
    /// The element at an index of a live value; that it has one was checked.
    Part(Arc<dyn Object>, u32),
    /// A value that arrived.
    Encoded(Arc<Arrived>),
}

/// An encoded value, with what it was first decoded to by reference.
struct Arrived {
    encoded: Encoded,
    decoded: OnceLock<Arc<dyn Object>>,
}

impl Value {
    /// A value that was made here. Its parts are those of its encoded form, except that the elements
    /// of vectors and tuples that tasks return are served without encoding the whole.
    pub fn live<T: TaskValue>(value: T) -> Self {
        Self::new(value, None)
    }

    /// A vector whose elements can be borrowed as parts.
    pub fn sequence<U: TaskValue>(value: Vec<U>) -> Self {
        Self::with_parts(value, |whole, index| {
            whole.get(index as usize).map(|item| item as &dyn Item)
        })
    }

    pub(crate) fn with_parts<T: TaskValue>(value: T, parts: Parts<T>) -> Self {
        Self::new(value, Some(parts))
    }

    fn new<T: TaskValue>(value: T, parts: Option<Parts<T>>) -> Self {
        Self(Repr::Live(Arc::new(Live::new(value, parts))))
    }

    /// A value as it arrived. It is decoded when somebody asks for it.
    pub fn from_encoded(encoded: Encoded) -> Self {
        Self(Repr::Encoded(Arc::new(Arrived {
            encoded,
            decoded: OnceLock::new(),
        })))
    }

    /// The size of the value in bytes: exact for bytes, text, vectors of numbers and encoded values;
    /// for all others the size of the encoded form, estimated from the first elements where it has
    /// very many. The estimate is made once per value.
    pub fn nbytes(&self) -> u64 {
        match &self.0 {
            Repr::Live(live) => live.nbytes(),
            Repr::Part(whole, index) => whole.part(*index).map_or(0, |part| part.item_nbytes()),
            Repr::Encoded(arrived) => arrived.encoded.nbytes(),
        }
    }

    /// The encoded form. Bytes and buffers are shared and not copied; other values that are alive
    /// are encoded once and keep their encoded form.
    ///
    /// # Errors
    /// If the value's own `Serialize` refuses.
    pub fn encode(&self) -> Result<Encoded, ValueError> {
        match &self.0 {
            Repr::Live(live) => live.clone().encode(),
            Repr::Part(whole, index) => match whole.part(*index) {
                Some(part) => part.item_encode(),
                None => Err(ValueError::no_part(*index, "the value has no such element")),
            },
            Repr::Encoded(arrived) => Ok(arrived.encoded.clone()),
        }
    }

    /// The encoded form if it has at most `max` bytes. The work is bounded by `max`, not by the
    /// size of the value.
    pub fn encode_small(&self, max: u64) -> Option<Encoded> {
        match &self.0 {
            Repr::Live(live) => live.clone().encode_small(max),
            Repr::Part(whole, index) => whole.part(*index)?.item_encode_small(max),
            Repr::Encoded(arrived) => {
                (arrived.encoded.nbytes() <= max).then(|| arrived.encoded.clone())
            }
        }
    }

    /// Borrows the value as a `T`. One that is alive as a `T` is borrowed as it is; one that arrived
    /// is decoded once, and later borrowers share that.
    ///
    /// # Errors
    /// If it cannot be read as a `T`.
    pub fn get<T: TaskValue>(&self) -> Result<ValueRef<T>, ValueError> {
        match &self.0 {
            Repr::Live(live) => match live.clone().downcast::<T>() {
                Some(live) => Ok(ValueRef::whole(live)),
                None => self.convert().map(ValueRef::owned),
            },
            Repr::Part(whole, index) => match ValueRef::part(whole, *index) {
                Some(part) => Ok(part),
                None => self.convert().map(ValueRef::owned),
            },
            Repr::Encoded(arrived) => {
                if let Some(decoded) = arrived.decoded.get() {
                    return match decoded.clone().downcast::<T>() {
                        Some(live) => Ok(ValueRef::whole(live)),
                        None => self.convert().map(ValueRef::owned),
                    };
                }
                let live = Arc::new(Live::new(decode::decode::<T>(&arrived.encoded)?, None));
                // If another thread was quicker, its copy stays and ours goes with its borrower.
                let _ = arrived.decoded.set(live.clone());
                Ok(ValueRef::whole(live))
            }
        }
    }

    /// Takes the value as a `T`: moved if nobody else has it, else cloned (bytes, text, numbers and
    /// vectors of them) or decoded.
    ///
    /// # Errors
    /// If it cannot be read as a `T`.
    pub fn take<T: TaskValue>(self) -> Result<T, ValueError> {
        match self.0 {
            Repr::Live(object) => match object.clone().downcast::<T>() {
                Some(live) => {
                    drop(object);
                    match Arc::try_unwrap(live) {
                        Ok(live) => Ok(live.into_value()),
                        Err(live) => match known::duplicate(live.value()) {
                            Some(value) => Ok(value),
                            None => Self(Repr::Live(live)).convert(),
                        },
                    }
                }
                None => Self(Repr::Live(object)).convert(),
            },
            Repr::Part(whole, index) => {
                let part = ValueRef::<T>::part(&whole, index);
                match part.and_then(|part| known::duplicate(&*part)) {
                    Some(value) => Ok(value),
                    None => Self(Repr::Part(whole, index)).convert(),
                }
            }
            Repr::Encoded(arrived) => decode::decode(&arrived.encoded),
        }
    }

    /// The element at an index of a value that is a sequence. Where the value is a live vector or
    /// tuple of a task, or bytes, nothing is copied.
    ///
    /// # Errors
    /// If the value is no sequence or is too short.
    pub fn part(&self, index: u32) -> Result<Self, ValueError> {
        if let Repr::Live(live) = &self.0
            && live.has_parts()
        {
            return match live.part(index) {
                Some(_) => Ok(Self(Repr::Part(live.clone(), index))),
                None => Err(ValueError::no_part(index, "the value has fewer elements")),
            };
        }
        message_pack::element(&self.encode()?, index).map(Self::from_encoded)
    }

    /// The bytes of a value that is bytes (`Bytes`, `Vec<u8>`, [`Buffers`] or [`Buffer`]) without
    /// copying them, unless they arrived in several pieces, which are joined once.
    ///
    /// # Errors
    /// If it cannot be read as bytes.
    pub fn bytes(&self) -> Result<bytes::Bytes, ValueError> {
        match &self.0 {
            Repr::Encoded(_) => self.get::<bytes::Bytes>().map(|bytes| bytes.clone()),
            _ => decode::decode(&self.encode()?),
        }
    }

    /// A `T` of a value that is alive as something else, through its encoded form.
    fn convert<T: TaskValue>(&self) -> Result<T, ValueError> {
        match &self.0 {
            Repr::Encoded(arrived) => decode::decode(&arrived.encoded),
            _ => decode::decode(&self.encode()?),
        }
    }

    /// The codec of the encoded form if [`Value::encode`] has nothing to do but to share it: the
    /// value arrived encoded, was encoded before, or is bytes. `None` if it is to be encoded first.
    pub fn codec(&self) -> Option<Codec> {
        match &self.0 {
            Repr::Live(live) => live.codec(),
            Repr::Part(..) => None,
            Repr::Encoded(arrived) => Some(arrived.encoded.codec),
        }
    }
}

impl From<Encoded> for Value {
    fn from(encoded: Encoded) -> Self {
        Self::from_encoded(encoded)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Live(live) => write!(f, "Value({})", live.type_name()),
            Repr::Part(whole, index) => write!(f, "Value({}[{index}])", whole.type_name()),
            Repr::Encoded(arrived) => write!(f, "Value({:?})", arrived.encoded),
        }
    }
}
