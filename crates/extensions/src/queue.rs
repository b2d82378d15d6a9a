//! Queues: futures and small values, each for one taker, in order; bounded if one says so.
//!
//! Futures in a queue, and those that wait for room in it, are held under `queue:NAME`. What has been
//! handed to a taker is held on until the taker has confirmed it, and goes back to its place if the
//! taker goes before.

mod row;
mod words;

pub use words::{
    Ask, Close, Delete, Get, GetRequest, List, Open, OpenRequest, Put, PutRequest, State,
};

use crate::calls::calls_of;
use crate::item::{self, Entry};
use crate::named::Named;
use crate::service::{Incoming, Operations, Out, Service};
use row::{Placed, Queue, weight};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use taskloom_core::{ClientId, Time};
use taskloom_scheduler_core::extension::CallId;

/// Most items in one queue.
pub const SIZE_MAX: u64 = 1024 * 1024;

/// Most bytes of values in one queue and waiting for room in it.
pub const QUEUE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Most calls that wait for queues of one scheduler.
pub const QUEUE_WAITERS_MAX: usize = 1024 * 1024;

/// A call that waits.
#[derive(Debug)]
struct Waiting {
    queue: String,
    /// Its place among those who wait.
    place: u64,
    until: Option<Time>,
}

/// Items that were handed to a call which has not confirmed them.
#[derive(Debug)]
struct Handed {
    queue: String,
    number: u64,
    items: Vec<Placed>,
}

/// All queues of a scheduler.
#[derive(Debug)]
pub struct Queues {
    named: Named<Queue>,
    waiting: BTreeMap<CallId, Waiting>,
    deadlines: BTreeSet<(Time, CallId)>,
    handed: BTreeMap<CallId, Handed>,
    /// Numbers queues and those who wait.
    last: u64,
}

impl Default for Queues {
    fn default() -> Self {
        Self::new()
    }
}

impl Queues {
    /// No queues.
    pub fn new() -> Self {
        Self {
            named: Named::new("queue"),
            waiting: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            handed: BTreeMap::new(),
            last: 0,
        }
    }

    fn open(&mut self, _now: Time, incoming: Incoming<Open>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let OpenRequest {
            name,
            maxsize,
            keep,
        } = request;
        let size = maxsize.unwrap_or(1);
        if size == 0 || size > SIZE_MAX {
            let why = format!("the maxsize of a queue is from 1 to {SIZE_MAX}; this is {size}");
            return out.refuse(call, why);
        }
        self.last += 1;
        let (number, keep) = (self.last, keep.map(Duration::from_millis));
        let make = || Queue::new(number, maxsize);
        match self.named.open(call.client, &name, keep, make) {
            Ok(queue) => out.reply::<Open>(call, &queue.state(), Vec::new()),
            Err(why) => out.refuse(call, why),
        }
    }

    fn close(&mut self, now: Time, incoming: Incoming<Close>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        if let Some(queue) = self.named.close(now, call.client, &request) {
            self.forgotten(&request, queue, out);
        }
        out.reply::<Close>(call, &(), Vec::new());
    }

    fn ask(&mut self, _now: Time, incoming: Incoming<Ask>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        match self.named.get(&request) {
            Some(queue) => out.reply::<Ask>(call, &queue.state(), Vec::new()),
            None => out.refuse(call, self.named.absent(&request)),
        }
    }

    fn list(&mut self, _now: Time, incoming: Incoming<List>, out: &mut Out<'_>) {
        out.reply::<List>(incoming.call, &self.named.names(), Vec::new());
    }

    fn put(&mut self, now: Time, incoming: Incoming<Put>, out: &mut Out<'_>) {
        let Incoming {
            call,
            request,
            futures,
        } = incoming;
        let PutRequest { name, items, wait } = request;
        let entries = match item::entries(items, futures) {
            Ok(entries) => entries,
            Err(why) => return out.refuse(call, why),
        };
        let Some(queue) = self.named.get_mut(&name) else {
            return out.refuse(call, self.named.absent(&name));
        };
        if let Some(why) = queue.refuses(&name, &entries) {
            return out.refuse(call, why);
        }
        let room = queue.putters.is_empty() && queue.has_room(entries.len());
        if !room && (wait == Some(0) || call.request == 0) {
            return out.reply::<Put>(call, &false, Vec::new());
        }
        if !room && self.waiting.len() >= QUEUE_WAITERS_MAX {
            return out.refuse(call, too_many_wait());
        }
        for task in entries.iter().filter_map(Entry::task) {
            out.hold(holder(&name), task);
        }
        queue.bytes += weight(&entries);
        if room {
            queue.append(entries);
            out.reply::<Put>(call, &true, Vec::new());
            self.settle(&name, out);
        } else {
            self.last += 1;
            queue.putters.insert(self.last, (call, entries));
            self.waits(now, call, name, wait);
        }
    }

