//! The acceptance cases of arrays with unknown chunk sizes that index, mask and assign, by their
//! numbers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Masks and values are borrowed as programs that go on using them do.
#![allow(clippy::needless_borrows_for_generic_args)]

use ndarray::array;
use taskloom_array::{Array, Block, Chunks, Over, Result, s};

fn counted(len: i64, chunk: usize) -> Array {
    let values = ndarray::Array1::from_iter(0..len);
    Array::from_ndarray(&values, Chunks::of([chunk])).unwrap()
}

/// Blocks of one axis, of unknown lengths.
fn unknown(blocks: &[&[f64]]) -> Array {
    let made = blocks.iter().map(|block| Block::vector(block.to_vec()));
    let array = Array::from_blocks(made.collect(), &[blocks.len()]).unwrap();
    array.forget_chunk_sizes()
}

fn ints(array: &Array) -> Vec<i64> {
    array.to_local_here::<i64>().unwrap().into_iter().collect()
}

fn text(result: Result<Array>) -> String {
    match result {
        Ok(array) => text_here(&array),
        Err(error) => error.to_string(),
    }
}

fn text_here(array: &Array) -> String {
    match array.compute_here() {
        Ok(block) => panic!("no error: {block:?}"),
        Err(error) => error.to_string(),
    }
}

/// It says "chunk" and "unknown", and what to do.
fn names_the_way_out(error: &str) {
    for word in ["chunk", "unknown", "compute_chunk_sizes()"] {
        assert!(error.contains(word), "no {word:?} in {error}");
    }
}

#[test]
fn a1_a_mask_makes_one_unknown_axis() {
    let x = counted(10, 5);
    let y = x.mask(&x.gt(6)).unwrap();
    assert_eq!(y.chunks(), [[None, None]]);
    assert_eq!(y.shape(), [None]);
    assert_eq!(ints(&y), [7, 8, 9]);
    assert_eq!(ints(&y.sum()), [24]);
}

#[test]
fn a3_a_matrix_of_unknown_columns() {
    let values = ndarray::Array2::from_shape_fn((4, 6), |(i, j)| (i * 6 + j) as i64);
    let known = Array::from_ndarray(&values, Chunks::of([2, 2])).unwrap();
    let columns = Array::from_block(Block::vector(vec![true; 6]));
    let x = known.mask_axis(&columns, 1).unwrap();
    assert_eq!(x.chunks(), [vec![Some(2); 2], vec![None; 3]]);
    assert_eq!((&x + 1).chunks(), x.chunks());
    assert_eq!(ints(&x.slice(s![0]).unwrap()), [0, 1, 2, 3, 4, 5]);
    for selection in [s![.., 4], s![.., ..; 2], s![0, 2..4]] {
        names_the_way_out(&text(x.slice(selection)));
    }
    assert_eq!(x.slice(s![.., ..]).unwrap().name(), x.name());
    assert_eq!(x.t().chunks(), [vec![None; 3], vec![Some(2); 2]]);
    let product = x.dot(&x.t()).unwrap();
    assert_eq!(product.chunks(), [vec![Some(2); 2], vec![Some(2); 2]]);
    assert_eq!(ints(&product)[..4], [55, 145, 235, 325]);
}

#[test]
fn a4_what_needs_sizes_says_so() {
    let a = unknown(&[&[0.0, 1.0, 2.0], &[3.0, 4.0]]);
    let b = unknown(&[&[0.0, 1.0], &[2.0, 3.0], &[4.0]]);
    let sum = &a + &b;
    let error = sum.check().unwrap_err().to_string();
    assert!(
        error.contains("chunk") && error.contains("unknown"),
        "{error}"
    );
    for selection in [s![1], s![..; 2], s![-5], s![[0, 1]], s![..2]] {
        names_the_way_out(&text(a.slice(selection)));
    }
    names_the_way_out(&text(a.rechunk(Chunks::of([3]))));
    names_the_way_out(&text(a.reshape([2, 5])));
    assert_eq!(a.slice(s![..]).unwrap().name(), a.name());
}

