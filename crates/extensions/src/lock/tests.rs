//! Tests of the machine of locks.

use super::*;
use crate::lease::LEASE_MIN;
use crate::testing::{Driver, client};
use proptest::prelude::*;

const LEASE: Duration = Duration::from_secs(30);

fn asking(names: &[&str], need: usize) -> LockRequest {
    LockRequest {
        names: names.iter().map(|name| name.to_string()).collect(),
        need: need as u64,
        lease_ms: LEASE.as_millis() as u64,
        wait: true,
    }
}

fn one(name: &str) -> LockRequest {
    asking(&[name], 1)
}

fn try_one(name: &str) -> LockRequest {
    let wait = false;
    LockRequest { wait, ..one(name) }
}

type Test = Driver<Locks>;

impl Test {
    fn granted(&mut self, call: CallId) -> Option<LockGranted> {
        self.reply::<LockAcquire>(call)
            .map(|reply| reply.unwrap().expect("the call waited"))
    }

    fn refused(&mut self, request: LockRequest) -> String {
        self.ask::<LockAcquire>(client(1), request).unwrap_err()
    }

    fn empty(&self) -> bool {
        let locks = self.service();
        locks.queues.is_empty()
            && locks.requests.is_empty()
            && locks.by_call.is_empty()
            && locks.leases.len() == 0
    }
}

fn locks() -> Test {
    let mut test = Driver::new(Locks::new());
    for number in 1..4 {
        test.joined(client(number), &format!("client-{number}"));
    }
    test
}

#[test]
fn one_holds_a_lock_and_the_others_wait_in_order() {
    let mut t = locks();
    let calls: Vec<CallId> = (1..4)
        .map(|number| t.call::<LockAcquire>(client(number), one("db")))
        .collect();
    let mut last = 0;
    for (number, call) in calls.iter().enumerate() {
        let granted = t.granted(*call).expect("its turn");
        assert_eq!(granted.names, ["db"]);
        assert!(granted.token > last, "tokens grow");
        last = granted.token;
        for later in &calls[number + 1..] {
            assert_eq!(t.granted(*later), None);
        }
        let token = Token { token: last };
        t.ask::<LockRelease>(call.client, token).unwrap();
    }
    assert!(t.empty());
}

#[test]
fn what_is_not_held_cannot_be_released() {
    let mut t = locks();
    let call = t.call::<LockAcquire>(client(1), one("db"));
    let token = t.granted(call).unwrap().token;
    let others = t.ask::<LockRelease>(client(2), Token { token });
    assert!(
        others
            .unwrap_err()
            .contains("no lock is held with the token 1")
    );
    t.ask::<LockRelease>(client(1), Token { token }).unwrap();
    let twice = t.ask::<LockRelease>(client(1), Token { token });
    assert!(twice.unwrap_err().contains("released before"));
    assert!(t.empty());
}

#[test]
fn the_lock_of_a_dead_client_passes_on_at_once() {
    let mut t = locks();
    let first = t.call::<LockAcquire>(client(1), one("db"));
    let behind = t.call::<LockAcquire>(client(1), one("db"));
    let second = t.call::<LockAcquire>(client(2), one("db"));
    let token = t.granted(first).unwrap().token;
    t.gone(client(1));
    assert!(t.granted(second).unwrap().token > token);
    assert_eq!(t.granted(behind), None);
    t.gone(client(2));
    assert!(t.empty());
}