    fn get(&mut self, now: Time, incoming: Incoming<Get>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let GetRequest { name, max, wait } = request;
        let Some(queue) = self.named.get_mut(&name) else {
            return out.refuse(call, self.named.absent(&name));
        };
        if call.request == 0 {
            return out.refuse(call, "a get must want its reply");
        }
        // Nobody waits while there is anything, so this one is the first.
        if queue.row.is_empty() && wait == Some(0) {
            return out.reply::<Get>(call, &item::Items::default(), Vec::new());
        }
        if queue.row.is_empty() && self.waiting.len() >= QUEUE_WAITERS_MAX {
            return out.refuse(call, too_many_wait());
        }
        self.last += 1;
        queue.getters.insert(self.last, (call, max));
        self.waits(now, call, name.clone(), wait);
        self.settle(&name, out);
    }

    /// A call waits from now on, at the place that was numbered last.
    fn waits(&mut self, now: Time, call: CallId, queue: String, wait: Option<u64>) {
        let until = wait.map(|millis| now + Duration::from_millis(millis));
        self.deadlines.extend(until.map(|until| (until, call)));
        let place = self.last;
        let waiting = Waiting {
            queue,
            place,
            until,
        };
        self.waiting.insert(call, waiting);
    }

    fn waits_no_more(&mut self, call: CallId) -> Option<Waiting> {
        let waiting = self.waiting.remove(&call)?;
        if let Some(until) = waiting.until {
            self.deadlines.remove(&(until, call));
        }
        Some(waiting)
    }

    /// Brings together items and those who wait for them, room and those who wait for it.
    fn settle(&mut self, name: &str, out: &mut Out<'_>) {
        loop {
            let Some(queue) = self.named.get_mut(name) else {
                return;
            };
            if !queue.row.is_empty()
                && let Some((_, (call, max))) = queue.getters.pop_first()
            {
                let items = queue.take(max);
                queue.unconfirmed += 1;
                let entries = items.iter().map(|(_, entry)| entry.clone());
                let (message, futures) = item::items(entries);
                out.reply::<Get>(call, &message, futures);
                let handed = Handed {
                    queue: name.to_owned(),
                    number: queue.number,
                    items,
                };
                self.handed.insert(call, handed);
                self.waits_no_more(call);
            } else if let Some(entry) = queue.putters.first_entry()
                && (queue.row.len() + entry.get().1.len()) as u64
                    <= queue.maxsize.unwrap_or(SIZE_MAX)
            {
                let (call, entries) = entry.remove();
                queue.append(entries);
                out.reply::<Put>(call, &true, Vec::new());
                self.waits_no_more(call);
            } else {
                break;
            }
        }
        self.named.forget_if_blank(name);
    }

    /// A call is not to be served any more. Gives the queue for which it waited, which is to be
    /// settled, and on which side of it; behind a large batch may wait a small one that fits.
    fn drop_waiting(&mut self, call: CallId, out: &mut Out<'_>) -> Option<(String, Side)> {
        let Waiting {
            queue: name, place, ..
        } = self.waits_no_more(call)?;
        let queue = self.named.get_mut(&name)?;
        let side = if let Some((_, entries)) = queue.putters.remove(&place) {
            queue.bytes -= weight(&entries);
            let_go(&name, &entries, out);
            Side::Put
        } else {
            queue.getters.remove(&place);
            Side::Get
        };
        Some((name, side))
    }

    /// What was handed out goes back to its place. Gives the queue, which is to be settled.
    fn put_back(&mut self, call: CallId, out: &mut Out<'_>) -> Option<String> {
        let Handed {
            queue: name,
            number,
            items,
        } = self.handed.remove(&call)?;
        match self.named.get_mut(&name) {
            Some(queue) if queue.number == number => {
                queue.unconfirmed -= 1;
                queue.put_back(items);
            }
            _ => let_go(&name, items.iter().map(|(_, entry)| entry), out),
        }
        Some(name)
    }

