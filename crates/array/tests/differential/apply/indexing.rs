//! Places, masks and assignment.

use super::{Call, tried};
use serde_json::Value;
use taskloom_array::{Array, Result, Selection, Selector};

/// What stands between the brackets.
fn selection(call: &Call<'_>) -> Selection {
    let selectors = call.p().value("selectors").as_array().expect("selectors");
    Selection::new(selectors.iter().map(selector))
}

fn selector(value: &Value) -> Selector {
    let (kind, value) = value.as_object().expect("one").iter().next().expect("one");
    let list = || value.as_array().expect("a list");
    match kind.as_str() {
        "int" => Selector::At(value.as_i64().expect("a place")),
        "slice" => Selector::Range {
            start: list()[0].as_i64(),
            end: list()[1].as_i64(),
            step: list()[2].as_i64().unwrap_or(1),
        },
        "list" => Selector::List(list().iter().filter_map(Value::as_i64).collect()),
        "bools" => Selector::Bools(list().iter().filter_map(Value::as_bool).collect()),
        "newaxis" => Selector::NewAxis,
        "ellipsis" => Selector::Ellipsis,
        other => panic!("what is {other}?"),
    }
}

fn set(call: &Call<'_>, key: impl Into<taskloom_array::Key>, value: usize) -> Result<Vec<Array>> {
    let mut x = call.x(0).clone();
    match call.is_array(value) {
        true => x.set(key, call.x(value))?,
        false => x.set(key, call.scalar(value))?,
    }
    Ok(vec![x])
}

pub fn apply(name: &str, call: &Call<'_>) -> Option<Result<Vec<Array>>> {
    if call.count() == 0 || !call.is_array(0) {
        return None;
    }
    let (x, p) = (call.x(0), call.p());
    match name {
        "slice" => tried(x.slice(selection(call))),
        "take" => tried(x.take(&p.ints("indices"), call.axis())),
        "take_array" => tried(x.take_array(call.x(1), call.axis())),
        "points" => {
            let places: Vec<Vec<i64>> =
                serde_json::from_value(p.value("indices").clone()).expect("places");
            tried(x.points(&places))
        }
        "points_array" => {
            let places: Vec<&Array> = call.arrays().into_iter().skip(1).collect();
            tried(x.points_array(&places))
        }
        "mask" => tried(x.mask(call.x(1))),
        "mask_axis" => tried(x.mask_axis(call.x(1), call.axis())),
        "compress" => {
            let truths: Vec<bool> =
                serde_json::from_value(p.value("condition").clone()).expect("truth values");
            tried(x.compress(&truths, call.axis()))
        }
        "extract" => tried(x.extract(call.x(1))),
        "nonzero" => Some(x.nonzero()),
        "argwhere" => tried(x.argwhere()),
        "flatnonzero" => tried(x.flatnonzero()),
        "set_mask" => Some(set(call, call.x(1), 2)),
        "set_slice" => Some(set(call, selection(call), 1)),
        "mask_sum" => Some(x.mask_unordered(call.x(1)).map(|picked| vec![picked.sum()])),
        "blocks_first" => {
            let first = Selection::new([Selector::At(0)]);
            Some(x.blocks(first).map(|block| vec![block]))
        }
        _ => None,
    }
}
