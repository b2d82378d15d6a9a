//! Channels of whole clusters: the cases H of the reference, and what must hold beside them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::tasks::*;
use fixture::{builder, cluster, started, until, within};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;
use taskloom_client::{Channel, ChannelStream, Client, Error, TaskClient};
use taskloom_cluster::LocalCluster;
use taskloom_task::{Item, Result, TaskContext, TaskFuture, task};

async fn another(cluster: &LocalCluster) -> Client {
    within("the connection", cluster.client()).await.unwrap()
}

async fn open<T: Item>(client: &Client, name: &str) -> Channel<T> {
    let opening = client.channel(name).open();
    within("the opening", opening).await.unwrap()
}

async fn open_short<T: Item>(client: &Client, name: &str, maxlen: u64) -> Channel<T> {
    let opening = client.channel(name).maxlen(maxlen).open();
    within("the opening", opening).await.unwrap()
}

async fn append<T: Item>(channel: &Channel<T>, items: impl IntoIterator<Item = T>) {
    let appending = channel.append_all(items);
    within("the append", appending).await.unwrap();
    within("the flush", channel.flush()).await.unwrap();
}

async fn next<T: Item>(stream: &mut ChannelStream<T>) -> T {
    let next = within("the next element", stream.next()).await;
    next.expect("the channel goes on").unwrap()
}

async fn all<T: Item>(stream: ChannelStream<T>) -> Vec<T> {
    let all = stream.collect::<Vec<_>>();
    let all = within("the end of the channel", all).await;
    all.into_iter().collect::<Result<_>>().unwrap()
}

async fn gathered(client: &Client, futures: &[TaskFuture<i64>]) -> Vec<i64> {
    within("the results", client.gather(futures)).await.unwrap()
}

#[tokio::test]
async fn h1_a_name_is_one_channel() {
    let (_cluster, client) = cluster(0).await;
    let x = open::<i64>(&client, "x").await;
    assert!(x == open::<i64>(&client, "x").await);
    let y = open::<String>(&client, "y").await;
    assert!(x != y);
    let names = within("the names", client.channels()).await.unwrap();
    assert_eq!(names, ["x", "y"]);
    assert_eq!(within("the length", x.len()).await.unwrap(), 0);
    assert!(within("the length", y.is_empty()).await.unwrap());
}

#[tokio::test]
async fn h2_an_element_is_there_when_the_scheduler_has_said_so() {
    let (_cluster, client) = cluster(1).await;
    let channel = open(&client, "x").await;
    assert_eq!(format!("{channel:?}"), "Channel(x, 0 elements)");
    let future = client.submit(inc::task(1));
    within("the append", channel.append(future.clone()))
        .await
        .unwrap();
    within("the flush", channel.flush()).await.unwrap();
    assert_eq!(format!("{channel:?}"), "Channel(x, 1 element)");
    assert_eq!(within("the length", channel.len()).await.unwrap(), 1);
    let elements = within("the contents", channel.snapshot()).await.unwrap();
    assert_eq!(elements[0].key(), future.key());
    assert_eq!(within("the result", &elements[0]).await.unwrap(), 2);
}

#[tokio::test]
async fn h3_what_rolls_off_is_freed() {
    let (_cluster, client) = cluster(2).await;
    let channel = open_short(&client, "x", 5).await;
    append(&channel, [client.submit(inc::task(-1))]).await;
    append(&channel, (0..10).map(|x| client.submit(inc::task(x)))).await;
    assert_eq!(within("the length", channel.len()).await.unwrap(), 5);
    let elements = within("the contents", channel.snapshot()).await.unwrap();
    assert_eq!(gathered(&client, &elements).await, [6, 7, 8, 9, 10]);
    drop(elements);
    until(&client, "five tasks", |identity| {
        let tasks = &identity.tasks;
        tasks.memory == 5 && tasks.processing + tasks.queued + tasks.waiting + tasks.released == 0
    })
    .await;
}

