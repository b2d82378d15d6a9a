//! Extensions of the scheduler and of the client, in a whole cluster: the cases X1, X4 and X5, and
//! what else the pattern promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::tasks::{add, inc};
use fixture::{builder, started, until, within};
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use taskloom_client::{
    Call, Calling, Client, ClientExtension, Error, Notice, Pushes, TaskClient as _, TaskFuture,
    WeakClient,
};
use taskloom_cluster::ClusterError;
use taskloom_core::{ClientId, ErrorCode, TaskId, Time};
use taskloom_extensions::{
    CallId, Hears, Incoming, Operation, Operations, Out, Push, Service, TaskEnd,
};
use taskloom_task::{FutureHandle, TaskContext, task};
use tokio::sync::{Notify, mpsc};

/// Replies what it is told, and by whom.
struct Echo;

impl Operation for Echo {
    const NAME: &'static str = "echo";
    type Request = String;
    type Reply = (Who, String);
}

/// An id as it travels.
type Who = (u32, u32);

/// Keeps tasks, and tells everybody of each.
struct Keep;

impl Operation for Keep {
    const NAME: &'static str = "board.keep";
    type Request = String;
    type Reply = ();
}

/// Gives the tasks kept so far.
struct Kept;

impl Operation for Kept {
    const NAME: &'static str = "board.kept";
    type Request = ();
    type Reply = Vec<String>;
}

/// Lets go of all tasks.
struct Clear;

impl Operation for Clear {
    const NAME: &'static str = "board.clear";
    type Request = ();
    type Reply = ();
}

/// Replies when somebody says [`Open`].
struct Enter;

impl Operation for Enter {
    const NAME: &'static str = "board.enter";
    const CONFIRMED: bool = true;
    type Request = ();
    type Reply = u32;
}

struct Open;

impl Operation for Open {
    const NAME: &'static str = "board.open";
    type Request = ();
    type Reply = usize;
}

/// What became of those that entered: waiting, replied, received, withdrawn.
struct Entered;

impl Operation for Entered {
    const NAME: &'static str = "board.entered";
    type Request = ();
    type Reply = [u32; 4];
}

/// Panics.
struct Break;

impl Operation for Break {
    const NAME: &'static str = "board.break";
    type Request = String;
    type Reply = ();
}

/// Something new on the board.
struct Posted;

impl Push for Posted {
    const NAME: &'static str = "board.posted";
    type Message = String;
}

/// A task ended that the board keeps.
struct Ended;

impl Push for Ended {
    const NAME: &'static str = "board.ended";
    type Message = String;
}

#[derive(Default)]
struct Board {
    clients: Vec<ClientId>,
    kept: Vec<(String, TaskId)>,
    waiting: Vec<CallId>,
    entered: [u32; 4],
}

impl Board {
    fn echo(&mut self, _: Time, incoming: Incoming<Echo>, out: &mut Out<'_>) {
        let who = incoming.call.client;
        let reply = ((who.index, who.generation), incoming.request);
        out.reply::<Echo>(incoming.call, &reply, Vec::new());
    }

    fn keep(&mut self, _: Time, incoming: Incoming<Keep>, out: &mut Out<'_>) {
        if incoming.futures.is_empty() {
            return out.refuse(incoming.call, "there is nothing to keep");
        }
        for task in incoming.futures {
            out.hold("board", task);
            self.kept.push((incoming.request.clone(), task));
            for &client in &self.clients {
                out.push::<Posted>(client, &incoming.request, vec![task]);
            }
        }
        out.reply::<Keep>(incoming.call, &(), Vec::new());
    }

    fn kept(&mut self, _: Time, incoming: Incoming<Kept>, out: &mut Out<'_>) {
        let (names, tasks) = self.kept.iter().cloned().unzip();
        out.reply::<Kept>(incoming.call, &names, tasks);
    }

    fn clear(&mut self, _: Time, incoming: Incoming<Clear>, out: &mut Out<'_>) {
        for (_, task) in self.kept.drain(..) {
            out.let_go("board", task);
        }
        out.reply::<Clear>(incoming.call, &(), Vec::new());
    }

