//! Compute threads: all take from one short queue, so a long task never has another one behind it
//! while a thread is idle.

use super::completions::{Completions, Holding};
use super::item::Item;
use super::run;
use crossbeam::channel::{Receiver, Sender, TryRecvError, unbounded};
use std::sync::Arc;
use std::time::Instant;

/// Starts the threads. They end when the sender is dropped and they are done.
pub(crate) fn spawn(
    nthreads: usize,
    completions: &Arc<Completions>,
) -> std::io::Result<Sender<Item>> {
    let (sender, items) = unbounded();
    for number in 0..nthreads {
        let (items, completions) = (items.clone(), completions.clone());
        std::thread::Builder::new()
            .name(format!("taskloom-run-{number}"))
            .spawn(move || work(&items, &completions))?;
    }
    Ok(sender)
}

fn work(items: &Receiver<Item>, completions: &Completions) {
    let mut holding = Holding::default();
    // When the last task ended, which is when the next begins if it is there already.
    let mut ended = None;
    loop {
        let item = match items.try_recv() {
            Ok(item) => item,
            Err(TryRecvError::Empty) => {
                holding.release(completions);
                ended = None;
                let Ok(item) = items.recv() else { return };
                item
            }
            Err(TryRecvError::Disconnected) => return,
        };
        if !item.tiny {
            holding.release(completions);
        }
        let begun = ended.unwrap_or_else(Instant::now);
        let Some((completion, now)) = run::on_thread(item, begun) else {
            continue;
        };
        ended = Some(now);
        completions.push(completion);
        holding.pushed(now, completions);
    }
}
