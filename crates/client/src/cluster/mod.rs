//! The cluster as its clients see and steer it: who is there, where values lie, copies of them, and
//! operations beside scheduling.

mod copies;
mod life;
mod run;
mod who;

pub use copies::{Rebalance, Replicate};
pub use life::{RestartWorkers, RetireWorkers, WaitForWorkers};
pub use run::Run;
pub use who::{Contents, WhoHas, Workers};

use crate::ask::unexpected;
use crate::session::Session;
use crate::{Error, Result};
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::message::{Answer, Question};

/// Makes a request something that is awaited.
macro_rules! awaited {
    ($name:ident $(<$generic:ident: $bound:path>)? => $output:ty, $ask:ident) => {
        impl$(<$generic: $bound>)? std::future::IntoFuture for $name$(<$generic>)? {
            type Output = crate::Result<$output>;
            type IntoFuture =
                std::pin::Pin<Box<dyn std::future::Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.$ask())
            }
        }
    };
}
pub(crate) use awaited;

/// Asks something that is answered with a number.
async fn done(session: &Arc<Session>, question: Question) -> Result<u64> {
    match session.ask(question).await? {
        Answer::Done(count) => Ok(count),
        other => Err(unexpected(&other)),
    }
}

/// Waits no longer than this, if there is a limit.
async fn within<T>(
    limit: Option<Duration>,
    what: impl FnOnce() -> String,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(after) = limit else {
        return work.await;
    };
    let ended = tokio::time::timeout(after, work).await;
    ended.unwrap_or_else(|_| {
        Err(Error::Timeout {
            what: what(),
            after,
        })
    })
}

fn names<W: Into<String>>(names: impl IntoIterator<Item = W>) -> Vec<String> {
    names.into_iter().map(Into::into).collect()
}
