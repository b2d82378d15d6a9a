//! A server on loopback with a host that hands every link to the test.
#![allow(dead_code)] // Each test file uses a part of it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::limits::PROTOCOL_VERSION;
use taskloom_core::message::{ClientHello, ClientWelcome, Refusal, WorkerHello, WorkerWelcome};
use taskloom_core::{ClientId, Encoded, TaskId, WorkerId};
use taskloom_rpc::SchedulerAddress;
use taskloom_rpc::data::{
    BufferPool, DataLimits, DataService, Unavailable, ValueSink, ValueSource,
};
use taskloom_rpc::listen::{Listen, Listener};
use taskloom_rpc::serve::{
    ServerClientLink, ServerWorkerLink, SessionHost, accept, lobby, scheduler_routes, serve,
};
use taskloom_rpc::settings::ConnectionKind;
use taskloom_wire::proto;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

pub struct Server {
    pub address: SocketAddr,
    pub workers: mpsc::UnboundedReceiver<(WorkerHello, ServerWorkerLink)>,
    pub clients: mpsc::UnboundedReceiver<(ClientHello, ServerClientLink)>,
    pub store: Arc<Store>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

#[derive(Clone)]
struct Host {
    workers: mpsc::UnboundedSender<(WorkerHello, ServerWorkerLink)>,
    clients: mpsc::UnboundedSender<(ClientHello, ServerClientLink)>,
}

impl SessionHost for Host {
    async fn worker(
        &self,
        hello: WorkerHello,
        link: ServerWorkerLink,
    ) -> Result<WorkerWelcome, Refusal> {
        if hello.protocol != PROTOCOL_VERSION {
            let (ours, theirs) = (PROTOCOL_VERSION, hello.protocol);
            return Err(Refusal::Protocol {
                party: "worker",
                ours,
                theirs,
            });
        }
        if hello.name == "taken" {
            return Err(Refusal::NameTaken {
                name: hello.name,
                address: hello.address,
            });
        }
        let heartbeat = Duration::from_millis(500);
        self.workers.send((hello, link)).unwrap();
        Ok(WorkerWelcome {
            worker: WorkerId::new(1, 1),
            epoch: 7,
            heartbeat,
        })
    }

    async fn client(
        &self,
        hello: ClientHello,
        link: ServerClientLink,
    ) -> Result<ClientWelcome, Refusal> {
        let heartbeat = Duration::from_millis(500);
        self.clients.send((hello, link)).unwrap();
        Ok(ClientWelcome {
            client: ClientId::new(2, 1),
            epoch: 7,
            heartbeat,
            operations: Vec::new(),
        })
    }
}

struct Admin;

#[tonic::async_trait]
impl proto::admin_server::Admin for Admin {
    async fn identity(
        &self,
        _: tonic::Request<proto::IdentityRequest>,
    ) -> Result<tonic::Response<proto::IdentityReply>, tonic::Status> {
        let release = "test".to_owned();
        Ok(tonic::Response::new(proto::IdentityReply {
            release,
            ..Default::default()
        }))
    }
}

/// Values by task. An element of a value is its buffer of that index.
pub struct Store {
    pub values: Mutex<HashMap<TaskId, Encoded>>,
    /// Gets a permit for each value that is asked for.
    pub asked: Semaphore,
    /// Taken for each value that is served: a test can hold them back.
    pub gate: Semaphore,
}

impl Store {
    pub fn insert(&self, task: TaskId, value: Encoded) {
        self.values.lock().unwrap().insert(task, value);
    }
}

impl ValueSource for Store {
    async fn value(&self, task: TaskId, part: Part) -> Result<Encoded, Unavailable> {
        self.asked.add_permits(1);
        let _open = self.gate.acquire().await.unwrap();
        let value = self.values.lock().unwrap().get(&task).cloned();
        let value = value.ok_or(Unavailable::Missing)?;
        match part.index() {
            None => Ok(value),
            Some(index) => match value.buffers.get(index as usize) {
                Some(buffer) => Ok(Encoded::bytes(buffer.clone())),
                None => Err(Unavailable::Failed(format!("there is no element {index}"))),
            },
        }
    }
}

impl ValueSink for Store {
    async fn put(
        &self,
        task: TaskId,
        value: Encoded,
        target: Option<WorkerId>,
    ) -> Result<u64, String> {
        if let Some(target) = target {
            return Err(format!("there is no relay to {target}"));
        }
        let nbytes = value.nbytes();
        self.insert(task, value);
        Ok(nbytes)
    }
}

pub fn listener() -> Listener {
    Listener::bind(&Listen {
        host: Some("127.0.0.1".to_owned()),
        port: 0,
        interface: None,
    })
    .unwrap()
}

impl Server {
    pub async fn start() -> Self {
        Self::with_calls(64).await
    }

    pub async fn with_calls(calls: usize) -> Self {
        Self::with(calls, |service| service).await
    }

    /// A server whose data service is changed first.
    pub async fn with(
        calls: usize,
        change: impl FnOnce(DataService<Store>) -> DataService<Store>,
    ) -> Self {
        let store = Arc::new(Store {
            values: Mutex::default(),
            asked: Semaphore::new(0),
            gate: Semaphore::new(1 << 20),
        });
        let (worker_sender, workers) = mpsc::unbounded_channel();
        let (client_sender, clients) = mpsc::unbounded_channel();
        let host = Host {
            workers: worker_sender,
            clients: client_sender,
        };
        let limits = DataLimits {
            calls,
            value_bytes_max: 1 << 32,
        };
        let data = change(DataService::new(
            store.clone(),
            BufferPool::default(),
            limits,
        ));
        let routes = scheduler_routes(host, Admin, data);
        let listener = listener();
        let address = listener.address;
        let (control, control_incoming) = lobby();
        let (bulk, bulk_incoming) = lobby();
        let served = serve(
            routes.clone(),
            control_incoming,
            ConnectionKind::Control,
            std::future::pending(),
        );
        let bulk_served = serve(
            routes,
            bulk_incoming,
            ConnectionKind::Data,
            std::future::pending(),
        );
        let tasks = vec![
            tokio::spawn(async { served.await.unwrap() }),
            tokio::spawn(async { bulk_served.await.unwrap() }),
            tokio::spawn(async {
                accept(listener, control, Some(bulk), std::future::pending())
                    .await
                    .unwrap();
            }),
        ];
        Self {
            address,
            workers,
            clients,
            store,
            tasks,
        }
    }

    pub fn scheduler(&self) -> SchedulerAddress {
        self.address.into()
    }

    pub fn peer(&self) -> String {
        self.address.to_string()
    }
}

pub fn worker_hello() -> WorkerHello {
    WorkerHello {
        protocol: PROTOCOL_VERSION,
        name: "w1".to_owned(),
        address: "127.0.0.1:1".to_owned(),
        nthreads: 2,
        memory_limit: 1 << 30,
        resources: Vec::new(),
        operations: Vec::new(),
        release: "test".to_owned(),
        process: 1,
    }
}

pub fn client_hello() -> ClientHello {
    ClientHello {
        protocol: PROTOCOL_VERSION,
        name: "c1".to_owned(),
        job: String::new(),
    }
}

/// Waits, but not for ever: a test that hangs says nothing.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what)
        .await
        .expect("it takes too long")
}
