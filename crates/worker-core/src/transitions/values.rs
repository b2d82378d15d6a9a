//! Values come, are used, and go.

use crate::effects::{Effects, Keep, Source, Step};
use crate::queue::Urgency;
use crate::state::{Here, How, Local, ValueKey, Waiter, WorkerCore};
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use taskloom_core::arguments::Part;
use taskloom_core::message::FromWorker;
use taskloom_core::{TaskId, WorkerId};

impl WorkerCore {
    /// A value is here now: whoever waits for it has it.
    pub(crate) fn arrived(
        &mut self,
        key: ValueKey,
        nbytes: u64,
        source: Source,
        followers: &[Waiter],
        effects: &mut Effects,
    ) {
        effects.steps.push(Step::Keep(Keep {
            source,
            task: key.0,
            part: key.1,
        }));
        let is_whole = key.1 == Part::WHOLE;
        let mut here = Here {
            nbytes,
            users: 0,
            private: !is_whole,
        };
        self.stored_bytes += nbytes;
        let mut wanted = None;
        match self.values.entry(key) {
            Entry::Vacant(place) => {
                place.insert(Local::Here(here));
            }
            Entry::Occupied(mut place) => match place.get() {
                Local::Here(old) => {
                    self.stored_bytes -= old.nbytes;
                    here.users = old.users;
                    place.insert(Local::Here(here));
                }
                Local::Wanted(want) => {
                    wanted = Some(*want);
                    // What was freed while it was under way is for its waiters alone, unless it
                    // came in another way than the copy that was asked for.
                    let freed = self.wants.get(*want).is_some_and(|want| want.private);
                    here.private |= freed && matches!(source, Source::Fetch(..));
                    place.insert(Local::Here(here));
                }
            },
        }
        let want = wanted.and_then(|want| self.take_want(want));
        let mut waiters = want.map(|want| want.waiters).unwrap_or_default();
        // Another way than the run that makes it: what follows that run need not wait for it.
        if is_whole
            && let Some(maker) = self
                .makers
                .get(&key.0)
                .and_then(|&at| self.runs.get_mut(at))
        {
            waiters.extend(std::mem::take(&mut maker.followers));
        }
        waiters.extend_from_slice(followers);
        let mut users = 0;
        for waiter in waiters {
            users += u32::from(self.satisfy(waiter));
        }
        // The table of values may be large and cold: most values come without anyone waiting.
        if users > 0
            && let Some(Local::Here(here)) = self.values.get_mut(&key)
        {
            here.users += users;
        } else if here.private {
            self.drop_if_unused(key, effects);
        }
    }

    /// One pin of a waiting run is here; false if the run is gone.
    fn satisfy(&mut self, waiter: Waiter) -> bool {
        if !self.waits(waiter) {
            return false;
        }
        let Some(run) = self.runs.get_mut(waiter.slot) else {
            return false;
        };
        let Some(hold) = run.pins.get_mut(waiter.pin as usize) else {
            return false;
        };
        hold.how = How::User;
        run.missing = run.missing.saturating_sub(1);
        if run.missing == 0 {
            self.make_ready(waiter.slot);
        }
        true
    }

    /// The scheduler does not count on a value any more.
    pub(crate) fn free(&mut self, task: TaskId, effects: &mut Effects) {
        let key = (task, Part::WHOLE);
        match self.values.get_mut(&key) {
            Some(Local::Here(here)) => {
                here.private = true;
                self.drop_if_unused(key, effects);
            }
            Some(&mut Local::Wanted(want)) => {
                if let Some(want) = self.wants.get_mut(want) {
                    want.private = true;
                    want.acquire = false;
                }
                self.forget_want_if_idle(want);
            }
            None => {}
        }
    }

    /// Drops a private value that nobody uses.
    pub(crate) fn drop_if_unused(&mut self, key: ValueKey, effects: &mut Effects) {
        if let Some(Local::Here(Here {
            users: 0,
            private: true,
            nbytes,
            ..
        })) = self.values.get(&key)
        {
            self.stored_bytes -= nbytes;
            self.values.remove(&key);
            effects.steps.push(Step::Drop(key.0, key.1));
        }
    }

    /// Somebody brought a value.
    pub(crate) fn put(&mut self, task: TaskId, nbytes: u64, effects: &mut Effects) {
        if self.session.is_none() {
            return;
        }
        self.arrived((task, Part::WHOLE), nbytes, Source::Put, &[], effects);
        effects.say.push(FromWorker::Stored { task, nbytes });
    }

    /// The scheduler wants a copy of a value here.
    pub(crate) fn acquire(
        &mut self,
        task: TaskId,
        nbytes: u64,
        holders: &[WorkerId],
        effects: &mut Effects,
    ) {
        let key = (task, Part::WHOLE);
        match self.values.get_mut(&key) {
            Some(Local::Here(here)) => {
                here.private = false;
                let nbytes = here.nbytes;
                effects.say.push(FromWorker::Stored { task, nbytes });
                return;
            }
            Some(&mut Local::Wanted(want)) => {
                self.add_holders(want, holders);
                if let Some(want) = self.wants.get_mut(want) {
                    want.acquire = true;
                    want.private = false;
                }
                return;
            }
            None => {}
        }
        let reason = if self.leaving.is_some() {
            "the worker is leaving"
        } else if !holders.iter().any(|&holder| self.can_ask(holder)) {
            "every holder is gone"
        } else {
            let serial = self.next_serial();
            // Behind everything that a run waits for.
            let urgency = Urgency {
                priority: i32::MIN,
                rank: Reverse(u64::MAX),
                serial: Reverse(serial),
            };
            let want = self.new_want(key, nbytes, urgency, holders);
            if let Some(want) = self.wants.get_mut(want) {
                want.acquire = true;
            }
            return;
        };
        effects.say.push(FromWorker::AcquireFailed {
            task,
            reason: reason.into(),
        });
    }
}
