//! Values are fetched from peers: which from whom, in which request, and what if that fails.

use crate::effects::{Effects, Fetch, FetchItem, Source};
use crate::events::{FetchFailure, FetchId, ItemOutcome};
use crate::limits::{
    BUSY_PAUSE, BUSY_TRIES, PART_SHARE, REQUEST_BYTES, REQUEST_ITEMS, REQUESTS, REQUESTS_PER_PEER,
};
use crate::queue::{Entry, Urgency};
use crate::state::{Local, Request, ValueKey, Waiter, Want, WorkerCore};
use crate::transitions::compute::Ending;
use smallvec::SmallVec;
use std::cmp::Reverse;
use taskloom_core::arguments::Part;
use taskloom_core::message::{FromWorker, ReturnCause};
use taskloom_core::{ErrorCode, TaskFailure, TaskId, Time, WorkerId};

/// Makes the ending of a run of the input and the holder that was tried last.
type Cause<'a> = &'a dyn Fn(TaskId, WorkerId) -> Ending;

impl WorkerCore {
    /// Whether a holder can be asked for anything.
    pub(crate) fn can_ask(&self, holder: WorkerId) -> bool {
        Some(holder) != self.session && self.peers.contains_key(&holder)
    }

    /// Enters a value that is to be fetched. At least one of the holders can be asked.
    pub(crate) fn new_want(
        &mut self,
        key: ValueKey,
        nbytes: u64,
        urgency: Urgency,
        holders: &[WorkerId],
    ) -> u32 {
        let nbytes = if key.1 == Part::WHOLE {
            nbytes
        } else {
            nbytes / PART_SHARE
        };
        let holders: SmallVec<[WorkerId; 2]> = SmallVec::from_slice(holders);
        let at = self.session.unwrap_or(WorkerId::new(0, 0));
        // A serial number of its own: a run may want many values.
        let urgency = Urgency {
            serial: Reverse(self.next_serial()),
            ..urgency
        };
        let want = self.wants.insert(Want {
            key,
            nbytes,
            urgency,
            holders,
            at,
            request: None,
            waiters: SmallVec::new(),
            live: 0,
            acquire: false,
            private: false,
            busy: 0,
        });
        self.values.insert(key, Local::Wanted(want));
        self.enqueue(want);
        want
    }

    /// Puts a want into the queue of its best holder; false if none can be asked.
    fn enqueue(&mut self, at: u32) -> bool {
        let Some(want) = self.wants.get(at) else {
            return false;
        };
        let best = want
            .holders
            .iter()
            .enumerate()
            .filter(|&(_, &holder)| self.can_ask(holder))
            // The scheduler's order counts unless a holder has much more to send already.
            .min_by_key(|&(place, holder)| {
                (
                    self.peers.get(holder).map_or(0, |peer| peer.backlog >> 22),
                    place,
                )
            })
            .map(|(place, _)| place);
        let Some(place) = best else { return false };
        let Some(want) = self.wants.get_mut(at) else {
            return false;
        };
        let holder = want.holders.remove(place);
        want.at = holder;
        want.request = None;
        if let Some(peer) = self.peers.get_mut(&holder) {
            peer.queue.push(Entry {
                urgency: want.urgency,
                at,
            });
            peer.backlog += want.nbytes;
            self.asked.insert(holder);
        }
        true
    }

    /// A run waits for a want.
    pub(crate) fn join_want(
        &mut self,
        at: u32,
        waiter: Waiter,
        urgency: Urgency,
        holders: &[WorkerId],
    ) {
        self.add_holders(at, holders);
        let Some(want) = self.wants.get_mut(at) else {
            return;
        };
        want.waiters.push(waiter);
        want.live += 1;
        let urgency = Urgency {
            serial: want.urgency.serial,
            ..urgency
        };
        if urgency > want.urgency {
            let old = std::mem::replace(&mut want.urgency, urgency);
            if want.request.is_none()
                && let Some(peer) = self.peers.get_mut(&want.at)
                && peer.queue.remove(&old).is_some()
            {
                peer.queue.push(Entry { urgency, at });
            }
        }
    }

    pub(crate) fn add_holders(&mut self, at: u32, holders: &[WorkerId]) {
        let Some(want) = self.wants.get_mut(at) else {
            return;
        };
        for &holder in holders {
            if holder != want.at && !want.holders.contains(&holder) {
                want.holders.push(holder);
            }
        }
    }

    /// A run waits no more.
    pub(crate) fn leave_want(&mut self, at: u32) {
        if let Some(want) = self.wants.get_mut(at) {
            want.live = want.live.saturating_sub(1);
        }
        self.forget_want_if_idle(at);
    }

    /// Forgets a want that nobody waits for. One that is under way is let go; its value is not kept.
    pub(crate) fn forget_want_if_idle(&mut self, at: u32) {
        if let Some(Want {
            live: 0,
            acquire: false,
            key,
            ..
        }) = self.wants.get(at)
        {
            self.values.remove(&{ *key });
            self.take_want(at);
        }
    }

