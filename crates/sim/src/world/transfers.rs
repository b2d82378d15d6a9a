//! Values go from worker to worker: a request, the bytes over the links, and the news that the last
//! one has come.

use super::{Event, World};
use crate::network::{FlowId, Forecast, Network};
use crate::setting::Setting;
use std::collections::BTreeMap;
use taskloom_worker_core::{Fetch, FetchFailure, FetchId, ItemOutcome};

/// Who asks, and the number that it gave its request.
pub(super) type RequestId = (usize, FetchId);

/// A request to a peer.
#[derive(Debug)]
struct Request {
    fetch: Fetch,
    /// What the peer said, once it did.
    answer: Result<Vec<ItemOutcome>, FetchFailure>,
    flow: Option<FlowId>,
}

/// All requests under way.
#[derive(Debug)]
pub(super) struct Transfers {
    network: Network,
    requests: BTreeMap<RequestId, Request>,
    by_flow: BTreeMap<FlowId, RequestId>,
    forecasts: Vec<Forecast>,
}

impl Transfers {
    pub(super) fn new(setting: &Setting) -> Self {
        Self {
            network: Network::new(setting.workers as usize, setting.bandwidth),
            requests: BTreeMap::new(),
            by_flow: BTreeMap::new(),
            forecasts: Vec::new(),
        }
    }
}

impl World<'_> {
    /// A worker asks a peer for values.
    pub(super) fn ask(&mut self, asker: usize, fetch: Fetch) {
        self.outcome.fetches += 1;
        let id = (asker, fetch.fetch);
        let request = Request {
            fetch,
            answer: Ok(Vec::new()),
            flow: None,
        };
        self.transfers.requests.insert(id, request);
        let arrives = self.now + self.post.latency();
        self.events.push(arrives, Event::Asked(id));
    }

    /// A request reaches the peer.
    pub(super) fn asked(&mut self, id: RequestId) {
        let Transfers {
            network,
            requests,
            by_flow,
            forecasts,
        } = &mut self.transfers;
        let Some(request) = requests.get_mut(&id) else {
            return; // It was given up on its way.
        };
        let Some(&peer) = self.by_id.get(&request.fetch.peer) else {
            request.answer = Err(FetchFailure::Unreachable("no such worker".into()));
            return self.answer(id);
        };
        let outcomes = self.workers[peer].serve(&request.fetch);
        let bytes = outcomes.iter().map(|outcome| match outcome {
            ItemOutcome::Here { nbytes } => *nbytes,
            _ => 0,
        });
        let bytes: u64 = bytes.sum();
        request.answer = Ok(outcomes);
        if bytes == 0 {
            return self.answer(id);
        }
        self.outcome.moved_bytes += bytes;
        let flow = network.start(self.now, peer, id.0, bytes, forecasts);
        request.flow = Some(flow);
        by_flow.insert(flow, id);
        self.push_forecasts();
    }

    /// A transfer is over, if nothing changed since this was forecast.
    pub(super) fn moved(&mut self, forecast: Forecast) {
        let Transfers {
            network, forecasts, ..
        } = &mut self.transfers;
        if !network.end(forecast, forecasts) {
            return;
        }
        self.push_forecasts();
        self.last_progress = self.now;
        if let Some(id) = self.transfers.by_flow.remove(&forecast.flow) {
            self.answer(id);
        }
    }

    /// The last of an answer is on its way.
    fn answer(&mut self, id: RequestId) {
        let arrives = self.now + self.post.latency();
        self.events.push(arrives, Event::Answered(id));
    }

    /// The last of an answer is there.
    pub(super) fn answered(&mut self, id: RequestId) {
        if let Some(request) = self.transfers.requests.remove(&id) {
            let (asker, now) = (id.0, self.now);
            self.workers[asker].fetched(now, request.fetch, request.answer);
            self.news.push(asker);
        }
    }

    /// Nobody waits for a request any more.
    pub(super) fn abandon(&mut self, id: RequestId) {
        if let Some(request) = self.transfers.requests.remove(&id)
            && let Some(flow) = request.flow
        {
            self.transfers.by_flow.remove(&flow);
            let Transfers {
                network, forecasts, ..
            } = &mut self.transfers;
            network.stop(self.now, flow, forecasts);
            self.push_forecasts();
        }
    }

    fn push_forecasts(&mut self) {
        for forecast in self.transfers.forecasts.drain(..) {
            self.events.push(forecast.at, Event::Moved(forecast));
        }
    }
}
