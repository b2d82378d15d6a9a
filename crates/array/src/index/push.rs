//! Slices of results that are computed element by element, as results of slices.
//!
//! `(x + 1)[:10]` is `x[:10] + 1`: less is computed, and nothing of the blocks that are left out. What
//! only looks at its input in another way is passed as well: `x.t()[:10]` is `x[:, :10].t()`. It is
//! done only where at most half of the elements are left, since what is used whole elsewhere is
//! computed twice then.

use super::cut::sliced;
use super::parts::AxisParts;
use super::resolve::Along;
use crate::array::Array;
use crate::axis::Axis;
use crate::identity::{Identity, NodeId};
use crate::layer::Look;
use rustc_hash::FxHashMap;

/// Through how many operations a slice is pushed.
const DEPTH_MAX: usize = 64;

/// The slice of the array as an expression of slices, if that is worth it.
pub(super) fn pushed(array: &Array, along: &[Along]) -> Option<Array> {
    if along.iter().any(Along::is_advanced) || share(array, along) > SHARE_MAX {
        return None;
    }
    Push::default().through(array, along, DEPTH_MAX)
}

/// Up to which part of the elements a slice is pushed.
const SHARE_MAX: f64 = 0.5;

/// Which part of the elements is left, as far as it is known.
fn share(array: &Array, along: &[Along]) -> f64 {
    let taking = along.iter().filter(|along| along.takes_axis());
    let parts = taking.zip(array.axes()).map(|(along, axis)| {
        let len = axis.len().unwrap_or(1).max(1) as f64;
        match along {
            Along::Range { len: part, .. } => *part as f64 / len,
            Along::At(_) => 1.0 / len,
            _ => 1.0,
        }
    });
    parts.product()
}

#[derive(Default)]
struct Push {
    /// What the slices of nodes became: an operand that is used often is sliced once.
    done: FxHashMap<NodeId, Array>,
}

impl Push {
    /// The slice of the array, through the operation that made it. `None` if that is not one that
    /// works element by element or only looks at its input in another way.
    fn through(&mut self, array: &Array, along: &[Along], depth: usize) -> Option<Array> {
        let node = array.node();
        if depth == 0 || node.inputs().is_empty() {
            return None;
        }
        let layer = node.layer();
        let operands: Vec<Array> = node
            .inputs()
            .iter()
            .map(|input| Array::of_node(input.clone(), array.client().cloned()))
            .collect();
        if let Some(look) = layer.look() {
            let [input] = operands.as_slice() else {
                return None;
            };
            return match look {
                Look::Axes(axes) => self.through_axes(input, &axes, along, depth),
                Look::Stretched => self.through_stretch(array, input, along, depth),
                Look::Flipped(backwards) => self.through_flip(input, &backwards, along, depth),
            };
        }
        // First whether there is anything to push through: the operands may be large.
        layer.again(&operands)?;
        let mut inputs = Vec::with_capacity(operands.len());
        for operand in &operands {
            inputs.push(match operand.axes() == array.axes() {
                true => self.part(operand, along, depth),
                false => self.part(operand, &fitted(array, operand, along)?, depth),
            });
        }
        layer.again(&inputs)
    }

    /// The slice of an input, through what made that if it is worth it.
    fn part(&mut self, array: &Array, along: &[Along], depth: usize) -> Array {
        if along.iter().all(|along| matches!(along, Along::Whole)) {
            return array.clone();
        }
        let mut what = Identity::new("part");
        what.bytes(array.node().id().as_bytes());
        along.iter().for_each(|along| along.identify(&mut what));
        let what = what.node();
        if let Some(done) = self.done.get(&what) {
            return done.clone();
        }
        let through = match share(array, along) > SHARE_MAX {
            true => None,
            false => self.through(array, along, depth - 1),
        };
        let part = through.unwrap_or_else(|| sliced(array, along));
        self.done.insert(what, part.clone());
        part
    }

