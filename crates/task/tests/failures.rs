//! How tasks fail: returned errors with their causes, panics with their places, arguments that do
//! not fit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod rig;

use rig::{ended, fail};
use std::error::Error;
use std::fmt;
use taskloom_core::arguments::Part;
use taskloom_core::value::{Codec, Encoded};
use taskloom_core::{ArgumentNode, ErrorCode};
use taskloom_task::{TaskContext, Value, assemble, task};

#[derive(Debug)]
struct Outer(Inner);

#[derive(Debug)]
struct Inner;

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot fit")
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("singular matrix")
    }
}

impl Error for Inner {}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[task(crate = taskloom_task)]
fn fit(ok: bool) -> Result<i64, Outer> {
    if ok { Ok(1) } else { Err(Outer(Inner)) }
}

#[task(crate = taskloom_task)]
fn boxed() -> Result<(), Box<dyn Error + Send + Sync>> {
    Err(Box::new(Outer(Inner)))
}

#[task(crate = taskloom_task)]
fn text() -> Result<Vec<i64>, String> {
    Err("just text".to_owned())
}

/// An error that can neither be sent nor be shared.
#[derive(Debug)]
struct Local(std::rc::Rc<Inner>);

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "local {}", self.0)
    }
}

impl Error for Local {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

#[task(crate = taskloom_task)]
fn local() -> Result<i64, Local> {
    Err(Local(std::rc::Rc::new(Inner)))
}

struct Shown;

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only shown")
    }
}

#[task(crate = taskloom_task)]
fn shown() -> Result<i64, Shown> {
    Err(Shown)
}

#[task(crate = taskloom_task)]
fn of_ours() -> taskloom_task::Result<i64> {
    Err(taskloom_task::Error::Graph("a cycle".to_owned()))
}

#[task(crate = taskloom_task)]
fn of_format() -> fmt::Result {
    Err(fmt::Error)
}

#[task(crate = taskloom_task)]
async fn fit_later() -> Result<i64, Outer> {
    Err(Outer(Inner))
}

#[task(crate = taskloom_task)]
fn divide(a: i64, b: i64) -> i64 {
    assert!(b != 0, "cannot divide {a} by zero");
    a / b
}

