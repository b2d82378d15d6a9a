//! How the workers of a cluster are made.

use crate::member::{Body, Member};
use crate::process::Process;
use crate::{ClusterError, LocalClusterBuilder};
use std::path::PathBuf;
use std::time::Duration;
use taskloom_core::ResourceAmount;
use taskloom_launch::ChildWorker;
use taskloom_rpc::SchedulerAddress;
use taskloom_rpc::listen::Listen;
use taskloom_task::Registry;
use taskloom_worker::{Worker, WorkerConfig};

/// The interface of everything local.
const LOOPBACK: &str = "127.0.0.1";

/// Everything about a worker but its name.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Workers on threads of this process.
    Threads {
        config: Box<WorkerConfig>,
        registry: Registry,
    },
    /// Workers in processes.
    Processes { child: Box<ChildWorker> },
}

impl Plan {
    pub(crate) fn new(
        builder: &LocalClusterBuilder,
        scheduler: SchedulerAddress,
        directory: PathBuf,
    ) -> Result<Self, ClusterError> {
        let mut config = WorkerConfig::new(scheduler.clone());
        let share = config.memory_limit / builder.workers.max(1) as u64;
        let memory_limit = builder.memory_limit.unwrap_or(share);
        if builder.processes {
            let child = ChildWorker {
                scheduler: scheduler.to_string(),
                name: None,
                nthreads: Some(builder.threads),
                memory_limit: Some(memory_limit),
                resources: builder.resources.clone(),
                host: Some(LOOPBACK.into()),
                local_directory: Some(directory),
                flags: flags(builder.stuck_after),
                program: builder.program.clone(),
            };
            return Ok(Self::Processes {
                child: Box::new(child),
            });
        }
        config.listen = Listen {
            host: Some(LOOPBACK.into()),
            port: 0,
            interface: None,
        };
        config.restart_in_place = true;
        config.stuck_after = builder.stuck_after.unwrap_or(config.stuck_after);
        config.isolation = taskloom_launch::isolation_if_initialised();
        config.nthreads = builder.threads;
        config.memory_limit = memory_limit;
        config.local_directory = directory;
        config.resources = amounts(&builder.resources)?;
        let registry = Registry::linked().map_err(ClusterError::Registry)?;
        Ok(Self::Threads {
            config: Box::new(config),
            registry,
        })
    }

    /// Starts a worker of this name. It is not registered yet.
    pub(crate) fn start(&self, name: String) -> Result<Member, ClusterError> {
        let body = match self {
            Self::Threads { config, registry } => {
                let config = WorkerConfig {
                    name: Some(name.clone()),
                    ..(**config).clone()
                };
                let started = Worker::spawn(config, registry.clone());
                Body::Threads(started.map_err(|source| {
                    let name = name.clone();
                    ClusterError::Worker { name, source }
                })?)
            }
            Self::Processes { child } => {
                let child = ChildWorker {
                    name: Some(name.clone()),
                    ..(**child).clone()
                };
                let command = child.command().map_err(|_| ClusterError::NotInitialised)?;
                Body::Process(Process::start(&name, command)?)
            }
        };
        Ok(Member { name, body })
    }
}

/// Lines such as "worker-0 registered" would stand between those of the program; what is wrong is
/// said all the same, and a log level that somebody chose is kept.
fn flags(stuck_after: Option<Duration>) -> Vec<String> {
    let mut flags = vec!["--quiet".to_owned(), "--http-address=".to_owned()];
    flags.extend(stuck_after.map(|time| format!("--stuck-after={}ns", time.as_nanos())));
    if std::env::var_os("TASKLOOM_LOG_LEVEL").is_none() {
        flags.push("--log-level=warn".into());
    }
    flags
}

fn amounts(resources: &[(String, f64)]) -> Result<Vec<(String, ResourceAmount)>, ClusterError> {
    let mut amounts = Vec::with_capacity(resources.len());
    for (name, units) in resources {
        let Some(amount) = ResourceAmount::from_units(*units) else {
            let reason = format!("{name} = {units} is not an amount");
            return Err(ClusterError::Setting {
                setting: "resource",
                reason,
            });
        };
        amounts.push((name.clone(), amount));
    }
    amounts.sort();
    Ok(amounts)
}
