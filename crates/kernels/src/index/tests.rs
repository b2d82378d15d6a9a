//! Indexing kernels against what numpy gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Cut, Cuts, Index, Start};
use crate::block::Block;
use crate::dtype::DType;
use crate::error::KernelError;
use crate::kernel::{Kernel, Outputs};
use crate::scalar::Number;
use ndarray::{Array2, ArrayD, array};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_assert_eq, proptest};
use smallvec::smallvec;

fn run(kernel: Index, inputs: Vec<Block>) -> Result<Outputs, KernelError> {
    // Through bytes, as it travels.
    let bytes = postcard::to_stdvec(&Kernel::Index(kernel)).unwrap();
    let kernel: Kernel = postcard::from_bytes(&bytes).unwrap();
    kernel.run(inputs)
}

fn run_one(kernel: Index, inputs: Vec<Block>) -> Block {
    let mut outputs = run(kernel, inputs).unwrap();
    assert_eq!(outputs.len(), 1);
    outputs.remove(0)
}

fn counted(rows: usize, columns: usize) -> Block {
    let values = Array2::from_shape_fn((rows, columns), |(i, j)| (i * columns + j) as f64);
    Block::from(values.into_dyn())
}

fn vector(values: &[i64]) -> Block {
    Block::vector(values.to_vec())
}

fn range(start: usize, len: usize, step: i64) -> Cut {
    Cut::Range { start, len, step }
}

fn slice(cuts: &[Cut]) -> Index {
    Index::Slice {
        cuts: cuts.iter().copied().collect(),
        part: false,
    }
}

#[test]
fn slices_are_those_of_numpy() {
    let x = counted(4, 6);
    let rows = run_one(slice(&[range(1, 2, 2), Cut::All]), vec![x.clone()]);
    assert_eq!(rows.view::<f64>().unwrap()[[0, 0]], 6.0);
    // x[1, None, ::-2]
    let cuts = [Cut::At(1), Cut::New, range(5, 3, -2)];
    let back = run_one(slice(&cuts), vec![x.clone()]);
    assert_eq!(back, Block::from(array![[11.0, 9.0, 7.0]].into_dyn()));
    let none = run_one(slice(&[range(4, 0, 1), range(0, 0, -1)]), vec![x.clone()]);
    assert_eq!(none.shape(), [0, 0]);
    let number = run_one(slice(&[Cut::At(3), Cut::At(5)]), vec![x.clone()]);
    assert_eq!(number.item::<f64>().unwrap(), 23.0);
    for wrong in [
        vec![Cut::At(4), Cut::All],
        vec![Cut::All],
        vec![range(2, 3, 1), Cut::All],
        vec![range(1, 3, -1), Cut::All],
        vec![range(0, usize::MAX, i64::MIN), Cut::All],
        vec![range(0, 2, 0), Cut::All],
    ] {
        assert!(run(slice(&wrong), vec![x.clone()]).is_err(), "{wrong:?}");
    }
}

#[test]
fn places_may_repeat_and_are_checked() {
    let x = counted(3, 4);
    let take = |places: &[usize], axis| Index::Take {
        axis,
        places: places.to_vec(),
    };
    let columns = run_one(take(&[3, 0, 3], 1), vec![x.permuted(&[0, 1]).unwrap()]);
    let expected = array![[3.0, 0.0, 3.0], [7.0, 4.0, 7.0], [11.0, 8.0, 11.0]];
    assert_eq!(columns, Block::from(expected.into_dyn()));
    let rows = run_one(take(&[2, 2], 1), vec![x.permuted(&[1, 0]).unwrap()]);
    assert_eq!(rows.shape(), [4, 2]);
    assert_eq!(run_one(take(&[], 0), vec![x.clone()]).shape(), [0, 4]);
    assert!(run(take(&[3], 0), vec![x.clone()]).is_err());
    assert!(run(take(&[0], 2), vec![x.clone()]).is_err());
    let collect = Index::Collect {
        axis: 0,
        places: vec![(1, 0), (0, 2)],
    };
    let two = run_one(collect, vec![x.clone(), counted(1, 4)]);
    assert_eq!(two.shape(), [2, 4]);
    assert_eq!(two.view::<f64>().unwrap()[[1, 3]], 11.0);
}

