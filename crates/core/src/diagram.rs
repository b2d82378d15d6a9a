//! Small graphs drawn in ASCII, for tests.
//!
//! ```text
//! diagram   = statement { (";" | newline) statement }
//! statement = [ group { "->" group } ]
//! group     = task { task }              separated by blanks
//! task      = name [ "*" ]               `*`: somebody wants its result
//! name      = one or more characters other than blanks, ";", "*" and the arrow
//! ```
//!
//! An arrow makes every task on its right depend on every task on its left, so `a b -> c -> d e`
//! says that `c` needs `a` and `b`, and that `d` and `e` each need `c`. A statement without an arrow
//! declares tasks. A name may come up any number of times; a star at one of them is enough. A `#`
//! begins a comment that ends with the line.

use std::collections::HashMap;

/// A task of a [`Diagram`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagramTask {
    /// What it is called.
    pub name: String,
    /// The positions in [`Diagram::tasks`] of what it needs, in the order in which arrows came.
    pub dependencies: Vec<usize>,
    /// Whether it carries a star.
    pub wanted: bool,
}

/// A graph that was drawn.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Diagram {
    /// The tasks: what a task needs stands before it, otherwise as in the text.
    pub tasks: Vec<DiagramTask>,
}

/// Why a drawing is not a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiagramError {
    /// An arrow with nothing on one of its sides.
    #[error("an arrow has nothing on one side in `{0}`")]
    LooseArrow(String),
    /// A star that does not follow a name.
    #[error("a star without a name in `{0}`")]
    LooseStar(String),
    /// A task that needs itself, through others or directly.
    #[error("task {0} needs itself")]
    Cycle(String),
}

impl Diagram {
    /// Reads a drawing.
    ///
    /// ```
    /// # use taskloom_core::diagram::Diagram;
    /// let diagram = Diagram::parse("a -> b*; b c -> d")?;
    /// let names: Vec<&str> = diagram.tasks.iter().map(|task| &*task.name).collect();
    /// assert_eq!(names, ["a", "b", "c", "d"]);
    /// assert_eq!(diagram.tasks[3].dependencies, [1, 2]);
    /// assert!(diagram.tasks[1].wanted && !diagram.tasks[3].wanted);
    /// # Ok::<(), taskloom_core::diagram::DiagramError>(())
    /// ```
    ///
    /// # Errors
    /// If an arrow or a star is loose, or the arrows run in a circle.
    pub fn parse(text: &str) -> Result<Self, DiagramError> {
        let mut tasks: Vec<DiagramTask> = Vec::new();
        let mut place_of: HashMap<String, usize> = HashMap::new();
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default());
        for statement in lines.flat_map(|line| line.split(';')).map(str::trim) {
            if statement.is_empty() {
                continue;
            }
            let mut before: Option<Vec<usize>> = None;
            for group in statement.split("->") {
                let mut here = Vec::new();
                for word in group.split_whitespace() {
                    let name = word.trim_end_matches('*');
                    if name.is_empty() || name.contains('*') {
                        return Err(DiagramError::LooseStar(statement.to_owned()));
                    }
                    let place = *place_of.entry(name.to_owned()).or_insert_with(|| {
                        tasks.push(DiagramTask {
                            name: name.to_owned(),
                            dependencies: Vec::new(),
                            wanted: false,
                        });
                        tasks.len() - 1
                    });
                    tasks[place].wanted |= name.len() < word.len();
                    here.push(place);
                }
                if here.is_empty() {
                    return Err(DiagramError::LooseArrow(statement.to_owned()));
                }
                for &place in &here {
                    for &dependency in before.iter().flatten() {
                        if !tasks[place].dependencies.contains(&dependency) {
                            tasks[place].dependencies.push(dependency);
                        }
                    }
                }
                before = Some(here);
            }
        }
        sort(tasks)
    }

    /// The position of the task of this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.tasks.iter().position(|task| task.name == name)
    }
}

/// Puts what a task needs before it; of those that may come next, the first of the text does.
fn sort(tasks: Vec<DiagramTask>) -> Result<Diagram, DiagramError> {
    let mut new_place: Vec<Option<usize>> = vec![None; tasks.len()];
    let mut order = Vec::with_capacity(tasks.len());
    while order.len() < tasks.len() {
        let free = |at: &usize| {
            new_place[*at].is_none()
                && tasks[*at]
                    .dependencies
                    .iter()
                    .all(|&needed| new_place[needed].is_some())
        };
        let Some(next) = (0..tasks.len()).find(free) else {
            return Err(DiagramError::Cycle(in_a_circle(&tasks, &new_place)));
        };
        new_place[next] = Some(order.len());
        order.push(next);
    }
    let renamed = order.into_iter().map(|at| {
        let mut task = tasks[at].clone();
        task.dependencies = task
            .dependencies
            .iter()
            .filter_map(|&needed| new_place[needed])
            .collect();
        task
    });
    Ok(Diagram {
        tasks: renamed.collect(),
    })
}

/// A task of a circle: going down from any task that is left, one must come by it twice.
fn in_a_circle(tasks: &[DiagramTask], new_place: &[Option<usize>]) -> String {
    let left = |at: &usize| new_place[*at].is_none();
    let mut at = (0..tasks.len()).find(left).unwrap_or(0);
    for _ in 0..tasks.len() {
        at = tasks[at]
            .dependencies
            .iter()
            .copied()
            .find(left)
            .unwrap_or(at);
    }
    tasks[at].name.clone()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn arrows_join_groups() {
        let diagram = Diagram::parse("a b -> c* -> d e\n f; # alone\n d -> g").unwrap();
        let at = |name| diagram.position(name).unwrap();
        assert_eq!(diagram.tasks.len(), 7);
        assert_eq!(diagram.tasks[at("c")].dependencies, [at("a"), at("b")]);
        assert_eq!(diagram.tasks[at("e")].dependencies, [at("c")]);
        assert_eq!(diagram.tasks[at("g")].dependencies, [at("d")]);
        assert!(diagram.tasks[at("c")].wanted);
        assert_eq!(diagram.tasks.iter().filter(|task| task.wanted).count(), 1);
    }

    #[test]
    fn what_is_needed_comes_first() {
        let diagram = Diagram::parse("c; b -> c*; a -> b").unwrap();
        let names: Vec<&str> = diagram.tasks.iter().map(|task| &*task.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(diagram.tasks[2].dependencies, [1]);
    }

    #[test]
    fn errors_say_where() {
        let loose = Diagram::parse("a ->; b");
        assert_eq!(loose, Err(DiagramError::LooseArrow("a ->".into())));
        assert_eq!(
            Diagram::parse("a * b"),
            Err(DiagramError::LooseStar("a * b".into()))
        );
        assert_eq!(
            Diagram::parse("x -> a -> b -> a"),
            Err(DiagramError::Cycle("b".into()))
        );
        assert_eq!(Diagram::parse(" ;\n; "), Ok(Diagram::default()));
    }
}
