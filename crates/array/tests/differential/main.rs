//! Random expressions, computed here and compared with what numpy made of them.
//!
//! `generate.py` draws them and writes them with numpy's results; `recorded.jsonl.gz` is one such
//! file, so that this test runs without Python. `cargo xtask test --peers` draws it anew, and others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod apply;
mod expression;
mod numbers;

use expression::{Argument, Expression, Input, Step};
use std::collections::{BTreeMap, BTreeSet};
use taskloom_array::{Array, ArrayError, OnUnknown, Result};
use taskloom_client::Client;
use taskloom_cluster::LocalCluster;

/// Most disagreements that are printed of an operation.
const SHOWN: usize = 3;

/// Recorded expressions that do not agree yet, and why. Empty is what it should be.
const KNOWN: &[(&str, &str)] = &[];

/// How an expression is computed.
#[derive(Clone, Copy, PartialEq)]
enum Sizes {
    /// Chunk sizes are forgotten where the expression says so.
    Forgotten,
    /// All chunk sizes of inputs are known.
    Known,
}

/// The array of an input, cut as it says.
fn input(input: &Input, sizes: Sizes) -> Result<Array> {
    let mut blocks = vec![input.array.block()];
    for (axis, lengths) in input.chunks.iter().enumerate() {
        let mut cut = Vec::new();
        for block in &blocks {
            let mut start = 0;
            for &len in lengths {
                cut.push(block.sliced(axis, start, len, 1)?);
                start += len;
            }
        }
        blocks = cut;
    }
    let grid: Vec<usize> = input.chunks.iter().map(Vec::len).collect();
    let array = Array::from_blocks(blocks, &grid)?;
    if input.unknown.is_empty() || sizes == Sizes::Known {
        return Ok(array);
    }
    array.forget_chunk_sizes_along(input.unknown.iter().map(|&axis| axis as isize))
}

fn is_about_sizes(error: &ArrayError) -> bool {
    matches!(
        error.root(),
        ArrayError::UnknownChunks { .. } | ArrayError::NotAligned { .. }
    )
}

/// What came of an expression.
struct Outcome {
    values: Vec<Option<Array>>,
    /// How often sizes had to be computed before a step could be made.
    sized: usize,
}

/// Makes the arrays of an expression; the last step's failure is the error.
fn build(
    expression: &Expression,
    sizes: Sizes,
    client: Option<&Client>,
) -> Result<Outcome, (String, ArrayError)> {
    let mut outcome = Outcome {
        values: Vec::new(),
        sized: 0,
    };
    let ends = expression
        .steps
        .iter()
        .map(|step| step.place + step.results);
    let ends = ends.chain(expression.inputs.iter().map(|input| input.place + 1));
    outcome.values.resize(ends.max().unwrap_or(0), None);
    for one in &expression.inputs {
        let mut array = input(one, sizes).map_err(|e| ("input".to_owned(), e))?;
        if let Some(client) = client {
            array = array.on(client);
        }
        outcome.values[one.place] = Some(array);
    }
    for step in &expression.steps {
        let named = |error| (step.op.clone(), error);
        let arrays = step.args.iter().map(|argument| match argument {
            Argument::V(place) => outcome.values[*place].clone(),
            _ => None,
        });
        let arrays: Vec<Option<Array>> = arrays.collect();
        let made = match run(step, &arrays) {
            Err(error) if is_about_sizes(&error) && !works_on_unknown(&step.op) => {
                outcome.sized += 1;
                let sized = arrays.iter().map(|array| {
                    let sized = array.as_ref().map(Array::compute_chunk_sizes_here);
                    sized.transpose()
                });
                let sized = sized.collect::<Result<Vec<_>>>().map_err(named)?;
                run(step, &sized)
            }
            other => other,
        };
        for (at, array) in made.map_err(named)?.into_iter().enumerate() {
            outcome.values[step.place + at] = Some(array);
        }
    }
    Ok(outcome)
}

fn run(step: &Step, arrays: &[Option<Array>]) -> Result<Vec<Array>> {
    let made = apply::apply(step, arrays)?;
    // An array in the failed state is as good as an error.
    made.iter().try_for_each(Array::check)?;
    Ok(made)
}

/// Whether the registry says that an operation works on unknown sizes whatever they are.
fn works_on_unknown(operation: &str) -> bool {
    let name = apply::registered_name(operation);
    let entry = taskloom_array::operations().find(|entry| entry.name == name);
    entry.is_some_and(|entry| matches!(entry.unknown, OnUnknown::Works(_)))
}

/// What is wrong with an expression, if anything; also if something panics.
fn judge(expression: &Expression, sizes: Sizes) -> Option<String> {
    let judged = std::panic::catch_unwind(|| disagreement(expression, sizes));
    judged.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
        Some(format!("panicked: {}", text.unwrap_or_default()))
    })
}

