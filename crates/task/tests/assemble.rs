//! Arguments: trees of values, futures and containers survive being a flat list, and lists that are
//! no trees are errors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::collection::vec;
use proptest::prelude::*;
use taskloom_core::arguments::{Part, validate};
use taskloom_core::{ArgumentNode, ErrorCode};
use taskloom_task::{Argument, Value, assemble};

#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Value(i64),
    Reference(u32, Option<u32>),
    Sequence(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Tree::Value),
        (0_u32..5, proptest::option::of(0_u32..4)).prop_map(|(at, part)| Tree::Reference(at, part)),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Tree::Sequence),
            vec((inner.clone(), inner), 0..3).prop_map(Tree::Map),
        ]
    })
}

fn part(index: Option<u32>) -> Part {
    index.map_or(Part::WHOLE, Part::element)
}

fn flatten(tree: &Tree, nodes: &mut Vec<ArgumentNode>) {
    match tree {
        Tree::Value(value) => {
            nodes.push(ArgumentNode::Value(Value::live(*value).encode().unwrap()));
        }
        Tree::Reference(dependency, index) => {
            let (dependency, part) = (*dependency, part(*index));
            nodes.push(ArgumentNode::Reference { dependency, part });
        }
        Tree::Sequence(items) => {
            nodes.push(ArgumentNode::Sequence(items.len() as u32));
            items.iter().for_each(|item| flatten(item, nodes));
        }
        Tree::Map(entries) => {
            nodes.push(ArgumentNode::Map(entries.len() as u32));
            for (key, value) in entries {
                flatten(key, nodes);
                flatten(value, nodes);
            }
        }
    }
}

/// The value that a reference stands for here.
fn made(dependency: u32, part: Part) -> i64 {
    -i64::from(dependency * 100 + part.number()) - 1
}

fn agrees(tree: &Tree, argument: &Argument) -> bool {
    match (tree, argument) {
        (Tree::Value(value), Argument::Value(given)) => *given.get::<i64>().unwrap() == *value,
        (Tree::Reference(at, index), Argument::Value(given)) => {
            *given.get::<i64>().unwrap() == made(*at, part(*index))
        }
        (Tree::Sequence(items), Argument::Sequence(given)) => {
            items.len() == given.len() && items.iter().zip(given).all(|(a, b)| agrees(a, b))
        }
        (Tree::Map(entries), Argument::Map(given)) => {
            let both = entries.iter().zip(given);
            entries.len() == given.len()
                && both
                    .into_iter()
                    .all(|(a, b)| agrees(&a.0, &b.0) && agrees(&a.1, &b.1))
        }
        _ => false,
    }
}

/// The same tree as a value of its own, to compare what a container becomes when it is taken whole.
fn json(tree: &Tree) -> serde_json::Value {
    match tree {
        Tree::Value(value) => (*value).into(),
        Tree::Reference(at, index) => made(*at, part(*index)).into(),
        Tree::Sequence(items) => items.iter().map(json).collect(),
        // Maps have numbers as keys here, which this format does not know.
        Tree::Map(_) => serde_json::Value::Null,
    }
}

fn has_map(tree: &Tree) -> bool {
    match tree {
        Tree::Map(_) => true,
        Tree::Sequence(items) => items.iter().any(has_map),
        _ => false,
    }
}

proptest! {
    #[test]
    fn trees_survive(trees in vec(tree(), 0..4)) {
        let mut nodes = Vec::new();
        trees.iter().for_each(|tree| flatten(tree, &mut nodes));
        prop_assert_eq!(validate(&nodes, 5), Ok(trees.len()));
        let input = |dependency, part| Some(Value::live(made(dependency, part)));
        let arguments = assemble(nodes, input).unwrap();
        prop_assert_eq!(arguments.len(), trees.len());
        for (tree, argument) in trees.iter().zip(arguments) {
            prop_assert!(agrees(tree, &argument));
            if !has_map(tree) {
                prop_assert_eq!(argument.take::<serde_json::Value>().unwrap(), json(tree));
            }
        }
    }

    #[test]
    fn lists_that_are_no_trees_are_errors(
        kinds in vec((0_u8..4, 0_u32..6), 0..40),
    ) {
        let nodes: Vec<ArgumentNode> = kinds
            .into_iter()
            .map(|(kind, n)| match kind {
                0 => ArgumentNode::Sequence(n),
                1 => ArgumentNode::Map(n),
                2 => ArgumentNode::Reference { dependency: n, part: Part::from_number(n) },
                _ => ArgumentNode::Value(Value::live(n).encode().unwrap()),
            })
            .collect();
        let valid = validate(&nodes, usize::MAX);
        let assembled = assemble(nodes, |_, _| Some(Value::live(0)));
        match (valid, assembled) {
            (Ok(n), Ok(arguments)) => prop_assert_eq!(arguments.len(), n),
            (Err(_), Err(failure)) => prop_assert_eq!(failure.code, ErrorCode::Decode),
            (valid, assembled) => prop_assert!(false, "{valid:?} {assembled:?}"),
        }
    }
}
