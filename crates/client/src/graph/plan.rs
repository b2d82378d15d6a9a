//! What of a graph is submitted, and in which order.

use super::Graph;
use super::content::{Content, GraphNeed};
use crate::Error;
use taskloom_core::order::{depth_first, find_cycle};

/// Keys that an error names at most.
const NAMED: usize = 8;

/// The tasks to submit, each after what it needs.
pub(super) struct Plan {
    /// Places in the graph, in the order of submission.
    pub(super) sequence: Vec<u32>,
    /// Per place in the graph, the place in the sequence; only for those in it.
    pub(super) position: Vec<u32>,
}

impl Graph {
    /// Which tasks these outputs need, in an order that keeps few results alive.
    pub(super) fn plan(&self, outputs: &[u32]) -> Result<Plan, Error> {
        self.check_complete()?;
        let needed = self.needed(outputs);
        // The needed tasks in compressed rows, numbered among themselves.
        let mut position = vec![0; self.tasks.len()];
        let mut tasks = Vec::with_capacity(self.tasks.len());
        for place in (0..self.tasks.len()).filter(|&place| needed[place]) {
            position[place] = tasks.len() as u32;
            tasks.push(place as u32);
        }
        let mut ends = Vec::with_capacity(tasks.len());
        let mut edges = Vec::new();
        // Mostly each task is added after what it needs, and then there is no cycle.
        let mut backwards = false;
        for (at, &place) in (0..).zip(&tasks) {
            for need in self.needs_of(place) {
                let need = position[need as usize];
                backwards |= need >= at;
                edges.push(need);
            }
            let end = u32::try_from(edges.len());
            ends.push(end.map_err(|_| Error::Graph("more than 2^32 edges".into()))?);
        }
        if backwards && let Some(cycle) = find_cycle(tasks.len(), &ends, &edges) {
            return Err(self.cycle(cycle.into_iter().map(|at| tasks[at as usize])));
        }
        let order = depth_first(tasks.len(), &ends, &edges);
        let mut sequence = vec![0; tasks.len()];
        for (&place, &at) in tasks.iter().zip(&order) {
            sequence[at as usize] = place;
            position[place as usize] = at;
        }
        Ok(Plan { sequence, position })
    }

    fn content(&self, place: u32) -> Option<&Content> {
        self.tasks[place as usize].content.as_ref()
    }

    /// The tasks of this graph that one needs.
    fn needs_of(&self, place: u32) -> impl Iterator<Item = u32> {
        let content = self.content(place);
        let needs = content.map_or(&[][..], |content| self.columns.needs(content));
        needs.iter().filter_map(|need| match need {
            GraphNeed::Task(place) => Some(*place),
            GraphNeed::Future(_) => None,
        })
    }

    /// That every task that is named was added.
    fn check_complete(&self) -> Result<(), Error> {
        let absent = |place: &u32| self.content(*place).is_none();
        let mut absent = (0..self.tasks.len() as u32).filter(absent).peekable();
        let Some(&first) = absent.peek() else {
            return Ok(());
        };
        let missing: Vec<&str> = absent
            .take(NAMED)
            .map(|place| self.tasks[place as usize].key().as_str())
            .collect();
        let user = (0..self.tasks.len() as u32)
            .find(|&place| self.needs_of(place).any(|need| need == first));
        let by = match user {
            Some(user) => format!(" (task {} needs it)", self.tasks[user as usize].key()),
            None => String::new(),
        };
        let more = match missing.len() {
            1 => String::new(),
            _ => format!("; and: {}", missing[1..].join(", ")),
        };
        let first = missing[0];
        Err(Error::Graph(format!(
            "task {first} is missing{by}: it was named with `graph.node` and never added{more}"
        )))
    }

    fn cycle(&self, cycle: impl Iterator<Item = u32>) -> Error {
        let keys: Vec<&str> = cycle
            .map(|place| self.tasks[place as usize].key().as_str())
            .collect();
        let more = if keys.len() > NAMED { " -> ..." } else { "" };
        let shown = keys[..keys.len().min(NAMED)].join(" -> ");
        let first = keys.first().copied().unwrap_or_default();
        Error::Graph(format!(
            "it has a cycle: {shown}{more} -> {first} (each needs the next)"
        ))
    }

    /// Per place, whether an output needs it.
    fn needed(&self, outputs: &[u32]) -> Vec<bool> {
        let mut needed = vec![false; self.tasks.len()];
        let mut way: Vec<u32> = outputs.to_vec();
        while let Some(place) = way.pop() {
            if !std::mem::replace(&mut needed[place as usize], true) {
                way.extend(self.needs_of(place));
            }
        }
        needed
    }
}
