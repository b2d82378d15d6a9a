//! A stand-in for the scheduler around one service: it calls, withdraws and lets time pass, and
//! stops the test when the service does what a service must not do.

#![allow(dead_code)] // Each service's tests use a part of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::service::{Hosted, Operation, Push, Service};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use taskloom_core::{ClientId, TaskId, Time};
use taskloom_scheduler_core::extension::{
    CallId, Called, Extension, ExtensionEffect, ExtensionEffects, ExtensionEvent, TaskEnd,
};

type Reply = Result<(Bytes, Vec<TaskId>), String>;

/// A reply with the tasks that came with it, or why the call was refused.
pub(crate) type Replied<O> = Result<(<O as Operation>::Reply, Vec<TaskId>), String>;

/// See the module.
pub(crate) struct Driver<S> {
    hosted: Hosted<S>,
    now: Time,
    requests: u64,
    /// Calls that wait for their reply.
    open: BTreeSet<CallId>,
    replies: BTreeMap<CallId, Reply>,
    pushed: Vec<(ClientId, usize, Bytes, Vec<TaskId>)>,
    /// How often each task is held, and under which name.
    pub(crate) holds: BTreeMap<(String, TaskId), u32>,
}

/// The client with this number.
pub(crate) fn client(number: u32) -> ClientId {
    ClientId::new(number, 1)
}

/// The task with this number.
pub(crate) fn task(number: u32) -> TaskId {
    TaskId::new(number, 1)
}

impl<S: Service> Driver<S> {
    pub(crate) fn new(service: S) -> Self {
        Self {
            hosted: Hosted::new(service),
            now: Time::ZERO,
            requests: 0,
            open: BTreeSet::new(),
            replies: BTreeMap::new(),
            pushed: Vec::new(),
            holds: BTreeMap::new(),
        }
    }

    pub(crate) fn service(&self) -> &S {
        &self.hosted.service
    }

    fn operation(&self, name: &str) -> usize {
        let names = self.hosted.operations();
        let found = names.iter().position(|&known| known == name);
        found.unwrap_or_else(|| panic!("{} does not list {name}", S::NAME))
    }

    fn handle(&mut self, event: ExtensionEvent) {
        let mut effects = ExtensionEffects::default();
        self.hosted.handle(self.now, event, &mut effects);
        for effect in effects.0 {
            match effect {
                ExtensionEffect::Reply {
                    call,
                    payload,
                    futures,
                } => self.replied(call, Ok((payload, futures))),
                ExtensionEffect::Refuse { call, failure } => {
                    self.replied(call, Err(failure.message));
                }
                ExtensionEffect::Push {
                    client,
                    operation,
                    payload,
                    futures,
                } => self.pushed.push((client, operation, payload, futures)),
                ExtensionEffect::Hold { holder, task } => {
                    *self.holds.entry((holder, task)).or_default() += 1;
                }
                ExtensionEffect::LetGo { holder, task } => {
                    let hold = (holder, task);
                    let count = self.holds.get_mut(&hold);
                    let count = count.unwrap_or_else(|| panic!("{hold:?} is not held"));
                    *count -= 1;
                    if *count == 0 {
                        self.holds.remove(&hold);
                    }
                }
            }
        }
    }

    fn replied(&mut self, call: CallId, reply: Reply) {
        if call.request != 0 {
            assert!(
                self.open.remove(&call),
                "{call:?} does not wait for a reply"
            );
            self.replies.insert(call, reply);
        }
    }

    /// Calls an operation.
    pub(crate) fn call<O: Operation>(&mut self, client: ClientId, request: O::Request) -> CallId {
        self.call_with::<O>(client, request, Vec::new())
    }

    /// Calls an operation with futures.
    pub(crate) fn call_with<O: Operation>(
        &mut self,
        client: ClientId,
        request: O::Request,
        futures: Vec<TaskId>,
    ) -> CallId {
        self.requests += 1;
        let call = CallId {
            client,
            request: self.requests,
        };
        self.open.insert(call);
        self.deliver::<O>(call, &request, futures);
        call
    }

