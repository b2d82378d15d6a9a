//! What extensions keep alive: a table of names, each with the tasks held under it.
//!
//! A held task has one entry in its list of wants for each name, as if the name were a client: of
//! the pseudo client [`HOLDER`], with the number of the name as its ticket. So whatever asks whether
//! a task is wanted sees it.

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use taskloom_core::Ticket;

use crate::tables::Want;

/// The slot of no client: wants of extensions.
pub(crate) const HOLDER: u32 = u32::MAX;

/// The want of a holder.
pub(crate) fn want_of(holder: u64) -> Want {
    Want {
        client: HOLDER,
        ticket: Ticket(holder),
    }
}

/// A name under which tasks are held.
#[derive(Debug)]
struct Holder {
    extension: usize,
    /// How often each task is held, by slot.
    tasks: FxHashMap<u32, u32>,
}

/// All holds.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    holders: Vec<Option<Holder>>,
    free: Vec<u64>,
    /// By extension and name.
    numbers: BTreeMap<(usize, String), u64>,
    entries: usize,
}

impl Holds {
    /// Holds a task once more; the number of the name if the task was not held under it before.
    pub(super) fn add(&mut self, extension: usize, name: String, task: u32) -> Option<u64> {
        let number = self.number(extension, name);
        let holder = self.holders.get_mut(number as usize)?.as_mut()?;
        let count = holder.tasks.entry(task).or_insert(0);
        *count += 1;
        let new = *count == 1;
        self.entries += usize::from(new);
        new.then_some(number)
    }

    /// Undoes one hold; the number of the name if it was the last of this task, or why there is
    /// none to undo.
    pub(super) fn remove(
        &mut self,
        extension: usize,
        name: String,
        task: u32,
    ) -> Result<Option<u64>, String> {
        let key = (extension, name);
        let number = self.numbers.get(&key).copied();
        let holder = number.and_then(|number| self.holders.get_mut(number as usize)?.as_mut());
        let (Some(number), Some(holder)) = (number, holder) else {
            return Err(format!(
                "it lets go of a task under {}, where it holds none",
                key.1
            ));
        };
        let Some(count) = holder.tasks.get_mut(&task) else {
            return Err(format!(
                "it lets go of a task that it does not hold under {}",
                key.1
            ));
        };
        *count -= 1;
        if *count > 0 {
            return Ok(None);
        }
        holder.tasks.remove(&task);
        self.entries -= 1;
        if holder.tasks.is_empty() {
            self.holders[number as usize] = None;
            self.free.push(number);
            self.numbers.remove(&key);
        }
        Ok(Some(number))
    }

    /// Whose a name is.
    pub(super) fn extension_of(&self, number: u64) -> Option<usize> {
        let holder = self.holders.get(usize::try_from(number).ok()?)?.as_ref()?;
        Some(holder.extension)
    }

    /// Whether a task is held under this number.
    pub(crate) fn holds(&self, number: u64, task: u32) -> bool {
        let holder = usize::try_from(number).ok();
        let holder = holder.and_then(|number| self.holders.get(number)?.as_ref());
        holder.is_some_and(|holder| holder.tasks.contains_key(&task))
    }

    /// How many tasks are held, counted once for each name.
    pub(crate) fn len(&self) -> usize {
        self.entries
    }

    /// Under how many names.
    pub(crate) fn holders(&self) -> usize {
        self.numbers.len()
    }

    fn number(&mut self, extension: usize, name: String) -> u64 {
        let key = (extension, name);
        if let Some(&number) = self.numbers.get(&key) {
            return number;
        }
        let holder = Holder {
            extension,
            tasks: FxHashMap::default(),
        };
        let number = match self.free.pop() {
            Some(number) => {
                self.holders[number as usize] = Some(holder);
                number
            }
            None => {
                self.holders.push(Some(holder));
                self.holders.len() as u64 - 1
            }
        };
        self.numbers.insert(key, number);
        number
    }
}
