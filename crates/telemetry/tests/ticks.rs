//! The clocks of metrics, under paused time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;
use taskloom_telemetry::{Metrics, TICK, measure_ticks, shift_windows};
use tokio::time::{advance, sleep};

fn start() -> Metrics {
    let metrics = Metrics::new("test");
    tokio::spawn(measure_ticks(metrics.clone()));
    tokio::spawn(shift_windows(metrics.clone()));
    metrics
}

#[tokio::test(start_paused = true)]
async fn c4_an_idle_loop_ticks_on_time() {
    let metrics = start();
    sleep(Duration::from_millis(110)).await;
    let ticks = metrics.digest("tick-duration");
    assert_eq!(ticks.count(), 5);
    let median = ticks.windows()[0].quantile(0.5).unwrap();
    assert!((0.01..=0.5).contains(&median), "{median}");
}

#[tokio::test(start_paused = true)]
async fn c5_a_blocked_loop_shows() {
    let metrics = start();
    sleep(Duration::from_millis(50)).await;
    // Time goes on and nobody is polled meanwhile, as when something blocks the loop.
    advance(Duration::from_millis(300)).await;
    sleep(TICK).await;
    let [window, ..] = metrics.digest("tick-duration").windows();
    assert!(window.max() >= 0.3, "{}", window.max());
}

#[tokio::test(start_paused = true)]
async fn c12_one_timer_shifts_every_series() {
    let metrics = start();
    for i in 0..100 {
        metrics.digest(&format!("series-{i}")).add(1.0);
    }
    sleep(Duration::from_millis(5_010)).await;
    for i in 0..100 {
        let [first, second, _] = metrics.digest(&format!("series-{i}")).size();
        assert!((first - 0.8).abs() < 1e-9, "{first}");
        assert!(second > 0.19, "{second}");
    }
}
