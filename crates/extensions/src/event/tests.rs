//! Tests of the machine of events.

use super::*;
use crate::testing::{Driver, client};

type Test = Driver<Events>;

impl Test {
    fn waits(&mut self, call: CallId) -> bool {
        self.reply::<EventWait>(call).is_none()
    }

    fn empty(&self) -> bool {
        let events = self.service();
        events.set.is_empty() && events.waiting.is_empty() && events.by_call.is_empty()
    }
}

fn go() -> String {
    "go".into()
}

#[test]
fn all_who_wait_go_on_when_it_is_set_and_nobody_waits_after() {
    let mut t = Driver::new(Events::new());
    let calls: Vec<CallId> = (1..4)
        .map(|number| t.call::<EventWait>(client(number), go()))
        .collect();
    let other = t.call::<EventWait>(client(1), "other".into());
    assert_eq!(t.ask::<EventIsSet>(client(9), go()), Ok(false));
    t.ask::<EventSet>(client(9), go()).unwrap();
    for call in calls {
        assert!(!t.waits(call));
    }
    assert!(t.waits(other));
    t.ask::<EventWait>(client(1), go()).unwrap();
    // Setting it again changes nothing, and it outlives whoever set it.
    t.ask::<EventSet>(client(9), go()).unwrap();
    t.gone(client(9));
    assert_eq!(t.ask::<EventIsSet>(client(1), go()), Ok(true));
}

#[test]
fn after_it_was_cleared_it_is_waited_for_again() {
    let mut t = Driver::new(Events::new());
    t.ask::<EventSet>(client(1), go()).unwrap();
    t.ask::<EventClear>(client(1), go()).unwrap();
    assert!(t.empty());
    let call = t.call::<EventWait>(client(1), go());
    // Clearing what is not set wakes nobody.
    t.ask::<EventClear>(client(1), go()).unwrap();
    assert!(t.waits(call));
    t.send::<EventSet>(client(1), go());
    assert!(!t.waits(call));
}

#[test]
fn who_stops_waiting_or_dies_leaves_nothing_behind() {
    let mut t = Driver::new(Events::new());
    let call = t.call::<EventWait>(client(1), go());
    t.call::<EventWait>(client(2), go());
    t.call::<EventWait>(client(2), "other".into());
    t.withdraw(call);
    t.gone(client(2));
    assert!(t.empty());
    // Without a place for the reply there is nobody who waits.
    t.send::<EventWait>(client(1), go());
    assert!(t.empty());
}

#[test]
fn bad_names_are_refused_in_words() {
    let mut t = Driver::new(Events::new());
    let long = || "x".repeat(513);
    let empty = String::from("the name of an event is empty");
    assert_eq!(
        t.ask::<EventSet>(client(1), String::new()),
        Err(empty.clone())
    );
    assert_eq!(
        t.ask::<EventClear>(client(1), String::new()),
        Err(empty.clone())
    );
    assert_eq!(
        t.ask::<EventWait>(client(1), String::new()),
        Err(empty.clone())
    );
    assert_eq!(t.ask::<EventIsSet>(client(1), String::new()), Err(empty));
    assert!(t.ask::<EventSet>(client(1), long()).is_err());
    assert!(t.ask::<EventWait>(client(1), long()).is_err());
    assert!(t.empty());
}
