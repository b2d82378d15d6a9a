//! Parts, places, masks and assignment against plain loops over whole arrays.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Masks and values are borrowed as programs that go on using them do.
#![allow(clippy::needless_borrows_for_generic_args)]

use ndarray::{Array2, Array3, ArrayD, Axis, IxDyn, array};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_assert_eq, proptest};
use taskloom_array::{Array, Block, Chunks, DType, Ellipsis, NewAxis, Scalar, s};

fn counted(shape: &[usize], chunks: impl Into<Chunks>) -> Array {
    Array::from_ndarray(&numbers(shape), chunks).unwrap()
}

fn numbers(shape: &[usize]) -> ArrayD<i64> {
    let len = shape.iter().product::<usize>() as i64;
    ArrayD::from_shape_vec(IxDyn(shape), (0..len).collect()).unwrap()
}

fn vector<T: taskloom_array::Element>(values: &[T], chunk: usize) -> Array {
    Array::from_ndarray(&ndarray::Array1::from(values.to_vec()), Chunks::of([chunk])).unwrap()
}

fn ints(array: &Array) -> ArrayD<i64> {
    array.to_local_here::<i64>().unwrap()
}

fn text<T>(result: Result<T, taskloom_array::ArrayError>) -> String {
    match result {
        Ok(_) => panic!("no error"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn selections_are_those_of_numpy() {
    let x = counted(&[4, 6], Chunks::of([3, 4]));
    let part = x.slice(s![1..-1, ..; 2]).unwrap();
    assert_eq!(part.chunks(), [vec![Some(2)], vec![Some(2), Some(1)]]);
    assert_eq!(ints(&part), array![[6, 8, 10], [12, 14, 16]].into_dyn());
    // x[::-1, 4:0:-3]
    let back = x.slice(s![..; -1, 4..0; -3]).unwrap();
    let expected = array![[22, 19], [16, 13], [10, 7], [4, 1]].into_dyn();
    assert_eq!(ints(&back), expected);
    assert_eq!(
        ints(&x.slice(s![2]).unwrap()),
        array![12, 13, 14, 15, 16, 17].into_dyn()
    );
    assert_eq!(
        ints(&x.slice(s![-1, -2]).unwrap()),
        ndarray::arr0(22).into_dyn()
    );
    assert_eq!(
        x.slice(s![NewAxis, .., NewAxis, 3]).unwrap().shape(),
        [Some(1), Some(4), Some(1)]
    );
    assert_eq!(
        ints(&x.slice(s![Ellipsis, 0]).unwrap()),
        array![0, 6, 12, 18].into_dyn()
    );
    assert_eq!(x.slice(s![3..1]).unwrap().shape(), [Some(0), Some(6)]);
    assert_eq!(x.slice(s![100.., ..]).unwrap().shape(), [Some(0), Some(6)]);
    assert_eq!(
        ints(&x.slice(s![0, 2..=3]).unwrap()),
        array![2, 3].into_dyn()
    );
    assert_eq!(
        ints(&x.slice(s![0, 4..=-1]).unwrap()),
        array![4, 5].into_dyn()
    );
    // Lists of places and truth values, unsorted and repeated, also beside a place.
    let listed = x.slice(s![[3, 0, 3], 1..3]).unwrap();
    assert_eq!(ints(&listed), array![[19, 20], [1, 2], [19, 20]].into_dyn());
    let listed = x.slice(s![-1, [5, 5, 0, -2]]).unwrap();
    assert_eq!(ints(&listed), array![23, 23, 18, 22].into_dyn());
    let listed = x.slice(s![[true, false, false, true], 0]).unwrap();
    assert_eq!(ints(&listed), array![0, 18].into_dyn());
    let nothing: [i64; 0] = [];
    assert_eq!(x.slice(s![nothing]).unwrap().shape(), [Some(0), Some(6)]);
    // A whole selection is the array itself.
    assert_eq!(x.slice(s![.., 0..6]).unwrap().name(), x.name());
}

#[test]
fn wrong_selections_are_errors() {
    let x = counted(&[4, 6], Chunks::of([3, 4]));
    for (selection, part) in [
        (s![4], "index 4 is out of bounds for axis 0 with size 4"),
        (
            s![.., -7],
            "index -7 is out of bounds for axis 1 with size 6",
        ),
        (s![0, 0, 0], "too many indices"),
        (s![..; 0], "the step of axis 0 cannot be 0"),
        (s![Ellipsis, Ellipsis], "only one ellipsis"),
        (s![[0, 4]], "index 4 is out of bounds"),
        (s![[true, false]], "boolean index did not match"),
        (s![[0], [0]], "points"),
    ] {
        let error = text(x.slice(selection));
        assert!(error.contains(part), "{error}");
    }
    let mut y = x.clone();
    assert!(text(y.set(s![NewAxis], 0)).contains("new axis"));
    assert!(text(y.set(s![4], 0)).contains("out of bounds"));
    assert!(text(y.set(s![..], &counted(&[5], Chunks::whole()))).contains("(4, 6)"));
    assert!(text(x.take(&[0], 2)).contains("axis 2"));
    assert!(text(x.points(&[vec![9]])).contains("index 9 is out of bounds"));
    assert!(text(x.take_array(&vector(&[0.5], 1), 0)).contains("float64"));
    assert!(text(x.mask(&x)).contains("truth values"));
    assert!(text(x.blocks(s![5])).contains("out of bounds"));
    assert_eq!(y.name(), x.name());
}

#[test]
fn a_list_beside_single_places() {
    let x = counted(&[2, 3, 4], Chunks::of([1, 2, 3]));
    // numpy: x[0, :, [3, 1]].shape == (2, 3)
    let apart = x.slice(s![0, .., [3, 1]]).unwrap();
    assert_eq!(ints(&apart), array![[3, 7, 11], [1, 5, 9]].into_dyn());
    let beside = x.slice(s![.., 0, [3, 1]]).unwrap();
    assert_eq!(ints(&beside), array![[3, 1], [15, 13]].into_dyn());
}

#[test]
fn arrays_of_places() {
    let x = counted(&[5, 3], Chunks::exact([vec![2, 0, 3], vec![2, 1]]));
    let places = vector(&[4_i32, -5, 1, 4, 2, 0, 3], 3);
    let expected = numbers(&[5, 3]).select(Axis(0), &[4, 0, 1, 4, 2, 0, 3]);
    for x in [x.clone(), x.forget_chunk_sizes()] {
        let taken = x.take_array(&places, 0).unwrap();
        assert_eq!(ints(&taken), expected);
        let sliced = x.slice(s![&places]).unwrap();
        assert_eq!(sliced.name(), taken.name());
        let unknown = places.forget_chunk_sizes();
        assert_eq!(ints(&x.take_array(&unknown, 0).unwrap()), expected);
        let outside = x.take_array(&vector(&[0_i64, 5], 1), 0).unwrap();
        assert!(
            text(outside.compute_here()).contains("index 5 is out of bounds for axis 0 with 5")
        );
    }
    // Places of two axes replace one.
    let square = Array::from_ndarray(&array![[0_u8, 2], [1, 1]], Chunks::of([1, 1])).unwrap();
    let columns = x.take_array(&square, 1).unwrap();
    assert_eq!(columns.shape(), [Some(5), Some(2), Some(2)]);
    assert_eq!(
        ints(&columns.slice(s![1]).unwrap()),
        array![[3, 5], [4, 4]].into_dyn()
    );
    // Point by point.
    let points = x.points(&[vec![0, -1, 2], vec![2, 0, 1]]).unwrap();
    assert_eq!(ints(&points), array![2, 12, 7].into_dyn());
    let rows = x.points(&[vec![4, 4]]).unwrap();
    assert_eq!(ints(&rows), array![[12, 13, 14], [12, 13, 14]].into_dyn());
    assert!(text(x.points_array(&[&places, &square])).contains("(7,)"));
}

#[test]
fn places_of_what_is_not_zero() {
    let values = array![
        [0.0, 3.0, 0.0],
        [f64::NAN, 0.0, 0.0],
        [0.0, 0.0, -0.0],
        [1.0, 0.0, 2.0]
    ];
    let x = Array::from_ndarray(&values, Chunks::exact([vec![1, 0, 2, 1], vec![2, 1]])).unwrap();
    for x in [x.clone(), x.forget_chunk_sizes()] {
        let rows = x.argwhere().unwrap();
        assert_eq!(rows.chunks()[0], [None; 4]);
        assert_eq!(
            ints(&rows),
            array![[0, 1], [1, 0], [3, 0], [3, 2]].into_dyn()
        );
        let places = x.nonzero().unwrap();
        assert_eq!(ints(&places[1]), array![1, 0, 0, 2].into_dyn());
        let found = x.points_array(&places.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(found.to_local_here::<f64>().unwrap()[[3]], 2.0);
    }
    assert_eq!(
        ints(&x.flatnonzero().unwrap()),
        array![1, 3, 9, 11].into_dyn()
    );
    let error = text(x.forget_chunk_sizes().flatnonzero());
    assert!(
        error.contains("axis 1") && error.contains("compute_chunk_sizes"),
        "{error}"
    );
    assert!(text(x.slice(s![0, 0]).unwrap().nonzero()).contains("no places"));
}

#[test]
fn some_of_the_blocks() {
    let x = counted(&[5, 4], Chunks::exact([vec![2, 0, 3], vec![1, 3]]));
    let some = x.blocks(s![[2, 0], -1]).unwrap();
    assert_eq!(some.chunks(), [vec![Some(3), Some(2)], vec![Some(3)]]);
    assert_eq!(ints(&some).sum(), 6 + 18 + 30 + 42 + 54);
    let unknown = x.forget_chunk_sizes();
    let one = unknown.blocks(s![..2]).unwrap();
    assert_eq!(one.numblocks(), [2, 2]);
    assert_eq!(one.axes()[1], unknown.axes()[1]);
    assert!(one.axes()[0].id() != unknown.axes()[0].id());
    assert!(text(x.blocks(s![3..])).contains("at least one block"));
}

#[test]
fn values_are_assigned_to_parts() {
    let mut x = counted(&[4, 6], Chunks::of([3, 4]));
    let before = x.clone();
    x.set(s![1, ..], -1).unwrap();
    x.set(s![.., 5..0; -2], &vector(&[100_i64, 200, 300], 2))
        .unwrap();
    x.set(s![[3, 0, 3], ..], &counted(&[3, 1], Chunks::whole()))
        .unwrap();
    let expected = array![
        [1, 1, 1, 1, 1, 1],
        [-1, 300, -1, 200, -1, 100],
        [12, 300, 14, 200, 16, 100],
        [2, 2, 2, 2, 2, 2]
    ];
    assert_eq!(ints(&x), expected.into_dyn());
    assert_eq!(x.chunks(), before.chunks());
    assert_eq!(ints(&before), numbers(&[4, 6]));
    // Fractions are cut off, elements wrap around, and NaN says where it was.
    let mut small = vector(&[1_i8, 2, 3], 2);
    small.set(s![0], 2.9).unwrap();
    small.set(s![1..], &vector(&[300.0, -1.5], 1)).unwrap();
    assert_eq!(
        small.to_local_here::<i8>().unwrap(),
        array![2, 44, -1].into_dyn()
    );
    let mut unfit = small.clone();
    unfit
        .set(s![..], &vector(&[0.0, 1.0, f64::NAN], 3))
        .unwrap();
    let error = text(unfit.compute_here());
    assert!(
        error.contains("block (1,)") && error.contains("1 of the values"),
        "{error}"
    );
    assert!(text(small.set(s![..], 300)).contains("300 is out of bounds for int8"));
    assert!(text(small.set(s![..], f64::NAN)).contains("NaN cannot be int8"));
    small.set(s![..], Scalar::typed(300_i64)).unwrap();
    assert_eq!(
        small.to_local_here::<i8>().unwrap(),
        array![44, 44, 44].into_dyn()
    );
}

#[test]
fn values_are_assigned_at_places_of_an_array() {
    let places = vector(&[4_i64, 0, -1, 2], 3);
    let rows = counted(&[4, 1], Chunks::of([3, 1]));
    for forget in [false, true] {
        let mut x = counted(&[5, 3], Chunks::exact([vec![2, 0, 3], vec![2, 1]]));
        if forget {
            x = x.forget_chunk_sizes();
        }
        let mut y = x.clone();
        y.set(&places, &rows).unwrap();
        let expected = array![[1, 1, 1], [3, 4, 5], [3, 3, 3], [9, 10, 11], [2, 2, 2]];
        assert_eq!(ints(&y), expected.into_dyn());
        let mut y = x.clone();
        y.set(s![.., &vector(&[1_u8, 1], 1)], -1).unwrap();
        assert_eq!(ints(&y).index_axis(Axis(1), 1).sum(), -5);
        let row = vector(&[7_i64, 8, 9], 3);
        if !forget {
            y.set(&places.forget_chunk_sizes(), &row).unwrap();
            assert_eq!(ints(&y).index_axis(Axis(0), 2).sum(), 24);
        }
        y.set(&vector(&[5_i64], 1), 0).unwrap();
        assert!(text(y.compute_here()).contains("index 5 is out of bounds for axis 0 with 5"));
    }
}

#[test]
fn values_are_assigned_in_order_to_the_places_of_a_mask() {
    let shape = [4, 6];
    let mask = numbers(&shape).mapv(|v| v % 5 == 1);
    let values = vector(&[10_i64, 20, 30, 40, 50], 2);
    let mut expected = numbers(&shape);
    for (at, place) in [1, 6, 11, 16, 21].into_iter().enumerate() {
        expected.as_slice_mut().unwrap()[place] = (at as i64 + 1) * 10;
    }
    let mask = Array::from_ndarray(&mask, Chunks::of([2, 3])).unwrap();
    for values in [values.clone(), values.forget_chunk_sizes()] {
        let mut x = counted(&shape, Chunks::of([3, 4]));
        x.set(&mask, &values).unwrap();
        assert_eq!(ints(&x), expected);
    }
    // Values that the same mask selected belong together, block by block.
    let mut x = counted(&shape, Chunks::of([2, 3]));
    let old = x.mask(&mask).unwrap();
    let mut same = counted(&shape, Chunks::of([2, 3]));
    same.set(s![..], 0).unwrap();
    same.set(&mask, &old).unwrap();
    assert_eq!(ints(&same).sum(), 1 + 6 + 11 + 16 + 21);
    // Too few and too many.
    x.set(&mask, &vector(&[1_i64, 2, 3, 4], 4)).unwrap();
    let error = text(x.compute_here());
    assert!(
        error.contains("4 values cannot be assigned to the 5 places"),
        "{error}"
    );
}

#[test]
fn masks_stretch_where_they_have_length_one() {
    let shape = [4, 6];
    let mut x = counted(&shape, Chunks::of([2, 4]));
    let row = Array::from_ndarray(
        &array![[true, false, false, false, true, false]],
        Chunks::of([1, 3]),
    );
    x.set(&row.unwrap(), -1).unwrap();
    assert_eq!(
        ints(&x).index_axis(Axis(1), 0),
        array![-1, -1, -1, -1].into_dyn()
    );
    let rows = vector(&[true, false, false, true], 4);
    x.set(&rows, &counted(&[1, 6], Chunks::of([1, 2]))).unwrap();
    assert_eq!(
        ints(&x).index_axis(Axis(0), 3),
        array![0, 1, 2, 3, 4, 5].into_dyn()
    );
    let unknown = x.forget_chunk_sizes();
    let mut changed = unknown.clone();
    assert!(text(changed.set(&rows, 0)).contains("chunk sizes are unknown"));
}

#[test]
fn every_dtype_is_selected_and_assigned() {
    for dtype in DType::ALL {
        let block = taskloom_kernels::dispatch!(dtype, T => Block::vector(vec![<T as taskloom_array::Element>::ONE; 3]));
        let x = Array::from_block(block);
        let mask = vector(&[true, false, true], 2);
        let mut y = x.clone();
        y.set(&mask, 0).unwrap();
        assert_eq!(y.dtype(), dtype);
        assert_eq!(y.flatnonzero().unwrap().compute_here().unwrap().len(), 1);
        assert_eq!(
            y.mask(&mask).unwrap().compute_here().unwrap().dtype(),
            dtype
        );
    }
}

/// Lengths of blocks, some of them zero.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..4_usize, 1..4)
}

fn three() -> impl Strategy<Value = ([Vec<usize>; 3], Vec<bool>)> {
    [cuts(), cuts(), cuts()].prop_flat_map(|lens| {
        let lengths = lens.iter().map(|lens| lens.iter().sum::<usize>());
        let len: usize = lengths.product();
        (Just(lens), prop::collection::vec(proptest::bool::ANY, len))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Masks of one to three axes select in the order of the whole array, and what they selected can
    /// be put back.
    #[test]
    fn masks_of_blocks_are_masks_of_the_whole((lens, truths) in three(), forget in proptest::bool::ANY) {
        let shape: Vec<usize> = lens.iter().map(|lens| lens.iter().sum()).collect();
        let whole = numbers(&shape);
        let truth = ArrayD::from_shape_vec(IxDyn(&shape), truths).unwrap();
        let mut x = Array::from_ndarray(&whole, Chunks::exact(lens.clone())).unwrap();
        let mut mask = Array::from_ndarray(&truth, Chunks::exact(lens)).unwrap();
        if forget {
            x = x.forget_chunk_sizes();
            mask = mask.forget_chunk_sizes();
        }
        let expected: Vec<i64> =
            whole.iter().zip(&truth).filter(|(_, truth)| **truth).map(|(value, _)| *value).collect();
        let selected = x.mask(&mask).unwrap();
        prop_assert_eq!(selected.numblocks(), [x.numblocks()[0]]);
        let computed = ints(&selected);
        prop_assert_eq!(computed.iter().copied().collect::<Vec<_>>(), expected.clone());
        let mut loose = ints(&x.mask_unordered(&mask).unwrap()).into_iter().collect::<Vec<_>>();
        loose.sort_unstable();
        prop_assert_eq!(loose, expected.clone());
        let mut back = x.clone();
        back.set(&mask, -1).unwrap();
        back.set(&mask, &selected).unwrap();
        prop_assert_eq!(ints(&back), whole.clone());
        let counted = Array::from_block(Block::vector(expected));
        let mut back = x.clone();
        back.set(&mask, -1).unwrap();
        back.set(&mask, &counted).unwrap();
        prop_assert_eq!(ints(&back), whole.clone());
        let places = mask.argwhere().unwrap();
        let rows = ints(&places);
        let places: Vec<i64> = rows.outer_iter().map(|row| whole[[row[0] as usize, row[1] as usize, row[2] as usize]]).collect();
        prop_assert_eq!(places, computed.iter().copied().collect::<Vec<_>>());
    }

    /// Ranges, places and lists of blocks are those of the whole.
    #[test]
    fn parts_of_blocks_are_parts_of_the_whole(
        lens in [cuts(), cuts()],
        start in -12..12_i64, end in -12..12_i64, step in prop::sample::select(vec![-3_i64, -1, 1, 2, 5]),
        places in prop::collection::vec(0..1000_usize, 0..9),
    ) {
        let shape: Vec<usize> = lens.iter().map(|lens| lens.iter().sum()).collect();
        let whole = Array2::from_shape_fn((shape[0], shape[1]), |(i, j)| (i * 100 + j) as i64);
        let x = Array::from_ndarray(&whole, Chunks::exact(lens)).unwrap();
        let len = shape[0] as i64;
        let wrap = |bound: i64| if bound < 0 { bound + len } else { bound };
        let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
        let (mut at, last) = (wrap(start).clamp(low, high), wrap(end).clamp(low, high));
        let mut rows = Vec::new();
        while if step < 0 { at > last } else { at < last } {
            rows.push(at as usize);
            at += step;
        }
        let part = x.slice(s![start..end; step]).unwrap();
        prop_assert_eq!(ints(&part), whole.select(Axis(0), &rows).into_dyn());
        let mut set = x.clone();
        let mut expected = whole.clone();
        let value = Array2::from_shape_fn((rows.len(), shape[1]), |(i, j)| -((i * 100 + j) as i64));
        rows.iter().zip(value.outer_iter()).for_each(|(&row, value)| expected.row_mut(row).assign(&value));
        set.set(s![start..end; step], &Array::from_ndarray(&value, Chunks::whole()).unwrap()).unwrap();
        prop_assert_eq!(ints(&set), expected.into_dyn());
        if shape[1] > 0 {
            let places: Vec<usize> = places.iter().map(|place| place % shape[1]).collect();
            let list: Vec<i64> = places.iter().map(|&place| place as i64).collect();
            let taken = x.take(&list, 1).unwrap();
            prop_assert_eq!(ints(&taken), whole.select(Axis(1), &places).into_dyn());
            let index = Array::from_block(Block::vector(list.clone()));
            prop_assert_eq!(ints(&x.take_array(&index, 1).unwrap()), ints(&taken));
            let mut set = x.clone();
            let mut expected = whole.clone();
            let value = Array2::from_shape_fn((shape[0], places.len()), |(i, j)| -((i * 100 + j) as i64) - 1);
            places.iter().enumerate().for_each(|(at, &place)| expected.column_mut(place).assign(&value.column(at)));
            let given = Array::from_ndarray(&value, Chunks::of([2, 2])).unwrap();
            set.set(s![.., list], &given).unwrap();
            prop_assert_eq!(ints(&set), expected.into_dyn());
        }
    }
}

#[test]
fn a_mask_of_fewer_axes_is_for_the_first() {
    let whole = Array3::from_shape_fn((3, 4, 2), |(i, j, k)| (i * 8 + j * 2 + k) as i64);
    let x = Array::from_ndarray(&whole, Chunks::of([2, 3, 1])).unwrap();
    let truth = Array2::from_shape_fn((3, 4), |(i, j)| (i + j) % 3 == 1);
    let mask = Array::from_ndarray(&truth, Chunks::of([1, 4])).unwrap();
    let selected = x.mask(&mask).unwrap();
    assert_eq!(selected.shape(), [None, Some(2)]);
    let expected = array![[2, 3], [8, 9], [14, 15], [20, 21]];
    assert_eq!(ints(&selected), expected.into_dyn());
    let columns = x.mask_axis(&vector(&[false, true], 1), -1).unwrap();
    assert_eq!(columns.shape(), [Some(3), Some(4), None]);
    assert_eq!(ints(&columns), whole.select(Axis(2), &[1]).into_dyn());
    let mut set = x.clone();
    set.set(&mask, 0).unwrap();
    assert_eq!(ints(&set).sum(), whole.sum() - (5 + 17 + 29 + 41));
}

#[test]
fn one_element_among_empty_blocks_is_assigned_by_count() {
    let chunks = Chunks::exact([vec![0, 1, 0], vec![1]]);
    let x = Array::from_ndarray(&ndarray::array![[7_i64]], chunks).unwrap();
    for (truth, given) in [(false, vec![]), (true, vec![9])] {
        let mask = Array::from_ndarray(&ndarray::array![[truth]], Chunks::whole()).unwrap();
        let value = Array::from_ndarray(&ndarray::Array1::from(given), Chunks::whole()).unwrap();
        let mut set = x.clone();
        set.set(&mask, &value).unwrap();
        let expected = if truth { 9 } else { 7 };
        assert_eq!(set.to_local_here::<i64>().unwrap()[[0, 0]], expected);
    }
}
