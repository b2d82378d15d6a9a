//! Results that do not come with their notice: where they are, from whom to fetch them, and what to
//! try next.
//!
//! A retrieval is one part of one future that somebody waits for. It waits for the task, asks where
//! the result is, fetches it from a holder, and begins again when no holder has it. The scheduler
//! hears of every holder that does not have what it should, so asking again ends with another
//! holder, another run of the task, or its failure.

use crate::effects::{Delivery, Effects, Fetch, FetchPart, Source};
use crate::events::Fetched;
use crate::limits::{
    FETCH_ATTEMPTS, FETCH_BYTES, FETCH_ITEMS, FETCH_PAUSE, FETCH_PAUSE_MAX, FETCHES_PER_SOURCE,
    RELAY_ATTEMPTS, UNREACHABLE_FOR, UNREACHABLE_MAX,
};
use crate::state::{ClientCore, State};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::{FromClient, Located, Peer, Place};
use taskloom_core::{ErrorCode, TaskFailure, TaskId, Ticket, Time, WorkerId};

/// One part of a result that somebody waits for.
#[derive(Debug)]
pub(crate) struct Retrieval {
    part: Part,
    stage: Stage,
    attempts: u32,
}

#[derive(Debug)]
enum Stage {
    /// The task has not finished.
    Waiting,
    /// The scheduler is asked where it is.
    Locating,
    /// It is being fetched; the holders that have not been tried are kept.
    Fetching { others: Vec<Peer>, nbytes: u64 },
}

/// Fetches in the making: parts for one source come together.
#[derive(Default)]
struct Planned {
    /// Each with its bytes.
    fetches: Vec<(Fetch, u64)>,
    /// Per source, the fetch that takes more parts, and the bytes of all its fetches.
    open: FxHashMap<Option<WorkerId>, (usize, u64)>,
}

impl ClientCore {
    /// Somebody waits for a part.
    pub(crate) fn demand(&mut self, ticket: Ticket, part: Part, effects: &mut Effects) {
        let Some(slot) = self.slots.get_mut(ticket) else {
            return;
        };
        match slot.state {
            State::Failed => {}
            State::Pending if part == Part::WHOLE => slot.demanded = true,
            State::Pending => {
                let all = self.retrievals.entry(ticket).or_default();
                if !all.iter().any(|retrieval| retrieval.part == part) {
                    all.push(Retrieval {
                        part,
                        stage: Stage::Waiting,
                        attempts: 0,
                    });
                }
            }
            State::Finished => {
                // What was scattered from here need not be fetched back.
                if part == Part::WHOLE
                    && let Some(value) = self.kept.get(&ticket)
                {
                    effects.deliver.push(Delivery {
                        ticket,
                        part,
                        result: Ok(Some(value.clone())),
                    });
                    return;
                }
                let all = self.retrievals.entry(ticket).or_default();
                if all.iter().any(|retrieval| retrieval.part == part) {
                    return;
                }
                let already_asked = all
                    .iter()
                    .any(|retrieval| matches!(retrieval.stage, Stage::Locating));
                all.push(Retrieval {
                    part,
                    stage: Stage::Locating,
                    attempts: 0,
                });
                if !already_asked {
                    self.to_locate.push(ticket);
                }
            }
        }
    }

    /// A task has finished and its result did not come along: ask where it is, if somebody waits.
    pub(crate) fn resume(&mut self, ticket: Ticket, demanded: bool, effects: &mut Effects) {
        if demanded {
            self.demand(ticket, Part::WHOLE, effects);
        }
        let Some(all) = self.retrievals.get_mut(&ticket) else {
            return;
        };
        let mut ask = false;
        for retrieval in all.iter_mut() {
            if matches!(retrieval.stage, Stage::Waiting) {
                retrieval.stage = Stage::Locating;
                ask = true;
            }
        }
        if ask {
            self.to_locate.push(ticket);
        }
    }

    /// The scheduler said where results are.
    pub(crate) fn located(&mut self, now: Time, places: Vec<Located>, effects: &mut Effects) {
        let mut planned = Planned::default();
        for Located { ticket, place } in places {
            let Some(place) = place else {
                self.located_nowhere(ticket);
                continue;
            };
            if let Some(value) = &place.value {
                self.deliver_located(ticket, value, effects);
            } else {
                self.plan(now, ticket, place, &mut planned);
            }
        }
        self.start(planned, effects);
    }

    /// The result is not in memory: a notice follows when it is again.
    fn located_nowhere(&mut self, ticket: Ticket) {
        for retrieval in self.retrievals.get_mut(&ticket).into_iter().flatten() {
            if matches!(retrieval.stage, Stage::Locating) {
                retrieval.stage = Stage::Waiting;
            }
        }
    }

    /// The scheduler had the whole value itself.
    fn deliver_located(
        &mut self,
        ticket: Ticket,
        value: &taskloom_core::Encoded,
        effects: &mut Effects,
    ) {
        if self.retrievals.remove(&ticket).is_some() {
            let result = Ok(Some(value.clone()));
            effects.deliver.push(Delivery {
                ticket,
                part: Part::WHOLE,
                result,
            });
        }
    }

