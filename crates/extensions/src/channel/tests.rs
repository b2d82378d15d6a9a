//! Channels against the ten defects of the original, and at random against a naive row.

use super::*;
use crate::feed::MoreRequest;
use crate::item::{ITEM_BYTES_MAX, Items};
use crate::testing::{Driver, client, task};
use proptest::prelude::*;
use taskloom_core::TaskId;

type Test = Driver<Channels>;

fn value(number: u64) -> Items {
    Items(vec![Some(number.to_string().into())])
}

fn futures(count: usize) -> Items {
    Items(vec![None; count])
}

/// The values of some items, which are all numbers.
fn numbers(items: &Items) -> Vec<u64> {
    let text = |item: &Option<bytes::Bytes>| {
        let bytes = item.clone().unwrap();
        std::str::from_utf8(&bytes).unwrap().parse().unwrap()
    };
    items.0.iter().map(text).collect()
}

fn open(test: &mut Test, by: u32, maxlen: Option<u64>) -> State {
    let request = OpenRequest {
        name: "x".into(),
        maxlen,
        keep: None,
    };
    test.ask::<Open>(client(by), request).unwrap()
}

fn append(test: &mut Test, by: u32, items: Items, tasks: Vec<TaskId>) -> Result<State, String> {
    let name = "x".into();
    let call = test.call_with::<Append>(client(by), AppendRequest { name, items }, tasks);
    test.reply::<Append>(call).unwrap()
}

fn append_number(test: &mut Test, by: u32, number: u64) {
    append(test, by, value(number), Vec::new()).unwrap();
}

fn append_future(test: &mut Test, by: u32, number: u32) {
    append(test, by, futures(1), vec![task(number)]).unwrap();
}

fn read(test: &mut Test, by: u32, reader: u64, room: u32, window: u64) {
    let request = ReadRequest {
        name: "x".into(),
        reader,
        room,
        window,
    };
    test.send::<Read>(client(by), request);
}

/// All numbers that came to a reader, and why it ended.
fn came(test: &mut Test, by: u32, reader: u64) -> (Vec<u64>, Option<Ended>) {
    let (mut all, mut ended) = (Vec::new(), None);
    for (message, _) in test.pushes::<Came>(client(by)) {
        if message.reader == reader {
            assert_eq!(ended, None, "something came after the end");
            all.extend(numbers(&message.items));
            ended = message.ended;
        }
    }
    (all, ended)
}

fn look(test: &mut Test, by: u32) -> Contents {
    let request = LookRequest {
        name: "x".into(),
        from: 0,
        window: u64::MAX,
    };
    test.ask::<Look>(client(by), request).unwrap()
}

fn held(test: &Test) -> Vec<(u32, u32)> {
    let holds = test.holds.iter();
    holds
        .map(|((holder, task), count)| {
            assert_eq!(holder, "channel:x");
            (task.index, *count)
        })
        .collect()
}

#[test]
fn defect_1_a_late_joiner_knows_the_length_and_the_contents_at_once() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    for number in 0..3 {
        append_number(&mut test, 1, number);
    }
    assert_eq!(open(&mut test, 2, None).len, 3);
    assert_eq!(numbers(&look(&mut test, 2).items), [0, 1, 2]);
    // What is there comes first, once, and what comes goes on from there.
    read(&mut test, 2, 1, 100, u64::MAX);
    append_number(&mut test, 1, 3);
    assert_eq!(came(&mut test, 2, 1).0, [0, 1, 2, 3]);
}

#[test]
fn defect_2_no_element_is_missed_between_looking_and_waiting() {
    // A reader is told of everything after the point at which it joined: it never looks by itself.
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    read(&mut test, 1, 1, 1, u64::MAX);
    append_number(&mut test, 1, 0);
    append_number(&mut test, 1, 1);
    assert_eq!(came(&mut test, 1, 1).0, [0]);
    // The second one came while there was no room, and is given as soon as there is.
    test.send::<More>(client(1), MoreRequest { reader: 1, room: 1 });
    assert_eq!(came(&mut test, 1, 1).0, [1]);
}

#[test]
fn defect_3_a_future_that_lies_there_twice_is_held_until_both_rolled_off() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, Some(2));
    append_future(&mut test, 1, 7);
    append_future(&mut test, 1, 7);
    assert_eq!(held(&test), [(7, 2)]);
    append_future(&mut test, 1, 8);
    assert_eq!(held(&test), [(7, 1), (8, 1)]);
    append_future(&mut test, 1, 9);
    assert_eq!(held(&test), [(8, 1), (9, 1)]);
}

