//! What each random step does to the world.

use super::*;

impl World {
    pub(super) fn apply(&mut self, step: Step) {
        let worker = |world: &Self, nth: usize| pick(world.workers.keys().copied(), nth);
        let client = |world: &Self, nth: usize| pick(world.clients.keys().copied(), nth);
        match step {
            Step::Join if self.workers.len() < 5 => self.join(),
            Step::Join => {}
            Step::Gone(nth) => {
                if let Some(id) = worker(self, nth) {
                    self.workers.remove(&id);
                    self.turn(Event::WorkerGone {
                        worker: id,
                        reason: "gone".into(),
                    });
                }
            }
            Step::Leave(nth) => {
                if let Some(id) = worker(self, nth) {
                    self.worker_says(id, FromWorker::Leaving);
                }
            }
            Step::Graph {
                client: nth,
                tasks,
                keys,
            } => {
                if let Some(id) = client(self, nth) {
                    self.submit(id, &tasks, keys);
                }
            }
            Step::Scatter {
                client: nth,
                key,
                broadcast,
            } => {
                let Some(id) = client(self, nth) else { return };
                let state = self.clients.get_mut(&id).unwrap();
                let ticket = Ticket(state.next);
                state.next += 1;
                state.open.insert(ticket);
                state.all.push(ticket);
                let key = Key::new(format!("data{key}")).unwrap();
                let scatter = Scatter {
                    ticket,
                    key,
                    nbytes: 5,
                    workers: Vec::new(),
                    broadcast,
                };
                self.turn(Event::ClientSaid {
                    client: id,
                    messages: vec![FromClient::Scatter(scatter)],
                });
            }
            Step::Finish {
                worker: at,
                nth,
                inline,
            } => {
                if let Some(id) = worker(self, at) {
                    self.finish(id, nth, inline);
                }
            }
            Step::Fail { worker: at, nth } => {
                let Some(id) = worker(self, at) else { return };
                let Some(TestRun { task, run }) = self.end(id, nth) else {
                    return;
                };
                let failure = Box::new(TaskFailure::new(ErrorCode::Task, "no"));
                self.worker_says(
                    id,
                    FromWorker::Failed {
                        task,
                        run,
                        elapsed: Duration::ZERO,
                        failure,
                    },
                );
            }
            Step::Return {
                worker: at,
                nth,
                cause,
            } => {
                let Some(id) = worker(self, at) else { return };
                let Some(TestRun { task, run }) = self.end(id, nth) else {
                    return;
                };
                let input = pick(self.seen.iter().copied(), nth).unwrap_or(task);
                let holder = worker(self, nth).unwrap_or(id);
                let cause = match cause {
                    0 => ReturnCause::Withdrawn,
                    1 => ReturnCause::Missing {
                        input,
                        holder: None,
                    },
                    2 => ReturnCause::Missing {
                        input,
                        holder: Some(holder),
                    },
                    _ => ReturnCause::Unreachable {
                        input,
                        holder,
                        reason: "far".into(),
                    },
                };
                self.worker_says(id, FromWorker::Returned { task, run, cause });
            }
            Step::Stale { worker: at, nth } => {
                let Some(id) = worker(self, at) else { return };
                let old = pick(self.ended.iter().copied(), nth).map(|(_, run)| run);
                let TestRun { task, run } = old.unwrap_or(TestRun {
                    task: TaskId::new(9, 9),
                    run: RunId::new(7, 7),
                });
                let elapsed = Duration::ZERO;
                self.worker_says(
                    id,
                    FromWorker::Finished {
                        task,
                        run,
                        nbytes: 1,
                        elapsed,
                        value: None,
                    },
                );
            }
            Step::Store { worker: at, nth } => {
                let Some(id) = worker(self, at) else { return };
                if !self.acquires.is_empty() && nth % 2 == 0 {
                    let (to, task) = self.acquires.remove(nth % self.acquires.len());
                    if self.workers.contains_key(&to) {
                        self.worker_says(to, FromWorker::Stored { task, nbytes: 5 });
                    }
                } else if let Some(task) = pick(self.seen.iter().copied(), nth) {
                    self.worker_says(id, FromWorker::Stored { task, nbytes: 5 });
                }
            }
            Step::Release { client: at, nth } => {
                let Some(id) = client(self, at) else { return };
                let state = self.clients.get_mut(&id).unwrap();
                if let Some(ticket) = pick(state.all.iter().copied(), nth) {
                    state.open.remove(&ticket);
                    state.all.retain(|&other| other != ticket);
                    let messages = vec![FromClient::Release(vec![ticket])];
                    self.turn(Event::ClientSaid {
                        client: id,
                        messages,
                    });
                    if let Some(state) = self.clients.get_mut(&id) {
                        state.open.remove(&ticket);
                    }
                }
            }
            Step::Cancel { client: at, nth } => {
                let Some(id) = client(self, at) else { return };
                if let Some(ticket) = pick(self.clients[&id].all.iter().copied(), nth) {
                    let messages = vec![FromClient::Cancel(vec![ticket])];
                    self.turn(Event::ClientSaid {
                        client: id,
                        messages,
                    });
                }
            }
            Step::Missing {
                client: at,
                task,
                worker: by,
            } => {
                let Some(id) = client(self, at) else { return };
                let (Some(task), Some(worker)) =
                    (pick(self.seen.iter().copied(), task), worker(self, by))
                else {
                    return;
                };
                let messages = vec![FromClient::Missing { task, worker }];
                self.turn(Event::ClientSaid {
                    client: id,
                    messages,
                });
            }
            Step::ClientGone(nth) => {
                if self.clients.len() > 1 {
                    let id = client(self, nth).unwrap();
                    self.clients.remove(&id);
                    self.turn(Event::ClientGone { client: id });
                    self.client();
                }
            }
            Step::Supply { nth, ok } => self.supply(nth, ok),
            Step::Heartbeat { worker: at, nth } => {
                let Some(id) = worker(self, at) else { return };
                let run = pick(self.workers[&id].iter().map(|run| run.run), nth);
                let executing = run.into_iter().collect();
                self.worker_says(
                    id,
                    FromWorker::Heartbeat {
                        executing,
                        stored_bytes: 1,
                        process_bytes: 1,
                    },
                );
            }
            Step::Retry { client: at, nth } => {
                let Some(id) = client(self, at) else { return };
                if let Some(ticket) = pick(self.clients[&id].all.iter().copied(), nth) {
                    let messages = vec![FromClient::Retry(vec![ticket])];
                    self.client_says(id, messages);
                }
            }
            Step::Detach { client: at, nth } => {
                let Some(id) = client(self, at) else { return };
                if let Some(ticket) = pick(self.clients[&id].all.iter().copied(), nth) {
                    self.client_says(id, vec![FromClient::Detach(vec![ticket])]);
                }
            }
            Step::Want { client: at, key } => {
                let Some(id) = client(self, at) else { return };
                let state = self.clients.get_mut(&id).unwrap();
                let ticket = Ticket(state.next);
                state.next += 1;
                state.open.insert(ticket);
                state.all.push(ticket);
                let key = Key::new(format!("k{key}")).unwrap();
                self.client_says(id, vec![FromClient::Want { ticket, key }]);
            }
            Step::Away {
                worker: at,
                nth,
                back,
            } => {
                let Some(id) = worker(self, at) else { return };
                let given = self.workers[&id].iter().copied();
                let old = self.ended.iter().map(|&(_, run)| run);
                let Some(TestRun { task, run }) = pick(given.chain(old.take(2)), nth) else {
                    return;
                };
                let message = match back {
                    true => FromWorker::Rejoined { task, run },
                    false => FromWorker::Seceded { task, run },
                };
                self.worker_says(id, message);
            }
            Step::Job {
                job: number,
                change,
            } => {
                let change = match change {
                    0 => JobChange::Weight(1 + u32::from(number) * 700),
                    1 => JobChange::Pause,
                    2 => JobChange::Resume,
                    3 => JobChange::Cap(Some(1)),
                    4 => JobChange::Cap(None),
                    _ => JobChange::Cancel,
                };
                self.set_job(number, change);
            }
            Step::Ask {
                client: at,
                what,
                nth,
            } => {
                let Some(id) = client(self, at) else { return };
                self.ask_something(id, what, nth);
            }
            Step::Outside(nth) => self.act_outside(nth),
            Step::Time(seconds) => {
                self.now = self.now + Duration::from_secs(seconds);
                for id in self.workers.keys().copied().collect::<Vec<_>>() {
                    self.turn(Event::WorkerHeard { worker: id });
                }
                self.turn(Event::Tick);
            }
        }
    }

