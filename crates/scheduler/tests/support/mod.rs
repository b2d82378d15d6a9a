//! Workers and clients that speak by hand to a real scheduler.
#![allow(dead_code)] // Each test file uses a part of it.

use std::collections::VecDeque;
use std::time::Duration;
use taskloom_core::limits::PROTOCOL_VERSION;
use taskloom_core::message::{
    ClientHello, Compute, FromClient, FromWorker, ToClient, ToWorker, WorkerHello,
};
use taskloom_core::{Encoded, GraphChunk, GraphId, Keys, Operation, Packed, TaskOptions, Ticket};
use taskloom_rpc::{
    ClientLink, ConnectError, ConnectOptions, SchedulerAddress, WorkerLink, connect_client,
    connect_worker,
};
use taskloom_scheduler::{Scheduler, SchedulerConfig, SchedulerHandle};

/// Waits, but not for ever: a test that hangs says nothing.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what)
        .await
        .expect("it takes too long")
}

pub fn scheduler(config: SchedulerConfig) -> SchedulerHandle {
    Scheduler::spawn(config).unwrap()
}

fn operation() -> Operation {
    Operation::new("test::op", 1, 7)
}

/// A worker without an executor.
pub struct FakeWorker {
    pub link: WorkerLink,
}

impl FakeWorker {
    pub async fn connect(
        scheduler: &SchedulerHandle,
        name: &str,
        nthreads: u32,
    ) -> Result<Self, ConnectError> {
        let hello = WorkerHello {
            protocol: PROTOCOL_VERSION,
            name: name.into(),
            address: "127.0.0.1:1".into(),
            nthreads,
            memory_limit: 1 << 30,
            resources: Vec::new(),
            operations: vec![operation()],
            release: "test".into(),
            process: 1,
        };
        let address = SchedulerAddress::from(scheduler.address());
        let options = ConnectOptions::default();
        let link = soon(connect_worker(&address, hello, &options)).await?;
        Ok(Self { link })
    }

    /// The dispatches of the next frame that has some.
    pub async fn dispatched(&mut self) -> Vec<Compute> {
        loop {
            let batch = soon(self.link.inbox.next()).await.unwrap().unwrap();
            let computes: Vec<Compute> = batch
                .messages
                .into_iter()
                .filter_map(|message| match message {
                    ToWorker::Compute(compute) => Some(*compute),
                    _ => None,
                })
                .collect();
            if !computes.is_empty() {
                return computes;
            }
        }
    }

    /// Ends a run with a value of this size, which travels inside the completion if it was asked for.
    pub fn finish(&self, compute: &Compute, nbytes: usize) {
        let value = Encoded::bytes(vec![7; nbytes].into());
        self.link.outbox.push(FromWorker::Finished {
            task: compute.task,
            run: compute.run,
            nbytes: nbytes as u64,
            elapsed: Duration::from_micros(10),
            value: compute.inline_result.then_some(value),
        });
    }

    /// Ends so many tasks, whatever they are.
    pub async fn work(&mut self, tasks: usize, nbytes: usize) {
        let mut done = 0;
        while done < tasks {
            for compute in self.dispatched().await {
                self.finish(&compute, nbytes);
                done += 1;
            }
        }
        assert_eq!(done, tasks);
    }
}

/// A client that counts its own tickets.
pub struct FakeClient {
    pub link: ClientLink,
    name: String,
    next: u64,
    said: VecDeque<ToClient>,
    options: u32,
}

impl FakeClient {
    pub async fn connect(scheduler: &SchedulerHandle, name: &str) -> Result<Self, ConnectError> {
        let address = SchedulerAddress::from(scheduler.address());
        let hello = ClientHello {
            protocol: PROTOCOL_VERSION,
            name: name.into(),
            job: String::new(),
        };
        let options = ConnectOptions::default();
        let link = soon(connect_client(&address, hello, &options)).await?;
        Ok(Self {
            link,
            name: name.to_owned(),
            next: 1,
            said: VecDeque::new(),
            options: 0,
        })
    }

    /// A chunk of independent tasks that are all wanted, with this many bytes of arguments each, for
    /// the named worker if one is named.
    pub fn chunk(&mut self, tasks: usize, bytes: usize, worker: Option<&str>) -> GraphChunk {
        let first = self.next;
        self.next += tasks as u64;
        let key = |at: usize| format!("{}-{}", self.name, first + at as u64).into_bytes();
        let mut chunk = GraphChunk {
            graph: GraphId(first),
            graph_tasks: tasks as u64,
            last: true,
            first_ticket: Ticket(first),
            keys: Keys::Text(packed((0..tasks).map(key))),
            arguments: packed((0..tasks).map(|_| vec![0; bytes])),
            operation_of: vec![0; tasks],
            all_wanted: true,
            ..GraphChunk::default()
        };
        if first == 1 {
            chunk.new_operations.push(operation());
        }
        if let Some(worker) = worker {
            self.options += 1;
            chunk.new_options.push(TaskOptions {
                workers: vec![worker.to_owned()],
                ..TaskOptions::default()
            });
            chunk.options_of = vec![self.options; tasks];
        }
        chunk
    }

    pub fn submit(&mut self, tasks: usize, bytes: usize, worker: Option<&str>) {
        let chunk = self.chunk(tasks, bytes, worker);
        self.say(FromClient::Submit(Box::new(chunk)));
    }

    pub fn say(&self, message: FromClient) {
        self.link.outbox.push(message);
    }

    /// The next thing that the scheduler says.
    pub async fn next(&mut self) -> ToClient {
        while self.said.is_empty() {
            let batch = soon(self.link.inbox.next()).await.unwrap().unwrap();
            self.said.extend(batch.messages);
        }
        self.said.pop_front().unwrap()
    }

    /// Waits until so many tasks have finished; whether each came with its value.
    pub async fn finished(&mut self, tasks: usize) -> Vec<bool> {
        let mut values = Vec::new();
        while values.len() < tasks {
            match self.next().await {
                ToClient::Finished { value, .. } => values.push(value.is_some()),
                // For a worker that is gone.
                ToClient::Waiting { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        values
    }
}

fn packed(strings: impl Iterator<Item = Vec<u8>>) -> Packed {
    let (mut blob, mut ends) = (Vec::new(), Vec::new());
    for string in strings {
        blob.extend_from_slice(&string);
        ends.push(blob.len() as u32);
    }
    Packed {
        blob: blob.into(),
        ends,
    }
}
