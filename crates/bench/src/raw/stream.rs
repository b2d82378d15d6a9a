//! Bare tonic streams: round trips and rates of small items, and large copies.
//!
//! The messages are those of the protocol, so that only what Taskloom does with them is missing.

use super::memory::Pages;
use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::time::{Duration, Instant};
use taskloom_wire::proto::{
    ClientFrame, ClientReplyFrame, DataFrame, DataPiece, DataStatus, FetchRequest, Finished,
    FromClient, PutFrame, PutReply, Tickets, ToClient, Value, client_service_client,
    client_service_server, data_client, data_server, from_client, to_client,
};
use tokio::sync::{OnceCell, mpsc};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};

/// Bytes per message of a large copy, and the largest HTTP/2 frame that its receiver takes.
const MESSAGE: usize = 1 << 20;
/// What may be under way on a stream or connection.
const WINDOW: u32 = 64 << 20;
/// Messages that wait between a service and its connection.
const QUEUE: usize = 64;
/// The result that answers an item.
const RESULT: &[u8] = &[7; 16];

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[derive(Default)]
struct Bare {
    // Made when it is first asked for: a peer of round trips has no use for it.
    stored: OnceCell<Bytes>,
}

/// Serves on a current-thread runtime, for ever.
pub fn serve(listener: TcpListener) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let incoming = TcpListenerStream::new(listener).inspect(|stream| {
            if let Ok(stream) = stream {
                let _ = stream.set_nodelay(true);
            }
        });
        Server::builder()
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .add_service(client_service_server::ClientServiceServer::new(
                Bare::default(),
            ))
            .add_service(data_server::DataServer::new(Bare::default()))
            .serve_with_incoming(incoming)
            .await?;
        Ok(())
    })
}

#[tonic::async_trait]
impl client_service_server::ClientService for Bare {
    type SessionStream = Answers<ClientReplyFrame>;

