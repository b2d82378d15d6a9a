//! A parameter server: the parameters of a model live in shards on the workers, and tasks that hold
//! the data train it together, asynchronously. `docs/coordination.md` explains the pieces.
//!
//! Each shard is an actor. A training task takes one part of the rows; in every step it asks the
//! shards for the parameters that its rows touch and for no others, computes the gradient there, and
//! sends it back without waiting for anybody else to have done the same. What it works with may be a
//! little old, but never older than one round: a barrier sees to that. How it goes is on a channel
//! that keeps its last element only, so whoever looks sees the present and costs nothing.

use std::collections::BTreeMap;
use std::time::Duration;
use taskloom::prelude::*;

/// How many parameters there are, and in how many shards.
const FEATURES: usize = 96;
const SHARDS: usize = 4;
const WIDTH: usize = FEATURES / SHARDS;

/// How many parts the rows are in, and how many rows there are in each.
const PARTS: usize = 6;
const ROWS: usize = 300;

/// Steps of training, the rows that each looks at, and the steps of a round.
const STEPS: usize = 60;
const BATCH: usize = 50;
const ROUND: usize = 5;

/// The longest that one part waits for the others.
const PATIENCE: Duration = Duration::from_secs(60);

/// A row: the features that it has, with their values, and whether it is one of those looked for.
type Row = (Vec<(usize, f64)>, bool);

/// Some of the parameters.
struct Shard {
    values: Vec<f64>,
    /// The sums of the squares of all gradients so far: where they were large, steps get small.
    squares: Vec<f64>,
}

#[actor]
impl Shard {
    pub fn new() -> Self {
        Self {
            values: vec![0.0; WIDTH],
            squares: vec![1e-6; WIDTH],
        }
    }

    /// The parameters at these places, as they are now.
    pub fn pull(&self, places: &[usize]) -> Vec<f64> {
        places.iter().map(|&place| self.values[place]).collect()
    }

    /// Goes a step down these slopes.
    pub fn push(&mut self, slopes: Vec<(usize, f64)>) {
        for (place, slope) in slopes {
            self.squares[place] += slope * slope;
            self.values[place] -= 0.5 * slope / self.squares[place].sqrt();
        }
    }
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64 * 2.0 - 1.0
    }
}

/// The parameters that training is to find.
fn truth() -> Vec<f64> {
    let mut numbers = Numbers(7);
    (0..FEATURES).map(|_| numbers.next()).collect()
}

fn product(row: &[(usize, f64)], parameter: impl Fn(usize) -> f64) -> f64 {
    row.iter().map(|&(at, value)| value * parameter(at)).sum()
}

/// The rows of a part. Each part has features of two shards only.
#[task]
fn rows_of(part: usize) -> Vec<Row> {
    let (truth, mut numbers) = (truth(), Numbers(1_000 + part as u64));
    let first = part % SHARDS * WIDTH;
    let row = |_| {
        let mut features = BTreeMap::new();
        while features.len() < 8 {
            let at = (numbers.next().abs() * 2.0 * WIDTH as f64) as usize;
            features.insert((first + at) % FEATURES, numbers.next());
        }
        let features: Vec<(usize, f64)> = features.into_iter().collect();
        let good = product(&features, |at| truth[at]) > 0.0;
        (features, good)
    };
    (0..ROWS).map(row).collect()
}