    fn enter(&mut self, _: Time, incoming: Incoming<Enter>, _: &mut Out<'_>) {
        self.entered[0] += 1;
        self.waiting.push(incoming.call);
    }

    fn open(&mut self, _: Time, incoming: Incoming<Open>, out: &mut Out<'_>) {
        let opened = self.waiting.len();
        for call in self.waiting.drain(..) {
            self.entered[1] += 1;
            out.reply::<Enter>(call, &self.entered[1], Vec::new());
        }
        out.reply::<Open>(incoming.call, &opened, Vec::new());
    }

    fn entered(&mut self, _: Time, incoming: Incoming<Entered>, out: &mut Out<'_>) {
        out.reply::<Entered>(incoming.call, &self.entered, Vec::new());
    }

    fn break_down(&mut self, _: Time, incoming: Incoming<Break>, out: &mut Out<'_>) {
        // What was decided before the panic must not be done.
        out.push::<Posted>(incoming.call.client, &"half done".into(), Vec::new());
        panic!("out of {}", incoming.request);
    }
}

impl Service for Board {
    const NAME: &'static str = "board";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call(Self::echo)
            .call(Self::keep)
            .call(Self::kept)
            .call(Self::clear)
            .call(Self::enter)
            .call(Self::open)
            .call(Self::entered)
            .call(Self::break_down)
            .push::<Posted>()
            .push::<Ended>()
    }

    fn hears(&self) -> Hears {
        Hears::Held
    }

    fn client_joined(&mut self, _: Time, client: ClientId, _: &str, _: &mut Out<'_>) {
        self.clients.push(client);
    }

    fn client_gone(&mut self, _: Time, client: ClientId, _: &mut Out<'_>) {
        self.clients.retain(|&other| other != client);
        self.waiting.retain(|call| call.client != client);
    }

    fn task_ended(&mut self, _: Time, task: TaskId, end: TaskEnd, out: &mut Out<'_>) {
        for (name, kept) in &self.kept {
            if *kept == task {
                let text = match end {
                    TaskEnd::Finished { .. } => format!("{name} finished"),
                    TaskEnd::Failed(code) => format!("{name} failed: {code:?}"),
                };
                for &client in &self.clients {
                    out.push::<Ended>(client, &text, Vec::new());
                }
            }
        }
    }

    fn withdrawn(&mut self, _: Time, call: CallId, _: &mut Out<'_>) {
        self.waiting.retain(|&other| other != call);
        self.entered[3] += 1;
    }

    fn received(&mut self, _: Time, _: CallId, _: &mut Out<'_>) {
        self.entered[2] += 1;
    }
}

/// The client's side of the board.
struct Reader {
    client: WeakClient,
    news: mpsc::UnboundedSender<News>,
    inbox: Mutex<Option<mpsc::UnboundedReceiver<News>>>,
    closed: Mutex<Option<String>>,
}

type News = (String, Vec<Arc<dyn FutureHandle>>);

impl Reader {
    fn posted(&self, message: String, futures: Vec<Arc<dyn FutureHandle>>) {
        if message == "panic" {
            panic!("a handler that panics");
        }
        let _ = self.news.send((message, futures));
    }

    fn ended(&self, message: String, futures: Vec<Arc<dyn FutureHandle>>) {
        let _ = self.news.send((message, futures));
    }

    fn inbox(&self) -> mpsc::UnboundedReceiver<News> {
        self.inbox.lock().unwrap().take().unwrap()
    }
}

impl ClientExtension for Reader {
    fn new(client: WeakClient) -> Self {
        let (news, inbox) = mpsc::unbounded_channel();
        Self {
            client,
            news,
            inbox: Mutex::new(Some(inbox)),
            closed: Mutex::default(),
        }
    }

    fn pushes() -> Pushes<Self> {
        Pushes::new()
            .on::<Posted>(Self::posted)
            .on::<Ended>(Self::ended)
    }

    fn closed(&self, why: &str) {
        *self.closed.lock().unwrap() = Some(why.to_owned());
    }
}

/// Enters, from within a task.
#[task(crate = taskloom_task, impure)]
async fn enter(ctx: &TaskContext) -> taskloom_task::Result<u32> {
    Ok(ctx.client().call::<Enter>(()).await?.message)
}

