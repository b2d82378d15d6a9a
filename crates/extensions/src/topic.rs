//! Topics: events to whoever subscribes, with the last ones kept for those who come later.
//!
//! Unlike a channel a topic needs no opening, carries small values only, always rolls, and its
//! subscribers begin with the next event unless they ask for those that are kept.

mod words;

pub use words::{
    Came, CameMessage, Delete, Event, Keep, KeepRequest, Kept, Leave, List, Log, LogRequest, Look,
    LookRequest, More, Subscribe, SubscribeRequest,
};

use crate::feed::{Delivery, Ended, Feed, ReaderId};
use crate::item::{self, BATCH_ITEMS_MAX, ITEM_BYTES_MAX, Weigh};
use crate::name;
use crate::named::NAMED_MAX;
use crate::service::{Incoming, Operations, Out, Service};
use std::collections::BTreeMap;
use taskloom_core::{ClientId, Time};

/// How many events a topic keeps if nobody says otherwise.
pub const KEPT: usize = 1000;

/// Most events that a topic can keep.
pub const KEPT_MAX: u64 = 100_000;

/// A topic keeps fewer events when theirs are more bytes than this.
pub const TOPIC_BYTES_MAX: usize = 16 * 1024 * 1024;

impl Weigh for Event {
    fn weight(&self) -> usize {
        self.value.len() + size_of::<Self>()
    }
}

#[derive(Debug)]
struct Topic {
    feed: Feed<Event>,
    kept: usize,
}

impl Topic {
    /// Lets go what is too old or too much.
    fn cut(&mut self) {
        let mut kept = self.kept.min(self.feed.len());
        while kept > 0 && self.feed.bytes_with(&[], kept) > TOPIC_BYTES_MAX {
            kept /= 2;
        }
        self.feed.cut(kept);
    }
}

/// All topics of a scheduler.
#[derive(Debug, Default)]
pub struct Topics {
    topics: BTreeMap<String, Topic>,
    /// What each reader reads.
    readers: BTreeMap<ReaderId, String>,
}

impl Topics {
    /// No topics.
    pub fn new() -> Self {
        Self::default()
    }

    fn topic(&mut self, name: &str) -> Result<&mut Topic, String> {
        name::check("topic", name)?;
        if self.topics.len() >= NAMED_MAX && !self.topics.contains_key(name) {
            return Err(format!("there are {NAMED_MAX} topics already"));
        }
        let topic = self.topics.entry(name.to_owned());
        Ok(topic.or_insert_with(|| Topic {
            feed: Feed::new(),
            kept: KEPT,
        }))
    }

    fn log(&mut self, _now: Time, incoming: Incoming<Log>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let LogRequest { name, events } = request;
        let large = events
            .iter()
            .find(|event| event.value.len() > ITEM_BYTES_MAX);
        if let Some(event) = large {
            return out.refuse(call, item::too_large(event.value.len()));
        }
        if events.len() > BATCH_ITEMS_MAX {
            let count = events.len();
            let why = format!("{count} events are more than {BATCH_ITEMS_MAX} in one message");
            return out.refuse(call, why);
        }
        match self.topic(&name) {
            Ok(topic) => {
                topic.feed.extend(events);
                for delivery in topic.feed.deliver(false) {
                    came(delivery, out);
                }
                topic.cut();
                out.reply::<Log>(call, &(), Vec::new());
            }
            Err(why) => out.refuse(call, why),
        }
    }

    fn keep(&mut self, _now: Time, incoming: Incoming<Keep>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let KeepRequest { name, length } = request;
        if length == 0 || length > KEPT_MAX {
            let why = format!("a topic keeps from 1 to {KEPT_MAX} events; this is {length}");
            return out.refuse(call, why);
        }
        match self.topic(&name) {
            Ok(topic) => {
                topic.kept = length as usize;
                topic.cut();
                out.reply::<Keep>(call, &(), Vec::new());
            }
            Err(why) => out.refuse(call, why),
        }
    }

