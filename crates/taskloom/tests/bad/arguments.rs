use taskloom::prelude::*;

#[task]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[task]
fn total(parts: Vec<i64>) -> i64 {
    parts.iter().sum()
}

#[task]
fn length(text: &str) -> usize {
    text.len()
}

fn calls(text: TaskFuture<String>, lengths: &[TaskFuture<usize>]) {
    let _ = inc::task("one");
    let _ = inc::task(&text);
    let _ = add::task(1, 2.5);
    let _ = total::task(lengths);
    let _ = length::task(5);
    let _ = add::task(1);
}

fn main() {}
