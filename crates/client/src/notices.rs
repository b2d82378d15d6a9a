//! What the scheduler says beside results.

/// Something a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Tasks wait, because no connected worker can run them.
    Waiting {
        /// The operation, as `name/version`.
        operation: String,
        /// How many tasks wait.
        tasks: u64,
        /// Similar names that are offered.
        near: Vec<String>,
        /// Why no worker qualifies.
        reason: String,
        /// All of it in a line.
        text: String,
    },
    /// The scheduler is ending.
    Closing {
        /// Why.
        reason: String,
    },
}

/// The notices from the moment of [`crate::Client::notices`] on.
pub struct Notices(());

impl Notices {
    /// The next notice; `None` when the session has ended.
    pub async fn next(&mut self) -> Option<Notice> {
        todo!()
    }
}