/// The same on a thread that may block.
#[task(crate = taskloom_task, impure)]
fn enter_blocking(ctx: &TaskContext) -> taskloom_task::Result<u32> {
    let client = ctx.blocking_client();
    Ok(client.reply(client.call::<Enter>(()))?.message)
}

/// A call that is on its way.
fn sent<O: Operation>(call: Call<O>) -> Calling<O> {
    call.into_future()
}

#[tokio::test]
async fn x1_an_extension_gets_messages_with_the_client_and_replies() {
    let (cluster, client) = started(builder().workers(0).extension(Board::default)).await;
    let other = cluster.client().await.unwrap();
    for (client, text) in [(&client, "one"), (&other, "two"), (&client, "three")] {
        let reply = within("the reply", client.call::<Echo>(text.into())).await;
        let (who, said) = reply.unwrap().message;
        assert_eq!(who, (client.id().index, client.id().generation));
        assert_eq!(said, text);
    }
}

#[tokio::test]
async fn an_operation_that_is_not_offered_is_named_with_its_neighbours() {
    let (_cluster, client) = started(builder().workers(0).extension(Board::default)).await;
    struct Mistyped;
    impl Operation for Mistyped {
        const NAME: &'static str = "board.keeep";
        type Request = ();
        type Reply = ();
    }
    let error = client.call::<Mistyped>(()).await.unwrap_err().to_string();
    assert!(error.contains("offers no operation board.keeep"), "{error}");
    assert!(error.contains("board.keep"), "{error}");
}

