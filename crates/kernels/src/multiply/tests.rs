//! Tests of products.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Labels, Multiply};
use crate::block::Block;
use crate::dtype::DType;
use crate::error::KernelError;
use num_complex::Complex;
use proptest::prelude::{Strategy, prop_assert, proptest};

fn labels(text: &str) -> Labels {
    text.bytes().collect()
}

/// A product by an expression such as `"ij,jk->ik"`.
fn product(expression: &str, inputs: Vec<Block>) -> Result<Block, KernelError> {
    let (factors, out) = expression.split_once("->").unwrap();
    let (left, right) = factors.split_once(',').unwrap();
    let kernel = Multiply::Contract {
        left: labels(left),
        right: labels(right),
        out: labels(out),
        matched: None,
    };
    Ok(kernel.run(inputs)?.remove(0))
}

fn single(expression: &str, input: Block) -> Result<Block, KernelError> {
    let (from, out) = expression.split_once("->").unwrap();
    let kernel = Multiply::Single {
        labels: labels(from),
        out: labels(out),
    };
    Ok(kernel.run(vec![input])?.remove(0))
}

fn counting(shape: &[usize]) -> Block {
    let len = shape.iter().product::<usize>();
    Block::new((0..len).map(|at| at as f64).collect(), shape).unwrap()
}

#[test]
fn matrices_are_multiplied() {
    let product = product("ij,jk->ik", vec![counting(&[2, 3]), counting(&[3, 2])]).unwrap();
    let expected = Block::new(vec![10.0, 13.0, 28.0, 40.0], &[2, 2]).unwrap();
    assert_eq!(product, expected);
}

#[test]
fn pairs_are_summed() {
    let [a, b] = [counting(&[2, 3]), counting(&[3, 2])];
    let inputs = vec![a.clone(), b.clone(), a, b];
    let product = product("ij,jk->ki", inputs).unwrap();
    let expected = Block::new(vec![20.0, 56.0, 26.0, 80.0], &[2, 2]).unwrap();
    assert_eq!(product, expected);
}

#[test]
fn larger_matrices_agree_with_sums_in_any_order_of_memory() {
    let (m, k, n) = (37, 53, 29);
    let a = counting(&[m, k]);
    let b = counting(&[k, n]);
    let a_turned = counting(&[k, m]).permuted(&[1, 0]).unwrap();
    let b_turned = counting(&[n, k]).permuted(&[1, 0]).unwrap();
    let b_stepped = counting(&[k, 2 * n]).sliced(1, 1, n, 2).unwrap();
    for left in [&a, &a_turned] {
        for right in [&b, &b_turned, &b_stepped] {
            let product = product("ij,jk->ik", vec![left.clone(), right.clone()]).unwrap();
            let (l, r) = (left.view::<f64>().unwrap(), right.view::<f64>().unwrap());
            let product = product.view::<f64>().unwrap();
            for i in 0..m {
                for j in 0..n {
                    let sum: f64 = (0..k).map(|p| l[[i, p]] * r[[p, j]]).sum();
                    assert_eq!(product[[i, j]], sum);
                }
            }
        }
    }
}

#[test]
fn integers_wrap() {
    let a = Block::vector(vec![100_i8, 100]);
    let dot = product("i,i->", vec![a.clone(), a]).unwrap();
    assert_eq!(dot.item::<i8>().unwrap(), 32);
}

#[test]
fn truth_values_are_joined() {
    let a = Block::new(vec![true, false, false, false], &[2, 2]).unwrap();
    let b = Block::new(vec![false, true, true, true], &[2, 2]).unwrap();
    let product = product("ij,jk->ik", vec![a, b]).unwrap();
    let expected = Block::new(vec![false, true, false, false], &[2, 2]).unwrap();
    assert_eq!(product, expected);
}

#[test]
fn complex_numbers_are_not_conjugated() {
    let i = Complex::new(0.0_f32, 1.0);
    let dot = product(
        "i,i->",
        vec![Block::vector(vec![i]), Block::vector(vec![i])],
    )
    .unwrap();
    assert_eq!(dot.item::<Complex<f32>>().unwrap(), Complex::new(-1.0, 0.0));
}

#[test]
fn no_elements_give_zeros_or_none() {
    let inner = product("ij,jk->ik", vec![counting(&[2, 0]), counting(&[0, 3])]).unwrap();
    assert_eq!(inner, Block::new(vec![0.0; 6], &[2, 3]).unwrap());
    let outer = product("ij,jk->ik", vec![counting(&[0, 2]), counting(&[2, 3])]).unwrap();
    assert_eq!(outer.shape(), [0, 3]);
    let long = product("i,i->", vec![counting(&[0]), counting(&[0])]).unwrap();
    assert_eq!(long.item::<f64>().unwrap(), 0.0);
}

#[test]
fn nan_stays() {
    let a = Block::vector(vec![f64::NAN, 1.0]);
    let b = Block::vector(vec![0.0, 1.0]);
    let dot = product("i,i->", vec![a, b]).unwrap();
    assert!(dot.item::<f64>().unwrap().is_nan());
}

