//! What clients and the scheduler say to each other.

use crate::error::WireError;
use crate::extension::{
    call_from, call_into, call_weight, parcel_from, parcel_into, parcel_weight, replied_from,
    replied_into,
};
use crate::field;
use crate::graph::{
    chunk_from, chunk_into, chunk_weight, tickets_from, tickets_into, worker_names,
};
use crate::message::{SessionTerms, Wire};
use crate::proto::{self, from_client, to_client};
use crate::question::{
    answer_weight, answered_from, answered_into, label, question_from, question_into,
    question_weight,
};
use crate::value::{
    failure_from, failure_into, failure_weight, operation_from, operation_into, peer_into,
    peers_from, value_from, value_into, value_weight,
};
use crate::worker::{epoch_from, heartbeat_from, heartbeat_into, log_line, window_from};
use std::sync::Arc;
use taskloom_core::limits::GRAPH_CHUNK_TASKS_MAX;
use taskloom_core::message::{
    ClientHello, ClientWelcome, FromClient, Located, LogLine, Peer, Place, Scatter, ToClient,
};
use taskloom_core::{ClientId, Key, TaskId, Ticket, WorkerId};

impl proto::ClientHello {
    /// The hello of a client as a message.
    pub fn from_core(hello: ClientHello, terms: SessionTerms) -> Self {
        Self {
            protocol: hello.protocol,
            name: hello.name,
            session: bytes::Bytes::copy_from_slice(&terms.session),
            window_bytes: terms.window_bytes,
            job: hello.job,
        }
    }

    /// The hello that arrived, checked. The version of the protocol is for the scheduler to judge.
    ///
    /// # Errors
    /// If a field is not valid.
    pub fn into_core(self) -> Result<(ClientHello, SessionTerms), WireError> {
        let terms = SessionTerms::from_proto("ClientHello", &self.session, self.window_bytes)?;
        let name = field::name("ClientHello", "name", self.name)?;
        Ok((
            ClientHello {
                protocol: self.protocol,
                name,
                job: label("ClientHello", "job", self.job)?,
            },
            terms,
        ))
    }
}

impl proto::ClientWelcome {
    /// The welcome of a client as a message.
    pub fn from_core(welcome: &ClientWelcome, window_bytes: u64) -> Self {
        Self {
            client: welcome.client.to_bits(),
            epoch: u32::from(welcome.epoch),
            heartbeat_ms: heartbeat_into(welcome.heartbeat),
            window_bytes,
            operations: welcome.operations.clone(),
        }
    }

    /// The welcome that arrived, and what may be unacknowledged towards the scheduler.
    ///
    /// # Errors
    /// If a field is not valid.
    pub fn into_core(self) -> Result<(ClientWelcome, u64), WireError> {
        let welcome = ClientWelcome {
            client: ClientId::from_bits(self.client),
            epoch: epoch_from("ClientWelcome", self.epoch)?,
            heartbeat: heartbeat_from("ClientWelcome", self.heartbeat_ms)?,
            operations: self.operations,
        };
        Ok((welcome, window_from("ClientWelcome", self.window_bytes)?))
    }
}

impl Wire for FromClient {
    type Proto = proto::FromClient;

