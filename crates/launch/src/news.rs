//! What a worker tells people about its scheduler.

use crate::announce;
use crate::memory;
use crate::values::show_time;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use taskloom_worker::News as WorkerNews;

/// A worker that waits says so again after this long, so that the end of a log shows it.
const REPEAT: Duration = Duration::from_secs(60);

/// Prints what happens between a worker and its scheduler, without repeating itself.
#[derive(Debug, Default)]
pub(crate) struct News {
    waiting: Option<(String, Instant)>,
}

impl News {
    /// What a worker calls with its news.
    pub(crate) fn printer() -> Arc<dyn Fn(&WorkerNews) + Send + Sync> {
        let state = Mutex::new(Self::default());
        Arc::new(move |news| {
            let line = state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .line(news, Instant::now());
            if let Some(line) = line {
                announce::line(&line);
            }
        })
    }

    /// The line for it, if it is worth one.
    fn line(&mut self, news: &WorkerNews, now: Instant) -> Option<String> {
        match news {
            WorkerNews::Registered {
                name,
                scheduler,
                address,
                nthreads,
                memory_limit,
                operations,
                ..
            } => {
                self.waiting = None;
                Some(format!(
                    "{name} registered with {scheduler}: {}, {}, {}, serving {address}",
                    counted(*nthreads, "thread"),
                    memory::show(*memory_limit),
                    counted(*operations, "operation"),
                ))
            }
            WorkerNews::Waiting {
                scheduler,
                reason,
                next_try,
            } => {
                let known = format!("{scheduler}: ");
                let reason = reason.strip_prefix(&known).unwrap_or(reason);
                let told = self.waiting.as_ref();
                if told.is_some_and(|(last, at)| last == reason && now < *at + REPEAT) {
                    return None;
                }
                self.waiting = Some((reason.to_owned(), now));
                let next = show_time(*next_try);
                Some(format!(
                    "waiting for {scheduler}: {reason} (next try in {next})"
                ))
            }
            WorkerNews::Lost { scheduler, reason } => {
                self.waiting = None;
                Some(format!("lost {scheduler}: {reason}"))
            }
            WorkerNews::Restarting { reason } => Some(format!("starting anew: {reason}")),
            _ => None,
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn waiting(reason: &str) -> WorkerNews {
        WorkerNews::Waiting {
            scheduler: "scheduler:8786".parse().unwrap(),
            reason: reason.into(),
            next_try: Duration::from_secs(2),
        }
    }

    #[test]
    fn waiting_is_told_once_until_something_changes() {
        let (mut news, start) = (News::default(), Instant::now());
        assert_eq!(
            news.line(&waiting("connection refused"), start).unwrap(),
            "waiting for scheduler:8786: connection refused (next try in 2 s)"
        );
        // The address is named once, wherever the reason comes from.
        assert_eq!(
            news.line(&waiting("scheduler:8786: connection refused"), start),
            None
        );
        assert_eq!(news.line(&waiting("connection refused"), start), None);
        assert!(news.line(&waiting("no such host"), start).is_some());
        assert!(
            news.line(&waiting("no such host"), start + REPEAT)
                .is_some()
        );
        let lost = WorkerNews::Lost {
            scheduler: "scheduler".parse().unwrap(),
            reason: "closed".into(),
        };
        assert_eq!(
            news.line(&lost, start).unwrap(),
            "lost scheduler:8786: closed"
        );
        assert!(
            news.line(&waiting("no such host"), start + REPEAT)
                .is_some()
        );
    }

    #[test]
    fn registering_is_one_line_with_all_addresses() {
        let registered = WorkerNews::Registered {
            name: "worker-5f3c".into(),
            scheduler: "10.0.0.5:8786".parse().unwrap(),
            address: "10.0.0.7:40113".into(),
            nthreads: 8,
            memory_limit: 12 << 30,
            operations: 41,
        };
        assert_eq!(
            News::default().line(&registered, Instant::now()).unwrap(),
            "worker-5f3c registered with 10.0.0.5:8786: 8 threads, 12 GiB, 41 operations, \
             serving 10.0.0.7:40113"
        );
    }
}
