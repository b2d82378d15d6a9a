//! The loop around the core: takes inputs in batches, lets the core decide, says what it wants said.

use crate::SchedulerConfig;
use crate::input::{Input, Whereabouts};
use crate::links::Links;
use crate::meters::{Meters, PUBLISH_EVERY};
use crate::roster::Registered;
use std::time::{Duration, Instant};
use taskloom_core::message::Peer;
use taskloom_rpc::Clock;
use taskloom_rpc::link::Handled;
use taskloom_scheduler_core::extension::{Extension, ExtensionError};
use taskloom_scheduler_core::{Effects, Event, SchedulerCore};
use taskloom_telemetry::Metrics;
use tokio::sync::{mpsc, watch};

/// How many inputs one turn takes at most. A turn ends with the placing of tasks and the flush of all
/// outboxes, so this bounds how long the first answer of a turn waits for the last question.
const TURN_INPUTS: usize = 256;

/// How long the peers have to take what was still to be said to them when the scheduler ends.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

/// The core with everything that its turns need.
pub(crate) struct CoreLoop {
    core: SchedulerCore,
    effects: Effects,
    clock: Clock,
    links: Links,
    worker_timeout: Duration,
    meters: Meters,
    /// When the pictures of the core that others look at are to be renewed: set by the first turn
    /// after they were.
    publish_at: Option<Instant>,
    /// Set once the scheduler is ending: when to stop waiting for the peers.
    closing: Option<Instant>,
}

impl CoreLoop {
    pub(crate) fn new(
        config: &SchedulerConfig,
        epoch: u16,
        extensions: Vec<Box<dyn Extension>>,
        roster: watch::Sender<Vec<Registered>>,
        metrics: &Metrics,
    ) -> Result<Self, ExtensionError> {
        Ok(Self {
            core: SchedulerCore::with_extensions(config.core(), epoch, extensions)?,
            effects: Effects::default(),
            clock: Clock::new(),
            links: Links::new(roster, config.backlogs()),
            worker_timeout: config.worker_timeout,
            meters: Meters::new(metrics),
            publish_at: None,
            closing: None,
        })
    }

    /// Runs until the scheduler was closed and its peers are told, or nobody can tell it anything.
    pub(crate) async fn run(mut self, mut inputs: mpsc::Receiver<Input>) {
        let mut batch = Vec::with_capacity(TURN_INPUTS);
        let mut handled = Vec::with_capacity(TURN_INPUTS);
        let timer = tokio::time::sleep_until(far_away().into());
        tokio::pin!(timer);
        let mut armed = far_away();
        loop {
            let wanted = self.next_wake();
            // Only an earlier time moves the timer: one that fires too early costs an empty turn, and
            // moving it back and forth every turn would cost more.
            if wanted < armed {
                armed = wanted;
                timer.as_mut().reset(armed.into());
            }
            tokio::select! {
                biased;
                taken = inputs.recv_many(&mut batch, TURN_INPUTS) => {
                    if taken == 0 {
                        return;
                    }
                }
                () = &mut timer => {}
                // There is more to give out; what was given out before shall be on its way meanwhile.
                () = tokio::task::yield_now(), if self.core.is_unfinished() => {}
            }
            // Asked of the clock and not of the timer: inputs may arrive without a pause.
            let late = Instant::now().checked_duration_since(armed);
            if let Some(late) = late {
                armed = far_away();
                timer.as_mut().reset(armed.into());
                self.tick(late);
            }
            for input in batch.drain(..) {
                self.take(input, &mut handled);
            }
            self.end_turn();
            self.publish();
            // Dropping what was handled acknowledges it, and the acknowledgement is the peers' credit.
            handled.clear();
            if let Some(until) = self.closing
                && (self.links.is_empty() || Instant::now() >= until)
            {
                return;
            }
        }
    }

    /// When the loop has to wake up if nothing arrives.
    fn next_wake(&self) -> Instant {
        let deadline = self
            .core
            .next_deadline()
            .and_then(|time| self.clock.instant(time));
        let mut wake = deadline.unwrap_or_else(far_away);
        for until in [self.closing, self.publish_at].into_iter().flatten() {
            wake = wake.min(until);
        }
        wake
    }

    fn handle(&mut self, event: Event) {
        self.core.handle(self.clock.now(), event, &mut self.effects);
    }

