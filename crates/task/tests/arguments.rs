//! Every form that a parameter may have, given as a value, as a future, and as a mixture.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod rig;

use bytes::Bytes;
use rig::{arrived, done, eval, fail};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use taskloom_task::{Buffers, Element, TaskContext, TaskFuture, Value, task};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

#[task(crate = taskloom_task)]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task(crate = taskloom_task)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[task(crate = taskloom_task)]
fn total(parts: Vec<i64>) -> i64 {
    parts.iter().sum()
}

#[task(crate = taskloom_task)]
fn nothing() {}

#[task(crate = taskloom_task)]
fn length(text: &str) -> usize {
    text.len()
}

#[task(crate = taskloom_task)]
fn norm(point: &Point) -> f64 {
    point.x.hypot(point.y)
}

#[task(crate = taskloom_task)]
fn slice_sum(numbers: &[f64]) -> f64 {
    numbers.iter().sum()
}

#[allow(clippy::ptr_arg)] // It is the form that is tested.
#[task(crate = taskloom_task)]
fn vector_sum(numbers: &Vec<f64>) -> f64 {
    numbers.iter().sum()
}

#[task(crate = taskloom_task)]
fn byte_sum(data: &[u8]) -> u64 {
    data.iter().map(|&byte| u64::from(byte)).sum()
}

#[task(crate = taskloom_task)]
fn byte_len(data: Bytes) -> usize {
    data.len()
}

#[task(crate = taskloom_task)]
fn pieces(data: &Buffers) -> usize {
    data.pieces().len()
}

#[task(crate = taskloom_task)]
fn points(points: Vec<&Point>) -> f64 {
    points.iter().map(|point| point.x).sum()
}

#[task(crate = taskloom_task)]
fn joined(words: Vec<&str>) -> String {
    words.join(" ")
}

#[task(crate = taskloom_task)]
fn rows(rows: Vec<&[i64]>) -> i64 {
    rows.iter().flat_map(|row| row.iter()).sum()
}

#[task(crate = taskloom_task)]
fn nested(rows: Vec<Vec<i64>>) -> i64 {
    rows.iter().flatten().sum()
}

#[task(crate = taskloom_task)]
fn pair((a, text): (i64, String), by: i64) -> (i64, String) {
    (a * by, text.repeat(by as usize))
}

#[task(crate = taskloom_task)]
fn four(all: (i64, i64, i64, String)) -> String {
    format!("{} {} {} {}", all.0, all.1, all.2, all.3)
}

#[task(crate = taskloom_task)]
fn tuple_by_reference(pair: &(i64, Point)) -> f64 {
    pair.0 as f64 + pair.1.x
}

#[task(crate = taskloom_task)]
fn optional(value: Option<i64>) -> i64 {
    value.unwrap_or(-1)
}

#[task(crate = taskloom_task)]
fn table(counts: HashMap<String, i64>) -> i64 {
    counts.values().sum()
}

#[task(crate = taskloom_task)]
fn sorted(counts: &BTreeMap<String, i64>) -> Vec<String> {
    counts.keys().cloned().collect()
}

#[task(crate = taskloom_task)]
fn who(ctx: &TaskContext, x: i64) -> String {
    format!("{} {} {} {x}", ctx.key(), ctx.worker(), ctx.run())
}

#[task(crate = taskloom_task)]
async fn later(ctx: &TaskContext, text: &str, numbers: Vec<&i64>) -> String {
    futures::future::ready(()).await;
    format!("{} {text} {}", ctx.key(), numbers.into_iter().sum::<i64>())
}

// Names that the expansion might be thought to use for itself.
#[task(crate = taskloom_task)]
fn run(arguments: i64, context: i64, result: i64, held0: i64) -> i64 {
    arguments + context + result + held0
}

#[task(crate = taskloom_task)]
fn cut(n: i64) -> (i64, Vec<Point>) {
    (
        n,
        (0..n)
            .map(|i| Point {
                x: i as f64,
                y: 0.0,
            })
            .collect(),
    )
}

#[task(crate = taskloom_task)]
fn range(n: i64) -> Vec<i64> {
    (0..n).collect()
}

#[test]
fn a_task_is_still_a_function() {
    assert_eq!(inc(1), 2);
    nothing();
}