/// Trains with one part of the rows. Returns how many parameters it was sent.
#[task(impure)]
async fn train(
    ctx: &TaskContext,
    rows: &[Row],
    shards: Vec<Actor<Shard>>,
) -> taskloom::Result<usize> {
    let client = ctx.client();
    // If another part fails, this one does not wait for it for ever.
    let round = client.barrier("round", PARTS).timeout(PATIENCE);
    let progress = client.channel::<(usize, f64)>("progress").maxlen(1);
    let progress = progress.open().await?;
    let (mut sent, mut pushed) = (0, Vec::<taskloom::ActorReply<()>>::new());
    for step in 0..STEPS {
        if step % ROUND == 0 {
            round.wait().await?;
        }
        let batch = rows.iter().cycle().skip(step * BATCH).take(BATCH);
        let batch: Vec<&Row> = batch.collect();

        // The parameters that are needed, by shard. All shards are asked at once.
        let mut needed: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let touched = batch.iter().flat_map(|(features, _)| features);
        for &(at, _) in touched {
            needed.entry(at / WIDTH).or_default().push(at % WIDTH);
        }
        for places in needed.values_mut() {
            places.sort_unstable();
            places.dedup();
        }
        let pulled: Vec<_> = needed
            .iter()
            .map(|(&shard, places)| (shard, places, shards[shard].pull(places)))
            .collect();
        let mut parameters = BTreeMap::new();
        for (shard, places, reply) in pulled {
            for (place, value) in places.iter().zip(reply.await?) {
                parameters.insert(shard * WIDTH + place, value);
            }
        }
        sent += parameters.len();

        // The slope of the logistic loss.
        let mut slopes: BTreeMap<usize, f64> = BTreeMap::new();
        let mut loss = 0.0;
        for (features, good) in batch {
            let sign = if *good { 1.0 } else { -1.0 };
            let margin = sign * product(features, |at| parameters[&at]);
            loss += (-margin).exp().ln_1p() / BATCH as f64;
            for &(at, value) in features {
                *slopes.entry(at).or_default() -= sign * value / (1.0 + margin.exp());
            }
        }

        // What was pushed in the step before has arrived by now; this goes out meanwhile.
        for reply in std::mem::take(&mut pushed) {
            reply.await?;
        }
        for &shard in needed.keys() {
            let own = slopes.range(shard * WIDTH..(shard + 1) * WIDTH);
            let own = own.map(|(&at, &slope)| (at % WIDTH, slope)).collect();
            pushed.push(shards[shard].push(own));
        }
        progress.append((step, loss)).await?;
    }
    for reply in pushed {
        reply.await?;
    }
    progress.flush().await?;
    Ok(sent)
}

#[tokio::main]
async fn main() -> taskloom::Result<()> {
    taskloom::init();
    let client = taskloom::local().await?;
    let rows = client.map(0..PARTS, rows_of::task).await?;
    let shards = client.map(0..SHARDS, |shard| {
        Shard::new_actor().key(format!("shard-{shard}"))
    });
    let shards = shards.await?;

    let progress = client.channel::<(usize, f64)>("progress").maxlen(1);
    let progress = progress.open().await?;
    let mut news = progress.stream();
    let training: Vec<TaskFuture<usize>> = rows
        .iter()
        .map(|rows| client.submit(train::task(rows, &shards)))
        .collect();
    let trained = async {
        let sent = client.gather(&training).await;
        progress.stop().await?;
        sent
    };
    let watched = async {
        let mut shown = 0;
        while let Some(news) = news.next().await {
            let (step, loss) = news?;
            if step >= shown {
                println!("step {step}: loss {loss:.3}");
                shown = step + 10;
            }
        }
        Ok(())
    };
    let (sent, ()) = tokio::try_join!(trained, watched)?;
    let (sent, whole) = (sent.iter().sum::<usize>(), PARTS * STEPS * FEATURES);
    println!("{sent} parameters were sent; whole models would have been {whole}");
    assert!(sent < whole * 3 / 4);

    // The model, and how good it is.
    let all: Vec<usize> = (0..WIDTH).collect();
    let mut model = Vec::new();
    for shard in shards {
        model.extend(Actor::of(shard).pull(&all).await?);
    }
    let (mut right, mut count) = (0, 0);
    for (features, good) in client.gather(&rows).await?.into_iter().flatten() {
        right += usize::from((product(&features, |at| model[at]) > 0.0) == good);
        count += 1;
    }
    println!("{right} of {count} rows are told right");
    assert!(
        right * 100 > count * 90,
        "the model is worse than it should be"
    );
    progress.delete().await?;
    Ok(())
}
