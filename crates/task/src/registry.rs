//! The registry: all tasks that a program can run, by name.

use crate::definition::{Definition, Linked};
use sortedvec::sortedvec;
use taskloom_core::Operation;
use taskloom_core::limits::{NAME_BYTES_MAX, OPERATIONS_MAX};

type Known = &'static Definition;

sortedvec! {
    /// Definitions by name and version.
    #[derive(Clone, Debug)]
    struct ByName {
        fn derive_key(definition: &Known) -> (&'static str, u32) {
            (definition.name(), definition.version())
        }
    }
}

/// Why the tasks of a program cannot be offered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two definitions have one name and version.
    #[error(
        "the task {name}/{version} is defined twice, at {first} and at {second}: give one of them \
         another name, `#[task(name = \"...\")]`, or version"
    )]
    Duplicate {
        /// The name.
        name: String,
        /// The version.
        version: u32,
        /// Where one is defined.
        first: String,
        /// Where the other is defined.
        second: String,
    },
    /// A name that is empty or too long.
    #[error("the name of the task {name:?} at {source} must have 1 to {NAME_BYTES_MAX} bytes")]
    Name {
        /// The name.
        name: String,
        /// Where it is defined.
        r#source: String,
    },
    /// More tasks than a worker may offer.
    #[error("this program has {0} tasks, more than the {OPERATIONS_MAX} that a worker may offer")]
    TooMany(usize),
}

/// The tasks of a program, sorted by name and version. The place of a task in it is the index by
/// which the scheduler asks the worker for it.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    definitions: ByName,
}

impl Registry {
    /// A registry without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// All tasks that are linked into this program. A crate whose tasks are missing is not used by
    /// the program, and so not linked: `use my_tasks as _;` in its `main.rs` changes that.
    ///
    /// # Errors
    /// If two tasks have one name and version, or a name is not valid.
    pub fn linked() -> Result<Self, RegistryError> {
        let mut definitions: Vec<_> = inventory::iter::<Linked>
            .into_iter()
            .map(|Linked(definition)| definition())
            .collect();
        // The order of linking is not stable; messages about duplicates shall be.
        definitions.sort_by_key(|definition| definition.source());
        definitions.into_iter().try_fold(Self::new(), Self::with)
    }

    /// The same with one more task.
    ///
    /// # Errors
    /// If the name and version are taken, or the name is not valid.
    pub fn with(mut self, definition: &'static Definition) -> Result<Self, RegistryError> {
        let (name, version) = (definition.name(), definition.version());
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Err(RegistryError::Name {
                name: name.into(),
                source: definition.source(),
            });
        }
        if self.definitions.len() == OPERATIONS_MAX {
            return Err(RegistryError::TooMany(OPERATIONS_MAX + 1));
        }
        if let Some(known) = self.definitions.find(&(name, version)) {
            let (first, second) = (known.source(), definition.source());
            return Err(RegistryError::Duplicate {
                name: name.into(),
                version,
                first,
                second,
            });
        }
        self.definitions.insert(definition);
        Ok(self)
    }

    /// The operations in the order of their indexes, for a worker's hello.
    pub fn operations(&self) -> Vec<Operation> {
        self.definitions
            .iter()
            .map(|definition| definition.operation().clone())
            .collect()
    }

    /// The task at an index.
    pub fn get(&self, index: u32) -> Option<&'static Definition> {
        self.definitions.get(index as usize).copied()
    }

    /// The task of a name and version.
    pub fn find(&self, name: &str, version: u32) -> Option<&'static Definition> {
        let found = self.definitions.binary_search_by(|definition| {
            (definition.name(), definition.version()).cmp(&(name, version))
        });
        found.ok().and_then(|at| self.definitions.get(at).copied())
    }

    /// All tasks in the order of their indexes.
    pub fn iter(&self) -> impl Iterator<Item = &'static Definition> {
        self.definitions.iter().copied()
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.definitions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }
}
