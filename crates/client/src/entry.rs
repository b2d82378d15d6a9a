//! What the client keeps for one future beside its state: the result and who waits for it.

use crate::kept::Kept;
use std::sync::Arc;
use std::task::Waker;
use taskloom_core::TaskFailure;
use taskloom_core::arguments::Part;
use taskloom_task::Value;

/// One future's result and waiters.
#[derive(Default)]
pub(crate) struct Entry {
    pub(crate) outcome: Outcome,
    waker: Option<Waker>,
    /// What few futures have.
    rest: Option<Box<Rest>>,
}

const _: () = assert!(size_of::<Entry>() <= 48, "there is one per future");

#[derive(Default)]
struct Rest {
    /// Waiters beyond the first.
    wakers: Vec<Waker>,
    /// Results and parts that were fetched and nobody has taken yet. A large result is given to the
    /// one who waits for it and not kept: holding a future must not hold its result twice.
    fetched: Vec<(Part, Result<Value, Arc<TaskFailure>>)>,
}

/// What is known of a result.
#[derive(Default)]
pub(crate) enum Outcome {
    /// The task waits or runs.
    #[default]
    Pending,
    /// The result is there; a small one came along and is kept.
    Finished(Option<Kept>),
    /// The task failed.
    Failed(Arc<TaskFailure>),
}

impl Entry {
    /// The wakers of all who wait; they register again if they still do.
    pub(crate) fn wake_into(&mut self, woken: &mut Vec<Waker>) {
        woken.extend(self.waker.take());
        if let Some(rest) = &mut self.rest {
            woken.append(&mut rest.wakers);
        }
    }

    /// Keeps a waker until something happens. Wakers for which there is no room are to be woken.
    pub(crate) fn register(&mut self, waker: &Waker, woken: &mut Vec<Waker>) {
        if self.waker.is_none() {
            self.waker = Some(waker.clone());
        } else if !self
            .waker
            .as_ref()
            .is_some_and(|known| known.will_wake(waker))
        {
            self.rest.get_or_insert_default().register(waker, woken);
        }
    }

    /// Puts what was fetched where a waiter finds it.
    pub(crate) fn deliver(&mut self, part: Part, result: Result<Value, Arc<TaskFailure>>) {
        let fetched = &mut self.rest.get_or_insert_default().fetched;
        fetched.retain(|(known, _)| *known != part);
        fetched.push((part, result));
    }

    /// Whether a part, the whole or the failure is here.
    pub(crate) fn has(&self, part: Part) -> bool {
        let fetched = |(known, _): &(Part, _)| *known == part || *known == Part::WHOLE;
        match &self.outcome {
            Outcome::Failed(_) | Outcome::Finished(Some(_)) => true,
            _ => self
                .rest
                .as_ref()
                .is_some_and(|rest| rest.fetched.iter().any(fetched)),
        }
    }

    /// Takes a part that was fetched, also out of a fetched whole.
    pub(crate) fn take(&mut self, part: Part) -> Option<Result<Value, taskloom_task::Error>> {
        let fetched = &mut self.rest.as_mut()?.fetched;
        let find = |wanted: Part| fetched.iter().position(|(known, _)| *known == wanted);
        if let Some(at) = find(part) {
            let (_, result) = fetched.swap_remove(at);
            return Some(result.map_err(Into::into));
        }
        let (_, whole) = &fetched[find(Part::WHOLE)?];
        Some(match (whole, part.index()) {
            (Ok(whole), Some(index)) => whole.part(index).map_err(Into::into),
            (Ok(whole), None) => Ok(whole.clone()),
            (Err(failure), _) => Err(failure.clone().into()),
        })
    }
}

/// Waiters that gave up leave their wakers behind. Beyond this many all are woken: those who still
/// wait register again.
const WAKERS_MAX: usize = 64;

impl Rest {
    fn register(&mut self, waker: &Waker, woken: &mut Vec<Waker>) {
        let known = |known: &Waker| known.will_wake(waker);
        if self.wakers.iter().any(known) {
            return;
        }
        if self.wakers.len() >= WAKERS_MAX {
            woken.append(&mut self.wakers);
        }
        self.wakers.push(waker.clone());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use futures::task::{ArcWake, waker};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl ArcWake for Count {
        fn wake_by_ref(count: &Arc<Self>) {
            count.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn wakers_left_behind_are_let_go() {
        let mut entry = Entry::default();
        let counts: Vec<Arc<Count>> = (0..200).map(|_| Arc::default()).collect();
        let mut woken = Vec::new();
        for count in &counts {
            let waker = waker(count.clone());
            entry.register(&waker, &mut woken);
            entry.register(&waker, &mut woken);
        }
        assert!(entry.rest.as_ref().unwrap().wakers.len() <= WAKERS_MAX);
        entry.wake_into(&mut woken);
        woken.into_iter().for_each(Waker::wake);
        assert!(
            counts
                .iter()
                .all(|count| count.0.load(Ordering::Relaxed) == 1)
        );
    }

    #[test]
    fn a_fetched_result_is_given_away() {
        let mut entry = Entry::default();
        let encoded = Value::live(vec![1_i64, 2]).encode().unwrap();
        entry.deliver(Part::WHOLE, Ok(Value::from_encoded(encoded)));
        let element = entry.take(Part::element(1)).unwrap().unwrap();
        assert_eq!(element.take::<i64>().unwrap(), 2);
        assert!(entry.take(Part::WHOLE).unwrap().is_ok());
        assert!(entry.take(Part::WHOLE).is_none());
    }
}
