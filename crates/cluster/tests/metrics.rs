//! What daemons count and time, seen from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::{builder, started, within};
use std::collections::BTreeSet;
use std::future::IntoFuture;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use taskloom_client::Client;
use taskloom_rpc::SchedulerAddress;
use taskloom_rpc::listen::Listen;
use taskloom_scheduler::{Scheduler, SchedulerConfig, SchedulerHandle};
use taskloom_task::{Registry, TaskFuture, task};
use taskloom_telemetry::{Metrics, Snapshot};
use taskloom_worker::{Worker, WorkerConfig, WorkerHandle};

const KIB: usize = 1024;

#[task(crate = taskloom_task, impure)]
fn blob(len: usize, fill: u8) -> Vec<u8> {
    vec![fill; len]
}

#[task(crate = taskloom_task)]
fn total(blob: &[u8]) -> u64 {
    blob.iter().map(|byte| u64::from(*byte)).sum()
}

#[task(crate = taskloom_task)]
fn fails(why: &str) -> Result<u32, String> {
    Err(why.to_owned())
}

/// A scheduler, two workers of which each looks at its own metrics, and a client.
struct Daemons {
    client: Client,
    workers: [WorkerHandle; 2],
    scheduler: SchedulerHandle,
}

async fn daemons() -> Daemons {
    let config = SchedulerConfig {
        heartbeat: Duration::from_millis(50),
        ..SchedulerConfig::default()
    };
    let scheduler = Scheduler::spawn(config).unwrap();
    let worker = |name: &str| {
        let mut config = WorkerConfig::new(SchedulerAddress::from(scheduler.address()));
        config.name = Some(name.into());
        config.nthreads = 1;
        config.listen = Listen {
            host: Some("127.0.0.1".into()),
            ..Listen::default()
        };
        Worker::spawn(config, Registry::linked().unwrap()).unwrap()
    };
    let workers = [worker("a"), worker("b")];
    for worker in &workers {
        within("the registration", worker.wait_registered())
            .await
            .unwrap();
    }
    let address = scheduler.address().to_string();
    let client = within("the connection", Client::connect(address))
        .await
        .unwrap();
    Daemons {
        client,
        workers,
        scheduler,
    }
}

/// Makes a value on the first worker and reads it on the second.
async fn move_a_value(client: &Client, fill: u8) {
    let made: TaskFuture<Vec<u8>> = client.submit(blob::task(64 * KIB, fill).workers(["a"]));
    let read = client.submit(total::task(&made).workers(["b"]));
    let sum = within("the sum", read.into_future()).await.unwrap();
    assert_eq!(sum, u64::from(fill) * 64 * KIB as u64);
}