    /// Through axes in another order, new ones of length 1, and some of length 1 left out.
    fn through_axes(
        &mut self,
        input: &Array,
        axes: &[Option<usize>],
        along: &[Along],
        depth: usize,
    ) -> Option<Array> {
        let mut taken = vec![Along::Whole; input.ndim()];
        let mut becomes = Vec::with_capacity(along.len());
        let mut axes = axes.iter();
        for along in along {
            if !along.takes_axis() {
                becomes.push(None);
                continue;
            }
            match (*axes.next()?, along) {
                (Some(axis), along) => {
                    *taken.get_mut(axis)? = along.clone();
                    if !matches!(along, Along::At(_)) {
                        becomes.push(Some(axis));
                    }
                }
                (None, Along::At(_)) => {}
                // A new axis has one element.
                (None, Along::Range { len: 0, .. }) => return None,
                (None, _) => becomes.push(None),
            }
        }
        // Where the axes are once single places are gone.
        let left = |axis: usize| {
            let before = taken[..axis].iter();
            before.filter(|a| !matches!(a, Along::At(_))).count()
        };
        let becomes: Vec<_> = becomes.into_iter().map(|axis| axis.map(left)).collect();
        Some(self.part(input, &taken, depth).looked_at(&becomes))
    }

    /// Through a stretch to the axes of `array`.
    fn through_stretch(
        &mut self,
        array: &Array,
        input: &Array,
        along: &[Along],
        depth: usize,
    ) -> Option<Array> {
        let added = array.ndim().checked_sub(input.ndim())?;
        let (mut taken, mut to) = (Vec::new(), Vec::new());
        let mut axis = 0;
        for along in along {
            if !along.takes_axis() {
                // Before the input's first axis, a new one is stretched as the added ones are.
                if axis > added {
                    taken.push(Along::New);
                }
                to.push(Axis::single(1));
                continue;
            }
            let stretched = array.axes().get(axis)?;
            let (_, part) = AxisParts::of(along, Some(stretched))?;
            to.extend(part);
            if let Some(mine) = axis.checked_sub(added) {
                taken.push(match (input.axes().get(mine)? == stretched, along) {
                    (true, along) => along.clone(),
                    (false, Along::At(_)) => Along::At(0),
                    (false, _) => Along::Whole,
                });
            }
            axis += 1;
        }
        Some(self.part(input, &taken, depth).stretched(to))
    }

    /// Through axes that are backwards: ranges and places are counted from the other end, and what is
    /// taken whole is backwards afterwards.
    fn through_flip(
        &mut self,
        input: &Array,
        backwards: &[bool],
        along: &[Along],
        depth: usize,
    ) -> Option<Array> {
        let mut taken = Vec::with_capacity(along.len());
        let mut flipped = Vec::new();
        let (mut axis, mut left) = (0, 0_isize);
        for along in along {
            let turned = along.takes_axis() && *backwards.get(axis)?;
            taken.push(match (turned, along) {
                (true, Along::Whole) => {
                    flipped.push(left);
                    Along::Whole
                }
                (true, Along::Range { start, len, step }) if *len > 0 => Along::Range {
                    start: from_end(input, axis, *start)?,
                    len: *len,
                    step: step.checked_neg()?,
                },
                (true, Along::At(place)) => Along::At(from_end(input, axis, *place)?),
                (_, along) => along.clone(),
            });
            axis += usize::from(along.takes_axis());
            left += isize::from(!matches!(along, Along::At(_)));
        }
        self.part(input, &taken, depth).flip(flipped).ok()
    }
}

/// A place along an axis, counted from the other end.
fn from_end(array: &Array, axis: usize, place: usize) -> Option<usize> {
    array.axes().get(axis)?.len()?.checked_sub(place + 1)
}

