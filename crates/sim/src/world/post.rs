//! Messages between the scheduler and the others take a while, and stay in order.

use crate::draw::Draw;
use crate::setting::Setting;
use std::time::Duration;
use taskloom_core::Time;

/// When messages arrive. Parties are the workers, in order, and after them the client.
#[derive(Debug)]
pub(super) struct Post {
    latency: Duration,
    jitter: Duration,
    draw: Draw,
    /// By party, when its last message arrives at the scheduler.
    to: Vec<Time>,
    /// By party, when the scheduler's last message arrives there.
    from: Vec<Time>,
}

impl Post {
    pub(super) fn new(setting: &Setting) -> Self {
        let parties = setting.workers as usize + 1;
        Self {
            latency: setting.latency,
            jitter: setting.jitter,
            draw: Draw::new(setting.seed, 1),
            to: vec![Time::ZERO; parties],
            from: vec![Time::ZERO; parties],
        }
    }

    /// When what a party says now reaches the scheduler.
    pub(super) fn reaches_scheduler(&mut self, now: Time, party: usize) -> Time {
        let arrives = (now + self.latency()).max(self.to[party]);
        self.to[party] = arrives;
        arrives
    }

    /// When what the scheduler says now reaches a party.
    pub(super) fn leaves_scheduler(&mut self, now: Time, party: usize) -> Time {
        let arrives = (now + self.latency()).max(self.from[party]);
        self.from[party] = arrives;
        arrives
    }

    /// How long a message takes that need not be in order with others.
    pub(super) fn latency(&mut self) -> Duration {
        let jitter = u64::try_from(self.jitter.as_nanos()).unwrap_or(u64::MAX);
        self.latency + Duration::from_nanos(self.draw.below(jitter))
    }
}
