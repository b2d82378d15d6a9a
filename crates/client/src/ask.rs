//! Questions that the scheduler answers: about tasks and workers, and for things to be done.

use crate::session::Session;
use crate::{Error, Result};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use taskloom_client_core::AnswerResult;
use taskloom_core::ErrorCode;
use taskloom_core::message::{Answer, Question};
use tokio::sync::oneshot;

/// Where the answer to a question comes out.
pub(crate) type Answered = oneshot::Receiver<AnswerResult>;

/// Who waits for answers, by the number of the question.
#[derive(Default)]
pub(crate) struct Questions(FxHashMap<u64, oneshot::Sender<AnswerResult>>);

impl Questions {
    pub(crate) fn add(&mut self, request: u64) -> Answered {
        let (sender, answered) = oneshot::channel();
        self.0.insert(request, sender);
        answered
    }

    /// Hands an answer to whoever waits for it.
    pub(crate) fn answer(&mut self, request: u64, result: AnswerResult) {
        if let Some(sender) = self.0.remove(&request) {
            // It may just have been given up.
            let _ = sender.send(result);
        }
    }

    /// Forgets a question; whether it was there.
    pub(crate) fn remove(&mut self, request: u64) -> bool {
        self.0.remove(&request).is_some()
    }

    /// Nothing will be answered any more.
    pub(crate) fn close(&mut self) {
        self.0.clear();
    }
}

/// Withdraws a question that is dropped before its answer.
struct Asked<'a> {
    session: &'a Arc<Session>,
    request: u64,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.session.lock().give_up(self.request);
    }
}

impl Session {
    /// Asks the scheduler and waits for the answer. The question is sent behind everything that was
    /// submitted before. Dropping the future withdraws it.
    ///
    /// # Errors
    /// [`Error::Refused`] with the scheduler's words, or if the session ends.
    pub(crate) async fn ask(self: &Arc<Self>, question: Question) -> Result<Answer> {
        let (request, answered) = {
            let mut locked = self.lock();
            if let Some(closed) = locked.closed() {
                return Err(closed);
            }
            locked.ask(question)
        };
        let asked = Asked {
            session: self,
            request,
        };
        let result = answered.await;
        drop(asked);
        match result {
            Ok(Ok(answer)) => Ok(*answer),
            Ok(Err(failure)) if failure.code == ErrorCode::Refused => {
                Err(Error::Refused(failure.message.clone()))
            }
            Ok(Err(failure)) => Err(failure.into()),
            Err(_) => Err(self.closed().unwrap_or_else(|| {
                Error::Closed("the session ended before the scheduler answered".into())
            })),
        }
    }
}

/// The scheduler answered something else than was asked: only a scheduler with a defect does.
pub(crate) fn unexpected(answer: &Answer) -> Error {
    Error::Refused(format!(
        "the scheduler answered something that was not asked: {answer:?}"
    ))
}
