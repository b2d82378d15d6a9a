//! Channels: named, ordered, rolling rows of futures and small values that all clients share.
//!
//! The scheduler puts what is appended into one order and holds the futures that lie in a channel
//! under `channel:NAME`, once for each time that they lie there. Readers follow at their own pace; see
//! the crate's feed for what happens to slow ones.

mod words;

pub use words::{
    Append, AppendRequest, Ask, Came, CameMessage, Close, Contents, Delete, Leave, List, Look,
    LookRequest, More, Open, OpenRequest, Read, ReadRequest, State, Stop,
};

use crate::feed::{Delivery, Ended, Feed, ReaderId};
use crate::item::{self, Entry, Items};
use crate::named::{Named, Thing};
use crate::service::{Incoming, Operations, Out, Service};
use std::collections::BTreeMap;
use std::time::Duration;
use taskloom_core::{ClientId, Time};

/// Most values and futures in one channel.
pub const LENGTH_MAX: u64 = 1024 * 1024;

/// Most bytes of values in one channel.
pub const CHANNEL_BYTES_MAX: usize = 256 * 1024 * 1024;

#[derive(Debug)]
struct Channel {
    feed: Feed<Entry>,
    maxlen: Option<u64>,
    stopped: bool,
}

impl Channel {
    fn new(maxlen: Option<u64>) -> Self {
        Self {
            feed: Feed::new(),
            maxlen,
            stopped: false,
        }
    }

    fn state(&self) -> State {
        State {
            len: self.feed.len() as u64,
            appended: self.feed.end(),
            maxlen: self.maxlen,
            stopped: self.stopped,
        }
    }

    /// Why these cannot be appended, if so.
    fn refuses(&self, name: &str, entries: &[Entry]) -> Option<String> {
        if self.stopped {
            return Some(format!(
                "channel {name:?} is stopped: nothing can be appended"
            ));
        }
        let maxlen = self.maxlen.unwrap_or(u64::MAX);
        let len = (self.feed.len() + entries.len()) as u64;
        if len.min(maxlen) > LENGTH_MAX {
            return Some(format!(
                "channel {name:?} is full: it has {} elements and no maxlen; at most {LENGTH_MAX} \
                 are possible",
                self.feed.len()
            ));
        }
        let bytes = self.feed.bytes_with(entries, to_usize(maxlen));
        (bytes > CHANNEL_BYTES_MAX).then(|| {
            format!(
                "channel {name:?} is full: its values would have {bytes} bytes; at most \
                 {CHANNEL_BYTES_MAX} are possible (a shorter maxlen, or futures, take less)"
            )
        })
    }
}

impl Thing for Channel {
    fn is_blank(&self) -> bool {
        self.feed.end() == 0 && !self.stopped
    }
}

/// All channels of a scheduler.
#[derive(Debug)]
pub struct Channels {
    named: Named<Channel>,
    /// What each reader reads.
    readers: BTreeMap<ReaderId, String>,
}

impl Default for Channels {
    fn default() -> Self {
        Self::new()
    }
}

impl Channels {
    /// No channels.
    pub fn new() -> Self {
        Self {
            named: Named::new("channel"),
            readers: BTreeMap::new(),
        }
    }

    fn open(&mut self, _now: Time, incoming: Incoming<Open>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let OpenRequest { name, maxlen, keep } = request;
        let length = maxlen.unwrap_or(1);
        if length == 0 || length > LENGTH_MAX {
            return out.refuse(
                call,
                format!("the maxlen of a channel is from 1 to {LENGTH_MAX}; this is {length}"),
            );
        }
        let keep = keep.map(Duration::from_millis);
        match self
            .named
            .open(call.client, &name, keep, || Channel::new(maxlen))
        {
            Ok(channel) => out.reply::<Open>(call, &channel.state(), Vec::new()),
            Err(why) => out.refuse(call, why),
        }
    }

    fn close(&mut self, now: Time, incoming: Incoming<Close>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        if let Some(channel) = self.named.close(now, call.client, &request) {
            self.forgotten(&request, channel, out);
        }
        out.reply::<Close>(call, &(), Vec::new());
    }

    fn ask(&mut self, _now: Time, incoming: Incoming<Ask>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        match self.named.get(&request) {
            Some(channel) => out.reply::<Ask>(call, &channel.state(), Vec::new()),
            None => out.refuse(call, self.named.absent(&request)),
        }
    }

    fn list(&mut self, _now: Time, incoming: Incoming<List>, out: &mut Out<'_>) {
        out.reply::<List>(incoming.call, &self.named.names(), Vec::new());
    }

    fn append(&mut self, _now: Time, incoming: Incoming<Append>, out: &mut Out<'_>) {
        let Incoming {
            call,
            request,
            futures,
        } = incoming;
        let AppendRequest { name, items } = request;
        let entries = match item::entries(items, futures) {
            Ok(entries) => entries,
            Err(why) => return out.refuse(call, why),
        };
        let Some(channel) = self.named.get_mut(&name) else {
            return out.refuse(call, self.named.absent(&name));
        };
        if let Some(why) = channel.refuses(&name, &entries) {
            return out.refuse(call, why);
        }
        for task in entries.iter().filter_map(Entry::task) {
            out.hold(holder(&name), task);
        }
        channel.feed.extend(entries);
        for delivery in channel.feed.deliver(false) {
            came(delivery, out);
        }
        let maxlen = channel.maxlen.unwrap_or(LENGTH_MAX);
        for entry in channel.feed.cut(to_usize(maxlen)) {
            let_go(&name, &entry, out);
        }
        out.reply::<Append>(call, &channel.state(), Vec::new());
    }