#[test]
fn a6_assignment_by_masks() {
    let mut x = counted(10, 5);
    x.set(&x.gt(6), -1).unwrap();
    x.set(&(&x % 2).eq(0), -2).unwrap();
    assert_eq!(ints(&x), [-2, 1, -2, 3, -2, 5, -2, -1, -1, -1]);
    assert_eq!(x.chunks(), [[Some(5), Some(5)]]);
}

#[test]
fn a7_a_copy_keeps_what_was() {
    let mut x = counted(5, 2);
    let y = x.clone();
    x.set(&(&x % 2).eq(0), -1).unwrap();
    assert_eq!(ints(&x), [-1, 1, -1, 3, -1]);
    assert_eq!(ints(&y), [0, 1, 2, 3, 4]);
    // The value may be made of what is assigned to.
    let mut x = y.clone();
    let odd = (&x % 2).eq(1);
    x.set(&odd, x.mask(&odd).unwrap() * 10).unwrap();
    assert_eq!(ints(&x), [0, 10, 2, 30, 4]);
    x.set(&odd, &x * -1).unwrap();
    assert_eq!(ints(&x), [0, -10, 2, -30, 4]);
}

#[test]
fn a9_sizes_that_are_found_out() {
    let x = &counted(5, 2) - 2;
    let y = x.mask(&x.le(0)).unwrap();
    names_the_way_out(&text(y.slice(s![0])));
    let y = y.compute_chunk_sizes_here().unwrap();
    assert_eq!(y.chunks(), [[Some(2), Some(1), Some(0)]]);
    assert_eq!(y.shape(), [Some(3)]);
    assert_eq!(ints(&y.slice(s![0]).unwrap()), [-2]);
    assert_eq!(ints(&y.slice(s![-1]).unwrap()), [0]);
    // The same cut, built again, still fits.
    let again = x.mask(&x.le(0)).unwrap();
    assert_eq!(ints(&(&again + &y)), [-4, -2, 0]);
}

#[test]
fn a10_masks_of_a_wrong_length() {
    let x = counted(10, 5);
    let error = text(x.mask(&counted(11, 5).gt(3)));
    assert!(
        error.contains("(11,)") && error.contains("(10,)"),
        "{error}"
    );
    let mut x = counted(5, 2);
    let error = x.set(&counted(4, 2).gt(1), 0).unwrap_err().to_string();
    assert!(
        error.contains("boolean index shape (4,) must match indexed array's (5,)"),
        "{error}"
    );
    assert_eq!(ints(&x), [0, 1, 2, 3, 4]);
}

#[test]
fn a15_unrelated_cuts_never_meet_in_silence() {
    let a = unknown(&[&[1.0, 2.0], &[3.0]]);
    let other = unknown(&[&[1.0], &[2.0, 3.0]]);
    assert_eq!(
        (&a + &a).compute_here().unwrap(),
        Block::vector(vec![2.0, 4.0, 6.0])
    );
    let error = (&a + &other).check().unwrap_err().to_string();
    assert!(
        error.contains(&a.name()) && error.contains(&other.name()),
        "{error}"
    );
    // Masks, places and values are held to the same rule.
    names_the_way_out(&text(a.mask(&other.gt(1.0))));
    let mut x = a.clone();
    names_the_way_out(&x.set(&other.gt(1.0), 0.0).unwrap_err().to_string());
    names_the_way_out(&x.set(s![..], &other).unwrap_err().to_string());
    // Said to be aligned, they are compared when they are there.
    let error = text_here(&(&a + &other.assume_aligned(&a).unwrap()));
    assert!(
        error.contains("2 elements") && error.contains("and 1 in"),
        "{error}"
    );
    x.set(&other.gt(1.0).assume_aligned(&a).unwrap(), 0.0)
        .unwrap();
    assert!(
        text_here(&x).contains("cut differently"),
        "{}",
        text_here(&x)
    );
    // One element is not stretched where the length is unknown.
    let one = unknown(&[&[5.0], &[6.0]]).assume_aligned(&a).unwrap();
    assert!(text_here(&(&a + &one)).contains("cut differently"));
}

