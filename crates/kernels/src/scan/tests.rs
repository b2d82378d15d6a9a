//! Tests of running results.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Running, Scan};
use crate::block::Block;
use crate::dtype::DType;
use crate::element::Element;
use crate::error::KernelError;
use ndarray::array;

fn run(what: Running, axis: usize, skip_nan: bool, blocks: &[Block]) -> Result<Block, KernelError> {
    let scan = Scan::Along {
        what,
        axis,
        skip_nan,
    };
    Ok(scan.run(blocks.to_vec())?.pop().unwrap())
}

#[test]
fn along_each_axis() {
    let x = Block::from(array![[1, 2, 3], [4, 5, 6]].into_dyn());
    let down = run(Running::Sum, 0, false, std::slice::from_ref(&x)).unwrap();
    assert_eq!(
        down,
        Block::from(array![[1_i64, 2, 3], [5, 7, 9]].into_dyn())
    );
    let along = run(Running::Prod, 1, false, std::slice::from_ref(&x)).unwrap();
    assert_eq!(
        along,
        Block::from(array![[1_i64, 2, 6], [4, 20, 120]].into_dyn())
    );
    let carry = Block::from(array![[10_i64], [20]].into_dyn());
    let carried = run(Running::Sum, 1, false, &[x.clone(), carry]).unwrap();
    assert_eq!(
        carried,
        Block::from(array![[11_i64, 13, 16], [24, 29, 35]].into_dyn())
    );
    let turned = x.permuted(&[1, 0]).unwrap();
    let turned = run(Running::Sum, 0, false, &[turned]).unwrap();
    assert_eq!(
        turned,
        Block::from(array![[1_i64, 4], [3, 9], [6, 15]].into_dyn())
    );
    assert!(run(Running::Sum, 2, false, &[x]).is_err());
}

#[test]
fn dtypes_and_nan() {
    for dtype in DType::ALL {
        let block = crate::dispatch!(dtype, T => Block::vector(vec![<T as Element>::ONE; 3]));
        for what in [Running::Sum, Running::Prod] {
            let result = run(what, 0, true, std::slice::from_ref(&block)).unwrap();
            assert_eq!(result.dtype(), Scan::result_dtype(dtype));
            assert_eq!(
                run(what, 0, false, std::slice::from_ref(&block)).unwrap(),
                result
            );
        }
    }
    let x = Block::vector(vec![1.0, f64::NAN, 2.0]);
    let skipped = run(Running::Sum, 0, true, std::slice::from_ref(&x)).unwrap();
    assert_eq!(skipped, Block::vector(vec![1.0, 1.0, 3.0]));
    let kept = run(Running::Sum, 0, false, &[x])
        .unwrap()
        .into_vec::<f64>()
        .unwrap();
    assert!(kept[0] == 1.0 && kept[1].is_nan() && kept[2].is_nan());
    let none = Block::new(Vec::<f32>::new(), &[2, 0]).unwrap();
    for axis in 0..2 {
        assert_eq!(
            run(Running::Sum, axis, false, std::slice::from_ref(&none)).unwrap(),
            none
        );
    }
}

#[test]
fn carries_are_what_comes_before() {
    let totals = [3.0, 4.0, 5.0].map(|total| Block::vector(vec![total]));
    let scan = |carried, outputs| Scan::Carries {
        what: Running::Sum,
        carried,
        outputs,
    };
    let carries = scan(false, 4).run(totals.to_vec()).unwrap();
    let carries: Vec<f64> = carries.iter().map(|carry| carry.item().unwrap()).collect();
    assert_eq!(carries, [0.0, 3.0, 7.0, 7.0]);
    let carries = scan(true, 2).run(totals.to_vec()).unwrap();
    let carries: Vec<f64> = carries.iter().map(|carry| carry.item().unwrap()).collect();
    assert_eq!(carries, [3.0, 7.0]);
    assert!(scan(false, 1).run(vec![]).is_err());
}
