//! Jobs are listed and changed.

use crate::core::SchedulerCore;
use crate::step::Step;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::ErrorCode;
use taskloom_core::message::{Answer, JobChange, JobSummary};

impl SchedulerCore {
    /// All jobs, by name.
    pub(crate) fn job_summaries(&self) -> Answer {
        let summary = |(slot, job): (u32, &crate::job::Job)| JobSummary {
            job: job.name.clone(),
            weight: job.weight,
            paused: job.paused,
            cap: job.cap,
            queued: self.job_table.queued(slot),
            running: u64::from(job.running),
            tasks: job.tasks,
            given: Duration::from_nanos(job.given_ns),
        };
        Answer::Jobs(self.job_table.iter().map(summary).collect())
    }

    /// Changes how a job is treated. Answers with how many tasks it concerned.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub(crate) fn set_job(&mut self, name: &str, change: JobChange) -> Result<Answer, String> {
        if name.is_empty() {
            return Err("a job's name is not empty".into());
        }
        if change == JobChange::Cancel {
            let Some(job) = self.job_table.find(name) else {
                return Err(format!("no job is named {name}"));
            };
            return Ok(Answer::Done(self.cancel_job(job)));
        }
        let Some(slot) = self.job_table.intern(name) else {
            return Err(format!(
                "the scheduler tells {} jobs apart already",
                self.job_table.len()
            ));
        };
        let tasks = self.job_table.get(slot).map_or(0, |job| job.tasks);
        self.job_table.set(slot, |job| match change {
            JobChange::Weight(weight) => job.weight = weight.max(1),
            JobChange::Pause => job.paused = true,
            JobChange::Resume => job.paused = false,
            JobChange::Cap(cap) => job.cap = cap,
            JobChange::Cancel => {}
        });
        self.touch_queued();
        Ok(Answer::Done(tasks))
    }

    /// All tasks of a job that have not ended fail as cancelled, whoever wants them.
    fn cancel_job(&mut self, job: u32) -> u64 {
        let mut cancelled = 0;
        for slot in 0..self.tasks.len() as u32 {
            let task = self.task(slot);
            let goes = task.job == job && self.is_live(slot) && task.state.is_active();
            if goes {
                cancelled += 1;
                let failure = self.blame(slot, ErrorCode::Cancelled, "its job was cancelled");
                self.steps.push(Step::Fail(slot, Arc::new(failure)));
            }
        }
        self.run_steps();
        cancelled
    }
}
