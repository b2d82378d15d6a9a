//! The clocks of metrics, under paused time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;
use taskloom_telemetry::{IDLE_TICK, Metrics, TICK, measure_ticks, shift_windows};
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
async fn a_loop_that_is_idle_for_long_ticks_seldom_until_one_is_late() {
    let metrics = start();
    let count = || metrics.digest("tick-duration").count();
    sleep(Duration::from_millis(1_005)).await;
    let after_a_second = count();
    assert!((40..=50).contains(&after_a_second), "{after_a_second}");
    sleep(Duration::from_secs(10)).await;
    let idle = count() - after_a_second;
    // Ten a second; some more where another process holds this one up, which looks like work.
    assert!((90..400).contains(&idle), "{idle}");
    // It still shows a block in full, and what follows it is looked at closely.
    advance(Duration::from_millis(300)).await;
    sleep(IDLE_TICK).await;
    let [window, ..] = metrics.digest("tick-duration").windows();
    assert!(window.max() >= 0.3, "{}", window.max());
    let before = count();
    sleep(Duration::from_millis(205)).await;
    assert!(count() - before >= 9, "{}", count() - before);
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