#[test]
fn values_of_selections_are_compared_when_they_are_there() {
    let a = unknown(&[&[1.0, 2.0], &[3.0]]);
    // One element in the first block, where two are asked for, and nothing was declared to stretch.
    let short = unknown(&[&[5.0], &[6.0]]).assume_aligned(&a).unwrap();
    let misaligned = |x: &Array| {
        let error = text_here(x);
        assert!(
            error.contains("cut differently") && error.contains(&a.name()),
            "{error}"
        );
        assert!(
            error.contains("2 elements") && error.contains("and 1 in"),
            "{error}"
        );
        assert!(error.contains(&short.name()), "{error}");
    };
    let mut x = a.clone();
    x.set(s![..], &short).unwrap();
    misaligned(&x);
    // Equal lengths pass, and what was declared to be one element stretches.
    let mut x = a.clone();
    x.set(s![..], &(&a * 2)).unwrap();
    assert_eq!(
        x.to_local_here::<f64>().unwrap(),
        array![2.0, 4.0, 6.0].into_dyn()
    );
    let one = Array::from_ndarray(&array![7.0], Chunks::whole()).unwrap();
    x.set(s![..], &one).unwrap();
    assert_eq!(
        x.to_local_here::<f64>().unwrap(),
        array![7.0, 7.0, 7.0].into_dyn()
    );
    // Beside an index and a list of other axes.
    let new = taskloom_array::NewAxis;
    let row = Array::from_ndarray(&array![[0.0, 0.0, 0.0]], Chunks::whole()).unwrap();
    let wide = &a.slice(s![.., new]).unwrap() + &row;
    let mut x = wide.clone();
    x.set(s![.., 1], &short).unwrap();
    assert!(text_here(&x).contains("cut differently"));
    let mut x = wide.clone();
    x.set(s![.., 1], &(&a * 2)).unwrap();
    assert_eq!(
        x.to_local_here::<f64>().unwrap(),
        array![[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [3.0, 6.0, 3.0]].into_dyn()
    );
    let mut x = wide.clone();
    x.set(s![.., vec![2, 0]], &short.slice(s![.., new]).unwrap())
        .unwrap();
    assert!(text_here(&x).contains("cut differently"));
    let mut x = wide.clone();
    x.set(s![.., vec![2, 0]], &a.slice(s![.., new]).unwrap())
        .unwrap();
    assert_eq!(
        x.to_local_here::<f64>().unwrap(),
        wide.to_local_here::<f64>().unwrap()
    );
    // Rows for places of an unknown number.
    let places = Array::from_ndarray(&array![2_i64, 0, 1], [2])
        .unwrap()
        .forget_chunk_sizes();
    let known = Array::from_ndarray(&array![0.0, 0.0, 0.0, 0.0], Chunks::of([2])).unwrap();
    let one = Array::from_ndarray(&array![9.0], Chunks::exact([vec![0, 1]])).unwrap();
    let one = one.forget_chunk_sizes().assume_aligned(&places).unwrap();
    let mut x = known.clone();
    x.set(&places, &one).unwrap();
    assert!(
        text_here(&x).contains("cut differently"),
        "{}",
        text_here(&x)
    );
}

#[test]
fn there_are_not_too_many_blocks() {
    use taskloom_array::{Axis, DType, MAX_BLOCKS};
    let error = Array::zeros([usize::MAX], DType::F64, [1])
        .check()
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains(&MAX_BLOCKS.to_string()) && error.contains("axis 0"),
        "{error}"
    );
    assert!(Array::arange(0, i64::MAX, 1, [1]).check().is_err());
    let one = Array::from_ndarray(&array![1.0], Chunks::whole()).unwrap();
    assert!(one.broadcast_to([isize::MAX]).is_err());
    assert!(one.tile([usize::MAX]).is_err());
    let large = Array::zeros([1 << 40], DType::Bool, Chunks::whole());
    assert!(large.repeat(1 << 30, 0).is_err());
    assert_eq!(Array::unknown_axis("rows", usize::MAX).blocks(), 0);
    assert_eq!(Axis::regular(usize::MAX, 1).blocks(), 0);
    assert_eq!(Axis::regular(usize::MAX, usize::MAX).blocks(), 1);
}

