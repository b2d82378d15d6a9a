//! What is simulated: tasks with durations, sizes and dependencies.

use std::time::Duration;
use taskloom_core::order::depth_first;

/// A task of a [`Job`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimTask {
    /// Its kind: an index into [`Job::kinds`]. Tasks of a kind run one operation.
    pub kind: u32,
    /// How long a thread is busy with it.
    pub duration: Duration,
    /// Bytes of its result.
    pub bytes: u64,
    /// The tasks whose results it needs, by place; all before its own.
    pub needs: Vec<u32>,
}

/// A graph of tasks as it runs in a simulation.
///
/// ```
/// use std::time::Duration;
/// use taskloom_sim::{Job, SimTask};
///
/// let second = Duration::from_secs(1);
/// let mut job = Job::new(["load", "sum"]);
/// let task = |kind, needs: &[u32]| SimTask { kind, duration: second, bytes: 8, needs: needs.into() };
/// let a = job.push(task(0, &[]))?;
/// let b = job.push(task(0, &[]))?;
/// job.push(task(1, &[a, b]))?;
/// assert_eq!(job.lower_bound(2), second * 2);
/// # Ok::<(), taskloom_sim::JobError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    kinds: Vec<String>,
    tasks: Vec<SimTask>,
}

/// Why a task cannot be added to a [`Job`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// The kind has no name.
    #[error("task {task} is of kind {kind}, but only {kinds} kinds have names")]
    Kind {
        /// The task, by its place.
        task: usize,
        /// The kind it names.
        kind: u32,
        /// How many kinds there are.
        kinds: usize,
    },
    /// What it needs is the task itself, or comes after it, or is named twice.
    #[error("task {task} needs task {need}, which does not come before it or is named twice")]
    Need {
        /// The task, by its place.
        task: usize,
        /// What it needs.
        need: u32,
    },
}

impl Job {
    /// A job without tasks whose tasks will be of these kinds.
    pub fn new<K: Into<String>>(kinds: impl IntoIterator<Item = K>) -> Self {
        Self {
            kinds: kinds.into_iter().map(Into::into).collect(),
            tasks: Vec::new(),
        }
    }

    /// Adds a task and returns its place.
    ///
    /// # Errors
    /// A kind without a name; a need that does not come before the task, or comes twice.
    pub fn push(&mut self, task: SimTask) -> Result<u32, JobError> {
        let place = self.tasks.len();
        if task.kind as usize >= self.kinds.len() {
            return Err(JobError::Kind {
                task: place,
                kind: task.kind,
                kinds: self.kinds.len(),
            });
        }
        let mut sorted = task.needs.clone();
        sorted.sort_unstable();
        let twice = sorted.windows(2).find(|pair| pair[0] == pair[1]);
        let late = sorted.last().filter(|&&need| need as usize >= place);
        if let Some(&need) = late.or(twice.map(|pair| &pair[0])) {
            return Err(JobError::Need { task: place, need });
        }
        self.tasks.push(task);
        Ok(place as u32)
    }

    /// The names of the kinds.
    pub fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// The tasks, each after all that it needs.
    pub fn tasks(&self) -> &[SimTask] {
        &self.tasks
    }

    /// The same job with its tasks in the order in which a client sends them.
    pub fn ordered(&self) -> Self {
        let (mut ends, mut needs) = (Vec::with_capacity(self.tasks.len()), Vec::new());
        for task in &self.tasks {
            needs.extend_from_slice(&task.needs);
            ends.push(needs.len() as u32);
        }
        let places = depth_first(self.tasks.len(), &ends, &needs);
        let mut at = vec![0; self.tasks.len()];
        for (task, &place) in places.iter().enumerate() {
            at[place as usize] = task;
        }
        let tasks = at.into_iter().map(|from| {
            let task = &self.tasks[from];
            let needs = task.needs.iter().map(|&need| places[need as usize]);
            SimTask {
                needs: needs.collect(),
                ..*task
            }
        });
        Self {
            kinds: self.kinds.clone(),
            tasks: tasks.collect(),
        }
    }

    /// The tasks that no other needs: the results that the client wants.
    pub fn results(&self) -> Vec<u32> {
        let mut needed = vec![false; self.tasks.len()];
        for need in self.tasks.iter().flat_map(|task| &task.needs) {
            needed[*need as usize] = true;
        }
        (0..self.tasks.len() as u32)
            .filter(|&task| !needed[task as usize])
            .collect()
    }

    /// The sum of all durations.
    pub fn work(&self) -> Duration {
        self.tasks.iter().map(|task| task.duration).sum()
    }

    /// The longest path by duration.
    pub fn critical_path(&self) -> Duration {
        let mut ends: Vec<Duration> = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            let inputs = task.needs.iter().map(|&need| ends[need as usize]).max();
            ends.push(inputs.unwrap_or_default() + task.duration);
        }
        ends.into_iter().max().unwrap_or_default()
    }

    /// No cluster with so many threads runs the job in less: not below its longest path, and not
    /// below the sum of all durations over the threads.
    pub fn lower_bound(&self, threads: u32) -> Duration {
        self.critical_path().max(self.work() / threads.max(1))
    }
}
