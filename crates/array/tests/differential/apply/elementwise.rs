//! Operations element by element.

use super::{Call, one};
use crate::expression::Argument;
use taskloom_array::{Array, Operand, Result};

impl Call<'_> {
    /// The array or number at a place.
    fn operand(&self, at: usize) -> Operand {
        match self.is_array(at) {
            true => Operand::Array(self.x(at).clone()),
            false => Operand::Number(self.scalar(at)),
        }
    }
}

pub fn apply(name: &str, call: &Call<'_>) -> Option<Result<Vec<Array>>> {
    if call.count() == 0 {
        return None;
    }
    if !call.is_array(0) {
        return number_first(name, call).and_then(one);
    }
    let (x, p) = (call.x(0), call.p());
    match (name, call.count()) {
        ("round", _) => one(x.round(p.int("decimals") as i32)),
        ("nan_to_num", _) if p.has("nan") => {
            let [nan, more, less] = ["nan", "posinf", "neginf"].map(|name| p.float(name));
            one(x.nan_to(nan, Some(more), Some(less)))
        }
        ("nan_to_num", _) => one(x.nan_to_num()),
        ("clip", _) => one(x.clip(call.scalar(1), call.scalar(2))),
        ("astype", _) => one(x.astype(p.dtype("dtype").expect("a dtype"))),
        ("where", _) => one(x.where_(call.operand(1), call.operand(2))),
        ("isclose", _) => {
            let equal_nan = p.flag("equal_nan");
            one(x.isclose(call.operand(1), p.float("rtol"), p.float("atol"), equal_nan))
        }
        ("divmod", _) => {
            let (quotient, remainder) = x.divmod(call.operand(1));
            Some(Ok(vec![quotient, remainder]))
        }
        (name, 1) => unary(name, x).and_then(one),
        (name, 2) => binary(name, x, call.operand(1)).and_then(one),
        _ => None,
    }
}

fn unary(name: &str, x: &Array) -> Option<Array> {
    Some(match name {
        "negative" => -x,
        "positive" => x.positive(),
        "absolute" => x.absolute(),
        "square" => x.square(),
        "sign" => x.sign(),
        "sqrt" => x.sqrt(),
        "log" => x.log(),
        "log2" => x.log2(),
        "log10" => x.log10(),
        "log1p" => x.log1p(),
        "cbrt" => x.cbrt(),
        "exp" => x.exp(),
        "exp2" => x.exp2(),
        "expm1" => x.expm1(),
        "reciprocal" => x.reciprocal(),
        "sin" => x.sin(),
        "cos" => x.cos(),
        "tan" => x.tan(),
        "arcsin" => x.arcsin(),
        "arccos" => x.arccos(),
        "arctan" => x.arctan(),
        "sinh" => x.sinh(),
        "cosh" => x.cosh(),
        "tanh" => x.tanh(),
        "arcsinh" => x.arcsinh(),
        "arccosh" => x.arccosh(),
        "arctanh" => x.arctanh(),
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        "trunc" => x.trunc(),
        "rint" => x.rint(),
        "isnan" => x.isnan(),
        "isfinite" => x.isfinite(),
        "isinf" => x.isinf(),
        "signbit" => x.signbit(),
        "logical_not" => x.logical_not(),
        "invert" => !x,
        "conjugate" => x.conjugate(),
        "real" => x.real(),
        "imag" => x.imag(),
        "angle" => x.angle(),
        "deg2rad" => x.deg2rad(),
        "rad2deg" => x.rad2deg(),
        _ => return None,
    })
}

fn binary(name: &str, x: &Array, y: Operand) -> Option<Array> {
    Some(match name {
        "add" => x + y,
        "subtract" => x - y,
        "multiply" => x * y,
        "divide" => x / y,
        "remainder" => x % y,
        "bitwise_and" => x & y,
        "bitwise_or" => x | y,
        "bitwise_xor" => x ^ y,
        "left_shift" => x << y,
        "right_shift" => x >> y,
        "floor_divide" => x.floor_divide(y),
        "fmod" => x.fmod(y),
        "power" => x.power(y),
        "float_power" => x.float_power(y),
        "minimum" => x.minimum(y),
        "maximum" => x.maximum(y),
        "fmin" => x.fmin(y),
        "fmax" => x.fmax(y),
        "arctan2" => x.arctan2(y),
        "hypot" => x.hypot(y),
        "logaddexp" => x.logaddexp(y),
        "logaddexp2" => x.logaddexp2(y),
        "copysign" => x.copysign(y),
        "nextafter" => x.nextafter(y),
        "greater" => x.greater(y),
        "greater_equal" => x.greater_equal(y),
        "less" => x.less(y),
        "less_equal" => x.less_equal(y),
        "equal" => x.equal(y),
        "not_equal" => x.not_equal(y),
        "logical_and" => x.logical_and(y),
        "logical_or" => x.logical_or(y),
        "logical_xor" => x.logical_xor(y),
        "gcd" => x.gcd(y),
        "lcm" => x.lcm(y),
        _ => return None,
    })
}

/// Operators with a literal on the left.
fn number_first(name: &str, call: &Call<'_>) -> Option<Array> {
    macro_rules! operator {
        ($number:expr) => {{
            let (number, x) = ($number, call.x(1));
            Some(match name {
                "add" => number + x,
                "subtract" => number - x,
                "multiply" => number * x,
                "divide" => number / x,
                "remainder" => number % x,
                _ => return None,
            })
        }};
    }
    if call.count() != 2 || !call.is_array(1) {
        return None;
    }
    match call.argument(0) {
        Argument::Bool(number) => operator!(*number),
        Argument::Int(number) => operator!(i64::try_from(*number).expect("a literal")),
        Argument::Float(number) => operator!(crate::numbers::float(number)),
        _ => None,
    }
}
