//! Operations, options and classes: interned, so that a task holds one number for all of them.

use rustc_hash::FxHashMap;
use sortedvec::sortedvec;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::{Operation, ResourceAmount, TaskOptions};

macro_rules! table_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(pub(crate) u32);
    };
}

table_id! {
    /// An operation that was heard of.
    OperationId
}
table_id! {
    /// Options that were heard of.
    OptionsId
}
table_id! {
    /// Tasks that are interchangeable for placing: one operation, one set of restrictions.
    ClassId
}
table_id! {
    /// Operation and options of a task.
    SpecId
}

impl SpecId {
    /// Scattered data: no operation makes it.
    pub(crate) const DATA: Self = Self(0);
}

#[derive(Debug)]
pub(crate) struct OperationRecord {
    pub(crate) operation: Operation,
    /// How many connected workers offer it.
    pub(crate) offered_by: u32,
    /// How many tasks in the table use it.
    pub(crate) tasks: u64,
    /// A moving average of how long it runs, in nanoseconds; zero until one has ended.
    pub(crate) mean_ns: u64,
    /// How many have ended.
    pub(crate) ended: u32,
}

sortedvec! {
    /// Operations by name and version. It changes seldom and is searched often.
    #[derive(Debug, Clone)]
    struct OperationNames {
        fn derive_key(entry: &(Arc<str>, u32, OperationId)) -> (Arc<str>, u32) {
            (entry.0.clone(), entry.1)
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClassRecord {
    pub(crate) operation: OperationId,
    pub(crate) resources: Vec<(String, ResourceAmount)>,
    pub(crate) workers: Vec<String>,
    /// Whether `workers` is only a preference.
    pub(crate) or_any: bool,
    /// Whether it is, and none of them is connected.
    pub(crate) open: bool,
}

impl ClassRecord {
    /// Whether only workers that it names may run it.
    pub(crate) fn names_workers(&self) -> bool {
        !self.workers.is_empty() && !self.open
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SpecRecord {
    pub(crate) operation: OperationId,
    pub(crate) class: ClassId,
    pub(crate) priority: i32,
    pub(crate) options: OptionsId,
    /// Tasks of this spec that have a record.
    tasks: u32,
}

/// Why an operation is not taken in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SignatureMismatch;

/// Slots to be used again.
#[derive(Debug, Default)]
struct Vacant {
    options: Vec<OptionsId>,
    classes: Vec<ClassId>,
    specs: Vec<SpecId>,
}

/// All of them. Operations are few (what programs define, not what they call) and stay; options, and
/// what is made with them, go when neither a task nor a client names them.
#[derive(Debug)]
pub(crate) struct Specs {
    vacant: Vacant,
    /// How many options were left at the last sweep.
    swept: usize,
    names: OperationNames,
    operations: Vec<OperationRecord>,
    /// How long tasks of all operations run on average, in nanoseconds.
    overall_ns: u64,
    options: Vec<TaskOptions>,
    options_index: BTreeMap<TaskOptions, OptionsId>,
    classes: Vec<ClassRecord>,
    classes_index: BTreeMap<ClassRecord, ClassId>,
    /// Classes that prefer workers, but may run on any.
    preferences: Vec<ClassId>,
    /// Names of the workers that are there and stay.
    connected: BTreeSet<String>,
    specs: Vec<SpecRecord>,
    specs_index: FxHashMap<(OperationId, OptionsId), SpecId>,
}

impl Default for Specs {
    fn default() -> Self {
        let mut specs = Self {
            vacant: Vacant::default(),
            swept: 0,
            names: OperationNames::default(),
            operations: Vec::new(),
            overall_ns: UNKNOWN_NS,
            options: Vec::new(),
            options_index: BTreeMap::new(),
            classes: Vec::new(),
            classes_index: BTreeMap::new(),
            preferences: Vec::new(),
            connected: BTreeSet::new(),
            specs: Vec::new(),
            specs_index: FxHashMap::default(),
        };
        // Spec 0 is scattered data: an operation without a name, which nobody can offer.
        let options = specs.options(&TaskOptions::default());
        specs.operations.push(OperationRecord {
            operation: Operation::new("", 0, 0),
            offered_by: 0,
            tasks: 0,
            mean_ns: 0,
            ended: 0,
        });
        specs.spec(OperationId(0), options);
        specs
    }
}

/// Tasks shorter than this cost as much as this: what surrounds a task is not free either.
const SHORTEST_TASK_NS: u64 = 1_000;

/// What a task is expected to run for while none has ended at all.
const UNKNOWN_NS: u64 = 1_000_000;

/// How many ends the average length of an operation goes back to, about.
const LENGTHS_AVERAGED: u32 = 16;

/// An average with one more value in it, of this weight: 1 of so many.
fn averaged(mean: u64, value: u64, weight: u64) -> u64 {
    if value >= mean {
        mean + (value - mean) / weight
    } else {
        mean - (mean - value) / weight
    }
}

impl Specs {
    /// The id of an operation. A signature may change only while nobody offers or uses the old one.
    pub(crate) fn operation(
        &mut self,
        operation: &Operation,
    ) -> Result<OperationId, SignatureMismatch> {
        let key = (operation.name.clone(), operation.version);
        if let Some(&(_, _, id)) = self.names.find(&key) {
            let record = &mut self.operations[id.0 as usize];
            if record.operation.signature != operation.signature {
                if record.offered_by > 0 || record.tasks > 0 {
                    return Err(SignatureMismatch);
                }
                record.operation = operation.clone();
            }
            return Ok(id);
        }
        let id = OperationId(self.operations.len() as u32);
        self.operations.push(OperationRecord {
            operation: operation.clone(),
            offered_by: 0,
            tasks: 0,
            mean_ns: 0,
            ended: 0,
        });
        self.names.insert((key.0, key.1, id));
        Ok(id)
    }

    /// The id of these options.
    pub(crate) fn options(&mut self, options: &TaskOptions) -> OptionsId {
        if let Some(&id) = self.options_index.get(options) {
            return id;
        }
        let id = match self.vacant.options.pop() {
            Some(id) => {
                self.options[id.0 as usize] = options.clone();
                id
            }
            None => {
                self.options.push(options.clone());
                OptionsId(self.options.len() as u32 - 1)
            }
        };
        self.options_index.insert(options.clone(), id);
        id
    }

    /// The id of an operation with options.
    pub(crate) fn spec(&mut self, operation: OperationId, options: OptionsId) -> SpecId {
        if let Some(&id) = self.specs_index.get(&(operation, options)) {
            return id;
        }
        let of = &self.options[options.0 as usize];
        let class = ClassRecord {
            operation,
            resources: of.resources.clone(),
            workers: of.workers.clone(),
            or_any: of.or_any,
            open: false,
        };
        let priority = of.priority;
        let class = match self.classes_index.get(&class) {
            Some(&id) => id,
            None => {
                let id = match self.vacant.classes.pop() {
                    Some(id) => {
                        self.classes[id.0 as usize] = class.clone();
                        id
                    }
                    None => {
                        self.classes.push(class.clone());
                        ClassId(self.classes.len() as u32 - 1)
                    }
                };
                let preference = class.or_any;
                self.classes_index.insert(class, id);
                if preference {
                    self.preferences.push(id);
                    self.open_if_absent(id);
                }
                id
            }
        };
        let record = SpecRecord {
            operation,
            class,
            priority,
            options,
            tasks: 0,
        };
        let id = match self.vacant.specs.pop() {
            Some(id) => {
                self.specs[id.0 as usize] = record;
                id
            }
            None => {
                self.specs.push(record);
                SpecId(self.specs.len() as u32 - 1)
            }
        };
        self.specs_index.insert((operation, options), id);
        id
    }

    /// A task of a spec has a record now.
    pub(crate) fn task_made(&mut self, spec: SpecId) {
        let record = &mut self.specs[spec.0 as usize];
        record.tasks += 1;
        let operation = record.operation;
        self.record_mut(operation).tasks += 1;
    }

    /// A record of a task of a spec is gone.
    pub(crate) fn task_forgotten(&mut self, spec: SpecId) {
        let record = &mut self.specs[spec.0 as usize];
        record.tasks -= 1;
        let operation = record.operation;
        self.record_mut(operation).tasks -= 1;
    }

    /// Whether so many options have come since the last sweep that another one is worth its cost.
    pub(crate) fn wants_sweep(&self) -> bool {
        self.options_index.len() > 2 * self.swept + 64
    }

    /// How many different options, and specs made with them, there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.options_index.len() + self.specs_index.len() + self.classes_index.len()
    }

    /// Drops what no task names: specs without tasks that are not among `specs`, then classes and
    /// options without specs, except these `options`. Returns the classes that are gone.
    pub(crate) fn sweep(
        &mut self,
        specs: &BTreeSet<SpecId>,
        options: &BTreeSet<OptionsId>,
    ) -> BTreeSet<ClassId> {
        let (mut live_classes, mut live_options) = (BTreeSet::new(), options.clone());
        let mut index = std::mem::take(&mut self.specs_index);
        index.retain(|_, id| {
            let record = self.specs[id.0 as usize];
            let stays = *id == SpecId::DATA || record.tasks > 0 || specs.contains(id);
            if stays {
                live_classes.insert(record.class);
                live_options.insert(record.options);
            } else {
                self.vacant.specs.push(*id);
            }
            stays
        });
        self.specs_index = index;
        // The order in which a hash table was walked must not show.
        self.vacant.specs.sort_unstable();
        let mut gone = BTreeSet::new();
        self.classes_index.retain(|_, id| {
            let stays = live_classes.contains(id);
            if !stays {
                gone.insert(*id);
            }
            stays
        });
        self.vacant.classes.extend(&gone);
        self.preferences.retain(|class| !gone.contains(class));
        self.options_index.retain(|_, id| {
            let stays = live_options.contains(id);
            if !stays {
                self.vacant.options.push(*id);
            }
            stays
        });
        self.swept = self.options_index.len();
        gone
    }

    pub(crate) fn get(&self, spec: SpecId) -> SpecRecord {
        self.specs[spec.0 as usize]
    }

    /// A worker of this name is there, or there no more: classes that prefer it are closed to
    /// others, or open.
    pub(crate) fn worker_present(&mut self, name: &str, present: bool) {
        if present {
            self.connected.insert(name.to_owned());
        } else {
            self.connected.remove(name);
        }
        for at in 0..self.preferences.len() {
            self.open_if_absent(self.preferences[at]);
        }
    }

    fn open_if_absent(&mut self, class: ClassId) {
        let class = &mut self.classes[class.0 as usize];
        let absent = |name: &String| !self.connected.contains(name);
        class.open = class.or_any && class.workers.iter().all(absent);
    }

    /// The options of the tasks of a spec.
    pub(crate) fn options_of(&self, spec: SpecId) -> &TaskOptions {
        &self.options[self.get(spec).options.0 as usize]
    }

    pub(crate) fn class(&self, class: ClassId) -> &ClassRecord {
        &self.classes[class.0 as usize]
    }

    pub(crate) fn record(&self, operation: OperationId) -> &OperationRecord {
        &self.operations[operation.0 as usize]
    }

    pub(crate) fn record_mut(&mut self, operation: OperationId) -> &mut OperationRecord {
        &mut self.operations[operation.0 as usize]
    }

    /// How long a task of this spec is likely to run, `None` if none has ended yet.
    pub(crate) fn mean_ns(&self, spec: SpecId) -> Option<u64> {
        let mean = self.record(self.get(spec).operation).mean_ns;
        (mean > 0).then_some(mean)
    }

    /// How long a task of this spec is expected to run; while none has ended, as long as all others.
    pub(crate) fn expected_ns(&self, spec: SpecId) -> u64 {
        self.mean_ns(spec).unwrap_or(self.overall_ns)
    }

    /// Notes how long a task ran: the average of all, and later one in which each of the last has the
    /// weight of a sixteenth. Few tasks are alike, and one that is ten times as long as others must not
    /// make them look five times as long.
    pub(crate) fn ran(&mut self, spec: SpecId, elapsed: Duration) {
        let ns = u64::try_from(elapsed.as_nanos())
            .unwrap_or(u64::MAX / 4)
            .max(SHORTEST_TASK_NS);
        let operation = self.get(spec).operation;
        self.overall_ns = averaged(self.overall_ns, ns, u64::from(LENGTHS_AVERAGED));
        let record = self.record_mut(operation);
        record.ended = record.ended.saturating_add(1);
        let weight = u64::from(record.ended.min(LENGTHS_AVERAGED));
        record.mean_ns = averaged(record.mean_ns, ns, weight);
    }

    /// The operations that connected workers offer.
    pub(crate) fn offered(&self) -> impl Iterator<Item = &Operation> {
        let records = self
            .operations
            .iter()
            .filter(|record| record.offered_by > 0);
        records.map(|record| &record.operation)
    }
}
