//! Sessions begin and end, peers are introduced, and the worker leaves.

use crate::effects::{Effects, Step};
use crate::queue::Queue;
use crate::slab::Slab;
use crate::state::{Leaving, Local, PeerRecord, Stage, WorkerCore};
use crate::transitions::compute::{Ending, say_end};
use taskloom_core::message::{FromWorker, Peer, ReturnCause};
use taskloom_core::{Time, WorkerId};

impl WorkerCore {
    pub(crate) fn opened(&mut self, worker: WorkerId, effects: &mut Effects) {
        if self.session.is_some() {
            self.closed(effects);
        }
        self.session = Some(worker);
        if self.leaving.is_some() {
            effects.say.push(FromWorker::Leaving);
        }
    }

    /// Forgets everything that belonged to the session. What the executor has is cancelled, and its
    /// end is ignored.
    pub(crate) fn closed(&mut self, effects: &mut Effects) {
        if self.session.take().is_none() {
            return;
        }
        let slots: Vec<_> = self
            .runs
            .iter()
            .map(|(slot, run)| (slot, run.run, run.stage))
            .collect();
        for (slot, id, stage) in slots {
            match stage {
                Stage::Waiting | Stage::Ready => {
                    self.runs.remove(slot);
                }
                Stage::Handed => self.tell_to_end(slot, id, effects),
                Stage::Cancelled | Stage::Orphaned => {}
            }
            if let Some(run) = self.runs.get_mut(slot) {
                run.stage = Stage::Orphaned;
                run.followers.clear();
            }
        }
        self.ready = Queue::default();
        self.by_run.clear();
        self.makers.clear();
        self.values.clear();
        self.stored_bytes = 0;
        effects.steps.push(Step::Clear);
        self.wants = Slab::default();
        self.peers.clear();
        self.asked.clear();
        effects.abandon.extend(self.requests.keys());
        self.requests.clear();
        self.flight_bytes = 0;
    }

    pub(crate) fn peer(&mut self, peer: Peer) {
        let address = peer.address;
        match self.peers.get_mut(&peer.worker) {
            Some(record) => record.address = address,
            None => {
                let record = PeerRecord {
                    address,
                    queue: Queue::default(),
                    backlog: 0,
                    requests: 0,
                    busy_until: None,
                };
                self.peers.insert(peer.worker, record);
            }
        }
    }

    pub(crate) fn peer_gone(&mut self, worker: WorkerId, effects: &mut Effects) {
        let mut wants = self.take_queue(worker);
        if self.peers.remove(&worker).is_none() {
            return;
        }
        let requests: Vec<_> = self
            .requests
            .iter()
            .filter(|(_, r)| r.peer == worker)
            .map(|(&id, _)| id)
            .collect();
        for id in requests {
            effects.abandon.push(id);
            wants.extend(self.take_request(id));
        }
        for want in wants {
            self.try_next_holder(
                want,
                &|input, holder| {
                    let reason = "that worker is gone".into();
                    Ending::Returned(ReturnCause::Unreachable {
                        input,
                        holder,
                        reason,
                    })
                },
                effects,
            );
        }
    }

    /// Starts to leave.
    pub(crate) fn drain(&mut self, now: Time, effects: &mut Effects) {
        if self.leaving.is_some() {
            return;
        }
        let deadline = now + self.config.drain_timeout;
        self.leaving = Some(Leaving {
            deadline,
            released: false,
        });
        if self.session.is_none() {
            return;
        }
        effects.say.push(FromWorker::Leaving);
        let slots: Vec<_> = self
            .runs
            .iter()
            .map(|(slot, run)| (slot, run.run, run.stage))
            .collect();
        for (slot, id, stage) in slots {
            match stage {
                // Each goes for this reason of its own, so none is given back as missing an input.
                Stage::Waiting | Stage::Ready => {
                    if let Some(run) = self.take_unstarted(slot, effects) {
                        let ending = Ending::Returned(ReturnCause::Leaving);
                        say_end(run.task, run.run, ending, effects);
                    }
                }
                Stage::Handed => effects.withdraw.push((slot, id)),
                Stage::Cancelled | Stage::Orphaned => {}
            }
        }
        // Only copies that the scheduler asked for are still wanted.
        let acquired: Vec<_> = self
            .wants
            .iter()
            .filter(|(_, w)| w.acquire)
            .map(|(at, w)| (at, w.key))
            .collect();
        for (at, (task, part)) in acquired {
            self.values.remove(&(task, part));
            self.take_want(at);
            let reason = "the worker is leaving".into();
            effects.say.push(FromWorker::AcquireFailed { task, reason });
        }
    }

    /// Ends the worker when nothing holds it any more, or at its deadline.
    pub(crate) fn leave_if_done(&mut self, now: Time, effects: &mut Effects) {
        let Some(leaving) = self.leaving else { return };
        let running = self.load.handed + self.load.behind + self.load.away;
        let done = self.session.is_none() || (leaving.released && running == 0);
        if done || now >= leaving.deadline {
            effects.leave = true;
        }
    }

    /// Whether the value of a task lies here as a whole.
    pub fn holds(&self, key: crate::state::ValueKey) -> bool {
        matches!(self.values.get(&key), Some(Local::Here(_)))
    }
}
