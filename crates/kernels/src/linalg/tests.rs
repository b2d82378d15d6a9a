//! Tests of linear algebra.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::Linalg;
use crate::block::Block;
use crate::dtype::DType;
use crate::kernel::Outputs;
use num_complex::Complex;

fn matrix(rows: usize, elements: &[f64]) -> Block {
    Block::new(elements.to_vec(), &[rows, elements.len() / rows]).unwrap()
}

/// Numbers without a pattern, the same each time.
fn scattered(rows: usize, columns: usize, seed: u64) -> Block {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
    };
    Block::new(
        (0..rows * columns).map(|_| next()).collect(),
        &[rows, columns],
    )
    .unwrap()
}

fn run(kernel: &Linalg, inputs: &[&Block]) -> Outputs {
    kernel
        .run(inputs.iter().map(|&block| block.clone()).collect())
        .unwrap()
}

fn error(kernel: &Linalg, inputs: &[&Block]) -> String {
    let inputs = inputs.iter().map(|&block| block.clone()).collect();
    kernel.run(inputs).unwrap_err().to_string()
}

fn times(left: &Block, right: &Block) -> Block {
    let kernel = crate::multiply::Multiply::Contract {
        left: [0, 1].as_slice().into(),
        right: [1, 2].as_slice().into(),
        out: [0, 2].as_slice().into(),
        matched: None,
    };
    kernel
        .run(vec![left.clone(), right.clone()])
        .unwrap()
        .remove(0)
}

fn turned(block: &Block) -> Block {
    block.permuted(&[1, 0]).unwrap()
}

#[track_caller]
fn close(left: &Block, right: &Block) {
    assert_eq!(left.shape(), right.shape());
    let (left, right) = (left.view::<f64>().unwrap(), right.view::<f64>().unwrap());
    let most = left
        .iter()
        .zip(right)
        .map(|(l, r)| (l - r).abs())
        .fold(0.0, f64::max);
    assert!(most < 1e-10, "{most}");
}

fn identity(size: usize) -> Block {
    let mut elements = vec![0.0; size * size];
    (0..size).for_each(|at| elements[at * size + at] = 1.0);
    Block::new(elements, &[size, size]).unwrap()
}

#[test]
fn q_and_r_give_the_matrix() {
    for (rows, columns) in [(5, 3), (3, 5), (4, 4), (70, 40), (1, 1)] {
        let a = scattered(rows, columns, 7);
        let outputs = run(&Linalg::Qr, &[&a]);
        close(&times(&outputs[0], &outputs[1]), &a);
        close(
            &times(&turned(&outputs[0]), &outputs[0]),
            &identity(rows.min(columns)),
        );
        let r = outputs[1].view::<f64>().unwrap();
        for i in 0..rows.min(columns) {
            assert!(r[[i, i]] > 0.0);
            assert!((0..i).all(|j| r[[i, j]] == 0.0));
        }
    }
}

#[test]
fn r_of_a_known_matrix() {
    // numpy: np.linalg.qr([[3, 1], [4, 2]]), with the signs turned.
    let outputs = run(&Linalg::Qr, &[&matrix(2, &[3.0, 1.0, 4.0, 2.0])]);
    close(&outputs[1], &matrix(2, &[5.0, 2.2, 0.0, 0.4]));
    close(&outputs[0], &matrix(2, &[0.6, -0.8, 0.8, 0.6]));
}

#[test]
fn no_rows_and_no_columns_have_factors() {
    for shape in [[0, 3], [3, 0], [0, 0]] {
        let empty = Block::new(Vec::<f64>::new(), &shape).unwrap();
        let outputs = run(&Linalg::Qr, &[&empty]);
        assert_eq!(outputs[0].shape(), [shape[0], 0]);
        assert_eq!(outputs[1].shape(), [0, shape[1]]);
        let outputs = run(&Linalg::Svd, &[&empty]);
        assert_eq!(outputs[1].shape(), [0]);
        assert_eq!(outputs[2].shape(), [0, shape[1]]);
    }
}

