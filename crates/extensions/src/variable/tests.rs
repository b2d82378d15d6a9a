//! Variables: one value, its waiters, and what is held.

use super::*;
use crate::item::Items;
use crate::testing::{Driver, client, task};

type Test = Driver<Variables>;

fn set(test: &mut Test, text: &'static str) -> u64 {
    let items = Items(vec![Some(text.into())]);
    let name = "x".into();
    test.ask::<Set>(client(1), SetRequest { name, items })
        .unwrap()
}

fn set_future(test: &mut Test, number: u32) {
    let (name, items) = ("x".into(), Items(vec![None]));
    let request = SetRequest { name, items };
    let call = test.call_with::<Set>(client(1), request, vec![task(number)]);
    test.reply::<Set>(call).unwrap().unwrap();
}

fn get(test: &mut Test, by: u32, after: u64, wait: bool) -> CallId {
    let name = "x".into();
    test.call::<Get>(client(by), GetRequest { name, after, wait })
}

fn got(test: &mut Test, call: CallId) -> Option<String> {
    let current = test.reply::<Get>(call)?.unwrap();
    let item = current.items.0.into_iter().next();
    Some(item.map_or_else(String::new, |item| {
        String::from_utf8(item.unwrap().into()).unwrap()
    }))
}

#[test]
fn who_waits_gets_what_is_set() {
    let mut test = Test::new(Variables::new());
    let absent = get(&mut test, 1, 0, false);
    assert_eq!(got(&mut test, absent).unwrap(), "");
    let waits = get(&mut test, 1, 0, true);
    let gives_up = get(&mut test, 2, 0, true);
    assert_eq!(got(&mut test, waits), None);
    test.withdraw(gives_up);
    let number = set(&mut test, "a");
    assert_eq!(got(&mut test, waits).unwrap(), "a");
    let newer = get(&mut test, 1, number, true);
    let any = get(&mut test, 1, 0, true);
    assert_eq!(got(&mut test, any).unwrap(), "a");
    assert_eq!(got(&mut test, newer), None);
    set(&mut test, "b");
    assert_eq!(got(&mut test, newer).unwrap(), "b");
    assert!(test.service().waiting.is_empty());
}

#[test]
fn a_future_is_held_while_it_is_set_and_handed_over_at_once() {
    let mut test = Test::new(Variables::new());
    let waits = get(&mut test, 2, 0, true);
    set_future(&mut test, 1);
    let (_, tasks) = test.reply_with::<Get>(waits).unwrap().unwrap();
    assert_eq!(tasks, [task(1)]);
    assert_eq!(
        test.holds.keys().next(),
        Some(&("variable:x".into(), task(1)))
    );
    // The same again is one hold, not none.
    set_future(&mut test, 1);
    assert_eq!(test.holds.len(), 1);
    set_future(&mut test, 2);
    assert_eq!(
        test.holds.keys().next(),
        Some(&("variable:x".into(), task(2)))
    );
    assert!(test.ask::<Delete>(client(1), "x".into()).unwrap());
    assert!(!test.ask::<Delete>(client(1), "x".into()).unwrap());
    assert!(test.holds.is_empty());
    assert!(test.service().variables.is_empty());
}

#[test]
fn numbers_grow_also_when_a_variable_was_deleted() {
    let mut test = Test::new(Variables::new());
    let first = set(&mut test, "a");
    test.ask::<Delete>(client(1), "x".into()).unwrap();
    assert_eq!(test.ask::<List>(client(1), ()).unwrap(), [""; 0]);
    let waits = get(&mut test, 1, first, true);
    assert!(set(&mut test, "b") > first);
    assert_eq!(got(&mut test, waits).unwrap(), "b");
    assert_eq!(test.ask::<List>(client(1), ()).unwrap(), ["x"]);
}

#[test]
fn a_client_that_goes_waits_no_more() {
    let mut test = Test::new(Variables::new());
    get(&mut test, 2, 0, true);
    get(&mut test, 2, 0, true);
    test.gone(client(2));
    assert!(test.service().variables.is_empty());
    assert!(test.service().waiting.is_empty());
    set(&mut test, "a");
}

#[test]
fn bad_words_are_refused() {
    let mut test = Test::new(Variables::new());
    let two = Items(vec![Some("a".into()), Some("b".into())]);
    for (name, items) in [
        ("x", two),
        ("x", Items::default()),
        ("", Items(vec![Some("a".into())])),
    ] {
        let name = name.into();
        assert!(
            test.ask::<Set>(client(1), SetRequest { name, items })
                .is_err()
        );
    }
    let (name, after, wait) = (String::new(), 0, true);
    assert!(
        test.ask::<Get>(client(1), GetRequest { name, after, wait })
            .is_err()
    );
    assert!(test.service().variables.is_empty());
}
