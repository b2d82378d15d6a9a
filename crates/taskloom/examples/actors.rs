//! The pieces of code that `docs/actors.md` shows, as a program that runs.

use taskloom::prelude::*;
use taskloom::{LocalCluster, WorkerChoice};

/// A running mean of many numbers.
struct Mean {
    sum: f64,
    count: u64,
}

#[actor]
impl Mean {
    /// The mean of nothing yet.
    pub fn new() -> Self {
        Self { sum: 0.0, count: 0 }
    }

    /// Goes on from a mean of so many numbers.
    pub fn resume(mean: f64, count: u64) -> Result<Self, String> {
        if !mean.is_finite() {
            return Err(format!("{mean} is no mean"));
        }
        Ok(Self {
            sum: mean * count as f64,
            count,
        })
    }

    /// Takes numbers in; returns how many there are now.
    pub fn add(&mut self, numbers: &[f64]) -> u64 {
        self.sum += numbers.iter().sum::<f64>();
        self.count += numbers.len() as u64;
        self.count
    }

    /// The mean.
    pub fn mean(&self) -> Result<f64, String> {
        self.checked()?;
        Ok(self.sum / self.count as f64)
    }

    /// Where it lives.
    pub fn worker(&self, ctx: &TaskContext) -> String {
        ctx.worker().to_owned()
    }

    // Not public: no call.
    fn checked(&self) -> Result<(), String> {
        match self.count {
            0 => Err("there are no numbers".into()),
            _ => Ok(()),
        }
    }
}

#[task]
async fn measure(mean: &Actor<Mean>, from: u32) -> taskloom::Result<()> {
    let numbers: Vec<f64> = (from..from + 10).map(f64::from).collect();
    mean.add(&numbers).await?;
    Ok(())
}

async fn calls(client: &Client) -> taskloom::Result<()> {
    let mean = client.actor(Mean::new_actor());
    let (a, b) = (mean.add(&[1.0, 2.0]), mean.add(&[6.0])); // both are under way
    assert_eq!((a.await?, b.await?), (2, 3));
    assert_eq!(mean.mean().await?, 3.0);

    let error = client.actor(Mean::new_actor()).mean().await.err();
    assert!(error.is_some_and(|error| error.to_string().contains("there are no numbers")));
    Ok(())
}

async fn constructors(client: &Client) -> taskloom::Result<()> {
    let mean = client.actor(Mean::resume_actor(2.5, 4).workers(["worker-0"]).or_any());
    Actor::ready(&mean).await?;
    assert_eq!(mean.mean().await?, 2.5);

    let bad = client.actor(Mean::resume_actor(f64::NAN, 1));
    let error = bad.mean().await.err();
    assert!(error.is_some_and(|error| error.is_task_failure()));
    Ok(())
}

async fn tasks(client: &Client) -> taskloom::Result<()> {
    let mean = client.actor(Mean::new_actor());
    let rounds = (0..10).map(|round| 10 * round);
    let calls = client.map(rounds, |from| measure::task(&mean, from));
    let done = calls.await?;
    client.gather(&done).await?;
    assert_eq!(mean.mean().await?, 49.5);
    Ok(())
}

async fn sharing(client: &Client, other: &Client) -> taskloom::Result<()> {
    let mean = client.actor(Mean::new_actor().key("the-mean"));
    mean.add(&[7.0]).await?;
    let shared = Actor::of(other.future_of::<Actor<Mean>>("the-mean"));
    assert_eq!(shared.mean().await?, 7.0);
    Ok(())
}

async fn loss(cluster: &LocalCluster, client: &Client) -> taskloom::Result<()> {
    let mean = client.actor(Mean::new_actor().restart());
    mean.add(&[1.0]).await?;
    let worker = mean.worker().await?;
    let gone = cluster.kill_worker(WorkerChoice::from(&worker));
    assert!(gone.is_ok());
    // What was under way fails; what comes later finds another one, which begins again.
    loop {
        match mean.worker().await {
            Ok(name) if name == worker => {} // it is not gone yet
            Ok(_) => break,
            Err(error) => assert!(error.is_lost()),
        }
    }
    assert_eq!(mean.add(&[5.0]).await?, 1);
    Ok(())
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    let cluster = LocalCluster::builder().workers(2).start().await?;
    let client = cluster.client().await?;
    let other = cluster.client().await?;
    calls(&client).await?;
    constructors(&client).await?;
    tasks(&client).await?;
    sharing(&client, &other).await?;
    loss(&cluster, &client).await?;
    client.close().await;
    other.close().await;
    cluster.close().await?;
    Ok(())
}
