//! Tests of the machine of semaphores.

use super::*;
use crate::testing::{Driver, client};
use proptest::prelude::*;

const LEASE: Duration = Duration::from_secs(30);

fn asking(limit: u64, permits: u64) -> SemaphoreRequest {
    SemaphoreRequest {
        name: "api".into(),
        limit,
        permits,
        lease_ms: LEASE.as_millis() as u64,
        wait: true,
    }
}

type Test = Driver<Semaphores>;

impl Test {
    fn token(&mut self, call: CallId) -> Option<Token> {
        self.reply::<SemaphoreAcquire>(call)
            .map(|reply| reply.unwrap().expect("the call waited"))
    }

    fn state(&mut self) -> (u64, u64, u64) {
        let state = self
            .ask::<SemaphoreStatus>(client(9), "api".into())
            .unwrap();
        (state.limit, state.lent, state.waiting)
    }

    fn empty(&self) -> bool {
        let all = self.service();
        all.semaphores.is_empty()
            && all.requests.is_empty()
            && all.by_call.is_empty()
            && all.leases.len() == 0
    }
}

fn semaphores() -> Test {
    Driver::new(Semaphores::new())
}

#[test]
fn no_more_permits_are_lent_than_there_are() {
    let mut t = semaphores();
    let calls: Vec<CallId> = (0..3)
        .map(|number| t.call::<SemaphoreAcquire>(client(number), asking(2, 1)))
        .collect();
    let first = t.token(calls[0]).unwrap();
    assert!(t.token(calls[1]).is_some());
    assert!(t.token(calls[2]).is_none());
    assert_eq!(t.state(), (2, 2, 1));
    t.ask::<SemaphoreRelease>(client(0), first).unwrap();
    assert!(t.token(calls[2]).is_some());
    assert_eq!(t.state(), (2, 2, 0));
    (0..3).for_each(|number| t.gone(client(number)));
    assert!(t.empty());
    assert_eq!(t.state(), (0, 0, 0));
}

#[test]
fn a_large_request_is_not_overtaken_by_small_ones() {
    let mut t = semaphores();
    let small = t.call::<SemaphoreAcquire>(client(1), asking(3, 1));
    let large = t.call::<SemaphoreAcquire>(client(2), asking(3, 3));
    let late = t.call::<SemaphoreAcquire>(client(3), asking(3, 1));
    let token = t.token(small).unwrap();
    assert!(t.token(large).is_none());
    assert!(t.token(late).is_none());
    t.ask::<SemaphoreRelease>(client(1), token).unwrap();
    assert!(t.token(large).is_some());
    assert!(t.token(late).is_none());
    // Its place is taken by whoever is behind it, when it stops waiting.
    t.withdraw(large);
    assert!(t.token(late).is_some());
}

#[test]
fn permits_whose_lease_ends_go_on_and_their_holder_is_told() {
    let mut t = semaphores();
    let first = t.call::<SemaphoreAcquire>(client(1), asking(1, 1));
    let second = t.call::<SemaphoreAcquire>(client(2), asking(1, 1));
    let token = t.token(first).unwrap();
    t.pass(LEASE / 2);
    let tokens = vec![token.token];
    t.ask::<SemaphoreRenew>(client(1), Renewal { tokens })
        .unwrap();
    t.pass(LEASE / 2);
    assert!(t.token(second).is_none());
    t.pass(LEASE / 2);
    assert!(t.token(second).is_some());
    assert_eq!(t.pushes::<SemaphoreLost>(client(1)), [(token, vec![])]);
    let late = t.ask::<SemaphoreRelease>(client(1), token).unwrap_err();
    assert!(
        late.contains("no permits are held with the token 1"),
        "{late}"
    );
}

#[test]
fn who_does_not_want_to_wait_does_not() {
    let mut t = semaphores();
    t.call::<SemaphoreAcquire>(client(1), asking(1, 1));
    let wait = false;
    let asking = SemaphoreRequest {
        wait,
        ..asking(1, 1)
    };
    let got = t.ask::<SemaphoreAcquire>(client(2), asking.clone());
    assert_eq!(got, Ok(None));
    t.gone(client(1));
    let got = t.ask::<SemaphoreAcquire>(client(2), asking).unwrap();
    assert!(got.is_some());
}

