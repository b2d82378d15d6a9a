//! Calls: their keys, options and limits, and the registry of what can be called.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod rig;

use rig::done;
use std::time::Duration;
use taskloom_core::limits::{ARGUMENT_BYTES_MAX, BACKOFF};
use taskloom_core::{Key, ResourceAmount, TaskOptions};
use taskloom_task::{
    Definition, Dependency, Error, Node, Registry, RegistryError, Run, TaskCall, Value, task,
};

#[task(crate = taskloom_task)]
fn inc(x: i64) -> i64 {
    x + 1
}

#[task(crate = taskloom_task)]
fn total(parts: Vec<i64>) -> i64 {
    parts.iter().sum()
}

#[task(crate = taskloom_task)]
fn len(data: &[u8]) -> usize {
    data.len()
}

#[task(crate = taskloom_task, impure)]
fn roll() -> u64 {
    4
}

#[task(name = "prices.load", version = 2, crate = taskloom_task)]
fn load(day: &str) -> Vec<f64> {
    vec![day.len() as f64]
}

fn key<T>(call: TaskCall<T>) -> String {
    call.final_key().unwrap().to_string()
}

#[test]
fn the_same_call_has_the_same_key() {
    let one = key(inc::task(1));
    assert_eq!(one, key(inc::task(1)));
    assert_ne!(one, key(inc::task(2)));
    let (name, hash) = one.split_once('-').unwrap();
    assert_eq!(name, "inc");
    assert!(hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(key(load::task("monday")).starts_with("prices.load-"));
    assert_ne!(key(roll::task()), key(roll::task()));
}

#[test]
fn what_the_result_depends_on_is_in_the_key() {
    let (a, b) = (done(1), done(1));
    assert_eq!(key(inc::task(&a)), key(inc::task(&a)));
    assert_ne!(key(inc::task(&a)), key(inc::task(&b)));
    assert_ne!(key(total::task([&a, &b])), key(total::task([&b, &a])));
    assert_ne!(key(total::task([&a])), key(total::task([&a, &a])));
    let list = done(vec![1, 2]);
    assert_ne!(
        key(inc::task(list.element(0))),
        key(inc::task(list.element(1)))
    );
    assert_ne!(key(len::task(vec![0; 5000])), key(len::task(vec![0; 5001])));
    assert_ne!(key(inc::task(1)), key(inc::task(1).resource("GPU", 1.0)));
    assert_ne!(key(inc::task(1)), key(inc::task(1).workers(["w"])));
    assert_eq!(key(inc::task(1)), key(inc::task(1).priority(9)));
    assert_eq!(key(inc::task(1).key("mine")), "mine");
}

#[test]
fn a_call_comes_apart() {
    let a = done(1);
    let call = total::task([&a, &a])
        .key("sum")
        .priority(10)
        .resource("b", 0.5)
        .resource("a", 1.0)
        .resource("b", 2.0)
        .workers(["w2", "w1", "w2"]);
    let parts = call.into_parts().unwrap();
    assert_eq!(parts.key.as_str(), "sum");
    assert_eq!(parts.operation().to_string(), "calls::total/1");
    assert_eq!(
        (
            parts.nodes.len(),
            parts.dependencies.len(),
            parts.argument_bytes
        ),
        (3, 1, 0)
    );
    let options = parts.options.unwrap();
    assert_eq!(options.priority, 10);
    let amount = |units| ResourceAmount::from_units(units).unwrap();
    assert_eq!(
        options.resources,
        [("a".to_string(), amount(1.0)), ("b".into(), amount(2.0))]
    );
    assert_eq!(options.workers, ["w1", "w2"]);
    let parts = inc::task(1).key("x").into_parts().unwrap();
    assert!(parts.options.is_none());
    assert_eq!(parts.argument_bytes, 1);
}

#[test]
fn a_call_that_cannot_be_submitted_says_why() {
    let reason = |call: TaskCall<usize>| match call.into_parts() {
        Err(Error::Call { operation, reason }) => {
            assert_eq!(operation, "calls::len/1");
            reason
        }
        _ => panic!("the call is valid"),
    };
    let large = vec![0_u8; ARGUMENT_BYTES_MAX + 1];
    assert!(reason(len::task(large)).contains("scatter"));
    assert_eq!(reason(len::task(vec![]).key("")), "a key must not be empty");
    assert!(reason(len::task(vec![]).key("k".repeat(2000))).contains("at most"));
    let negative = reason(len::task(vec![]).resource("GPU", -1.0));
    assert_eq!(negative, "-1 is no amount of the resource GPU");
}

#[test]
fn nodes_of_a_graph_are_dependencies() {
    let node: Node<Vec<i64>> = Node::new(9, 4, Key::new("list").unwrap());
    let call = total::task([node.element(0), node.element(1)]);
    let parts = call.into_parts().unwrap();
    assert_eq!(parts.dependencies.len(), 1);
    let Dependency::Node(reference) = &parts.dependencies[0] else {
        panic!("no node")
    };
    assert_eq!(
        (
            reference.graph(),
            reference.index(),
            reference.key().as_str()
        ),
        (9, 4, "list")
    );
    assert_ne!(
        key(total::task(&node)),
        key(total::task(Node::new(9, 5, Key::new("x").unwrap())))
    );
    let pair: Node<(i64, String)> = Node::new(9, 6, Key::new("pair").unwrap());
    let (number, _) = pair.split();
    assert!(inc::task(number).final_key().is_ok());
}

#[test]
fn the_registry_has_what_is_linked_sorted_by_name() {
    let registry = Registry::linked().unwrap();
    let names: Vec<String> = registry
        .operations()
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "again/1",
        "calls::inc/1",
        "calls::len/1",
        "calls::roll/1",
        "calls::total/1",
        "prices.load/2",
    ];
    assert_eq!(names, expected);
    assert_eq!((registry.len(), registry.is_empty()), (6, false));
    assert_eq!(registry.get(2).unwrap().name(), "calls::len");
    assert!(registry.get(6).is_none());
    assert_eq!(registry.find("prices.load", 2).unwrap().version(), 2);
    assert!(registry.find("prices.load", 1).is_none());
    assert!(!registry.find("calls::roll", 1).unwrap().is_pure());
    assert!(inc::definition().source().contains("calls.rs:"));
}

