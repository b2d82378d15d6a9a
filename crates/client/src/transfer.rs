//! Fetches and uploads: each is one task that does what the machine wants and reports.

use crate::nested::Host;
use crate::session::Session;
use std::sync::Arc;
use taskloom_client_core::{Event, Fetch, FetchPart, Fetched, Source, Upload, Uploaded};
use taskloom_core::Encoded;
use taskloom_rpc::data::{FetchError, FetchItem};
use taskloom_task::{Value, ValueError};

/// Fetches values in one call.
pub(crate) async fn fetch(session: Arc<Session>, fetch: Fetch) {
    if !fetch.pause.is_zero() {
        tokio::time::sleep(fetch.pause).await;
    }
    if let Source::Worker(peer) = &fetch.source
        && let Some(host) = session.host_at(peer)
    {
        let values = fetch.parts.iter().map(|part| here(host, part)).collect();
        session.fetched_here(fetch, values);
        return;
    }
    let relay = session.address.to_string();
    let (address, relayed) = match &fetch.source {
        Source::Worker(peer) => (&peer.address, false),
        Source::Relay => (&relay, true),
    };
    let items = fetch.parts.iter().map(|part| {
        let mut item = FetchItem::new(part.task, part.part);
        item.holder = part.holder.filter(|_| relayed);
        item
    });
    let results = match session.pool.fetch(address, items.collect()).await {
        Ok(results) => results.into_iter().map(fetched).collect(),
        Err(error) => vec![fetched(Err(error)); fetch.parts.len()],
    };
    session.handle(Event::Fetched(fetch, results));
}

/// A value of the worker whose tasks use this session.
fn here(host: &Host, part: &FetchPart) -> Option<Result<Value, ValueError>> {
    let value = host.worker.value(part.task)?;
    Some(match part.part.index() {
        None => Ok(value),
        Some(index) => value.part(index),
    })
}

fn fetched(result: Result<Encoded, FetchError>) -> Fetched {
    match result {
        Ok(value) => Fetched::Value(value),
        Err(FetchError::Missing) => Fetched::Missing,
        Err(FetchError::Failed(reason)) => Fetched::Failed(reason),
        Err(busy @ FetchError::Busy { .. }) => Fetched::Busy(busy.to_string()),
        Err(other) => Fetched::Unreachable(other.to_string()),
    }
}

/// Brings scattered data to a worker.
pub(crate) async fn upload(session: Arc<Session>, upload: Upload) {
    if let Some(host) = session.host_at(&upload.target).filter(|_| !upload.relay) {
        let value = Value::from_encoded(upload.value.clone());
        let result = match host.worker.put(upload.task, value).await {
            Ok(_) => Uploaded::Done,
            Err(reason) => Uploaded::Refused(reason),
        };
        return session.handle(Event::Uploaded(upload, result));
    }
    let relay = session.address.to_string();
    let (address, target) = match upload.relay {
        true => (&relay, Some(upload.target.worker)),
        false => (&upload.target.address, None),
    };
    let result = match session
        .pool
        .put(address, upload.task, &upload.value, target)
        .await
    {
        Ok(_) => Uploaded::Done,
        Err(FetchError::Failed(reason)) => Uploaded::Refused(reason),
        Err(other) => Uploaded::Unreachable(other.to_string()),
    };
    session.handle(Event::Uploaded(upload, result));
}
