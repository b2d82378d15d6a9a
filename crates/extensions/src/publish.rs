//! Published data sets: futures under a name, for whoever knows the name, and for as long as nobody
//! unpublishes them.
//!
//! A data set is a list of tasks and a description of what they are in the client's words: one
//! future, a vector of them, a data frame. The tasks are held under `published:` and the name.

use crate::name;
use crate::service::{Incoming, Operation, Operations, Out, Service};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use taskloom_core::operation::near_names;
use taskloom_core::{TaskId, Time};

/// Most data sets of one scheduler.
pub const DATASETS_MAX: usize = 65_536;

/// How many names are compared with one that is not there.
const COMPARED_MAX: usize = 1000;

/// What a data set is beside its futures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The kind of data set, such as `future` or `vector`. Readers check it.
    pub kind: String,
    /// The types of the values, for people.
    pub of: String,
    /// What else its kind has to say, in its own words.
    pub details: bytes::Bytes,
}

/// A data set to publish; its futures are those of the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutRequest {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Description,
    /// Whether it may take the place of another of that name.
    pub replace: bool,
}

/// Publishes a data set.
#[derive(Debug)]
pub struct DatasetPut;

impl Operation for DatasetPut {
    const NAME: &'static str = "dataset.put";
    type Request = PutRequest;
    type Reply = ();
}

/// Gives the data set of a name: its description, and its futures.
#[derive(Debug)]
pub struct DatasetGet;

impl Operation for DatasetGet {
    const NAME: &'static str = "dataset.get";
    type Request = String;
    type Reply = Description;
}

/// Forgets the data set of a name.
#[derive(Debug)]
pub struct DatasetDelete;

impl Operation for DatasetDelete {
    const NAME: &'static str = "dataset.delete";
    type Request = String;
    type Reply = ();
}

/// Gives the names of all data sets, sorted.
#[derive(Debug)]
pub struct DatasetList;

impl Operation for DatasetList {
    const NAME: &'static str = "dataset.list";
    type Request = ();
    type Reply = Vec<String>;
}

#[derive(Debug)]
struct Dataset {
    description: Description,
    tasks: Vec<TaskId>,
}

/// The published data sets of a scheduler. See the module's documentation.
#[derive(Debug, Default)]
pub struct Datasets {
    datasets: BTreeMap<String, Dataset>,
}

/// Under which name the tasks of a data set are held.
fn holder(name: &str) -> String {
    format!("published:{name}")
}

impl Datasets {
    /// No data sets.
    pub fn new() -> Self {
        Self::default()
    }

    fn put(&mut self, _now: Time, incoming: Incoming<DatasetPut>, out: &mut Out<'_>) {
        let Incoming {
            call,
            request,
            futures,
        } = incoming;
        let PutRequest {
            name,
            description,
            replace,
        } = request;
        if let Err(reason) = name::check("data set", &name) {
            return out.refuse(call, reason);
        }
        let known = self.datasets.contains_key(&name);
        if known && !replace {
            return out.refuse(
                call,
                format!(
                    "a data set named {name:?} is published already; unpublish it first, or say \
                     that it is to be replaced"
                ),
            );
        }
        if !known && self.datasets.len() >= DATASETS_MAX {
            return out.refuse(
                call,
                format!("{DATASETS_MAX} data sets are published already"),
            );
        }
        for &task in &futures {
            out.hold(holder(&name), task);
        }
        let dataset = Dataset {
            description,
            tasks: futures,
        };
        let old = self.datasets.insert(name.clone(), dataset);
        let_go(&name, old, out);
        out.reply::<DatasetPut>(call, &(), Vec::new());
    }

    fn get(&mut self, _now: Time, incoming: Incoming<DatasetGet>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        match self.datasets.get(&request) {
            Some(dataset) => {
                out.reply::<DatasetGet>(call, &dataset.description, dataset.tasks.clone());
            }
            None => out.refuse(call, self.absent(&request)),
        }
    }

    fn delete(&mut self, _now: Time, incoming: Incoming<DatasetDelete>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        match self.datasets.remove(&request) {
            Some(dataset) => {
                let_go(&request, Some(dataset), out);
                out.reply::<DatasetDelete>(call, &(), Vec::new());
            }
            None => out.refuse(call, self.absent(&request)),
        }
    }

    fn list(&mut self, _now: Time, incoming: Incoming<DatasetList>, out: &mut Out<'_>) {
        let names = self.datasets.keys().cloned().collect();
        out.reply::<DatasetList>(incoming.call, &names, Vec::new());
    }

