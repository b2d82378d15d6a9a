//! Queues: order, bounds, waiting, and nothing lost when a taker goes.

use super::*;
use crate::item::Items;
use crate::testing::{Driver, client, task};
use proptest::prelude::*;

type Test = Driver<Queues>;

fn numbered(numbers: impl IntoIterator<Item = u64>) -> Items {
    let numbers = numbers.into_iter();
    Items(numbers.map(|n| Some(n.to_string().into())).collect())
}

fn numbers(items: &Items) -> Vec<u64> {
    let text = |item: &Option<bytes::Bytes>| {
        let bytes = item.clone().unwrap();
        std::str::from_utf8(&bytes).unwrap().parse().unwrap()
    };
    items.0.iter().map(text).collect()
}

fn queue(maxsize: Option<u64>) -> Test {
    let mut test = Test::new(Queues::new());
    open(&mut test, 9, maxsize);
    test
}

fn open(test: &mut Test, by: u32, maxsize: Option<u64>) -> State {
    let request = OpenRequest {
        name: "x".into(),
        maxsize,
        keep: None,
    };
    test.ask::<Open>(client(by), request).unwrap()
}

fn put(test: &mut Test, by: u32, items: Items, wait: Option<u64>) -> CallId {
    let name = "x".into();
    test.call::<Put>(client(by), PutRequest { name, items, wait })
}

fn put_now(test: &mut Test, by: u32, number: u64) {
    let call = put(test, by, numbered([number]), Some(0));
    assert_eq!(test.reply::<Put>(call), Some(Ok(true)));
}

fn put_future(test: &mut Test, by: u32, number: u32, wait: Option<u64>) -> CallId {
    let items = Items(vec![None]);
    let name = "x".into();
    test.call_with::<Put>(
        client(by),
        PutRequest { name, items, wait },
        vec![task(number)],
    )
}

fn get(test: &mut Test, by: u32, max: u32, wait: Option<u64>) -> CallId {
    let name = "x".into();
    test.call::<Get>(client(by), GetRequest { name, max, wait })
}

/// The numbers that a call got; nothing if it waits.
fn got(test: &mut Test, call: CallId) -> Option<Vec<u64>> {
    let reply = test.reply::<Get>(call)?;
    Some(numbers(&reply.unwrap()))
}

fn state(test: &mut Test) -> State {
    test.ask::<Ask>(client(9), "x".into()).unwrap()
}

#[test]
fn items_come_out_in_order_each_once() {
    let mut test = queue(None);
    for number in 0..5 {
        put_now(&mut test, 1, number);
    }
    let one = get(&mut test, 2, 1, Some(0));
    let many = get(&mut test, 3, 10, Some(0));
    let none = get(&mut test, 3, 10, Some(0));
    assert_eq!(got(&mut test, one), Some(vec![0]));
    assert_eq!(got(&mut test, many), Some(vec![1, 2, 3, 4]));
    assert_eq!(got(&mut test, none), Some(vec![]));
}

#[test]
fn takers_wait_in_order() {
    let mut test = queue(None);
    let first = get(&mut test, 1, 1, None);
    let second = get(&mut test, 2, 1, None);
    put_now(&mut test, 3, 0);
    assert_eq!(got(&mut test, first), Some(vec![0]));
    assert_eq!(got(&mut test, second), None);
    test.withdraw(second);
    put_now(&mut test, 3, 1);
    assert_eq!(state(&mut test).len, 1);
}

#[test]
fn putters_wait_for_room_in_order_and_all_or_nothing() {
    let mut test = queue(Some(2));
    put_now(&mut test, 1, 0);
    put_now(&mut test, 1, 1);
    let full = put(&mut test, 1, numbered([9]), Some(0));
    assert_eq!(test.reply::<Put>(full), Some(Ok(false)));
    let pair = put(&mut test, 1, numbered([2, 3]), None);
    let one = put(&mut test, 1, numbered([4]), None);
    let first = get(&mut test, 2, 1, None);
    assert_eq!(got(&mut test, first), Some(vec![0]));
    // There is room for one, but the pair was first.
    assert_eq!(
        (test.reply::<Put>(pair), test.reply::<Put>(one)),
        (None, None)
    );
    // When the pair goes, the one behind it is next.
    test.withdraw(pair);
    assert_eq!(test.reply::<Put>(one), Some(Ok(true)));
    let all = get(&mut test, 2, 10, None);
    assert_eq!(got(&mut test, all), Some(vec![1, 4]));
    let never = put(&mut test, 1, numbered([5, 6, 7]), None);
    let error = test.reply::<Put>(never).unwrap().unwrap_err();
    assert!(error.contains("never fit"), "{error}");
}

