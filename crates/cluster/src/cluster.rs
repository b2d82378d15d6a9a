//! A running local cluster.

use crate::member::Member;
use crate::plan::Plan;
use crate::{ClusterError, LocalClusterBuilder};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use taskloom_client::{Client, blocking};
use taskloom_dashboard::{Dashboard, Subject};
use taskloom_rpc::SchedulerAddress;
use taskloom_scheduler::{Scheduler, SchedulerHandle};
use taskloom_task::Error;
use tempfile::TempDir;

/// A scheduler and workers on this machine. Dropping it ends them at once; [`Self::close`] ends them
/// in order.
#[derive(Debug)]
pub struct LocalCluster {
    // The order of the fields is the order in which they end.
    members: Mutex<Vec<Member>>,
    pages: Option<Dashboard>,
    scheduler: Option<SchedulerHandle>,
    plan: Plan,
    address: String,
    started: AtomicUsize,
    start_timeout: Duration,
    /// The workers' files; removed last.
    _directory: TempDir,
}

/// A worker of a [`LocalCluster`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalWorker {
    /// Its name.
    pub name: String,
    /// The process it runs in: this one, unless workers are processes.
    pub pid: u32,
}

impl From<&Member> for LocalWorker {
    fn from(member: &Member) -> Self {
        Self {
            name: member.name.clone(),
            pid: member.pid(),
        }
    }
}

/// Which worker of a cluster is meant: its name, or its place in [`LocalCluster::workers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerChoice {
    /// The worker of this name.
    Name(String),
    /// The worker at this place.
    Place(usize),
}

impl From<&str> for WorkerChoice {
    fn from(name: &str) -> Self {
        Self::Name(name.into())
    }
}

impl From<&String> for WorkerChoice {
    fn from(name: &String) -> Self {
        Self::Name(name.clone())
    }
}

impl From<usize> for WorkerChoice {
    fn from(place: usize) -> Self {
        Self::Place(place)
    }
}

impl LocalCluster {
    /// Settings for a new cluster; `start` starts it.
    pub fn builder() -> LocalClusterBuilder {
        LocalClusterBuilder::default()
    }

    pub(crate) async fn start(builder: LocalClusterBuilder) -> Result<Self, ClusterError> {
        if builder.processes && builder.program.is_none() && !taskloom_launch::initialised() {
            return Err(ClusterError::NotInitialised);
        }
        let directory = tempfile::Builder::new().prefix("taskloom-").tempdir();
        let directory = directory.map_err(|source| ClusterError::Io {
            what: "directory",
            source,
        })?;
        let scheduler =
            Scheduler::spawn_with(builder.scheduler.clone(), builder.extensions.make())?;
        let address = scheduler.contact_address().to_owned();
        let pages = pages(builder.http_address.as_deref(), &scheduler)?;
        let parsed: SchedulerAddress = address.parse().map_err(|error| {
            let reason = format!("{error}");
            ClusterError::Setting {
                setting: "scheduler.contact_address",
                reason,
            }
        })?;
        let cluster = Self {
            members: Mutex::new(Vec::new()),
            pages,
            plan: Plan::new(&builder, parsed, directory.path().to_owned())?,
            scheduler: Some(scheduler),
            address,
            started: AtomicUsize::new(0),
            start_timeout: builder.start_timeout,
            _directory: directory,
        };
        let mut members = Vec::new();
        for _ in 0..builder.workers {
            members.push(cluster.plan.start(cluster.next_name())?);
        }
        cluster.registered(&members).await?;
        cluster.members().extend(members);
        Ok(cluster)
    }

    /// A new client of this cluster.
    ///
    /// # Errors
    /// If it cannot connect.
    pub async fn client(&self) -> Result<Client, Error> {
        Client::connect(&*self.address).await
    }

    /// A new client of this cluster for programs without an async runtime.
    ///
    /// # Errors
    /// If it cannot connect.
    pub fn blocking_client(&self) -> Result<blocking::Client, Error> {
        blocking::Client::connect(&*self.address)
    }

    /// The scheduler's address, as `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where the pages of the scheduler are, if they were asked for, as `http://host:port`.
    pub fn http_url(&self) -> Option<String> {
        self.pages.as_ref().map(Dashboard::url)
    }

    /// The process that the scheduler runs in: this one.
    pub fn scheduler_pid(&self) -> u32 {
        std::process::id()
    }

    /// The workers that were started and have not ended, in the order in which they were started.
    pub fn workers(&self) -> Vec<LocalWorker> {
        self.living().iter().map(LocalWorker::from).collect()
    }

    /// Starts one more worker like the others and waits until it is registered.
    ///
    /// # Errors
    /// See [`ClusterError`].
    pub async fn add_worker(&self) -> Result<LocalWorker, ClusterError> {
        self.add(self.next_name()).await
    }