    /// Takes a want out of its queue and table. The caller sees to the entry among the values.
    pub(crate) fn take_want(&mut self, at: u32) -> Option<Want> {
        let want = self.wants.remove(at)?;
        if want.request.is_none()
            && let Some(peer) = self.peers.get_mut(&want.at)
            && peer.queue.remove(&want.urgency).is_some()
        {
            peer.backlog = peer.backlog.saturating_sub(want.nbytes);
            if peer.queue.is_empty() {
                self.asked.remove(&want.at);
            }
        }
        Some(want)
    }

    /// Peers that were busy may be asked again.
    pub(crate) fn end_pauses(&mut self, now: Time) {
        for worker in &self.asked {
            if let Some(peer) = self.peers.get_mut(worker) {
                peer.busy_until = peer.busy_until.filter(|&until| until > now);
            }
        }
    }

    /// Starts requests, the most urgent value first, within the budgets.
    pub(crate) fn start_requests(&mut self, now: Time, effects: &mut Effects) {
        while self.requests.len() < REQUESTS && !self.asked.is_empty() {
            let mut best: Option<(Entry, WorkerId)> = None;
            for &worker in &self.asked {
                let Some(peer) = self.peers.get_mut(&worker) else {
                    continue;
                };
                let is_paused = peer.busy_until.is_some_and(|until| until > now);
                if peer.requests >= REQUESTS_PER_PEER || is_paused {
                    continue;
                }
                if let Some(head) = peer.queue.peek()
                    && best.is_none_or(|(entry, _)| head.urgency > entry.urgency)
                {
                    best = Some((head, worker));
                }
            }
            let Some((_, worker)) = best else { return };
            if !self.start_request(worker, effects) {
                return;
            }
        }
    }

    /// Starts a request to this peer; false if the budget does not allow its first value.
    fn start_request(&mut self, worker: WorkerId, effects: &mut Effects) -> bool {
        let budget = self.flight_budget();
        let fetch = FetchId(self.next_fetch);
        let Some(peer) = self.peers.get_mut(&worker) else {
            return false;
        };
        let (mut items, mut places, mut bytes) = (Vec::new(), Vec::new(), 0);
        while items.len() < REQUEST_ITEMS
            && let Some(entry) = peer.queue.peek()
        {
            let Some(want) = self.wants.get_mut(entry.at) else {
                peer.queue.pop();
                continue;
            };
            let over_request = !items.is_empty() && bytes + want.nbytes > REQUEST_BYTES;
            let flight = self.flight_bytes + bytes;
            if over_request || (flight > 0 && flight + want.nbytes > budget) {
                break;
            }
            peer.queue.pop();
            want.request = Some(fetch);
            bytes += want.nbytes;
            items.push(FetchItem {
                task: want.key.0,
                part: want.key.1,
                nbytes: want.nbytes,
            });
            places.push(entry.at);
        }
        if peer.queue.is_empty() {
            self.asked.remove(&worker);
        }
        if items.is_empty() {
            return false;
        }
        peer.requests += 1;
        self.next_fetch += 1;
        self.flight_bytes += bytes;
        let address = peer.address.clone();
        self.requests.insert(
            fetch,
            Request {
                peer: worker,
                items: places,
                bytes,
            },
        );
        effects.fetch.push(Fetch {
            fetch,
            peer: worker,
            address,
            items,
        });
        true
    }

    /// Empties the queue of a peer and returns the wants that were in it, the most urgent first.
    pub(crate) fn take_queue(&mut self, worker: WorkerId) -> Vec<u32> {
        self.asked.remove(&worker);
        let Some(peer) = self.peers.get_mut(&worker) else {
            return Vec::new();
        };
        let wants: Vec<u32> = peer
            .queue
            .take()
            .into_iter()
            .rev()
            .map(|entry| entry.at)
            .collect();
        let bytes: u64 = wants
            .iter()
            .filter_map(|&at| self.wants.get(at))
            .map(|w| w.nbytes)
            .sum();
        peer.backlog = peer.backlog.saturating_sub(bytes);
        wants
    }

    /// Takes a request out of the table and returns the wants that were in it and still are wanted.
    pub(crate) fn take_request(&mut self, id: FetchId) -> Vec<u32> {
        let Some(request) = self.requests.remove(&id) else {
            return Vec::new();
        };
        self.flight_bytes -= request.bytes;
        if let Some(peer) = self.peers.get_mut(&request.peer) {
            peer.requests = peer.requests.saturating_sub(1);
            peer.backlog = peer.backlog.saturating_sub(request.bytes);
        }
        request
            .items
            .into_iter()
            .filter(|&at| self.is_in_request(at, id))
            .collect()
    }

