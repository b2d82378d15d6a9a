//! The two clocks of a daemon's metrics.

use crate::{Metrics, SHIFT_EVERY};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often [`measure_ticks`] asks to be woken.
pub const TICK: Duration = Duration::from_millis(20);

/// Records how late the event loop is that runs this: the time between two firings of a timer of
/// [`TICK`], in the series `tick-duration`. It never ends.
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
    let mut timer = interval(TICK);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first comes at once and ends nothing.
    timer.tick().await;
    metrics.ticked();
    let mut last = Instant::now();
    loop {
        timer.tick().await;
        let now = Instant::now();
        ticks.record(now - last);
        metrics.ticked();
        last = now;
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