    fn delete(&mut self, _now: Time, incoming: Incoming<Delete>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let queue = self.named.remove(&request);
        let existed = queue.is_some();
        if let Some(queue) = queue {
            self.forgotten(&request, queue, out);
        }
        out.reply::<Delete>(call, &existed, Vec::new());
    }

    /// What is left to do for a queue that is there no more.
    fn forgotten(&mut self, name: &str, queue: Queue, out: &mut Out<'_>) {
        let why = format!("queue {name:?} was deleted");
        let_go(name, queue.row.values(), out);
        for (call, entries) in queue.putters.into_values() {
            let_go(name, &entries, out);
            self.waits_no_more(call);
            out.refuse(call, why.as_str());
        }
        for (call, _) in queue.getters.into_values() {
            self.waits_no_more(call);
            out.refuse(call, why.as_str());
        }
    }
}

/// On which side of a queue a call waited.
enum Side {
    Put,
    Get,
}

fn too_many_wait() -> String {
    format!("{QUEUE_WAITERS_MAX} calls wait for queues already")
}

fn holder(name: &str) -> String {
    format!("queue:{name}")
}

fn let_go<'a>(name: &str, entries: impl IntoIterator<Item = &'a Entry>, out: &mut Out<'_>) {
    for task in entries.into_iter().filter_map(Entry::task) {
        out.let_go(holder(name), task);
    }
}

impl Service for Queues {
    const NAME: &'static str = "queue";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call(Self::open)
            .call(Self::close)
            .call(Self::ask)
            .call(Self::list)
            .call(Self::put)
            .call(Self::get)
            .call(Self::delete)
    }

    fn client_gone(&mut self, now: Time, client: ClientId, out: &mut Out<'_>) {
        let waiting = self.waiting.range(calls_of(client));
        let waiting: Vec<_> = waiting.map(|(&call, _)| call).collect();
        let handed = self.handed.range(calls_of(client));
        let handed: Vec<_> = handed.map(|(&call, _)| call).collect();
        // All of it first, and then who is next: it must be nobody who has gone, and get what was
        // first.
        let mut unsettled = BTreeSet::new();
        for call in waiting {
            unsettled.extend(self.drop_waiting(call, out).map(|(queue, _)| queue));
        }
        for call in handed {
            unsettled.extend(self.put_back(call, out));
        }
        for queue in unsettled {
            self.settle(&queue, out);
        }
        for (name, queue) in self.named.close_all(now, client) {
            self.forgotten(&name, queue, out);
        }
    }

    fn withdrawn(&mut self, _now: Time, call: CallId, out: &mut Out<'_>) {
        let waited = self.drop_waiting(call, out).map(|(queue, _)| queue);
        if let Some(queue) = waited.or_else(|| self.put_back(call, out)) {
            self.settle(&queue, out);
        }
    }

    fn received(&mut self, _now: Time, call: CallId, out: &mut Out<'_>) {
        let Some(handed) = self.handed.remove(&call) else {
            return;
        };
        let_go(
            &handed.queue,
            handed.items.iter().map(|(_, entry)| entry),
            out,
        );
        if let Some(queue) = self.named.get_mut(&handed.queue)
            && queue.number == handed.number
        {
            queue.unconfirmed -= 1;
            self.named.forget_if_blank(&handed.queue);
        }
    }

    fn tick(&mut self, now: Time, out: &mut Out<'_>) {
        while let Some(&(until, call)) = self.deadlines.first()
            && until <= now
        {
            let Some((queue, side)) = self.drop_waiting(call, out) else {
                continue;
            };
            match side {
                Side::Put => out.reply::<Put>(call, &false, Vec::new()),
                Side::Get => out.reply::<Get>(call, &item::Items::default(), Vec::new()),
            }
            self.settle(&queue, out);
        }
        for (name, queue) in self.named.expire(now) {
            self.forgotten(&name, queue, out);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        let waiting = self.deadlines.first().map(|(until, _)| *until);
        waiting.into_iter().chain(self.named.next_deadline()).min()
    }

    fn rows(&self) -> usize {
        self.named.len() + self.waiting.len() + self.handed.len()
    }
}

#[cfg(test)]
mod tests;
