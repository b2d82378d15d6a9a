//! The same elements in another shape or order, and joined arrays.

use super::{Call, tried};
use taskloom_array::{Array, Pad, Result, block, concatenate, dstack, hstack, stack, vstack};

pub fn apply(name: &str, call: &Call<'_>) -> Option<Result<Vec<Array>>> {
    if call.count() == 0 || !call.is_array(0) {
        return None;
    }
    let (x, p) = (call.x(0), call.p());
    let int = |name: &str| p.int(name);
    let sizes = |name: &str| p.sizes(name);
    let signed = |name: &str| p.ints(name).into_iter().map(|n| n as isize);
    tried(match name {
        "transpose" => match p.has("axes") {
            true => x.transpose(signed("axes")),
            false => Ok(x.t()),
        },
        "moveaxis" => x.moveaxis(int("source") as isize, int("target") as isize),
        "swapaxes" => x.swapaxes(int("one") as isize, int("other") as isize),
        "reshape" => x.reshape(signed("shape")),
        "ravel" => x.ravel(),
        "flatten" => x.flatten(),
        "concatenate" => concatenate(call.arrays(), call.axis()),
        "stack" => stack(call.arrays(), call.axis()),
        "vstack" => vstack(call.arrays()),
        "hstack" => hstack(call.arrays()),
        "dstack" => dstack(call.arrays()),
        "block" => {
            let arrays = call.arrays();
            let columns = arrays.len() / p.size("rows");
            block(arrays.chunks(columns).map(<[&Array]>::to_vec))
        }
        "pad" => padded(x, call),
        "flip" => x.flip([call.axis()]),
        "rot90" => x.rot90(int("k"), [0, 1]),
        "roll" => x.roll(int("shift"), call.axis()),
        "roll_flat" => x.roll_flat(int("shift")),
        "repeat" => x.repeat(p.size("n"), call.axis()),
        "repeat_each" => x.repeat_each(&sizes("times"), call.axis()),
        "tile" => x.tile(sizes("reps")),
        "broadcast_to" => x.broadcast_to(signed("shape")),
        "expand_dims" => x.expand_dims(call.axis()),
        "squeeze" => match p.has("axis") {
            true => x.squeeze_axis(call.axis()),
            false => x.squeeze(),
        },
        "atleast_1d" => x.atleast_1d(),
        "atleast_2d" => x.atleast_2d(),
        "atleast_3d" => x.atleast_3d(),
        "tril" => x.tril(int("k")),
        "triu" => x.triu(int("k")),
        "diag" => x.diag(int("k")),
        "diagonal" => x.diagonal(int("k"), [0, 1]),
        "rechunk" => x.rechunk(call.chunks()),
        _ => return None,
    })
}

fn padded(x: &Array, call: &Call<'_>) -> Result<Array> {
    let p = call.p();
    let width: Vec<(usize, usize)> =
        serde_json::from_value(p.value("width").clone()).expect("widths");
    let mode = match p.text("mode").as_str() {
        "constant" => Pad::Constant(p.int("constant_values").into()),
        "edge" => Pad::Edge,
        "reflect" => Pad::Reflect,
        "symmetric" => Pad::Symmetric,
        _ => Pad::Wrap,
    };
    x.pad(width, mode)
}