#[test]
fn waiting_ends_with_its_time() {
    let mut test = queue(Some(1));
    let taker = get(&mut test, 1, 1, Some(100));
    test.pass(Duration::from_millis(99));
    assert_eq!(got(&mut test, taker), None);
    test.pass(Duration::from_millis(1));
    assert_eq!(got(&mut test, taker), Some(vec![]));
    put_now(&mut test, 1, 0);
    let putter = put_future(&mut test, 1, 1, Some(100));
    assert_eq!(test.holds.len(), 1);
    test.pass(Duration::from_millis(100));
    assert_eq!(test.reply::<Put>(putter), Some(Ok(false)));
    // What was not put is not held, and does not come later.
    assert!(test.holds.is_empty());
    assert_eq!(state(&mut test).putters, 0);
    test.pass(Duration::from_secs(10));
}

#[test]
fn a_future_is_held_until_its_taker_confirms_it() {
    let mut test = queue(None);
    put_future(&mut test, 1, 5, None);
    let call = get(&mut test, 2, 1, None);
    let (_, tasks) = test.reply_with::<Get>(call).unwrap().unwrap();
    assert_eq!(tasks, [task(5)]);
    assert_eq!(test.holds.len(), 1);
    test.received(call);
    assert!(test.holds.is_empty());
}

#[test]
fn what_a_taker_never_took_goes_back_to_its_place() {
    let mut test = queue(None);
    for number in 0..4 {
        put_now(&mut test, 1, number);
    }
    let lost = get(&mut test, 2, 2, None);
    let kept = get(&mut test, 3, 1, None);
    assert_eq!(got(&mut test, kept), Some(vec![2]));
    test.received(kept);
    test.withdraw(lost);
    let all = get(&mut test, 3, 10, None);
    assert_eq!(got(&mut test, all), Some(vec![0, 1, 3]));
    // The same when the taker dies.
    test.gone(client(3));
    let all = get(&mut test, 2, 10, None);
    assert_eq!(got(&mut test, all), Some(vec![0, 1, 3]));
}

#[test]
fn what_a_dead_taker_had_goes_to_those_who_wait_in_order() {
    let mut test = queue(None);
    for number in 0..2 {
        put_now(&mut test, 1, number);
    }
    let first = get(&mut test, 2, 1, None);
    let second = get(&mut test, 2, 1, None);
    let waits = get(&mut test, 3, 1, None);
    assert_eq!(got(&mut test, first), Some(vec![0]));
    assert_eq!(got(&mut test, second), Some(vec![1]));
    test.gone(client(2));
    assert_eq!(got(&mut test, waits), Some(vec![0]));
    let rest = get(&mut test, 3, 10, None);
    assert_eq!(got(&mut test, rest), Some(vec![1]));
}

#[test]
fn a_deleted_queue_lets_nobody_wait_and_holds_nothing() {
    let mut test = queue(Some(1));
    put_future(&mut test, 1, 1, None);
    let putter = put_future(&mut test, 1, 2, None);
    let taken = get(&mut test, 2, 1, None);
    // The second one has moved up.
    assert_eq!(test.reply::<Put>(putter), Some(Ok(true)));
    let putter = put_future(&mut test, 1, 3, None);
    assert!(test.ask::<Delete>(client(2), "x".into()).unwrap());
    let error = test.reply::<Put>(putter).unwrap().unwrap_err();
    assert!(error.contains("deleted"), "{error}");
    // Another queue of that name does not get what was handed out before.
    open(&mut test, 9, None);
    test.withdraw(taken);
    assert!(test.holds.is_empty());
    assert_eq!(state(&mut test).len, 0);
    let waits = get(&mut test, 2, 1, None);
    test.ask::<Delete>(client(2), "x".into()).unwrap();
    assert!(test.reply::<Get>(waits).unwrap().is_err());
    let absent = get(&mut test, 2, 1, None);
    assert!(test.reply::<Get>(absent).unwrap().is_err());
}

#[test]
fn an_empty_queue_is_forgotten_with_its_last_client() {
    let mut test = queue(None);
    put_now(&mut test, 9, 1);
    test.gone(client(9));
    assert_eq!(test.ask::<List>(client(1), ()).unwrap(), ["x"]);
    let call = get(&mut test, 1, 1, None);
    assert_eq!(got(&mut test, call), Some(vec![1]));
    test.received(call);
    assert_eq!(test.ask::<List>(client(1), ()).unwrap(), [""; 0]);
}

#[test]
fn bad_sizes_and_names_are_refused() {
    let mut test = Test::new(Queues::new());
    for (name, maxsize) in [("x", Some(0)), ("x", Some(SIZE_MAX + 1)), ("", None)] {
        let request = OpenRequest {
            name: name.into(),
            maxsize,
            keep: None,
        };
        assert!(test.ask::<Open>(client(1), request).is_err());
    }
    assert_eq!(test.ask::<List>(client(1), ()).unwrap(), [""; 0]);
}

