//! Jobs: shares of the cluster that have names.

use crate::ask::unexpected;
use crate::session::Session;
use crate::{Client, Error, Result};
use std::sync::Arc;
use taskloom_core::limits::LABEL_BYTES_MAX;
use taskloom_core::message::{Answer, JobChange, JobSummary, Question};

/// A job by its name: from [`Client::job`]. Every client is a job of its own, unless its builder or
/// a call names another. Jobs share the cluster by weight: while two of them have work, one of
/// weight 2 is given twice as much as one of weight 1.
///
/// It need not have any task yet: what is set for it here holds for those that come.
///
/// ```no_run
/// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
/// client.job("nightly").weight(0.5).await?;
/// client.job("report").cap(4).await?;
/// for job in client.jobs().await? {
///     println!("{}: {} queued, {} running", job.job, job.queued, job.running);
/// }
/// # Ok(()) }
/// ```
pub struct Job {
    session: Arc<Session>,
    name: String,
}

impl Client {
    /// The job of this name, to be listed or changed.
    pub fn job(&self, name: impl Into<String>) -> Job {
        Job {
            session: self.session().clone(),
            name: name.into(),
        }
    }

    /// All jobs that the scheduler knows.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn jobs(&self) -> Result<Vec<JobSummary>> {
        self.session().jobs().await
    }
}

impl Session {
    async fn jobs(self: &Arc<Self>) -> Result<Vec<JobSummary>> {
        match self.ask(Question::Jobs).await? {
            Answer::Jobs(jobs) => Ok(jobs),
            other => Err(unexpected(&other)),
        }
    }
}

impl Job {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the scheduler knows of it; `None` if it has heard of no such job.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn summary(&self) -> Result<Option<JobSummary>> {
        check_name(&self.name)?;
        let jobs = self.session.jobs().await?;
        Ok(jobs.into_iter().find(|job| job.job == self.name))
    }

    /// Sets its share relative to others; 1 is the usual one.
    ///
    /// # Errors
    /// If the weight is not between 0.001 and 4,000,000, the name cannot be one, or the session
    /// ends.
    pub async fn weight(&self, weight: f64) -> Result<()> {
        let thousandths = (weight * 1000.0).round();
        if !(1.0..=4e9).contains(&thousandths) {
            return Err(Error::Setup(format!(
                "{weight} is no weight of a job: it is a number from 0.001 to 4000000, and 1 is the \
                 usual one; to start none of its tasks, pause it"
            )));
        }
        self.change(JobChange::Weight(thousandths as u32)).await?;
        Ok(())
    }

    /// Starts none of its tasks until it is resumed; those that run go on.
    ///
    /// # Errors
    /// If the name cannot be one, or the session ends.
    pub async fn pause(&self) -> Result<()> {
        self.change(JobChange::Pause).await?;
        Ok(())
    }

    /// Starts its tasks again.
    ///
    /// # Errors
    /// As [`Job::pause`].
    pub async fn resume(&self) -> Result<()> {
        self.change(JobChange::Resume).await?;
        Ok(())
    }

    /// Lets at most so many of its tasks be under way at a time.
    ///
    /// # Errors
    /// If the limit is zero, or as [`Job::pause`].
    pub async fn cap(&self, tasks: u32) -> Result<()> {
        if tasks == 0 {
            return Err(Error::Setup(
                "a cap of zero would never let a task of the job start: pause it instead".into(),
            ));
        }
        self.change(JobChange::Cap(Some(tasks))).await?;
        Ok(())
    }

    /// Takes the limit of [`Job::cap`] away.
    ///
    /// # Errors
    /// As [`Job::pause`].
    pub async fn uncap(&self) -> Result<()> {
        self.change(JobChange::Cap(None)).await?;
        Ok(())
    }

    /// Cancels all its tasks that have not ended, whoever submitted them and whoever wants them.
    /// Gives how many there were.
    ///
    /// # Errors
    /// As [`Job::pause`].
    pub async fn cancel(&self) -> Result<u64> {
        self.change(JobChange::Cancel).await
    }

    async fn change(&self, change: JobChange) -> Result<u64> {
        check_name(&self.name)?;
        let job = self.name.clone();
        match self.session.ask(Question::SetJob { job, change }).await? {
            Answer::Done(n) => Ok(n),
            other => Err(unexpected(&other)),
        }
    }
}

/// That a name can be that of a job.
pub(crate) fn check_name(name: &str) -> Result<()> {
    match name.len() {
        0 => Err(Error::Setup("the name of a job must not be empty".into())),
        n if n > LABEL_BYTES_MAX => Err(Error::Setup(format!(
            "the name of a job has at most {LABEL_BYTES_MAX} bytes, this one has {n}"
        ))),
        _ => Ok(()),
    }
}
