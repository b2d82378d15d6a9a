//! Handles of actors against a transport that fails in every way: calls that are made are made in their
//! order and once, and all of them end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use futures::FutureExt;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use taskloom_core::actor::{ActorCall, ActorLine, ActorTransport, CallEnd};
use taskloom_core::{ArgumentNode, ErrorCode, Key, RunId, TaskFailure, Ticket, WorkerId};
use taskloom_task::{
    Actor, ActorAddress, ActorReply, ActorType, Error, FutureHandle, Result, Status, TaskFuture,
    Value, actor,
};

struct Row;

#[actor(crate = taskloom_task)]
impl Row {
    pub fn new() -> Self {
        Self
    }

    pub fn put(&mut self, number: u64) -> u64 {
        number
    }
}

/// Where the actor is, as the scheduler would say, and everything on the way to it.
#[derive(Default)]
struct World {
    place: Mutex<Place>,
    lines: Mutex<Vec<Arc<Line>>>,
    pauses: Mutex<VecDeque<Box<dyn FnOnce() + Send>>>,
}

#[derive(Default)]
struct Place {
    value: Option<Result<Value>>,
    wakers: Vec<Waker>,
}

type Calls = VecDeque<Box<dyn ActorCall>>;

/// What a broken or closed way says of calls that are sent on it.
type AfterEnd = fn() -> CallEnd;

#[derive(Default)]
struct Line {
    calls: Mutex<Calls>,
    over: Mutex<Option<AfterEnd>>,
}

impl ActorLine for Line {
    fn send(&self, call: Box<dyn ActorCall>) {
        let over = *self.over.lock().unwrap();
        match over {
            Some(end) => call.end(end()),
            None => self.calls.lock().unwrap().push_back(call),
        }
    }
}

struct Transport(Arc<World>);

impl ActorTransport for Transport {
    fn line(&self, _: &str, _: WorkerId) -> Arc<dyn ActorLine> {
        let mut lines = self.0.lines.lock().unwrap();
        let open = lines
            .iter()
            .find(|line| line.over.lock().unwrap().is_none());
        open.cloned().unwrap_or_else(|| {
            lines.push(Arc::default());
            lines.last().unwrap().clone()
        })
    }

    fn after(&self, _: Duration, then: Box<dyn FnOnce() + Send>) {
        self.0.pauses.lock().unwrap().push_back(then);
    }
}

struct Handle(Arc<World>);

impl FutureHandle for Handle {
    fn session(&self) -> u64 {
        1
    }

    fn ticket(&self) -> Ticket {
        Ticket(1)
    }

    fn key(&self) -> Key {
        Key::new("row-1").unwrap()
    }

    fn status(&self) -> Status {
        match &self.0.place.lock().unwrap().value {
            None => Status::Pending,
            Some(Ok(_)) => Status::Finished,
            Some(Err(_)) => Status::Erred,
        }
    }

    fn error(&self) -> Option<Error> {
        self.0.place.lock().unwrap().value.clone()?.err()
    }

