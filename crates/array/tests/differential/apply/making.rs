//! Arrays that are made of nothing.

use super::{Call, one};
use taskloom_array::{Array, Indexing, Result};

pub fn apply(name: &str, call: &Call<'_>) -> Option<Result<Vec<Array>>> {
    let p = call.p();
    if name == "meshgrid" {
        let indexing = match p.text("indexing").as_str() {
            "ij" => Indexing::Ij,
            _ => Indexing::Xy,
        };
        return Some(Array::meshgrid(&call.arrays(), indexing));
    }
    let dtype = || p.dtype("dtype").expect("a dtype");
    one(match name {
        "zeros" => Array::zeros(p.sizes("shape"), dtype(), call.chunks()),
        "ones" => Array::ones(p.sizes("shape"), dtype(), call.chunks()),
        "full" => Array::full(p.sizes("shape"), dtype(), call.scalar(0), call.chunks()),
        "zeros_like" => call.x(0).zeros_like(),
        "ones_like" => call.x(0).ones_like(),
        "full_like" => call.x(0).full_like(call.scalar(1)),
        "eye" => Array::eye(p.size("n"), p.size("m"), p.int("k"), dtype(), call.chunks()),
        "tri" => Array::tri(p.size("n"), p.size("m"), p.int("k"), dtype(), call.chunks()),
        "identity" => Array::identity(p.size("n"), dtype(), call.chunks()),
        "arange" => {
            let (start, stop, step) = (call.scalar(0), call.scalar(1), call.scalar(2));
            Array::arange(start, stop, step, call.chunks())
        }
        "linspace" => {
            let (start, stop) = (call.float(0), call.float(1));
            Array::linspace(start, stop, p.size("n"), p.flag("endpoint"), call.chunks())
        }
        "indices" => Array::indices(p.sizes("shape"), call.chunks()),
        _ => return None,
    })
}
