//! Two ends of a session joined by a perfect wire, under random interleavings, and single ends under
//! hostile input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use std::collections::VecDeque;
use std::time::Duration;
use taskloom_core::Time;
use taskloom_session::{Batching, Broken, Effects, Event, FrameHead, Session, Terms};

#[derive(Clone, Copy)]
struct Frame {
    head: FrameHead,
    bytes: u64,
}

/// One end, what it still has to say, and what it was told and has not handled.
struct End {
    session: Session,
    now: Time,
    /// Until when it gathers.
    gathers_until: Option<Time>,
    queue: VecDeque<u64>,
    wire: VecDeque<Frame>,
    told: Vec<u64>,
    delivered: u64,
    wants_room: bool,
}

impl End {
    fn new(terms: Terms) -> Self {
        Self {
            session: Session::new(Time::ZERO, terms),
            now: Time::ZERO,
            gathers_until: None,
            queue: VecDeque::new(),
            wire: VecDeque::new(),
            told: Vec::new(),
            delivered: 0,
            wants_room: false,
        }
    }

    fn event(&mut self, event: Event) -> Effects {
        let mut effects = Effects::default();
        self.session.handle(self.now, event, &mut effects);
        assert_eq!(effects.broken, None);
        self.wants_room |= effects.want_room;
        effects
    }

    fn room(&mut self) -> bool {
        self.wants_room = false;
        let queued = self.queue.iter().sum();
        let last = false;
        let effects = self.event(Event::Room { queued, last });
        self.gathers_until = effects.wait_until;
        assert!(effects.wait_until.is_none_or(|until| until > self.now));
        let Some(head) = effects.send else {
            return false;
        };
        let mut bytes = 0;
        if head.seq != 0 {
            bytes = self.queue.pop_front().unwrap();
            self.event(Event::Sent {
                seq: head.seq,
                bytes,
            });
        }
        self.wire.push_back(Frame { head, bytes });
        true
    }