#[test]
fn a_stack_has_the_factors_of_the_whole() {
    let whole = scattered(20, 4, 3);
    let part = |from, len| whole.sliced(0, from, len, 1).unwrap();
    let parts = [part(0, 3), part(3, 0), part(3, 11), part(14, 6)];
    let kernel = Linalg::QrOfStack { tall: true };
    let outputs = run(&kernel, &parts.each_ref());
    let expected = run(&Linalg::Qr, &[&whole]);
    close(&outputs[0], &expected[1]);
    let mut from = 0;
    for (q, part) in outputs[1..].iter().zip(&parts) {
        let rows = part.len_of(0);
        close(q, &expected[0].sliced(0, from, rows, 1).unwrap());
        from += rows;
    }
    let text = error(&kernel, &[&part(0, 2), &part(2, 1)]);
    assert!(
        text.contains("3 rows") && text.contains("compute_chunk_sizes"),
        "{text}"
    );
    assert_eq!(
        run(&Linalg::QrOfStack { tall: false }, &[&part(0, 2)])[0].shape(),
        [2, 4]
    );
}

#[test]
fn complex_matrices_are_factored() {
    let re = scattered(6, 3, 1);
    let im = scattered(6, 3, 2);
    let (re, im) = (re.view::<f64>().unwrap(), im.view::<f64>().unwrap());
    let a = re
        .iter()
        .zip(im.iter())
        .map(|(&re, &im)| Complex::new(re, im));
    let a = Block::new(a.collect::<Vec<_>>(), &[6, 3]).unwrap();
    let far = |left: &Block, right: &Block| {
        let (left, right) = (
            left.view::<Complex<f64>>().unwrap().to_owned(),
            right.view::<Complex<f64>>().unwrap().to_owned(),
        );
        (left - right).iter().map(|z| z.norm()).fold(0.0, f64::max)
    };
    let outputs = run(&Linalg::Qr, &[&a]);
    assert!(far(&times(&outputs[0], &outputs[1]), &a) < 1e-12);
    let diagonal = outputs[1].view::<Complex<f64>>().unwrap();
    assert!((0..3).all(|i| diagonal[[i, i]].im == 0.0 && diagonal[[i, i]].re > 0.0));

    let outputs = run(&Linalg::Svd, &[&a]);
    assert_eq!(outputs[1].dtype(), DType::F64);
    let values = outputs[1].view::<f64>().unwrap();
    let mut scaled = outputs[0].clone().into_array::<Complex<f64>>().unwrap();
    for (at, value) in scaled.iter_mut().enumerate() {
        *value *= values[at % 3];
    }
    assert!(far(&times(&Block::from(scaled), &outputs[2]), &a) < 1e-12);
}

#[test]
fn singular_values_and_vectors() {
    for (rows, columns) in [(6, 3), (3, 6), (4, 4)] {
        let a = scattered(rows, columns, 11);
        let size = rows.min(columns);
        let outputs = run(&Linalg::Svd, &[&a]);
        let values = outputs[1].view::<f64>().unwrap().to_owned();
        assert!(
            values
                .iter()
                .zip(values.iter().skip(1))
                .all(|(a, b)| a >= b)
        );
        let mut scaled = outputs[0].clone().into_array::<f64>().unwrap();
        for (at, value) in scaled.iter_mut().enumerate() {
            *value *= values[at % size];
        }
        close(&times(&Block::from(scaled), &outputs[2]), &a);
        close(&times(&turned(&outputs[0]), &outputs[0]), &identity(size));
        close(&run(&Linalg::SingularValues, &[&a])[0], &outputs[1]);
    }
    // numpy: np.linalg.svd([[3, 0], [4, 5]], compute_uv=False)
    let values = run(
        &Linalg::SingularValues,
        &[&matrix(2, &[3.0, 0.0, 4.0, 5.0])],
    );
    close(
        &values[0],
        &Block::vector(vec![45.0_f64.sqrt(), 5.0_f64.sqrt()]),
    );
}

