//! The job: scatters the files, makes the graph of tasks, and follows it to its end.

use crate::files::Files;
use crate::month::Month;
use crate::report::Report;
use crate::statistics::CarrierStatistics;
use crate::tasks;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use std::time::{Duration, Instant};
use taskloom_client::{Client, Error, Graph, TaskFuture};
use taskloom_task::Node;

/// How many results one merge takes in.
const MERGE_WIDTH: usize = 2;

/// The demo's job, to be run on a cluster.
#[derive(Debug)]
pub struct Job<'a> {
    files: &'a Files,
    home: Vec<String>,
}

/// How far the job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Tasks that have ended.
    pub done: usize,
    /// All tasks of the job.
    pub tasks: usize,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The answer.
    pub report: Report,
    /// How many tasks it took.
    pub tasks: usize,
    /// From the first byte scattered to the report.
    pub elapsed: Duration,
}

/// The nodes whose ends are followed.
struct Plan {
    graph: Graph,
    months: Vec<Node<Month>>,
    figures: Vec<Node<CarrierStatistics>>,
    report: Node<Report>,
}

impl<'a> Job<'a> {
    /// The job on these files.
    pub fn new(files: &'a Files) -> Self {
        Self {
            files,
            home: Vec::new(),
        }
    }

    /// Scatters the files only to the workers of these names.
    pub fn scatter_to(mut self, workers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.home = workers.into_iter().map(Into::into).collect();
        self
    }

    /// Runs the job. `progress` is called once before the first task is submitted, when all files
    /// lie on workers, and after each task that has ended.
    ///
    /// # Errors
    /// If a task fails or the cluster is lost.
    pub async fn run(
        self,
        client: &Client,
        mut progress: impl FnMut(Progress),
    ) -> Result<Outcome, Error> {
        let begin = Instant::now();
        let contents = self
            .files
            .months
            .iter()
            .map(|(_, content)| content.clone())
            .collect();
        let contents = client
            .scatter_all::<Bytes>(contents)
            .workers(self.home.clone())
            .await?;
        let plan = self.plan(&contents);

        let tasks = plan.graph.len();
        let mut done = 0;
        progress(Progress { done, tasks });
        let wanted = (plan.months, plan.figures, plan.report);
        let (months, figures, report) = client.submit_graph(plan.graph, wanted).await?;

        let mut ends: FuturesUnordered<BoxFuture<'static, ()>> = FuturesUnordered::new();
        ends.extend(months.into_iter().map(ended));
        ends.extend(figures.into_iter().map(ended));
        ends.push(ended(report.clone()));
        while ends.next().await.is_some() {
            done += 1;
            progress(Progress { done, tasks });
        }
        let report = report.await?;
        // Held until here: a worker may die at any time, and the client supplies again only what it
        // holds a future of.
        drop(contents);
        Ok(Outcome {
            report,
            tasks,
            elapsed: begin.elapsed(),
        })
    }

    /// The whole job as one graph: parse, count, merge by pairs, report.
    fn plan(&self, contents: &[TaskFuture<Bytes>]) -> Plan {
        let Files { airlines, months } = self.files;
        let mut graph = Graph::new();
        let months: Vec<Node<Month>> = months
            .iter()
            .zip(contents)
            .map(|((name, _), content)| {
                graph.add(tasks::parse::task(name.as_str(), content, airlines.clone()))
            })
            .collect();
        let mut figures = Vec::new();
        let by_carrier = airlines
            .places()
            .map(|carrier| {
                let parts = months
                    .iter()
                    .map(|month| graph.add(tasks::carrier_in_month::task(month, carrier)))
                    .collect();
                merged(&mut graph, parts, &mut figures)
            })
            .collect::<Vec<_>>();
        let report = graph.add(tasks::report::task(airlines.clone(), by_carrier));
        Plan {
            graph,
            months,
            figures,
            report,
        }
    }
}

/// Merges at least one part in a tree, and adds all nodes that it is made of to `figures`.
fn merged(
    graph: &mut Graph,
    parts: Vec<Node<CarrierStatistics>>,
    figures: &mut Vec<Node<CarrierStatistics>>,
) -> Node<CarrierStatistics> {
    figures.extend(parts.iter().cloned());
    let mut level = parts;
    loop {
        let next: Vec<_> = level
            .chunks(MERGE_WIDTH)
            .map(|group| match group {
                [alone] => alone.clone(),
                group => {
                    let node = graph.add(tasks::merge::task(group));
                    figures.push(node.clone());
                    node
                }
            })
            .collect();
        match next.as_slice() {
            [root] => return root.clone(),
            _ => level = next,
        }
    }
}

/// Waits until a task has ended and gives up its result, which those that need it keep.
fn ended<T: 'static>(future: TaskFuture<T>) -> BoxFuture<'static, ()> {
    async move { future.done().await }.boxed()
}