#[test]
fn axes_side_by_side_are_kept() {
    let each = product("ij,ij->i", vec![counting(&[2, 3]), counting(&[2, 3])]).unwrap();
    assert_eq!(each, Block::vector(vec![5.0, 50.0]));
    let batches = product(
        "bij,bjk->bik",
        vec![counting(&[2, 1, 2]), counting(&[2, 2, 1])],
    );
    let expected = Block::new(vec![1.0, 13.0], &[2, 1, 1]).unwrap();
    assert_eq!(batches.unwrap(), expected);
    let by_element = product("ij,ij->ji", vec![counting(&[2, 2]), counting(&[2, 2])]).unwrap();
    assert_eq!(
        by_element,
        Block::new(vec![0.0, 4.0, 1.0, 9.0], &[2, 2]).unwrap()
    );
}

#[test]
fn labels_of_one_block_alone_are_summed_first() {
    let sums = product("ij,k->k", vec![counting(&[2, 2]), counting(&[3])]).unwrap();
    assert_eq!(sums, Block::vector(vec![0.0, 6.0, 12.0]));
    let diagonal = product("ii,i->i", vec![counting(&[2, 2]), counting(&[2])]).unwrap();
    assert_eq!(diagonal, Block::vector(vec![0.0, 3.0]));
}

#[test]
fn one_block_is_summed_and_turned() {
    assert_eq!(
        single("ii->", counting(&[3, 3])).unwrap(),
        Block::scalar(12.0)
    );
    let turned = single("ijk->ki", counting(&[2, 2, 2])).unwrap();
    assert_eq!(
        turned,
        Block::new(vec![2.0, 10.0, 4.0, 12.0], &[2, 2]).unwrap()
    );
    assert!(single("ii->i", counting(&[2, 3])).is_err());
}

#[test]
fn what_does_not_fit_is_an_error_that_says_so() {
    let error = product("ij,jk->ik", vec![counting(&[2, 3]), counting(&[2, 3])]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "multiply: blocks of the shapes (2, 3) and (2, 3) do not go together"
    );
    let ints = Block::vector(vec![1_i64]);
    assert!(product("i,i->", vec![counting(&[1]), ints]).is_err());
    assert!(product("i,i->", vec![counting(&[1])]).is_err());
    assert!(product("ij,i->", vec![counting(&[1]), counting(&[1])]).is_err());
    assert!(product("i,i->q", vec![counting(&[1]), counting(&[1])]).is_err());
    assert!(Multiply::Add.run(Vec::new()).is_err());
    assert!(
        Multiply::Add
            .run(vec![counting(&[1]), counting(&[2])])
            .is_err()
    );
}

#[test]
fn arrays_that_were_taken_as_aligned_are_named() {
    let kernel = Multiply::Contract {
        left: labels("i"),
        right: labels("i"),
        out: labels(""),
        matched: Some(Box::new(super::Matched {
            left: "mask-1".to_owned(),
            right: "mask-2".to_owned(),
            block: [3].as_slice().into(),
        })),
    };
    let error = kernel
        .run(vec![counting(&[1]), counting(&[2])])
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("mask-1") && text.contains("mask-2"), "{text}");
    assert!(
        text.contains("block (3,) has 1") && text.contains("and 2"),
        "{text}"
    );
}

#[test]
fn blocks_of_each_dtype_are_added() {
    for dtype in DType::ALL {
        crate::dispatch!(dtype, T => {
            let one = <T as crate::Element>::ONE;
            let ones = Block::new(vec![one; 3], &[3]).unwrap();
            let sum = Multiply::Add.run(vec![ones.clone(), ones.clone()]).unwrap();
            let two = <T as super::Ring>::plus(one, one);
            assert_eq!(sum[0], Block::new(vec![two; 3], &[3]).unwrap());
            let square = Block::new(vec![one; 100], &[10, 10]).unwrap();
            let product = product("ij,jk->ik", vec![square.clone(), square]).unwrap();
            assert_eq!(product.dtype(), dtype);
        });
    }
}

proptest! {
    #[test]
    fn cuts_of_the_summed_axis_do_not_matter(
        cuts in proptest::collection::vec(0_usize..5, 1..5).prop_filter("some", |c| !c.is_empty()),
        rows in 0_usize..4,
        columns in 0_usize..4,
    ) {
        let inner: usize = cuts.iter().sum();
        let (a, b) = (counting(&[rows, inner]), counting(&[inner, columns]));
        let whole = product("ij,jk->ik", vec![a.clone(), b.clone()]).unwrap();
        let mut pairs = Vec::new();
        let mut from = 0;
        for len in cuts {
            pairs.push(a.sliced(1, from, len, 1).unwrap());
            pairs.push(b.sliced(0, from, len, 1).unwrap());
            from += len;
        }
        prop_assert!(product("ij,jk->ik", pairs).unwrap() == whole);
    }
}
