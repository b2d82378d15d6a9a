//! What a client is spared that reads more slowly than it is written to.

use taskloom_core::message::ToClient;

/// Takes out what the client can do without: values that it can fetch when it wants them, and lines
/// that tasks print. What is left is small, so a client that is merely slow stays far from the limit
/// at which it would be let go.
pub(crate) fn out(messages: &mut Vec<ToClient>) {
    messages.retain_mut(|message| match message {
        ToClient::Finished { value, .. } => {
            *value = None;
            true
        }
        ToClient::Logged(_) => false,
        _ => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskloom_core::{Encoded, Ticket};

    #[test]
    fn values_and_log_lines_are_left_out_and_nothing_else() {
        let finished = |value| ToClient::Finished {
            ticket: Ticket(4),
            nbytes: 3,
            value,
        };
        let pending = ToClient::Pending { ticket: Ticket(5) };
        let mut messages = vec![
            ToClient::Logged(Vec::new()),
            finished(Some(Encoded::bytes(b"abc".as_slice().into()))),
            pending.clone(),
            ToClient::Logged(Vec::new()),
        ];
        out(&mut messages);
        assert_eq!(messages, [finished(None), pending]);
    }
}