#[test]
fn masks_of_matrices_are_in_order_and_reductions_of_them_need_none() {
    let values = ndarray::Array2::from_shape_fn((6, 7), |(i, j)| ((i * 7 + j) * 37 % 41) as i64);
    let x = Array::from_ndarray(&values, Chunks::of([4, 3])).unwrap();
    let chosen: Vec<i64> = values.iter().copied().filter(|v| *v > 20).collect();
    let y = x.mask(&x.gt(20)).unwrap();
    assert_eq!(y.numblocks(), [2]);
    assert_eq!(ints(&y), chosen);
    assert_eq!(ints(&y.sum()), [chosen.iter().sum::<i64>()]);
    assert_eq!(ints(&(&y * 2 + 1).max()), [81]);
    assert_eq!(
        ints(&(&y + &(&y * 2)).sum_over(Over::all().keepdims())),
        [chosen.iter().sum::<i64>() * 3]
    );
    let greatest = chosen
        .iter()
        .enumerate()
        .max_by_key(|(at, v)| (**v, -(*at as i64)));
    assert_eq!(ints(&y.argmax()), [greatest.unwrap().0 as i64]);
    // Selected by the same mask, arrays align.
    let z = (&x * 2).mask(&x.gt(20)).unwrap();
    assert_eq!(ints(&(&z - &y)), chosen);
}

#[test]
fn slices_go_through_functions_of_elements() {
    let x = counted(1000, 10);
    let y = (&x + 1) * 2;
    let part = y.slice(s![..10]).unwrap();
    assert_eq!(ints(&part), (1..=10).map(|v| v * 2).collect::<Vec<_>>());
    // It is the product of a sum of a slice, by its name.
    let direct = (x.slice(s![..10]).unwrap() + 1) * 2;
    assert_eq!(part.name(), direct.name());
    let row = Array::from_ndarray(&array![[1_i64, 2, 3]], Chunks::whole()).unwrap();
    let column = counted(100, 10)
        .slice(s![.., taskloom_array::NewAxis])
        .unwrap();
    let table = &column * &row;
    assert_eq!(ints(&table.slice(s![42, 1..]).unwrap()), [84, 126]);
    assert_eq!(ints(&table.slice(s![7..9, 2]).unwrap()), [21, 24]);
}

#[test]
fn too_many_blocks_or_too_large_ones_are_errors() {
    use taskloom_array::DType;
    let text = |array: Array| array.check().unwrap_err().to_string();
    let side = 1 << 20;
    let made = text(Array::zeros([side, side], DType::F64, [1, 1]));
    assert!(made.contains("1048576 x 1048576 blocks"), "{made}");
    assert!(made.contains("choose larger chunks"), "{made}");
    // Also where no shape is said.
    let x = Array::zeros([side], DType::F64, [1]);
    let pairs = text(x.expand_dims(1).unwrap() + &x);
    assert!(pairs.contains("choose larger chunks"), "{pairs}");

    for len in [1 << 42, usize::MAX / 2] {
        let block = Array::ones([len], DType::F64, Chunks::whole());
        let error = block.compute_here().unwrap_err().to_string();
        assert!(error.contains("does not fit into memory"), "{error}");
        let one = x.slice(s![..1]).unwrap();
        let repeated = one.repeat(len, 0).and_then(|many| many.compute_here());
        assert!(repeated.is_err());
    }
}
