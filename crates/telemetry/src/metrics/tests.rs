//! Series, windows and the text for Prometheus.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use std::time::Duration;

#[track_caller]
fn near(have: [f64; 3], want: [f64; 3]) {
    for (a, b) in have.iter().zip(want) {
        assert!((a - b).abs() < 5e-8, "{have:?}, not {want:?}");
    }
}

/// The sizes after each of three shifts of a weight of two.
const SHIFTED: [[f64; 3]; 3] = [
    [1.6, 0.393_333_3, 0.006_666_7],
    [1.28, 0.701_444_4, 0.018_555_6],
    [1.024, 0.941_487_0, 0.034_513_0],
];

#[test]
fn c1_digests_leak_from_window_to_window() {
    let digest = Metrics::new("test").digest("x");
    digest.update([1.0, 2.0]);
    near(digest.size(), [2.0, 0.0, 0.0]);
    for want in SHIFTED {
        digest.shift();
        near(digest.size(), want);
        assert!((digest.size().iter().sum::<f64>() - 2.0).abs() < 1e-12);
    }
}

#[test]
fn c2_counters_leak_alike_and_lose_nothing() {
    let counter = Metrics::new("test").counter("x");
    counter.add("a");
    counter.add("b");
    for want in SHIFTED {
        counter.shift();
        near(counter.size(), want);
    }
    let counter = Metrics::new("test").counter("y");
    counter.add("a");
    counter.shift();
    let [c0, c1, c2] = counter.size();
    assert!(c0 >= c1 && c1 >= c2, "{c0} {c1} {c2}");
    for _ in 0..4 {
        counter.shift();
    }
    assert!((counter.size().iter().sum::<f64>() - 1.0).abs() < 1e-13);
}

#[test]
fn c3_a_rare_item_ends_in_the_last_window() {
    let counter = Metrics::new("test").counter("x");
    counter.add("a");
    for _ in 0..2_000 {
        counter.shift();
    }
    let [c0, c1, c2] = counter.size();
    assert!(c0 < 1e-9 && c1 < 1e-9 && c2 > 0.999_999, "{c0} {c1} {c2}");
}

#[test]
fn c9_each_item_is_counted_by_itself() {
    let metrics = Metrics::new("test");
    for _ in 0..3 {
        metrics.counter("op").add("who_has");
    }
    metrics.counter("op").add("gather");
    let windows = metrics.counter("op").windows();
    assert_eq!(windows[0].get(&Item::from("who_has")), Some(&3.0));
    assert_eq!(metrics.counter("op").total("gather"), 1);
}

#[test]
fn c12_one_shift_leaks_all_series() {
    let metrics = Metrics::new("test");
    for i in 0..100 {
        let digest = metrics.digest(&format!("series-{i}"));
        digest.update((0..1_000).map(f64::from));
    }
    metrics.counter("op").add("a");
    metrics.shift();
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.digests.len(), 100);
    for digest in &snapshot.digests {
        let sizes = digest.windows.each_ref().map(crate::TDigest::size);
        near(sizes.map(|size| size / 500.0), SHIFTED[0]);
    }
    near(metrics.counter("op").size().map(|s| s * 2.0), SHIFTED[0]);
}

#[test]
fn a_name_is_one_series_however_it_is_asked_for() {
    let metrics = Metrics::new("test");
    metrics
        .timer("Load_duration")
        .record(Duration::from_secs(2));
    metrics.clone().digest("load-duration").add(4.0);
    assert_eq!(metrics.digest("load-duration").sum(), 6.0);
    metrics.total_of("moves", "to", "a").add(2);
    metrics.total_of("moves", "to", "b").add(3);
    assert_eq!(metrics.total_of("moves", "to", "a").get(), 2);
    assert_eq!(metrics.total("moves").get(), 0);
    // Another set in the same process knows nothing of it.
    assert_eq!(Metrics::new("test").digest("load-duration").count(), 0);
}

