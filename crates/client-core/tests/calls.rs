//! Calls of extensions: what goes out and in which order, and what becomes of the tasks that come
//! with replies and pushes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use taskloom_client_core::{ClientCore, Config, Effects, Event, NewTask, Notice, State};
use taskloom_core::message::{FromClient, Grant, Parcel, ToClient};
use taskloom_core::{ErrorCode, Key, Operation, TaskFailure, Ticket, Time};

struct Test {
    core: ClientCore,
    granted: u64,
}

impl Test {
    fn new() -> Self {
        Self {
            core: ClientCore::new(Config::default()),
            granted: 0,
        }
    }

    fn handle(&mut self, event: Event) -> Effects {
        let mut effects = Effects::default();
        self.core.handle(Time::ZERO, event, &mut effects);
        effects
    }

    /// What is sent, in words.
    fn sent(&mut self, event: Event) -> Vec<String> {
        words(self.handle(event).send)
    }

    fn submit(&mut self, key: &str) -> Ticket {
        let ticket = self.core.next_ticket();
        self.handle(Event::Submit(NewTask {
            key: Key::new(key).unwrap(),
            operation: Operation::new("test::op", 1, 7),
            options: None,
            arguments: Vec::new(),
            dependencies: Vec::new(),
            parent: None,
        }));
        ticket
    }

    fn call(&mut self, futures: &[Ticket], reply: Option<bool>) -> (u64, Vec<String>) {
        let request = self.core.next_request();
        let sent = self.sent(Event::Call {
            operation: 3,
            payload: Bytes::from_static(b"hello"),
            futures: futures.to_vec(),
            reply,
        });
        (request, sent)
    }

    fn parcel(&mut self, futures: u64) -> Parcel {
        let grants = (self.granted..self.granted + futures).map(|n| Grant {
            ticket: Ticket::FIRST_GRANTED.offset(n),
            key: Key::new(format!("granted-{n}")).unwrap(),
        });
        let futures_of_parcel = grants.collect();
        self.granted += futures;
        Parcel {
            payload: Bytes::from_static(b"there"),
            futures: futures_of_parcel,
        }
    }

    fn replied(&mut self, request: u64, futures: u64) -> Effects {
        let result = Ok(self.parcel(futures));
        self.handle(Event::Said(vec![ToClient::Replied { request, result }]))
    }

    fn refused(&mut self, request: u64) -> Effects {
        let result = Err(Arc::new(TaskFailure::new(ErrorCode::Refused, "no")));
        self.handle(Event::Said(vec![ToClient::Replied { request, result }]))
    }
}

fn words(messages: Vec<FromClient>) -> Vec<String> {
    let word = |message| match message {
        FromClient::Submit(chunk) => format!("{} tasks", chunk.len()),
        FromClient::Call(call) => format!("call {} with {}", call.request, call.futures.len()),
        FromClient::Withdraw(request) => format!("withdraw {request}"),
        FromClient::Received(request) => format!("received {request}"),
        FromClient::Release(tickets) => format!("release {}", tickets.len()),
        FromClient::Cancel(tickets) => format!("cancel {}", tickets.len()),
        other => format!("{other:?}"),
    };
    messages.into_iter().map(word).collect()
}

#[test]
fn a_call_goes_out_at_once_unless_tasks_wait_to_be_sent() {
    let mut t = Test::new();
    assert_eq!(t.call(&[], None), (1, vec!["call 0 with 0".into()]));
    assert_eq!(t.call(&[], Some(false)), (2, vec!["call 2 with 0".into()]));
    // Many tasks and calls travel together, the tasks first.
    for n in 0..3 {
        let ticket = t.submit(&format!("t{n}"));
        assert_eq!(t.call(&[ticket], None).1, Vec::<String>::new());
    }
    assert!(t.core.has_unsent() && t.core.has_unsent_tasks());
    let call = "call 0 with 1";
    assert_eq!(t.sent(Event::Flush), ["3 tasks", call, call, call]);
    assert!(!t.core.has_unsent());
    // What goes out at once takes what waits along.
    t.submit("t3");
    t.call(&[], None);
    let sent = t.sent(Event::SubmitTasks(taskloom_client_core::Tasks::new()));
    assert_eq!(sent[..2], ["1 tasks", "call 0 with 0"]);
}

#[test]
fn a_release_follows_the_calls_that_name_its_future() {
    let mut t = Test::new();
    let ticket = t.submit("t");
    t.call(&[ticket], None);
    t.handle(Event::Release(ticket));
    assert_eq!(
        t.sent(Event::Flush),
        ["1 tasks", "call 0 with 1", "release 1"]
    );
}

