//! Items on their way to and from the scheduler.

use crate::{Call, Client, Result};
use std::sync::Arc;
use taskloom_extensions::{ITEM_BYTES_MAX, Items, Operation};
use taskloom_task::{FutureHandle, Item, Packed};

/// Makes an item ready to travel. A future of another client is an error.
pub(super) fn pack<T: Item>(client: &Client, item: T) -> Result<Packed> {
    let packed = item.pack(ITEM_BYTES_MAX)?;
    if let Packed::Future(handle) = &packed {
        client.session().ticket_of(handle)?;
    }
    Ok(packed)
}

/// Items as the tools count them: what stands in the message, and the futures beside it.
pub(super) fn split(
    packed: impl IntoIterator<Item = Packed>,
) -> (Items, Vec<Arc<dyn FutureHandle>>) {
    let mut futures = Vec::new();
    let items = packed
        .into_iter()
        .map(|item| match item {
            Packed::Value(bytes) => Some(bytes),
            Packed::Future(handle) => {
                futures.push(handle);
                None
            }
        })
        .collect();
    (Items(items), futures)
}

/// What arrived.
pub(super) fn join(
    items: Items,
    futures: Vec<Arc<dyn FutureHandle>>,
) -> impl Iterator<Item = Packed> {
    let mut futures = futures.into_iter();
    items.0.into_iter().filter_map(move |item| match item {
        Some(bytes) => Some(Packed::Value(bytes)),
        // The scheduler sends as many as it counts.
        None => futures.next().map(Packed::Future),
    })
}

/// A call that speaks of these futures.
pub(super) fn with<O: Operation>(
    mut call: Call<O>,
    futures: impl IntoIterator<Item = Arc<dyn FutureHandle>>,
) -> Call<O> {
    for handle in futures {
        call = call.handle(handle);
    }
    call
}