    fn into_proto(self) -> proto::FromClient {
        use from_client::Kind;
        let tickets = |tickets| proto::Tickets {
            tickets: tickets_into(tickets),
        };
        let kind = match self {
            Self::Submit(chunk) => Kind::Submit(chunk_into(*chunk)),
            Self::Scatter(scatter) => Kind::Scatter(proto::Scatter {
                ticket: scatter.ticket.0,
                key: scatter.key.as_str().to_owned(),
                nbytes: scatter.nbytes,
                workers: scatter.workers,
                broadcast: scatter.broadcast,
            }),
            Self::SupplyFailed {
                task,
                worker,
                reason,
            } => Kind::SupplyFailed(proto::SupplyFailed {
                task: task.to_bits(),
                worker: worker.map_or(0, WorkerId::to_bits),
                no_source: worker.is_none(),
                reason,
            }),
            Self::Release(list) => Kind::Release(tickets(list)),
            Self::Cancel(list) => Kind::Cancel(tickets(list)),
            Self::Locate { request, tickets } => Kind::Locate(proto::Locate {
                request,
                tickets: tickets_into(tickets),
            }),
            Self::Missing { task, worker } => Kind::Missing(proto::Missing {
                task: task.to_bits(),
                worker: worker.to_bits(),
            }),
            Self::Want { ticket, key } => Kind::Want(proto::Want {
                ticket: ticket.0,
                key: key.as_str().to_owned(),
            }),
            Self::Retry(list) => Kind::Retry(tickets(list)),
            Self::Detach(list) => Kind::Detach(tickets(list)),
            Self::Call(call) => Kind::Call(call_into(*call)),
            Self::Withdraw(request) => Kind::Withdraw(request),
            Self::Received(request) => Kind::Received(request),
            Self::Ask { request, question } => Kind::Ask(proto::Ask {
                request,
                question: Some(question_into(question)),
            }),
            Self::Listen(on) => Kind::Listen(on),
            Self::Heartbeat => Kind::Heartbeat(proto::Empty {}),
        };
        proto::FromClient { kind: Some(kind) }
    }

    fn is_unknown(proto: &proto::FromClient) -> bool {
        proto.kind.is_none()
    }

    fn from_proto(proto: proto::FromClient) -> Result<Self, WireError> {
        use from_client::Kind;
        let kind = proto
            .kind
            .ok_or_else(|| WireError::missing("FromClient", "kind"))?;
        Ok(match kind {
            Kind::Submit(chunk) => Self::Submit(Box::new(chunk_from(chunk)?)),
            Kind::Scatter(scatter) => Self::Scatter(Scatter {
                ticket: Ticket(scatter.ticket),
                key: Key::new(scatter.key)
                    .map_err(|error| WireError::new("Scatter", "key", error.to_string()))?,
                nbytes: scatter.nbytes,
                workers: worker_names("Scatter", scatter.workers)?,
                broadcast: scatter.broadcast,
            }),
            Kind::SupplyFailed(failed) => Self::SupplyFailed {
                task: TaskId::from_bits(failed.task),
                worker: (!failed.no_source).then(|| WorkerId::from_bits(failed.worker)),
                reason: failed.reason,
            },
            Kind::Release(list) => Self::Release(tickets_from(list.tickets)),
            Kind::Cancel(list) => Self::Cancel(tickets_from(list.tickets)),
            Kind::Locate(locate) => Self::Locate {
                request: locate.request,
                tickets: tickets_from(locate.tickets),
            },
            Kind::Missing(missing) => Self::Missing {
                task: TaskId::from_bits(missing.task),
                worker: WorkerId::from_bits(missing.worker),
            },
            Kind::Want(want) => Self::Want {
                ticket: Ticket(want.ticket),
                key: Key::new(want.key)
                    .map_err(|error| WireError::new("Want", "key", error.to_string()))?,
            },
            Kind::Retry(list) => Self::Retry(tickets_from(list.tickets)),
            Kind::Detach(list) => Self::Detach(tickets_from(list.tickets)),
            Kind::Call(call) => Self::Call(Box::new(call_from(call)?)),
            Kind::Withdraw(request) => Self::Withdraw(request),
            Kind::Received(request) => Self::Received(request),
            Kind::Ask(ask) => {
                let question = ask
                    .question
                    .ok_or_else(|| WireError::missing("Ask", "question"))?;
                Self::Ask {
                    request: ask.request,
                    question: question_from(question)?,
                }
            }
            Kind::Listen(on) => Self::Listen(on),
            Kind::Heartbeat(_) => Self::Heartbeat,
        })
    }

    fn weight(&self) -> usize {
        match self {
            Self::Submit(chunk) => chunk_weight(chunk),
            Self::Scatter(scatter) => {
                let workers: usize = scatter.workers.iter().map(|name| 4 + name.len()).sum();
                32 + scatter.key.as_bytes().len() + workers
            }
            Self::SupplyFailed { reason, .. } => 32 + reason.len(),
            Self::Release(tickets)
            | Self::Cancel(tickets)
            | Self::Retry(tickets)
            | Self::Detach(tickets) => 8 + 4 * tickets.len(),
            Self::Want { key, .. } => 16 + key.as_bytes().len(),
            Self::Call(call) => call_weight(call),
            Self::Withdraw(_) | Self::Received(_) | Self::Listen(_) => 16,
            Self::Ask { question, .. } => question_weight(question),
            Self::Locate { tickets, .. } => 16 + 4 * tickets.len(),
            Self::Missing { .. } => 24,
            Self::Heartbeat => 8,
        }
    }
}