    /// Whether the want is in this request. If it was forgotten, its place may be another's by now.
    fn is_in_request(&self, at: u32, id: FetchId) -> bool {
        self.wants
            .get(at)
            .is_some_and(|want| want.request == Some(id))
    }

    /// A request is over.
    pub(crate) fn fetched(
        &mut self,
        now: Time,
        id: FetchId,
        outcome: Result<Vec<ItemOutcome>, FetchFailure>,
        effects: &mut Effects,
    ) {
        let Some(request) = self.requests.get(&id) else {
            return;
        };
        let (peer, items) = (request.peer, request.items.clone());
        let alive = self.take_request(id);
        match outcome {
            Ok(outcomes) => {
                let mut outcomes = outcomes.into_iter();
                for (index, at) in items.into_iter().enumerate() {
                    let short = || ItemOutcome::Failed("the peer's answer was too short".into());
                    let outcome = outcomes.next().unwrap_or_else(short);
                    // The same place may have been taken by another want meanwhile.
                    if self
                        .wants
                        .get(at)
                        .is_some_and(|want| want.request == Some(id))
                    {
                        self.item_fetched(at, Source::Fetch(id, index as u32), outcome, effects);
                    }
                }
            }
            Err(FetchFailure::Busy) => {
                if let Some(record) = self.peers.get_mut(&peer) {
                    record.busy_until = Some(now + BUSY_PAUSE);
                }
                for at in alive {
                    self.was_busy(at, peer, effects);
                }
            }
            Err(FetchFailure::Unreachable(reason)) => {
                let mut wants = alive;
                // What waits for the same peer would only fail after it, one time-out later.
                wants.extend(self.take_queue(peer));
                let cause = |input, holder| {
                    let reason = reason.clone();
                    Ending::Returned(ReturnCause::Unreachable {
                        input,
                        holder,
                        reason,
                    })
                };
                for at in wants {
                    self.try_next_holder(at, &cause, effects);
                }
            }
        }
    }

    fn item_fetched(
        &mut self,
        at: u32,
        source: Source,
        outcome: ItemOutcome,
        effects: &mut Effects,
    ) {
        match outcome {
            ItemOutcome::Here { nbytes } => {
                let Some(want) = self.wants.get(at) else {
                    return;
                };
                let (key, private) = (want.key, want.private);
                self.arrived(key, nbytes, source, &[], effects);
                if key.1 == Part::WHOLE && !private {
                    effects.say.push(FromWorker::Stored {
                        task: key.0,
                        nbytes,
                    });
                }
            }
            ItemOutcome::Missing => {
                let cause = |input, holder| {
                    Ending::Returned(ReturnCause::Missing {
                        input,
                        holder: Some(holder),
                    })
                };
                self.try_next_holder(at, &cause, effects);
            }
            ItemOutcome::Unreachable(reason) => {
                let cause = |input, holder| {
                    let reason = reason.clone();
                    Ending::Returned(ReturnCause::Unreachable {
                        input,
                        holder,
                        reason,
                    })
                };
                self.try_next_holder(at, &cause, effects);
            }
            ItemOutcome::Failed(text) => {
                let cause = |_, _| {
                    let failure = TaskFailure::new(ErrorCode::Encode, text.clone());
                    Ending::Failed(Box::new(failure))
                };
                self.try_next_holder(at, &cause, effects);
            }
        }
    }

    fn was_busy(&mut self, at: u32, peer: WorkerId, effects: &mut Effects) {
        if let Some(want) = self.wants.get_mut(at) {
            want.busy += 1;
            if want.busy < BUSY_TRIES {
                want.holders.push(peer);
            }
        }
        let cause = |input, holder| {
            let reason = "that worker was always busy".into();
            Ending::Returned(ReturnCause::Unreachable {
                input,
                holder,
                reason,
            })
        };
        self.try_next_holder(at, &cause, effects);
    }

    /// A holder failed: asks the next one, or gives up and ends all that waits.
    pub(crate) fn try_next_holder(&mut self, at: u32, cause: Cause<'_>, effects: &mut Effects) {
        if self.enqueue(at) {
            return;
        }
        let Some(want) = self.wants.get_mut(at) else {
            return;
        };
        let (task, part) = want.key;
        let holder = want.at;
        self.values.remove(&(task, part));
        let Some(want) = self.take_want(at) else {
            return;
        };
        if want.acquire {
            let reason = match cause(task, holder) {
                Ending::Failed(failure) => failure.message,
                Ending::Returned(ReturnCause::Unreachable { reason, .. }) => reason,
                Ending::Returned(_) => "no holder has it".into(),
            };
            effects.say.push(FromWorker::AcquireFailed { task, reason });
        }
        for waiter in want.waiters {
            if self.waits(waiter) {
                self.end_unstarted(waiter.slot, cause(task, holder), effects);
            }
        }
    }
}