#[test]
fn what_is_not_finite_is_left_out() {
    let digest = Metrics::new("test").digest("x");
    digest.update([f64::NAN, 1.0, f64::INFINITY]);
    digest.add(f64::NEG_INFINITY);
    assert_eq!((digest.count(), digest.sum()), (1, 1.0));
    assert_eq!(digest.windows()[0].max(), 1.0);
}

#[test]
fn timings_are_recorded_once_or_discarded() {
    let timer = Metrics::new("test").timer("x-duration");
    drop(timer.start());
    timer.start().discard();
    assert_eq!(timer.digest().count(), 1);
}

#[test]
fn items_are_bounded() {
    let counter = Metrics::new("test").counter("x");
    for i in 0..3 * MOST_ITEMS {
        counter.add(format!("item {i}").as_str());
        counter.add(i);
    }
    let [first, ..] = counter.windows();
    assert!(first.len() <= MOST_ITEMS + 1, "{}", first.len());
    assert_eq!(first.values().sum::<f64>(), 6.0 * MOST_ITEMS as f64);
    assert!(counter.total(OTHER) > 0);
}

#[test]
fn nothing_is_lost_when_many_threads_record_while_others_look() {
    const THREADS: usize = 12;
    const EACH: usize = 20_000;
    let metrics = Metrics::new("test");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let metrics = &metrics;
            scope.spawn(move || {
                let digest = metrics.digest("x");
                let counter = metrics.counter("y");
                for i in 0..EACH {
                    digest.add(i as f64);
                    counter.add(thread % 3);
                }
            });
        }
        for _ in 0..20 {
            metrics.shift();
            let _ = metrics.prometheus();
        }
    });
    let all = THREADS * EACH;
    assert_eq!(metrics.digest("x").count(), all as u64);
    let size: f64 = metrics.digest("x").size().iter().sum();
    assert!((size - all as f64).abs() < 1e-3, "{size}");
    let totals = (0..3_u64).map(|item| metrics.counter("y").total(item));
    assert_eq!(totals.sum::<u64>(), all as u64);
}

#[test]
fn prometheus_text_is_escaped_and_typed() {
    let metrics = Metrics::new("worker");
    metrics.describe("op", "calls\nby \\ name");
    metrics.counter("op").add("a\"b\\c\nd");
    metrics.total("sent-bytes").add(7);
    metrics.gauge("load").set(f64::INFINITY);
    metrics.gauge_of("tasks", "in-state", "waiting").set(2.5);
    metrics.watch("process-open-fds", || Some(12.0));
    metrics.watch("absent", || None);
    let want = "\
# HELP taskloom_worker_op_total calls\\nby \\\\ name
# TYPE taskloom_worker_op_total counter
taskloom_worker_op_total{item=\"a\\\"b\\\\c\\nd\"} 1
# TYPE taskloom_worker_sent_bytes_total counter
taskloom_worker_sent_bytes_total 7
# TYPE taskloom_worker_load gauge
taskloom_worker_load +Inf
# TYPE process_open_fds gauge
process_open_fds 12
# TYPE taskloom_worker_tasks gauge
taskloom_worker_tasks{in_state=\"waiting\"} 2.5
";
    assert_eq!(metrics.prometheus(), want);
}

#[test]
fn a_digest_is_a_summary_and_its_windows_a_gauge() {
    let metrics = Metrics::new("scheduler");
    metrics.digest("turn-duration").update([1.0, 2.0, 3.0]);
    // A gauge of that name gets another one in the text.
    metrics.gauge("turn-duration").set(9.0);
    let text = metrics.prometheus();
    for line in [
        "# TYPE taskloom_scheduler_turn_duration_seconds summary",
        "taskloom_scheduler_turn_duration_seconds{quantile=\"0.5\"} 2",
        "taskloom_scheduler_turn_duration_seconds_sum 6",
        "taskloom_scheduler_turn_duration_seconds_count 3",
        "taskloom_scheduler_turn_duration_seconds_window{window=\"5s\",quantile=\"0.5\"} 2",
        "taskloom_scheduler_turn_duration_seconds_window{window=\"3600s\",quantile=\"0.5\"} NaN",
        "taskloom_scheduler_turn_duration_seconds_gauge 9",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
}