/// What is taken of an operand that is stretched to the array.
fn fitted(array: &Array, operand: &Array, along: &[Along]) -> Option<Vec<Along>> {
    let missing = array.ndim().checked_sub(operand.ndim())?;
    let mut fitted = Vec::with_capacity(along.len());
    let mut axis = 0;
    for along in along {
        if !along.takes_axis() {
            // Before the operand's first axis, a new one is stretched as the missing ones are.
            if axis > missing || missing == 0 {
                fitted.push(along.clone());
            }
            continue;
        }
        if axis >= missing {
            let mine = operand.axes().get(axis - missing)?;
            let theirs = array.axes().get(axis)?;
            let stretched = mine.is_one() && !theirs.is_one();
            fitted.push(match along {
                Along::At(_) if stretched => Along::At(0),
                Along::Range { .. } if stretched => Along::Whole,
                // Cut in another way, so it cannot be sliced alike.
                _ if !stretched && !mine.is_aligned(theirs) => return None,
                other => other.clone(),
            });
        }
        axis += 1;
    }
    Some(fitted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::{DEPTH_MAX, Push};
    use crate::array::Array;
    use crate::chunks::Chunks;
    use crate::index::cut::sliced;
    use crate::index::resolve::resolve;
    use crate::index::selector::{NewAxis, Selection};
    use crate::s;
    use ndarray::Array2;
    use proptest::prelude::{prop, prop_assert_eq, prop_oneof, proptest};
    use proptest::strategy::{Just, Strategy};

    fn square(cuts: &[usize]) -> Array {
        let len = cuts.iter().sum();
        let values = Array2::from_shape_fn((len, len), |(i, j)| (i * len + j) as i64);
        let chunks = Chunks::exact([cuts.to_vec(), cuts.to_vec()]);
        Array::from_ndarray(&values, chunks).unwrap()
    }

    /// The expressions through which slices go.
    fn expressions(x: &Array) -> Vec<Array> {
        let row = x.slice(s![0]).unwrap();
        let [len] = [x.shape()[0].unwrap() as isize];
        vec![
            x.t(),
            x + &x.t(),
            (&x.t() * 2).t(),
            x.flip([0]).unwrap(),
            x.flip([0, 1]).unwrap().t() + x,
            x.squeeze().unwrap().rot90(1, [0, 1]).unwrap(),
            row.broadcast_to([len, -1]).unwrap() + x.t(),
            &row.expand_dims(1).unwrap() - x,
            (&row.flip([0]).unwrap().expand_dims(1).unwrap() * &row).t(),
        ]
    }

    fn selections() -> impl Strategy<Value = Selection> {
        let one = || {
            (
                0..6_i64,
                0..6_i64,
                prop_oneof![Just(1_i64), Just(2), Just(-1)],
            )
        };
        (one(), one(), 0..5_usize).prop_map(|((a, b, step), (c, d, other), kind)| match kind {
            0 => s![a..b; step, c..d; other],
            1 => s![a % 5, c..d; other],
            2 => s![a..b; step, NewAxis, c % 5],
            3 => s![NewAxis, a..b; step],
            _ => s![.., NewAxis, a..b; step],
        })
    }

    proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_pushed_is_what_is_cut(
            cuts in prop::sample::select(vec![vec![5], vec![2, 3], vec![1, 0, 3, 1]]),
            selection in selections(),
        ) {
            for whole in expressions(&square(&cuts)) {
                let along = resolve("slice", &whole, &selection).unwrap();
                let cut = sliced(&whole, &along);
                let Some(pushed) = Push::default().through(&whole, &along, DEPTH_MAX) else {
                    panic!("{} was not passed with {along:?}", whole.name());
                };
                prop_assert_eq!(pushed.axes(), cut.axes());
                let (pushed, cut) = (pushed.to_local_here::<i64>(), cut.to_local_here::<i64>());
                prop_assert_eq!(pushed.unwrap(), cut.unwrap());
            }
        }
    }

    #[test]
    fn a_slice_of_a_transpose_is_the_transpose_of_a_slice() {
        let x = square(&[2, 3]);
        let one = x.t().slice(s![..2]).unwrap();
        assert_eq!(one.name(), x.slice(s![.., ..2]).unwrap().t().name());
        let row = (&x + &x.t()).slice(s![3]).unwrap();
        let parts = x.slice(s![3]).unwrap() + x.slice(s![.., 3]).unwrap();
        assert_eq!(row.name(), parts.name());
        let flipped = x.flip([1]).unwrap().slice(s![.., ..2]).unwrap();
        assert_eq!(flipped.name(), x.slice(s![.., 4..2; -1]).unwrap().name());
    }

    #[test]
    fn unknown_axes_keep_their_cuts() {
        let x = square(&[2, 3]);
        let mask = [true, false, true, true, false];
        let mask = Array::from_ndarray(&ndarray::Array1::from(mask.to_vec()), Chunks::of([2]));
        let y = x.mask_axis(&mask.unwrap(), 0).unwrap() * 2;
        for whole in [
            y.t(),
            y.t().flip([1]).unwrap(),
            y.expand_dims(0).unwrap().t(),
        ] {
            let part = whole.slice(s![1..3]).unwrap();
            assert_eq!(part.axes()[1], whole.axes()[1]);
            let values = whole.to_local_here::<i64>().unwrap();
            let values = values.slice_axis(ndarray::Axis(0), (1..3).into());
            assert_eq!(part.to_local_here::<i64>().unwrap(), values);
        }
    }
}
