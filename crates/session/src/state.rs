//! The machine.

use crate::batching::{Batching, Pace};
use crate::effects::{Broken, Effects, FrameHead};
use crate::events::Event;
use std::collections::VecDeque;
use taskloom_core::Time;

/// What the two sides agreed on in hello and welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What this side may have unacknowledged.
    pub send_window: u64,
    /// What the other side may have unacknowledged.
    pub receive_window: u64,
}

/// One end of a session.
///
/// Sending stops when `send_window` bytes are unacknowledged. Acknowledgements ride on frames that
/// go out anyhow; a frame of its own is sent only when so much was handled since the last one that
/// the other side might stop soon, so a quiet direction costs nothing.
#[derive(Clone, Debug)]
pub struct Session {
    terms: Terms,
    pace: Pace,
    last_sent: u64,
    /// Numbers and weights of frames that were sent and not acknowledged.
    unacknowledged: VecDeque<(u64, u64)>,
    unacknowledged_bytes: u64,
    last_received: u64,
    /// Frames that were delivered and not handled, or handled out of turn.
    open: VecDeque<Open>,
    open_bytes: u64,
    handled: u64,
    /// What was handled since the last acknowledgement that went out.
    owed_bytes: u64,
    acknowledged: u64,
    last_heard: Time,
    broken: Option<Broken>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    bytes: u64,
    done: bool,
}

/// An acknowledgement goes out on its own when this share of the window was handled.
const ACK_SHARE: u64 = 8;

/// A sender that has so many windows unacknowledged ignores credit.
const OVERRUN: u64 = 4;

impl Session {
    /// A session that begins now.
    pub fn new(now: Time, terms: Terms) -> Self {
        Self {
            terms,
            pace: Pace::new(Batching::default()),
            last_sent: 0,
            unacknowledged: VecDeque::new(),
            unacknowledged_bytes: 0,
            last_received: 0,
            open: VecDeque::new(),
            open_bytes: 0,
            handled: 0,
            owed_bytes: 0,
            acknowledged: 0,
            last_heard: now,
            broken: None,
        }
    }

    /// Sets how messages are gathered into frames from now on.
    pub fn set_batching(&mut self, batching: Batching) {
        self.pace.set(batching);
    }

    /// How messages are gathered into frames.
    pub fn batching(&self) -> Batching {
        self.pace.batching()
    }

    /// What was sent and is not acknowledged, in bytes.
    pub fn unacknowledged_bytes(&self) -> u64 {
        self.unacknowledged_bytes
    }

    /// What was delivered and is not handled, in bytes.
    pub fn open_bytes(&self) -> u64 {
        self.open_bytes
    }

    /// When a frame last arrived.
    pub fn last_heard(&self) -> Time {
        self.last_heard
    }

    /// Takes up an event.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Effects) {
        if self.broken.is_some() {
            effects.broken = self.broken;
            return;
        }
        match event {
            Event::Agreed { send_window } => {
                let stopped = !self.may_send();
                self.terms.send_window = send_window;
                effects.want_room = stopped && self.may_send();
            }
            Event::Room { queued, last } => self.room(now, queued, last, effects),
            Event::Sent { seq, bytes } => self.sent(seq, bytes),
            Event::Received { seq, ack, bytes } => {
                self.last_heard = now;
                if let Err(broken) = self.received(seq, ack, bytes, effects) {
                    self.broken = Some(broken);
                    *effects = Effects {
                        broken: Some(broken),
                        ..Effects::default()
                    };
                }
            }
            Event::Handled { seq } => self.frame_handled(seq, effects),
        }
    }

    fn may_send(&self) -> bool {
        self.unacknowledged_bytes < self.terms.send_window
    }

    fn must_acknowledge(&self) -> bool {
        self.handled > self.acknowledged
            && self.owed_bytes >= self.terms.receive_window.div_ceil(ACK_SHARE)
    }

    fn room(&mut self, now: Time, queued: u64, last: bool, effects: &mut Effects) {
        let acknowledge = self.must_acknowledge();
        let seq = if queued > 0 && self.may_send() {
            // An acknowledgement that is due makes a frame anyhow.
            let at_once = last || acknowledge;
            if let Err(until) = self.pace.admit(now, queued, at_once) {
                effects.wait_until = Some(until);
                return;
            }
            self.last_sent += 1;
            self.last_sent
        } else if acknowledge {
            0
        } else {
            return;
        };
        self.acknowledged = self.handled;
        self.owed_bytes = 0;
        effects.send = Some(FrameHead {
            seq,
            ack: self.handled,
        });
    }

    fn sent(&mut self, seq: u64, bytes: u64) {
        self.unacknowledged.push_back((seq, bytes));
        self.unacknowledged_bytes = self.unacknowledged_bytes.saturating_add(bytes);
    }

    fn received(
        &mut self,
        seq: u64,
        ack: u64,
        bytes: u64,
        effects: &mut Effects,
    ) -> Result<(), Broken> {
        self.credit(ack, effects)?;
        if seq == 0 {
            return if bytes == 0 {
                Ok(())
            } else {
                Err(Broken::Unnumbered)
            };
        }
        let expected = self.last_received + 1;
        if seq > expected {
            return Err(Broken::Gap { expected, got: seq });
        }
        if seq < expected {
            return Err(Broken::Duplicate { expected, got: seq });
        }
        // The other side may weigh messages differently, and its last frame may reach over the
        // window: this many windows are never right.
        if self.open_bytes > self.terms.receive_window.saturating_mul(OVERRUN) {
            return Err(Broken::Overrun {
                window: self.terms.receive_window,
            });
        }
        self.last_received = seq;
        self.open_bytes = self.open_bytes.saturating_add(bytes);
        self.open.push_back(Open { bytes, done: false });
        effects.deliver = true;
        Ok(())
    }

    fn credit(&mut self, ack: u64, effects: &mut Effects) -> Result<(), Broken> {
        if ack > self.last_sent {
            return Err(Broken::AckAhead {
                last: self.last_sent,
                got: ack,
            });
        }
        let stopped = !self.may_send();
        while let Some(&(seq, bytes)) = self.unacknowledged.front() {
            if seq > ack {
                break;
            }
            self.unacknowledged.pop_front();
            self.unacknowledged_bytes -= bytes;
        }
        effects.want_room = stopped && self.may_send();
        Ok(())
    }

    fn frame_handled(&mut self, seq: u64, effects: &mut Effects) {
        // Numbers of frames that are not open (0, handled before, never received) change nothing.
        let place = seq
            .checked_sub(self.handled + 1)
            .and_then(|at| usize::try_from(at).ok());
        let Some(open) = place.and_then(|at| self.open.get_mut(at)) else {
            return;
        };
        open.done = true;
        while let Some(&Open { bytes, done: true }) = self.open.front() {
            self.open.pop_front();
            self.handled += 1;
            self.open_bytes = self.open_bytes.saturating_sub(bytes);
            self.owed_bytes = self.owed_bytes.saturating_add(bytes);
        }
        effects.want_room = self.must_acknowledge();
    }
}
