//! What each event does to the tables. One file per subject.

mod chain;
mod compute;
mod execute;
mod fetch;
mod secede;
mod session;
mod stuck;
mod values;

use crate::effects::Effects;
use crate::events::Event;
use crate::state::WorkerCore;
use taskloom_core::Time;
use taskloom_core::message::{FromWorker, ToWorker};

impl WorkerCore {
    /// Takes up one event. Runs and requests are started by [`Event::EndOfTurn`], so the shell tells
    /// all that has happened before it.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Effects) {
        self.now = now;
        match event {
            Event::Opened(welcome) => self.opened(welcome.worker, effects),
            Event::Closed => self.closed(effects),
            Event::Said(message) => self.said(message, effects),
            Event::Compute { compute, parts } => self.compute(compute, Some(parts), effects),
            Event::Started { slot, run } => self.started(slot, run),
            Event::Seceded { slot, run } => self.seceded(slot, run, effects),
            Event::WantsBack { slot, run } => self.wants_back(slot, run, effects),
            Event::Ended(end) => self.ended(end, effects),
            Event::Fetched { fetch, outcome } => self.fetched(now, fetch, outcome, effects),
            Event::Put { task, nbytes } => self.put(task, nbytes, effects),
            Event::Heartbeat {
                executing,
                process_bytes,
            } => {
                if self.session.is_some() {
                    let stored_bytes = self.stored_bytes;
                    let heartbeat = FromWorker::Heartbeat {
                        executing,
                        stored_bytes,
                        process_bytes,
                    };
                    effects.say.push(heartbeat);
                }
            }
            Event::Drain => self.drain(now, effects),
            Event::Tick => self.end_pauses(now),
            Event::EndOfTurn => {
                self.pass_deadlines(effects);
                self.start_runs(effects);
                self.start_requests(now, effects);
                self.leave_if_done(now, effects);
            }
        }
    }

    fn said(&mut self, message: ToWorker, effects: &mut Effects) {
        if self.session.is_none() {
            return;
        }
        match message {
            ToWorker::Peer(peer) => self.peer(peer),
            ToWorker::PeerGone(worker) => self.peer_gone(worker, effects),
            ToWorker::Compute(compute) => self.compute(compute, None, effects),
            ToWorker::Cancel(runs) => self.cancel(&runs, effects),
            ToWorker::Retract(runs) => self.retract(&runs, effects),
            ToWorker::Free(tasks) => {
                for task in tasks {
                    self.free(task, effects);
                }
            }
            ToWorker::Acquire {
                task,
                nbytes,
                holders,
            } => {
                self.acquire(task, nbytes, &holders, effects);
            }
            ToWorker::Retire => self.drain(self.now, effects),
            ToWorker::Restart { reason } => effects.restart = Some(reason),
            // The shell carries these out.
            ToWorker::Run { .. } | ToWorker::Listen(_) => {}
            ToWorker::MayLeave => {
                if let Some(leaving) = &mut self.leaving {
                    leaving.released = true;
                }
            }
            // The stream closes after it; until then everything goes on.
            ToWorker::Closing { .. } => {}
        }
    }
}