#[test]
fn what_has_no_end_is_an_error() {
    let nan = matrix(2, &[1.0, f64::NAN, 0.0, 1.0]);
    for kernel in [Linalg::Svd, Linalg::SingularValues, Linalg::Eigh] {
        let text = error(&kernel, &[&nan]);
        assert!(text.contains("NaN") && text.contains("(2, 2)"), "{text}");
    }
    assert!(run(&Linalg::Qr, &[&nan])[1].view::<f64>().unwrap()[[0, 1]].is_nan());
}

#[test]
fn floats_of_32_bits_stay_so() {
    let a = Block::new(vec![3.0_f32, 1.0, 4.0, 2.0], &[2, 2]).unwrap();
    for kernel in [
        Linalg::Qr,
        Linalg::Svd,
        Linalg::Eigh,
        Linalg::LuPanel { start: 0 },
    ] {
        let outputs = run(&kernel, &[&a]);
        assert_eq!(outputs[0].dtype(), DType::F32, "{kernel:?}");
    }
    let ints = Block::new(vec![1_i64], &[1, 1]).unwrap();
    assert_eq!(error(&Linalg::Qr, &[&ints]), "qr is not for int64");
    assert!(error(&Linalg::Qr, &[&Block::vector(vec![1.0])]).contains("(1,) is no matrix"));
}

#[test]
fn a_positive_definite_matrix_has_a_root() {
    let kernel = Linalg::Cholesky { whole: 8, start: 4 };
    let root = run(&kernel, &[&matrix(2, &[4.0, 99.0, 2.0, 5.0])]);
    close(&root[0], &matrix(2, &[2.0, 0.0, 1.0, 2.0]));
    let text = error(&kernel, &[&matrix(2, &[4.0, 0.0, 4.0, 1.0])]);
    assert_eq!(
        text,
        "cholesky: the matrix of the shape (8, 8) is not positive definite: its leading minor of 6 \
         rows is not"
    );
    assert!(error(&kernel, &[&matrix(1, &[1.0, 2.0])]).contains("not square"));
    assert!(!error(&kernel, &[&matrix(2, &[f64::NAN, 0.0, 4.0, 1.0])]).is_empty());
}

#[test]
fn triangles_are_solved_from_both_sides() {
    let lower = matrix(2, &[2.0, 99.0, 1.0, 4.0]);
    let sides = matrix(2, &[2.0, 4.0, 9.0, 10.0]);
    let solve = |lower, from_right| Linalg::SolveTriangular {
        lower,
        from_right,
        whole: 2,
    };
    let x = run(&solve(true, false), &[&lower, &sides]);
    close(&x[0], &matrix(2, &[1.0, 2.0, 2.0, 2.0]));
    let x = run(&solve(true, true), &[&lower, &sides]);
    let triangle = matrix(2, &[2.0, 0.0, 1.0, 4.0]);
    close(&times(&x[0], &turned(&triangle)), &sides);
    let x = run(&solve(false, false), &[&lower, &sides]);
    close(&times(&matrix(2, &[2.0, 99.0, 0.0, 4.0]), &x[0]), &sides);
    let zero = matrix(2, &[0.0, 0.0, 1.0, 4.0]);
    let text = error(&solve(true, false), &[&zero, &sides]);
    assert_eq!(
        text,
        "solve-triangular: the matrix of the shape (2, 2) is singular"
    );
}

#[test]
fn products_are_subtracted() {
    let [c, a, b] = [scattered(3, 2, 1), scattered(3, 4, 2), scattered(4, 2, 3)];
    let rest = run(&Linalg::Subtract { adjoint: false }, &[&c, &a, &b]);
    let again = run(&Linalg::Subtract { adjoint: true }, &[&c, &a, &turned(&b)]);
    close(&rest[0], &again[0]);
    let sum = crate::multiply::Multiply::Add
        .run(vec![times(&a, &b), rest[0].clone()])
        .unwrap();
    close(&sum[0], &c);
}

