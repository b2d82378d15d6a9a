//! A second reader of what is logged, beside standard error.

use std::fmt::{self, Write};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Takes log lines, on the threads that log them.
///
/// ```
/// use taskloom_telemetry::Tap;
///
/// let errors = Tap {
///     wants: |target| target.starts_with("my_crate"),
///     take: |level, line| println!("{level}: {line}"),
/// };
/// # let _ = errors;
/// ```
#[derive(Clone, Copy)]
pub struct Tap {
    /// Whether a line with this target is wanted. It is asked for every line that the filter lets
    /// through, before the line is made.
    pub wants: fn(target: &str) -> bool,
    /// Takes a line: the message, then the fields as `name=value`.
    pub take: fn(level: Level, line: &str),
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

impl<S: Subscriber> Layer<S> for Tap {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if !(self.wants)(event.metadata().target()) {
            return;
        }
        let mut line = Line::default();
        event.record(&mut line);
        let Line {
            mut message,
            fields,
        } = line;
        message.push_str(&fields);
        (self.take)(*event.metadata().level(), message.trim_start());
    }
}

/// An event as text.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.fields.push_str(&format!(" {}={value}", field.name()));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string fails only if the value's own formatting does.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::sync::Mutex;
    use tracing_subscriber::layer::SubscriberExt;

    static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

    #[test]
    fn wanted_lines_are_taken_with_their_fields() {
        let tap = Tap {
            wants: |target| target != "other",
            take: |level, line| LINES.lock().unwrap().push((level, line.to_owned())),
        };
        let subscriber = tracing_subscriber::registry().with(tap);
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "mine", n = 3, name = "x", "low on {}", "ink");
            tracing::info!(target: "mine", n = 4);
            tracing::error!(target: "other", "unwanted");
        });
        let expected = [
            (Level::WARN, "low on ink n=3 name=x".to_owned()),
            (Level::INFO, "n=4".to_owned()),
        ];
        assert_eq!(*LINES.lock().unwrap(), expected);
    }
}