    fn stop(&mut self, _now: Time, incoming: Incoming<Stop>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let Some(channel) = self.named.get_mut(&request) else {
            return out.refuse(call, self.named.absent(&request));
        };
        channel.stopped = true;
        let state = channel.state();
        for delivery in channel.feed.deliver(true) {
            if delivery.ended {
                self.readers.remove(&delivery.to);
            }
            came(delivery, out);
        }
        out.reply::<Stop>(call, &state, Vec::new());
    }

    fn delete(&mut self, _now: Time, incoming: Incoming<Delete>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let channel = self.named.remove(&request);
        let existed = channel.is_some();
        if let Some(channel) = channel {
            self.forgotten(&request, channel, out);
        }
        out.reply::<Delete>(call, &existed, Vec::new());
    }

    fn look(&mut self, _now: Time, incoming: Incoming<Look>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let LookRequest { name, from, window } = request;
        let Some(channel) = self.named.get(&name) else {
            return out.refuse(call, self.named.absent(&name));
        };
        let (first, entries) = channel.feed.from(from, window);
        let (items, futures) = item::items(entries);
        let contents = Contents {
            first,
            items,
            state: channel.state(),
        };
        out.reply::<Look>(call, &contents, futures);
    }

    fn read(&mut self, _now: Time, incoming: Incoming<Read>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let ReadRequest {
            name,
            reader,
            room,
            window,
        } = request;
        let id = (call.client, reader);
        let joined = if self.readers.contains_key(&id) {
            Err(format!("there is a reader {reader} already"))
        } else {
            match self.named.get_mut(&name) {
                None => Err(self.named.absent(&name)),
                Some(channel) => channel
                    .feed
                    .join(id, room, window.max(1), false)
                    .map_err(|why| format!("channel {name:?} cannot be read: {why}"))
                    .map(|()| channel),
            }
        };
        match joined {
            Ok(channel) => {
                let deliveries = channel.feed.deliver_to(id, channel.stopped);
                self.readers.insert(id, name);
                self.delivered(deliveries, out);
            }
            Err(why) => ended(id, Ended::Refused(why), out),
        }
        out.reply::<Read>(call, &(), Vec::new());
    }

    fn more(&mut self, _now: Time, incoming: Incoming<More>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let id = (call.client, request.reader);
        // A reader that has ended may not know yet.
        let name = self.readers.get(&id);
        if let Some(channel) = name.and_then(|name| self.named.get_mut(name)) {
            channel.feed.more(id, request.room);
            let deliveries = channel.feed.deliver_to(id, channel.stopped);
            self.delivered(deliveries, out);
        }
        out.reply::<More>(call, &(), Vec::new());
    }

    fn leave(&mut self, _now: Time, incoming: Incoming<Leave>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        self.left((call.client, request));
        out.reply::<Leave>(call, &(), Vec::new());
    }

    fn left(&mut self, id: ReaderId) {
        if let Some(name) = self.readers.remove(&id)
            && let Some(channel) = self.named.get_mut(&name)
        {
            channel.feed.leave(id);
        }
    }

    fn delivered(&mut self, deliveries: Vec<Delivery<Entry>>, out: &mut Out<'_>) {
        for delivery in deliveries {
            if delivery.ended {
                self.readers.remove(&delivery.to);
            }
            came(delivery, out);
        }
    }

    /// What is left to do for a channel that is there no more.
    fn forgotten(&mut self, name: &str, mut channel: Channel, out: &mut Out<'_>) {
        for id in channel.feed.readers() {
            self.readers.remove(&id);
            ended(id, Ended::Deleted, out);
        }
        for entry in channel.feed.cut(0) {
            let_go(name, &entry, out);
        }
    }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn holder(name: &str) -> String {
    format!("channel:{name}")
}

fn let_go(name: &str, entry: &Entry, out: &mut Out<'_>) {
    if let Some(task) = entry.task() {
        out.let_go(holder(name), task);
    }
}

fn came(delivery: Delivery<Entry>, out: &mut Out<'_>) {
    let (client, reader) = delivery.to;
    let (items, futures) = item::items(delivery.entries);
    let message = CameMessage {
        reader,
        first: delivery.first,
        items,
        ended: delivery.ended.then_some(Ended::Stopped),
    };
    out.push::<Came>(client, &message, futures);
}

fn ended((client, reader): ReaderId, why: Ended, out: &mut Out<'_>) {
    let message = CameMessage {
        reader,
        first: 0,
        items: Items::default(),
        ended: Some(why),
    };
    out.push::<Came>(client, &message, Vec::new());
}

impl Service for Channels {
    const NAME: &'static str = "channel";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call(Self::open)
            .call(Self::close)
            .call(Self::ask)
            .call(Self::list)
            .call(Self::append)
            .call(Self::stop)
            .call(Self::delete)
            .call(Self::look)
            .call(Self::read)
            .call(Self::more)
            .call(Self::leave)
            .push::<Came>()
    }

    fn client_gone(&mut self, now: Time, client: ClientId, out: &mut Out<'_>) {
        let readers = self.readers.range((client, 0)..=(client, u64::MAX));
        let readers: Vec<_> = readers.map(|(&id, _)| id).collect();
        for id in readers {
            self.left(id);
        }
        for (name, channel) in self.named.close_all(now, client) {
            self.forgotten(&name, channel, out);
        }
    }

    fn tick(&mut self, now: Time, out: &mut Out<'_>) {
        for (name, channel) in self.named.expire(now) {
            self.forgotten(&name, channel, out);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        self.named.next_deadline()
    }

    fn rows(&self) -> usize {
        self.named.len() + self.readers.len()
    }
}

#[cfg(test)]
mod tests;