#[test]
fn a_lease_that_is_not_renewed_ends_and_its_holder_is_told() {
    let mut t = locks();
    let first = t.call::<LockAcquire>(client(1), one("db"));
    let second = t.call::<LockAcquire>(client(2), one("db"));
    let token = t.granted(first).unwrap().token;

    t.pass(LEASE - Duration::from_millis(1));
    let tokens = vec![token];
    let renewed = t.ask::<LockRenew>(client(1), Renewal { tokens });
    assert_eq!(renewed.unwrap().lost, []);
    t.pass(LEASE - Duration::from_millis(1));
    assert_eq!(t.granted(second), None);

    t.pass(Duration::from_millis(1));
    assert!(t.granted(second).unwrap().token > token);
    let told = t.pushes::<LockLost>(client(1));
    assert_eq!(told, [(Token { token }, vec![])]);
    assert_eq!(t.pushes::<LockLost>(client(2)), []);

    let tokens = vec![token, 99];
    let renewed = t.ask::<LockRenew>(client(1), Renewal { tokens });
    assert_eq!(renewed.unwrap().lost, [token, 99]);
    let late = t.ask::<LockRelease>(client(1), Token { token });
    assert!(late.unwrap_err().contains("or its lease ended"));
}

#[test]
fn nobody_renews_what_another_holds() {
    let mut t = locks();
    let call = t.call::<LockAcquire>(client(1), one("db"));
    let token = t.granted(call).unwrap().token;
    let tokens = vec![token];
    let renewed = t.ask::<LockRenew>(client(2), Renewal { tokens });
    assert_eq!(renewed.unwrap().lost, [token]);
    t.pass(LEASE);
    assert!(t.empty());
}

#[test]
fn who_does_not_want_to_wait_does_not() {
    let mut t = locks();
    let got = t.ask::<LockAcquire>(client(1), try_one("db")).unwrap();
    assert!(got.is_some());
    let got = t.ask::<LockAcquire>(client(2), try_one("db")).unwrap();
    assert_eq!(got, None);
    // Nothing was left behind.
    t.gone(client(1));
    assert!(t.empty());
}

#[test]
fn a_call_that_is_withdrawn_leaves_its_place_or_gives_back() {
    let mut t = locks();
    let first = t.call::<LockAcquire>(client(1), one("db"));
    let second = t.call::<LockAcquire>(client(2), one("db"));
    let third = t.call::<LockAcquire>(client(3), one("db"));
    t.withdraw(second);
    // It has the lock, but nobody took the reply.
    t.withdraw(first);
    assert!(t.granted(third).is_some());
    t.withdraw(third);
    assert!(t.empty());
}

#[test]
fn several_locks_are_acquired_at_once_or_not_at_all() {
    let mut t = locks();
    let a = t.call::<LockAcquire>(client(1), one("a"));
    let both = t.call::<LockAcquire>(client(2), asking(&["a", "b"], 2));
    // It keeps its place at b while it waits for a.
    let b = t.call::<LockAcquire>(client(3), one("b"));
    let token = t.granted(a).unwrap().token;
    assert_eq!(t.granted(both), None);
    assert_eq!(t.granted(b), None);
    t.ask::<LockRelease>(client(1), Token { token }).unwrap();
    let granted = t.granted(both).unwrap();
    assert_eq!(granted.names, ["a", "b"]);
    assert_eq!(t.granted(b), None);
    let token = granted.token;
    t.ask::<LockRelease>(client(2), Token { token }).unwrap();
    assert!(t.granted(b).is_some());
}

#[test]
fn some_of_several_locks_are_enough() {
    let mut t = locks();
    let b = t.call::<LockAcquire>(client(1), one("b"));
    let two = t.call::<LockAcquire>(client(2), asking(&["a", "b", "c"], 2));
    let token = t.granted(b).unwrap().token;
    assert_eq!(t.granted(two).unwrap().names, ["a", "c"]);
    // The third is not touched.
    t.ask::<LockRelease>(client(1), Token { token }).unwrap();
    let b = t.ask::<LockAcquire>(client(3), try_one("b")).unwrap();
    assert!(b.is_some());
    (1..4).for_each(|number| t.gone(client(number)));
    assert!(t.empty());
}

#[test]
fn opposite_orders_do_not_wait_for_each_other() {
    let mut t = locks();
    let one = t.call::<LockAcquire>(client(1), asking(&["a", "b"], 2));
    let other = t.call::<LockAcquire>(client(2), asking(&["b", "a"], 2));
    let token = t.granted(one).unwrap().token;
    assert_eq!(t.granted(other), None);
    t.ask::<LockRelease>(client(1), Token { token }).unwrap();
    assert_eq!(t.granted(other).unwrap().names, ["b", "a"]);
}