impl Wire for ToClient {
    type Proto = proto::ToClient;

    fn into_proto(self) -> proto::ToClient {
        use to_client::Kind;
        let kind = match self {
            Self::Finished {
                ticket,
                nbytes,
                value,
            } => Kind::Finished(proto::Finished {
                ticket: ticket.0,
                nbytes,
                value: value.map(value_into),
            }),
            Self::Failed { ticket, failure } => Kind::Failed(proto::Failed {
                ticket: ticket.0,
                failure: Some(failure_into(Arc::unwrap_or_clone(failure))),
            }),
            Self::Refused {
                first,
                count,
                failure,
            } => Kind::Refused(proto::Refused {
                first: first.0,
                count,
                failure: Some(failure_into(Arc::unwrap_or_clone(failure))),
            }),
            Self::Pending { ticket } => Kind::Pending(ticket.0),
            Self::Waiting {
                operation,
                tasks,
                near,
                reason,
            } => Kind::Waiting(proto::Waiting {
                operation: Some(operation_into(&operation)),
                tasks,
                near,
                reason,
            }),
            Self::Supply {
                ticket,
                task,
                targets,
            } => Kind::Supply(proto::Supply {
                ticket: ticket.0,
                task: task.to_bits(),
                targets: targets.into_iter().map(peer_into).collect(),
            }),
            Self::Located { request, places } => Kind::Located(proto::Located {
                request,
                places: places.into_iter().map(located_into).collect(),
            }),
            Self::Replied { request, result } => Kind::Replied(replied_into(request, result)),
            Self::Pushed { operation, parcel } => Kind::Pushed(proto::Pushed {
                operation,
                parcel: Some(parcel_into(parcel)),
            }),
            Self::Answered { request, result } => Kind::Answered(answered_into(request, result)),
            Self::Logged(lines) => Kind::Logged(proto::Logged {
                lines: lines.into_iter().map(line_into).collect(),
            }),
            Self::Closing { reason } => Kind::Closing(reason),
        };
        proto::ToClient { kind: Some(kind) }
    }

    fn is_unknown(proto: &proto::ToClient) -> bool {
        proto.kind.is_none()
    }

    fn from_proto(proto: proto::ToClient) -> Result<Self, WireError> {
        use to_client::Kind;
        let kind = proto
            .kind
            .ok_or_else(|| WireError::missing("ToClient", "kind"))?;
        Ok(match kind {
            Kind::Finished(finished) => Self::Finished {
                ticket: Ticket(finished.ticket),
                nbytes: finished.nbytes,
                value: finished.value.map(value_from).transpose()?,
            },
            Kind::Failed(failed) => {
                let failure = failed
                    .failure
                    .ok_or_else(|| WireError::missing("Failed", "failure"))?;
                Self::Failed {
                    ticket: Ticket(failed.ticket),
                    failure: Arc::new(failure_from(failure)),
                }
            }
            Kind::Refused(refused) => {
                let failure = refused
                    .failure
                    .ok_or_else(|| WireError::missing("Refused", "failure"))?;
                let count = refused.count;
                if count > GRAPH_CHUNK_TASKS_MAX as u64 {
                    return Err(WireError::new(
                        "Refused",
                        "count",
                        "is more than a chunk holds",
                    ));
                }
                Self::Refused {
                    first: Ticket(refused.first),
                    count,
                    failure: Arc::new(failure_from(failure)),
                }
            }
            Kind::Pending(ticket) => Self::Pending {
                ticket: Ticket(ticket),
            },
            Kind::Waiting(waiting) => {
                let operation = waiting
                    .operation
                    .ok_or_else(|| WireError::missing("Waiting", "operation"))?;
                Self::Waiting {
                    operation: operation_from(operation)?,
                    tasks: waiting.tasks,
                    near: waiting.near,
                    reason: waiting.reason,
                }
            }
            Kind::Supply(supply) => Self::Supply {
                ticket: Ticket(supply.ticket),
                task: TaskId::from_bits(supply.task),
                targets: peers_from(supply.targets)?,
            },
            Kind::Located(located) => Self::Located {
                request: located.request,
                places: located
                    .places
                    .into_iter()
                    .map(located_from)
                    .collect::<Result<_, _>>()?,
            },
            Kind::Replied(replied) => Self::Replied {
                request: replied.request,
                result: replied_from(replied)?,
            },
            Kind::Pushed(pushed) => Self::Pushed {
                operation: pushed.operation,
                parcel: parcel_from(pushed.parcel.unwrap_or_default())?,
            },
            Kind::Answered(answered) => Self::Answered {
                request: answered.request,
                result: answered_from(answered)?,
            },
            Kind::Logged(logged) => Self::Logged(
                logged
                    .lines
                    .into_iter()
                    .map(line_from)
                    .collect::<Result<_, _>>()?,
            ),
            Kind::Closing(reason) => Self::Closing { reason },
        })
    }