    /// Calls an operation and wants no reply.
    pub(crate) fn send<O: Operation>(&mut self, client: ClientId, request: O::Request) {
        self.send_with::<O>(client, request, Vec::new());
    }

    /// Calls an operation with futures and wants no reply.
    pub(crate) fn send_with<O: Operation>(
        &mut self,
        client: ClientId,
        request: O::Request,
        futures: Vec<TaskId>,
    ) {
        let call = CallId { client, request: 0 };
        self.deliver::<O>(call, &request, futures);
    }

    fn deliver<O: Operation>(&mut self, call: CallId, request: &O::Request, futures: Vec<TaskId>) {
        let called = Called {
            call,
            operation: self.operation(O::NAME),
            payload: rmp_serde::to_vec_named(request).unwrap().into(),
            futures,
        };
        self.handle(ExtensionEvent::Called(called));
    }

    /// Takes the reply to a call with the tasks that came with it, or why it was refused; nothing if
    /// the call still waits.
    pub(crate) fn reply_with<O: Operation>(&mut self, call: CallId) -> Option<Replied<O>> {
        let reply = self.replies.remove(&call)?;
        Some(reply.map(|(payload, futures)| (rmp_serde::from_slice(&payload).unwrap(), futures)))
    }

    /// Takes the reply to a call.
    pub(crate) fn reply<O: Operation>(&mut self, call: CallId) -> Option<Result<O::Reply, String>> {
        self.reply_with::<O>(call)
            .map(|reply| reply.map(|(message, _)| message))
    }

    /// Calls an operation that replies at once.
    pub(crate) fn ask<O: Operation>(
        &mut self,
        client: ClientId,
        request: O::Request,
    ) -> Result<O::Reply, String> {
        let call = self.call::<O>(client, request);
        let reply = self.reply::<O>(call);
        reply.unwrap_or_else(|| panic!("{} was not replied to", O::NAME))
    }

    /// Takes what a client was told under one name, with the tasks that came with it.
    pub(crate) fn pushes<P: Push>(&mut self, to: ClientId) -> Vec<(P::Message, Vec<TaskId>)> {
        let wanted = self.operation(P::NAME);
        let all = std::mem::take(&mut self.pushed);
        let mut taken = Vec::new();
        for (client, operation, payload, futures) in all {
            if client == to && operation == wanted {
                taken.push((rmp_serde::from_slice(&payload).unwrap(), futures));
            } else {
                self.pushed.push((client, operation, payload, futures));
            }
        }
        taken
    }

    /// Whoever called waits no more, or never took the reply.
    pub(crate) fn withdraw(&mut self, call: CallId) {
        self.open.remove(&call);
        self.replies.remove(&call);
        self.handle(ExtensionEvent::Withdrawn(call));
    }

    /// The reply reached whoever called.
    pub(crate) fn received(&mut self, call: CallId) {
        self.handle(ExtensionEvent::Received(call));
    }

    /// A client connects.
    pub(crate) fn joined(&mut self, client: ClientId, name: &str) {
        let name = name.to_owned();
        self.handle(ExtensionEvent::ClientJoined { client, name });
    }

    /// A client goes.
    pub(crate) fn gone(&mut self, client: ClientId) {
        self.open.retain(|call| call.client != client);
        self.replies.retain(|call, _| call.client != client);
        self.pushed.retain(|(to, ..)| *to != client);
        self.handle(ExtensionEvent::ClientGone(client));
    }

    /// A task ends.
    pub(crate) fn task_ended(&mut self, task: TaskId, end: TaskEnd) {
        self.handle(ExtensionEvent::TaskEnded { task, end });
    }

    /// Lets time pass, with a tick whenever the service asked for one.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.hosted.next_deadline().filter(|&due| due <= until) {
            self.now = self.now.max(due);
            self.handle(ExtensionEvent::Tick);
            let next = self.hosted.next_deadline();
            assert!(
                next.is_none_or(|next| next > self.now),
                "a tick at {due:?} left work behind"
            );
        }
        self.now = until;
    }
}