#[test]
fn x4_two_extensions_on_one_operation_are_a_start_up_error_naming_both() {
    struct Other;
    impl Other {
        fn echo(&mut self, _: Time, _: Incoming<Echo>, _: &mut Out<'_>) {}
    }
    impl Service for Other {
        const NAME: &'static str = "other";
        fn operations() -> Operations<Self> {
            Operations::new().call(Self::echo)
        }
    }
    let twice = builder().extension(Board::default).extension(|| Other);
    let error = twice.start_blocking().unwrap_err();
    assert!(matches!(error, ClusterError::Scheduler(_)), "{error:?}");
    let text = error.to_string();
    for part in ["board", "other", "echo"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    let same = builder()
        .extension(Board::default)
        .extension(Board::default);
    let text = same.start_blocking().unwrap_err().to_string();
    assert!(text.contains("two extensions are named board"), "{text}");
}

#[tokio::test]
async fn x5_a_panic_in_an_extension_is_contained() {
    let (_cluster, client) = started(builder().workers(1).extension(Board::default)).await;
    let mut inbox = client.extension::<Reader>().inbox();
    let error = client.call::<Break>("ink".into()).await.unwrap_err();
    assert_eq!(error.failure().unwrap().code, ErrorCode::Internal);
    let text = error.to_string();
    for part in ["board", "board.break", "out of ink"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    // The connection stays, other handlers work, and so does everything else.
    let echo = client.call::<Echo>("still here".into()).await.unwrap();
    assert_eq!(echo.message.1, "still here");
    assert_eq!(client.submit(inc::task(1)).await.unwrap(), 2);
    // What it had decided before the panic was dropped: the first message is a later one.
    let future = client.submit(inc::task(2));
    client
        .call::<Keep>("later".into())
        .future(&future)
        .await
        .unwrap();
    let (first, _) = within("a message", inbox.recv()).await.unwrap();
    assert_eq!(first, "later");
}

#[tokio::test]
async fn a_panic_in_a_handler_of_the_client_is_contained() {
    let (_cluster, client) = started(builder().workers(1).extension(Board::default)).await;
    let mut inbox = client.extension::<Reader>().inbox();
    let future = client.submit(inc::task(1));
    for name in ["panic", "calm"] {
        client
            .call::<Keep>(name.into())
            .future(&future)
            .await
            .unwrap();
    }
    let mut names = Vec::new();
    while names.last().is_none_or(|name| name != "calm") {
        names.push(within("a message", inbox.recv()).await.unwrap().0);
    }
    assert!(!names.iter().any(|name| name == "panic"));
    assert_eq!(future.await.unwrap(), 2);
}

#[tokio::test]
async fn a_held_task_outlives_its_client_and_reaches_others() {
    let (cluster, client) = started(builder().workers(1).extension(Board::default)).await;
    let reader = cluster.client().await.unwrap();
    let mut inbox = reader.extension::<Reader>().inbox();
    let a = client.submit(inc::task(1));
    let b = client.submit(inc::task(&a));
    client.call::<Keep>("b".into()).future(&b).send().unwrap();
    drop((a, b));
    let (name, mut futures) = within("the push", inbox.recv()).await.unwrap();
    assert_eq!((name.as_str(), futures.len()), ("b", 1));
    client.close().await;
    drop(client);
    let b: TaskFuture<i64> = TaskFuture::new(futures.remove(0));
    assert_eq!(within("the result", &b).await.unwrap(), 3);
    // A task that was handed over is a future like any other: it can be an argument.
    let c = reader.submit(add::task(&b, 10));
    assert_eq!(within("the sum", c).await.unwrap(), 13);
    let (ended, _) = within("the second push", inbox.recv()).await.unwrap();
    assert_eq!(ended, "b finished");
    drop(b);
    // Now only the board holds it.
    until(&reader, "the release", |identity| {
        identity.tasks.memory == 1
    })
    .await;
    let kept = reader.call::<Kept>(()).await.unwrap();
    assert_eq!(kept.message, ["b"]);
    let again: TaskFuture<i64> = TaskFuture::new(kept.futures[0].clone());
    assert_eq!(within("the result", again).await.unwrap(), 3);
    drop(kept);
    reader.call::<Clear>(()).await.unwrap();
    until(&reader, "empty tables", |identity| {
        identity.tasks == Default::default()
    })
    .await;
}

#[tokio::test]
async fn an_extension_hears_how_held_tasks_end_also_of_those_that_had_ended() {
    let (_cluster, client) = started(builder().workers(1).extension(Board::default)).await;
    let mut inbox = client.extension::<Reader>().inbox();
    let done = client.submit(inc::task(1));
    within("the task", done.done()).await;
    client
        .call::<Keep>("done".into())
        .future(&done)
        .await
        .unwrap();
    let late = client.submit(fixture::tasks::fit::task(-1));
    client
        .call::<Keep>("late".into())
        .future(&late)
        .await
        .unwrap();
    let mut heard = Vec::new();
    while heard.len() < 4 {
        heard.push(within("a message", inbox.recv()).await.unwrap().0);
    }
    heard.sort();
    assert_eq!(
        heard,
        ["done", "done finished", "late", "late failed: Task"]
    );
}

#[tokio::test]
async fn replies_that_wait_are_confirmed_or_withdrawn() {
    let (_cluster, client) = started(builder().workers(0).extension(Board::default)).await;
    // Given up before there is a reply.
    let enter = sent(client.call::<Enter>(()));
    drop(enter);
    let opened = client.call::<Open>(()).await.unwrap();
    assert_eq!(opened.message, 0, "the call was withdrawn");
    // Taken.
    let enter = tokio::spawn(sent(client.call::<Enter>(())));
    assert_eq!(client.call::<Open>(()).await.unwrap().message, 1);
    let entered = within("the reply", enter).await.unwrap().unwrap();
    assert_eq!(entered.message, 1);
    // The reply came and nobody took it.
    let untaken = sent(client.call::<Enter>(()));
    assert_eq!(client.call::<Open>(()).await.unwrap().message, 1);
    drop(untaken);
    let entered = client.call::<Entered>(()).await.unwrap().message;
    assert_eq!(
        entered,
        [3, 2, 1, 2],
        "waiting, replied, received, withdrawn"
    );
}

#[tokio::test]
async fn replies_that_nobody_takes_release_their_futures() {
    let (_cluster, client) = started(builder().workers(1).extension(Board::default)).await;
    let future = client.submit(inc::task(1));
    client
        .call::<Keep>("one".into())
        .future(&future)
        .await
        .unwrap();
    drop(future);
    for _ in 0..3 {
        drop(client.call::<Kept>(()).await.unwrap());
        drop(sent(client.call::<Kept>(())));
    }
    client.call::<Clear>(()).await.unwrap();
    until(&client, "empty tables", |identity| {
        identity.tasks == Default::default()
    })
    .await;
}

#[tokio::test]
async fn a_refused_call_says_why_also_if_nobody_waits_for_its_reply() {
    let (_cluster, client) = started(builder().workers(0).extension(Board::default)).await;
    let error = client.call::<Keep>("nothing".into()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused(why) if why == "there is nothing to keep"),
        "{error}"
    );
    let mut notices = client.notices();
    client.call::<Keep>("nothing".into()).send().unwrap();
    let notice = within("the notice", notices.next()).await.unwrap();
    let Notice::CallRefused { reason } = notice else {
        panic!("{notice:?}");
    };
    assert!(reason.contains("nothing to keep"), "{reason}");
}

#[tokio::test]
async fn futures_of_another_client_and_messages_that_are_too_large_are_refused_here() {
    let (cluster, client) = started(builder().workers(1).extension(Board::default)).await;
    let other = cluster.client().await.unwrap();
    let foreign = other.submit(inc::task(1));
    let error = client
        .call::<Keep>("foreign".into())
        .future(&foreign)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("another client"), "{error}");
    let error = client.call::<Echo>("x".repeat(2 << 20)).await.unwrap_err();
    assert!(error.to_string().contains("scatter"), "{error}");
}

#[tokio::test]
async fn one_extension_per_session_that_hears_of_its_end() {
    let (cluster, client) = started(builder().workers(0).extension(Board::default)).await;
    let first = client.extension::<Reader>();
    assert!(Arc::ptr_eq(&first, &client.clone().extension::<Reader>()));
    let other: Client = cluster.client().await.unwrap();
    assert!(!Arc::ptr_eq(&first, &other.extension::<Reader>()));
    assert!(first.client.upgrade().is_some());
    client.close().await;
    assert_eq!(
        first.closed.lock().unwrap().as_deref(),
        Some("the client was closed")
    );
    drop(client);
    assert!(first.client.upgrade().is_none());
}

/// Waits until somebody has entered, that is until a reply would not come at once.
async fn entered(client: &Client, wanted: u32) {
    within("the entry", async {
        while client.call::<Entered>(()).await.unwrap().message[0] < wanted {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_task_that_waits_for_a_reply_lets_others_have_its_place() {
    let one = builder().workers(1).threads(1).extension(Board::default);
    let (_cluster, client) = started(one).await;
    for (round, waiting) in [enter::task(), enter_blocking::task()]
        .into_iter()
        .enumerate()
    {
        let round = round as u32 + 1;
        let waiting = client.submit(waiting);
        entered(&client, round).await;
        // There is one thread, and it is free.
        let other = client.submit(inc::task(i64::from(round)));
        assert_eq!(
            within("the other task", other).await.unwrap(),
            i64::from(round) + 1
        );
        assert_eq!(client.call::<Open>(()).await.unwrap().message, 1);
        assert_eq!(within("the reply", waiting).await.unwrap(), round);
    }
}

#[tokio::test]
async fn a_cancelled_task_withdraws_its_call() {
    let (_cluster, client) = started(builder().workers(1).extension(Board::default)).await;
    let waiting = client.submit(enter::task());
    entered(&client, 1).await;
    waiting.cancel();
    within("the withdrawal", async {
        while client.call::<Entered>(()).await.unwrap().message[3] == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(client.call::<Open>(()).await.unwrap().message, 0);
}

#[tokio::test]
async fn calls_that_wait_end_with_the_session() {
    let (cluster, client) = started(builder().workers(0).extension(Board::default)).await;
    let waits = Arc::new(Notify::new());
    let (waiting, waiter) = (waits.clone(), client.clone());
    let enter = tokio::spawn(async move {
        let enter = sent(waiter.call::<Enter>(()));
        waiting.notify_one();
        enter.await
    });
    waits.notified().await;
    client.call::<Echo>(String::new()).await.unwrap();
    within("the end", cluster.close()).await.unwrap();
    let error = within("the error", enter).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Closed(_)), "{error}");
}
