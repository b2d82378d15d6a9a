//! The two clocks of a daemon's metrics.

use crate::{Metrics, SHIFT_EVERY};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// How often [`measure_ticks`] asks to be woken.
pub const TICK: Duration = Duration::from_millis(20);

/// How often it does while the event loop has nothing to do.
pub const IDLE_TICK: Duration = Duration::from_millis(100);

/// A timer that fires later than this after its time was held up.
const ON_TIME: Duration = Duration::from_millis(10);

/// An event loop that is busy for one part in so many of the time, or less, has nothing to do.
const IDLE_SHARE: u32 = 20;

/// After so many firings in a row, one second of them, with nothing to do it is taken to be idle.
const IDLE_AFTER: u32 = 50;

/// Records how late the event loop is that runs this: the time between two firings of a timer of
/// [`TICK`], in the series `tick-duration`. It never ends.
///
/// A firing wakes a thread that sleeps, which costs more than all else that an idle daemon does. So
/// after a second in which the event loop had next to nothing to do the timer is one of [`IDLE_TICK`],
/// until it is busy or held up.
///
/// ```no_run
/// # async fn example() {
/// let metrics = taskloom_telemetry::Metrics::new("scheduler");
/// tokio::spawn(taskloom_telemetry::measure_ticks(metrics.clone()));
/// tokio::spawn(taskloom_telemetry::shift_windows(metrics));
/// # }
/// ```
pub async fn measure_ticks(metrics: Metrics) {
    let ticks = metrics.timer("tick-duration");
    metrics.ticked();
    let mut last = Instant::now();
    let runtime = Handle::current().metrics();
    let busy = || -> Duration {
        let threads = 0..runtime.num_workers();
        threads
            .map(|thread| runtime.worker_total_busy_duration(thread))
            .sum()
    };
    let (mut before, mut idle) = (busy(), 0_u32);
    loop {
        let wait = if idle < IDLE_AFTER { TICK } else { IDLE_TICK };
        sleep_until(last + wait).await;
        let now = Instant::now();
        ticks.record(now - last);
        metrics.ticked();
        let (elapsed, busy) = (now - last, busy());
        let is_idle =
            elapsed <= wait + ON_TIME && busy.saturating_sub(before) * IDLE_SHARE <= elapsed;
        idle = if is_idle { idle.saturating_add(1) } else { 0 };
        (last, before) = (now, busy);
    }
}

/// Shifts the windows of all series every [`SHIFT_EVERY`]. It never ends. With a hundred series a
/// shift takes some milliseconds, so it belongs on an event loop where nobody waits for that.
pub async fn shift_windows(metrics: Metrics) {
    let mut timer = interval(SHIFT_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    timer.tick().await;
    loop {
        timer.tick().await;
        metrics.shift();
    }
}