#[test]
fn s9_a_name_is_taken_once() {
    const RUN: Run = Run::Thread(|_, _| Ok(Value::live(())));
    static OTHER: Definition = Definition::new("calls::inc", 1, 5, RUN);
    static NEXT: Definition = Definition::new("calls::inc", 2, 5, RUN);
    static NAMELESS: Definition = Definition::new("", 1, 5, RUN);
    let registry = Registry::linked().unwrap().with(&NEXT).unwrap();
    let error = registry.clone().with(&OTHER).unwrap_err();
    assert!(matches!(&error, RegistryError::Duplicate { name, .. } if name == "calls::inc"));
    assert!(error.to_string().contains("calls.rs:"), "{error}");
    assert!(matches!(
        registry.with(&NAMELESS),
        Err(RegistryError::Name { .. })
    ));
}

#[test]
fn signatures_differ_as_types_do() {
    let signatures = [inc::definition(), total::definition(), len::definition()];
    let mut signatures = signatures.map(Definition::signature);
    signatures.sort_unstable();
    assert!(signatures.windows(2).all(|pair| pair[0] != pair[1]));

    mod again {
        #[taskloom_task::task(crate = taskloom_task, name = "again")]
        pub fn inc(y: i64) -> i64 {
            y - 1
        }
    }
    assert_eq!(
        again::inc::definition().signature(),
        inc::definition().signature()
    );
}

#[test]
fn options_travel_beside_the_call() {
    let second = Duration::from_secs(1);
    let call = inc::task(1)
        .retries(3)
        .timeout(second)
        .label("trial")
        .job("nightly")
        .workers(["b", "a"])
        .or_any();
    let options = call.into_parts().unwrap().options.unwrap();
    let expected = TaskOptions {
        retries: 3,
        backoff: BACKOFF,
        timeout: second,
        label: "trial".into(),
        job: "nightly".into(),
        workers: vec!["a".into(), "b".into()],
        or_any: true,
        ..TaskOptions::default()
    };
    assert_eq!(options, expected);
    let backoff = |call: TaskCall<i64>| call.into_parts().unwrap().options.unwrap().backoff;
    assert_eq!(backoff(inc::task(1).retries(1).backoff(second)), second);
    assert_eq!(
        backoff(inc::task(1).backoff(Duration::ZERO).retries(1)),
        Duration::ZERO
    );
    // A pause before retries that do not happen is none.
    let never = inc::task(1).backoff(second).into_parts().unwrap();
    assert_eq!(never.options, None);
}

#[test]
fn only_where_a_task_may_run_is_in_its_key() {
    let plain = key(inc::task(1));
    let second = Duration::from_secs(1);
    let call = inc::task(1).retries(3).backoff(second).timeout(second);
    assert_eq!(key(call.label("x").job("y").priority(2)), plain);
    let here = key(inc::task(1).workers(["here"]));
    let anywhere = key(inc::task(1).workers(["here"]).or_any());
    assert!(plain != here && here != anywhere && plain != anywhere);
    assert_eq!(key(roll::task().pure(true)), key(roll::task().pure(true)));
    assert_ne!(key(inc::task(1).pure(false)), key(inc::task(1).pure(false)));
}
