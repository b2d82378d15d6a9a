//! What kinds of messages are called where they are counted.

use super::{FromClient, FromWorker, Question, ToWorker};

impl FromWorker {
    /// The name of this kind of message.
    ///
    /// ```
    /// # use taskloom_core::message::FromWorker;
    /// assert_eq!(FromWorker::Leaving.name(), "leaving");
    /// ```
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Finished { .. } => "finished",
            Self::Failed { .. } => "failed",
            Self::Returned { .. } => "returned",
            Self::Stored { .. } => "stored",
            Self::AcquireFailed { .. } => "acquire_failed",
            Self::Heartbeat { .. } => "worker_heartbeat",
            Self::Ran { .. } => "ran",
            Self::Seceded { .. } => "seceded",
            Self::Rejoined { .. } => "rejoined",
            Self::Logged { .. } => "logged",
            Self::Leaving => "leaving",
        }
    }
}

impl FromClient {
    /// The name of this kind of message; of a question, the name of what is asked.
    ///
    /// ```
    /// # use taskloom_core::message::{FromClient, Question};
    /// let asked = FromClient::Ask { request: 1, question: Question::WhoHas(Vec::new()) };
    /// assert_eq!(asked.name(), "who_has");
    /// ```
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Submit(_) => "submit",
            Self::Scatter(_) => "scatter",
            Self::SupplyFailed { .. } => "supply_failed",
            Self::Release(_) => "release",
            Self::Cancel(_) => "cancel",
            Self::Locate { .. } => "locate",
            Self::Missing { .. } => "missing",
            Self::Want { .. } => "want",
            Self::Retry(_) => "retry",
            Self::Detach(_) => "detach",
            Self::Call(_) => "call",
            Self::Withdraw(_) => "withdraw",
            Self::Received(_) => "received",
            Self::Ask { question, .. } => question.name(),
            Self::Listen(_) => "listen",
            Self::Heartbeat => "client_heartbeat",
        }
    }
}

impl Question {
    /// The name of this kind of question.
    ///
    /// ```
    /// # use taskloom_core::message::Question;
    /// assert_eq!(Question::Jobs.name(), "jobs");
    /// ```
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Explain(_) => "explain",
            Self::WhoHas(_) => "who_has",
            Self::HasWhat(_) => "has_what",
            Self::Processing(_) => "processing",
            Self::Workers => "workers",
            Self::WaitForWorkers(_) => "wait_for_workers",
            Self::Replicate { .. } => "replicate",
            Self::Rebalance { .. } => "rebalance",
            Self::Run { .. } => "run",
            Self::Restart(_) => "restart",
            Self::Retire(_) => "retire",
            Self::Shutdown(_) => "shutdown",
            Self::Jobs => "jobs",
            Self::SetJob { .. } => "set_job",
            Self::Sync => "sync",
        }
    }
}

impl ToWorker {
    /// The name of this kind of message.
    ///
    /// ```
    /// # use taskloom_core::message::ToWorker;
    /// assert_eq!(ToWorker::MayLeave.name(), "may_leave");
    /// ```
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Peer(_) => "peer",
            Self::PeerGone(_) => "peer_gone",
            Self::Compute(_) => "compute",
            Self::Cancel(_) => "cancel",
            Self::Retract(_) => "retract",
            Self::Free(_) => "free",
            Self::Acquire { .. } => "acquire",
            Self::MayLeave => "may_leave",
            Self::Run { .. } => "run",
            Self::Retire => "retire",
            Self::Restart { .. } => "restart",
            Self::Listen(_) => "listen",
            Self::Closing { .. } => "closing",
        }
    }
}
