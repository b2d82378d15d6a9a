//! Topics: who hears what, and what is kept.

use super::*;
use crate::feed::MoreRequest;
use crate::testing::{Driver, client};

type Test = Driver<Topics>;

fn log(test: &mut Test, numbers: std::ops::Range<u64>) {
    let event = |at: u64| Event {
        at,
        value: at.to_string().into(),
    };
    let name = "x".into();
    let events = numbers.map(event).collect();
    test.ask::<Log>(client(1), LogRequest { name, events })
        .unwrap();
}

fn subscribe(test: &mut Test, by: u32, room: u32, past: bool) {
    let (name, reader) = ("x".into(), 1);
    let request = SubscribeRequest {
        name,
        reader,
        room,
        past,
    };
    test.send::<Subscribe>(client(by), request);
}

fn came(test: &mut Test, by: u32) -> (Vec<u64>, Option<Ended>) {
    let (mut all, mut ended) = (Vec::new(), None);
    for (message, _) in test.pushes::<Came>(client(by)) {
        all.extend(message.events.iter().map(|event| event.at));
        ended = message.ended;
    }
    (all, ended)
}

fn kept(test: &mut Test) -> Vec<u64> {
    let (name, from) = ("x".into(), 0);
    let kept = test
        .ask::<Look>(client(1), LookRequest { name, from })
        .unwrap();
    kept.events.iter().map(|event| event.at).collect()
}

#[test]
fn subscribers_hear_what_comes_and_what_was_if_they_ask() {
    let mut test = Test::new(Topics::new());
    // Before there is such a topic.
    subscribe(&mut test, 2, 100, false);
    log(&mut test, 0..3);
    subscribe(&mut test, 3, 100, true);
    subscribe(&mut test, 4, 100, false);
    log(&mut test, 3..4);
    assert_eq!(came(&mut test, 2).0, [0, 1, 2, 3]);
    assert_eq!(came(&mut test, 3).0, [0, 1, 2, 3]);
    assert_eq!(came(&mut test, 4).0, [3]);
}

#[test]
fn the_last_ones_are_kept() {
    let mut test = Test::new(Topics::new());
    log(&mut test, 0..4);
    let keep = |length| KeepRequest {
        name: "x".into(),
        length,
    };
    test.ask::<Keep>(client(1), keep(2)).unwrap();
    assert_eq!(kept(&mut test), [2, 3]);
    log(&mut test, 4..7);
    assert_eq!(kept(&mut test), [5, 6]);
    assert!(test.ask::<Keep>(client(1), keep(0)).is_err());
    assert!(test.ask::<Keep>(client(1), keep(KEPT_MAX + 1)).is_err());
}

#[test]
fn large_events_are_kept_for_less_long() {
    let mut test = Test::new(Topics::new());
    let event = Event {
        at: 0,
        value: vec![0; ITEM_BYTES_MAX].into(),
    };
    for _ in 0..20 {
        let (name, events) = ("x".into(), vec![event.clone(); 100]);
        test.ask::<Log>(client(1), LogRequest { name, events })
            .unwrap();
    }
    let topic = test.service().topics.get("x").unwrap();
    assert!(topic.feed.len() > 0);
    assert!(topic.feed.bytes_with(&[], usize::MAX) <= TOPIC_BYTES_MAX);
    let (name, value) = ("x".into(), vec![0; ITEM_BYTES_MAX + 1].into());
    let events = vec![Event { at: 0, value }];
    assert!(
        test.ask::<Log>(client(1), LogRequest { name, events })
            .is_err()
    );
}

#[test]
fn a_slow_subscriber_is_sent_no_more_than_it_has_room_for() {
    let mut test = Test::new(Topics::new());
    subscribe(&mut test, 2, 2, false);
    log(&mut test, 0..5);
    assert_eq!(came(&mut test, 2).0, [0, 1]);
    test.send::<More>(client(2), MoreRequest { reader: 1, room: 2 });
    assert_eq!(came(&mut test, 2).0, [2, 3]);
    test.send::<Leave>(client(2), 1);
    log(&mut test, 5..6);
    assert_eq!(came(&mut test, 2).0, [0; 0]);
}

#[test]
fn subscribers_of_a_deleted_topic_are_told() {
    let mut test = Test::new(Topics::new());
    subscribe(&mut test, 2, 2, false);
    assert_eq!(test.ask::<List>(client(1), ()).unwrap(), ["x"]);
    assert!(test.ask::<Delete>(client(1), "x".into()).unwrap());
    assert_eq!(came(&mut test, 2).1, Some(Ended::Deleted));
    assert!(!test.ask::<Delete>(client(1), "x".into()).unwrap());
    assert!(test.service().readers.is_empty());
}

#[test]
fn a_topic_that_nobody_logged_to_goes_with_its_last_reader() {
    let mut test = Test::new(Topics::new());
    subscribe(&mut test, 2, 2, false);
    subscribe(&mut test, 3, 2, false);
    test.gone(client(2));
    assert_eq!(test.ask::<List>(client(1), ()).unwrap(), ["x"]);
    test.send::<Leave>(client(3), 1);
    assert_eq!(test.ask::<List>(client(1), ()).unwrap(), [""; 0]);
    subscribe(&mut test, 3, 2, false);
    subscribe(&mut test, 3, 2, false);
    assert!(matches!(came(&mut test, 3).1, Some(Ended::Refused(_))));
}
