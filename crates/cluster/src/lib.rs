//! A whole cluster in one process or in child processes: the embedded default, and a fixture for
//! tests.
//!
//! What lives here: [`LocalCluster`], which starts a scheduler and workers, waits until they know
//! each other, hands out clients and cleans up; and [`local()`], the one line that most programs need.
//!
//! What does not: schedulers, workers and clients themselves. A local cluster runs exactly the code
//! of a large one, over gRPC on the loopback interface.

mod builder;
mod cluster;
mod error;
mod member;
mod plan;
mod process;

pub use builder::LocalClusterBuilder;
pub use cluster::{LocalCluster, LocalWorker, WorkerChoice};
pub use error::ClusterError;

use std::sync::Arc;
use taskloom_client::Client;

/// Starts a cluster in this process, with one worker per core, and connects to it. The cluster lives
/// as long as the client and its clones.
///
/// # Errors
/// If the cluster cannot be started; see [`ClusterError`].
pub async fn local() -> Result<Client, taskloom_task::Error> {
    let cluster = LocalCluster::builder().start().await?;
    let client = cluster.client().await?;
    client.keep(Arc::new(cluster));
    Ok(client)
}
