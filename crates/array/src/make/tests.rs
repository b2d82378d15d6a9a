//! Tests of arrays of nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Literal results of numpy for every way to cut.

use super::Indexing;
use crate::array::Array;
use crate::axis::Axis;
use crate::chunks::Chunks;
use ndarray::array;
use taskloom_kernels::{DType, Scalar};

#[test]
fn constants_take_every_cut() {
    for chunks in [
        Chunks::of([2, 2]),
        Chunks::exact([vec![0, 3], vec![1, 0, 3]]),
        Chunks::whole(),
    ] {
        let x = Array::full([3, 4], DType::I32, 5, chunks.clone());
        assert_eq!(
            x.to_local_here::<i32>().unwrap(),
            ndarray::ArrayD::from_elem(vec![3, 4], 5)
        );
        let ones = Array::ones([3, 4], DType::Bool, chunks);
        assert!(ones.to_local_here::<bool>().unwrap().iter().all(|&one| one));
    }
    let scalar = Array::full([], DType::F32, 1.5, Chunks::whole());
    assert_eq!(scalar.compute_here().unwrap().item::<f32>().unwrap(), 1.5);
    let empty = Array::zeros([0, 3], DType::F64, Chunks::auto());
    assert_eq!(empty.compute_here().unwrap().shape(), [0, 3]);
}

#[test]
fn likes_keep_axes_also_unknown_ones() {
    let x = Array::arange(0, 6, 1, [4]);
    assert_eq!(
        x.ones_like().to_local_here::<i64>().unwrap(),
        array![1, 1, 1, 1, 1, 1].into_dyn()
    );
    let unknown = x.forget_chunk_sizes();
    let sevens = unknown.full_like(7);
    assert_eq!(sevens.axes(), unknown.axes());
    assert_eq!(
        sevens.to_local_here::<i64>().unwrap(),
        array![7, 7, 7, 7, 7, 7].into_dyn()
    );
    assert!(unknown.full_like(f64::NAN).check().is_err());
    let failed = Array::zeros([2], DType::U8, [0]).zeros_like();
    assert!(
        failed
            .check()
            .unwrap_err()
            .to_string()
            .contains("chunk size")
    );
}

#[test]
fn arange_has_numpys_lengths_and_values() {
    let ints = |start: i64, stop: i64, step: i64| {
        let x = Array::arange(start, stop, step, [3]);
        x.to_local_here::<i64>()
            .unwrap()
            .into_raw_vec_and_offset()
            .0
    };
    assert_eq!(ints(0, 7, 2), [0, 2, 4, 6]);
    assert_eq!(ints(0, 8, 2), [0, 2, 4, 6]);
    assert_eq!(ints(10, 0, -3), [10, 7, 4, 1]);
    assert!(ints(0, -1, 1).is_empty());
    assert_eq!(
        ints(i64::MAX - 2, i64::MAX, 1),
        [i64::MAX - 2, i64::MAX - 1]
    );
    let floats = Array::arange(0.5, 2.0, 0.25, [4]);
    let expected = array![0.5, 0.75, 1.0, 1.25, 1.5, 1.75].into_dyn();
    assert_eq!(floats.to_local_here::<f64>().unwrap(), expected);
    let mixed = Array::arange(0, 1.0, Scalar::from(1), [4]);
    assert_eq!(mixed.dtype(), DType::F64);
    for failed in [
        Array::arange(0, 1, 0, [1]),
        Array::arange(0.0, 1.0, 0.0, [1]),
        Array::arange(0.0, f64::INFINITY, 1.0, [1]),
        Array::arange(0.0, f64::NAN, 1.0, [1]),
        Array::arange(0, u64::MAX, 1, [1]),
        Array::arange(0.0, 1.0, 1e-300, [1]),
    ] {
        assert!(failed.check().is_err());
    }
}

#[test]
fn linspace_meets_its_ends() {
    let line = |num, endpoint| {
        let x = Array::linspace(2.0, -2.0, num, endpoint, [2]);
        x.to_local_here::<f64>()
            .unwrap()
            .into_raw_vec_and_offset()
            .0
    };
    assert_eq!(line(5, true), [2.0, 1.0, 0.0, -1.0, -2.0]);
    assert_eq!(line(4, false), [2.0, 1.0, 0.0, -1.0]);
    assert_eq!(line(1, true), [2.0]);
    assert_eq!(line(1, false), [2.0]);
    assert!(line(0, true).is_empty());
    let last = Array::linspace(0.0, 0.1, 8, true, [3])
        .to_local_here::<f64>()
        .unwrap();
    assert_eq!(last[7], 0.1);
}

