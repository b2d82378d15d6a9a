//! Values, futures and nodes where arguments are wanted, and the functions as plain functions.

use taskloom::TaskCall;
use taskloom::prelude::*;

#[task]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task]
fn total(parts: Vec<i64>) -> i64 {
    parts.iter().sum()
}

#[task]
fn label((name, x): (String, i64), text: &str) -> Result<String, std::num::ParseIntError> {
    let y: i64 = text.parse()?;
    Ok(format!("{name} {}", x + y))
}

#[task]
async fn later(ctx: &TaskContext, x: i64) -> i64 {
    if ctx.is_cancelled() { 0 } else { x }
}

fn calls(one: &TaskFuture<i64>, many: &Vec<TaskFuture<i64>>) -> Vec<TaskCall<i64>> {
    vec![
        inc::task(1),
        inc::task(one),
        total::task(many),
        total::task(vec![1, 2]),
        later::task(one),
    ]
}

fn tuples(one: &TaskFuture<i64>) -> TaskCall<String> {
    label::task(("x".to_owned(), one), "1")
}

#[test]
fn calls_take_values_futures_and_nodes() {
    let _ = (calls, tuples);
    let mut graph = Graph::new();
    let node = graph.add(inc::task(1));
    graph.add(total::task(vec![node]));
    assert_eq!((inc(1), total(vec![1, 2])), (2, 3));
    assert_eq!(label(("x".to_owned(), 1), "2").as_deref(), Ok("x 3"));
}
