//! The series of a daemon: found by name, made when they are first asked for.

use super::counter::CounterSeries;
use super::digest::DigestSeries;
use super::snapshot::{CounterSeen, DigestSeen, Label, NumberSeen, Snapshot};
use super::stripes::lock;
use super::{Counter, Digest, Gauge, Timer, Total};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// All series of one daemon. A clone is the same set; several daemons in one process have one each.
///
/// A series is made by asking for it, so one line adds one, and it is in the Prometheus text at
/// once. Recording costs some ten nanoseconds with a handle that was kept, and looking the name up
/// some thirty more. Names are lower-case words joined by `-`; what else they have becomes `-`. A name
/// that ends in `-duration` is in seconds, in `-bytes` in bytes, in `-bandwidth` in bytes per second.
///
/// ```
/// use taskloom_telemetry::Metrics;
///
/// let metrics = Metrics::new("scheduler");
/// metrics.digest("update-graph-duration").add(0.002);
/// metrics.counter("op").add("who_has");
/// let text = metrics.prometheus();
/// assert!(text.contains("taskloom_scheduler_op_total{item=\"who_has\"} 1"), "{text}");
/// ```
#[derive(Clone)]
pub struct Metrics(Arc<Registry>);

struct Registry {
    daemon: Box<str>,
    digests: Shelf<Arc<DigestSeries>>,
    counters: Shelf<Arc<CounterSeries>>,
    totals: Shelf<(Id, Total)>,
    gauges: Shelf<(Id, Gauge)>,
    watched: Mutex<BTreeMap<Box<str>, Watched>>,
    helps: Mutex<BTreeMap<Box<str>, Box<str>>>,
    born: Instant,
    /// When the event loop last ran, in milliseconds after that; 0 if never.
    ticked: AtomicU64,
}

/// What is asked whenever somebody looks.
type Watch = Box<dyn Fn() -> Option<f64> + Send + Sync>;

struct Watched {
    rises: bool,
    value: Watch,
}

/// Series of one kind by name. Those with a label have it in their name here.
type Shelf<T> = RwLock<FxHashMap<Box<str>, T>>;

/// What a series of one number is called.
#[derive(Clone)]
struct Id {
    name: Box<str>,
    label: Option<Label>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Metrics").field(&self.0.daemon).finish()
    }
}

impl Metrics {
    /// A set without series, for a daemon of this kind: `scheduler` or `worker`.
    #[must_use]
    pub fn new(daemon: &str) -> Self {
        Self(Arc::new(Registry {
            daemon: tidy(daemon).into(),
            digests: Shelf::default(),
            counters: Shelf::default(),
            totals: Shelf::default(),
            gauges: Shelf::default(),
            watched: Mutex::default(),
            helps: Mutex::default(),
            born: Instant::now(),
            ticked: AtomicU64::new(0),
        }))
    }

    /// The kind of the daemon.
    #[must_use]
    pub fn daemon(&self) -> &str {
        &self.0.daemon
    }

    /// The series of measurements of this name.
    #[must_use]
    pub fn digest(&self, name: &str) -> Digest {
        Digest(find(&self.0.digests, &tidy(name), Arc::default))
    }

    /// The series of durations of this name, which should end in `-duration`.
    #[must_use]
    pub fn timer(&self, name: &str) -> Timer {
        Timer(self.digest(name))
    }

    /// The series of this name that counts items.
    #[must_use]
    pub fn counter(&self, name: &str) -> Counter {
        Counter(find(&self.0.counters, &tidy(name), Arc::default))
    }

    /// The number of this name that only rises.
    #[must_use]
    pub fn total(&self, name: &str) -> Total {
        find_number(&self.0.totals, name, None)
    }

    /// One of several such numbers of one name, told apart by a label.
    ///
    /// ```
    /// # let metrics = taskloom_telemetry::Metrics::new("example");
    /// metrics.total_of("transitions", "to", "memory").add(1);
    /// metrics.total_of("transitions", "to", "erred").add(1);
    /// ```
    #[must_use]
    pub fn total_of(&self, name: &str, label: &str, value: &str) -> Total {
        find_number(&self.0.totals, name, Some((label, value)))
    }

    /// The number of this name that moves both ways.
    #[must_use]
    pub fn gauge(&self, name: &str) -> Gauge {
        find_number(&self.0.gauges, name, None)
    }

    /// One of several such numbers of one name, told apart by a label.
    ///
    /// ```
    /// # let metrics = taskloom_telemetry::Metrics::new("example");
    /// metrics.gauge_of("tasks", "state", "waiting").set(12.0);
    /// ```
    #[must_use]
    pub fn gauge_of(&self, name: &str, label: &str, value: &str) -> Gauge {
        find_number(&self.0.gauges, name, Some((label, value)))
    }

    /// A gauge that is asked for its value whenever somebody looks, on the thread that looks. It is
    /// left out while it has none. A later one of the same name takes its place.
    ///
    /// It must not keep alive what the daemon ends by dropping, and must not use these metrics.
    pub fn watch(&self, name: &str, value: impl Fn() -> Option<f64> + Send + Sync + 'static) {
        self.watch_as(name, false, Box::new(value));
    }

    /// The same for a number that only rises.
    pub fn watch_total(&self, name: &str, value: impl Fn() -> Option<f64> + Send + Sync + 'static) {
        self.watch_as(name, true, Box::new(value));
    }