    fn poll_value(&self, cx: &mut Context<'_>) -> Poll<Result<Value>> {
        let mut place = self.0.place.lock().unwrap();
        match &place.value {
            Some(value) => Poll::Ready(value.clone()),
            None => {
                place.wakers.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn poll_done(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn cancel(&self) {}

    fn actor_transport(&self) -> Option<Arc<dyn ActorTransport>> {
        Some(Arc::new(Transport(self.0.clone())))
    }
}

impl World {
    fn actor(self: &Arc<Self>) -> Actor<Row> {
        Actor::of(TaskFuture::new(Arc::new(Handle(self.clone()))))
    }

    /// The scheduler says where the actor is, that it is nowhere yet, or that it is no more.
    fn tell(&self, value: Option<Result<Value>>) {
        let mut place = self.place.lock().unwrap();
        place.value = value;
        let wakers = std::mem::take(&mut place.wakers);
        drop(place);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn at(&self, run: u64) {
        let worker = ("w", WorkerId::new(1, 1));
        let address = ActorAddress::new(Row::NAME, "row-1", RunId(run), worker, "h:1");
        self.tell(Some(Ok(Value::live(address))));
    }

    fn rest(&self) {
        let pause = self.pauses.lock().unwrap().pop_front();
        if let Some(then) = pause {
            then();
        }
    }

    /// The calls that are on a way, and that way.
    fn under_way(&self) -> Option<(Arc<Line>, Calls)> {
        let lines = self.lines.lock().unwrap().clone();
        let line = lines
            .into_iter()
            .find(|line| line.over.lock().unwrap().is_none())?;
        let calls = std::mem::take(&mut *line.calls.lock().unwrap());
        Some((line, calls))
    }
}

fn number(call: &dyn ActorCall) -> u64 {
    match call.nodes() {
        [ArgumentNode::Value(value)] => Value::from_encoded(value.clone()).take().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn answer(call: Box<dyn ActorCall>, made: &mut Vec<u64>) {
    let number = number(&*call);
    made.push(number);
    call.end(CallEnd::Answered(Ok(Value::live(number).encode().unwrap())));
}

fn not_sent() -> CallEnd {
    CallEnd::NotSent("refused".into())
}

fn closed() -> CallEnd {
    CallEnd::Closed
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Call,
    /// So many calls are answered.
    Answer(usize),
    /// The way breaks: so many calls may have been made, the others were not sent.
    Break(usize),
    /// The worker does not know the actor.
    Miss,
    /// The way was idle and is closed.
    Close,
    Rest,
    /// The scheduler says that it is being made anew.
    Lose,
    /// It is there, perhaps elsewhere.
    At(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Call),
        4 => (1usize..5).prop_map(Step::Answer),
        1 => (0usize..3).prop_map(Step::Break),
        1 => Just(Step::Miss),
        1 => Just(Step::Close),
        3 => Just(Step::Rest),
        1 => Just(Step::Lose),
        2 => (1u64..4).prop_map(Step::At),
    ]
}

fn take(world: &World, step: &Step, made: &mut Vec<u64>) {
    match step {
        Step::Call => {}
        Step::Answer(most) => {
            if let Some((line, mut calls)) = world.under_way() {
                for _ in 0..*most {
                    if let Some(call) = calls.pop_front() {
                        answer(call, made);
                    }
                }
                // Calls that came in meanwhile follow those that were there.
                let mut row = line.calls.lock().unwrap();
                calls.append(&mut row);
                *row = calls;
            }
        }
        Step::Break(most) => {
            if let Some((line, calls)) = world.under_way() {
                *line.over.lock().unwrap() = Some(not_sent);
                for (at, call) in calls.into_iter().enumerate() {
                    if at < *most {
                        made.push(number(&*call));
                        call.end(CallEnd::Broken("reset".into()));
                    } else {
                        call.end(not_sent());
                    }
                }
            }
        }
        Step::Miss => {
            if let Some((_, calls)) = world.under_way() {
                calls
                    .into_iter()
                    .for_each(|call| call.end(CallEnd::Missing));
            }
        }
        Step::Close => {
            if let Some((line, calls)) = world.under_way() {
                if calls.is_empty() {
                    *line.over.lock().unwrap() = Some(closed);
                }
                *line.calls.lock().unwrap() = calls;
            }
        }
        Step::Rest => world.rest(),
        Step::Lose => world.tell(None),
        Step::At(run) => world.at(*run),
    }
}

proptest! {
    #[test]
    fn calls_are_made_in_order_and_once_and_all_end(steps in vec(step(), 1..120)) {
        let world = Arc::new(World::default());
        let actor = world.actor();
        let (mut next, mut made) = (0, Vec::new());
        let mut replies: Vec<ActorReply<u64>> = Vec::new();
        for step in &steps {
            if let Step::Call = step {
                replies.push(actor.put(next));
                next += 1;
            }
            take(&world, step, &mut made);
        }
        // In the end all is well.
        for _ in 0..next + 50 {
            world.at(9);
            world.rest();
            take(&world, &Step::Answer(1000), &mut made);
        }
        prop_assert!(made.windows(2).all(|pair| pair[0] < pair[1]), "{made:?}");
        for (at, reply) in replies.into_iter().enumerate() {
            match reply.now_or_never() {
                Some(Ok(answered)) => prop_assert_eq!(answered, at as u64),
                Some(Err(error)) => {
                    let code = error.failure().unwrap().code;
                    let known = matches!(code, ErrorCode::Lost | ErrorCode::Unreachable);
                    prop_assert!(known, "{error}");
                }
                None => prop_assert!(false, "call {at} has not ended"),
            }
        }
    }
}

#[test]
fn a_handle_sends_no_more_than_its_window() {
    let world = Arc::new(World::default());
    world.at(1);
    let actor = world.actor();
    let replies: Vec<_> = (0..1000).map(|number| actor.put(number)).collect();
    let (line, calls) = world.under_way().unwrap();
    let window = calls.len();
    assert!((2..1000).contains(&window), "{window}");
    let mut made = Vec::new();
    calls.into_iter().for_each(|call| answer(call, &mut made));
    assert_eq!(line.calls.lock().unwrap().len(), window);
    drop(replies);
}

#[test]
fn a_transport_that_drops_a_call_ends_it() {
    let world = Arc::new(World::default());
    world.at(1);
    let reply = world.actor().put(1);
    drop(world.under_way());
    let error = reply.now_or_never().unwrap().unwrap_err();
    assert!(error.is_lost(), "{error}");
    assert!(error.to_string().contains("row-1"), "{error}");
}

#[test]
fn the_error_of_the_actor_is_the_error_of_its_calls() {
    let world = Arc::new(World::default());
    let actor = world.actor();
    let early = actor.put(1);
    let mut failure = TaskFailure::new(ErrorCode::Task, "no room");
    failure.key = "row-1".into();
    world.tell(Some(Err(failure.into())));
    for reply in [early, actor.put(2)] {
        let error = reply.now_or_never().unwrap().unwrap_err();
        assert!(error.is_task_failure(), "{error}");
    }
}

#[test]
fn an_actor_of_another_type_is_refused_by_name() {
    let world = ("w", WorkerId::new(1, 1));
    let address = ActorAddress::new("x::Column", "column-1", RunId(1), world, "h:1");
    let value = Value::from_encoded(Value::live(address).encode().unwrap());
    let error = value.take::<Actor<Row>>().unwrap_err().to_string();
    assert!(error.contains("column-1 is a x::Column"), "{error}");
}

#[test]
fn an_actor_that_is_not_there_does_not_travel_inside_a_value() {
    let actor = Arc::new(World::default()).actor();
    let error = Value::live(actor).encode().unwrap_err().to_string();
    assert!(error.contains("is not there yet"), "{error}");
}
