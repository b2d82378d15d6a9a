//! Shared queues: one per (job, class), and which one is next.

use super::{QueueEntry, TaskQueue};
use crate::job::JobTable;
use crate::spec::ClassId;
use std::collections::BTreeMap;

/// The ready tasks of a job. Its classes hold tasks that are interchangeable for placing.
#[derive(Debug, Default)]
struct Job {
    classes: BTreeMap<ClassId, TaskQueue>,
}

/// All tasks that are ready and prefer no worker.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    jobs: BTreeMap<u32, Job>,
    len: usize,
}

impl Jobs {
    /// How many tasks are queued.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds tasks; the vector comes back empty.
    pub(crate) fn insert_all(&mut self, job: u32, class: ClassId, entries: &mut Vec<QueueEntry>) {
        self.len += entries.len();
        let job = self.jobs.entry(job).or_default();
        job.classes.entry(class).or_default().insert_all(entries);
    }

    /// Removes a task; false if it is not there.
    pub(crate) fn remove(&mut self, job: u32, class: ClassId, entry: QueueEntry) -> bool {
        let Some(of_job) = self.jobs.get_mut(&job) else {
            return false;
        };
        let Some(queue) = of_job.classes.get_mut(&class) else {
            return false;
        };
        let found = queue.remove(entry);
        self.len -= usize::from(found);
        self.drop_empty(job, class);
        found
    }

    /// Takes the best task of a class of a job.
    pub(crate) fn pop(&mut self, job: u32, class: ClassId) -> Option<QueueEntry> {
        let of_job = self.jobs.get_mut(&job)?;
        let entry = of_job.classes.get_mut(&class)?.pop()?;
        self.len -= 1;
        self.drop_empty(job, class);
        Some(entry)
    }

    /// An empty queue goes, and a job without queues.
    fn drop_empty(&mut self, job: u32, class: ClassId) {
        if let Some(of_job) = self.jobs.get_mut(&job) {
            if of_job.classes.get(&class).is_some_and(TaskQueue::is_empty) {
                of_job.classes.remove(&class);
            }
            if of_job.classes.is_empty() {
                self.jobs.remove(&job);
            }
        }
    }

    /// The job that was given least for its weight among those that may start a task and have a class
    /// that `can_run`, and of its classes the one with the best head.
    pub(crate) fn next(
        &self,
        table: &JobTable,
        can_run: impl Fn(ClassId) -> bool,
    ) -> Option<(u32, ClassId)> {
        table.in_turn().find_map(|job| {
            let classes = self.jobs.get(&job)?.classes.iter();
            let runnable = classes.filter(|(class, _)| can_run(**class));
            let best = runnable.max_by_key(|(_, queue)| queue.best())?;
            Some((job, *best.0))
        })
    }

    /// Whether a job has tasks here.
    pub(crate) fn has(&self, job: u32) -> bool {
        self.jobs.contains_key(&job)
    }

    /// The best entry of a class of a job.
    pub(crate) fn best(&self, job: u32, class: ClassId) -> Option<QueueEntry> {
        self.jobs.get(&job)?.classes.get(&class)?.best()
    }

    /// How many tasks of its class go before a task.
    pub(crate) fn before(&self, job: u32, class: ClassId, entry: QueueEntry) -> usize {
        let queue = self.jobs.get(&job).and_then(|job| job.classes.get(&class));
        queue.map_or(0, |queue| queue.iter().take_while(|&e| e > entry).count())
    }

    /// Whether any other job has tasks here.
    pub(crate) fn others(&self, job: u32) -> bool {
        self.jobs.keys().any(|&other| other != job)
    }

    /// How many tasks a class of a job has.
    pub(crate) fn class_len(&self, job: u32, class: ClassId) -> usize {
        let queue = self.jobs.get(&job).and_then(|job| job.classes.get(&class));
        queue.map_or(0, TaskQueue::len)
    }

    /// Whether a task is queued here.
    pub(crate) fn contains(&self, job: u32, class: ClassId, entry: QueueEntry) -> bool {
        let queue = self.jobs.get(&job).and_then(|job| job.classes.get(&class));
        queue.is_some_and(|queue| queue.contains(entry))
    }

    /// All classes that have tasks.
    pub(crate) fn classes(&self) -> Vec<(u32, ClassId)> {
        let of_jobs = self.jobs.iter();
        of_jobs
            .flat_map(|(&job, of_job)| of_job.classes.keys().map(move |&class| (job, class)))
            .collect()
    }

    /// Takes all tasks of a class of a job.
    pub(crate) fn take_class(&mut self, job: u32, class: ClassId) -> Vec<QueueEntry> {
        let Some(of_job) = self.jobs.get_mut(&job) else {
            return Vec::new();
        };
        let entries: Vec<QueueEntry> = of_job
            .classes
            .remove(&class)
            .map(|queue| queue.iter().collect())
            .unwrap_or_default();
        self.len -= entries.len();
        self.drop_empty(job, class);
        entries
    }
}
