//! What tasks print and log, on its way to the scheduler.

use super::completions::Completions;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use taskloom_core::TaskId;
use taskloom_core::limits::LOG_BYTES_MAX;
use taskloom_core::message::FromWorker;

/// Lines that wait may take this much; what comes while it is full is left out.
const WAITING_BYTES_MAX: usize = 1 << 20;

/// What a line takes beside its text.
const LINE_OVERHEAD: usize = 64;

/// The level of the note that lines were left out: a warning.
const NOTE_LEVEL: u8 = 2;

/// Lines that the control thread has not taken yet.
#[derive(Debug)]
pub(crate) struct Lines {
    listening: AtomicBool,
    waiting: Mutex<Waiting>,
    completions: Arc<Completions>,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<(TaskId, u8, String)>,
    bytes: usize,
    /// How many were left out, and a task that one of them is of.
    left_out: Option<(TaskId, u64)>,
}

impl Lines {
    pub(crate) fn new(completions: Arc<Completions>) -> Self {
        Self {
            listening: AtomicBool::new(false),
            waiting: Mutex::default(),
            completions,
        }
    }

    /// Whether somebody wants to see lines, from now on.
    pub(crate) fn listen(&self, listening: bool) {
        self.listening.store(listening, Ordering::Relaxed);
        if !listening {
            *self.lock() = Waiting::default();
        }
    }

    /// Takes what a task printed or logged, which may be several lines.
    pub(crate) fn push(&self, task: TaskId, level: u8, text: &str) {
        if !self.listening.load(Ordering::Relaxed) {
            return;
        }
        let mut waiting = self.lock();
        for line in text.lines() {
            let line = &line[..line.floor_char_boundary(LOG_BYTES_MAX)];
            let bytes = line.len() + LINE_OVERHEAD;
            if waiting.bytes + bytes > WAITING_BYTES_MAX {
                let before = waiting.left_out.map_or(0, |(_, lines)| lines);
                waiting.left_out = Some((task, before + 1));
                continue;
            }
            waiting.bytes += bytes;
            waiting.lines.push((task, level, line.to_owned()));
        }
        drop(waiting);
        self.completions.wake();
    }

    /// Takes all lines, as messages: what one task said in a row is one message.
    pub(crate) fn take(&self) -> Vec<FromWorker> {
        if !self.listening.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let Waiting {
            mut lines,
            left_out,
            ..
        } = std::mem::take(&mut *self.lock());
        if let Some((task, count)) = left_out {
            let note = format!("{count} lines are left out here: they came faster than they leave");
            lines.push((task, NOTE_LEVEL, note));
        }
        let mut messages: Vec<FromWorker> = Vec::new();
        for (task, level, text) in lines {
            match messages.last_mut() {
                Some(FromWorker::Logged { task: of, lines }) if *of == task => {
                    lines.push((level, text));
                }
                _ => messages.push(FromWorker::Logged {
                    task,
                    lines: vec![(level, text)],
                }),
            }
        }
        messages
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // The list is whole at every moment at which another thread could have panicked.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn lines(messages: Vec<FromWorker>) -> Vec<(TaskId, Vec<(u8, String)>)> {
        let message = |message| match message {
            FromWorker::Logged { task, lines } => (task, lines),
            other => panic!("{other:?}"),
        };
        messages.into_iter().map(message).collect()
    }

    #[test]
    fn nothing_is_kept_that_nobody_wants() {
        let waiting = Lines::new(Arc::default());
        waiting.push(TaskId::new(1, 0), 0, "unheard");
        waiting.listen(true);
        assert!(waiting.take().is_empty());
        waiting.push(TaskId::new(1, 0), 0, "heard");
        waiting.listen(false);
        waiting.listen(true);
        assert!(waiting.take().is_empty());
    }

    #[test]
    fn lines_of_a_task_in_a_row_travel_together() {
        let waiting = Lines::new(Arc::default());
        let (a, b) = (TaskId::new(1, 0), TaskId::new(2, 0));
        waiting.listen(true);
        waiting.push(a, 0, "one\ntwo");
        waiting.push(a, 1, "three");
        waiting.push(b, 0, "four");
        waiting.push(a, 0, "five");
        let (one, two, three) = ((0, "one".into()), (0, "two".into()), (1, "three".into()));
        let expected = vec![
            (a, vec![one, two, three]),
            (b, vec![(0, "four".into())]),
            (a, vec![(0, "five".into())]),
        ];
        assert_eq!(lines(waiting.take()), expected);
        assert!(waiting.take().is_empty());
    }

    #[test]
    fn a_flood_is_cut_with_a_note() {
        let waiting = Lines::new(Arc::default());
        waiting.listen(true);
        let long = "x".repeat(2 * LOG_BYTES_MAX);
        for _ in 0..100 {
            waiting.push(TaskId::new(1, 0), 0, &long);
        }
        let taken = lines(waiting.take());
        let (_, lines) = &taken[0];
        assert!(lines.iter().all(|(_, text)| text.len() <= LOG_BYTES_MAX));
        let (level, note) = lines.last().unwrap();
        let kept = lines.len() - 1;
        assert!(kept * LOG_BYTES_MAX <= WAITING_BYTES_MAX);
        assert_eq!(*level, NOTE_LEVEL);
        assert!(note.starts_with(&format!("{} lines", 100 - kept)), "{note}");
    }
}