    fn look(&mut self, _now: Time, incoming: Incoming<Look>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let kept = match self.topics.get(&request.name) {
            None => Kept::default(),
            Some(topic) => {
                let (first, events) = topic.feed.from(request.from, u64::MAX);
                let end = topic.feed.end();
                Kept { first, events, end }
            }
        };
        out.reply::<Look>(call, &kept, Vec::new());
    }

    fn list(&mut self, _now: Time, incoming: Incoming<List>, out: &mut Out<'_>) {
        let names = self.topics.keys().cloned().collect();
        out.reply::<List>(incoming.call, &names, Vec::new());
    }

    fn delete(&mut self, _now: Time, incoming: Incoming<Delete>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let topic = self.topics.remove(&request);
        let existed = topic.is_some();
        for id in topic.iter().flat_map(|topic| topic.feed.readers()) {
            self.readers.remove(&id);
            ended(id, Ended::Deleted, out);
        }
        out.reply::<Delete>(call, &existed, Vec::new());
    }

    fn subscribe(&mut self, _now: Time, incoming: Incoming<Subscribe>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let SubscribeRequest {
            name,
            reader,
            room,
            past,
        } = request;
        let id = (call.client, reader);
        let joined = if self.readers.contains_key(&id) {
            Err(format!("there is a reader {reader} already"))
        } else {
            self.topic(&name).and_then(|topic| {
                let joined = topic.feed.join(id, room, u64::MAX, !past);
                let deliveries = joined.map(|()| topic.feed.deliver_to(id, false));
                deliveries.map_err(|why| format!("topic {name:?} cannot be read: {why}"))
            })
        };
        match joined {
            Ok(deliveries) => {
                self.readers.insert(id, name);
                deliveries
                    .into_iter()
                    .for_each(|delivery| came(delivery, out));
            }
            Err(why) => ended(id, Ended::Refused(why), out),
        }
        out.reply::<Subscribe>(call, &(), Vec::new());
    }

    fn more(&mut self, _now: Time, incoming: Incoming<More>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let id = (call.client, request.reader);
        let name = self.readers.get(&id);
        if let Some(topic) = name.and_then(|name| self.topics.get_mut(name)) {
            topic.feed.more(id, request.room);
            for delivery in topic.feed.deliver_to(id, false) {
                came(delivery, out);
            }
        }
        out.reply::<More>(call, &(), Vec::new());
    }

    fn leave(&mut self, _now: Time, incoming: Incoming<Leave>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        self.left((call.client, request));
        out.reply::<Leave>(call, &(), Vec::new());
    }

    fn left(&mut self, id: ReaderId) {
        let Some(name) = self.readers.remove(&id) else {
            return;
        };
        if let Some(topic) = self.topics.get_mut(&name) {
            topic.feed.leave(id);
            // One that was made for a reader alone goes with it.
            if topic.feed.end() == 0 && topic.kept == KEPT && topic.feed.readers().next().is_none()
            {
                self.topics.remove(&name);
            }
        }
    }
}

fn came(delivery: Delivery<Event>, out: &mut Out<'_>) {
    let (client, reader) = delivery.to;
    let message = CameMessage {
        reader,
        first: delivery.first,
        events: delivery.entries,
        ended: None,
    };
    out.push::<Came>(client, &message, Vec::new());
}

fn ended((client, reader): ReaderId, why: Ended, out: &mut Out<'_>) {
    let message = CameMessage {
        reader,
        first: 0,
        events: Vec::new(),
        ended: Some(why),
    };
    out.push::<Came>(client, &message, Vec::new());
}

impl Service for Topics {
    const NAME: &'static str = "topic";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call(Self::log)
            .call(Self::keep)
            .call(Self::look)
            .call(Self::list)
            .call(Self::delete)
            .call(Self::subscribe)
            .call(Self::more)
            .call(Self::leave)
            .push::<Came>()
    }

    fn client_gone(&mut self, _now: Time, client: ClientId, _out: &mut Out<'_>) {
        let readers = self.readers.range((client, 0)..=(client, u64::MAX));
        let readers: Vec<_> = readers.map(|(&id, _)| id).collect();
        readers.into_iter().for_each(|id| self.left(id));
    }

    fn rows(&self) -> usize {
        self.topics.len() + self.readers.len()
    }
}

#[cfg(test)]
mod tests;
