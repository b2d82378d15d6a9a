//! Actors: where they live, the order of their calls, who can call them, and how they end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::{builder, cluster, started, until, within};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use taskloom_client::{Client, Result, TaskClient};
use taskloom_core::ErrorCode;
use taskloom_task::{Actor, Error, TaskContext, TaskFuture, actor, task};

struct Counter {
    total: i64,
    seen: Vec<String>,
}

#[actor(crate = taskloom_task)]
impl Counter {
    pub fn new(start: i64) -> Self {
        Self {
            total: start,
            seen: Vec::new(),
        }
    }

    pub fn open(start: i64, text: &str) -> Result<Self, String> {
        match text.parse::<i64>() {
            Ok(more) => Ok(Self::new(start + more)),
            Err(_) => Err(format!("`{text}` is no number")),
        }
    }

    pub fn add(&mut self, by: i64) -> i64 {
        self.total += by;
        self.total
    }

    pub fn total(&self) -> i64 {
        self.total
    }

    pub fn note(&mut self, text: &str, numbers: &[i64], bytes: &[u8]) -> usize {
        self.seen.push(format!("{text}{numbers:?}{}", bytes.len()));
        self.seen.len()
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.clone()
    }

    pub fn take_away(&mut self, by: i64) -> Result<i64, String> {
        if by > self.total {
            return Err(format!("{by} is more than {}", self.total));
        }
        self.total -= by;
        Ok(self.total)
    }

    pub fn break_down(&mut self) {
        self.total += 1000;
        panic!("as it should");
    }

    pub async fn add_slowly(&mut self, by: i64) -> i64 {
        let before = self.total;
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.total = before + by;
        self.total
    }

    pub fn whereabouts(&self, ctx: &TaskContext) -> (String, String) {
        (ctx.worker().to_owned(), ctx.key().to_owned())
    }

    fn private(&mut self) {
        self.total = 0;
    }

    pub fn reset(&mut self) {
        self.private();
    }
}

/// Counts those that live.
struct Witness;

static LIVING: AtomicUsize = AtomicUsize::new(0);

#[actor(crate = taskloom_task)]
impl Witness {
    pub fn new() -> Self {
        LIVING.fetch_add(1, Ordering::SeqCst);
        Self
    }

    pub fn ping(&self) {}
}

impl Drop for Witness {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// An actor that calls another one.
struct Front {
    behind: Actor<Counter>,
}

#[actor(crate = taskloom_task)]
impl Front {
    pub async fn new(behind: Actor<Counter>) -> Result<Self> {
        Actor::ready(&behind).await?;
        Ok(Self { behind })
    }

    pub async fn add(&mut self, by: i64) -> Result<i64> {
        self.behind.add(by).await
    }

    pub fn add_blocking(&mut self, by: i64) -> Result<i64> {
        self.behind.add(by).result()
    }

    pub async fn add_five(&mut self, ctx: &TaskContext) -> Result<i64> {
        let five = ctx.client().submit(five::task()).await?;
        self.behind.add(five).await
    }

