//! Questions of clients, and their answers: one file per kind.

mod run;

use crate::core::SchedulerCore;
use std::sync::Arc;
use taskloom_core::message::{Answer, Question, ToClient};
use taskloom_core::{ErrorCode, TaskFailure};

impl SchedulerCore {
    /// Answers a question, at once or when what it waits for has come.
    pub(crate) fn ask(&mut self, client: u32, request: u64, question: Question) {
        match question {
            Question::Sync => self.answer(client, request, Answer::Done(0)),
            _ => self.refuse_question(client, request, "this scheduler cannot answer that"),
        }
    }

    /// Says the answer to a question.
    pub(crate) fn answer(&mut self, client: u32, request: u64, answer: Answer) {
        let result = Ok(Box::new(answer));
        self.tell_client(client, ToClient::Answered { request, result });
    }

    /// Says why there is no answer to a question.
    pub(crate) fn refuse_question(&mut self, client: u32, request: u64, why: impl Into<String>) {
        let result = Err(Arc::new(TaskFailure::new(ErrorCode::Refused, why)));
        self.tell_client(client, ToClient::Answered { request, result });
    }
}
