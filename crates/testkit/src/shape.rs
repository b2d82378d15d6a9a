//! The shape of a graph: kinds of tasks and what depends on what.

use std::collections::BTreeMap;

/// Tasks in an order in which every task comes after what it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GraphShape {
    kinds: Vec<String>,
    kind_of: Vec<u32>,
    ends: Vec<usize>,
    dependencies: Vec<u32>,
}

/// Why a task cannot be added to a shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
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
    /// The dependency is the task itself or comes after it.
    #[error("task {task} depends on task {dependency}, which does not come before it")]
    NotBefore {
        /// The task, by its place.
        task: usize,
        /// What it depends on.
        dependency: u32,
    },
    /// More tasks than a `u32` counts.
    #[error("a shape has at most {} tasks", u32::MAX)]
    Full,
}

impl GraphShape {
    /// A shape without tasks whose tasks will be of these kinds.
    pub fn new<K: Into<String>>(kinds: impl IntoIterator<Item = K>) -> Self {
        Self {
            kinds: kinds.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// Adds a task and returns its place.
    ///
    /// # Errors
    /// A kind without a name, a dependency that does not come before the task.
    pub fn try_push(&mut self, kind: u32, dependencies: &[u32]) -> Result<u32, ShapeError> {
        let task = self.len();
        let place = u32::try_from(task).map_err(|_| ShapeError::Full)?;
        if kind as usize >= self.kinds.len() {
            return Err(ShapeError::Kind {
                task,
                kind,
                kinds: self.kinds.len(),
            });
        }
        if let Some(&dependency) = dependencies.iter().find(|&&on| on >= place) {
            return Err(ShapeError::NotBefore { task, dependency });
        }
        self.kind_of.push(kind);
        self.dependencies.extend_from_slice(dependencies);
        self.ends.push(self.dependencies.len());
        Ok(place)
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.kind_of.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kind_of.is_empty()
    }

    /// How many dependencies there are in all.
    pub fn edges(&self) -> usize {
        self.dependencies.len()
    }

    /// The names of the kinds.
    pub fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// The name of the kind of task `task`; empty if there is no such task.
    pub fn kind(&self, task: usize) -> &str {
        let name = self
            .kind_of
            .get(task)
            .and_then(|&kind| self.kinds.get(kind as usize));
        name.map_or("", String::as_str)
    }

    /// The number of the kind of task `task`, an index into [`GraphShape::kinds`]; 0 if there is no such
    /// task.
    pub fn kind_number(&self, task: usize) -> usize {
        self.kind_of.get(task).map_or(0, |&kind| kind as usize)
    }

    /// The places of the tasks that task `task` depends on; none if there is no such task.
    pub fn dependencies(&self, task: usize) -> &[u32] {
        let Some(&end) = self.ends.get(task) else {
            return &[];
        };
        let start = task.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.dependencies[start..end]
    }

    /// For each task, how many edges lie on the longest path that leads to it.
    pub fn levels(&self) -> Vec<u32> {
        let mut levels: Vec<u32> = Vec::with_capacity(self.len());
        for task in 0..self.len() {
            let above = self
                .dependencies(task)
                .iter()
                .map(|&on| levels[on as usize] + 1)
                .max();
            levels.push(above.unwrap_or(0));
        }
        levels
    }

    /// How many tasks each level has.
    pub fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for level in self.levels() {
            let level = level as usize;
            if widths.len() <= level {
                widths.resize(level + 1, 0);
            }
            widths[level] += 1;
        }
        widths
    }

    /// Edges on the longest path of the graph.
    pub fn longest_path(&self) -> usize {
        self.widths().len().saturating_sub(1)
    }

    /// How many tasks have how many dependencies.
    pub fn in_degrees(&self) -> BTreeMap<usize, usize> {
        histogram((0..self.len()).map(|task| self.dependencies(task).len()))
    }

    /// How many dependents each task has.
    pub fn dependents(&self) -> Vec<usize> {
        let mut counts = vec![0; self.len()];
        for &on in &self.dependencies {
            counts[on as usize] += 1;
        }
        counts
    }

    /// How many tasks have how many dependents.
    pub fn out_degrees(&self) -> BTreeMap<usize, usize> {
        histogram(self.dependents().into_iter())
    }

    /// The tasks on which nothing depends: the results of the graph.
    pub fn sinks(&self) -> Vec<usize> {
        let counts = self.dependents();
        (0..self.len()).filter(|&task| counts[task] == 0).collect()
    }
}

fn histogram(values: impl Iterator<Item = usize>) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_diamond_has_three_levels_and_one_sink() {
        let mut shape = GraphShape::new(["a", "b"]);
        let top = shape.try_push(0, &[]).unwrap();
        let left = shape.try_push(1, &[top]).unwrap();
        let right = shape.try_push(1, &[top]).unwrap();
        shape.try_push(0, &[left, right]).unwrap();
        assert_eq!(shape.widths(), [1, 2, 1]);
        assert_eq!(shape.sinks(), [3]);
        assert_eq!(shape.dependencies(3), [1, 2]);
        assert_eq!(shape.kind(1), "b");
        assert_eq!(
            shape.out_degrees(),
            BTreeMap::from([(0, 1), (1, 2), (2, 1)])
        );
    }

    #[test]
    fn a_cycle_cannot_be_built() {
        let mut shape = GraphShape::new(["a"]);
        let error = shape.try_push(0, &[0]).unwrap_err();
        assert_eq!(
            error,
            ShapeError::NotBefore {
                task: 0,
                dependency: 0
            }
        );
        assert!(shape.try_push(1, &[]).is_err());
        assert!(shape.is_empty());
    }
}
