//! Two ends of a session joined by a perfect wire, under random interleavings, and single ends under
//! hostile input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use std::collections::VecDeque;
use taskloom_core::Time;
use taskloom_session::{Broken, Effects, Event, FrameHead, Session, Terms};

#[derive(Clone, Copy)]
struct Frame {
    head: FrameHead,
    bytes: u64,
}

/// One end, what it still has to say, and what it was told and has not handled.
struct End {
    session: Session,
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
            queue: VecDeque::new(),
            wire: VecDeque::new(),
            told: Vec::new(),
            delivered: 0,
            wants_room: false,
        }
    }

    fn event(&mut self, event: Event) -> Effects {
        let mut effects = Effects::default();
        self.session.handle(Time::ZERO, event, &mut effects);
        assert_eq!(effects.broken, None);
        self.wants_room |= effects.want_room;
        effects
    }

    fn room(&mut self) -> bool {
        self.wants_room = false;
        let Some(head) = self
            .event(Event::Room {
                queued: !self.queue.is_empty(),
            })
            .send
        else {
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
    Receive(bool),
    Handle(bool, prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<bool>(), 1u64..400).prop_map(|(end, bytes)| Step::Queue(end, bytes)),
        any::<bool>().prop_map(Step::Room),
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
    ) {
        let terms = Terms { send_window: windows.0, receive_window: windows.1 };
        let back = Terms { send_window: windows.1, receive_window: windows.0 };
        let mut ends = [End::new(terms), End::new(back)];
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
        // send, or when the machine wants it.
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
