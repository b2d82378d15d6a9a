//! What is lent to this client, and the task that renews the leases.
//!
//! The time of a lease is counted here from when the last renewal that was answered was *sent*, on
//! the scheduler's side from when it arrived. So this side always is the first to see a lease end:
//! nobody believes to hold what another has been given.

use crate::{Client, ClientExtension, Error, Pushes, Result, WeakClient};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use taskloom_extensions::lease::{Renewal, Renewed, Token};
use taskloom_extensions::{Operation, Push};
use taskloom_task::FutureHandle;
use tokio::sync::{Notify, watch};

/// What is lent: locks, permits.
pub(crate) trait Lender: fmt::Debug + Send + Sync + 'static {
    /// Renews.
    type Renew: Operation<Request = Renewal, Reply = Renewed>;
    /// Gives back.
    type Release: Operation<Request = Token, Reply = ()>;
    /// Says that a lease has ended.
    type Lost: Push<Message = Token>;
}

/// A lease of this client.
#[derive(Debug)]
struct Lease {
    /// What is lent, in words such as `the lock "db"`.
    what: String,
    duration: Duration,
    times: Mutex<Times>,
    /// Why it is over, once it is.
    over: watch::Sender<Option<Arc<str>>>,
}

#[derive(Debug)]
struct Times {
    /// It is held until then.
    until: Instant,
    /// When a renewal was last sent.
    asked: Instant,
}

impl Lease {
    fn times(&self) -> MutexGuard<'_, Times> {
        // Nothing in there can panic half-way.
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A renewal that was sent then was answered well.
    fn renewed(&self, sent: Instant) {
        let mut times = self.times();
        times.until = times.until.max(sent + self.duration);
    }

    /// It is over; the first reason stands.
    fn end(&self, why: impl Into<Arc<str>>) {
        self.over.send_if_modified(|over| {
            let first = over.is_none();
            if first {
                *over = Some(why.into());
            }
            first
        });
    }

    /// Why it is over, if it is.
    fn over(&self) -> Option<Arc<str>> {
        let over = self.over.borrow().clone();
        over.or_else(|| (self.times().until <= Instant::now()).then(|| self.too_late()))
    }

    fn too_late(&self) -> Arc<str> {
        format!(
            "its lease of {:?} could not be renewed in time",
            self.duration
        )
        .into()
    }

    fn error(&self, why: &str) -> Error {
        let (what, why) = (self.what.clone(), why.to_owned());
        Error::LeaseLost { what, why }
    }
}

/// The leases of one session, and what renews them.
pub(crate) struct Leases<L> {
    client: WeakClient,
    leases: Mutex<BTreeMap<u64, Arc<Lease>>>,
    /// The renewing task is there.
    running: AtomicBool,
    /// There is a lease that the renewing task does not know.
    changed: Notify,
    lender: std::marker::PhantomData<fn() -> L>,
}

impl<L: Lender> ClientExtension for Leases<L> {
    fn new(client: WeakClient) -> Self {
        Self {
            client,
            leases: Mutex::default(),
            running: AtomicBool::new(false),
            changed: Notify::new(),
            lender: std::marker::PhantomData,
        }
    }

    fn pushes() -> Pushes<Self> {
        Pushes::new().on::<L::Lost>(Self::lost)
    }

    fn closed(&self, why: &str) {
        for (_, lease) in std::mem::take(&mut *self.leases()) {
            lease.end(format!("the session ended: {why}"));
        }
        self.changed.notify_one();
    }
}