#[test]
fn a_lock_says_who_has_it() {
    let mut t = locks();
    let free = t.ask::<LockStatus>(client(1), "db".into()).unwrap();
    assert_eq!(free, LockState::default());
    t.call::<LockAcquire>(client(1), one("db"));
    t.call::<LockAcquire>(client(2), one("db"));
    t.pass(Duration::from_secs(10));
    let state = t.ask::<LockStatus>(client(3), "db".into()).unwrap();
    let holder = LockHolder {
        client: "client-1".into(),
        token: 1,
        remaining_ms: 20_000,
    };
    assert_eq!(state.holder, Some(holder));
    assert_eq!(state.waiting, 1);
}

#[test]
fn requests_that_cannot_be_met_are_refused_in_words() {
    let mut t = locks();
    let cases = [
        (one(""), "the name of a lock is empty"),
        (one(&"x".repeat(513)), "at most 512"),
        (asking(&[], 1), "no lock is named"),
        (asking(&["a"], 0), "ask for at least one"),
        (
            asking(&["a", "b"], 3),
            "3 locks are needed, but only 2 named",
        ),
        (asking(&["a", "b", "a"], 3), "the lock \"a\" is named twice"),
        (asking(&["a"; 1025], 1), "at most 1024"),
    ];
    for (request, words) in cases {
        let why = t.refused(request);
        assert!(why.contains(words), "{why:?} does not say {words:?}");
    }
    for lease_ms in [0, LEASE_MIN.as_millis() as u64 - 1, u64::MAX] {
        let request = LockRequest {
            lease_ms,
            ..one("a")
        };
        let why = t.refused(request);
        assert!(
            why.contains("is not possible: from 100ms to 86400s"),
            "{why}"
        );
    }
    // Without a place for the reply there is nobody to hold it.
    t.send::<LockAcquire>(client(1), one("a"));
    assert!(t.empty());
}

/// One thing that happens in the property test.
#[derive(Clone, Debug)]
enum Step {
    Acquire {
        client: u32,
        locks: u8,
        need: usize,
        wait: bool,
    },
    Release(usize),
    Withdraw(usize),
    Gone(u32),
    Renew(u32),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..4u32, 1..16u8, 1..4usize, prop::bool::weighted(0.8)).prop_map(
            |(client, locks, need, wait)| Step::Acquire { client, locks, need, wait }
        ),
        4 => (0..8usize).prop_map(Step::Release),
        2 => (0..8usize).prop_map(Step::Withdraw),
        1 => (1..4u32).prop_map(Step::Gone),
        1 => (1..4u32).prop_map(Step::Renew),
        2 => (1..20u64).prop_map(Step::Pass),
    ]
}

/// What the model knows of a request.
#[derive(Clone, Debug)]
struct Known {
    call: CallId,
    /// The locks whose queues it stands in.
    names: Vec<String>,
    need: usize,
    /// Its token, and when its lease ends, in seconds.
    held: Option<(u64, u64)>,
}

/// Requests in the order in which they came, by the plain rule: one waits as long as fewer of its
/// locks than it needs are free of older requests.
#[derive(Default)]
struct Model {
    known: Vec<Known>,
    now: u64,
    last_token: u64,
}

impl Model {
    fn free_for(&self, at: usize) -> Vec<String> {
        let older = &self.known[..at];
        let wanted = |name: &&String| !older.iter().any(|other| other.names.contains(name));
        self.known[at]
            .names
            .iter()
            .filter(wanted)
            .cloned()
            .collect()
    }