/// Factors by panels of these widths, as the array does.
fn factored(a: &Block, widths: &[usize]) -> (Vec<usize>, Vec<Block>, Vec<Block>) {
    let mut starts = Vec::new();
    let (mut panels, mut orders) = (Vec::<Block>::new(), Vec::<Block>::new());
    let mut start = 0;
    for &width in widths {
        let mut panel = a.sliced(1, start, width, 1).unwrap();
        for (at, &start) in starts.iter().enumerate() {
            let inputs: [&Block; 3] = [&panels[at], &orders[at], &panel];
            panel = run(&Linalg::LuApply { start }, &inputs).remove(0);
        }
        let outputs = run(&Linalg::LuPanel { start }, &[&panel]);
        panels.push(outputs[0].clone());
        orders.push(outputs[1].clone());
        starts.push(start);
        start += width;
    }
    (starts, panels, orders)
}

#[test]
fn panels_give_the_factors_and_the_solution() {
    let size = 90;
    let a = scattered(size, size, 5);
    let (starts, panels, orders) = factored(&a, &[40, 0, 50]);
    let all: Vec<&Block> = orders.iter().collect();
    let order = run(
        &Linalg::LuOrder {
            starts: starts.clone(),
        },
        &all,
    )
    .remove(0);
    let order = order.into_vec::<i64>().unwrap();
    let mut product = Block::new(vec![0.0; size * size], &[size, size]).unwrap();
    for at in 0..panels.len() {
        let later = starts[at + 1..].to_vec();
        let mut inputs = vec![&panels[at]];
        inputs.extend(&orders[at + 1..]);
        let start = starts[at];
        let parts = run(&Linalg::LuParts { start, later }, &inputs);
        let l = parts[0].view::<f64>().unwrap();
        assert!(l.iter().all(|value| value.abs() <= 1.0));
        // L's panel times the rows of U that go with it.
        let mut rows: Vec<Vec<f64>> = Vec::new();
        for other in 0..panels.len() {
            let later = starts[other + 1..].to_vec();
            let mut inputs = vec![&panels[other]];
            inputs.extend(&orders[other + 1..]);
            let u = run(
                &Linalg::LuParts {
                    start: starts[other],
                    later,
                },
                &inputs,
            )
            .remove(1);
            let u = u.sliced(0, start, panels[at].len_of(1), 1).unwrap();
            let part = times(&parts[0], &u).into_vec::<f64>().unwrap();
            rows.push(part);
        }
        let mut sum = product.into_array::<f64>().unwrap();
        for (other, part) in rows.iter().enumerate() {
            let width = panels[other].len_of(1);
            for i in 0..size {
                for j in 0..width {
                    sum[[i, starts[other] + j]] += part[i * width + j];
                }
            }
        }
        product = Block::from(sum);
    }
    let source = a.view::<f64>().unwrap();
    let product = product.into_array::<f64>().unwrap();
    for (i, &from) in order.iter().enumerate() {
        for j in 0..size {
            assert!((product[[i, j]] - source[[from as usize, j]]).abs() < 1e-12);
        }
    }

    let x = scattered(size, 3, 9);
    let mut sides = times(&a, &x);
    for (at, &start) in starts.iter().enumerate() {
        let inputs: [&Block; 3] = [&panels[at], &orders[at], &sides];
        sides = run(&Linalg::LuApply { start }, &inputs).remove(0);
    }
    for (at, &start) in starts.iter().enumerate().rev() {
        sides = run(&Linalg::LuBack { start }, &[&panels[at], &sides]).remove(0);
    }
    close(&sides, &x);
}