#[tokio::test]
async fn h4_a_channel_holds_its_futures_and_lets_them_go() {
    let (cluster, client) = cluster(1).await;
    let other = another(&cluster).await;
    let channel = open_short(&other, "x", 1).await;
    append(&channel, [other.submit(inc::task(1))]).await;
    // The one who appended goes altogether.
    drop(channel);
    within("the end", other.close()).await;
    drop(other);
    until(&client, "one client", |identity| identity.clients == 1).await;
    let identity = until(&client, "the result", |identity| identity.tasks.memory == 1).await;
    assert_eq!(identity.tasks.released, 0);
    // It rolls off.
    let channel = open(&client, "x").await;
    append(&channel, [client.submit(inc::task(10))]).await;
    let elements = within("the contents", channel.snapshot()).await.unwrap();
    assert_eq!(gathered(&client, &elements).await, [11]);
    until(&client, "one task", |identity| identity.tasks.memory == 1).await;
    // What was got from a channel is kept by whoever has it.
    assert!(within("the deletion", channel.delete()).await.unwrap());
    assert_eq!(gathered(&client, &elements).await, [11]);
    drop(elements);
    until(&client, "no task", |identity| identity.tasks.memory == 0).await;
}

/// Appends to channel x what it starts.
#[task(crate = taskloom_task)]
async fn produce(ctx: &TaskContext, count: i64) -> Result<()> {
    let client = ctx.client();
    let x = client.channel::<TaskFuture<i64>>("x").open().await?;
    for number in 0..count {
        x.append(client.submit(inc::task(number))).await?;
    }
    x.flush().await
}

/// The same without async.
#[task(crate = taskloom_task)]
fn produce_blocking(ctx: &TaskContext, count: i64) -> Result<()> {
    let client = ctx.blocking_client();
    let x = client.channel::<TaskFuture<i64>>("x").open()?;
    for number in 0..count {
        x.append(client.submit(inc::task(number)))?;
    }
    x.flush()
}

/// Adds what comes from channel x up, into channel y.
#[task(crate = taskloom_task)]
async fn consume(ctx: &TaskContext, count: usize) -> Result<()> {
    let client = ctx.client();
    let x = client.channel::<TaskFuture<i64>>("x").open().await?;
    let y = client.channel::<TaskFuture<i64>>("y").open().await?;
    let mut elements = x.stream();
    let mut sum = client.submit(add::task(0, 0));
    for _ in 0..count {
        let Some(element) = elements.next().await else {
            break;
        };
        sum = client.submit(add::task(&sum, element?));
        y.append(sum.clone()).await?;
    }
    y.flush().await
}

#[tokio::test]
async fn h6_tasks_produce_and_consume() {
    let (_cluster, client) = started(builder().workers(1).threads(1)).await;
    let five = client.submit(produce::task(5));
    let ten = client.submit(produce_blocking::task(10));
    let sums = client.submit(consume::task(15));
    let y = open::<TaskFuture<i64>>(&client, "y").await;
    let mut results = y.stream();
    let mut last = 0;
    for _ in 0..15 {
        let result = within("a sum", next(&mut results).await).await.unwrap();
        assert!(last < result && result < 100, "{result} after {last}");
        last = result;
    }
    assert_eq!(last, (1..=5).sum::<i64>() + (1..=10).sum::<i64>());
    for task in [five, ten, sums] {
        within("the end of a task", task).await.unwrap();
    }
}