#[test]
fn masks_take_in_c_order() {
    let x = counted(3, 4);
    let mask = x.view::<f64>().unwrap().mapv(|v| v % 3.0 == 1.0);
    let mask = Block::from(mask);
    let select = |axis| Index::Select { axis };
    let all = run_one(select(0), vec![x.clone(), mask.clone()]);
    assert_eq!(all, Block::vector(vec![1.0, 4.0, 7.0, 10.0]));
    let turned = run_one(
        select(0),
        vec![
            x.permuted(&[1, 0]).unwrap(),
            mask.permuted(&[1, 0]).unwrap(),
        ],
    );
    assert_eq!(turned, Block::vector(vec![4.0, 1.0, 10.0, 7.0]));
    let columns = Block::vector(vec![true, false, false, true]);
    let part = run_one(select(1), vec![x.clone(), columns.clone()]);
    let expected = array![[0.0, 3.0], [4.0, 7.0], [8.0, 11.0]];
    assert_eq!(part, Block::from(expected.into_dyn()));
    let outputs = run(Index::SelectCounted { lead: 1 }, vec![x.clone(), mask]).unwrap();
    assert_eq!(outputs[1], vector(&[1, 2, 1]));
    assert!(run(select(0), vec![x.clone(), columns.clone()]).is_err());
    assert!(run(select(1), vec![x.clone(), vector(&[1, 0, 0, 1])]).is_err());
    assert!(run(select(7), vec![x, columns]).is_err());
    let none = Block::vector(Vec::<bool>::new());
    let nothing = run_one(select(0), vec![vector(&[]), none]);
    assert!(nothing.is_empty());
}

#[test]
fn places_of_what_is_not_zero() {
    let x = Block::from(array![[0.0, f64::NAN], [3.0, 0.0]].into_dyn());
    let kernel = Index::Nonzero {
        lead: 1,
        at: smallvec![1, 0],
        starts: smallvec![None, Some(7)],
    };
    let outputs = run(kernel.clone(), vec![x.clone(), vector(&[5, 2])]).unwrap();
    assert_eq!(
        outputs[0],
        Block::from(array![[5_i64, 8], [6, 7]].into_dyn())
    );
    assert_eq!(outputs[1], vector(&[1, 1]));
    let flat = Index::RavelPlaces {
        lens: smallvec![0, 10],
    };
    assert_eq!(run_one(flat, vec![outputs[0].clone()]), vector(&[58, 67]));
    assert!(run(kernel, vec![x]).is_err());
}

#[test]
fn places_in_blocks_find_their_blocks() {
    let x = counted(5, 2);
    let places = vector(&[4, -5, 1, 4, 2]);
    let direct = Index::TakeAt { axis: 0, count: 1 };
    let whole = run_one(direct, vec![places.clone(), x.clone()]);
    let lens = [2, 0, 3];
    let blocks = [
        x.sliced(0, 0, 2, 1),
        x.sliced(0, 2, 0, 1),
        x.sliced(0, 2, 3, 1),
    ];
    for given in [false, true] {
        let lengths = vector(&[2, 0, 3]);
        let mut inputs = vec![places.clone()];
        let mut start = 0;
        for (block, part) in blocks.iter().enumerate() {
            let known = Start::Known { start, total: 5 };
            let start_of = if given { Start::Given { block } } else { known };
            let mut within = vec![places.clone(), part.clone().unwrap()];
            within.extend(given.then(|| lengths.clone()));
            let kernel = Index::TakeWithin {
                axis: 0,
                starts: smallvec![start_of],
            };
            inputs.push(run_one(kernel, within));
            start += lens[block];
        }
        inputs.extend(given.then(|| lengths.clone()));
        let kernel = Index::Gather {
            axis: 0,
            grid: smallvec![3],
            cuts: smallvec![(!given).then(|| lens.to_vec())],
        };
        assert_eq!(run_one(kernel.clone(), inputs.clone()), whole);
        inputs[0] = vector(&[5]);
        let error = run(kernel, inputs).unwrap_err().to_string();
        assert!(
            error.contains("index 5 is out of bounds for axis 0 with 5"),
            "{error}"
        );
    }
    // Point by point, by two-dimensional places, and places that are no numbers.
    let rows = Block::from(array![[0_u8, 4], [1, 1]].into_dyn());
    let columns = Block::from(array![[1_u8, 0], [0, 1]].into_dyn());
    let direct = Index::TakeAt { axis: 0, count: 2 };
    let points = run_one(direct.clone(), vec![rows.clone(), columns, x.clone()]);
    assert_eq!(
        points,
        Block::from(array![[1.0, 8.0], [2.0, 3.0]].into_dyn())
    );
    assert!(run(direct.clone(), vec![rows, places, x.clone()]).is_err());
    assert!(run(direct, vec![x.clone(), x.clone(), x]).is_err());
}

