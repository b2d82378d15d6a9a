//! Plans of small expressions: what becomes a task, and with which steps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Input, Plan, Target};
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::Chunks;
use crate::error::Result;
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer, Leaf, UserCall};
use crate::node::number;
use taskloom_kernels::make::{Constant, Make};
use taskloom_kernels::shape::Reshape;
use taskloom_kernels::{DType, Kernel, Number, Program, Source};

/// Writes down what is made.
#[derive(Default)]
struct Written {
    leaves: usize,
    /// Names of the steps, and the inputs by handle.
    tasks: Vec<(Vec<&'static str>, Vec<usize>)>,
    made: usize,
}

impl Written {
    fn next(&mut self) -> usize {
        self.made += 1;
        self.made - 1
    }
}

impl Target for Written {
    type Handle = usize;

    fn leaf(&mut self, _leaf: &Leaf, _block: usize) -> Result<usize> {
        self.leaves += 1;
        Ok(self.next())
    }

    fn program(&mut self, program: &Program, inputs: &[Input<usize>], _: u32) -> Result<usize> {
        let steps = program
            .steps
            .iter()
            .map(|step| step.kernel.name())
            .collect();
        for (at, step) in program.steps.iter().enumerate() {
            for source in &step.inputs {
                match *source {
                    Source::Input(input) => assert!((input as usize) < inputs.len()),
                    Source::Step(step, _) => assert!((step as usize) < at),
                }
            }
        }
        let inputs = inputs.iter().map(|input| input.handle).collect();
        self.tasks.push((steps, inputs));
        Ok(self.next())
    }

    fn user(&mut self, _call: &UserCall, inputs: &[Input<usize>]) -> Result<usize> {
        let inputs = inputs.iter().map(|input| input.handle).collect();
        self.tasks.push((vec!["user"], inputs));
        Ok(self.next())
    }
}

/// Turns the two axes of its input.
struct Turned {
    axes: Vec<Axis>,
}

impl Layer for Turned {
    fn name(&self) -> &'static str {
        "turned"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, at: &[usize]) -> BlockTask {
        let order = [1, 0].as_slice().into();
        let block = BlockRef::new(0, number(&self.axes, &[at[1], at[0]]));
        BlockTask::kernel(Kernel::Reshape(Reshape::Transpose { order }), [block])
    }
}

fn turned(x: &Array) -> Array {
    let axes = x.axes().to_vec();
    let turned = axes.iter().rev().cloned().collect::<Vec<_>>();
    Array::from_layer(Turned { axes }, &[x], x.dtype(), turned)
}

/// Some blocks of its inputs, in a row: (input, block).
struct Picked(Vec<(usize, usize)>);

impl Layer for Picked {
    fn name(&self) -> &'static str {
        "picked"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.numbers(self.0.iter().flat_map(|&(input, block)| [input, block]));
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let (input, block) = self.0[at[0]];
        BlockTask::alias(BlockRef::new(input, block))
    }
}

struct Zeros(usize);

impl Layer for Zeros {
    fn name(&self) -> &'static str {
        "full"
    }

    fn identity(&self, _identity: &mut Identity) {}

    fn block(&self, _at: &[usize]) -> BlockTask {
        let shape = [self.0, self.0].as_slice().into();
        let (dtype, value) = (DType::F64, Number::Int(0));
        let zeros = Constant {
            shape,
            dtype,
            value,
        };
        BlockTask::kernel(Kernel::Make(Make::Constant(zeros)), [])
    }
}

fn values() -> Array {
    let values = ndarray::Array2::from_shape_fn((4, 4), |(i, j)| (4 * i + j) as f64);
    Array::from_ndarray(&values, Chunks::of([2, 2])).unwrap()
}

fn written(array: &Array) -> Written {
    let mut written = Written::default();
    let plan = Plan::new(&[array.node()]).unwrap();
    plan.emit(&mut written).unwrap();
    written
}

#[test]
fn a_chain_becomes_one_task_per_block() {
    let written = written(&turned(&turned(&turned(&values()))));
    assert_eq!(written.leaves, 4);
    assert_eq!(written.tasks.len(), 4);
    for (steps, inputs) in &written.tasks {
        assert_eq!(steps.len(), 3);
        assert_eq!(inputs.len(), 1);
    }
}

