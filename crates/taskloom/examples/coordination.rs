//! The pieces of code that `docs/coordination.md` shows, as a program that runs.

use std::time::Duration;
use taskloom::prelude::*;
use taskloom::{Error, Event, LockGuard};

/// Something outside of the cluster that a lock protects, and that knows of fencing tokens.
#[derive(Default)]
struct Storage {
    greatest: u64,
    text: String,
}

impl Storage {
    async fn write(&mut self, token: u64, text: &str) -> taskloom::Result<()> {
        if token < self.greatest {
            return Err(Error::Refused("somebody else has the lock by now".into()));
        }
        self.greatest = token;
        self.text = text.to_owned();
        Ok(())
    }
}

async fn lock(client: &Client) -> taskloom::Result<()> {
    let mut storage = Storage::default();
    let lock = client.lock("db").lease(Duration::from_secs(30));
    let guard = lock.acquire().await?;
    tokio::select! {
        written = storage.write(guard.token(), "mine") => written?,
        error = guard.lost() => return Err(error),
    }
    guard.release().await?; // or drop(guard), which does not wait
    assert_eq!(storage.text, "mine");

    let newer = client.lock("db").acquire().await?;
    let old = newer.token() - 1;
    storage.write(newer.token(), "newer").await?;
    assert!(storage.write(old, "older").await.is_err());

    let short = client.lock("db").timeout(Duration::from_millis(50));
    match short.acquire().await {
        Ok(guard) => work(guard).await?,
        Err(Error::Timeout { .. }) => println!("somebody else has it"),
        Err(error) => return Err(error),
    }
    if let Some(guard) = client.lock("db").try_acquire().await? {
        work(guard).await?;
    }
    if let Some(holder) = client.lock("db").status().await?.holder {
        println!("{} has it, with token {}", holder.client, holder.token);
    }
    Ok(())
}

async fn work(guard: LockGuard) -> taskloom::Result<()> {
    for part in ["one", "two"] {
        guard.check()?; // an error that says what happened, if the lock is lost
        println!("part {part} under {:?}", guard.names());
    }
    guard.release().await
}

async fn several_locks(client: &Client) -> taskloom::Result<()> {
    let both = client.multi_lock(["accounts", "orders"]).acquire().await?;
    work(both).await?;
    let gpus = ["gpu-1", "gpu-2", "gpu-3"];
    let mine = client.multi_lock(gpus).any(1).acquire().await?;
    println!("{} is mine", mine.names()[0]);
    Ok(())
}

#[task]
async fn call_service(ctx: &TaskContext, number: u32) -> taskloom::Result<u32> {
    let permit = ctx.client().semaphore("service", 2).acquire().await?;
    let answer = number * number; // at most two tasks of the cluster are here at a time
    permit.release().await?;
    Ok(answer)
}

async fn semaphore(client: &Client) -> taskloom::Result<()> {
    let calls = client.map(0..20, call_service::task).await?;
    let answers: u32 = client.gather(&calls).await?.iter().sum();
    assert_eq!(answers, 2470);
    let two = client.semaphore("service", 2).acquire_many(2).await?;
    let state = client.semaphore("service", 2).status().await?;
    assert_eq!((state.limit, state.lent, state.waiting), (2, 2, 0));
    drop(two);
    Ok(())
}

async fn event(client: &Client) -> taskloom::Result<()> {
    let loaded: Event = client.event("loaded");
    let waiting = client.event("loaded").wait(); // here or elsewhere
    loaded.set().await?;
    waiting.await?;
    assert!(loaded.is_set().await?);
    loaded.clear().await?;
    Ok(())
}

#[task(impure)]
async fn party(ctx: &TaskContext, steps: u32) -> taskloom::Result<u32> {
    let barrier = ctx.client().barrier("step", 3);
    let mut led = 0;
    for _ in 0..steps {
        let arrival = barrier.wait().await?; // all three are at the same step
        led += u32::from(arrival.is_leader());
    }
    Ok(led)
}

async fn barrier(client: &Client) -> taskloom::Result<()> {
    let parties = client.map([4, 4, 4], party::task).await?;
    let led: u32 = client.gather(&parties).await?.iter().sum();
    assert_eq!(led, 4); // one leader in each step
    Ok(())
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    taskloom::init();
    let client = taskloom::local().await?;
    lock(&client).await?;
    several_locks(&client).await?;
    semaphore(&client).await?;
    event(&client).await?;
    barrier(&client).await?;
    Ok(())
}
