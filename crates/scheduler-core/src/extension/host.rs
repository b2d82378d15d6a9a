//! The extensions of one scheduler: who offers what, and the one place where they are called.

use super::holds::Holds;
use super::{Extension, ExtensionEffects, ExtensionEvent, Hears, TaskEnd};
use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::{TaskId, Time};

/// A deadline that lies in the past when it was just served is taken for one this far ahead, so that
/// a defect in an extension cannot keep the scheduler spinning.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// Extensions that cannot run together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtensionError {
    /// Two extensions offer one operation.
    #[error("the extensions {first} and {second} both offer the operation {operation}")]
    DuplicateOperation {
        /// The operation.
        operation: String,
        /// The extension that came first.
        first: String,
        /// The other one.
        second: String,
    },
    /// Two extensions have one name.
    #[error("two extensions are named {0}")]
    DuplicateName(String),
}

/// Something that an extension should not have done, for the log: it panicked, or it wants
/// something that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionFault {
    /// The extension.
    pub extension: &'static str,
    /// The operation that was called, or what else it was told.
    pub event: String,
    /// What went wrong: the message of a panic, or what cannot be.
    pub message: String,
}

/// The extensions, in the order in which they were given.
#[derive(Default)]
pub(crate) struct Host {
    pub(super) members: Vec<Member>,
    /// All operations, as the welcome of a client lists them.
    pub(crate) operations: Arc<[String]>,
    /// By the number of an operation: whose it is, and its index there.
    pub(super) owners: Vec<(usize, usize)>,
    /// Who hears of all tasks.
    hear_all: Vec<usize>,
    /// What extensions are to be told as soon as the change at hand is complete.
    pub(super) queued: VecDeque<(usize, ExtensionEvent)>,
    pub(super) holds: Holds,
    pub(crate) faults: Vec<ExtensionFault>,
}

/// An extension, and what was asked of it once.
pub(super) struct Member {
    pub(super) extension: Box<dyn Extension>,
    pub(super) name: &'static str,
    pub(super) operations: &'static [&'static str],
    /// The number of its first operation.
    pub(super) first: usize,
    hears_held: bool,
    deadline: Option<Time>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.members.iter().map(|member| member.name);
        f.debug_list().entries(names).finish()
    }
}

impl Host {
    /// Takes the extensions in.
    pub(crate) fn new(extensions: Vec<Box<dyn Extension>>) -> Result<Self, ExtensionError> {
        let mut host = Self::default();
        let mut operations: Vec<String> = Vec::new();
        for (at, extension) in extensions.into_iter().enumerate() {
            let (name, offered) = (extension.name(), extension.operations());
            if host.members.iter().any(|member| member.name == name) {
                return Err(ExtensionError::DuplicateName(name.into()));
            }
            let first = operations.len();
            for (index, &operation) in offered.iter().enumerate() {
                if let Some(number) = operations.iter().position(|other| other == operation) {
                    let earlier = host.owners.get(number).map(|&(owner, _)| owner);
                    let earlier = earlier.and_then(|owner| host.members.get(owner));
                    return Err(ExtensionError::DuplicateOperation {
                        operation: operation.into(),
                        first: earlier.map_or(name, |member| member.name).into(),
                        second: name.into(),
                    });
                }
                operations.push(operation.to_owned());
                host.owners.push((at, index));
            }
            let hears = extension.hears();
            if hears == Hears::All {
                host.hear_all.push(at);
            }
            host.members.push(Member {
                name,
                operations: offered,
                first,
                hears_held: hears == Hears::Held,
                deadline: extension.next_deadline(),
                extension,
            });
        }
        host.operations = operations.into();
        Ok(host)
    }

    /// Remembers to tell all extensions something.
    pub(crate) fn note(&mut self, event: impl Fn() -> ExtensionEvent) {
        for at in 0..self.members.len() {
            self.queued.push_back((at, event()));
        }
    }

    /// A task has ended: remembered for those that hear of all of them.
    pub(crate) fn note_for_all(&mut self, task: TaskId, end: TaskEnd) {
        for &at in &self.hear_all {
            let event = ExtensionEvent::TaskEnded { task, end };
            self.queued.push_back((at, event));
        }
    }

    /// A task that is held under this number has ended: remembered for its holder.
    pub(crate) fn note_for_holder(&mut self, holder: u64, task: TaskId, end: TaskEnd) {
        if let Some(at) = self.holds.extension_of(holder) {
            self.note_for(at, task, end);
        }
    }

    /// The same for one extension, if it hears of what it holds.
    pub(super) fn note_for(&mut self, at: usize, task: TaskId, end: TaskEnd) {
        if self.members.get(at).is_some_and(|member| member.hears_held) {
            let event = ExtensionEvent::TaskEnded { task, end };
            self.queued.push_back((at, event));
        }
    }

    /// How many holds there are, and under how many names.
    pub(crate) fn holds(&self) -> (usize, usize) {
        (self.holds.len(), self.holds.holders())
    }

    /// How much each extension keeps.
    pub(crate) fn rows(&self) -> Vec<(&'static str, u64)> {
        let rows = |member: &Member| {
            // One that panics here keeps an unknown amount; it is logged when it panics at work.
            let rows = catch_unwind(AssertUnwindSafe(|| member.extension.rows()));
            (member.name, rows.unwrap_or(0) as u64)
        };
        self.members.iter().map(rows).collect()
    }

    /// Whether a task is held under this number.
    pub(crate) fn is_held(&self, holder: u64, task: u32) -> bool {
        self.holds.holds(holder, task)
    }

    /// When the first extension wants its tick.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.members.iter().filter_map(|m| m.deadline).min()
    }

    /// The extensions whose time has come.
    pub(super) fn due(&self, now: Time) -> Vec<usize> {
        let due = |(at, member): (usize, &Member)| {
            member.deadline.filter(|&time| time <= now).map(|_| at)
        };
        self.members.iter().enumerate().filter_map(due).collect()
    }

    /// Lets an extension take in an event. What it wants done is returned, unless it panics: then
    /// the message of the panic is.
    pub(super) fn call(
        &mut self,
        at: usize,
        now: Time,
        event: ExtensionEvent,
    ) -> Result<ExtensionEffects, String> {
        let Some(member) = self.members.get_mut(at) else {
            return Ok(ExtensionEffects::default());
        };
        let extension = &mut member.extension;
        // Its own state may be half-changed after a panic, which is its affair: nothing of the
        // scheduler is reachable from there.
        let handled = catch_unwind(AssertUnwindSafe(|| {
            let mut effects = ExtensionEffects::default();
            extension.handle(now, event, &mut effects);
            (effects, extension.next_deadline())
        }));
        match handled {
            Ok((effects, deadline)) => {
                member.deadline = deadline.map(|time| match time <= now {
                    true => now + PAUSE_MIN,
                    false => time,
                });
                Ok(effects)
            }
            Err(panic) => {
                let late = member.deadline.filter(|&time| time <= now);
                if late.is_some() {
                    member.deadline = Some(now + PAUSE_MIN);
                }
                Err(words_of(&*panic))
            }
        }
    }

    /// Notes what an extension should not have done.
    pub(super) fn fault(&mut self, at: usize, event: String, message: String) {
        if let Some(member) = self.members.get(at) {
            self.faults.push(ExtensionFault {
                extension: member.name,
                event,
                message,
            });
        }
    }
}

/// What a panic said.
fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".into())
}