impl<L: Lender> Leases<L> {
    fn leases(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Lease>>> {
        // Nothing in there can panic half-way.
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self, Token { token }: Token, _: Vec<Arc<dyn FutureHandle>>) {
        if let Some(lease) = self.leases().remove(&token) {
            lease.end("its lease ended before it was renewed");
        }
    }

    /// Renews leases; gives when it is to be called again, if there are any.
    fn turn(self: &Arc<Self>, client: &Client) -> Option<Instant> {
        let now = Instant::now();
        let mut due = Vec::new();
        let mut next: Option<Instant> = None;
        self.leases().retain(|&token, lease| {
            let mut times = lease.times();
            if times.until <= now {
                drop(times);
                lease.end(lease.too_late());
                return false;
            }
            // A little early, so that leases that were taken one after the other are renewed
            // together.
            if now.duration_since(times.asked) >= lease.duration / 4 {
                times.asked = now;
                due.push(token);
            }
            let wake = (times.asked + lease.duration / 3).min(times.until);
            next = Some(next.map_or(wake, |next| next.min(wake)));
            true
        });
        if !due.is_empty() {
            self.renew(client, due, now);
        }
        next
    }

    /// Asks for a renewal and takes in its answer, which others need not wait for.
    fn renew(self: &Arc<Self>, client: &Client, tokens: Vec<u64>, sent: Instant) {
        let renewal = Renewal {
            tokens: tokens.clone(),
        };
        let reply = client.call::<L::Renew>(renewal).into_future();
        let leases = self.clone();
        client.session().runtime.spawn(async move {
            // Without an answer the leases end with their time.
            if let Ok(reply) = reply.await {
                leases.take_in(&tokens, &reply.message, sent);
            }
        });
    }

    fn take_in(&self, tokens: &[u64], answer: &Renewed, sent: Instant) {
        let mut leases = self.leases();
        for token in &answer.lost {
            if let Some(lease) = leases.remove(token) {
                lease.end("its lease ended before it was renewed");
            }
        }
        for token in tokens {
            if let Some(lease) = leases.get(token) {
                lease.renewed(sent);
            }
        }
    }

    /// Makes sure that somebody renews.
    fn watch_over(self: &Arc<Self>, client: &Client) {
        if self.running.swap(true, Ordering::SeqCst) {
            self.changed.notify_one();
            return;
        }
        let leases = Arc::downgrade(self);
        client.session().runtime.spawn(async move {
            while let Some(leases) = leases.upgrade() {
                let Some(client) = leases.client.upgrade() else {
                    return;
                };
                let next = leases.turn(&client);
                drop(client);
                let Some(next) = next else {
                    leases.running.store(false, Ordering::SeqCst);
                    // Somebody who came before that has relied on this.
                    if leases.leases().is_empty() || leases.running.swap(true, Ordering::SeqCst) {
                        return;
                    }
                    continue;
                };
                tokio::select! {
                    () = tokio::time::sleep_until(next.into()) => {}
                    () = leases.changed.notified() => {}
                }
            }
        });
    }
}

/// Something that was lent to this client. It is renewed until it is given back, and given back when
/// this is dropped.
pub(crate) struct Borrowed<L: Lender> {
    client: Client,
    leases: Arc<Leases<L>>,
    lease: Arc<Lease>,
    token: u64,
}

impl<L: Lender> Borrowed<L> {
    /// Takes over what was lent in reply to a call that was sent then.
    pub(crate) fn new(
        client: &Client,
        what: String,
        token: u64,
        duration: Duration,
        sent: Instant,
    ) -> Self {
        let leases = client.extension::<Leases<L>>();
        let times = Times {
            until: sent + duration,
            asked: sent,
        };
        let lease = Arc::new(Lease {
            what,
            duration,
            times: Mutex::new(times),
            over: watch::Sender::new(None),
        });
        let client = client.clone();
        Self {
            client,
            leases,
            lease,
            token,
        }
    }

    /// Makes sure that it is held, and has it renewed from now on; `false` if it is lost already.
    ///
    /// How long a call has waited at the scheduler for what it asked is not known here. So if its
    /// reply was long in coming, the lease is renewed first, by a call that does not wait.
    pub(crate) async fn begin(&self) -> Result<bool> {
        let lease = &self.lease;
        if lease.times().asked.elapsed() >= lease.duration / 4 {
            let tokens = vec![self.token];
            let sent = Instant::now();
            let answer = self.client.call::<L::Renew>(Renewal { tokens }).await?;
            if !answer.message.lost.is_empty() {
                lease.end("its lease ended while it was on its way");
                return Ok(false);
            }
            let mut times = lease.times();
            times.until = sent + lease.duration;
            times.asked = sent;
        }
        self.leases.leases().insert(self.token, lease.clone());
        self.leases.watch_over(&self.client);
        if let Some(closed) = self.client.session().closed() {
            return Err(closed);
        }
        Ok(true)
    }

    pub(crate) fn token(&self) -> u64 {
        self.token
    }

    /// An error that says why it is not held any more.
    pub(crate) fn check(&self) -> Result<()> {
        match self.lease.over() {
            Some(why) => Err(self.lease.error(&why)),
            None => Ok(()),
        }
    }

    /// Waits until it is lost, and says why.
    pub(crate) async fn lost(&self) -> Error {
        let mut over = self.lease.over.subscribe();
        let why = match over.wait_for(Option::is_some).await {
            Ok(over) => over.clone().unwrap_or_default(),
            // Its sender lives as long as this.
            Err(_) => Arc::default(),
        };
        self.lease.error(&why)
    }

    /// Gives it back.
    pub(crate) async fn release(self) -> Result<()> {
        self.check()?;
        self.leases.leases().remove(&self.token);
        // From here on it is the scheduler's, also if nobody waits for its answer.
        let release = Token { token: self.token };
        let reply = self.client.call::<L::Release>(release).into_future();
        self.lease.end("it was released");
        reply.await?;
        Ok(())
    }
}

impl<L: Lender> Drop for Borrowed<L> {
    fn drop(&mut self) {
        self.leases.leases().remove(&self.token);
        if self.lease.over.borrow().is_none() {
            // If the session has ended, it is given back by that.
            let _ = self
                .client
                .call::<L::Release>(Token { token: self.token })
                .send();
        }
    }
}

impl<L: Lender> fmt::Debug for Borrowed<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.lease.over().is_none();
        write!(f, "{} with token {}", self.lease.what, self.token)?;
        f.write_str(if held { "" } else { " (lost)" })
    }
}