fn disagreement(expression: &Expression, sizes: Sizes) -> Option<String> {
    let outcome = build(expression, sizes, None);
    if expression.fails {
        let computed = outcome.and_then(|outcome| {
            let last = expression.steps.last().expect("steps").place;
            let array = outcome.values[last].clone().expect("a result");
            array.compute_here().map_err(|e| (String::new(), e))
        });
        return computed
            .is_ok()
            .then(|| "numpy refuses this, and it was computed".to_owned());
    }
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err((step, error)) => return Some(format!("{step}: {error}")),
    };
    for output in &expression.outputs {
        let array = outcome.values[output.v].as_ref().expect("a result");
        if array.dtype() != output.array.dtype() {
            return Some(format!(
                "declared {} instead of {}",
                array.dtype(),
                output.array.d
            ));
        }
        let block = match array.compute_here() {
            Ok(block) => block,
            Err(error) => return Some(format!("computing: {error}")),
        };
        let wrong = output
            .array
            .differs(&block, expression.scale, expression.single);
        if wrong.is_some() {
            return wrong;
        }
    }
    None
}

fn report(wrong: &[(String, String)], of: usize) {
    let mut by_operation: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (id, what) in wrong {
        let operation = id
            .rsplit_once('-')
            .map_or(id.as_str(), |(operation, _)| operation);
        let shown = format!("{id}: {what}");
        by_operation.entry(operation).or_default().push(shown);
    }
    let shown = by_operation.iter().map(|(operation, what)| {
        let some: Vec<&str> = what.iter().take(SHOWN).map(String::as_str).collect();
        format!(
            "{operation}: {} of them\n    {}",
            what.len(),
            some.join("\n    ")
        )
    });
    assert!(
        wrong.is_empty(),
        "{} of {of} expressions disagree with numpy\n{}",
        wrong.len(),
        shown.collect::<Vec<_>>().join("\n")
    );
}

/// The expressions to look at: all, or those whose id begins as `TASKLOOM_EXPRESSION` says.
fn chosen() -> Vec<Expression> {
    let begin = std::env::var("TASKLOOM_EXPRESSION").unwrap_or_default();
    let mut all = expression::all();
    all.retain(|expression| {
        let known = KNOWN.iter().any(|(id, _)| match id.ends_with('-') {
            true => expression.id.starts_with(id),
            false => expression.id == *id,
        });
        expression.id.starts_with(&begin) && !known
    });
    all
}

#[test]
fn random_expressions_agree_with_numpy() {
    let expressions = chosen();
    let mut wrong = Vec::new();
    for expression in &expressions {
        if let Some(what) = judge(expression, Sizes::Forgotten) {
            wrong.push((expression.id.clone(), what));
        }
    }
    report(&wrong, expressions.len());
}

#[test]
fn they_agree_as_well_where_sizes_are_known() {
    let mut expressions = chosen();
    expressions.retain(|e| e.inputs.iter().any(|input| !input.unknown.is_empty()));
    let wrong: Vec<(String, String)> = expressions
        .iter()
        .filter_map(|e| Some((e.id.clone(), judge(e, Sizes::Known)?)))
        .collect();
    report(&wrong, expressions.len());
}

#[test]
fn every_operation_of_the_registry_occurs() {
    let occurring: BTreeSet<String> = expression::all()
        .iter()
        .flat_map(|expression| &expression.steps)
        .map(|step| apply::registered_name(&step.op).to_owned())
        .collect();
    let registered: BTreeSet<&str> = taskloom_array::operations()
        .map(|entry| entry.name)
        .collect();
    let missing: Vec<&&str> = registered
        .iter()
        .filter(|name| !occurring.contains(**name) && !apply::COMPARED_ELSEWHERE.contains(name))
        .collect();
    assert!(missing.is_empty(), "not compared with numpy: {missing:?}");
    let unknown: Vec<&String> = occurring
        .iter()
        .filter(|name| !registered.contains(name.as_str()))
        .collect();
    assert!(unknown.is_empty(), "not in the registry: {unknown:?}");
}

/// One in so many expressions also runs on a cluster.
const SAMPLE: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_agrees_on_a_cluster() {
    let cluster = LocalCluster::builder().workers(2).start().await.unwrap();
    let client = cluster.client().await.unwrap();
    let expressions: Vec<Expression> = chosen().into_iter().step_by(SAMPLE).collect();
    let mut wrong = Vec::new();
    for expression in expressions.iter().filter(|expression| !expression.fails) {
        let built = build(expression, Sizes::Forgotten, Some(&client));
        let outcome = match built {
            Ok(outcome) => outcome,
            Err((step, error)) => {
                wrong.push((expression.id.clone(), format!("{step}: {error}")));
                continue;
            }
        };
        for output in &expression.outputs {
            let array = outcome.values[output.v]
                .as_ref()
                .expect("a result")
                .on(&client);
            let what = match array.compute().await {
                Ok(block) => output
                    .array
                    .differs(&block, expression.scale, expression.single),
                Err(error) => Some(format!("computing: {error}")),
            };
            wrong.extend(what.map(|what| (expression.id.clone(), what)));
        }
    }
    report(&wrong, expressions.len());
    client.close().await;
    cluster.close().await.unwrap();
}
