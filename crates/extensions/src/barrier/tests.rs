//! Tests of the machine of barriers.

use super::*;
use crate::testing::{Driver, client};

fn asking(parties: u64) -> BarrierRequest {
    let name = "step".into();
    BarrierRequest { name, parties }
}

type Test = Driver<Barriers>;

impl Test {
    fn arrive(&mut self, number: u32, parties: u64) -> CallId {
        self.call::<BarrierWait>(client(number), asking(parties))
    }

    fn index(&mut self, call: CallId) -> Option<u64> {
        self.reply::<BarrierWait>(call).map(Result::unwrap)
    }

    fn waiting(&mut self) -> u64 {
        self.ask::<BarrierWaiting>(client(9), "step".into())
            .unwrap()
    }

    fn empty(&self) -> bool {
        self.service().barriers.is_empty() && self.service().by_call.is_empty()
    }
}

#[test]
fn nobody_goes_on_before_all_have_arrived_and_then_all_do() {
    let mut t = Driver::new(Barriers::new());
    for _round in 0..3 {
        let first = t.arrive(1, 3);
        let second = t.arrive(2, 3);
        assert_eq!(t.index(first), None);
        assert_eq!(t.waiting(), 2);
        // The same client may be several parties.
        let third = t.arrive(1, 3);
        assert_eq!(t.index(first), Some(0));
        assert_eq!(t.index(second), Some(1));
        assert_eq!(t.index(third), Some(2));
        assert!(t.empty());
    }
}

#[test]
fn one_party_waits_for_nobody() {
    let mut t = Driver::new(Barriers::new());
    let only = t.arrive(1, 1);
    assert_eq!(t.index(only), Some(0));
    assert!(t.empty());
}

#[test]
fn who_stops_waiting_or_dies_has_not_arrived() {
    let mut t = Driver::new(Barriers::new());
    let first = t.arrive(1, 2);
    t.withdraw(first);
    assert!(t.empty());
    t.arrive(1, 2);
    t.gone(client(1));
    assert!(t.empty());
    let second = t.arrive(2, 2);
    assert_eq!(t.index(second), None);
    let third = t.arrive(3, 2);
    assert_eq!(t.index(second), Some(0));
    assert_eq!(t.index(third), Some(1));
}

#[test]
fn requests_that_cannot_be_met_are_refused_in_words() {
    let mut t = Driver::new(Barriers::new());
    t.arrive(1, 2);
    let named = |name: &str| BarrierRequest {
        name: name.into(),
        parties: 2,
    };
    let cases = [
        (named(""), "the name of a barrier is empty"),
        (named(&"x".repeat(513)), "at most 512"),
        (asking(0), "waits for no parties"),
        (asking(u64::MAX), "at most 1048576 can wait"),
        (asking(3), "waits for 2 parties, not 3"),
    ];
    for (request, words) in cases {
        let why = t.ask::<BarrierWait>(client(2), request).unwrap_err();
        assert!(why.contains(words), "{why:?} does not say {words:?}");
    }
    // Without a place for the reply there is nobody who arrives.
    t.send::<BarrierWait>(client(2), asking(2));
    assert_eq!(t.waiting(), 1);
}
