//! Programs give what their steps give one after another.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Program, Source, Step};
use crate::Align;
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::elementwise::{Binary, Elementwise, Operand, Unary};
use crate::error::KernelError;
use crate::kernel::Kernel;
use crate::reduce::{Axes, Reduce, Reduction, What};
use crate::scalar::Scalar;
use crate::shape::Reshape;
use proptest::prelude::{Strategy, prop_assert_eq, proptest};
use smallvec::smallvec;
use std::sync::Arc;

fn step(kernel: Kernel, inputs: &[Source]) -> Step {
    Step {
        kernel: Arc::new(kernel),
        inputs: inputs.iter().copied().collect(),
        align: None,
    }
}

fn binary(op: Binary) -> Kernel {
    Kernel::Elementwise(Elementwise::binary(op, DType::F64))
}

fn with_number(op: Binary, number: f64) -> Kernel {
    let operands = [Operand::Block, Operand::Number(Scalar::from(number))];
    Kernel::Elementwise(Elementwise::binary_of(op, DType::F64, operands))
}

fn reduce(what: What, axes: Axes) -> Kernel {
    Kernel::Reduce(Reduce::Whole(Reduction {
        what,
        axes,
        keepdims: false,
        skip_nan: false,
        dtype: DType::F64,
    }))
}

/// Each step by itself.
fn one_after_another(program: &Program, inputs: &[Block]) -> Block {
    let mut made: Vec<Vec<Block>> = Vec::new();
    for step in &program.steps {
        let of = step.inputs.iter().map(|source| match *source {
            Source::Input(input) => inputs[input as usize].clone(),
            Source::Step(step, output) => made[step as usize][output as usize].clone(),
        });
        let outputs = step.kernel.run(of.collect()).unwrap();
        made.push(outputs.into_vec());
    }
    made.pop().unwrap().remove(0)
}

fn block(rows: usize, columns: usize) -> Block {
    let elements = (0..rows * columns).map(|at| (at * 7919 % 1000) as f64 / 10.0);
    Block::new(elements.collect::<Vec<f64>>(), &[rows, columns]).unwrap()
}

#[test]
fn a_sum_with_its_transpose_is_reduced_in_bands() {
    let turned = Kernel::Reshape(Reshape::Transpose {
        order: smallvec![1, 0],
    });
    for (what, axes) in [
        (What::Mean, Axes::all(2)),
        (What::Std { ddof: 0 }, Axes::of([0])),
        (What::Max, Axes::of([1])),
        (What::Sum, Axes::of([1])),
        (What::ArgMax, Axes::all(2)),
    ] {
        let program = Program {
            steps: vec![
                step(turned.clone(), &[Source::Input(1)]),
                step(binary(Binary::Add), &[Source::Input(0), Source::Step(0, 0)]),
                step(with_number(Binary::Multiply, 0.5), &[Source::Step(1, 0)]),
                step(reduce(what, axes), &[Source::Step(2, 0)]),
            ],
        };
        let inputs = vec![block(300, 211), block(211, 300)];
        let expected = one_after_another(&program, &inputs);
        let got = program.run(inputs).unwrap().remove(0);
        assert_eq!(got.shape(), expected.shape());
        if what == What::ArgMax {
            assert_eq!(got, expected);
            continue;
        }
        let (got, expected) = (got.view::<f64>().unwrap(), expected.view::<f64>().unwrap());
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() <= 1e-12 * expected.abs(), "{what:?}");
        }
    }
}

#[test]
fn small_operands_are_computed_once_before_they_are_stretched() {
    let program = Program {
        steps: vec![
            step(with_number(Binary::Divide, 4.0), &[Source::Input(1)]),
            step(
                binary(Binary::Subtract),
                &[Source::Input(0), Source::Step(0, 0)],
            ),
            step(
                binary(Binary::Multiply),
                &[Source::Step(1, 0), Source::Step(1, 0)],
            ),
            step(
                binary(Binary::Add),
                &[Source::Step(2, 0), Source::Step(0, 0)],
            ),
        ],
    };
    let row = Block::vector((0..50).map(f64::from).collect::<Vec<f64>>());
    let inputs = vec![block(70, 50), row];
    let expected = one_after_another(&program, &inputs);
    assert_eq!(program.run(inputs).unwrap()[0], expected);
}

