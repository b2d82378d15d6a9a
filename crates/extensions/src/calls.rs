//! The calls of one client.

use std::ops::RangeInclusive;
use taskloom_core::ClientId;
use taskloom_scheduler_core::extension::CallId;

/// All calls that this client can have made, for tables that are sorted by call.
pub(crate) fn calls_of(client: ClientId) -> RangeInclusive<CallId> {
    let call = |request| CallId { client, request };
    call(0)..=call(u64::MAX)
}