/// Looks until the metrics are as they should be.
async fn until(metrics: &Metrics, what: &str, good: impl Fn(&Snapshot) -> bool) -> Snapshot {
    within(what, async {
        loop {
            let snapshot = metrics.snapshot();
            if good(&snapshot) {
                return snapshot;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

fn gauge(snapshot: &Snapshot, name: &str, value: &str) -> Option<f64> {
    let fits = |label: Option<&str>| label.unwrap_or_default() == value;
    let mut gauges = snapshot.gauges.iter();
    let found = gauges.find(|g| &*g.name == name && fits(g.label.as_ref().map(|l| &*l.value)));
    found.map(|gauge| gauge.value)
}

#[tokio::test]
async fn c4_an_idle_scheduler_and_worker_tick() {
    let daemons = daemons().await;
    for metrics in [daemons.scheduler.metrics(), daemons.workers[0].metrics()] {
        let ticked = |snapshot: &Snapshot| {
            let ticks = snapshot
                .digests
                .iter()
                .find(|d| &*d.name == "tick-duration");
            ticks.is_some_and(|ticks| ticks.count >= 5)
        };
        until(metrics, "five ticks", ticked).await;
        assert!(metrics.silence().is_some());
    }
}

#[tokio::test]
async fn c9_questions_are_counted_by_name() {
    let daemons = daemons().await;
    let future = daemons.client.submit(fails::task("as it should"));
    for _ in 0..3 {
        let holders = daemons.client.who_has(&future);
        within("the holders", holders).await.unwrap();
    }
    let ops = daemons.scheduler.metrics().counter("op");
    assert_eq!(ops.total("who_has"), 3);
}

#[tokio::test]
async fn c11_a_connection_is_timed_when_it_is_made_and_not_when_it_is_used_again() {
    let daemons = daemons().await;
    let [from, to] = &daemons.workers;
    let connects = to.metrics().timer("gather-connect-duration");
    let transfers = to.metrics().timer("transfer-duration");
    assert_eq!(connects.digest().count(), 0);
    for moved in 1..=4 {
        move_a_value(&daemons.client, moved).await;
        assert_eq!(connects.digest().count(), 1);
        assert_eq!(transfers.digest().count(), u64::from(moved));
        assert_eq!(
            to.metrics().counter("transfer-count").total(1),
            u64::from(moved)
        );
    }
    let fetched = to.metrics().total("fetched-bytes").get();
    assert!(fetched >= 4 * 64 * KIB as u64, "{fetched}");
    assert!(from.metrics().total("served-bytes").get() >= fetched);
    assert_eq!(
        from.metrics()
            .timer("get-data-load-duration")
            .digest()
            .count(),
        4
    );
    assert_eq!(
        from.metrics()
            .timer("gather-connect-duration")
            .digest()
            .count(),
        0
    );
}

#[tokio::test]
async fn tasks_are_counted_on_their_way() {
    let daemons = daemons().await;
    let client = &daemons.client;
    let submit = |fill| client.submit(blob::task(KIB, fill));
    let futures: Vec<_> = (0..50).map(submit).collect();
    for future in &futures {
        within("the task", future.done()).await;
    }
    let failed = client.submit(fails::task("as it should"));
    within("the failure", failed.done()).await;

    let metrics = daemons.scheduler.metrics();
    let settled = |snapshot: &Snapshot| {
        gauge(snapshot, "tasks", "memory") == Some(50.0)
            && gauge(snapshot, "tasks", "erred") == Some(1.0)
            && gauge(snapshot, "connected-workers", "") == Some(2.0)
    };
    until(metrics, "the tasks by state", settled).await;
    assert_eq!(metrics.counter("op").total("finished"), 50);
    assert_eq!(metrics.counter("op").total("failed"), 1);
    assert!(metrics.total("dispatched-tasks").get() >= 51);
    assert!(metrics.timer("update-graph-duration").digest().count() >= 1);
    assert!(metrics.timer("handle-worker-duration").digest().count() >= 1);
    let workers = daemons.workers.iter();
    let runs = workers.map(|worker| worker.metrics().timer("task-duration").digest().count());
    assert_eq!(runs.sum::<u64>(), 51);
}

/// The names of all series.
fn names(snapshot: &Snapshot) -> BTreeSet<String> {
    let digests = snapshot.digests.iter().map(|series| &series.name);
    let counters = snapshot.counters.iter().map(|series| &series.name);
    let numbers = snapshot.totals.iter().chain(&snapshot.gauges);
    let all = digests
        .chain(counters)
        .chain(numbers.map(|series| &series.name));
    all.map(|name| name.to_string()).collect()
}

/// The names in the tables below this heading of the page about metrics.
fn documented(heading: &str) -> BTreeSet<String> {
    let page = include_str!("../../../docs/metrics.md");
    let lines = page.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("## "));
    let name = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    lines.filter_map(name).collect()
}

#[tokio::test]
async fn the_page_about_metrics_has_every_series_and_no_other() {
    let daemons = daemons().await;
    move_a_value(&daemons.client, 1).await;
    let published = |snapshot: &Snapshot| gauge(snapshot, "table-rows", "questions").is_some();
    let scheduler = until(daemons.scheduler.metrics(), "the tables", published).await;
    let published = |snapshot: &Snapshot| gauge(snapshot, "tasks", "ready").is_some();
    let worker = until(daemons.workers[1].metrics(), "the tables", published).await;
    for (heading, series) in [
        ("## Series of the scheduler", scheduler),
        ("## Series of a worker", worker),
    ] {
        let (have, page) = (names(&series), documented(heading));
        let missing: Vec<_> = have.difference(&page).collect();
        let surplus: Vec<_> = page.difference(&have).collect();
        assert!(
            missing.is_empty(),
            "{heading}: not on the page: {missing:?}"
        );
        assert!(surplus.is_empty(), "{heading}: there is no {surplus:?}");
        for name in &have {
            assert!(
                series.helps.contains_key(&**name),
                "{name} has no description"
            );
        }
    }
}

#[tokio::test]
async fn an_embedded_cluster_has_pages_if_asked() {
    let asked = builder().workers(1).http_address("127.0.0.1:0");
    let (cluster, client) = started(asked).await;
    let futures = client.submit(blob::task(1, 1));
    within("the task", futures.done()).await;
    let url = cluster.http_url().unwrap();
    let address = url.strip_prefix("http://").unwrap().to_owned();
    let page = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let patience = Duration::from_secs(60);
        stream.set_read_timeout(Some(patience)).unwrap();
        let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page
    });
    let page = within("the page", page).await.unwrap();
    assert!(
        page.contains("taskloom_scheduler_op_total{item=\"submit\"} 1"),
        "{page}"
    );

    let (plain, _client) = started(builder().workers(0)).await;
    assert_eq!(plain.http_url(), None);
}