#[task(crate = taskloom_task)]
async fn divide_later(a: i64, b: i64) -> i64 {
    futures::future::ready(()).await;
    divide(a, b)
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[task(crate = taskloom_task)]
fn bomb() {
    std::panic::panic_any(Bomb);
}

#[task(crate = taskloom_task)]
fn long() -> Result<i64, String> {
    Err("ä".repeat(1 << 20))
}

fn nodes(nodes: Vec<ArgumentNode>) -> Result<Value, taskloom_core::TaskFailure> {
    let arguments = assemble(nodes, |_, _| None)?;
    divide::definition().run_thread(&rig::context(), arguments)
}

fn number(n: i64) -> ArgumentNode {
    ArgumentNode::Value(Value::live(n).encode().unwrap())
}

#[test]
fn a_returned_error_has_its_text_and_its_causes() {
    assert_eq!(rig::eval(fit::task(true)), 1);
    for failure in [
        fail(fit::task(false)),
        fail(fit_later::task()),
        fail(boxed::task()),
    ] {
        assert_eq!(failure.code, ErrorCode::Task);
        assert_eq!(failure.message, "cannot fit");
        assert_eq!(failure.chain, ["singular matrix"]);
        assert_eq!(
            (failure.key.as_str(), failure.worker.as_str()),
            ("k-1", "w-1")
        );
    }
    assert_eq!(fail(fit::task(false)).operation, "failures::fit/1");
    assert_eq!(fail(text::task()).message, "just text");
    assert_eq!(fail(local::task()).chain, ["singular matrix"]);
    assert_eq!(fail(shown::task()).message, "only shown");
    assert_eq!(
        fail(of_ours::task()).message,
        "the graph is not valid: a cycle"
    );
    assert!(!fail(of_format::task()).message.is_empty());
}

#[test]
fn a_panic_is_an_error_with_message_and_place() {
    for failure in [fail(divide::task(1, 0)), fail(divide_later::task(1, 0))] {
        assert_eq!(failure.code, ErrorCode::Panic);
        assert_eq!(failure.message, "cannot divide 1 by zero");
        let place = failure.place.unwrap();
        assert!(place.contains("failures.rs:"), "{place}");
        assert_eq!(place.split(':').count(), 3, "{place}");
    }
    assert_eq!(rig::eval(divide::task(6, 3)), 2);
}

#[test]
fn a_panic_with_a_payload_that_panics_is_one_error() {
    let failure = fail(bomb::task());
    assert_eq!(failure.code, ErrorCode::Panic);
    assert_eq!(failure.message, "with a payload that is no text");
}

#[test]
fn long_errors_are_cut() {
    let failure = fail(long::task());
    assert!(failure.message.len() < 20_000);
    assert!(failure.message.ends_with(" ..."));
}

#[test]
fn an_abandoned_async_task_may_panic_when_it_is_dropped() {
    #[task(crate = taskloom_task)]
    async fn never() {
        let _bomb = Bomb;
        std::future::pending::<()>().await;
    }

    let mut task = never::definition().run_async(rig::context(), Vec::new());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(task.as_mut().poll(&mut cx).is_pending());
    drop(task);
}

#[test]
fn arguments_that_do_not_fit_are_named() {
    let text = ArgumentNode::Value(Value::live("seven".to_string()).encode().unwrap());
    let failure = nodes(vec![number(1), text]).unwrap_err();
    assert_eq!(failure.code, ErrorCode::Decode);
    assert!(
        failure
            .message
            .starts_with("argument `b`: cannot decode a value as i64"),
        "{failure}"
    );
    let failure = nodes(vec![number(1)]).unwrap_err();
    assert_eq!(failure.message, "argument `b`: it was not given");
    let failure = nodes(vec![number(1), number(1), number(1)]).unwrap_err();
    assert_eq!(
        failure.message,
        "1 more arguments were given than the task takes"
    );
    let failure = nodes(vec![number(1), ArgumentNode::Sequence(0)]).unwrap_err();
    assert_eq!(failure.code, ErrorCode::Decode);
    let reference = ArgumentNode::Reference {
        dependency: 3,
        part: Part::WHOLE,
    };
    assert_eq!(
        nodes(vec![reference]).unwrap_err().message,
        "input 3 is not there"
    );
    let deep = vec![ArgumentNode::Sequence(1); 100_000];
    assert!(
        nodes(deep)
            .unwrap_err()
            .message
            .contains("announces more elements")
    );
    let mut deep = vec![ArgumentNode::Sequence(1); 100_000];
    deep.push(number(1));
    assert_eq!(
        nodes(deep).unwrap_err().message,
        "the arguments nest deeper than 64"
    );
}

#[test]
fn bytes_of_no_meaning_are_an_error() {
    for header in [
        &b""[..],
        b"\xc1",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
    ] {
        let encoded = Encoded::message_pack(bytes::Bytes::from_static(header));
        assert!(nodes(vec![ArgumentNode::Value(encoded), number(1)]).is_err());
    }
    let encoded = Encoded {
        codec: Codec::Bytes,
        header: bytes::Bytes::new(),
        buffers: vec![],
    };
    assert!(nodes(vec![ArgumentNode::Value(encoded), number(1)]).is_err());
}

#[test]
fn a_result_of_another_type_is_an_error_where_it_is_awaited() {
    let future = ended::<i64>(Ok(Value::live("text".to_string())));
    assert!(matches!(
        future.result(),
        Err(taskloom_task::Error::Value(_))
    ));
}

#[test]
fn a_task_sees_that_it_is_cancelled() {
    #[task(crate = taskloom_task)]
    async fn until_cancelled(ctx: &TaskContext) -> bool {
        ctx.cancelled().await;
        ctx.is_cancelled()
    }

    let context = rig::context();
    let mut task = until_cancelled::definition().run_async(context.clone(), Vec::new());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(task.as_mut().poll(&mut cx).is_pending());
    context.cancel();
    let result = futures::executor::block_on(task).unwrap();
    assert!(result.take::<bool>().unwrap());
}

#[test]
fn scratch_files_end_with_the_run() {
    let directory = tempfile::tempdir().unwrap();
    let scope = taskloom_task::WorkerScope::new("w", directory.path());
    let key = taskloom_core::Key::new("k").unwrap();
    let context = TaskContext::new(key, taskloom_core::RunId::new(0, 1), scope);
    let scratch = context.scratch_directory().unwrap().to_owned();
    std::fs::write(scratch.join("file"), b"x").unwrap();
    assert_eq!(context.scratch_directory().unwrap(), scratch);
    drop(context);
    assert!(!scratch.exists());
}