#[test]
fn values_and_futures_are_arguments() {
    assert_eq!(eval(inc::task(1)), 2);
    assert_eq!(eval(inc::task(done(5))), 6);
    let a = arrived(40);
    assert_eq!(eval(add::task(&a, 2)), 42);
    assert_eq!(eval(add::task(&a, &a)), 80);
    assert_eq!(add::task(&a, &a).dependencies().len(), 1);
    eval(nothing::task());
    assert_eq!(eval(run::task(1, 2, 3, 4)), 10);
}

#[test]
fn vectors_take_futures_in_all_kinds_of_rows() {
    let futures: Vec<TaskFuture<i64>> = (0..100).map(arrived).collect();
    let sum = 99 * 100 / 2;
    assert_eq!(eval(total::task(&futures)), sum);
    assert_eq!(eval(total::task(futures.as_slice())), sum);
    assert_eq!(eval(total::task(futures.iter().collect::<Vec<_>>())), sum);
    assert_eq!(eval(total::task(futures.clone())), sum);
    assert_eq!(eval(total::task([done(1), done(2)])), 3);
    assert_eq!(eval(total::task([&futures[1], &futures[1]])), 2);
    assert_eq!(eval(total::task(&[done(1)])), 1);
    assert_eq!(eval(total::task(vec![1, 2, 3])), 6);
    assert_eq!(eval(total::task(Vec::<i64>::new())), 0);
    assert_eq!(eval(total::task(Vec::<TaskFuture<i64>>::new())), 0);
    assert_eq!(eval(total::task(done(vec![4, 5]))), 9);
    assert_eq!(
        eval(nested::task(vec![done(vec![1, 2]), arrived(vec![3])])),
        6
    );
    assert_eq!(eval(nested::task(vec![vec![1], vec![2]])), 3);
}

#[test]
fn many_dependencies_are_counted_once() {
    let futures: Vec<TaskFuture<i64>> = (0..1000).map(done).collect();
    let twice: Vec<&TaskFuture<i64>> = futures.iter().chain(&futures).collect();
    let call = total::task(twice);
    assert_eq!(call.dependencies().len(), 1000);
    assert_eq!(eval(call), 999 * 1000);
}

#[test]
fn references_borrow() {
    assert_eq!(eval(length::task("four")), 4);
    assert_eq!(eval(length::task(String::from("four"))), 4);
    assert_eq!(eval(length::task(done(String::from("four")))), 4);
    let point = Point { x: 3.0, y: 4.0 };
    assert_eq!(eval(norm::task(point.clone())), 5.0);
    assert_eq!(eval(norm::task(arrived(point.clone()))), 5.0);
    assert_eq!(eval(slice_sum::task(vec![1.0, 2.0])), 3.0);
    assert_eq!(eval(slice_sum::task(vec![done(1.0), arrived(2.0)])), 3.0);
    assert_eq!(eval(vector_sum::task(done(vec![1.0, 2.0]))), 3.0);
    assert_eq!(eval(vector_sum::task([done(1.0), done(2.0)])), 3.0);
    assert_eq!(eval(tuple_by_reference::task((1, point.clone()))), 4.0);
    assert_eq!(
        eval(tuple_by_reference::task((done(1), arrived(point)))),
        4.0
    );
}

#[test]
fn vectors_of_references_borrow_each() {
    let futures: Vec<_> = (0..3)
        .map(|x| {
            done(Point {
                x: f64::from(x),
                y: 0.0,
            })
        })
        .collect();
    assert_eq!(eval(points::task(&futures)), 3.0);
    assert_eq!(
        eval(points::task(done(vec![Point { x: 7.0, y: 0.0 }]))),
        7.0
    );
    assert_eq!(eval(points::task(vec![Point { x: 7.0, y: 0.0 }])), 7.0);
    assert_eq!(
        eval(joined::task(vec!["a".to_string(), "b".to_string()])),
        "a b"
    );
    assert_eq!(
        eval(joined::task([
            done("a".to_string()),
            arrived("b".to_string())
        ])),
        "a b"
    );
    assert_eq!(
        eval(rows::task(vec![done(vec![1, 2]), arrived(vec![3])])),
        6
    );
    assert_eq!(eval(rows::task(vec![vec![1, 2], vec![3]])), 6);
}

