//! The bulk path without a cluster: values served on many addresses, and fetched from there.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use std::io::Write as _;
use std::sync::Arc;
use taskloom_core::arguments::Part;
use taskloom_core::{Encoded, TaskId, WorkerId};
use taskloom_rpc::data::{
    BufferPool, DataLimits, DataService, Unavailable, ValueSink, ValueSource,
};
use taskloom_rpc::listen::{Listen, Listener};
use taskloom_rpc::serve;
use taskloom_rpc::settings::ConnectionKind;

/// The addresses that the peer serves on, as if so many workers were there.
pub const ADDRESSES: usize = 50;
/// The size of every value.
const VALUE: usize = 1_000;

/// Has every value, all of them alike.
struct Everything(Bytes);

impl ValueSource for Everything {
    async fn value(&self, _: TaskId, _: Part) -> Result<Encoded, Unavailable> {
        Ok(Encoded::bytes(self.0.clone()))
    }
}

impl ValueSink for Everything {
    async fn put(&self, _: TaskId, _: Encoded, _: Option<WorkerId>) -> Result<u64, String> {
        Err("nothing is taken here".to_owned())
    }
}

/// Serves for ever, after a line that names the addresses.
pub fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = Arc::new(Everything(Bytes::from(vec![7; VALUE])));
        let mut line = String::from("serving on");
        for _ in 0..ADDRESSES {
            let listener = Listener::bind(&Listen {
                host: Some("127.0.0.1".to_owned()),
                ..Listen::default()
            })?;
            line += &format!(" {}", listener.address);
            let limits = DataLimits {
                calls: 4_096,
                ..DataLimits::default()
            };
            let service = DataService::new(store.clone(), BufferPool::new(0), limits);
            let (lobby, incoming) = serve::lobby();
            let never = std::future::pending::<()>;
            let routes = serve::worker_routes(service);
            tokio::spawn(serve::serve(
                routes,
                incoming,
                ConnectionKind::Data,
                never(),
            ));
            tokio::spawn(serve::accept(listener, lobby, None, never()));
        }
        println!("{line}");
        std::io::stdout().flush()?;
        std::future::pending().await
    })
}

/// The addresses of the line of [`serve`].
pub fn addresses(line: &str) -> Option<Vec<String>> {
    let addresses = line.strip_prefix("serving on ")?.split(' ');
    Some(addresses.map(str::to_owned).collect())
}

/// Starts a peer that serves values; returns it with its addresses.
pub fn start() -> Result<(crate::processes::Process, Vec<String>)> {
    let mut peer = crate::processes::Process::this_program(&["peer", "data"])?;
    let addresses = peer.wait_for(addresses).context("no peer serves")?;
    Ok((peer, addresses))
}