#[test]
fn requests_that_cannot_be_met_are_refused_in_words() {
    let mut t = semaphores();
    t.call::<SemaphoreAcquire>(client(1), asking(2, 1));
    let named = |name: &str| SemaphoreRequest {
        name: name.into(),
        ..asking(2, 1)
    };
    let cases = [
        (named(""), "the name of a semaphore is empty"),
        (named(&"x".repeat(513)), "at most 512"),
        (asking(0, 1), "its limit is to be at least 1"),
        (asking(2, 0), "ask for at least one"),
        (
            asking(2, 3),
            "3 permits of the semaphore \"api\" are asked for, but it has 2",
        ),
        (asking(5, 1), "in use with a limit of 2, not 5"),
    ];
    for (request, words) in cases {
        let why = t.ask::<SemaphoreAcquire>(client(2), request).unwrap_err();
        assert!(why.contains(words), "{why:?} does not say {words:?}");
    }
    // As soon as nobody uses it, it can have another limit.
    t.gone(client(1));
    let other = t.ask::<SemaphoreAcquire>(client(2), asking(5, 1));
    assert!(other.unwrap().is_some());
}

/// One thing that happens in the property test.
#[derive(Clone, Debug)]
enum Step {
    Acquire(u32, u64),
    Release(usize),
    Withdraw(usize),
    Gone(u32),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..4u32, 1..=4u64).prop_map(|(client, permits)| Step::Acquire(client, permits)),
        4 => (0..8usize).prop_map(Step::Release),
        2 => (0..8usize).prop_map(Step::Withdraw),
        1 => (1..4u32).prop_map(Step::Gone),
        2 => (1..20u64).prop_map(Step::Pass),
    ]
}

/// A request: its call, its permits, and its token with the second in which its lease ends.
type Known = (CallId, u64, Option<(Token, u64)>);

proptest! {
    #[test]
    fn permits_are_lent_in_order_and_as_many_as_there_are(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let limit = 4;
        let mut t = semaphores();
        let mut known: Vec<Known> = Vec::new();
        let mut now = 0;
        for step in steps {
            match step {
                Step::Acquire(number, permits) => {
                    let request = asking(limit, permits);
                    let call = t.call::<SemaphoreAcquire>(client(number), request);
                    known.push((call, permits, None));
                }
                Step::Release(nth) => {
                    let held = |known: &&Known| known.2.is_some();
                    if let Some(&(call, _, Some((token, _)))) = known.iter().filter(held).nth(nth) {
                        t.ask::<SemaphoreRelease>(call.client, token).unwrap();
                        known.retain(|known| known.0 != call);
                    }
                }
                Step::Withdraw(nth) => {
                    if nth < known.len() {
                        let (call, ..) = known.remove(nth);
                        t.withdraw(call);
                    }
                }
                Step::Gone(number) => {
                    known.retain(|known| known.0.client != client(number));
                    t.gone(client(number));
                }
                Step::Pass(seconds) => {
                    for _ in 0..seconds {
                        now += 1;
                        known.retain(|known| known.2.is_none_or(|(_, until)| until > now));
                        t.pass(Duration::from_secs(1));
                        take_replies(&mut t, &mut known, now);
                    }
                }
            }
            take_replies(&mut t, &mut known, now);
            let lent = |known: &Known| if known.2.is_some() { known.1 } else { 0 };
            let lent: u64 = known.iter().map(lent).sum();
            prop_assert!(lent <= limit);
            let waiting: Vec<&Known> = known.iter().filter(|known| known.2.is_none()).collect();
            // Who waits came after all who have something, and the first of them would not fit.
            if let Some(first) = waiting.first() {
                prop_assert!(first.1 > limit - lent, "{first:?} waits for nothing");
                let at = known.iter().position(|known| known.2.is_none()).unwrap();
                prop_assert!(known[at..].iter().all(|known| known.2.is_none()));
            }
            if !known.is_empty() {
                prop_assert_eq!(t.state(), (limit, lent, waiting.len() as u64));
            }
        }
        (1..4).for_each(|number| t.gone(client(number)));
        prop_assert!(t.empty());
    }
}

fn take_replies(t: &mut Test, known: &mut [Known], now: u64) {
    for (call, _, held) in known {
        if held.is_none()
            && let Some(token) = t.token(*call)
        {
            *held = Some((token, now + LEASE.as_secs()));
        }
    }
}
