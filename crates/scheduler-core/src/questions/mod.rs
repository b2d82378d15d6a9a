//! Questions of clients, and their answers: one file per kind.

mod copies;
mod explain;
mod jobs;
mod life;
mod pending;
mod run;
mod who;

pub(crate) use copies::Goal;
pub(crate) use pending::Inquiries;

use crate::core::SchedulerCore;
use crate::effects::Effects;
use std::sync::Arc;
use taskloom_core::message::{Answer, Question, ToClient};
use taskloom_core::{ErrorCode, TaskFailure};

impl SchedulerCore {
    /// Answers a question, at once or when what it waits for has come.
    pub(crate) fn ask(
        &mut self,
        client: u32,
        request: u64,
        question: Question,
        effects: &mut Effects,
    ) {
        let answer = match question {
            Question::WhoHas(tickets) => self.who_has(client, &tickets),
            Question::HasWhat(workers) => self.has_what(&workers),
            Question::Processing(workers) => self.processing(&workers),
            Question::Workers => Ok(Answer::Workers(self.summaries())),
            Question::Sync => Ok(Answer::Done(0)),
            Question::WaitForWorkers(n) => return self.wait_for_workers(client, request, n),
            Question::Replicate {
                tickets,
                copies,
                workers,
            } => return self.replicate(client, request, &tickets, copies, &workers),
            Question::Rebalance { tickets, workers } => {
                return self.rebalance(client, request, &tickets, &workers);
            }
            Question::Run {
                operation,
                arguments,
                workers,
            } => return self.run_everywhere(client, request, operation, arguments, &workers),
            Question::Restart(workers) => return self.restart_workers(client, request, &workers),
            Question::Retire(workers) => return self.retire_workers(client, request, &workers),
            Question::Shutdown(reason) => {
                return self.shut_down(client, request, reason, effects);
            }
            Question::Explain(ticket) => {
                // What has just arrived is placed first, or every task would seem to wait.
                self.place_ready();
                self.fill();
                self.explain(client, ticket)
            }
            Question::Jobs => Ok(self.job_summaries()),
            Question::SetJob { job, change } => self.set_job(&job, change),
        };
        self.answer_or_refuse(client, request, answer);
    }

    /// Says the answer to a question.
    pub(crate) fn answer(&mut self, client: u32, request: u64, answer: Answer) {
        let result = Ok(Box::new(answer));
        self.tell_client(client, ToClient::Answered { request, result });
    }

    /// Says an answer, or why there is none.
    pub(crate) fn answer_or_refuse(
        &mut self,
        client: u32,
        request: u64,
        answer: Result<Answer, String>,
    ) {
        match answer {
            Ok(answer) => self.answer(client, request, answer),
            Err(why) => self.refuse_question(client, request, why),
        }
    }

    /// Says why there is no answer to a question.
    pub(crate) fn refuse_question(&mut self, client: u32, request: u64, why: impl Into<String>) {
        let result = Err(Arc::new(TaskFailure::new(ErrorCode::Refused, why)));
        self.tell_client(client, ToClient::Answered { request, result });
    }
}
