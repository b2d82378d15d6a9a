//! Leases: what is lent ends with its time unless it is renewed. Locks and semaphores lend.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use taskloom_core::{ClientId, Time};

/// How long something is lent if its borrower does not say.
pub const LEASE: Duration = Duration::from_secs(30);

/// The shortest lease: a shorter one would end while its renewal is on its way.
pub const LEASE_MIN: Duration = Duration::from_millis(100);

/// The longest lease.
pub const LEASE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Most requests that one tool keeps, those that hold something included.
pub const REQUESTS_MAX: usize = 1 << 20;

/// What a client says to keep what it was lent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// The tokens that it was given.
    pub tokens: Vec<u64>,
}

/// The reply to a [`Renewal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    /// Those of the tokens that stand for nothing any more.
    pub lost: Vec<u64>,
}

/// Which token a client speaks of, or is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The token.
    pub token: u64,
}

/// The duration of a lease that was asked for.
pub(crate) fn duration(milliseconds: u64) -> Result<Duration, String> {
    let lease = Duration::from_millis(milliseconds);
    if (LEASE_MIN..=LEASE_MAX).contains(&lease) {
        return Ok(lease);
    }
    Err(format!(
        "a lease of {lease:?} is not possible: from {LEASE_MIN:?} to {LEASE_MAX:?}"
    ))
}

/// A lease that has ended, and was not ended by its borrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expired {
    pub(crate) client: ClientId,
    pub(crate) token: u64,
    pub(crate) subject: u64,
}

#[derive(Debug)]
struct Lease {
    client: ClientId,
    /// The request that it is for.
    subject: u64,
    duration: Duration,
    until: Time,
}

/// What is lent now, by token. Tokens only grow, so a later borrower always has a greater one.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    last_token: u64,
    leases: BTreeMap<u64, Lease>,
    deadlines: BTreeSet<(Time, u64)>,
}

impl Leases {
    /// Lends something, and gives the token for it.
    pub(crate) fn lend(
        &mut self,
        now: Time,
        client: ClientId,
        duration: Duration,
        subject: u64,
    ) -> u64 {
        self.last_token += 1;
        let (token, until) = (self.last_token, now + duration);
        let lease = Lease {
            client,
            subject,
            duration,
            until,
        };
        self.leases.insert(token, lease);
        self.deadlines.insert((until, token));
        token
    }

    /// Lets leases run for their whole time again, from now on.
    pub(crate) fn renew(&mut self, now: Time, client: ClientId, renewal: Renewal) -> Renewed {
        let mut lost = Vec::new();
        for token in renewal.tokens {
            match self.leases.get_mut(&token) {
                Some(lease) if lease.client == client => {
                    self.deadlines.remove(&(lease.until, token));
                    lease.until = now + lease.duration;
                    self.deadlines.insert((lease.until, token));
                }
                _ => lost.push(token),
            }
        }
        Renewed { lost }
    }

    /// Ends the lease that this client has under this token, if it has one, and gives its subject.
    pub(crate) fn end(&mut self, client: ClientId, token: u64) -> Option<u64> {
        let lease = self.leases.get(&token)?;
        if lease.client != client {
            return None;
        }
        self.deadlines.remove(&(lease.until, token));
        self.leases.remove(&token).map(|lease| lease.subject)
    }

    /// Ends a lease whose time is over, if there is one.
    pub(crate) fn expire(&mut self, now: Time) -> Option<Expired> {
        let &(until, token) = self.deadlines.first().filter(|(until, _)| *until <= now)?;
        self.deadlines.remove(&(until, token));
        let lease = self.leases.remove(&token)?;
        Some(Expired {
            client: lease.client,
            token,
            subject: lease.subject,
        })
    }

    /// When the next lease ends.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|(until, _)| *until)
    }

    /// How long a lease still runs.
    pub(crate) fn remaining(&self, now: Time, token: u64) -> Option<Duration> {
        self.leases.get(&token).map(|lease| lease.until.since(now))
    }

    /// How many leases run.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        assert_eq!(self.leases.len(), self.deadlines.len());
        self.leases.len()
    }
}
