//! One future or several, of whatever types: what calls about futures take.

use crate::session::Session;
use crate::{Error, Result, TaskFuture};
use std::sync::Arc;
use taskloom_core::Ticket;
use taskloom_task::{Element, FutureHandle};

/// One future or several, where a call is about tasks and not about their results: a
/// [`TaskFuture`] or an [`Element`]; a slice, vector or array of futures; a tuple of up to four, of
/// different types; or a reference to any of these.
///
/// ```no_run
/// # use taskloom_client::{Client, TaskFuture};
/// # async fn example(client: Client, a: TaskFuture<i64>, b: TaskFuture<String>, many: Vec<TaskFuture<f64>>)
/// # -> taskloom_client::Result<()> {
/// client.wait(&many).await?;
/// client.wait((&a, &b, &many)).await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a future of a task, nor a set of them",
    label = "wanted: a `TaskFuture`, a slice, vector or tuple of them, or a reference to one of these"
)]
pub trait FutureSet {
    /// Names the handles of the futures, in order.
    fn each(&self, visit: &mut dyn FnMut(&Arc<dyn FutureHandle>));
}

impl<T> FutureSet for TaskFuture<T> {
    fn each(&self, visit: &mut dyn FnMut(&Arc<dyn FutureHandle>)) {
        visit(self.handle());
    }
}

impl<T> FutureSet for Element<T> {
    fn each(&self, visit: &mut dyn FnMut(&Arc<dyn FutureHandle>)) {
        visit(self.handle());
    }
}

impl FutureSet for Arc<dyn FutureHandle> {
    fn each(&self, visit: &mut dyn FnMut(&Arc<dyn FutureHandle>)) {
        visit(self);
    }
}

impl<F: FutureSet + ?Sized> FutureSet for &F {
    fn each(&self, visit: &mut dyn FnMut(&Arc<dyn FutureHandle>)) {
        (**self).each(visit);
    }
}

impl<F: FutureSet> FutureSet for [F] {
    fn each(&self, visit: &mut dyn FnMut(&Arc<dyn FutureHandle>)) {
        self.iter().for_each(|futures| futures.each(visit));
    }
}

impl<F: FutureSet> FutureSet for Vec<F> {
    fn each(&self, visit: &mut dyn FnMut(&Arc<dyn FutureHandle>)) {
        self.as_slice().each(visit);
    }
}

impl<F: FutureSet, const N: usize> FutureSet for [F; N] {
    fn each(&self, visit: &mut dyn FnMut(&Arc<dyn FutureHandle>)) {
        self.as_slice().each(visit);
    }
}

macro_rules! tuple {
    ($($name:ident $at:tt),+) => {
        impl<$($name: FutureSet),+> FutureSet for ($($name,)+) {
            fn each(&self, visit: &mut dyn FnMut(&Arc<dyn FutureHandle>)) {
                $(self.$at.each(visit);)+
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);

/// The handles of a set, in order.
pub(crate) fn handles(futures: impl FutureSet) -> Vec<Arc<dyn FutureHandle>> {
    let mut handles = Vec::new();
    futures.each(&mut |handle| handles.push(handle.clone()));
    handles
}

impl Session {
    /// The tickets of futures that this session is asked about, in order.
    ///
    /// # Errors
    /// The error of a future whose task was never submitted; that one belongs to another client.
    pub(crate) fn tickets_of_set(&self, futures: impl FutureSet) -> Result<Vec<Ticket>> {
        let mut tickets = Ok(Vec::new());
        futures.each(&mut |handle| {
            let ticket: Result<Ticket, Error> = self.ticket_of(handle);
            match (&mut tickets, ticket) {
                (Ok(known), Ok(ticket)) => known.push(ticket),
                (Ok(_), Err(error)) => tickets = Err(error),
                (Err(_), _) => {}
            }
        });
        tickets
    }
}
