//! From what a task's function returned, or panicked with, to a failure that can travel.

use std::any::Any;
use std::cell::Cell;
use std::error::Error;
use std::fmt::Display;
use taskloom_core::{ErrorCode, TaskFailure};

/// Longest text of a message or cause; more is cut off, since it goes to everybody who waits.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Most causes that are kept.
const CAUSES_MAX: usize = 32;

/// An error with all that it knows of its causes.
type Boxed = Box<dyn Error + Send + Sync>;

/// What a task returned as its error. The expansion of `#[task]` calls `.failure()` on
/// `(&&&Returned::new(error))`; the method of the first trait that its type has is taken.
pub struct Returned<E>(Cell<Option<E>>);

impl<E> Returned<E> {
    /// Takes the error in.
    pub fn new(error: E) -> Self {
        Self(Cell::new(Some(error)))
    }
}

/// Errors, boxed errors, `anyhow::Error` and text.
pub trait ByBox {
    /// The failure with the chain of causes.
    fn failure(&self) -> TaskFailure;
}

impl<E: Into<Boxed>> ByBox for &&Returned<E> {
    fn failure(&self) -> TaskFailure {
        match self.0.take() {
            Some(error) => from_error(&*error.into()),
            None => from_text(String::new()),
        }
    }
}

/// Errors that cannot be sent between threads.
pub trait ByError {
    /// The failure with the chain of causes.
    fn failure(&self) -> TaskFailure;
}

impl<E: Error + 'static> ByError for &Returned<E> {
    fn failure(&self) -> TaskFailure {
        self.0
            .take()
            .map_or_else(|| from_text(String::new()), |error| from_error(&error))
    }
}

/// Everything that can be shown.
pub trait ByDisplay {
    /// The failure without causes.
    fn failure(&self) -> TaskFailure;
}

impl<E: Display> ByDisplay for Returned<E> {
    fn failure(&self) -> TaskFailure {
        from_text(
            self.0
                .take()
                .map_or_else(String::new, |error| error.to_string()),
        )
    }
}

fn from_text(mut message: String) -> TaskFailure {
    cut(&mut message);
    TaskFailure::new(ErrorCode::Task, message)
}

fn from_error(error: &(dyn Error + 'static)) -> TaskFailure {
    let mut failure = from_text(error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause
        && failure.chain.len() < CAUSES_MAX
    {
        let mut text = error.to_string();
        cut(&mut text);
        failure.chain.push(text);
        cause = error.source();
    }
    failure
}

/// The failure of a task that panicked. `message` and `place` were seen by the hook.
pub(crate) fn from_panic(
    payload: Box<dyn Any + Send>,
    seen: Option<(String, Option<String>)>,
) -> TaskFailure {
    let text = |payload: &(dyn Any + Send)| {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned())
    };
    let (message, place) = seen.unwrap_or_default();
    let mut message = match text(&*payload) {
        Some(text) => text,
        None if message.is_empty() => "with a payload that is no text".to_owned(),
        None => message,
    };
    cut(&mut message);
    // A payload can be anything, also something that panics when it is dropped.
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || drop(payload)));
    let mut failure = TaskFailure::new(ErrorCode::Panic, message);
    failure.place = place;
    failure
}

fn cut(text: &mut String) {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push_str(" ...");
    }
}
