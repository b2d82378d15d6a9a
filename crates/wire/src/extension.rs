//! Calls of extensions and their messages.

use crate::error::WireError;
use crate::value::{failure_from, failure_into};
use crate::{field, proto};
use std::sync::Arc;
use taskloom_core::limits::{CALL_BYTES_MAX, CALL_FUTURES_MAX};
use taskloom_core::message::{Call, Grant, Parcel};
use taskloom_core::{Key, TaskFailure, Ticket};

pub(crate) fn call_into(call: Call) -> proto::Call {
    proto::Call {
        request: call.request,
        operation: call.operation,
        payload: call.payload,
        futures: call.futures.into_iter().map(|ticket| ticket.0).collect(),
    }
}

pub(crate) fn call_from(call: proto::Call) -> Result<Call, WireError> {
    if call.payload.len() > CALL_BYTES_MAX {
        let reason = format!(
            "has {} bytes, more than {CALL_BYTES_MAX}: scatter large data and pass its future",
            call.payload.len()
        );
        return Err(WireError::new("Call", "payload", reason));
    }
    field::count("Call", "futures", call.futures.len(), CALL_FUTURES_MAX)?;
    Ok(Call {
        request: call.request,
        operation: call.operation,
        payload: call.payload,
        futures: call.futures.into_iter().map(Ticket).collect(),
    })
}

pub(crate) fn call_weight(call: &Call) -> usize {
    16 + call.payload.len() + 4 * call.futures.len()
}

pub(crate) fn parcel_into(parcel: Parcel) -> proto::Parcel {
    let grant = |grant: Grant| proto::Grant {
        ticket: grant.ticket.0,
        key: grant.key.as_str().to_owned(),
    };
    proto::Parcel {
        payload: parcel.payload,
        futures: parcel.futures.into_iter().map(grant).collect(),
    }
}

pub(crate) fn parcel_from(parcel: proto::Parcel) -> Result<Parcel, WireError> {
    let grant = |grant: proto::Grant| {
        let ticket = Ticket(grant.ticket);
        if !ticket.is_granted() {
            return Err(WireError::new(
                "Grant",
                "ticket",
                "is not one to be granted",
            ));
        }
        let key = Key::new(grant.key)
            .map_err(|error| WireError::new("Grant", "key", error.to_string()))?;
        Ok(Grant { ticket, key })
    };
    Ok(Parcel {
        payload: parcel.payload,
        futures: parcel
            .futures
            .into_iter()
            .map(grant)
            .collect::<Result<_, _>>()?,
    })
}

pub(crate) fn parcel_weight(parcel: &Parcel) -> usize {
    let futures: usize = parcel
        .futures
        .iter()
        .map(|g| 12 + g.key.as_bytes().len())
        .sum();
    8 + parcel.payload.len() + futures
}

pub(crate) fn replied_into(
    request: u64,
    result: Result<Parcel, Arc<TaskFailure>>,
) -> proto::Replied {
    use proto::replied::Result as Sent;
    let result = match result {
        Ok(parcel) => Sent::Parcel(parcel_into(parcel)),
        Err(failure) => Sent::Failure(failure_into(Arc::unwrap_or_clone(failure))),
    };
    proto::Replied {
        request,
        result: Some(result),
    }
}

pub(crate) fn replied_from(
    replied: proto::Replied,
) -> Result<Result<Parcel, Arc<TaskFailure>>, WireError> {
    use proto::replied::Result as Sent;
    Ok(match replied.result {
        Some(Sent::Parcel(parcel)) => Ok(parcel_from(parcel)?),
        Some(Sent::Failure(failure)) => Err(Arc::new(failure_from(failure))),
        None => return Err(WireError::missing("Replied", "result")),
    })
}