    /// [`Self::add_worker`] with a name, which may be that of a worker that has ended.
    ///
    /// # Errors
    /// See [`ClusterError`].
    pub async fn add_worker_named(
        &self,
        name: impl Into<String>,
    ) -> Result<LocalWorker, ClusterError> {
        self.add(name.into()).await
    }

    /// Ends a worker at once, as a crash would: SIGKILL if it is a process.
    ///
    /// # Errors
    /// If there is no such worker.
    pub fn kill_worker(
        &self,
        worker: impl Into<WorkerChoice>,
    ) -> Result<LocalWorker, ClusterError> {
        let member = self.take(worker.into())?;
        member.kill();
        Ok(LocalWorker::from(&member))
    }

    /// Ends a worker in order: it ends what it runs and hands on what only it holds.
    ///
    /// # Errors
    /// If there is no such worker.
    pub async fn retire_worker(
        &self,
        worker: impl Into<WorkerChoice>,
    ) -> Result<LocalWorker, ClusterError> {
        let member = self.take(worker.into())?;
        member.retire().await;
        Ok(LocalWorker::from(&member))
    }

    /// Ends the cluster in order: the scheduler tells its peers, then the workers end.
    ///
    /// # Errors
    /// If a part of it ended through a defect.
    pub async fn close(mut self) -> Result<(), ClusterError> {
        if let Some(scheduler) = self.scheduler.take() {
            scheduler.close("the local cluster is closed");
            scheduler.joined().await?;
        }
        let members = std::mem::take(&mut *self.members());
        let mut leaving: Vec<_> = members
            .into_iter()
            .map(|member| Box::pin(member.dismiss()))
            .collect();
        // All of them at once: each may take a moment.
        std::future::poll_fn(|context| {
            leaving.retain_mut(|member| member.as_mut().poll(context).is_pending());
            if leaving.is_empty() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        Ok(())
    }

    async fn add(&self, name: String) -> Result<LocalWorker, ClusterError> {
        let members = [self.plan.start(name)?];
        self.registered(&members).await?;
        let [member] = members;
        let worker = LocalWorker::from(&member);
        self.members().push(member);
        Ok(worker)
    }

    /// Waits until the scheduler knows all of these.
    async fn registered(&self, members: &[Member]) -> Result<(), ClusterError> {
        let Some(scheduler) = &self.scheduler else {
            return Err(ClusterError::SchedulerEnded);
        };
        let until = tokio::time::Instant::now() + self.start_timeout;
        let mut roster = scheduler.roster();
        for (at, member) in members.iter().enumerate() {
            let present = roster.wait_for(|registered| {
                registered
                    .iter()
                    .any(|registered| registered.name == member.name)
            });
            tokio::select! {
                biased;
                present = present => drop(present.map_err(|_| ClusterError::SchedulerEnded)?),
                how = member.ended() => return Err(member.ended_early(how)),
                () = tokio::time::sleep_until(until) => {
                    let missing = members[at..].iter().map(|member| member.name.clone()).collect();
                    let (address, waited) = (self.address.clone(), self.start_timeout);
                    return Err(ClusterError::Timeout { missing, address, waited });
                }
            }
        }
        Ok(())
    }

    fn next_name(&self) -> String {
        format!("worker-{}", self.started.fetch_add(1, Ordering::Relaxed))
    }

    fn members(&self) -> MutexGuard<'_, Vec<Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn living(&self) -> MutexGuard<'_, Vec<Member>> {
        let mut members = self.members();
        members.retain(|member| !member.has_ended());
        members
    }

    fn take(&self, choice: WorkerChoice) -> Result<Member, ClusterError> {
        let mut members = self.living();
        let at = match &choice {
            WorkerChoice::Name(name) => members.iter().position(|member| member.name == *name),
            WorkerChoice::Place(at) => Some(*at).filter(|&at| at < members.len()),
        };
        let at = at.ok_or_else(|| {
            ClusterError::NoSuchWorker(match choice {
                WorkerChoice::Name(name) => name,
                WorkerChoice::Place(at) => format!("at place {at}"),
            })
        })?;
        Ok(members.remove(at))
    }
}

impl Drop for LocalCluster {
    fn drop(&mut self) {
        // All are told before the first is waited for.
        for member in self.members().iter() {
            member.kill();
        }
    }
}

fn pages(
    address: Option<&str>,
    scheduler: &SchedulerHandle,
) -> Result<Option<Dashboard>, ClusterError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let subject = Subject {
        title: "the scheduler".into(),
        metrics: scheduler.metrics().clone(),
    };
    let started = address
        .parse()
        .and_then(|address| Dashboard::start(&address, subject));
    started.map(Some).map_err(|error| ClusterError::Setting {
        setting: "http_address",
        reason: error.to_string(),
    })
}