#[test]
fn lengths_of_unknown_axes_are_compared_inside_of_groups() {
    let align = Align {
        names: smallvec!["left".to_owned(), "right".to_owned()],
        block: smallvec![3],
        stretch: smallvec![0, 0],
    };
    let mut sum = step(binary(Binary::Add), &[Source::Step(0, 0), Source::Input(1)]);
    sum.align = Some(Box::new(align));
    let program = Program {
        steps: vec![
            step(with_number(Binary::Add, 1.0), &[Source::Input(0)]),
            sum,
            step(with_number(Binary::Add, 1.0), &[Source::Step(1, 0)]),
        ],
    };
    let error = program.run(vec![
        Block::vector(vec![1.0]),
        Block::vector(vec![1.0, 2.0]),
    ]);
    let expected =
        "add: left and right are cut differently: block (3,) has 1 elements along axis 0";
    let error = error.unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn casts_that_fail_are_counted_over_all_bands() {
    let elements: Vec<f64> = (0..100_000)
        .map(|at| if at % 1000 == 0 { f64::NAN } else { 1.0 })
        .collect();
    let mut sum = Reduction {
        what: What::Sum,
        axes: Axes::all(1),
        keepdims: false,
        skip_nan: false,
        dtype: DType::I32,
    };
    let program = |sum| Program {
        steps: vec![
            step(
                Kernel::Elementwise(Elementwise::cast(DType::I32)),
                &[Source::Input(0)],
            ),
            step(Kernel::Reduce(Reduce::Partial(sum)), &[Source::Step(0, 0)]),
        ],
    };
    let error = program(sum)
        .run(vec![Block::vector(elements.clone())])
        .unwrap_err();
    assert!(
        matches!(error, KernelError::NotFinite { count: 100, .. }),
        "{error}"
    );
    sum.dtype = DType::F64;
    assert!(program(sum).run(vec![Block::vector(elements)]).is_err());
}

#[test]
fn casts_that_fail_inside_a_mask_are_counted_over_all_bands() {
    let elements = (0..100_000).map(|at| if at % 1000 == 0 { f64::NAN } else { 1.0 });
    let data = Block::vector(elements.collect::<Vec<f64>>());
    let operands = [Operand::Block, Operand::Number(Scalar::from(0))];
    let above = Elementwise::binary_of(Binary::Greater, DType::I32, operands);
    let select = Kernel::Index(crate::index::Index::Select { axis: 0 });
    let program = Program {
        steps: vec![
            step(
                Kernel::Elementwise(Elementwise::cast(DType::I32)),
                &[Source::Input(0)],
            ),
            step(Kernel::Elementwise(above), &[Source::Step(0, 0)]),
            step(select, &[Source::Input(0), Source::Step(1, 0)]),
            step(reduce(What::Sum, Axes::all(1)), &[Source::Step(2, 0)]),
        ],
    };
    let error = program.run(vec![data]).unwrap_err();
    assert!(
        matches!(error, KernelError::NotFinite { count: 100, .. }),
        "{error}"
    );
}

#[test]
fn chains_use_the_memory_of_their_input() {
    let input = Block::vector(vec![4.0; 100_000]);
    let place = input.as_slice::<f64>().unwrap().unwrap().as_ptr();
    let program = Program {
        steps: vec![
            step(with_number(Binary::Multiply, 4.0), &[Source::Input(0)]),
            step(
                Kernel::Elementwise(Elementwise::unary(Unary::Sqrt, DType::F64)),
                &[Source::Step(0, 0)],
            ),
        ],
    };
    let out = program.run(vec![input]).unwrap().remove(0);
    let out = out.as_slice::<f64>().unwrap().unwrap();
    assert_eq!(out.as_ptr(), place);
    assert!(out.iter().all(|&one| one == 4.0));
}

#[test]
fn a_program_of_no_sense_is_an_error() {
    let later = Program {
        steps: vec![step(
            binary(Binary::Add),
            &[Source::Input(0), Source::Step(0, 0)],
        )],
    };
    assert!(later.run(vec![Block::scalar(1.0)]).is_err());
    let missing = Program {
        steps: vec![
            step(with_number(Binary::Add, 1.0), &[Source::Input(0)]),
            step(
                binary(Binary::Add),
                &[Source::Step(0, 0), Source::Step(0, 1)],
            ),
        ],
    };
    assert!(missing.run(vec![Block::scalar(1.0)]).is_err());
}

/// Steps that take any two of what is there before them.
fn programs() -> impl Strategy<Value = Program> {
    let one = (0..5_usize, 0..100_u32, 0..100_u32);
    proptest::collection::vec(one, 1..9).prop_map(|drawn| {
        let mut steps = Vec::new();
        for (at, (op, left, right)) in drawn.into_iter().enumerate() {
            let source = |drawn: u32| match drawn % (at as u32 + 3) {
                input if input < 3 => Source::Input(input),
                step => Source::Step(step - 3, 0),
            };
            let (left, right) = (source(left), source(right));
            steps.push(match op {
                0 => step(with_number(Binary::Subtract, 2.5), &[left]),
                1 => step(binary(Binary::Add), &[left, right]),
                2 => step(binary(Binary::Maximum), &[left, right]),
                3 => step(
                    Kernel::Elementwise(Elementwise::unary(Unary::Floor, DType::F64)),
                    &[left],
                ),
                _ => step(binary(Binary::Subtract), &[left, right]),
            });
        }
        Program { steps }
    })
}

proptest! {
    #[test]
    fn groups_give_what_their_steps_give(
        program in programs(),
        rows in 0..40_usize,
        columns in 0..40_usize,
        turned in proptest::bool::ANY,
    ) {
        let full = match turned {
            true => block(columns, rows).permuted(&[1, 0]).unwrap(),
            false => block(rows, columns),
        };
        let row: Extent = smallvec![1, columns];
        let row = Block::vector(vec![1.5; columns]).reshaped(&row).unwrap();
        let inputs = vec![full, row, Block::scalar(3.0)];
        let expected = one_after_another(&program, &inputs);
        prop_assert_eq!(&program.run(inputs).unwrap()[0], &expected);
    }
}

proptest! {
    /// What a mask selects is reduced as it is selected, and with the same result.
    #[test]
    fn selections_are_reduced_in_bands(
        rows in 0_usize..300, columns in 0_usize..300, bound in 0.0..100.0_f64,
        (what, made) in (0_usize..3, proptest::bool::ANY),
    ) {
        let what = [What::Sum, What::CountNonzero, What::Std { ddof: 0 }][what];
        let select = Kernel::Index(crate::index::Index::Select { axis: 0 });
        let program = Program {
            steps: vec![
                step(with_number(Binary::Multiply, 0.5), &[Source::Input(0)]),
                step(with_number(Binary::Greater, bound), &[Source::Step(0, 0)]),
                step(select, &[
                    Source::Input(0),
                    if made { Source::Step(1, 0) } else { Source::Input(1) },
                ]),
                step(reduce(what, Axes::of([0])), &[Source::Step(2, 0)]),
            ],
        };
        let data = block(rows, columns);
        let mask = Kernel::Elementwise(Elementwise::binary_of(
            Binary::Less,
            DType::F64,
            [Operand::Block, Operand::Number(Scalar::from(bound))],
        ));
        let mask = mask.run(vec![data.clone()]).unwrap().remove(0);
        let inputs = vec![data, mask];
        let program = match made {
            true => program,
            false => Program { steps: vec![
                Step { inputs: smallvec![Source::Input(0), Source::Input(1)], ..program.steps[2].clone() },
                Step { inputs: smallvec![Source::Step(0, 0)], ..program.steps[3].clone() },
            ] },
        };
        let expected = number(&one_after_another(&program, &inputs));
        let found = number(&program.run(inputs).unwrap()[0]);
        let near = (expected - found).abs() <= expected.abs() * 1e-12;
        proptest::prop_assert!(near || expected.is_nan() && found.is_nan(), "{expected} {found}");
    }
}

fn number(block: &Block) -> f64 {
    match block.dtype() {
        DType::I64 => block.item::<i64>().unwrap() as f64,
        _ => block.item::<f64>().unwrap(),
    }
}