#[test]
fn values_are_put_at_cuts_places_and_masks() {
    let x = counted(2, 3);
    let assign = |cuts: &[Cut], value| Index::Assign {
        cuts: cuts.iter().copied().collect::<Cuts>(),
        value,
        block: smallvec![0, 0],
        align: None,
    };
    let seven = Some(Number::Float(7.0));
    let kernel = assign(&[Cut::At(1), range(2, 2, -2)], seven);
    let expected = array![[0.0, 1.0, 2.0], [7.0, 4.0, 7.0]];
    assert_eq!(
        run_one(kernel, vec![x.clone()]),
        Block::from(expected.into_dyn())
    );
    let kernel = assign(&[Cut::All, range(2, 2, -1)], None);
    let value = Block::vector(vec![10.0, 20.0]);
    let expected = array![[0.0, 20.0, 10.0], [3.0, 20.0, 10.0]];
    let made = run_one(kernel.clone(), vec![x.clone(), value]);
    assert_eq!(made, Block::from(expected.into_dyn()));
    assert!(run(kernel, vec![x.clone(), Block::vector(vec![1.0; 3])]).is_err());
    for wrong in [
        Cut::At(2),
        Cut::New,
        range(1, 2, 1),
        range(0, 2, -1),
        range(0, 2, i64::MIN),
    ] {
        assert!(run(assign(&[wrong, Cut::All], seven), vec![x.clone()]).is_err());
    }
    let places = Index::AssignPlaces {
        axis: 1,
        places: vec![1, 1],
        value: None,
        block: smallvec![0, 0],
    };
    let value = Block::from(array![[8.0, 9.0]].into_dyn());
    let expected = array![[0.0, 9.0, 2.0], [3.0, 9.0, 5.0]];
    assert_eq!(
        run_one(places, vec![x.clone(), value.clone()]),
        Block::from(expected.into_dyn())
    );
    let mask = Block::from(array![[true], [false]].into_dyn());
    let put = Index::Put {
        value: None,
        block: smallvec![1, 2],
    };
    let row = Block::vector(vec![8.0, 9.0, f64::NAN]);
    let made = run_one(put, vec![x.clone(), mask.clone(), row]);
    assert_eq!(made.view::<f64>().unwrap()[[0, 1]], 9.0);
    assert_eq!(made.view::<f64>().unwrap()[[1, 1]], 4.0);
    // What is not assigned need not fit; what is, must.
    let ints = Block::from(array![[0_i8, 0, 0], [0, 0, 0]].into_dyn());
    let put = Index::Put {
        value: None,
        block: smallvec![1, 2],
    };
    let values = array![[1.9, -1.9, 300.0], [f64::NAN, f64::NAN, 0.0]].into_dyn();
    let made = run_one(
        put.clone(),
        vec![ints.clone(), mask.clone(), Block::from(values)],
    );
    assert_eq!(
        made,
        Block::from(array![[1_i8, -1, 44], [0, 0, 0]].into_dyn())
    );
    let values = array![[f64::NAN, f64::INFINITY, 0.0], [0.0, 0.0, 0.0]].into_dyn();
    let error = run(put, vec![ints, mask.clone(), Block::from(values)]).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("block (1, 2)") && error.contains("2 of the values"),
        "{error}"
    );
    // The block that was given is not changed where somebody else has it.
    assert_eq!(x, counted(2, 3));
    let put = Index::Put {
        value: seven,
        block: smallvec![1, 2],
    };
    let made = run_one(put, vec![x, mask]);
    assert_eq!(made.view::<f64>().unwrap().sum(), 33.0);
}

#[test]
fn portions_are_counted() {
    let values = Block::vector(vec![1.0, 2.0, 3.0]);
    let inputs = vec![values.clone(), vector(&[2, 0, 4]), vector(&[3, 3])];
    let portion = |band, block| Index::Portion { band, block };
    assert_eq!(run_one(portion(0, 0), inputs.clone()).len(), 2);
    assert_eq!(run_one(portion(1, 0), inputs.clone()).len(), 0);
    assert_eq!(
        run_one(portion(2, 0), inputs.clone()),
        Block::vector(vec![3.0])
    );
    assert_eq!(run_one(portion(2, 1), inputs).len(), 3);
    let error = run(
        portion(0, 0),
        vec![values, vector(&[2, 0, 3]), vector(&[3, 3])],
    );
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("6 values cannot be assigned to the 5 places"),
        "{error}"
    );
}

/// Lengths of blocks, some of them zero.
fn cuts(most: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..4_usize, 1..=most)
}

