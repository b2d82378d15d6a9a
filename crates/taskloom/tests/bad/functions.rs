use taskloom::prelude::*;

#[task]
fn generic<T>(x: T) -> T {
    x
}

#[task]
fn opaque(x: impl Into<i64>) -> i64 {
    x.into()
}

#[task]
fn changes(list: &mut Vec<i64>) {
    list.clear();
}

#[task]
fn lends(text: &str) -> &str {
    text
}

#[task]
fn deep(lists: Vec<Vec<&str>>) -> usize {
    lists.len()
}

#[task]
fn late(x: i64, ctx: &TaskContext) -> i64 {
    let _ = ctx;
    x
}

#[task(pure)]
fn option(x: i64) -> i64 {
    x
}

#[task(version = 1, version = 2)]
fn twice(x: i64) -> i64 {
    x
}

#[task]
struct NoFunction;

struct Counter;

impl Counter {
    #[task]
    fn count(&self) -> i64 {
        1
    }
}

fn main() {}