    /// A deadline of the core has come.
    fn tick(&mut self, late: Duration) {
        // When this process or the whole machine stood still, the silence was ours and not the
        // workers': all of them get a new lease.
        let stood_still = late > self.worker_timeout / 2;
        if stood_still {
            tracing::warn!(
                ?late,
                "the scheduler stood still; silence of workers is not counted"
            );
        }
        let now = self.clock.now();
        if stood_still || self.core.is_lease_check_due(now) {
            for worker in self.links.heard(stood_still) {
                self.core
                    .handle(now, Event::WorkerHeard { worker }, &mut self.effects);
            }
        }
        self.handle(Event::Tick);
    }

    fn take(&mut self, input: Input, handled: &mut Vec<Handled>) {
        match input {
            Input::WorkerHello { hello, door } => {
                self.meters.op.add("worker_hello");
                let session = self.links.worker_waits(&hello, door);
                self.handle(Event::WorkerJoined { session, hello });
            }
            Input::WorkerSaid { worker, batch } => {
                handled.push(batch.handled);
                if self.links.has_worker(worker) {
                    self.meters.worker_said(&batch.messages, batch.bytes);
                    self.meters.skipped(batch.unknown);
                    let begun = Instant::now();
                    self.handle(Event::WorkerSaid {
                        worker,
                        messages: batch.messages,
                    });
                    self.meters.handle_worker.record(begun.elapsed());
                }
            }
            Input::WorkerGone { worker, reason } => {
                if self.links.worker_gone(worker, &reason) {
                    self.handle(Event::WorkerGone { worker, reason });
                }
            }
            Input::ClientHello { hello, door } => {
                self.meters.op.add("client_hello");
                let session = self.links.client_waits(&hello, door);
                self.handle(Event::ClientJoined { session, hello });
            }
            Input::ClientSaid { client, batch } => {
                handled.push(batch.handled);
                if self.links.has_client(client) {
                    let submits = self.meters.client_said(&batch.messages, batch.bytes);
                    self.meters.skipped(batch.unknown);
                    let begun = Instant::now();
                    self.handle(Event::ClientSaid {
                        client,
                        messages: batch.messages,
                    });
                    self.meters.client_was_heard(begun.elapsed(), submits);
                }
            }
            Input::ClientGone { client, reason } => {
                if self.links.client_gone(client, &reason) {
                    self.handle(Event::ClientGone { client });
                }
            }
            // Whoever asked may have left; then nobody wants the answer.
            Input::Identity { answer } => {
                self.meters.op.add("identity");
                let _ = answer.send(self.core.identity(self.clock.now()));
            }
            Input::Locate { task, answer } => {
                self.meters.op.add("relay_locate");
                let located = self.core.locate_task(task).map(|(nbytes, peers)| {
                    let reach = |peer: &Peer| self.links.reach(peer.worker);
                    Whereabouts {
                        nbytes,
                        holders: peers.iter().filter_map(reach).collect(),
                    }
                });
                let _ = answer.send(located);
            }
            Input::Reach { worker, answer } => {
                self.meters.op.add("relay_reach");
                let _ = answer.send(self.links.reach(worker));
            }
            Input::Close { reason } => self.close(reason),
        }
    }

    /// Begins to end, once.
    fn close(&mut self, reason: String) {
        if self.closing.is_none() {
            tracing::info!(reason, "closing");
            self.closing = Some(Instant::now() + CLOSE_GRACE);
            self.handle(Event::Close { reason });
        }
    }

    /// Renews the pictures of the core, every now and then.
    fn publish(&mut self) {
        let now = Instant::now();
        match self.publish_at {
            None => self.publish_at = Some(now + PUBLISH_EVERY),
            Some(at) if now >= at => {
                self.meters.publish(&self.core, &self.links);
                self.publish_at = None;
            }
            Some(_) => {}
        }
    }

    /// Lets the core place tasks, then says everything that it wants said.
    fn end_turn(&mut self) {
        loop {
            if let Some(reason) = self.effects.close.take() {
                self.close(reason);
            }
            let begun = Instant::now();
            self.handle(Event::EndOfTurn);
            self.meters.turn_ended(begun.elapsed(), self.core.counts());
            for fault in self.effects.extension_faults.drain(..) {
                tracing::error!(
                    extension = fault.extension,
                    event = fault.event,
                    "an extension has a defect: {}",
                    fault.message
                );
            }
            let lost = self.links.flush(&mut self.effects, &self.meters);
            if lost.is_empty() {
                break;
            }
            // Sessions that ended while they were being taken in, and peers that do not read: the
            // core hears of them like of any other loss, and says what follows from it.
            for event in lost {
                self.handle(event);
            }
        }
        if self.closing.is_some() {
            self.links.close_all();
        }
    }
}

/// An instant that never comes, for a timer with nothing to wait for.
fn far_away() -> Instant {
    Instant::now() + Duration::from_secs(365 * 24 * 3600)
}