#[tokio::test]
async fn h7_a_stopped_channel_ends_after_its_last_element() {
    let (cluster, client) = cluster(2).await;
    let channel = open(&client, "x").await;
    let early = channel.stream();
    let futures: Vec<_> = (0..5).map(|x| client.submit(inc::task(x))).collect();
    within("the appends", channel.append_all(futures))
        .await
        .unwrap();
    within("the stop", channel.stop()).await.unwrap();
    assert_eq!(gathered(&client, &all(early).await).await, [1, 2, 3, 4, 5]);
    let refused = within("the append", channel.append(client.submit(inc::task(9)))).await;
    assert!(refused.unwrap_err().to_string().contains("stopped"));
    assert!(within("the state", channel.is_stopped()).await.unwrap());
    // The same for one that comes later.
    let other = another(&cluster).await;
    let late = open::<TaskFuture<i64>>(&other, "x").await;
    let elements = all(late.stream()).await;
    assert_eq!(gathered(&other, &elements).await, [1, 2, 3, 4, 5]);
    let refused = within("the append", late.append(other.submit(inc::task(9)))).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn h8_a_channel_outlives_those_who_fill_it() {
    let (cluster, client) = cluster(1).await;
    let other = another(&cluster).await;
    let channel = open(&other, "x").await;
    within("the append", channel.append(other.submit(inc::task(1))))
        .await
        .unwrap();
    within("the close", channel.close()).await.unwrap();
    within("the end", other.close()).await;
    drop(other);
    until(&client, "one client", |identity| identity.clients == 1).await;
    let mut elements = open::<TaskFuture<i64>>(&client, "x").await.stream();
    let first = next(&mut elements).await;
    assert_eq!(within("the result", first).await.unwrap(), 2);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Mixed {
    Number(i64),
    Text(String),
    Map(BTreeMap<String, i64>),
}

#[tokio::test]
async fn h9_values_arrive_in_order_and_equal() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let values = || {
        let map = BTreeMap::from([("x".to_owned(), 1)]);
        [
            Mixed::Number(123),
            Mixed::Text("abc".into()),
            Mixed::Map(map),
        ]
    };
    let channel = open(&client, "x").await;
    append(&channel, values()).await;
    let mut elements = open::<Mixed>(&other, "x").await.stream();
    for value in values() {
        assert_eq!(next(&mut elements).await, value);
    }
    // With nothing under way there is nothing to wait for.
    within("the flush", channel.flush()).await.unwrap();
}

#[tokio::test]
async fn h10_a_late_joiner_gets_the_last_ones_it_asks_for() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let channel = open_short(&client, "x", 10).await;
    append(&channel, 0..20_i64).await;
    let late = open_short::<i64>(&other, "x", 3).await;
    assert_eq!(late.maxlen(), Some(10));
    assert_eq!(within("the length", late.len()).await.unwrap(), 3);
    let elements = within("the contents", late.snapshot()).await.unwrap();
    assert_eq!(elements, [17, 18, 19]);
    let mut elements = late.stream();
    append(&channel, [20]).await;
    for number in 17..=20 {
        assert_eq!(next(&mut elements).await, number);
    }
    assert_eq!(elements.missed(), 0);
    let all = within("the contents", channel.snapshot()).await.unwrap();
    assert_eq!(all, (11..=20).collect::<Vec<_>>());
    assert_eq!(within("the last", channel.last()).await.unwrap(), Some(20));
}

#[tokio::test]
async fn h12_an_append_that_races_with_a_stop_is_refused_and_flush_ends() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let writer = open::<i64>(&client, "x").await;
    let stopper = open::<i64>(&other, "x").await;
    append(&writer, [1]).await;
    within("the stop", stopper.stop()).await.unwrap();
    // The writer has not heard of it.
    within("the append", writer.append(2)).await.unwrap();
    let error = within("the flush", writer.flush()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused(why) if why.contains("stopped")),
        "{error}"
    );
    // It was told once, and the channel is as it was.
    within("the flush", writer.flush()).await.unwrap();
    assert_eq!(
        within("the contents", writer.snapshot()).await.unwrap(),
        [1]
    );
    // Now it has heard.
    assert!(within("the append", writer.append(3)).await.is_err());
}

/// Set for the process that is to be killed: where its scheduler is.
const READER: &str = "TASKLOOM_TEST_READER";

/// Does nothing, unless it runs in a process of its own.
#[tokio::test]
async fn a_reader_that_waits_to_be_killed() {
    let Some(address) = std::env::var_os(READER) else {
        return;
    };
    let client = Client::connect(address.to_str().unwrap()).await.unwrap();
    let mut elements = client.channel::<i64>("x").open().await.unwrap().stream();
    elements.next().await;
    println!("\nit reads");
    while elements.next().await.is_some() {}
}

#[tokio::test]
async fn h14_a_killed_reader_is_forgotten_and_disturbs_nobody() {
    let (cluster, client) = cluster(0).await;
    let channel = open::<i64>(&client, "x").await;
    append(&channel, [0]).await;
    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_reader_that_waits_to_be_killed", "--nocapture"])
        .env(READER, cluster.address())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(killed.stdout.take().unwrap());
    let reads =
        tokio::task::spawn_blocking(move || output.lines().any(|line| line.unwrap() == "it reads"));
    assert!(within("the reader", reads).await.unwrap());
    killed.kill().unwrap();
    killed.wait().unwrap();
    let mut elements = channel.stream();
    append(&channel, [1, 2]).await;
    for number in 0..=2 {
        assert_eq!(next(&mut elements).await, number);
    }
    until(&client, "one client", |identity| identity.clients == 1).await;
    append(&channel, [3]).await;
    assert_eq!(next(&mut elements).await, 3);
}

