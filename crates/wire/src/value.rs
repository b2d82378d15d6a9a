//! Values, failures, operations, resources and peers, which all parties use.

use crate::error::WireError;
use crate::limits::{ADDRESS_BYTES_MAX, BUFFERS_MAX, COPY_OUT_BYTES_MAX, RESOURCES_MAX};
use crate::{field, proto};
use bytes::Bytes;
use taskloom_core::message::Peer;
use taskloom_core::{Codec, Encoded, ErrorCode, Operation, ResourceAmount, TaskFailure, WorkerId};

/// A value as a message. An empty header is left out by saying so: comparing bytes with none, which
/// generated code does three times per field, takes longer here than writing all the rest.
pub(crate) fn value_into(value: Encoded) -> proto::Value {
    let codec = value.codec.number() as i32;
    proto::Value {
        codec,
        header: Some(value.header).filter(|header| !header.is_empty()),
        buffers: value.buffers,
    }
}

/// A value that arrived. Small ones are copied out of the message they came in.
pub(crate) fn value_from(value: proto::Value) -> Result<Encoded, WireError> {
    let codec = codec_from(value.codec, "Value")?;
    field::count("Value", "buffers", value.buffers.len(), BUFFERS_MAX)?;
    let header = value.header.unwrap_or_default();
    if codec == Codec::Bytes && !header.is_empty() {
        return Err(WireError::new(
            "Value",
            "header",
            "is set although the codec has none",
        ));
    }
    let mut value = Encoded {
        codec,
        header,
        buffers: value.buffers,
    };
    if value.nbytes() <= COPY_OUT_BYTES_MAX as u64 {
        if !value.header.is_empty() {
            value.header = Bytes::copy_from_slice(&value.header);
        }
        for buffer in &mut value.buffers {
            *buffer = Bytes::copy_from_slice(buffer);
        }
    }
    Ok(value)
}

/// The codec of a number that arrived.
pub(crate) fn codec_from(number: i32, message: &'static str) -> Result<Codec, WireError> {
    u32::try_from(number)
        .ok()
        .and_then(Codec::from_number)
        .ok_or_else(|| WireError::new(message, "codec", format!("{number} is not known here")))
}

/// The rough size of a value in a message.
pub(crate) fn value_weight(value: Option<&Encoded>) -> usize {
    value.map_or(0, |value| {
        8 + value.nbytes() as usize + 4 * value.buffers.len()
    })
}

/// A failure as a message.
pub(crate) fn failure_into(failure: TaskFailure) -> proto::Failure {
    proto::Failure {
        code: failure.code.number(),
        message: failure.message,
        chain: failure.chain,
        place: failure.place.unwrap_or_default(),
        key: failure.key,
        operation: failure.operation,
        worker: failure.worker,
        runs: failure.runs,
        story: failure.story,
    }
}

/// A failure that arrived. All of it is text for people, so nothing is refused.
pub(crate) fn failure_from(failure: proto::Failure) -> TaskFailure {
    TaskFailure {
        code: ErrorCode::from_number(failure.code),
        message: failure.message,
        chain: failure.chain,
        place: Some(failure.place).filter(|place| !place.is_empty()),
        key: failure.key,
        operation: failure.operation,
        worker: failure.worker,
        runs: failure.runs,
        story: failure.story,
    }
}

/// The rough size of a failure in a message.
pub(crate) fn failure_weight(failure: &TaskFailure) -> usize {
    let chain: usize = failure.chain.iter().map(|cause| 4 + cause.len()).sum();
    let story: usize = failure.story.iter().map(|line| 4 + line.len()).sum();
    let place = failure.place.as_ref().map_or(0, String::len);
    32 + failure.message.len()
        + chain
        + story
        + place
        + failure.key.len()
        + failure.operation.len()
        + failure.worker.len()
}

/// An operation as a message.
pub(crate) fn operation_into(operation: &Operation) -> proto::Operation {
    proto::Operation {
        name: operation.name.as_ref().to_owned(),
        version: operation.version,
        signature: operation.signature,
    }
}

/// An operation that arrived.
pub(crate) fn operation_from(operation: proto::Operation) -> Result<Operation, WireError> {
    let name = field::name("Operation", "name", operation.name)?;
    Ok(Operation::new(name, operation.version, operation.signature))
}

/// Resources as messages.
pub(crate) fn resources_into(resources: Vec<(String, ResourceAmount)>) -> Vec<proto::Resource> {
    let resource = |(name, amount): (String, ResourceAmount)| proto::Resource {
        name,
        thousandths: amount.0,
    };
    resources.into_iter().map(resource).collect()
}

/// Resources that arrived, sorted by name.
pub(crate) fn resources_from(
    message: &'static str,
    resources: Vec<proto::Resource>,
) -> Result<Vec<(String, ResourceAmount)>, WireError> {
    field::count(message, "resources", resources.len(), RESOURCES_MAX)?;
    let mut sorted = Vec::with_capacity(resources.len());
    for resource in resources {
        let name = field::name("Resource", "name", resource.name)?;
        sorted.push((name, ResourceAmount(resource.thousandths)));
    }
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let reason = format!("{} is named twice", pair[0].0);
        return Err(WireError::new(message, "resources", reason));
    }
    Ok(sorted)
}

/// A peer as a message.
pub(crate) fn peer_into(peer: Peer) -> proto::Peer {
    proto::Peer {
        worker: peer.worker.to_bits(),
        name: peer.name,
        address: peer.address,
    }
}

/// A peer that arrived.
pub(crate) fn peer_from(peer: proto::Peer) -> Result<Peer, WireError> {
    Ok(Peer {
        worker: WorkerId::from_bits(peer.worker),
        name: field::name("Peer", "name", peer.name)?,
        address: address_from("Peer", peer.address)?,
    })
}

/// Many peers that arrived.
pub(crate) fn peers_from(peers: Vec<proto::Peer>) -> Result<Vec<Peer>, WireError> {
    peers.into_iter().map(peer_from).collect()
}

/// `host:port` that arrived. Whether it can be reached is for whoever tries.
pub(crate) fn address_from(message: &'static str, address: String) -> Result<String, WireError> {
    let error = |reason| Err(WireError::new(message, "address", reason));
    if address.is_empty() || address.len() > ADDRESS_BYTES_MAX {
        return error("is empty or too long");
    }
    let Some((host, port)) = address.rsplit_once(':') else {
        return error("is not host:port");
    };
    if host.is_empty() || port.parse::<u16>().is_err() {
        return error("is not host:port");
    }
    Ok(address)
}