#[test]
fn defect_4_an_append_after_the_stop_is_refused_and_not_dropped() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    test.ask::<Stop>(client(1), "x".into()).unwrap();
    let error = append(&mut test, 1, futures(1), vec![task(1)]).unwrap_err();
    assert!(error.contains("stopped"), "{error}");
    assert_eq!(held(&test), []);
}

#[test]
fn defect_5_the_contents_stay_when_the_last_client_leaves_and_go_when_deleted() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    append_future(&mut test, 1, 1);
    test.ask::<Close>(client(1), "x".into()).unwrap();
    test.gone(client(1));
    assert_eq!(open(&mut test, 2, None).len, 1);
    let (contents, tasks) = {
        let request = LookRequest {
            name: "x".into(),
            from: 0,
            window: u64::MAX,
        };
        let call = test.call::<Look>(client(2), request);
        test.reply_with::<Look>(call).unwrap().unwrap()
    };
    assert_eq!((contents.state.len, tasks), (1, vec![task(1)]));
    assert!(test.ask::<Delete>(client(2), "x".into()).unwrap());
    assert_eq!(held(&test), []);
    assert_eq!(test.ask::<List>(client(2), ()).unwrap(), [""; 0]);
}

#[test]
fn defect_5_one_with_a_time_to_live_goes_by_itself() {
    let mut test = Test::new(Channels::new());
    let request = OpenRequest {
        name: "x".into(),
        maxlen: None,
        keep: Some(1000),
    };
    test.ask::<Open>(client(1), request).unwrap();
    append_future(&mut test, 1, 1);
    test.gone(client(1));
    test.pass(Duration::from_millis(999));
    // Somebody comes in time, and leaves.
    assert_eq!(open(&mut test, 2, None).len, 1);
    test.pass(Duration::from_secs(10));
    assert_eq!(held(&test), [(1, 1)]);
    test.gone(client(2));
    test.pass(Duration::from_secs(1));
    assert_eq!(held(&test), []);
    assert_eq!(test.ask::<List>(client(2), ()).unwrap(), [""; 0]);
}

#[test]
fn defect_6_a_maxlen_of_zero_is_refused() {
    let mut test = Test::new(Channels::new());
    for maxlen in [0, LENGTH_MAX + 1] {
        let request = OpenRequest {
            name: "x".into(),
            maxlen: Some(maxlen),
            keep: None,
        };
        let error = test.ask::<Open>(client(1), request).unwrap_err();
        assert!(error.contains("maxlen"), "{error}");
    }
    assert_eq!(test.ask::<List>(client(1), ()).unwrap(), [""; 0]);
}

#[test]
fn defect_7_and_8_a_client_that_goes_takes_its_readers_with_it() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    open(&mut test, 2, None);
    read(&mut test, 2, 1, 100, u64::MAX);
    read(&mut test, 2, 2, 100, u64::MAX);
    test.gone(client(2));
    append_number(&mut test, 1, 0);
    assert_eq!(came(&mut test, 2, 1).0, [0; 0]);
    assert!(test.service().readers.is_empty());
    // It may come back as another one, with the same numbers for its readers.
    read(&mut test, 2, 1, 100, u64::MAX);
    assert_eq!(came(&mut test, 2, 1).0, [0]);
    // And a reader alone may leave.
    test.send::<Leave>(client(2), 1);
    append_number(&mut test, 1, 1);
    assert_eq!(came(&mut test, 2, 1).0, [0; 0]);
    assert!(test.service().readers.is_empty());
}

#[test]
fn defect_9_futures_are_handed_over_with_their_element() {
    // The scheduler makes the client want what comes with a message before anything else happens,
    // so it is enough that the futures travel with it, and before they roll off.
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, Some(1));
    read(&mut test, 1, 1, 100, u64::MAX);
    append(&mut test, 1, futures(2), vec![task(1), task(2)]).unwrap();
    let came = test.pushes::<Came>(client(1));
    let tasks: Vec<_> = came.iter().flat_map(|(_, tasks)| tasks.clone()).collect();
    assert_eq!(tasks, [task(1), task(2)]);
    assert_eq!(held(&test), [(2, 1)]);
}

#[test]
fn defect_10_readers_of_one_client_are_independent() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    read(&mut test, 1, 1, 1, u64::MAX);
    read(&mut test, 1, 2, 100, u64::MAX);
    for number in 0..3 {
        append_number(&mut test, 1, number);
    }
    let mut came_1 = Vec::new();
    let mut came_2 = Vec::new();
    for (message, _) in test.pushes::<Came>(client(1)) {
        let into = if message.reader == 1 {
            &mut came_1
        } else {
            &mut came_2
        };
        into.extend(numbers(&message.items));
    }
    assert_eq!((came_1, came_2), (vec![0], vec![0, 1, 2]));
}