    /// Answers each frame with one that has a result for every ticket.
    async fn session(
        &self,
        request: Request<Streaming<ClientFrame>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let answers = request.into_inner().map(|frame| {
            let frame = frame?;
            let tickets = frame
                .messages
                .into_iter()
                .flat_map(|message| match message.kind {
                    Some(from_client::Kind::Release(tickets)) => tickets.tickets,
                    _ => Vec::new(),
                });
            let messages = tickets.map(|ticket| {
                let buffers = vec![Bytes::from_static(RESULT)];
                let value = Some(Value {
                    codec: 1,
                    header: None,
                    buffers,
                });
                let finished = Finished {
                    ticket,
                    nbytes: RESULT.len() as u64,
                    value,
                };
                ToClient {
                    kind: Some(to_client::Kind::Finished(finished)),
                }
            });
            let messages = messages.collect();
            Ok(ClientReplyFrame {
                seq: frame.seq,
                ack: frame.seq,
                welcome: None,
                messages,
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

#[tonic::async_trait]
impl data_server::Data for Bare {
    type FetchStream = Answers<DataFrame>;

    async fn fetch(
        &self,
        _request: Request<FetchRequest>,
    ) -> Result<Response<Self::FetchStream>, Status> {
        let stored = self.stored.get_or_try_init(stored).await?.clone();
        let frames = futures::stream::iter((0..stored.len()).step_by(MESSAGE)).map(move |at| {
            let end = stored.len().min(at + MESSAGE);
            let data = stored.slice(at..end);
            let status = DataStatus::More.into();
            Ok(DataFrame {
                pieces: vec![DataPiece {
                    status,
                    data,
                    ..DataPiece::default()
                }],
            })
        });
        Ok(Response::new(Box::pin(frames)))
    }

    async fn put(
        &self,
        _request: Request<Streaming<PutFrame>>,
    ) -> Result<Response<PutReply>, Status> {
        Err(Status::unimplemented("this peer only sends"))
    }
}

async fn stored() -> Result<Bytes, Status> {
    let mut pages = Pages::huge(super::LARGE).map_err(|why| Status::internal(why.to_string()))?;
    pages.fill(7);
    Ok(Bytes::from_owner(pages))
}

fn endpoint(address: SocketAddr) -> Result<Endpoint> {
    Ok(Endpoint::from_shared(format!("http://{address}"))?
        .tcp_nodelay(true)
        .connect_timeout(Duration::from_secs(5))
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW))
}

/// One bidirectional stream on which every item is answered.
pub struct Echo {
    out: mpsc::Sender<ClientFrame>,
    answers: Streaming<ClientReplyFrame>,
    ticket: u64,
}

impl Echo {
    /// Opens the stream.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let channel = endpoint(address)?
            .connect()
            .await
            .context("the stream peer is not there")?;
        let (out, frames) = mpsc::channel(QUEUE);
        let mut client = client_service_client::ClientServiceClient::new(channel);
        let answers = client
            .session(ReceiverStream::new(frames))
            .await?
            .into_inner();
        Ok(Self {
            out,
            answers,
            ticket: 0,
        })
    }

    fn frame(&mut self, items: usize) -> ClientFrame {
        let messages = (0..items).map(|_| {
            self.ticket += 1;
            let kind = from_client::Kind::Release(Tickets {
                tickets: vec![self.ticket],
            });
            FromClient { kind: Some(kind) }
        });
        let messages = messages.collect();
        ClientFrame {
            seq: self.ticket,
            ack: 0,
            hello: None,
            messages,
        }
    }

    async fn answer(&mut self) -> Result<usize> {
        match self.answers.message().await? {
            Some(frame) => Ok(frame.messages.len()),
            None => bail!("the stream peer has ended"),
        }
    }

    /// Microseconds of each of `n` round trips of one item.
    pub async fn round_trips(&mut self, n: usize) -> Result<Vec<f64>> {
        let mut trips = Vec::with_capacity(n);
        for _ in 0..n {
            let started = Instant::now();
            let frame = self.frame(1);
            self.out
                .send(frame)
                .await
                .context("the stream peer has ended")?;
            self.answer().await?;
            trips.push(started.elapsed().as_secs_f64() * 1e6);
        }
        Ok(trips)
    }

    /// Items per second when `items` of them go out in frames of `batch`, as fast as they may.
    pub async fn rate(&mut self, items: usize, batch: usize) -> Result<f64> {
        let started = Instant::now();
        let out = self.out.clone();
        let (mut sent, mut answered) = (0, 0);
        while answered < items {
            tokio::select! {
                biased;
                permit = out.reserve(), if sent < items => {
                    let size = batch.min(items - sent);
                    permit.context("the stream peer has ended")?.send(self.frame(size));
                    sent += size;
                }
                answer = self.answers.message() => match answer? {
                    Some(frame) => answered += frame.messages.len(),
                    None => bail!("the stream peer has ended"),
                },
            }
        }
        Ok(items as f64 / started.elapsed().as_secs_f64())
    }
}

/// Server streaming of one large buffer into memory that is used again and again.
pub struct Copy {
    client: data_client::DataClient<Channel>,
    memory: Pages,
}

impl Copy {
    /// Opens the connection.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let endpoint = endpoint(address)?.max_frame_size(MESSAGE as u32);
        let channel = endpoint
            .connect()
            .await
            .context("the stream peer is not there")?;
        let memory = Pages::huge(super::LARGE)?;
        Ok(Self {
            client: data_client::DataClient::new(channel),
            memory,
        })
    }

    /// One copy, in gigabytes per second.
    pub async fn run(&mut self) -> Result<f64> {
        let started = Instant::now();
        let mut frames = self
            .client
            .fetch(FetchRequest::default())
            .await?
            .into_inner();
        let mut at = 0;
        while let Some(frame) = frames.message().await? {
            for piece in frame.pieces {
                let Some(to) = self.memory.get_mut(at..at + piece.data.len()) else {
                    bail!("the stream peer sent more than was asked for");
                };
                to.copy_from_slice(&piece.data);
                at += piece.data.len();
            }
        }
        if at != self.memory.len() {
            bail!(
                "the stream peer sent {at} bytes instead of {}",
                self.memory.len()
            );
        }
        Ok(super::gigabytes(at, started))
    }
}