    /// Takes in which calls have been replied to, and holds the machine to the rule.
    fn settle(&mut self, t: &mut Test) {
        let mut granted = Vec::new();
        for at in 0..self.known.len() {
            if self.known[at].held.is_none()
                && let Some(reply) = t.granted(self.known[at].call)
            {
                granted.push((reply.token, at, reply.names));
            }
        }
        granted.sort();
        for (token, at, names) in granted {
            assert!(token > self.last_token, "tokens grow");
            self.last_token = token;
            assert_eq!(names.len(), self.known[at].need);
            let free = self.free_for(at);
            for name in &names {
                assert!(free.contains(name), "{name} is given before its turn");
            }
            self.known[at].names = names;
            self.known[at].held = Some((token, self.now + LEASE.as_secs()));
        }
        for at in 0..self.known.len() {
            let free = self.free_for(at).len();
            match &self.known[at] {
                known if known.held.is_some() => assert_eq!(free, known.need),
                known => assert!(free < known.need, "{known:?} waits for nothing"),
            }
        }
        assert_eq!(t.service().requests.len(), self.known.len());
    }
}

proptest! {
    #[test]
    fn locks_keep_to_the_plain_rule(steps in prop::collection::vec(step(), 1..60)) {
        let mut t = locks();
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Acquire { client: number, locks, need, wait } => {
                    let names: Vec<String> = (0..4)
                        .filter(|bit| locks & (1 << bit) != 0)
                        .map(|bit| format!("lock-{bit}"))
                        .collect();
                    let need = need.min(names.len());
                    let request = LockRequest {
                        names: names.clone(),
                        need: need as u64,
                        lease_ms: LEASE.as_millis() as u64,
                        wait,
                    };
                    let call = t.call::<LockAcquire>(client(number), request);
                    model.known.push(Known { call, names, need, held: None });
                    if !wait {
                        let at = model.known.len() - 1;
                        let possible = model.free_for(at).len() >= need;
                        let reply = t.reply::<LockAcquire>(call).unwrap().unwrap();
                        prop_assert_eq!(reply.is_some(), possible);
                        match reply {
                            None => {
                                model.known.pop();
                            }
                            Some(granted) => {
                                prop_assert!(granted.token > model.last_token);
                                model.last_token = granted.token;
                                let until = model.now + LEASE.as_secs();
                                model.known[at].names = granted.names;
                                model.known[at].held = Some((granted.token, until));
                            }
                        }
                    }
                }
                Step::Release(nth) => {
                    let held = |known: &&Known| known.held.is_some();
                    let found = model.known.iter().filter(held).nth(nth).cloned();
                    if let Some(Known { call, held: Some((token, _)), .. }) = found {
                        t.ask::<LockRelease>(call.client, Token { token }).unwrap();
                        model.known.retain(|known| known.call != call);
                    }
                }
                Step::Withdraw(nth) => {
                    if nth < model.known.len() {
                        let known = model.known.remove(nth);
                        t.withdraw(known.call);
                    }
                }
                Step::Gone(number) => {
                    model.known.retain(|known| known.call.client != client(number));
                    t.gone(client(number));
                    t.joined(client(number), "again");
                }
                Step::Renew(number) => {
                    let mut tokens = Vec::new();
                    for known in &mut model.known {
                        if known.call.client == client(number)
                            && let Some((token, until)) = &mut known.held
                        {
                            *until = model.now + LEASE.as_secs();
                            tokens.push(*token);
                        }
                    }
                    let renewed = t.ask::<LockRenew>(client(number), Renewal { tokens });
                    prop_assert_eq!(renewed.unwrap().lost, Vec::<u64>::new());
                }
                Step::Pass(seconds) => {
                    // Second by second, so that what follows from the end of a lease is seen before
                    // the next one ends.
                    for _ in 0..seconds {
                        model.now += 1;
                        let now = model.now;
                        model.known.retain(|known| known.held.is_none_or(|(_, until)| until > now));
                        t.pass(Duration::from_secs(1));
                        model.settle(&mut t);
                    }
                }
            }
            model.settle(&mut t);
        }
        (1..4).for_each(|number| t.gone(client(number)));
        prop_assert!(t.empty());
    }
}
