//! Questions of the user that the scheduler answers.

use crate::effects::Effects;
use crate::state::ClientCore;
use taskloom_core::message::{FromClient, Question};

impl ClientCore {
    /// Asks. Whatever the question names was said before, so that goes out first.
    pub(crate) fn ask(&mut self, question: Question, effects: &mut Effects) {
        // The number that was foretold: what goes out first may take numbers too.
        let request = self.next_request;
        self.next_request += 1;
        self.flush(effects);
        effects.send.push(FromClient::Ask { request, question });
    }

    /// Withdraws a question, so that the scheduler need not remember who asked.
    pub(crate) fn give_up(&mut self, request: u64, effects: &mut Effects) {
        effects.send.push(FromClient::Withdraw(request));
    }
}