#[test]
fn a_slow_reader_skips_what_rolled_off_and_can_tell() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, Some(2));
    read(&mut test, 1, 1, 1, u64::MAX);
    for number in 0..6 {
        append_number(&mut test, 1, number);
    }
    test.send::<More>(client(1), MoreRequest { reader: 1, room: 9 });
    let came: Vec<_> = test
        .pushes::<Came>(client(1))
        .into_iter()
        .map(|(message, _)| (message.first, numbers(&message.items)))
        .collect();
    assert_eq!(came, [(0, vec![0]), (4, vec![4, 5])]);
}

#[test]
fn a_reader_with_room_sees_more_than_the_channel_keeps() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, Some(1));
    read(&mut test, 1, 1, 100, u64::MAX);
    let three = Items((0..3).map(|n: u64| Some(n.to_string().into())).collect());
    append(&mut test, 1, three, Vec::new()).unwrap();
    assert_eq!(came(&mut test, 1, 1).0, [0, 1, 2]);
    assert_eq!(numbers(&look(&mut test, 1).items), [2]);
}

#[test]
fn a_window_shows_the_last_ones() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, Some(10));
    for number in 0..20 {
        append_number(&mut test, 1, number);
    }
    read(&mut test, 1, 1, 100, 3);
    assert_eq!(came(&mut test, 1, 1).0, [17, 18, 19]);
    let request = LookRequest {
        name: "x".into(),
        from: 0,
        window: 3,
    };
    let contents = test.ask::<Look>(client(1), request).unwrap();
    assert_eq!(
        (contents.first, numbers(&contents.items)),
        (17, vec![17, 18, 19])
    );
}

#[test]
fn readers_end_after_the_last_element_also_late_and_slow_ones() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    read(&mut test, 1, 1, 1, u64::MAX);
    append_number(&mut test, 1, 0);
    append_number(&mut test, 1, 1);
    test.ask::<Stop>(client(1), "x".into()).unwrap();
    assert_eq!(came(&mut test, 1, 1), (vec![0], None));
    test.send::<More>(client(1), MoreRequest { reader: 1, room: 1 });
    assert_eq!(came(&mut test, 1, 1), (vec![1], Some(Ended::Stopped)));
    read(&mut test, 2, 1, 100, u64::MAX);
    assert_eq!(came(&mut test, 2, 1), (vec![0, 1], Some(Ended::Stopped)));
    assert!(test.service().readers.is_empty());
    // Credit that was on its way when it ended is for nobody.
    test.send::<More>(client(1), MoreRequest { reader: 1, room: 1 });
    // It stays stopped, though nobody has it open.
    test.gone(client(1));
    test.gone(client(2));
    assert!(open(&mut test, 3, None).stopped);
}

#[test]
fn readers_of_a_deleted_channel_and_of_none_are_told() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    read(&mut test, 1, 1, 100, u64::MAX);
    test.ask::<Delete>(client(2), "x".into()).unwrap();
    assert_eq!(came(&mut test, 1, 1).1, Some(Ended::Deleted));
    let error = append(&mut test, 1, value(1), Vec::new()).unwrap_err();
    assert!(error.contains("deleted"), "{error}");
    read(&mut test, 1, 2, 100, u64::MAX);
    let (_, ended) = came(&mut test, 1, 2);
    assert!(matches!(ended, Some(Ended::Refused(why)) if why.contains("\"x\"")));
    assert!(!test.ask::<Delete>(client(2), "x".into()).unwrap());
}

#[test]
fn an_unused_channel_is_forgotten_with_its_last_client() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    open(&mut test, 1, None);
    open(&mut test, 2, None);
    test.ask::<Close>(client(1), "x".into()).unwrap();
    assert_eq!(test.ask::<List>(client(2), ()).unwrap(), ["x"]);
    test.gone(client(2));
    assert_eq!(test.ask::<List>(client(3), ()).unwrap(), [""; 0]);
}

#[test]
fn what_has_no_room_is_refused() {
    let mut test = Test::new(Channels::new());
    open(&mut test, 1, None);
    let large = || Items(vec![Some(vec![0; ITEM_BYTES_MAX].into()); 1024]);
    let mut refused = None;
    for _ in 0..CHANNEL_BYTES_MAX / ITEM_BYTES_MAX / 1024 + 1 {
        refused = append(&mut test, 1, large(), Vec::new()).err();
    }
    let refused = refused.unwrap();
    assert!(refused.contains("full"), "{refused}");
    for name in [String::new(), "x".repeat(10_000)] {
        let request = OpenRequest {
            name,
            ..OpenRequest::default()
        };
        assert!(test.ask::<Open>(client(1), request).is_err());
    }
    // One that rolls has room for what it keeps.
    let request = OpenRequest {
        name: "rolls".into(),
        maxlen: Some(2),
        keep: None,
    };
    test.ask::<Open>(client(1), request).unwrap();
    for _ in 0..8 {
        let name = "rolls".into();
        let items = large();
        let kept = test.ask::<Append>(client(1), AppendRequest { name, items });
        assert_eq!(kept.unwrap().len, 2);
    }
}

