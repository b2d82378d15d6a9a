//! What it costs to count and to time, and to shift and read a hundred series, beside one addition to
//! a number in memory and one look at the clock: in processor time of the thread that does it.

use crate::options::Options;
use crate::report::Report;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use taskloom_telemetry::Metrics;

/// Records of one repetition.
const RECORDS: u32 = 2_000_000;

/// Series that are shifted and read at once.
const SERIES: usize = 100;

/// Measurements in each of them.
const IN_EACH: u32 = 10_000;

pub fn run(options: &Options, report: &mut Report) {
    let records = options
        .tasks
        .map_or(RECORDS, |n| n.try_into().unwrap_or(RECORDS));
    let metrics = Metrics::new("bench");
    let digest = metrics.digest("kept");
    let timer = metrics.timer("kept-duration");
    let counter = metrics.counter("kept");
    let total = metrics.total("kept");
    let bare = AtomicU64::new(0);
    let n = u64::from(records);
    let mut each = |metric: &str, one: &mut dyn FnMut(u32)| {
        record(records, one);
        let per = options.repetitions().map(|_| record(records, one));
        let per: Vec<f64> = per.collect();
        report.figure("telemetry", metric, n, "ns", &per);
    };
    each("digest", &mut |i| digest.add(f64::from(i)));
    each("timer", &mut |i| {
        timer.record(Duration::from_nanos(i.into()))
    });
    each("counter", &mut |i| {
        counter.add(["a", "b", "c", "d"][i as usize % 4])
    });
    each("total", &mut |_| total.add(1));
    each("by_name", &mut |i| metrics.digest("kept").add(f64::from(i)));
    each("timed_block", &mut |_| drop(timer.start()));
    each("bare_addition", &mut |_| {
        bare.fetch_add(1, Ordering::Relaxed);
    });
    each("bare_clock", &mut |_| {
        black_box(Instant::now());
    });

    let shared: Vec<f64> = options
        .repetitions()
        .map(|_| two_threads(records, &|i| digest.add(f64::from(i))))
        .collect();
    report.figure("telemetry", "digest_two_threads", 2 * n, "ns", &shared);

    let (mut shift, mut read) = (Vec::new(), Vec::new());
    for _ in options.repetitions() {
        let metrics = Metrics::new("bench");
        for series in 0..SERIES {
            let digest = metrics.digest(&format!("series-{series}"));
            digest.update((0..IN_EACH).map(|i| f64::from(i % 997)));
        }
        // The second shift is as all that follow: something is in every window.
        metrics.shift();
        let begun = processor_time();
        metrics.shift();
        shift.push((processor_time() - begun) * 1e3);
        let begun = processor_time();
        black_box(metrics.prometheus());
        read.push((processor_time() - begun) * 1e3);
    }
    let series = SERIES as u64;
    report.figure("telemetry", "shift", series, "ms", &shift);
    report.figure("telemetry", "read", series, "ms", &read);
}

/// Nanoseconds per record.
fn record(records: u32, one: &mut dyn FnMut(u32)) -> f64 {
    let begun = processor_time();
    for i in 0..records {
        one(i);
    }
    (processor_time() - begun) * 1e9 / f64::from(records)
}

/// Nanoseconds per record of each of two threads that record into one series.
fn two_threads(records: u32, one: &(dyn Fn(u32) + Sync)) -> f64 {
    std::thread::scope(|scope| {
        let thread = || scope.spawn(|| record(records, &mut |i| one(i)));
        let threads = [thread(), thread()];
        // A thread that panicked has said so, and there is no figure.
        let each = threads.map(|thread| thread.join().unwrap_or(f64::NAN));
        each.iter().sum::<f64>() / 2.0
    })
}

/// Seconds that this thread had of a processor.
fn processor_time() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a value that lives through the call, and the clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