fn three() -> impl Strategy<Value = ([Vec<usize>; 3], Vec<bool>)> {
    [cuts(2), cuts(3), cuts(3)].prop_flat_map(|lens| {
        let len: usize = lens.iter().map(|lens| lens.iter().sum::<usize>()).product();
        (Just(lens), prop::collection::vec(proptest::bool::ANY, len))
    })
}

fn part(x: &Block, lens: &[Vec<usize>; 3], at: [usize; 3]) -> Block {
    (0..3).fold(x.clone(), |part, axis| {
        let start = lens[axis][..at[axis]].iter().sum();
        part.sliced(axis, start, lens[axis][at[axis]], 1).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Selecting by blocks and merging, then putting back, is selecting of the whole.
    #[test]
    fn bands_merge_and_scatter((lens, truths) in three()) {
        let shape: Vec<usize> = lens.iter().map(|lens| lens.iter().sum()).collect();
        let x = Block::new((0..truths.len() as i64).collect(), &shape).unwrap();
        let mask = Block::new(truths, &shape).unwrap();
        let zeros = Block::from(ArrayD::<i64>::zeros(shape));
        let grid = [lens[1].len(), lens[2].len()];
        let mut start = 0;
        for band in 0..lens[0].len() {
            let mut inputs = Vec::new();
            let mut counts = Vec::new();
            for at in 0..grid[0] * grid[1] {
                let at = [band, at / grid[1], at % grid[1]];
                let blocks = vec![part(&x, &lens, at), part(&mask, &lens, at)];
                let outputs = run(Index::SelectCounted { lead: 2 }, blocks).unwrap();
                counts.push(outputs[1].clone());
                inputs.extend(outputs);
            }
            let merged = run_one(Index::Merge { grid: grid.into_iter().collect() }, inputs);
            let rows = lens[0][band];
            let whole = vec![
                x.sliced(0, start, rows, 1).unwrap(),
                mask.sliced(0, start, rows, 1).unwrap(),
            ];
            start += rows;
            prop_assert_eq!(&merged, &run_one(Index::Select { axis: 0 }, whole));
            for at in 0..grid[0] * grid[1] {
                let place = [band, at / grid[1], at % grid[1]];
                let mut inputs = vec![
                    part(&zeros, &lens, place),
                    part(&mask, &lens, place),
                    merged.clone(),
                ];
                inputs.extend(counts.iter().cloned());
                let grid = grid.into_iter().collect();
                let back = run_one(Index::Scatter { grid, at, block: smallvec![0] }, inputs);
                let (back, mask) = (back.view::<i64>().unwrap(), part(&mask, &lens, place));
                let expected = part(&x, &lens, place);
                let expected = expected.view::<i64>().unwrap();
                for ((&back, &mask), &value) in
                    back.iter().zip(mask.view::<bool>().unwrap()).zip(expected)
                {
                    prop_assert_eq!(back, if mask { value } else { 0 });
                }
            }
        }
    }

    /// Compressing eight at a time is compressing one by one, for each dtype.
    #[test]
    fn compressing_is_filtering(
        values in prop::collection::vec((proptest::num::u8::ANY, 0..3_u8), 0..70),
        dense in proptest::bool::ANY,
    ) {
        let mask: Vec<bool> = values.iter().map(|(_, n)| if dense { *n > 0 } else { *n == 0 }).collect();
        let kept = values.iter().zip(&mask).filter(|(_, mask)| **mask);
        let kept: Vec<u8> = kept.map(|((value, _), _)| *value).collect();
        let block = Block::vector(values.iter().map(|(value, _)| *value).collect());
        let made = run_one(Index::Select { axis: 0 }, vec![block, Block::vector(mask)]);
        prop_assert_eq!(made, Block::vector(kept));
    }
}

#[test]
fn every_dtype_can_be_indexed() {
    for dtype in DType::ALL {
        let block = crate::dispatch!(dtype, T => Block::vector(vec![
            <T as crate::Element>::ONE,
            <T as crate::Element>::ZERO,
            <T as crate::Element>::ONE,
        ]));
        let take = Index::Take {
            axis: 0,
            places: vec![2, 1],
        };
        assert_eq!(run_one(take, vec![block.clone()]).dtype(), dtype);
        let zero = Index::Put {
            value: Some(Number::Int(0)),
            block: smallvec![0],
        };
        let mask = Block::vector(vec![true; 3]);
        let zeros = run_one(zero, vec![block.clone(), mask]);
        let nonzero = Index::Nonzero {
            lead: 0,
            at: smallvec![0],
            starts: smallvec![Some(0)],
        };
        assert!(run(nonzero.clone(), vec![zeros]).unwrap()[0].is_empty());
        assert_eq!(run(nonzero, vec![block]).unwrap()[0].len(), 2);
    }
}
