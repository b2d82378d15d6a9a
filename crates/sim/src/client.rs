//! The client: the real machine, submitting a job as one graph.

use crate::job::Job;
use crate::outcome::SimError;
use crate::worker::arguments_of;
use taskloom_client_core::{ClientCore, Config, Effects, Ending, Event, Need, Tasks};
use taskloom_core::message::{FromClient, ToClient};
use taskloom_core::{Key, Operation, Time};

/// The operation that tasks of a kind run.
pub(crate) fn operation(kind: &str) -> Operation {
    Operation::new(format!("sim::{kind}"), 1, 1)
}

/// See the module.
#[derive(Debug)]
pub(crate) struct SimClient {
    core: ClientCore,
    effects: Effects,
    /// How many results are to come.
    wanted: usize,
}

impl SimClient {
    /// A client, and what it says to submit this job, whose tasks are in the order of sending.
    pub(crate) fn submit(now: Time, job: &Job) -> Result<(Self, Vec<FromClient>), SimError> {
        let operations: Vec<Operation> = job.kinds().iter().map(|kind| operation(kind)).collect();
        let results = job.results();
        let mut tasks = Tasks::new();
        for (place, task) in job.tasks().iter().enumerate() {
            let kind = task.kind as usize;
            let key = Key::new(format!("{}-{place}", job.kinds()[kind]))
                .map_err(|error| SimError::Key(error.to_string()))?;
            let needs = task.needs.iter().map(|&need| Need::Own(u64::from(need)));
            let wanted = results.binary_search(&(place as u32)).is_ok();
            tasks.push(&key, &operations[kind], None, needs, wanted, |arguments| {
                arguments.extend_from_slice(&arguments_of(place as u32));
            });
        }
        let mut client = Self {
            core: ClientCore::new(Config::default()),
            effects: Effects::default(),
            wanted: results.len(),
        };
        let said = client.tell(now, Event::SubmitTasks(tasks))?;
        Ok((client, said))
    }

    /// Takes in what the scheduler says, and gives what is to be said to it.
    pub(crate) fn said(
        &mut self,
        now: Time,
        messages: Vec<ToClient>,
    ) -> Result<Vec<FromClient>, SimError> {
        self.tell(now, Event::Said(messages))
    }

    /// Whether all results are there.
    pub(crate) fn is_done(&self) -> bool {
        self.wanted == 0
    }

    fn tell(&mut self, now: Time, event: Event) -> Result<Vec<FromClient>, SimError> {
        self.core.handle(now, event, &mut self.effects);
        for (_, ending) in self.effects.ended.drain(..) {
            match ending {
                Ending::Finished(_) => self.wanted -= 1,
                Ending::Pending => self.wanted += 1,
                Ending::Failed(failure) => return Err(SimError::Failed(failure.message.clone())),
            }
        }
        Ok(std::mem::take(&mut self.effects.send))
    }
}