    /// Chooses sources for all parts of a future that are to be located.
    fn plan(&mut self, now: Time, ticket: Ticket, place: Place, planned: &mut Planned) {
        let Place {
            task,
            nbytes,
            holders,
            ..
        } = place;
        let Some(all) = self.retrievals.get(&ticket) else {
            return;
        };
        let asked = |at: &usize| matches!(all[*at].stage, Stage::Locating);
        let asked: Vec<usize> = (0..all.len()).filter(asked).collect();
        for at in asked {
            self.plan_part(now, ticket, at, task, nbytes, holders.clone(), planned);
        }
    }

    /// Chooses a source for one part among these holders: one that can be reached directly and that
    /// the plan burdens least, else the relay.
    #[allow(clippy::too_many_arguments)] // They are the columns of one row.
    fn plan_part(
        &mut self,
        now: Time,
        ticket: Ticket,
        at: usize,
        task: TaskId,
        nbytes: u64,
        mut holders: Vec<Peer>,
        planned: &mut Planned,
    ) {
        let direct = (0..holders.len())
            .filter(|&at| !self.must_relay(now, holders[at].worker))
            .min_by_key(|&at| planned.burden(Some(holders[at].worker)));
        let Some(retrieval) = self
            .retrievals
            .get_mut(&ticket)
            .and_then(|all| all.get_mut(at))
        else {
            return;
        };
        let (source, holder) = match direct {
            Some(at) => {
                let peer = holders.swap_remove(at);
                let worker = peer.worker;
                (Source::Worker(peer), Some(worker))
            }
            None if holders.is_empty() => (Source::Relay, None),
            None => (Source::Relay, Some(holders.remove(0).worker)),
        };
        let part = retrieval.part;
        let pause = pause_before(retrieval.attempts);
        retrieval.stage = Stage::Fetching {
            others: holders,
            nbytes,
        };
        planned.add(
            source,
            FetchPart {
                ticket,
                task,
                part,
                holder,
            },
            nbytes,
            pause,
        );
    }

    fn start(&mut self, planned: Planned, effects: &mut Effects) {
        for (fetch, _) in planned.fetches {
            let line = self.lines.entry(line_of(&fetch.source)).or_default();
            if line.under_way < FETCHES_PER_SOURCE {
                line.under_way += 1;
                effects.fetch.push(fetch);
            } else {
                line.waiting.push_back(fetch);
            }
        }
    }

    /// A fetch has ended.
    pub(crate) fn fetched(
        &mut self,
        now: Time,
        fetch: Fetch,
        results: Vec<Fetched>,
        effects: &mut Effects,
    ) {
        let line_of_source = line_of(&fetch.source);
        let relayed = line_of_source.is_none();
        let mut planned = Planned::default();
        let absent = std::iter::repeat_with(|| Fetched::Unreachable("no answer".into()));
        for (part, result) in fetch
            .parts
            .into_iter()
            .zip(results.into_iter().chain(absent))
        {
            let Some(all) = self.retrievals.get_mut(&part.ticket) else {
                continue;
            };
            let Some(at) = all.iter().position(|retrieval| {
                retrieval.part == part.part && matches!(retrieval.stage, Stage::Fetching { .. })
            }) else {
                continue;
            };
            match result {
                Fetched::Value(value) => self.end(part, at, Ok(Some(value)), effects),
                Fetched::Here => self.end(part, at, Ok(None), effects),
                // A holder that the relay cannot reach now may be there in a moment.
                Fetched::Unreachable(reason)
                    if relayed && all[at].attempts + 1 < RELAY_ATTEMPTS =>
                {
                    self.try_next(now, part, at, &reason, &mut planned, effects);
                }
                Fetched::Failed(reason) => {
                    let failure = Arc::new(TaskFailure::new(ErrorCode::Encode, reason));
                    self.end(part, at, Err(failure), effects);
                }
                Fetched::Missing => {
                    self.tell_missing(part, effects);
                    self.try_next(now, part, at, "no holder has it", &mut planned, effects);
                }
                Fetched::Busy(reason) => {
                    self.put_back(part, at, &fetch.source);
                    self.try_next(now, part, at, &reason, &mut planned, effects);
                }
                Fetched::Unreachable(reason) => {
                    if relayed {
                        self.tell_missing(part, effects);
                    } else {
                        part.holder.into_iter().for_each(|worker| {
                            self.note_unreachable(now, worker);
                        });
                        self.put_back(part, at, &fetch.source);
                    }
                    self.try_next(now, part, at, &reason, &mut planned, effects);
                }
            }
        }
        self.next_in_line(line_of_source, effects);
        self.start(planned, effects);
    }