#[test]
fn all_kinds_of_bytes_are_bytes() {
    let data = vec![1_u8, 2, 3];
    assert_eq!(eval(byte_sum::task(data.clone())), 6);
    assert_eq!(eval(byte_sum::task(Bytes::from(data.clone()))), 6);
    assert_eq!(eval(byte_sum::task(Buffers::from(data.clone()))), 6);
    assert_eq!(eval(byte_sum::task(done(data.clone()))), 6);
    assert_eq!(eval(byte_sum::task(arrived(Bytes::from(data.clone())))), 6);
    assert_eq!(eval(byte_len::task(done(data.clone()))), 3);
    assert_eq!(eval(byte_len::task(data.clone())), 3);
    assert_eq!(eval(pieces::task(done(Bytes::from(data.clone())))), 1);
    let two: Buffers = [Bytes::from(data.clone()), Bytes::from(data)]
        .into_iter()
        .collect();
    assert_eq!(eval(pieces::task(arrived(two.clone()))), 2);
    assert_eq!(eval(byte_len::task(arrived(two))), 6);
}

#[test]
fn tuples_take_futures_in_each_place() {
    let (a, text) = (done(2), arrived("ab".to_string()));
    let result = (6, "ababab".to_string());
    assert_eq!(eval(pair::task((&a, &text), 3)), result);
    assert_eq!(eval(pair::task((2, &text), 3)), result);
    assert_eq!(eval(pair::task((&a, "ab".to_string()), 3)), result);
    assert_eq!(eval(pair::task((2, "ab".to_string()), done(3))), result);
    assert_eq!(eval(pair::task(done((2, "ab".to_string())), 3)), result);
    assert_eq!(eval(four::task((1, &a, 3, &text))), "1 2 3 ab");
    assert_eq!(eval(four::task((&a, 1, &a, "x"))), "2 1 2 x");
    assert_eq!(eval(four::task((1, 2, 3, text))), "1 2 3 ab");
}

#[test]
fn maps_and_options() {
    assert_eq!(eval(optional::task(Some(3))), 3);
    assert_eq!(eval(optional::task(arrived(None))), -1);
    let counts = HashMap::from([("a".to_string(), done(1)), ("b".to_string(), arrived(2))]);
    assert_eq!(eval(table::task(counts)), 3);
    let counts = BTreeMap::from([("b".to_string(), done(1)), ("a".to_string(), arrived(2))]);
    assert_eq!(eval(sorted::task(counts)), ["a", "b"]);
}

#[test]
fn context_and_async() {
    assert_eq!(eval(who::task(5)), "k-1 w-1 r281474976710663 5");
    assert_eq!(eval(later::task("x", vec![done(1), arrived(2)])), "k-1 x 3");
}

#[test]
fn elements_stand_for_themselves() {
    let whole = rig::ended::<(i64, Vec<Point>)>(Ok(rig::run(cut::task(3)).unwrap()));
    let (n, list) = whole.split();
    assert_eq!(eval(inc::task(&n)), 4);
    assert_eq!(n.result().unwrap(), 3);
    assert_eq!(list.result().unwrap().len(), 3);
    let numbers = rig::ended::<Vec<i64>>(Ok(rig::run(range::task(5)).unwrap()));
    let evens: Vec<Element<i64>> = (0..5).step_by(2).map(|i| numbers.element(i)).collect();
    assert_eq!(eval(total::task(&evens)), 6);
    assert_eq!(eval(add::task(numbers.element(1), numbers.element(4))), 5);
    let arrived = arrived(vec![7, 8]);
    assert_eq!(eval(add::task(arrived.element(1), 1)), 9);
    let failure = fail(inc::task(arrived.element(2)));
    assert_eq!(failure.message, "element 2 of input 0 is not there");
    assert!(arrived.element(2).result().is_err());
}

#[test]
fn what_is_borrowed_is_not_copied() {
    #[task(crate = taskloom_task)]
    fn address(data: &[f64]) -> usize {
        data.as_ptr() as usize
    }

    #[task(crate = taskloom_task)]
    fn address_of_value(data: Vec<f64>) -> usize {
        data.as_ptr() as usize
    }

    let data = vec![1.0; 1000];
    let here = data.as_ptr() as usize;
    let future = done(data);
    assert_eq!(eval(address::task(&future)), here);
    // Somebody else has the value: it is cloned.
    assert_ne!(eval(address_of_value::task(&future)), here);
    assert_eq!(eval(address::task(&future)), here);
}

#[test]
fn a_value_that_nobody_else_has_is_moved() {
    let data = vec![String::from("x"); 10];
    let here = data.as_ptr() as usize;
    let value = Value::live(data);
    let taken: Vec<String> = value.take().unwrap();
    assert_eq!(taken.as_ptr() as usize, here);
}
