//! The tasks that the cases run.

use bytes::Bytes;
use std::time::{Duration, Instant};
use taskloom_client::TaskClient as _;
use taskloom_task::{TaskContext, task};

/// Sleeping wakes up this much late at most times, so the rest of a duration is spent spinning.
const SLEEP_IS_LATE: Duration = Duration::from_micros(100);

/// Nothing: the argument comes back.
#[task(crate = taskloom_task)]
pub fn noop(x: u64) -> u64 {
    x
}

/// A link of a chain.
#[task(crate = taskloom_task)]
pub fn inc(x: u64) -> u64 {
    x + 1
}

/// A node of a tree.
#[task(crate = taskloom_task)]
pub fn add(a: u64, b: u64) -> u64 {
    a + b
}

/// A task of any graph that does nothing with its inputs. `at` makes it another task than those with
/// the same inputs.
#[task(crate = taskloom_task)]
pub fn step(inputs: Vec<u64>, at: u64) -> u64 {
    at + inputs.len() as u64
}

/// A task of any graph that takes as long, and whose result is as large, as it is told to.
#[task(crate = taskloom_task)]
pub fn replay(inputs: Vec<&Bytes>, at: u64, nanos: u64, nbytes: u64) -> Bytes {
    let end = Instant::now() + Duration::from_nanos(nanos);
    let result = fill(nbytes, at + inputs.len() as u64);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return result;
        }
        if left > 2 * SLEEP_IS_LATE {
            std::thread::sleep(left - SLEEP_IS_LATE);
        } else {
            std::hint::spin_loop();
        }
    }
}

/// So many bytes, each written.
#[task(crate = taskloom_task)]
pub fn make(nbytes: u64, seed: u64) -> Bytes {
    fill(nbytes, seed)
}

/// How long the input is.
#[task(crate = taskloom_task)]
pub fn size(data: &Bytes) -> u64 {
    data.len() as u64
}

/// The sum of all bytes: reads every one of them.
#[task(crate = taskloom_task)]
pub fn fold(data: &Bytes) -> u64 {
    // Sums of some bytes fit into fewer bits than the whole, and short sums are made side by side.
    let sum = |block: &[u8]| block.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    data.chunks(1 << 16)
        .map(|block| u64::from(sum(block)))
        .sum()
}

/// How long the inputs are together.
#[task(crate = taskloom_task)]
pub fn total(parts: Vec<&Bytes>) -> u64 {
    parts.iter().map(|part| part.len() as u64).sum()
}

/// Starts tasks that do nothing, one at a time: how long each took, in microseconds.
#[task(crate = taskloom_task, impure)]
pub async fn one_by_one_inside(
    ctx: &TaskContext,
    first: u64,
    tasks: u64,
) -> taskloom_client::Result<Vec<f64>> {
    let client = ctx.client();
    let mut took = Vec::with_capacity(usize::try_from(tasks).unwrap_or(0));
    for x in first..first + tasks {
        let started = Instant::now();
        client.submit(noop::task(x)).await?;
        took.push(started.elapsed().as_secs_f64() * 1e6);
    }
    Ok(took)
}

/// Starts many tasks that do nothing as one submission: how long they took, in seconds.
#[task(crate = taskloom_task, impure)]
pub async fn spread_inside(
    ctx: &TaskContext,
    first: u64,
    tasks: u64,
) -> taskloom_client::Result<f64> {
    let client = ctx.client();
    let started = Instant::now();
    let futures = client.map(first..first + tasks, noop::task).await?;
    client.wait(&futures).await?;
    Ok(started.elapsed().as_secs_f64())
}

/// The byte that [`make`] fills its result with.
pub fn byte_of(seed: u64) -> u8 {
    // Never zero, so that the allocator cannot hand out pages that were not written.
    seed as u8 | 1
}

fn fill(nbytes: u64, seed: u64) -> Bytes {
    vec![byte_of(seed); usize::try_from(nbytes).unwrap_or(0)].into()
}