    /// A holder that was busy may be asked again, and one that could not be reached directly may
    /// still be reached through the relay.
    fn put_back(&mut self, part: FetchPart, at: usize, source: &Source) {
        let Source::Worker(peer) = source else { return };
        let retrieval = self
            .retrievals
            .get_mut(&part.ticket)
            .and_then(|all| all.get_mut(at));
        if let Some(Retrieval {
            stage: Stage::Fetching { others, .. },
            ..
        }) = retrieval
        {
            others.push(peer.clone());
        }
    }

    /// Another holder, or the question where it is once more.
    fn try_next(
        &mut self,
        now: Time,
        part: FetchPart,
        at: usize,
        reason: &str,
        planned: &mut Planned,
        effects: &mut Effects,
    ) {
        let pending = self
            .slots
            .get(part.ticket)
            .is_some_and(|slot| slot.state == State::Pending);
        let Some(retrieval) = self
            .retrievals
            .get_mut(&part.ticket)
            .and_then(|all| all.get_mut(at))
        else {
            return;
        };
        retrieval.attempts += 1;
        if retrieval.attempts >= FETCH_ATTEMPTS {
            let text = format!(
                "the result could not be fetched in {FETCH_ATTEMPTS} attempts; the last one: {reason}"
            );
            let failure = Arc::new(TaskFailure::new(ErrorCode::Unreachable, text));
            return self.end(part, at, Err(failure), effects);
        }
        let stage = std::mem::replace(&mut retrieval.stage, Stage::Waiting);
        match stage {
            Stage::Fetching { others, nbytes } if !others.is_empty() => {
                self.plan_part(now, part.ticket, at, part.task, nbytes, others, planned);
            }
            _ if pending => {}
            _ => {
                retrieval.stage = Stage::Locating;
                self.to_locate.push(part.ticket);
            }
        }
    }

    /// A part is there, or cannot be had.
    fn end(
        &mut self,
        part: FetchPart,
        at: usize,
        result: Result<Option<taskloom_core::Encoded>, Arc<TaskFailure>>,
        effects: &mut Effects,
    ) {
        if let Some(all) = self.retrievals.get_mut(&part.ticket) {
            all.swap_remove(at);
            if all.is_empty() {
                self.retrievals.remove(&part.ticket);
            }
        }
        effects.deliver.push(Delivery {
            ticket: part.ticket,
            part: part.part,
            result,
        });
    }

    fn tell_missing(&self, part: FetchPart, effects: &mut Effects) {
        if let Some(worker) = part.holder {
            effects.send.push(FromClient::Missing {
                task: part.task,
                worker,
            });
        }
    }

    fn next_in_line(&mut self, of: Option<WorkerId>, effects: &mut Effects) {
        let Some(line) = self.lines.get_mut(&of) else {
            return;
        };
        line.under_way = line.under_way.saturating_sub(1);
        if let Some(next) = line.waiting.pop_front() {
            line.under_way += 1;
            effects.fetch.push(next);
        } else if line.under_way == 0 {
            self.lines.remove(&of);
        }
    }

    /// Whether a worker is to be reached through the scheduler.
    pub(crate) fn must_relay(&self, now: Time, worker: WorkerId) -> bool {
        let lately = |since: &Time| now.since(*since) < UNREACHABLE_FOR;
        self.config.relay_only || self.unreachable.get(&worker).is_some_and(lately)
    }

    pub(crate) fn note_unreachable(&mut self, now: Time, worker: WorkerId) {
        if self.unreachable.len() >= UNREACHABLE_MAX {
            self.unreachable.clear();
        }
        self.unreachable.insert(worker, now);
    }
}

impl Planned {
    /// What the plan asks of a source already.
    fn burden(&self, line: Option<WorkerId>) -> u64 {
        self.open.get(&line).map_or(0, |&(_, bytes)| bytes)
    }

    fn add(&mut self, source: Source, part: FetchPart, nbytes: u64, pause: Duration) {
        let next = self.fetches.len();
        let (at, burden) = self.open.entry(line_of(&source)).or_insert((next, 0));
        *burden = burden.saturating_add(nbytes);
        if let Some((fetch, bytes)) = self.fetches.get_mut(*at)
            && fetch.pause == pause
            && fetch.parts.len() < FETCH_ITEMS
            && bytes.saturating_add(nbytes) <= FETCH_BYTES
        {
            fetch.parts.push(part);
            *bytes += nbytes;
            return;
        }
        *at = next;
        self.fetches.push((
            Fetch {
                source,
                parts: vec![part],
                pause,
            },
            nbytes,
        ));
    }
}

/// The pause before another attempt. The second one has none: there may be another holder.
fn pause_before(attempts: u32) -> Duration {
    match attempts {
        0 | 1 => Duration::ZERO,
        more => (FETCH_PAUSE * (1 << (more - 2).min(16))).min(FETCH_PAUSE_MAX),
    }
}

/// The line that a source's fetches stand in.
fn line_of(source: &Source) -> Option<WorkerId> {
    match source {
        Source::Worker(peer) => Some(peer.worker),
        Source::Relay => None,
    }
}