    fn receive(&mut self, frame: Frame) {
        let FrameHead { seq, ack } = frame.head;
        if self
            .event(Event::Received {
                seq,
                ack,
                bytes: frame.bytes,
            })
            .deliver
        {
            self.delivered += 1;
            assert_eq!(seq, self.delivered);
            self.told.push(seq);
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Queue(bool, u64),
    Room(bool),
    Wait(bool, u64),
    Receive(bool),
    Handle(bool, prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<bool>(), 1u64..400).prop_map(|(end, bytes)| Step::Queue(end, bytes)),
        any::<bool>().prop_map(Step::Room),
        (any::<bool>(), 0u64..2_000_000).prop_map(|(end, nanos)| Step::Wait(end, nanos)),
        any::<bool>().prop_map(Step::Receive),
        (any::<bool>(), any::<prop::sample::Index>()).prop_map(|(end, at)| Step::Handle(end, at)),
    ]
}

proptest! {
    /// Whatever the order of events, everything queued arrives once and in order, no more than the
    /// window and one frame is ever unacknowledged, and nothing gets stuck.
    #[test]
    fn everything_arrives_in_order(
        steps in prop::collection::vec(step(), 0..400),
        windows in (1u64..2000, 1u64..2000),
        burst in 0u32..4,
        bytes in 0u64..600,
    ) {
        let terms = Terms { send_window: windows.0, receive_window: windows.1 };
        let back = Terms { send_window: windows.1, receive_window: windows.0 };
        let mut ends = [End::new(terms), End::new(back)];
        for end in &mut ends {
            let interval = Duration::from_millis(1);
            end.session.set_batching(Batching { interval, burst, bytes });
        }
        let mut queued = [0, 0];
        for step in steps {
            match step {
                Step::Queue(end, bytes) => {
                    queued[end as usize] += 1;
                    ends[end as usize].queue.push_back(bytes);
                }
                Step::Room(end) => {
                    ends[end as usize].room();
                }
                Step::Wait(end, nanos) => {
                    let end = &mut ends[end as usize];
                    end.now = end.now + Duration::from_nanos(nanos);
                }
                Step::Receive(end) => {
                    if let Some(frame) = ends[!end as usize].wire.pop_front() {
                        ends[end as usize].receive(frame);
                    }
                }
                Step::Handle(end, at) => {
                    let end = &mut ends[end as usize];
                    if !end.told.is_empty() {
                        let at = at.index(end.told.len());
                        let seq = end.told.remove(at);
                        end.event(Event::Handled { seq });
                    }
                }
            }
            prop_assert!(ends[0].session.unacknowledged_bytes() < windows.0 + 400);
            prop_assert!(ends[1].session.unacknowledged_bytes() < windows.1 + 400);
        }
        // Let it run dry the way the driver does: room is asked for when there is something new to
        // send, when the machine wants it, or when it has gathered long enough.
        for end in &mut ends {
            end.wants_room = true;
        }
        loop {
            let mut moved = false;
            for at in 0..2 {
                while ends[at].wants_room && ends[at].room() {
                    ends[at].wants_room = true;
                    moved = true;
                }
                if let Some(until) = ends[at].gathers_until.take() {
                    ends[at].now = until;
                    ends[at].wants_room = true;
                    moved = true;
                }
                while let Some(frame) = ends[1 - at].wire.pop_front() {
                    ends[at].receive(frame);
                    moved = true;
                }
                for seq in std::mem::take(&mut ends[at].told) {
                    ends[at].event(Event::Handled { seq });
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        prop_assert_eq!(ends[1].delivered, queued[0]);
        prop_assert_eq!(ends[0].delivered, queued[1]);
    }

    /// No numbers that a hostile peer may send upset the machine, and after a broken rule it stays
    /// broken.
    #[test]
    fn hostile_numbers_are_refused(
        frames in prop::collection::vec((0u64..6, 0u64..4, 0u64..10, 0u64..6), 0..60),
    ) {
        let terms = Terms { send_window: 20, receive_window: 20 };
        let mut session = Session::new(Time::ZERO, terms);
        let mut broken = None;
        for (seq, ack, bytes, handled) in frames {
            let mut effects = Effects::default();
            session.handle(Time::ZERO, Event::Received { seq, ack, bytes }, &mut effects);
            prop_assert!(broken.is_none() || effects.broken == broken);
            prop_assert!(!(effects.deliver && effects.broken.is_some()));
            broken = effects.broken;
            effects.clear();
            session.handle(Time::ZERO, Event::Handled { seq: handled }, &mut effects);
        }
    }
}

#[test]
fn gaps_duplicates_and_false_acknowledgements_are_told_apart() {
    let terms = Terms {
        send_window: 10,
        receive_window: 10,
    };
    let broken = |events: &[Event]| {
        let mut session = Session::new(Time::ZERO, terms);
        let mut effects = Effects::default();
        for &event in events {
            effects.clear();
            session.handle(Time::ZERO, event, &mut effects);
        }
        effects.broken
    };
    let frame = |seq, ack| Event::Received { seq, ack, bytes: 1 };
    assert_eq!(broken(&[frame(1, 0), frame(2, 0)]), None);
    assert_eq!(
        broken(&[frame(1, 0), frame(3, 0)]),
        Some(Broken::Gap {
            expected: 2,
            got: 3
        })
    );
    assert_eq!(
        broken(&[frame(1, 0), frame(1, 0)]),
        Some(Broken::Duplicate {
            expected: 2,
            got: 1
        })
    );
    assert_eq!(
        broken(&[frame(1, 1)]),
        Some(Broken::AckAhead { last: 0, got: 1 })
    );
    assert_eq!(broken(&[frame(0, 0)]), Some(Broken::Unnumbered));
    let large = |seq| Event::Received {
        seq,
        ack: 0,
        bytes: 21,
    };
    let handled = Event::Handled { seq: 1 };
    assert_eq!(broken(&[large(1), large(2), handled, large(3)]), None);
    assert_eq!(
        broken(&[large(1), large(2), large(3)]),
        Some(Broken::Overrun { window: 10 })
    );
}

#[test]
fn a_quiet_direction_sends_no_acknowledgement_of_its_own() {
    let terms = Terms {
        send_window: 800,
        receive_window: 800,
    };
    let mut end = End::new(terms);
    let mut seq = 0;
    for _ in 0..9 {
        seq += 1;
        let head = FrameHead { seq, ack: 0 };
        end.receive(Frame { head, bytes: 10 });
        end.event(Event::Handled { seq });
        assert!(!end.wants_room || seq > 9);
    }
    assert!(!end.room());
    // The tenth of ten bytes reaches an eighth of the window.
    end.receive(Frame {
        head: FrameHead { seq: 10, ack: 0 },
        bytes: 10,
    });
    end.event(Event::Handled { seq: 10 });
    assert!(end.wants_room && end.room());
    assert_eq!(
        end.wire.pop_front().map(|frame| frame.head),
        Some(FrameHead { seq: 0, ack: 10 })
    );
}

/// A thousand small messages within a millisecond: how they are cut into frames. Virtual time.
#[test]
fn s2_small_messages_gather_in_few_frames_and_the_first_leaves_at_once() {
    let terms = Terms {
        send_window: 1 << 30,
        receive_window: 1 << 30,
    };
    let mut end = End::new(terms);
    end.session.set_batching(Batching {
        interval: Duration::from_millis(5),
        burst: 1,
        bytes: 32 * 1024,
    });
    let micro = Duration::from_micros(1);
    let mut frames: Vec<(Time, u64)> = Vec::new();
    // The driver empties the queue into each frame.
    let pump = |end: &mut End, frames: &mut Vec<(Time, u64)>| {
        let queued = end.queue.iter().sum();
        let effects = end.event(Event::Room {
            queued,
            last: false,
        });
        if let Some(FrameHead { seq, .. }) = effects.send {
            assert_eq!(seq, frames.len() as u64 + 1);
            frames.push((end.now, queued));
            end.queue.clear();
            end.event(Event::Sent { seq, bytes: queued });
        }
        effects.wait_until
    };
    let start = end.now;
    let mut until = None;
    for _ in 0..1000 {
        end.queue.push_back(16);
        until = pump(&mut end, &mut frames);
        end.now = end.now + micro;
    }
    assert_eq!(frames, [(start, 16)], "only the first left at once");
    end.now = until.expect("the others are waiting");
    assert_eq!(end.now, start + Duration::from_millis(5));
    assert_eq!(pump(&mut end, &mut frames), None);
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1].1, 999 * 16);
    // More than fits the size does not wait for the time.
    for _ in 0..3000 {
        end.queue.push_back(16);
        pump(&mut end, &mut frames);
    }
    assert_eq!(frames.len(), 3);
    assert_eq!(frames[2].1, 32 * 1024 + 16);
    // What is said last waits for nothing.
    let queued = end.queue.iter().sum();
    let effects = end.event(Event::Room { queued, last: true });
    assert!(effects.send.is_some());
}

#[test]
fn who_asks_and_waits_for_the_answer_is_never_held_up() {
    let terms = Terms {
        send_window: 1 << 20,
        receive_window: 1 << 20,
    };
    let mut end = End::new(terms);
    for seq in 1..10_000 {
        end.queue.push_back(40);
        assert!(end.room(), "frame {seq}");
        end.now = end.now + Duration::from_micros(60);
        let head = FrameHead { seq, ack: seq };
        end.receive(Frame { head, bytes: 40 });
        end.event(Event::Handled { seq });
    }
}
