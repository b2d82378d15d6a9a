//! Arrays of known chunk sizes joined with ones of unknown sizes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ndarray::{Array2, ArrayD};
use taskloom_array::{Array, Chunk, Chunks, NewAxis, Over, Pad, concatenate, s, stack};

fn counting(shape: [usize; 2], chunks: Chunks) -> Array {
    let values = Array2::from_shape_fn(shape, |(i, j)| (3 * i + j) as i64);
    Array::from_ndarray(&values, chunks).unwrap()
}

fn values(array: &Array) -> ArrayD<i64> {
    array.to_local_here().unwrap()
}

#[test]
fn known_blocks_beside_unknown_ones_stay_known() {
    let x = counting([5, 3], Chunks::exact([vec![2, 0, 3], vec![2, 1]]));
    let y = counting([4, 3], Chunks::exact([vec![1, 3], vec![2, 1]])) - 6;
    let unknown = y.forget_chunk_sizes_along([0]).unwrap();
    let known = concatenate([&x, &y, &x], 0).unwrap();
    let mixed = concatenate([&x, &unknown, &x], 0).unwrap();
    let lens = [
        Some(2),
        Some(0),
        Some(3),
        None,
        None,
        Some(2),
        Some(0),
        Some(3),
    ];
    assert_eq!(mixed.chunks()[0], lens);
    assert_eq!(mixed.shape(), [None, Some(3)]);
    let found = mixed.compute_chunk_sizes_here().unwrap();
    assert_eq!(found.chunks(), known.chunks());
    assert_eq!(found.axes()[0].id(), mixed.axes()[0].id());
    // They go together with what knows more and what knows less of the same cut.
    let forgotten = mixed.forget_chunk_sizes_along([0]).unwrap();
    for sum in [&mixed + &forgotten, &forgotten + &mixed, &mixed + &found] {
        assert_eq!(values(&sum), values(&(&known * 2)));
    }
    assert!((&mixed + &unknown).check().is_err());
    assert!(mixed.slice(s![2]).is_err());
    let mask = |x: &Array| x.slice(s![.., 1]).unwrap().gt(2);
    let rows: Vec<fn(&Array) -> Array> = vec![
        |x| x.t() * 2,
        |x| x.flip([0]).unwrap(),
        |x| x.flip([0, 1]).unwrap().t(),
        |x| x.slice(s![.., 1..]).unwrap(),
        |x| x.slice(s![.., NewAxis, 2]).unwrap(),
        |x| {
            x.rechunk(Chunks::each([Chunk::Keep, Chunk::Size(1)]))
                .unwrap()
        },
        |x| x.rechunk(Chunks::whole()).unwrap(),
        |x| x.expand_dims(1).unwrap().broadcast_to([-1, 2, 3]).unwrap(),
        |x| x.cumsum(0),
        |x| x.sum_over(0),
        |x| x.max_over(Over::axis(1).keepdims()) + x,
        |x| x.argmax_over(0),
        |x| x.repeat(2, 0).unwrap(),
        |x| x.tile([2, 1]).unwrap(),
        |x| x.ravel().unwrap(),
        |x| x.pad([(0, 0), (1, 1)], Pad::Constant(7.into())).unwrap(),
        |x| stack([x, x], 1).unwrap(),
        |x| concatenate([x, x], 0).unwrap(),
        |x| concatenate([x, x], 1).unwrap(),
        |x| x.matmul(&x.t()).unwrap(),
        |x| x.t().matmul(x).unwrap(),
        |x| x.zeros_like() + x,
        |x| x.take(&[2, 0], 1).unwrap(),
        |x| x.argwhere().unwrap(),
    ];
    for (at, operation) in rows.iter().enumerate() {
        assert_eq!(
            values(&operation(&mixed)),
            values(&operation(&known)),
            "{at}"
        );
    }
    let masked = |x: &Array| values(&x.mask_axis(&mask(x), 0).unwrap());
    assert_eq!(masked(&mixed), masked(&known));
    let all = |x: &Array| values(&x.mask(&x.gt(2)).unwrap());
    assert_eq!(all(&mixed), all(&known));
    let set = |x: &Array| {
        let mut x = x.clone();
        x.set(x.gt(3), 0).unwrap();
        values(&x)
    };
    assert_eq!(set(&mixed), set(&known));
}
