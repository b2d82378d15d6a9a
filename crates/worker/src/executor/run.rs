//! Running one task, on a thread or as a future.

use super::completions::{Completion, Completions};
use super::item::Item;
use crate::isolated::Isolated;
use crate::panics::no_panic;
use std::sync::Arc;
use std::time::{Duration, Instant};
use taskloom_core::limits::INLINE_BYTES_MAX;
use taskloom_core::{Encoded, ErrorCode, RunId, TaskFailure};
use taskloom_task::{Argument, TaskContext, Value};
use taskloom_worker_core::{Outcome, RunEnd, Slot};

/// What a run made: the value, its size, and its encoded form if it is to travel at once.
struct Made {
    value: Value,
    nbytes: u64,
    inline: Option<Encoded>,
}

/// Runs a task on this thread, which begins at the time `begun`; also returns when it ended. A run
/// that was withdrawn ends without a word: whoever withdrew it knows.
pub(crate) fn on_thread(mut item: Item, begun: Instant) -> Option<(Completion, Instant)> {
    if !item.handle.start() {
        return None;
    }
    if !item.compute.timeout.is_zero() {
        item.handle.tell_started();
    }
    let made = guarded(&mut item, |item| {
        let (context, arguments) = prepare(item)?;
        item.definition.run_thread(&context, arguments)
    });
    let made = made.and_then(|value| measure(&mut item, value));
    let ended = Instant::now();
    let elapsed = ended.saturating_duration_since(begun);
    Some((completion(&item, elapsed, made), ended))
}

/// Runs a task between awaits.
pub(crate) async fn as_future(mut item: Item, completions: Arc<Completions>) {
    if !item.handle.start() {
        return;
    }
    if !item.compute.timeout.is_zero() {
        item.handle.tell_started();
    }
    let begun = Instant::now();
    let mut ending = Ending {
        completions,
        begun,
        end: Some((item.slot, item.handle.run)),
    };
    let made = match guarded(&mut item, prepare) {
        Ok((context, arguments)) => item.definition.run_async(context, arguments).await,
        Err(failure) => Err(failure),
    };
    let made = made.and_then(|value| measure(&mut item, value));
    ending.end = None;
    ending
        .completions
        .push(completion(&item, begun.elapsed(), made));
    ending.completions.wake();
}

/// Runs a task in a process of its own.
pub(crate) async fn isolated(
    mut item: Item,
    isolated: Arc<Isolated>,
    completions: Arc<Completions>,
) {
    if !item.handle.start() {
        return;
    }
    if !item.compute.timeout.is_zero() {
        item.handle.tell_started();
    }
    let begun = Instant::now();
    let mut ending = Ending {
        completions,
        begun,
        end: Some((item.slot, item.handle.run)),
    };
    let prepared = guarded(&mut item, |item| {
        Ok((item.context()?, item.self_contained()?))
    });
    let made = match prepared {
        Ok((context, compute)) => isolated.run(&context, compute).await,
        Err(failure) => Err(failure),
    };
    let made = made.map(|(nbytes, encoded)| {
        let small = nbytes <= INLINE_BYTES_MAX && encoded.nbytes() <= INLINE_BYTES_MAX;
        Made {
            inline: (item.compute.inline_result && small).then(|| encoded.clone()),
            value: Value::from_encoded(encoded),
            nbytes,
        }
    });
    let made = made.map_err(|mut failure| {
        item.name(&mut failure);
        failure
    });
    ending.end = None;
    ending
        .completions
        .push(completion(&item, begun.elapsed(), made));
    ending.completions.wake();
}

/// Tells that a run is over although it was dropped between awaits, which happens to one that was
/// given up.
struct Ending {
    completions: Arc<Completions>,
    begun: Instant,
    end: Option<(Slot, RunId)>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let Some((slot, run)) = self.end else { return };
        let end = RunEnd {
            slot,
            run,
            elapsed: self.begun.elapsed(),
            outcome: Outcome::NotStarted,
        };
        self.completions.push(Completion { end, value: None });
        self.completions.wake();
    }
}

fn prepare(item: &mut Item) -> Result<(TaskContext, Vec<Argument>), TaskFailure> {
    Ok((item.context()?, item.arguments()?))
}

/// Asks the value for its size and, if it is small and shall travel, its encoded form, here and not
/// on the control thread: both run code of the user's type.
fn measure(item: &mut Item, value: Value) -> Result<Made, TaskFailure> {
    guarded(item, |item| {
        let nbytes = value.nbytes();
        let inline = item.compute.inline_result;
        let inline = inline
            .then(|| value.encode_small(INLINE_BYTES_MAX))
            .flatten();
        Ok(Made {
            value,
            nbytes,
            inline,
        })
    })
}

/// The task crate catches panics of tasks; this catches those of the types around them, so that the
/// thread lives on whatever a user's code does.
fn guarded<T>(
    item: &mut Item,
    work: impl FnOnce(&mut Item) -> Result<T, TaskFailure>,
) -> Result<T, TaskFailure> {
    no_panic(|| work(item)).unwrap_or_else(|text| Err(item.failure(ErrorCode::Panic, text)))
}

/// The end of a run that cannot start.
pub(crate) fn not_started(item: &Item) -> Completion {
    let end = RunEnd {
        slot: item.slot,
        run: item.handle.run,
        elapsed: Duration::ZERO,
        outcome: Outcome::NotStarted,
    };
    Completion { end, value: None }
}

fn completion(item: &Item, elapsed: Duration, made: Result<Made, TaskFailure>) -> Completion {
    let (outcome, value) = match made {
        Ok(Made {
            value,
            nbytes,
            inline,
        }) => (
            Outcome::Finished {
                nbytes,
                value: inline,
            },
            Some(value),
        ),
        Err(failure) => (Outcome::Failed(Box::new(failure)), None),
    };
    let end = RunEnd {
        slot: item.slot,
        run: item.handle.run,
        elapsed,
        outcome,
    };
    Completion { end, value }
}