    fn weight(&self) -> usize {
        match self {
            Self::Finished { value, .. } => 24 + value_weight(value.as_ref()),
            Self::Failed { failure, .. } => 24 + failure_weight(failure),
            Self::Refused { failure, .. } => 32 + failure_weight(failure),
            Self::Pending { .. } => 16,
            Self::Waiting {
                operation,
                near,
                reason,
                ..
            } => {
                let near: usize = near.iter().map(|name| 4 + name.len()).sum();
                48 + operation.name.len() + near + reason.len()
            }
            Self::Supply { targets, .. } => 32 + peers_weight(targets),
            Self::Located { places, .. } => {
                let place = |located: &Located| match &located.place {
                    None => 16,
                    Some(place) => {
                        48 + peers_weight(&place.holders) + value_weight(place.value.as_ref())
                    }
                };
                16 + places.iter().map(place).sum::<usize>()
            }
            Self::Replied { result, .. } => match result {
                Ok(parcel) => 8 + parcel_weight(parcel),
                Err(failure) => 8 + failure_weight(failure),
            },
            Self::Pushed { parcel, .. } => 8 + parcel_weight(parcel),
            Self::Answered { result, .. } => answer_weight(result),
            Self::Logged(lines) => {
                let line = |line: &LogLine| {
                    16 + line.key.as_bytes().len() + line.worker.len() + line.text.len()
                };
                8 + lines.iter().map(line).sum::<usize>()
            }
            Self::Closing { reason } => 8 + reason.len(),
        }
    }
}

fn line_into(line: LogLine) -> proto::LogLine {
    proto::LogLine {
        key: line.key.as_str().to_owned(),
        worker: line.worker,
        level: u32::from(line.level),
        text: line.text,
    }
}

fn line_from(line: proto::LogLine) -> Result<LogLine, WireError> {
    let (level, text) = log_line("LogLine", line.level, line.text)?;
    Ok(LogLine {
        key: Key::new(line.key)
            .map_err(|error| WireError::new("LogLine", "key", error.to_string()))?,
        worker: line.worker,
        level,
        text,
    })
}

fn peers_weight(peers: &[Peer]) -> usize {
    peers
        .iter()
        .map(|peer| 16 + peer.name.len() + peer.address.len())
        .sum()
}

fn located_into(located: Located) -> proto::Place {
    let ticket = located.ticket.0;
    match located.place {
        None => proto::Place {
            ticket,
            ..Default::default()
        },
        Some(place) => proto::Place {
            ticket,
            found: true,
            task: place.task.to_bits(),
            nbytes: place.nbytes,
            holders: place.holders.into_iter().map(peer_into).collect(),
            value: place.value.map(value_into),
        },
    }
}

fn located_from(place: proto::Place) -> Result<Located, WireError> {
    let ticket = Ticket(place.ticket);
    if !place.found {
        return Ok(Located {
            ticket,
            place: None,
        });
    }
    let place = Place {
        task: TaskId::from_bits(place.task),
        nbytes: place.nbytes,
        holders: peers_from(place.holders)?,
        value: place.value.map(value_from).transpose()?,
    };
    Ok(Located {
        ticket,
        place: Some(place),
    })
}
