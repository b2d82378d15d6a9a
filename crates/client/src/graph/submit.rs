//! Submitting a graph.

use super::content::GraphNeed;
use super::plan::Plan;
use super::{Graph, GraphOutputs};
use crate::held_key::HeldKey;
use crate::session::{Room, Session};
use crate::{Error, Result};
use rustc_hash::FxHashMap;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use taskloom_client_core::{Need, Tasks};
use taskloom_core::Ticket;
use taskloom_task::FutureHandle;

/// A graph on its way: from [`crate::Client::submit_graph`]. Awaiting waits for room when very much
/// is queued, and gives the futures of the outputs; [`SubmitGraph::now`] does not wait.
#[must_use = "nothing is submitted before `.await` or `.now()`"]
pub struct SubmitGraph<O> {
    session: Arc<Session>,
    graph: Graph,
    outputs: O,
}

impl<O: GraphOutputs> SubmitGraph<O> {
    pub(crate) fn new(session: Arc<Session>, graph: Graph, outputs: O) -> Self {
        Self {
            session,
            graph,
            outputs,
        }
    }

    /// Submits without waiting.
    ///
    /// # Errors
    /// If the graph is not valid, the session has ended, or very much is queued.
    pub fn now(self) -> Result<O::Futures> {
        let Self {
            session,
            mut graph,
            outputs,
        } = self;
        if let Some(error) = graph.error.take() {
            return Err(error);
        }
        let mut wanted = Vec::new();
        outputs.outputs(&mut wanted);
        let wanted = wanted.iter().map(|output| graph.output(output));
        let wanted = wanted.collect::<Result<Vec<u32>>>()?;
        if wanted.is_empty() {
            return Err(Error::Graph(
                "no output is named, so nothing would be computed".into(),
            ));
        }
        let futures = graph.futures.handles.iter();
        let futures = futures.map(|handle| session.ticket_of(handle));
        let futures = futures.collect::<Result<Vec<Ticket>>>()?;
        let plan = graph.plan(&wanted)?;
        let handles = graph.submit(&session, &plan, &wanted, &futures)?;
        Ok(outputs.futures(&mut handles.into_iter()))
    }
}

impl Graph {
    /// Submits the plan; one handle per wanted place, in order.
    fn submit(
        &self,
        session: &Arc<Session>,
        plan: &Plan,
        wanted: &[u32],
        futures: &[Ticket],
    ) -> Result<Vec<Arc<dyn FutureHandle>>> {
        let mut is_wanted = vec![false; plan.sequence.len()];
        for &place in wanted {
            is_wanted[plan.position[place as usize] as usize] = true;
        }
        let mut tasks = Tasks::new();
        for (&place, &wanted) in plan.sequence.iter().zip(&is_wanted) {
            let task = &self.tasks[place as usize];
            // The plan is made of tasks that were added.
            let Some(content) = &task.content else {
                continue;
            };
            let needs = self.columns.needs(content).iter().map(|need| match need {
                GraphNeed::Task(place) => Need::Own(u64::from(plan.position[*place as usize])),
                GraphNeed::Future(at) => Need::Ticket(futures[*at as usize]),
            });
            let options = content.options.as_deref();
            let operation = content.definition.operation();
            let arguments = self.columns.arguments(content);
            tasks.push(task.key(), operation, options, needs, wanted, |blob| {
                blob.extend_from_slice(arguments);
            });
        }
        let places = (0..)
            .zip(&is_wanted)
            .filter_map(|(at, wanted)| wanted.then_some(at));
        let first = session.submit_tasks(tasks, places)?;
        let handle = |place: u32| {
            let at = plan.position[place as usize];
            let task = &self.tasks[place as usize];
            let key = task.key().clone();
            let key = match &task.content {
                Some(content) => HeldKey::of_call(key, content.definition),
                None => HeldKey::from(key),
            };
            session.handle_of(first.offset(u64::from(at)), key)
        };
        // An output that is named twice has one handle, for it is released once.
        let distinct = is_wanted.iter().filter(|&&wanted| wanted).count();
        if distinct == wanted.len() {
            return Ok(wanted.iter().map(|&place| handle(place)).collect());
        }
        let mut made = FxHashMap::default();
        let handles = wanted.iter().map(|&place| {
            let handle = made.entry(place).or_insert_with(|| handle(place));
            Arc::clone(handle)
        });
        Ok(handles.collect())
    }
}

impl<O: GraphOutputs> IntoFuture for SubmitGraph<O> {
    type Output = Result<O::Futures>;
    type IntoFuture = Submitting<O>;

    fn into_future(self) -> Submitting<O> {
        let room = self.session.wait_for_room();
        Submitting {
            submission: Some(self),
            room,
        }
    }
}

/// What awaiting a [`SubmitGraph`] waits on.
#[must_use = "futures do nothing unless awaited"]
pub struct Submitting<O> {
    submission: Option<SubmitGraph<O>>,
    room: Room,
}

/// Nothing in it is pinned in place.
impl<O> Unpin for Submitting<O> {}

impl<O: GraphOutputs> Future for Submitting<O> {
    type Output = Result<O::Futures>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.submission.is_some() {
            ready!(self.room.as_mut().poll(cx))?;
        }
        match self.submission.take() {
            Some(submission) => Poll::Ready(submission.now()),
            None => Poll::Ready(Err(Error::Graph("it was submitted already".into()))),
        }
    }
}
