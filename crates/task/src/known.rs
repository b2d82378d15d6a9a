//! Types that are known by name although the code is generic: their sizes, copies and codecs take a
//! short cut. The comparisons of type ids are constants to the compiler.

use crate::value::{Buffer, Buffers};
use bytes::Bytes;
use std::any::{Any, TypeId};

/// Whether `T` is `K`.
pub(crate) fn is<T: 'static, K: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<K>()
}

/// Whether `T` is one of the types that are bytes and nothing else.
pub(crate) fn is_bytes<T: 'static>() -> bool {
    is::<T, Bytes>() || is::<T, Vec<u8>>() || is::<T, Buffer>() || is::<T, Buffers>()
}

/// A `T` as the `K` that it is, or back as it was.
pub(crate) fn cast<T: 'static, K: 'static>(value: T) -> Result<K, T> {
    let mut slot = Some(value);
    let any: &mut dyn Any = &mut slot;
    match any.downcast_mut::<Option<K>>().and_then(Option::take) {
        Some(known) => Ok(known),
        // The slot is full if it was not a `K`; an empty one cannot be, as nothing was taken.
        None => match slot {
            Some(value) => Err(value),
            None => unreachable!("a value was taken as another type"),
        },
    }
}

/// A `&T` as the `&K` that it is.
pub(crate) fn cast_ref<T: 'static, K: 'static>(value: &T) -> Option<&K> {
    (value as &dyn Any).downcast_ref()
}

macro_rules! vectors {
    ($apply:ident) => {
        $apply!(
            u8, i8, u16, i16, u32, i32, u64, i64, u128, i128, usize, isize, f32, f64, bool, char
        )
    };
}

/// The bytes of a value whose size is known without looking at its elements.
pub(crate) fn nbytes<T: 'static>(value: &T) -> Option<u64> {
    macro_rules! of_vectors {
        ($($item:ty),+) => {
            $(if let Some(vector) = cast_ref::<T, Vec<$item>>(value) {
                return Some(std::mem::size_of_val(vector.as_slice()) as u64);
            })+
        };
    }
    vectors!(of_vectors);
    if let Some(bytes) = cast_ref::<T, Bytes>(value) {
        return Some(bytes.len() as u64);
    }
    if let Some(text) = cast_ref::<T, String>(value) {
        return Some(text.len() as u64);
    }
    if let Some(buffer) = cast_ref::<T, Buffer>(value) {
        return Some(buffer.len() as u64);
    }
    cast_ref::<T, Buffers>(value).map(|buffers| buffers.len() as u64)
}

/// A copy of a value of a type that is known to be cloned at no more than the cost of its bytes.
pub(crate) fn duplicate<T: 'static>(value: &T) -> Option<T> {
    macro_rules! of_items {
        ($($item:ty),+) => {
            $(if let Some(item) = cast_ref::<T, $item>(value) {
                return cast(*item).ok();
            }
            if let Some(vector) = cast_ref::<T, Vec<$item>>(value) {
                return cast(vector.clone()).ok();
            })+
        };
    }
    vectors!(of_items);
    macro_rules! of_others {
        ($($other:ty),+) => {
            $(if let Some(other) = cast_ref::<T, $other>(value) {
                return cast(other.clone()).ok();
            })+
        };
    }
    of_others!(String, Vec<String>, Bytes, Vec<Bytes>, Buffer, Buffers, ());
    None
}
