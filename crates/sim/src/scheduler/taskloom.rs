//! The scheduler that is shipped: its own machine, event by event.

use super::{Said, Scheduler};
use crate::outcome::SimError;
use taskloom_core::limits::PROTOCOL_VERSION;
use taskloom_core::message::{ClientHello, FromClient, FromWorker, WorkerHello, WorkerWelcome};
use taskloom_core::{ClientId, Time, WorkerId};
use taskloom_scheduler_core::{Config, Effects, Event, SchedulerCore};

/// The machine of `taskloom-scheduler-core` with these settings.
#[derive(Debug)]
pub struct Taskloom {
    core: SchedulerCore,
    effects: Effects,
    client: Option<ClientId>,
    checked: bool,
}

impl Taskloom {
    /// A scheduler with these settings.
    pub fn new(config: Config) -> Self {
        Self {
            core: SchedulerCore::new(config, 1),
            effects: Effects::default(),
            client: None,
            checked: false,
        }
    }

    /// Checks all invariants of the machine after every turn, which takes time in proportion to its
    /// tables. What is broken is reported as [`taskloom_core::invariants`] says; debug builds stop.
    pub fn checked(mut self) -> Self {
        self.checked = true;
        self
    }

    fn tell(&mut self, now: Time, event: Event) {
        self.core.handle(now, event, &mut self.effects);
    }
}

impl Scheduler for Taskloom {
    fn worker_joined(&mut self, now: Time, hello: WorkerHello) -> Result<WorkerWelcome, SimError> {
        self.tell(now, Event::WorkerJoined { session: 0, hello });
        match self.effects.workers_joined.pop() {
            Some((_, answer)) => answer.map_err(|refusal| SimError::Refused(refusal.to_string())),
            None => Err(SimError::Refused("the worker got no answer".into())),
        }
    }

    fn client_joined(&mut self, now: Time) -> Result<(), SimError> {
        let hello = ClientHello {
            protocol: PROTOCOL_VERSION,
            name: "sim".into(),
            job: String::new(),
        };
        self.tell(now, Event::ClientJoined { session: 0, hello });
        match self.effects.clients_joined.pop() {
            Some((_, Ok(welcome))) => {
                self.client = Some(welcome.client);
                Ok(())
            }
            Some((_, Err(refusal))) => Err(SimError::Refused(refusal.to_string())),
            None => Err(SimError::Refused("the client got no answer".into())),
        }
    }

    fn client_said(&mut self, now: Time, messages: Vec<FromClient>) {
        if let Some(client) = self.client {
            self.tell(now, Event::ClientSaid { client, messages });
        }
    }

    fn worker_said(&mut self, now: Time, worker: WorkerId, messages: Vec<FromWorker>) {
        self.tell(now, Event::WorkerHeard { worker });
        self.tell(now, Event::WorkerSaid { worker, messages });
    }

    fn tick(&mut self, now: Time) {
        self.tell(now, Event::Tick);
    }

    fn end_turn(&mut self, now: Time, said: &mut Said) {
        self.tell(now, Event::EndOfTurn);
        // The real loop listens between the turns of a large dispatch; here nothing arrives meanwhile.
        while self.core.is_unfinished() {
            self.tell(now, Event::EndOfTurn);
        }
        if self.checked {
            self.core.check_all();
        }
        said.to_workers.append(&mut self.effects.to_workers);
        for (_, messages) in self.effects.to_clients.drain(..) {
            said.to_client.extend(messages);
        }
        self.effects.clear();
    }

    fn next_deadline(&self) -> Option<Time> {
        self.core.next_deadline()
    }
}
