//! An extension that only this program's scheduler has.

use std::collections::BTreeMap;
use taskloom_core::Time;
use taskloom_extensions::{Incoming, Operation, Operations, Out, Service};

/// Says how often it was asked under this name.
pub struct Greet;

impl Operation for Greet {
    const NAME: &'static str = "own.greet";
    type Request = String;
    type Reply = String;
}

#[derive(Default)]
pub struct Greeter {
    greeted: BTreeMap<String, u32>,
}

impl Greeter {
    fn greet(&mut self, _: Time, incoming: Incoming<Greet>, out: &mut Out<'_>) {
        let times = self.greeted.entry(incoming.request.clone()).or_default();
        *times += 1;
        let text = format!("{} {times}", incoming.request);
        out.reply::<Greet>(incoming.call, &text, Vec::new());
    }
}

impl Service for Greeter {
    const NAME: &'static str = "greeter";

    fn operations() -> Operations<Self> {
        Operations::new().call(Self::greet)
    }
}

/// A second extension that offers the same.
#[derive(Default)]
pub struct Copycat;

impl Copycat {
    fn greet(&mut self, _: Time, _: Incoming<Greet>, _: &mut Out<'_>) {}
}

impl Service for Copycat {
    const NAME: &'static str = "copycat";

    fn operations() -> Operations<Self> {
        Operations::new().call(Self::greet)
    }
}