#[test]
fn matrices_with_diagonals() {
    for chunks in [
        Chunks::of([2, 2]),
        Chunks::whole(),
        Chunks::exact([vec![1, 0, 2], vec![3, 1]]),
    ] {
        let eye = Array::eye(3, 4, 1, DType::I8, chunks.clone())
            .to_local_here::<i8>()
            .unwrap();
        assert_eq!(
            eye,
            array![[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]].into_dyn()
        );
        let tri = Array::tri(3, 4, -1, DType::I8, chunks)
            .to_local_here::<i8>()
            .unwrap();
        assert_eq!(
            tri,
            array![[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0]].into_dyn()
        );
    }
    let identity = Array::identity(2, DType::F64, [1, 2])
        .to_local_here::<f64>()
        .unwrap();
    assert_eq!(identity, array![[1.0, 0.0], [0.0, 1.0]].into_dyn());
    let far = Array::eye(2, 2, i64::MIN, DType::U8, [1, 1])
        .to_local_here::<u8>()
        .unwrap();
    assert_eq!(far.sum(), 0);
}

#[test]
fn indices_of_a_shape() {
    let indices = Array::indices([2, 3], [1, 2]);
    assert_eq!(indices.numblocks(), [2, 2, 2]);
    let expected = array![[[0, 0, 0], [1, 1, 1]], [[0, 1, 2], [0, 1, 2]]].into_dyn();
    assert_eq!(indices.to_local_here::<i64>().unwrap(), expected);
    assert_eq!(
        Array::indices([], Chunks::whole())
            .compute_here()
            .unwrap()
            .shape(),
        [0]
    );
}

#[test]
fn grids_of_coordinates() {
    let (x, y) = (
        Array::arange(0, 3, 1, [2]),
        Array::linspace(0.0, 1.0, 2, true, [1]),
    );
    let [ij, xy] = [Indexing::Ij, Indexing::Xy].map(|indexing| {
        let grids = Array::meshgrid(&[&x, &y.forget_chunk_sizes()], indexing).unwrap();
        let first = grids[0].to_local_here::<i64>().unwrap();
        (first, grids[1].to_local_here::<f64>().unwrap())
    });
    assert_eq!(ij.0, array![[0, 0], [1, 1], [2, 2]].into_dyn());
    assert_eq!(ij.1, array![[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]].into_dyn());
    assert_eq!(xy.0, array![[0, 1, 2], [0, 1, 2]].into_dyn());
    assert_eq!(xy.1, array![[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]].into_dyn());
    let one = Array::meshgrid(&[&x], Indexing::Xy).unwrap();
    assert_eq!(one[0].compute_here().unwrap(), x.compute_here().unwrap());
    assert!(Array::meshgrid(&[], Indexing::Xy).unwrap().is_empty());
    let square = Array::identity(2, DType::F64, [2, 2]);
    assert!(Array::meshgrid(&[&square], Indexing::Ij).is_err());
}

#[test]
fn equal_expressions_have_equal_names() {
    let names: Vec<String> = [
        Array::zeros([4], DType::F64, [2]),
        Array::zeros([4], DType::F64, [2]),
        Array::zeros([4], DType::F32, [2]),
        Array::zeros([4], DType::F64, [4]),
        Array::full([4], DType::F64, 0.0, [2]),
        Array::full([4], DType::F64, 1.0, [2]),
    ]
    .map(|x| x.name())
    .into();
    assert_eq!(names[0], names[1]);
    for (at, name) in names.iter().enumerate().skip(1) {
        assert!(!names[at + 1..].contains(name));
    }
}

#[test]
fn blocks_that_tasks_make() {
    let axes = [Axis::known([2, 3]), Array::unknown_axis("columns", 2)];
    let x = Array::from_block_tasks(axes, DType::I64, |place| {
        assert_eq!(place.starts[0], Some(2 * place.at[0]));
        assert_eq!(place.lengths[1], None);
        numbered::task(place.lengths[0].unwrap_or(0) as u64, place.at[1] as u64 + 1)
    })
    .unwrap();
    assert_eq!(x.shape(), [Some(5), None]);
    assert_eq!(x.compute_here().unwrap().shape(), [5, 3]);
    let wrong = Array::from_block_tasks([Axis::known([2])], DType::I64, |_| numbered::task(3, 1));
    assert!(
        wrong
            .unwrap()
            .compute_here()
            .unwrap_err()
            .to_string()
            .contains("declared")
    );
}

#[taskloom_task::task(crate = taskloom_task)]
fn numbered(rows: u64, columns: u64) -> taskloom_kernels::Block {
    let values = (0..(rows * columns) as i64).collect();
    taskloom_kernels::Block::new(values, &[rows as usize, columns as usize]).unwrap()
}