    fn watch_as(&self, name: &str, rises: bool, value: Watch) {
        lock(&self.0.watched).insert(tidy(name).into(), Watched { rises, value });
    }

    /// The event loop of the daemon runs: [`measure_ticks`](crate::measure_ticks) says so.
    pub(crate) fn ticked(&self) {
        let since = self.0.born.elapsed().as_millis() as u64;
        self.0.ticked.store(since.max(1), Ordering::Relaxed);
    }

    /// For how long the event loop of the daemon has not run, if it is watched by
    /// [`measure_ticks`](crate::measure_ticks).
    #[must_use]
    pub fn silence(&self) -> Option<Duration> {
        let ticked = self.0.ticked.load(Ordering::Relaxed);
        let since = self.0.born.elapsed();
        (ticked > 0).then(|| since.saturating_sub(Duration::from_millis(ticked)))
    }

    /// Says what a series is, for whoever reads the Prometheus text.
    pub fn describe(&self, name: &str, help: &str) {
        lock(&self.0.helps).insert(tidy(name).into(), help.into());
    }

    /// Lets the windows of all series leak once: to be called every
    /// [`SHIFT_EVERY`](super::SHIFT_EVERY), by one timer per daemon.
    pub fn shift(&self) {
        for digest in all(&self.0.digests).into_values() {
            Digest(digest).shift();
        }
        for counter in all(&self.0.counters).into_values() {
            Counter(counter).shift();
        }
    }

    /// All series as they are now, in the order of their names. What recorded meanwhile was not held
    /// up, and may or may not be in it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let digests = all(&self.0.digests).into_iter().map(|(name, series)| {
            series.gather(|gathered| DigestSeen {
                name,
                windows: gathered.windows.0.clone(),
                count: gathered.count,
                sum: gathered.sum,
            })
        });
        let counters = all(&self.0.counters).into_iter().map(|(name, series)| {
            series.gather(|gathered| CounterSeen {
                name,
                windows: gathered.windows.0.clone(),
                totals: gathered.totals.clone(),
            })
        });
        let totals = all(&self.0.totals).into_values();
        // Totals are exact up to 2^53.
        let totals = totals.map(|(id, total)| id.seen(total.get() as f64));
        let mut totals: Vec<NumberSeen> = totals.collect();
        let gauges = all(&self.0.gauges).into_values();
        let mut gauges: Vec<NumberSeen> = gauges.map(|(id, gauge)| id.seen(gauge.get())).collect();
        for (name, watch) in lock(&self.0.watched).iter() {
            let numbers = if watch.rises {
                &mut totals
            } else {
                &mut gauges
            };
            numbers.extend((watch.value)().map(|value| NumberSeen {
                name: name.clone(),
                label: None,
                value,
            }));
        }
        for numbers in [&mut totals, &mut gauges] {
            numbers.sort_by(|a, b| (&a.name, &a.label).cmp(&(&b.name, &b.label)));
        }
        Snapshot {
            daemon: self.0.daemon.clone(),
            digests: digests.collect(),
            counters: counters.collect(),
            totals,
            gauges,
            helps: lock(&self.0.helps).clone(),
        }
    }

    /// All series in the text format of Prometheus.
    #[must_use]
    pub fn prometheus(&self) -> String {
        self.snapshot().prometheus()
    }
}

impl Id {
    fn seen(self, value: f64) -> NumberSeen {
        NumberSeen {
            name: self.name,
            label: self.label,
            value,
        }
    }
}

/// A copy of the shelf in the order of names, so that nobody is held up while it is read.
fn all<T: Clone>(shelf: &Shelf<T>) -> BTreeMap<Box<str>, T> {
    let shelf = shelf.read().unwrap_or_else(PoisonError::into_inner);
    shelf.iter().map(|(n, t)| (n.clone(), t.clone())).collect()
}

fn find<T: Clone>(shelf: &Shelf<T>, name: &str, new: impl FnOnce() -> T) -> T {
    if let Some(there) = shelf
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(name)
    {
        return there.clone();
    }
    let mut shelf = shelf.write().unwrap_or_else(PoisonError::into_inner);
    shelf.entry(name.into()).or_insert_with(new).clone()
}

fn find_number<T: Clone + Default>(
    shelf: &Shelf<(Id, T)>,
    name: &str,
    label: Option<(&str, &str)>,
) -> T {
    let name = tidy(name);
    let key = match label {
        Some((label, value)) => Cow::Owned(format!("{name} {label} {value}")),
        None => Cow::Borrowed(&*name),
    };
    let new = || {
        let id = Id {
            name: (&*name).into(),
            label: label.map(|(label, value)| Label {
                name: tidy(label).into(),
                value: value.into(),
            }),
        };
        (id, T::default())
    };
    find(shelf, &key, new).1
}

/// The name in the characters that names have.
fn tidy(name: &str) -> Cow<'_, str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && name.chars().all(allowed) {
        return Cow::Borrowed(name);
    }
    let tidied = name.chars().map(|c| c.to_ascii_lowercase());
    let tidied: String = tidied.map(|c| if allowed(c) { c } else { '-' }).collect();
    Cow::Owned(if tidied.is_empty() {
        "-".into()
    } else {
        tidied
    })
}
