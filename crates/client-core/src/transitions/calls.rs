//! Calls of extensions: out with what they name, replies in with the tasks that come along.

use crate::effects::{Effects, Notice};
use crate::state::{ClientCore, Slot};
use bytes::Bytes;
use std::sync::Arc;
use taskloom_core::message::{Call, FromClient, Parcel};
use taskloom_core::{ErrorCode, TaskFailure, Ticket};

/// A call whose reply is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenCall {
    /// No reply has come. The extension wants to hear that it arrived, or does not.
    Waiting { confirmed: bool },
    /// The reply has come and the extension wants to hear that somebody took it.
    ToConfirm,
}

impl ClientCore {
    /// Calls an extension. What waits to be sent goes before it, and takes it along: so calls that
    /// speak of tasks just submitted travel with them, and many of both in one frame.
    pub(crate) fn call(
        &mut self,
        operation: u32,
        payload: Bytes,
        futures: Vec<Ticket>,
        reply: Option<bool>,
        effects: &mut Effects,
    ) {
        let number = self.next_request;
        self.next_request += 1;
        if let Some(confirmed) = reply {
            self.calls.insert(number, OpenCall::Waiting { confirmed });
        }
        let call = FromClient::Call(Box::new(Call {
            request: if reply.is_some() { number } else { 0 },
            operation,
            payload,
            futures,
        }));
        if self.pending.is_empty() && self.to_call.is_empty() {
            effects.send.push(call);
        } else {
            self.to_call.push(call);
        }
    }

    /// Whoever waited for a reply took it.
    pub(crate) fn call_taken(&mut self, request: u64, effects: &mut Effects) {
        if self.calls.remove(&request) == Some(OpenCall::ToConfirm) {
            self.send_pending(effects);
            effects.send.push(FromClient::Received(request));
        }
    }

    /// Nobody waits for a reply any more. If it has come and the extension does not wait for a
    /// confirmation, there is nobody to tell.
    pub(crate) fn call_dropped(&mut self, request: u64, effects: &mut Effects) {
        if self.calls.remove(&request).is_some() {
            self.send_pending(effects);
            effects.send.push(FromClient::Withdraw(request));
        }
    }

    /// The scheduler replied to a call. Number 0 stands for calls whose reply nobody wanted: only
    /// their refusals are told.
    pub(crate) fn replied(
        &mut self,
        request: u64,
        result: Result<Parcel, Arc<TaskFailure>>,
        effects: &mut Effects,
    ) {
        let result = result.and_then(|parcel| self.in_order(parcel));
        if request == 0 {
            match result {
                Ok(parcel) => self.decline(&parcel),
                Err(failure) => effects.notices.push(Notice::CallRefused(failure)),
            }
            return;
        }
        match self.calls.get_mut(&request) {
            Some(open @ OpenCall::Waiting { confirmed: true }) => *open = OpenCall::ToConfirm,
            Some(OpenCall::Waiting { confirmed: false }) => {
                self.calls.remove(&request);
            }
            // It was withdrawn, or this is its second reply.
            Some(OpenCall::ToConfirm) | None => {
                if let Ok(parcel) = result {
                    self.decline(&parcel);
                }
                return;
            }
        }
        if let Ok(parcel) = &result {
            self.granted(parcel);
        }
        effects.replied.push((request, result));
    }

    /// An extension sent a message unasked.
    pub(crate) fn pushed(&mut self, operation: u32, parcel: Parcel, effects: &mut Effects) {
        match self.in_order(parcel) {
            Ok(parcel) => {
                self.granted(&parcel);
                effects.pushed.push((operation, parcel));
            }
            Err(failure) => effects.notices.push(Notice::CallRefused(failure)),
        }
    }

    /// Tickets are granted one after the other. Others would make tables of any size.
    fn in_order(&mut self, parcel: Parcel) -> Result<Parcel, Arc<TaskFailure>> {
        let first = self.next_granted;
        let expected = (0..).map(|n| first.offset(n));
        if !parcel
            .futures
            .iter()
            .map(|grant| grant.ticket)
            .eq(expected.take(parcel.futures.len()))
        {
            let text = "the scheduler hands tasks out under numbers that are not the next ones; it \
                        has a defect";
            return Err(Arc::new(TaskFailure::new(ErrorCode::Protocol, text)));
        }
        self.next_granted = first.offset(parcel.futures.len() as u64);
        Ok(parcel)
    }

    /// Tasks that came with a message are futures of this client.
    fn granted(&mut self, parcel: &Parcel) {
        for grant in &parcel.futures {
            self.slots.insert(grant.ticket, Slot::PENDING);
        }
    }

    /// Nobody will have them.
    fn decline(&mut self, parcel: &Parcel) {
        let tickets = parcel.futures.iter().map(|grant| grant.ticket);
        self.to_release.extend(tickets);
    }
}