    fn ask_something(&mut self, id: ClientId, what: u8, nth: usize) {
        let tickets = self.clients[&id].all.clone();
        let one: Vec<Ticket> = pick(tickets.iter().copied(), nth).into_iter().collect();
        let workers = match nth % 3 {
            0 => Vec::new(),
            // This may be gone.
            _ => vec![format!("w{}", nth as u64 % (self.names + 1))],
        };
        let question = match what {
            0 => Question::Replicate {
                tickets: one,
                copies: (nth % 4) as u32,
                workers,
            },
            1 => Question::Rebalance {
                tickets: Vec::new(),
                workers,
            },
            2 => Question::WhoHas(tickets),
            3 => Question::HasWhat(workers),
            4 => Question::Run {
                operation: Operation::new(["op", "other"][nth % 2], 1, 1),
                arguments: Bytes::new(),
                workers,
            },
            5 => Question::Restart(workers),
            6 => Question::Retire(workers),
            _ => {
                // Withdrawn at once: there may never be so many.
                let request = self.ask(id, Question::WaitForWorkers(nth as u32 % 9));
                self.clients.get_mut(&id).unwrap().asked.remove(&request);
                return self.client_says(id, vec![FromClient::Withdraw(request)]);
            }
        };
        self.ask(id, question);
    }

    pub(super) fn act_outside(&mut self, nth: usize) {
        if let Some((id, request)) = self.runs_outside.pop() {
            if self.workers.contains_key(&id) {
                let result = Ok(Encoded::bytes(Bytes::from_static(b"v")));
                self.worker_says(id, FromWorker::Ran { request, result });
            }
        } else if nth.is_multiple_of(2) && !self.acquires.is_empty() {
            let (id, task) = self.acquires.remove(nth % self.acquires.len());
            if self.workers.contains_key(&id) {
                let reason = "far".into();
                self.worker_says(id, FromWorker::AcquireFailed { task, reason });
            }
        } else if let Some(id) = self.told_to_go.pop()
            && self.workers.remove(&id).is_some()
        {
            let reason = "told to".into();
            self.turn(Event::WorkerGone { worker: id, reason });
            // Some are expected back.
            self.join();
        }
    }
}
