//! Takes sessions in and carries what their peers say to the core.

use crate::input::{CoreHandle, Input};
use crate::links::{Backlogs, Door};
use taskloom_core::message::{ClientHello, ClientWelcome, Refusal, WorkerHello, WorkerWelcome};
use taskloom_rpc::link::{Backlog, Batch, Inbox, Spoken};
use taskloom_rpc::serve::{ServerClientLink, ServerWorkerLink, SessionHost};
use tokio::sync::oneshot;

type Answer<W> = oneshot::Sender<Result<W, Refusal>>;

/// Why a stream ended that was closed in order.
const CLOSED: &str = "it closed its stream";

/// What one peer may have in the core's queue, beyond one frame: a peer that floods the scheduler makes
/// the others wait for this much of it, and not for the whole window of its session.
const OPEN_BYTES_MAX: u64 = 1024 * 1024;

/// The host of all sessions of a scheduler.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    core: CoreHandle,
    backlogs: Backlogs,
}

impl Sessions {
    pub(crate) fn new(core: CoreHandle, backlogs: Backlogs) -> Self {
        Self { core, backlogs }
    }
}

// Each session is a task of its own: the call that brought it can be dropped at any moment by the
// transport, and the core must hear of its end even then.
impl SessionHost for Sessions {
    async fn worker(
        &self,
        hello: WorkerHello,
        link: ServerWorkerLink,
    ) -> Result<WorkerWelcome, Refusal> {
        let (answer, answered) = oneshot::channel();
        let (core, backlogs) = (self.core.clone(), self.backlogs);
        tokio::spawn(worker_session(core, backlogs, hello, link, answer));
        answered.await.unwrap_or(Err(Refusal::Closing))
    }

    async fn client(
        &self,
        hello: ClientHello,
        link: ServerClientLink,
    ) -> Result<ClientWelcome, Refusal> {
        let (answer, answered) = oneshot::channel();
        let (core, backlogs) = (self.core.clone(), self.backlogs);
        tokio::spawn(client_session(core, backlogs, hello, link, answer));
        answered.await.unwrap_or(Err(Refusal::Closing))
    }
}

async fn worker_session(
    core: CoreHandle,
    backlogs: Backlogs,
    hello: WorkerHello,
    link: ServerWorkerLink,
    answer: Answer<WorkerWelcome>,
) {
    let ServerWorkerLink {
        inbox,
        outbox,
        heard,
        remote,
    } = link;
    let unread = outbox.backlog();
    let asked = core.ask(|answer| {
        let door = Door {
            outbox,
            heard,
            remote,
            answer,
        };
        Input::WorkerHello { hello, door }
    });
    let Some(worker) = hand_on(asked.await.unwrap_or(Err(Refusal::Closing)), answer, |w| {
        w.worker
    }) else {
        return;
    };
    let reason = carry(inbox, &core, (&unread, backlogs.pause), |batch| {
        Input::WorkerSaid { worker, batch }
    })
    .await;
    // If the core has ended, it needs to hear no more.
    let _ = core.tell(Input::WorkerGone { worker, reason }).await;
}

async fn client_session(
    core: CoreHandle,
    backlogs: Backlogs,
    hello: ClientHello,
    link: ServerClientLink,
    answer: Answer<ClientWelcome>,
) {
    let ServerClientLink {
        inbox,
        outbox,
        heard,
        remote,
    } = link;
    let unread = outbox.backlog();
    let asked = core.ask(|answer| {
        let door = Door {
            outbox,
            heard,
            remote,
            answer,
        };
        Input::ClientHello { hello, door }
    });
    let Some(client) = hand_on(asked.await.unwrap_or(Err(Refusal::Closing)), answer, |w| {
        w.client
    }) else {
        return;
    };
    let reason = carry(inbox, &core, (&unread, backlogs.pause), |batch| {
        Input::ClientSaid { client, batch }
    })
    .await;
    // If the core has ended, it needs to hear no more.
    let _ = core.tell(Input::ClientGone { client, reason }).await;
}

/// Hands the core's answer on to the call; the id of the session if it was taken in.
fn hand_on<W, I>(
    outcome: Result<W, Refusal>,
    answer: Answer<W>,
    id: impl FnOnce(&W) -> I,
) -> Option<I> {
    let id = outcome.as_ref().ok().map(id);
    // If the call is gone, the inbox has ended too, and the core hears of it from there.
    let _ = answer.send(outcome);
    id
}

/// Carries everything from an inbox to the core; returns why it ended.
///
/// Nothing is taken in while the peer leaves more than `pause` bytes unread that were said to it: what
/// it says next would only make it more. It is not acknowledged either, so the peer runs out of credit
/// and stops.
async fn carry<M: Spoken, Out: Spoken>(
    mut inbox: Inbox<M>,
    core: &CoreHandle,
    (unread, pause): (&Backlog<Out>, u64),
    said: impl Fn(Batch<M>) -> Input,
) -> String {
    inbox.set_open_max(OPEN_BYTES_MAX);
    loop {
        match inbox.next().await {
            Ok(Some(batch)) => {
                if unread.queued_bytes() > pause {
                    unread.room(pause).await;
                }
                if let Err(ended) = core.tell(said(batch)).await {
                    return ended.to_string();
                }
            }
            Ok(None) => return CLOSED.into(),
            Err(error) => return error.to_string(),
        }
    }
}
