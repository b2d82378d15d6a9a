//! Running one task, on a thread or as a future.

use super::completions::{Completion, Completions};
use super::item::Item;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use taskloom_core::limits::INLINE_BYTES_MAX;
use taskloom_core::{Encoded, ErrorCode, TaskFailure};
use taskloom_task::{Argument, TaskContext, Value};
use taskloom_worker_core::{Outcome, RunEnd};

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
    let begun = Instant::now();
    let made = match guarded(&mut item, prepare) {
        Ok((context, arguments)) => item.definition.run_async(context, arguments).await,
        Err(failure) => Err(failure),
    };
    let made = made.and_then(|value| measure(&mut item, value));
    completions.push(completion(&item, begun.elapsed(), made));
    completions.wake();
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
    match catch_unwind(AssertUnwindSafe(|| work(item))) {
        Ok(result) => result,
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "something that is no text".into());
            Err(item.failure(ErrorCode::Panic, text))
        }
    }
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