#[derive(Clone, Debug)]
enum Act {
    Put {
        by: u32,
        count: usize,
        wait: Option<u64>,
    },
    Get {
        by: u32,
        max: u32,
        wait: Option<u64>,
    },
    Confirm(usize),
    Withdraw(usize),
    Gone {
        by: u32,
    },
    Pass(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let wait = || proptest::option::of(0..50_u64);
    let act = prop_oneof![
        4 => (0..3_u32, 1..3_usize, wait()).prop_map(|(by, count, wait)| Act::Put { by, count, wait }),
        4 => (0..3_u32, 1..4_u32, wait()).prop_map(|(by, max, wait)| Act::Get { by, max, wait }),
        3 => (0..8_usize).prop_map(Act::Confirm),
        2 => (0..8_usize).prop_map(Act::Withdraw),
        1 => (0..3_u32).prop_map(|by| Act::Gone { by }),
        2 => (0..60_u64).prop_map(Act::Pass),
    ];
    proptest::collection::vec(act, 0..80)
}

proptest! {
    /// Every task that was put is confirmed by exactly one taker, or is still held: nothing is lost
    /// and nothing is given out twice at a time.
    #[test]
    fn nothing_is_lost_and_nothing_is_taken_twice(
        acts in acts(),
        maxsize in proptest::option::of(2..5_u64),
    ) {
        let mut test = queue(maxsize);
        let mut next = 0;
        let mut putting: Vec<(CallId, Vec<u32>)> = Vec::new();
        let mut getting: Vec<CallId> = Vec::new();
        let mut unconfirmed: BTreeMap<CallId, Vec<u32>> = BTreeMap::new();
        let mut inside: BTreeSet<u32> = BTreeSet::new();
        for act in acts {
            match act {
                Act::Put { by, count, wait } => {
                    let tasks: Vec<_> = (next..next + count as u32).collect();
                    next += count as u32;
                    let request = PutRequest { name: "x".into(), items: Items(vec![None; count]), wait };
                    let futures = tasks.iter().map(|&number| task(number)).collect();
                    putting.push((test.call_with::<Put>(client(by), request, futures), tasks));
                }
                Act::Get { by, max, wait } => getting.push(get(&mut test, by, max, wait)),
                Act::Confirm(at) => {
                    if let Some(&call) = unconfirmed.keys().nth(at) {
                        test.received(call);
                        for number in unconfirmed.remove(&call).unwrap() {
                            inside.remove(&number);
                        }
                    }
                }
                Act::Withdraw(at) => {
                    let calls: Vec<_> = unconfirmed.keys().copied().chain(getting.iter().copied()).collect();
                    if let Some(&call) = calls.get(at) {
                        test.withdraw(call);
                        unconfirmed.remove(&call);
                        getting.retain(|&other| other != call);
                    }
                }
                Act::Gone { by } => {
                    test.gone(client(by));
                    unconfirmed.retain(|call, _| call.client != client(by));
                    getting.retain(|call| call.client != client(by));
                    putting.retain(|(call, _)| call.client != client(by));
                }
                Act::Pass(millis) => test.pass(Duration::from_millis(millis)),
            }
            putting.retain(|(call, tasks)| match test.reply::<Put>(*call) {
                None => true,
                Some(put) => {
                    if put.unwrap() {
                        inside.extend(tasks);
                    }
                    false
                }
            });
            let mut handed = Vec::new();
            getting.retain(|&call| match test.reply_with::<Get>(call) {
                None => true,
                Some(reply) => {
                    let (_, tasks) = reply.unwrap();
                    let tasks: Vec<_> = tasks.into_iter().map(|task| task.index).collect();
                    handed.push((call, tasks));
                    false
                }
            });
            for (call, tasks) in handed {
                prop_assert!(tasks.is_sorted(), "one call got {:?}", tasks);
                for number in &tasks {
                    prop_assert!(inside.contains(number));
                    prop_assert!(!unconfirmed.values().flatten().any(|other| other == number));
                }
                if !tasks.is_empty() {
                    unconfirmed.insert(call, tasks);
                }
            }
            let state = state(&mut test);
            let out = unconfirmed.values().flatten().count() as u64;
            prop_assert_eq!(state.len + out, inside.len() as u64);
            prop_assert!(state.len == 0 || state.getters == 0);
            prop_assert_eq!(state.getters, getting.len() as u64);
            prop_assert_eq!(state.putters, putting.len() as u64);
            let waiting: usize = putting.iter().map(|(_, tasks)| tasks.len()).sum();
            prop_assert_eq!(test.holds.len(), inside.len() + waiting);
        }
        for by in 0..3 {
            test.gone(client(by));
        }
        test.ask::<Delete>(client(9), "x".into()).unwrap();
        prop_assert!(test.holds.is_empty());
        prop_assert!(test.service().waiting.is_empty() && test.service().deadlines.is_empty());
        prop_assert!(test.service().handed.is_empty());
    }
}