#[test]
fn determinants() {
    let a = matrix(3, &[0.0, 2.0, 1.0, 1.0, 0.0, 3.0, 4.0, 1.0, 0.0]);
    for widths in [vec![3], vec![1, 1, 1], vec![2, 1]] {
        let (starts, panels, orders) = factored(&a, &widths);
        let inputs: Vec<&Block> = panels.iter().chain(&orders).collect();
        let outputs = run(&Linalg::LuDeterminant { starts }, &inputs);
        // numpy: np.linalg.det(a) = 25, slogdet = (1, 3.2188758248682006)
        assert!((outputs[0].item::<f64>().unwrap() - 25.0).abs() < 1e-12);
        assert_eq!(outputs[1].item::<f64>().unwrap(), 1.0);
        assert!((outputs[2].item::<f64>().unwrap() - 3.218_875_824_868_200_6).abs() < 1e-12);
    }
}

#[test]
fn a_singular_matrix_has_factors_and_no_solution() {
    let a = matrix(2, &[1.0, 2.0, 2.0, 4.0]);
    let (starts, panels, orders) = factored(&a, &[2]);
    let text = error(&Linalg::LuBack { start: 0 }, &[&panels[0], &a]);
    assert_eq!(text, "lu-back: the matrix of the shape (2, 2) is singular");
    let zero = run(&Linalg::LuDeterminant { starts }, &[&panels[0], &orders[0]]);
    assert_eq!(zero[0].item::<f64>().unwrap(), 0.0);
    assert_eq!(zero[1].item::<f64>().unwrap(), 0.0);
    assert_eq!(zero[2].item::<f64>().unwrap(), f64::NEG_INFINITY);
}

#[test]
fn orders_that_are_none_are_errors() {
    let a = matrix(2, &[1.0, 2.0, 3.0, 4.0]);
    for order in [vec![0_i64], vec![0, 2], vec![-1, 0]] {
        let order = Block::vector(order);
        assert!(!error(&Linalg::LuApply { start: 0 }, &[&a, &order, &a]).is_empty());
    }
    assert!(!error(&Linalg::LuPanel { start: 3 }, &[&a]).is_empty());
    assert!(!error(&Linalg::LuBack { start: 2 }, &[&a, &a]).is_empty());
    let far = Linalg::LuParts {
        start: 0,
        later: vec![9],
    };
    assert!(!error(&far, &[&a, &Block::vector(Vec::<i64>::new())]).is_empty());
}

#[test]
fn least_squares_of_full_and_of_lower_rank() {
    let a = scattered(8, 3, 4);
    let outputs = run(&Linalg::Qr, &[&a]);
    let x = scattered(3, 2, 6);
    let sides = times(&turned(&outputs[0]), &times(&a, &x));
    let kernel = Linalg::LeastSquares { cutoff: 1e-15 };
    let solved = run(&kernel, &[&outputs[1], &sides]);
    close(&solved[0], &x);
    assert_eq!(solved[1].item::<i64>().unwrap(), 3);

    // numpy: np.linalg.lstsq([[1, 1], [1, 1]], [[2], [2]]) = [[1], [1]], rank 1
    let flat = matrix(2, &[1.0, 1.0, 1.0, 1.0]);
    let outputs = run(&Linalg::Qr, &[&flat]);
    let sides = times(&turned(&outputs[0]), &matrix(2, &[2.0, 2.0]));
    let solved = run(&kernel, &[&outputs[1], &sides]);
    close(&solved[0], &matrix(2, &[1.0, 1.0]));
    assert_eq!(solved[1].item::<i64>().unwrap(), 1);
}

#[test]
fn eigenvalues_of_a_symmetric_matrix() {
    // numpy: np.linalg.eigh([[2, 1], [1, 2]]): 1, 3
    let outputs = run(&Linalg::Eigh, &[&matrix(2, &[2.0, 99.0, 1.0, 2.0])]);
    close(&outputs[0], &Block::vector(vec![1.0, 3.0]));
    let root = 0.5_f64.sqrt();
    close(&outputs[1], &matrix(2, &[root, root, -root, root]));
}