#[tokio::test]
async fn h15_readers_of_one_channel_all_see_everything() {
    let (_cluster, client) = cluster(0).await;
    let channel = open::<i64>(&client, "x").await;
    append(&channel, 0..10).await;
    let mut first = channel.stream();
    let second = channel.clone().stream();
    assert_eq!(next(&mut first).await, 0);
    append(&channel, 10..2_000).await;
    within("the stop", channel.stop()).await.unwrap();
    assert_eq!(all(first).await, (1..2_000).collect::<Vec<_>>());
    assert_eq!(all(second).await, (0..2_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn writers_keep_their_order_and_readers_agree() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let mut writers = Vec::new();
    for (writer, client) in [(0, &client), (1, &other)] {
        let channel = open::<(u8, u32)>(client, "x").await;
        writers.push(tokio::spawn(async move {
            for number in 0..3_000 {
                channel.append((writer, number)).await?;
            }
            channel.flush().await
        }));
    }
    let readers = [
        open::<(u8, u32)>(&client, "x").await,
        open(&other, "x").await,
    ];
    let streams = readers.each_ref().map(Channel::stream);
    for writer in writers {
        within("a writer", writer).await.unwrap().unwrap();
    }
    within("the stop", readers[0].stop()).await.unwrap();
    let [first, second] = streams;
    let first = all(first).await;
    assert_eq!(first, all(second).await);
    for writer in 0..2 {
        let own = first.iter().filter(|(by, _)| *by == writer);
        assert!(own.map(|(_, number)| *number).eq(0..3_000));
    }
}

#[tokio::test]
async fn a_reader_that_is_not_read_misses_what_rolls_off_and_says_so() {
    let (_cluster, client) = cluster(0).await;
    let channel = open_short::<i64>(&client, "x", 4).await;
    let mut slow = channel.stream();
    // The window of this handle is its room: four are with the reader, four in the channel.
    for number in 0..20 {
        append(&channel, [number]).await;
    }
    for number in 0..4 {
        assert_eq!(next(&mut slow).await, number);
    }
    assert_eq!(next(&mut slow).await, 16);
    assert_eq!(slow.missed(), 12);
}

#[tokio::test]
async fn what_is_not_of_the_type_is_an_error_and_the_next_is_read() {
    let (_cluster, client) = cluster(1).await;
    let texts = open::<String>(&client, "x").await;
    append(&texts, ["text".into()]).await;
    let futures = open::<TaskFuture<i64>>(&client, "x").await;
    append(&futures, [client.submit(inc::task(1))]).await;
    let mut numbers = open::<i64>(&client, "x").await.stream();
    append(&open(&client, "x").await, [7_i64]).await;
    let mut error = async || {
        let next = within("the next", numbers.next()).await.unwrap();
        next.map(|number| number.to_string())
            .map_err(|error| error.to_string())
    };
    let text = error().await.unwrap_err();
    assert!(text.contains("i64") && text.contains("text"), "{text}");
    let future = error().await.unwrap_err();
    assert!(future.contains("TaskFuture<i64>"), "{future}");
    assert_eq!(error().await.unwrap(), "7");
    assert!(within("the contents", texts.snapshot()).await.is_err());
}

#[tokio::test]
async fn bad_names_limits_and_values_are_clear_errors() {
    let (_cluster, client) = cluster(1).await;
    for name in ["", &"x".repeat(10_000)] {
        let error = within("the opening", client.channel::<i64>(name).open())
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("the name of a channel"),
            "{error}"
        );
    }
    let none = client.channel::<i64>("x").maxlen(0).open();
    let error = within("the opening", none).await.unwrap_err();
    assert!(error.to_string().contains("maxlen"), "{error}");
    assert_eq!(
        within("the names", client.channels()).await.unwrap(),
        [""; 0]
    );
    let channel = open::<Vec<u8>>(&client, "x").await;
    let error = within("the append", channel.append(vec![0; 100_000]))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("scatter"), "{error}");
    // A future of a task that cannot be is refused, and not those beside it.
    let futures = open::<TaskFuture<i64>>(&client, "y").await;
    let bad = client.submit(inc::task(1).key("x".repeat(10_000)));
    assert!(within("the append", futures.append(bad)).await.is_err());
    let key = || inc::task(1).key("one");
    let (good, bad) = (client.submit(key()), client.submit(inc::task(2).key("one")));
    for future in [good.clone(), bad, good] {
        within("the append", futures.append(future)).await.unwrap();
    }
    assert!(within("the flush", futures.flush()).await.is_err());
    assert_eq!(within("the length", futures.len()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_future_of_another_cluster_is_refused() {
    let (_cluster, client) = cluster(1).await;
    let (_other_cluster, other) = fixture::cluster(1).await;
    let channel = open(&client, "x").await;
    let foreign = other.submit(inc::task(1));
    let error = within("the append", channel.append(foreign))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
    append(&channel, [client.submit(inc::task(1))]).await;
    assert_eq!(within("the length", channel.len()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_deleted_channel_ends_its_readers_and_a_closed_client_its_own() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let channel = open::<i64>(&client, "x").await;
    append(&channel, [1]).await;
    let mut elements = open::<i64>(&other, "x").await.stream();
    assert_eq!(next(&mut elements).await, 1);
    assert!(
        within("the deletion", channel.clone().delete())
            .await
            .unwrap()
    );
    let last = within("the end", elements.next()).await.unwrap();
    assert!(last.unwrap_err().to_string().contains("\"x\" was deleted"));
    assert!(within("the end", elements.next()).await.is_none());
    within("the append", channel.append(2)).await.unwrap();
    let error = within("the flush", channel.flush()).await.unwrap_err();
    assert!(error.to_string().contains("deleted"), "{error}");

    let again = open::<i64>(&other, "y").await;
    let mut elements = again.stream();
    within("the end", other.close()).await;
    let last = within("the end", elements.next()).await.unwrap();
    assert!(matches!(last, Err(Error::Closed(_))));
    assert!(
        within("the append", async {
            again.append(1).await?;
            again.flush().await
        })
        .await
        .is_err()
    );
}

#[tokio::test]
async fn channels_that_nobody_needs_are_forgotten() {
    let (cluster, client) = cluster(0).await;
    let other = another(&cluster).await;
    let unused = open::<i64>(&other, "unused").await;
    let clone = unused.clone();
    let short = other.channel("short").keep_for(Duration::ZERO).open();
    let short = within("the opening", short).await.unwrap();
    append(&short, [1_i64]).await;
    let long = open::<i64>(&other, "long").await;
    append(&long, [1]).await;
    drop(unused);
    drop(long);
    let names = || async { within("the names", client.channels()).await.unwrap() };
    assert_eq!(names().await, ["long", "short", "unused"]);
    drop(clone);
    // A handle that is dropped while another opening is under way leaves the channel open.
    let mut again = Box::pin(other.channel::<i64>("short").open());
    assert!(futures::poll!(&mut again).is_pending());
    drop(short);
    let again = within("the opening", again).await.unwrap();
    assert_eq!(within("the length", again.len()).await.unwrap(), 1);
    drop(again);
    within("the end", other.close()).await;
    drop(other);
    until(&client, "one client", |identity| identity.clients == 1).await;
    assert_eq!(names().await, ["long"]);
}

#[test]
fn a_blocking_iterator_gives_what_is_there_and_then_waits() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (cluster, _client) = runtime.block_on(cluster(1));
    let client = taskloom_client::blocking::Client::connect(cluster.address()).unwrap();
    let channel = client.channel::<i64>("x").maxlen(100).open().unwrap();
    channel.append_all([1, 2]).unwrap();
    channel.flush().unwrap();
    let elements = channel.iter();
    let writer = {
        let channel = channel.clone();
        std::thread::spawn(move || {
            channel.append(3)?;
            channel.stop()
        })
    };
    let elements: Vec<i64> = elements.map(Result::unwrap).collect();
    assert_eq!(elements, [1, 2, 3]);
    writer.join().unwrap().unwrap();
    assert_eq!(channel.snapshot().unwrap(), [1, 2, 3]);
    drop(channel);
    drop(client);
}