    fn absent(&self, name: &str) -> String {
        if let Err(reason) = name::check("data set", name) {
            return reason;
        }
        let known = self.datasets.keys().map(String::as_str);
        let near = near_names(name, known.take(COMPARED_MAX));
        let near = match near.is_empty() {
            true => "none".into(),
            false => near.join(", "),
        };
        format!("no data set named {name:?} is published (nearest: {near})")
    }
}

fn let_go(name: &str, dataset: Option<Dataset>, out: &mut Out<'_>) {
    for task in dataset.into_iter().flat_map(|dataset| dataset.tasks) {
        out.let_go(holder(name), task);
    }
}

impl Service for Datasets {
    const NAME: &'static str = "dataset";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call(Self::put)
            .call(Self::get)
            .call(Self::delete)
            .call(Self::list)
    }

    fn rows(&self) -> usize {
        self.datasets.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::testing::{Driver, client, task};

    fn put(name: &str, replace: bool) -> PutRequest {
        let description = Description {
            kind: "vector".into(),
            of: "i64".into(),
            details: bytes::Bytes::new(),
        };
        PutRequest {
            name: name.into(),
            description,
            replace,
        }
    }

    #[test]
    fn a_name_is_taken_once_unless_it_is_replaced() {
        let mut t = Driver::new(Datasets::new());
        let publish = |t: &mut Driver<Datasets>, replace, tasks| {
            let call = t.call_with::<DatasetPut>(client(1), put("flights", replace), tasks);
            t.reply::<DatasetPut>(call).unwrap()
        };
        publish(&mut t, false, vec![task(1), task(1), task(2)]).unwrap();
        let error = publish(&mut t, false, vec![task(3)]).unwrap_err();
        assert!(
            error.contains("\"flights\" is published already"),
            "{error}"
        );
        let held = |t: &Driver<Datasets>| -> Vec<TaskId> {
            t.holds.keys().map(|(_, task)| *task).collect()
        };
        assert_eq!(held(&t), [task(1), task(2)]);
        publish(&mut t, true, vec![task(2), task(4)]).unwrap();
        assert_eq!(held(&t), [task(2), task(4)]);
        assert!(
            t.holds
                .keys()
                .all(|(holder, _)| holder == "published:flights")
        );
    }

    #[test]
    fn data_sets_outlive_their_client_and_are_forgotten_when_told_so() {
        let mut t = Driver::new(Datasets::new());
        let call = t.call_with::<DatasetPut>(client(1), put("flights", false), vec![task(1)]);
        t.reply::<DatasetPut>(call).unwrap().unwrap();
        t.send_with::<DatasetPut>(client(1), put("airports", false), vec![]);
        t.gone(client(1));
        assert_eq!(
            t.ask::<DatasetList>(client(2), ()).unwrap(),
            ["airports", "flights"]
        );
        let call = t.call::<DatasetGet>(client(2), "flights".into());
        let (description, tasks) = t.reply_with::<DatasetGet>(call).unwrap().unwrap();
        assert_eq!(
            (description.kind.as_str(), tasks),
            ("vector", vec![task(1)])
        );
        t.ask::<DatasetDelete>(client(2), "flights".into()).unwrap();
        assert!(t.holds.is_empty());
        for name in ["flights", "fligths"] {
            let error = t.ask::<DatasetGet>(client(2), name.into()).unwrap_err();
            assert!(error.contains(name) && error.contains("nearest"), "{error}");
        }
        let error = t.ask::<DatasetDelete>(client(2), "air".into()).unwrap_err();
        assert!(error.contains("no data set named \"air\""), "{error}");
    }

    #[test]
    fn names_that_cannot_be_are_refused() {
        let mut t = Driver::new(Datasets::new());
        for name in [String::new(), "x".repeat(100_000)] {
            let call = t.call_with::<DatasetPut>(client(1), put(&name, false), vec![task(1)]);
            let error = t.reply::<DatasetPut>(call).unwrap().unwrap_err();
            assert!(error.contains("name of a data set"), "{error}");
            let error = t.ask::<DatasetGet>(client(1), name).unwrap_err();
            assert!(
                error.len() < 500 && error.contains("name of a data set"),
                "{error}"
            );
        }
        assert!(t.holds.is_empty() && t.service().datasets.is_empty());
    }
}