#[test]
fn a_reply_comes_with_futures_of_this_client() {
    let mut t = Test::new();
    let (request, _) = t.call(&[], Some(false));
    let effects = t.replied(request, 2);
    let [(number, Ok(parcel))] = &effects.replied[..] else {
        panic!("{:?}", effects.replied);
    };
    assert_eq!((*number, parcel.futures.len()), (request, 2));
    let first = parcel.futures[0].ticket;
    assert_eq!(t.core.state(first), Some(State::Pending));
    let finished = ToClient::Finished {
        ticket: first,
        nbytes: 1,
        value: None,
    };
    assert_eq!(t.handle(Event::Said(vec![finished])).ended.len(), 1);
    t.handle(Event::Release(first));
    assert_eq!(t.sent(Event::Flush), ["release 1"]);
    // Nobody waits for confirmation.
    assert_eq!(t.sent(Event::CallTaken(request)), Vec::<String>::new());
    assert_eq!(t.sent(Event::CallDropped(request)), Vec::<String>::new());
}

#[test]
fn a_confirmed_reply_is_received_when_it_is_taken_and_withdrawn_when_it_is_not() {
    let mut t = Test::new();
    let (taken, _) = t.call(&[], Some(true));
    let (dropped, _) = t.call(&[], Some(true));
    let (early, _) = t.call(&[], Some(true));
    assert_eq!(t.sent(Event::CallDropped(early)), ["withdraw 3"]);
    assert_eq!(t.replied(taken, 0).replied.len(), 1);
    assert_eq!(t.replied(dropped, 0).replied.len(), 1);
    assert_eq!(t.sent(Event::CallTaken(taken)), ["received 1"]);
    assert_eq!(t.sent(Event::CallDropped(dropped)), ["withdraw 2"]);
    // Once.
    for event in [Event::CallTaken(taken), Event::CallDropped(dropped)] {
        assert_eq!(t.sent(event), Vec::<String>::new());
    }
}

#[test]
fn a_withdrawal_follows_its_call() {
    let mut t = Test::new();
    t.submit("t");
    let (request, _) = t.call(&[], Some(false));
    let sent = t.sent(Event::CallDropped(request));
    assert_eq!(sent, ["1 tasks", "call 1 with 0", "withdraw 1"]);
}

#[test]
fn futures_of_a_reply_that_nobody_waits_for_are_released() {
    let mut t = Test::new();
    let (request, _) = t.call(&[], Some(false));
    t.handle(Event::CallDropped(request));
    assert!(t.replied(request, 2).replied.is_empty());
    assert_eq!(
        (t.core.wanted(), t.sent(Event::Flush)),
        (0, vec!["release 2".into()])
    );
    // The same for a second reply, and for one to a call that never was.
    let (request, _) = t.call(&[], Some(true));
    t.replied(request, 0);
    assert!(t.replied(request, 1).replied.is_empty());
    assert!(t.replied(99, 1).replied.is_empty());
    assert_eq!(t.sent(Event::Flush), ["release 2"]);
}

#[test]
fn refusals_reach_who_waits_and_else_the_user() {
    let mut t = Test::new();
    let (request, _) = t.call(&[], Some(true));
    assert!(matches!(t.refused(request).replied[..], [(1, Err(_))]));
    let notices = t.refused(0).notices;
    assert!(matches!(&notices[..], [Notice::CallRefused(why)] if why.message == "no"));
}

#[test]
fn pushed_futures_are_this_clients_own() {
    let mut t = Test::new();
    let parcel = t.parcel(1);
    let ticket = parcel.futures[0].ticket;
    let pushed = ToClient::Pushed {
        operation: 5,
        parcel,
    };
    let failed = ToClient::Failed {
        ticket,
        failure: Arc::new(TaskFailure::new(ErrorCode::Task, "it failed")),
    };
    // The end of the task may stand in the same frame.
    let effects = t.handle(Event::Said(vec![pushed, failed]));
    assert_eq!((effects.pushed.len(), effects.ended.len()), (1, 1));
    assert_eq!(t.core.state(ticket), Some(State::Failed));
}

#[test]
fn tickets_that_are_not_the_next_are_a_defect_of_the_scheduler() {
    let mut t = Test::new();
    let (request, _) = t.call(&[], Some(false));
    t.granted = 1 << 50;
    let effects = t.replied(request, 1);
    let [(_, Err(failure))] = &effects.replied[..] else {
        panic!("{:?}", effects.replied);
    };
    assert_eq!(failure.code, ErrorCode::Protocol);
    let parcel = t.parcel(1);
    let effects = t.handle(Event::Said(vec![ToClient::Pushed {
        operation: 0,
        parcel,
    }]));
    assert_eq!((effects.pushed.len(), effects.notices.len()), (0, 1));
    assert_eq!(t.core.wanted(), 0);
}