#[test]
fn a_very_long_chain_is_cut() {
    let mut x = values();
    for _ in 0..1000 {
        x = turned(&x);
    }
    let made = written(&x);
    assert!(made.tasks.len() > 4 && made.tasks.len() < 40);
    let steps: usize = made.tasks.iter().map(|(steps, _)| steps.len()).sum();
    assert_eq!(steps, 4000);
    assert_eq!(
        x.to_local_here::<f64>().unwrap(),
        values().to_local_here::<f64>().unwrap()
    );
}

#[test]
fn what_is_wanted_and_used_is_computed_once() {
    let x = turned(&values());
    let both = Array::from_layer(
        Picked(vec![(0, 0), (1, 0)]),
        &[&x, &turned(&x)],
        DType::F64,
        [Axis::opaque(2)],
    );
    let written = written(&both);
    assert_eq!(written.leaves, 1);
    assert_eq!(written.tasks.len(), 2);
}

#[test]
fn blocks_that_nobody_wants_are_left_out() {
    let x = turned(&turned(&values()));
    let one = Array::from_layer(Picked(vec![(0, 3)]), &[&x], DType::F64, [Axis::opaque(1)]);
    let written = written(&one);
    assert_eq!((written.leaves, written.tasks.len()), (1, 1));
}

#[test]
fn what_is_made_of_nothing_is_made_where_it_is_used() {
    let zeros = Array::from_layer(
        Zeros(2),
        &[],
        DType::F64,
        [Axis::regular(4, 2), Axis::single(2)],
    );
    let made = written(&turned(&zeros));
    assert_eq!(made.tasks.len(), 2);
    assert!(
        made.tasks
            .iter()
            .all(|(steps, _)| *steps == ["full", "transpose"])
    );
    // Wanted itself, it is a task.
    assert_eq!(written(&zeros).tasks.len(), 2);
}

#[test]
fn an_expression_that_is_built_twice_is_one() {
    let (x, y) = (turned(&values()), turned(&values()));
    assert_eq!(x.name(), y.name());
    let both = Array::from_layer(
        Picked(vec![(0, 0), (1, 0)]),
        &[&x, &y],
        DType::F64,
        [Axis::opaque(2)],
    );
    assert_eq!(written(&both).tasks.len(), 1);
}

#[test]
fn a_block_that_does_not_exist_is_an_error() {
    let x = values();
    let one = Array::from_layer(Picked(vec![(0, 99)]), &[&x], DType::F64, [Axis::opaque(1)]);
    let error = Plan::new(&[one.node()]).map(drop).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
}

#[test]
fn a_slice_passes_transposes_and_needs_few_blocks() {
    let x = values();
    let whole = (&x + &x.t()).t();
    let part = whole.slice(crate::s![..1]).unwrap();
    let made = written(&part);
    // Row 0 of two blocks, and column 0 of two, of which one is the same block.
    assert_eq!(made.leaves, 3);
    let sums = made
        .tasks
        .iter()
        .filter(|(steps, _)| steps.contains(&"add"));
    for (steps, _) in sums {
        let add = steps.iter().position(|step| *step == "add");
        assert!(!steps[add.unwrap()..].contains(&"slice"), "{steps:?}");
    }
    let values = whole.to_local_here::<f64>().unwrap();
    let values = values.slice_axis(ndarray::Axis(0), (0..1).into());
    assert_eq!(part.to_local_here::<f64>().unwrap(), values);
}

#[test]
fn a_task_takes_each_of_very_many_blocks_once() {
    let values = ndarray::Array1::from_iter((0..100).map(f64::from));
    let x = Array::from_ndarray(&values, Chunks::of([1])).unwrap();
    let twice = crate::concatenate([&x, &x], 0).unwrap();
    let whole = twice.rechunk(Chunks::of([200])).unwrap();
    let made = written(&whole);
    let inputs = made.tasks.iter().map(|(_, inputs)| inputs.clone());
    for mut inputs in inputs {
        let taken = inputs.len();
        inputs.sort_unstable();
        inputs.dedup();
        assert_eq!(inputs.len(), taken);
    }
    let result = whole.to_local_here::<f64>().unwrap();
    let expected: Vec<f64> = values.iter().chain(&values).copied().collect();
    assert_eq!(result.into_raw_vec_and_offset().0, expected);
}
