//! Tasks and calls of all forms in a crate that knows `taskloom` and not the crates below it.

use std::process::ExitCode;
use taskloom::prelude::*;
use taskloom::{Buffer, Buffers, Bytes, TaskCall};

#[derive(serde::Serialize, serde::Deserialize)]
struct Image {
    width: u32,
    pixels: Buffer,
    #[serde(with = "taskloom::buffer")]
    mask: Bytes,
}

#[task]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[task]
fn blank(width: u32) -> Image {
    let pixels = Buffer::from(vec![0; width as usize]);
    Image {
        width,
        mask: pixels.clone().into(),
        pixels,
    }
}

#[task]
fn area(images: Vec<&Image>, scale: &[f64], name: &str) -> f64 {
    let pixels: usize = images
        .iter()
        .map(|image| image.pixels.len() + image.mask.len())
        .sum();
    pixels as f64 * scale.iter().product::<f64>() + name.len() as f64
}

#[task(name = "good.count", version = 3, impure)]
fn count(data: &Buffers, more: &[u8], pair: (i64, String)) -> usize {
    data.len() + more.len() + pair.1.len()
}

#[task]
async fn later(ctx: &TaskContext, x: i64) -> Result<i64, std::io::Error> {
    if ctx.is_cancelled() {
        Err(std::io::Error::other("cancelled"))
    } else {
        Ok(x)
    }
}

mod inner {
    /// A task that other modules call.
    #[taskloom::task]
    pub fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
        text.parse()
    }
}

/// What a client does with futures, as far as types go.
#[allow(dead_code)]
fn calls(
    number: TaskFuture<i64>,
    image: TaskFuture<Image>,
    bytes: TaskFuture<Bytes>,
    tuple: TaskFuture<(i64, Vec<String>)>,
    node: Node<i64>,
) {
    let (n, names) = tuple.split();
    let _: Vec<TaskCall<i64>> = (0..3).map(inc::task).collect();
    let _: TaskCall<i64> = add::task(&number, 10)
        .priority(3)
        .key("sum")
        .workers(["a", "b"]);
    let _: TaskCall<i64> = add::task(n, &node);
    let _: TaskCall<f64> = area::task([&image, &image], vec![1.0], "x").resource("GPU", 0.5);
    let _: TaskCall<usize> = count::task(&bytes, &bytes, (1, String::from("x")));
    let _: TaskCall<usize> = count::task(vec![1, 2], bytes, (&number, String::from("x")));
    let _: TaskCall<i64> = later::task(node);
    let _: TaskCall<i64> = inner::parse::task("7");
    let _ = names;
}

/// The worker of a user.
#[allow(dead_code)]
fn worker() -> ExitCode {
    taskloom::worker_main()
}

#[test]
fn tasks_are_functions_and_calls() {
    assert_eq!(inc(1), 2);
    assert_eq!(add(1, 2), 3);
    assert_eq!(area(vec![&blank(3)], &[2.0], "x"), 13.0);
    assert_eq!(count(&Buffers::default(), b"ab", (1, "x".into())), 3);
    assert_eq!(inner::parse("7"), Ok(7));
    let key = inner::parse::task("7").final_key().unwrap();
    assert!(key.as_str().starts_with("parse-"));
    assert_eq!(
        inner::parse::task("7").operation().to_string(),
        "good::forms::inner::parse/1"
    );
    assert_eq!(
        count::task(vec![], vec![], (1, String::from("x")))
            .operation()
            .to_string(),
        "good.count/3"
    );
}