    pub fn add_five_blocking(&mut self, ctx: &TaskContext) -> Result<i64> {
        let five = ctx.blocking_client().submit(five::task()).result()?;
        self.behind.add(five).result()
    }
}

#[task(crate = taskloom_task)]
async fn add_in_a_task(counter: &Actor<Counter>, by: i64) -> Result<i64> {
    counter.add(by).await
}

#[task(crate = taskloom_task)]
fn add_to_all(counters: Vec<Actor<Counter>>, by: i64) -> Result<i64> {
    let replies: Vec<_> = counters.iter().map(|counter| counter.add(by)).collect();
    replies.into_iter().map(|reply| reply.result()).sum()
}

#[task(crate = taskloom_task, impure)]
fn five() -> i64 {
    5
}

async fn total(counter: &Actor<Counter>) -> i64 {
    within("the total", counter.total()).await.unwrap()
}

#[tokio::test]
async fn calls_are_made_in_order_and_keep_the_state() {
    let (_cluster, client) = cluster(2).await;
    let counter = client.actor(Counter::new_actor(10));
    // None is awaited before the next is made; the first ones come before there is an actor.
    let replies: Vec<_> = (1..=1000).map(|_| counter.add(1)).collect();
    for (at, reply) in replies.into_iter().enumerate() {
        let answered = within("a reply", reply).await.unwrap();
        assert_eq!(answered, 11 + at as i64);
    }
    assert_eq!(total(&counter).await, 1010);
}

#[tokio::test]
async fn arguments_of_all_kinds_arrive_and_private_methods_stay_private() {
    let (_cluster, client) = cluster(1).await;
    let five = client.submit(five::task());
    let counter = client.actor(Counter::open_actor(&five, "37"));
    assert_eq!(total(&counter).await, 42);
    let noted = within("a note", counter.note("x", &[1, 2], &[0; 9])).await;
    assert_eq!(noted.unwrap(), 1);
    let seen = within("the notes", counter.seen()).await.unwrap();
    assert_eq!(seen, ["x[1, 2]9"]);
    within("a reset", counter.reset()).await.unwrap();
    assert_eq!(total(&counter).await, 0);
    let (worker, key) = within("the place", counter.whereabouts()).await.unwrap();
    assert!(!worker.is_empty());
    assert_eq!(key, Actor::key(&counter));
}

#[tokio::test]
async fn errors_and_panics_of_methods_reach_their_caller_and_the_actor_lives_on() {
    let (_cluster, client) = cluster(1).await;
    let counter = client.actor(Counter::new_actor(1));
    let error = within("an error", counter.take_away(5)).await.unwrap_err();
    assert_eq!(error.failure().unwrap().code, ErrorCode::Task);
    assert!(error.to_string().contains("5 is more than 1"), "{error}");
    let error = within("a panic", counter.break_down()).await.unwrap_err();
    let failure = error.failure().unwrap();
    assert_eq!(failure.code, ErrorCode::Panic);
    assert!(failure.message.contains("as it should"), "{error}");
    assert!(failure.place.is_some());
    assert_eq!(failure.key, Actor::key(&counter));
    assert_eq!(total(&counter).await, 1001);
}

#[tokio::test]
async fn a_constructor_that_fails_is_the_error_of_all_calls() {
    let (_cluster, client) = cluster(1).await;
    let counter = client.actor(Counter::open_actor(1, "one"));
    let (early, later) = (counter.add(1), Actor::ready(&counter));
    let error = within("the call", early).await.unwrap_err();
    assert!(error.to_string().contains("`one` is no number"), "{error}");
    let error = within("the actor", later).await.unwrap_err();
    assert!(error.is_task_failure());
    let error = within("a later call", counter.add(1)).await.unwrap_err();
    assert!(error.is_task_failure());
}

#[tokio::test]
async fn async_methods_never_overlap() {
    let (_cluster, client) = cluster(1).await;
    let counter = client.actor(Counter::new_actor(0));
    let replies: Vec<_> = (0..20).map(|_| counter.add_slowly(1)).collect();
    for reply in replies {
        within("a reply", reply).await.unwrap();
    }
    assert_eq!(total(&counter).await, 20);
}

#[tokio::test]
async fn tasks_on_any_worker_call_an_actor() {
    let (_cluster, client) = started(builder().workers(3).threads(1)).await;
    let counter = client.actor(Counter::new_actor(0));
    let calls = client.map(0..30, |_| add_in_a_task::task(&counter, 1).pure(false));
    let calls = within("the submission", calls).await.unwrap();
    within("the results", client.gather(&calls)).await.unwrap();
    assert_eq!(total(&counter).await, 30);
    let others = vec![counter.clone(), client.actor(Counter::new_actor(100))];
    let sum = client.submit(add_to_all::task(&others, 1));
    assert_eq!(within("the sum", sum).await.unwrap(), 31 + 101);
}

#[tokio::test]
async fn actors_call_actors() {
    let (_cluster, client) = cluster(2).await;
    let counter = client.actor(Counter::new_actor(0));
    let front = client.actor(Front::new_actor(&counter));
    assert_eq!(within("a reply", front.add(1)).await.unwrap(), 1);
    assert_eq!(within("a reply", front.add_blocking(1)).await.unwrap(), 2);
    // And they start tasks.
    assert_eq!(within("a reply", front.add_five()).await.unwrap(), 7);
    let reply = front.add_five_blocking();
    assert_eq!(within("a reply", reply).await.unwrap(), 12);
    assert_eq!(total(&counter).await, 12);
}

#[tokio::test]
async fn calls_of_a_released_actor_end_in_an_error() {
    let (_cluster, client) = cluster(1).await;
    let counter = client.actor(Counter::new_actor(0));
    let front = client.actor(Front::new_actor(&counter));
    assert_eq!(within("a reply", front.add(1)).await.unwrap(), 1);
    // The front has a handle that holds nothing.
    drop(counter);
    let error = within("a call in vain", async {
        loop {
            if let Err(error) = front.add(1).await {
                return error;
            }
        }
    })
    .await;
    assert!(error.to_string().contains("released"), "{error}");
}

#[tokio::test]
async fn other_clients_call_an_actor_by_its_key() {
    let (cluster, client) = cluster(1).await;
    let other = within("the connection", cluster.client()).await.unwrap();
    let counter = client.actor(Counter::new_actor(1).key("shared"));
    within("the actor", Actor::ready(&counter)).await.unwrap();
    let shared = Actor::of(other.future_of::<Actor<Counter>>("shared"));
    assert_eq!(within("a reply", shared.add(1)).await.unwrap(), 2);
    drop(counter);
    assert_eq!(within("a reply", shared.add(1)).await.unwrap(), 3);
    let wrong = Actor::of(other.future_of::<Actor<Witness>>("shared"));
    let error = within("a call", wrong.ping()).await.unwrap_err();
    assert!(error.to_string().contains("Counter, not a"), "{error}");
}

#[test]
fn programs_without_async_call_actors() {
    let cluster = builder().workers(1).start_blocking().unwrap();
    let client = cluster.blocking_client().unwrap();
    let counter = client.actor(Counter::new_actor(0));
    let replies: Vec<_> = (0..10).map(|_| counter.add(1)).collect();
    for (at, reply) in replies.into_iter().enumerate() {
        assert_eq!(reply.result().unwrap(), at as i64 + 1);
    }
    client.close().unwrap();
}

#[tokio::test]
async fn the_last_handle_ends_the_actor() {
    let (_cluster, client) = cluster(1).await;
    let witness = client.actor(Witness::new_actor());
    let again = witness.clone();
    within("a reply", witness.ping()).await.unwrap();
    assert_eq!(LIVING.load(Ordering::SeqCst), 1);
    drop(witness);
    within("a reply", again.ping()).await.unwrap();
    let future: TaskFuture<Actor<Witness>> = Actor::future(&again).unwrap();
    drop(again);
    // A call that nobody waits for is made before the actor ends.
    drop(Actor::of(future).ping());
    within("the end of the actor", async {
        while LIVING.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    until(&client, "an empty scheduler", |identity| {
        identity.tasks.memory == 0 && identity.tasks.processing == 0
    })
    .await;
}

#[tokio::test]
async fn an_actor_is_lost_with_its_worker_and_the_error_names_it() {
    let (cluster, client) = cluster(2).await;
    let counter = client.actor(Counter::new_actor(0));
    let (worker, _) = within("the place", counter.whereabouts()).await.unwrap();
    kill(&cluster, &worker);
    let error = lost(&counter).await;
    let failure = error.failure().unwrap();
    assert_eq!(failure.code, ErrorCode::Lost, "{error}");
    assert_eq!(failure.key, Actor::key(&counter));
    // It stays lost.
    let error = within("a call", counter.total()).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
}

#[tokio::test]
async fn an_actor_that_may_restart_begins_again_on_another_worker() {
    let (cluster, client) = cluster(2).await;
    let counter = client.actor(Counter::new_actor(7).restart());
    assert_eq!(within("a reply", counter.add(1)).await.unwrap(), 8);
    let (worker, _) = within("the place", counter.whereabouts()).await.unwrap();
    kill(&cluster, &worker);
    // Calls that were on their way when the worker went end in an error; later ones find the new
    // actor.
    let (elsewhere, _) = within("the new place", async {
        loop {
            match counter.whereabouts().await {
                // It is not gone yet.
                Ok((name, _)) if name == worker => {}
                Ok(place) => return place,
                Err(error) => assert!(error.is_lost(), "{error}"),
            }
        }
    })
    .await;
    assert_ne!(elsewhere, worker);
    assert_eq!(total(&counter).await, 7);
}

#[tokio::test]
async fn a_client_that_cannot_reach_workers_calls_through_the_scheduler() {
    let (cluster, _near) = cluster(1).await;
    let far = Client::builder(cluster.address()).relay_only(true);
    let far = within("the connection", far.connect()).await.unwrap();
    let counter = far.actor(Counter::new_actor(0));
    for n in 1..=50 {
        assert_eq!(within("a reply", counter.add(1)).await.unwrap(), n);
    }
}

fn kill(cluster: &taskloom_cluster::LocalCluster, worker: &str) {
    cluster.kill_worker(worker).unwrap();
}

/// The error of the first call that fails.
async fn lost(counter: &Actor<Counter>) -> Error {
    within("the loss", async {
        loop {
            if let Err(error) = counter.total().await {
                return error;
            }
        }
    })
    .await
}