#[derive(Clone, Debug)]
enum Act {
    Append { by: u32, count: u64 },
    AppendFuture { by: u32, number: u32 },
    Read { by: u32, reader: u64, room: u32 },
    More { by: u32, reader: u64, room: u32 },
    Leave { by: u32, reader: u64 },
    Gone { by: u32 },
    Stop,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let (by, reader, room) = (0..3_u32, 0..3_u64, 0..5_u32);
    let act = prop_oneof![
        4 => (by.clone(), 1..4_u64).prop_map(|(by, count)| Act::Append { by, count }),
        3 => (by.clone(), 0..4_u32).prop_map(|(by, number)| Act::AppendFuture { by, number }),
        2 => (by.clone(), reader.clone(), room.clone())
            .prop_map(|(by, reader, room)| Act::Read { by, reader, room }),
        4 => (by.clone(), reader.clone(), room)
            .prop_map(|(by, reader, room)| Act::More { by, reader, room }),
        1 => (by.clone(), reader).prop_map(|(by, reader)| Act::Leave { by, reader }),
        1 => by.prop_map(|by| Act::Gone { by }),
        1 => Just(Act::Stop),
    ];
    proptest::collection::vec(act, 0..60)
}

proptest! {
    #[test]
    fn all_readers_see_one_order_and_holds_are_what_lies_there(
        acts in acts(),
        maxlen in proptest::option::of(1..4_u64),
    ) {
        let mut test = Test::new(Channels::new());
        open(&mut test, 9, maxlen);
        // Everything that was ever appended, in order: a number, or a task.
        let mut all: Vec<Result<u64, TaskId>> = Vec::new();
        let mut stopped = false;
        for act in acts {
            match act {
                Act::Append { by, count } => {
                    let first = all.len() as u64;
                    let items = (first..first + count).map(|n| Some(n.to_string().into()));
                    let done = append(&mut test, by, Items(items.collect()), Vec::new());
                    prop_assert_eq!(done.is_err(), stopped);
                    if !stopped {
                        all.extend((first..first + count).map(Ok));
                    }
                }
                Act::AppendFuture { by, number } => {
                    let done = append(&mut test, by, futures(1), vec![task(number)]);
                    prop_assert_eq!(done.is_err(), stopped);
                    if !stopped {
                        all.push(Err(task(number)));
                    }
                }
                Act::Read { by, reader, room } => read(&mut test, by, reader, room, u64::MAX),
                Act::More { by, reader, room } => {
                    test.send::<More>(client(by), MoreRequest { reader, room });
                }
                Act::Leave { by, reader } => test.send::<Leave>(client(by), reader),
                Act::Gone { by } => test.gone(client(by)),
                Act::Stop => {
                    test.ask::<Stop>(client(9), "x".into()).unwrap();
                    stopped = true;
                }
            }
            // Whatever comes is what was appended under its number.
            for by in 0..3 {
                for (message, tasks) in test.pushes::<Came>(client(by)) {
                    let mut tasks = tasks.into_iter();
                    for (place, item) in (message.first..).zip(message.items.0) {
                        let item = match item {
                            Some(bytes) => Ok(String::from_utf8(bytes.into()).unwrap().parse().unwrap()),
                            None => Err(tasks.next().unwrap()),
                        };
                        prop_assert_eq!(&all[place as usize], &item);
                    }
                    prop_assert!(message.ended != Some(Ended::Stopped) || stopped);
                }
            }
            // What is held is what lies there.
            let kept = maxlen.map_or(all.len(), |maxlen| all.len().min(maxlen as usize));
            let mut lying = BTreeMap::<u32, u32>::new();
            for task in all[all.len() - kept..].iter().filter_map(|entry| entry.err()) {
                *lying.entry(task.index).or_default() += 1;
            }
            prop_assert_eq!(held(&test), lying.into_iter().collect::<Vec<_>>());
        }
        test.ask::<Delete>(client(9), "x".into()).unwrap();
        prop_assert!(test.holds.is_empty());
        prop_assert!(test.service().readers.is_empty());
    }
}
