//! Graphs that are larger than the memory that is left.

use crate::Config;
use crate::testing::TestScheduler;
use taskloom_core::GraphChunk;
use taskloom_core::message::FromClient;

/// Some 160 bytes per task, and no arguments.
fn with_limit(memory_limit: u64) -> TestScheduler {
    TestScheduler::with(Config {
        memory_limit,
        ..Config::default()
    })
}

fn submit(t: &mut TestScheduler, client: &str, chunk: GraphChunk) {
    t.say(client, FromClient::Submit(Box::new(chunk)));
}

/// The first of several chunks of a graph that is said to have so many tasks and bytes.
fn announced(t: &mut TestScheduler, tasks: u64, bytes: u64, diagram: &str) -> GraphChunk {
    GraphChunk {
        graph_tasks: tasks,
        graph_bytes: bytes,
        last: false,
        ..t.chunk("c", diagram)
    }
}

#[test]
fn a_graph_beyond_the_limit_is_refused_with_its_first_chunk_and_with_sizes() {
    let mut t = with_limit(1 << 20);
    t.client("other");
    let first = announced(&mut t, 1_000_000, 40_000_000, "a* b*");
    let graph = first.graph;
    submit(&mut t, "c", first);
    let lines = t.take_lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("c: refused 2, a to b: there is no room"));
    assert!(lines[0].contains("1000000 tasks need about 200000000"));
    assert!(lines[0].contains("of 1048576 bytes (memory-limit of the scheduler) 1048576 are free"));
    // What follows of it goes the same way, whatever it needs.
    let mut next = announced(&mut t, 1_000_000, 0, "x*");
    next.graph = graph;
    submit(&mut t, "c", next);
    let mut last = t.chunk("c", "y*");
    last.graph = graph;
    last.graph_tasks = 1_000_000;
    submit(&mut t, "c", last);
    let lines = t.take_lines();
    assert!(lines[0].starts_with("c: refused 1, x to x: there is no room"));
    assert!(lines[1].starts_with("c: refused 1, y to y: there is no room"));
    assert_eq!((t.core.task_bytes(), t.core.announced), (0, 0));
    // Nobody else notices, and the client neither once it asks for less.
    t.workers(["w1", "w2"]).graph_of("other", "z*").skip();
    t.graph("u*").skip();
    t.finish("z", "w1").finish("u", "w2");
    t.expect(["c: finished u", "other: finished z"]);
}

#[test]
fn what_was_promised_to_one_graph_is_not_promised_to_another() {
    let mut t = with_limit(100 * 200);
    let chunk = announced(&mut t, 80, 0, "a* b*");
    let graph = chunk.graph;
    submit(&mut t, "c", chunk);
    t.skip();
    assert!(t.core.task_bytes() > 0, "it was refused");
    let second = announced(&mut t, 80, 0, "x*");
    submit(&mut t, "c", second);
    let lines = t.take_lines();
    assert!(lines[0].contains("80 tasks need about 12800"), "{lines:?}");
    // The last chunk ends the promise, although fewer tasks came than were announced.
    let mut last = t.chunk("c", "d*");
    last.graph = graph;
    last.graph_tasks = 80;
    submit(&mut t, "c", last);
    assert_eq!(t.core.announced, 0);
    let third = announced(&mut t, 80, 0, "f*");
    submit(&mut t, "c", third);
    assert!(t.core.announced > 78 * 160);
    t.client_gone("c");
    assert_eq!((t.core.task_bytes(), t.core.announced), (0, 0));
}

#[test]
fn a_graph_that_is_larger_than_it_said_is_refused_where_the_room_ends() {
    let mut t = with_limit(800);
    let graph = {
        let mut chunk = announced(&mut t, 3, 0, "a b");
        chunk.wanted.clear();
        let graph = chunk.graph;
        submit(&mut t, "c", chunk);
        graph
    };
    t.skip();
    assert!(t.core.task_bytes() > 0, "it was refused");
    let mut next = announced(&mut t, 9, 0, "d e f g h*");
    next.graph = graph;
    submit(&mut t, "c", next);
    let lines = t.take_lines();
    assert!(lines[0].starts_with("c: refused 5, d to h"), "{lines:?}");
    let mut last = t.chunk("c", "i*");
    last.graph = graph;
    submit(&mut t, "c", last);
    let lines = t.take_lines();
    assert!(lines[0].starts_with("c: refused 1, i to i"), "{lines:?}");
    // Its first tasks are let go with its end.
    assert_eq!((t.core.task_bytes(), t.core.announced), (0, 0));
}