#[derive(Clone, Debug)]
enum Step {
    Submit,
    Call(Option<bool>),
    Reply(usize, u64),
    Refuse(usize),
    Push(u64),
    Take(usize),
    Drop(usize),
    ReleaseGranted(u64),
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    let n = any::<usize>;
    prop_oneof![
        Just(Step::Submit),
        prop_oneof![Just(None), Just(Some(false)), Just(Some(true))].prop_map(Step::Call),
        (n(), 0..3u64).prop_map(|(nth, futures)| Step::Reply(nth, futures)),
        n().prop_map(Step::Refuse),
        (0..3u64).prop_map(Step::Push),
        n().prop_map(Step::Take),
        n().prop_map(Step::Drop),
        (0..20u64).prop_map(Step::ReleaseGranted),
        Just(Step::Flush),
    ]
}

proptest! {
    /// Whatever happens to calls, what is said of each makes sense: at most one of received and
    /// withdrawn, never before the call, and every granted future is either held or released.
    #[test]
    fn what_is_said_of_calls_makes_sense(steps in prop::collection::vec(step(), 1..60)) {
        let mut t = Test::new();
        let mut requests = Vec::new();
        let mut sent: Vec<FromClient> = Vec::new();
        let mut held = BTreeSet::new();
        let mut delivered = BTreeSet::new();
        let mut submitted = 0;
        for step in steps {
            let nth = |nth: usize| -> u64 {
                if requests.is_empty() { 0 } else { requests[nth % requests.len()] }
            };
            let effects = match step {
                Step::Submit => {
                    submitted += 1;
                    t.submit(&format!("t{submitted}"));
                    continue;
                }
                Step::Call(reply) => {
                    let request = t.core.next_request();
                    let event = Event::Call {
                        operation: 0,
                        payload: Bytes::new(),
                        futures: Vec::new(),
                        reply,
                    };
                    if reply.is_some() {
                        requests.push(request);
                    }
                    t.handle(event)
                }
                Step::Reply(at, futures) => {
                    let request = nth(at);
                    t.replied(request, futures)
                }
                Step::Refuse(at) => {
                    let request = nth(at);
                    t.refused(request)
                }
                Step::Push(futures) => {
                    let parcel = t.parcel(futures);
                    t.handle(Event::Said(vec![ToClient::Pushed { operation: 0, parcel }]))
                }
                Step::Take(at) => {
                    // Only what was delivered can be taken.
                    let request = nth(at);
                    if !delivered.remove(&request) {
                        continue;
                    }
                    t.handle(Event::CallTaken(request))
                }
                Step::Drop(at) => {
                    let request = nth(at);
                    delivered.remove(&request);
                    t.handle(Event::CallDropped(request))
                }
                Step::ReleaseGranted(n) => {
                    let ticket = Ticket::FIRST_GRANTED.offset(n);
                    held.remove(&ticket);
                    t.handle(Event::Release(ticket))
                }
                Step::Flush => t.handle(Event::Flush),
            };
            for (request, result) in &effects.replied {
                prop_assert!(delivered.insert(*request), "two replies to {request}");
                let futures = result.iter().flat_map(|parcel| &parcel.futures);
                held.extend(futures.map(|grant| grant.ticket));
            }
            for (_, parcel) in &effects.pushed {
                held.extend(parcel.futures.iter().map(|grant| grant.ticket));
            }
            sent.extend(effects.send);
        }
        sent.extend(t.handle(Event::Flush).send);
        let (mut called, mut over) = (BTreeSet::new(), BTreeSet::new());
        let mut released = BTreeSet::new();
        for message in sent {
            match message {
                FromClient::Call(call) if call.request != 0 => {
                    prop_assert!(called.insert(call.request));
                }
                FromClient::Withdraw(request) | FromClient::Received(request) => {
                    prop_assert!(called.contains(&request), "{request} before its call");
                    prop_assert!(over.insert(request), "{request} was over already");
                }
                FromClient::Release(tickets) => {
                    for ticket in tickets {
                        prop_assert!(released.insert(ticket), "{ticket} was released twice");
                    }
                }
                _ => {}
            }
        }
        for n in 0..t.granted {
            let ticket = Ticket::FIRST_GRANTED.offset(n);
            prop_assert_eq!(held.contains(&ticket), !released.contains(&ticket), "{}", ticket);
            prop_assert_eq!(held.contains(&ticket), t.core.state(ticket).is_some());
        }
    }
}
