//! Products, factorizations and Fourier transforms.

use super::{Call, tried};
use serde_json::Value;
use taskloom_array::fourier::Transform;
use taskloom_array::linalg::{Compression, MatrixNorm};
use taskloom_array::{Array, Over, Result};

pub fn apply(name: &str, call: &Call<'_>) -> Option<Result<Vec<Array>>> {
    let p = call.p();
    match name {
        "fftfreq" => return tried(Array::fftfreq(p.size("n"), p.float("d"), call.chunks())),
        "rfftfreq" => return tried(Array::rfftfreq(p.size("n"), p.float("d"), call.chunks())),
        "einsum" => return tried(Array::einsum(&p.text("subscripts"), &call.arrays())),
        _ => {}
    }
    if call.count() == 0 || !call.is_array(0) {
        return None;
    }
    let x = call.x(0);
    match name {
        "dot" => tried(x.dot(call.x(1))),
        "matmul" => tried(x.matmul(call.x(1))),
        "tensordot" => tried(tensordot(call)),
        "inner" => tried(x.inner(call.x(1))),
        "outer" => tried(x.outer(call.x(1))),
        "kron" => tried(x.kron(call.x(1))),
        "vdot" => tried(x.vdot(call.x(1))),
        "solve" => tried(x.solve(call.x(1))),
        "solve_triangular" => tried(x.solve_triangular(call.x(1), p.flag("lower"))),
        "cholesky" => tried(x.cholesky()),
        "inv" => tried(x.inv()),
        "det" => tried(x.det()),
        "lstsq" => Some(x.lstsq(call.x(1)).map(|found| vec![found.x])),
        "trace" => tried(x.trace(p.int("k"))),
        "norm" => tried(x.norm()),
        "vector_norm" => {
            let over = match p.maybe_int("axis") {
                Some(axis) => Over::axis(axis as isize),
                None => Over::all(),
            };
            tried(x.vector_norm(order(call).unwrap_or(2.0), over))
        }
        "matrix_norm" => tried(x.matrix_norm(matrix_norm(p.value("order")))),
        "svdvals" => tried(x.svdvals()),
        "slogdet" => Some(x.slogdet().map(|found| vec![found.sign, found.logabsdet])),
        _ => factored(name, x, call).or_else(|| transformed(name, x, call)),
    }
}

/// Factors put together again, and what of them is the same for everybody.
fn factored(name: &str, x: &Array, call: &Call<'_>) -> Option<Result<Vec<Array>>> {
    Some(match name {
        "qr" => x.qr().and_then(|f| Ok(vec![f.q.matmul(&f.r)?, f.r.abs()])),
        "svd" => x
            .svd()
            .and_then(|f| Ok(vec![(&f.u * &f.s).matmul(&f.vh)?, f.s])),
        "svd_compressed" => x
            .svd_compressed(Compression::rank(call.p().size("rank")))
            .and_then(|f| Ok(vec![(&f.u * &f.s).matmul(&f.vh)?, f.s])),
        "eigh" => x.eigh().and_then(|f| {
            let adjoint = Array::einsum("ij->ji", &[&f.vectors.conj()])?;
            Ok(vec![
                f.values.clone(),
                (&f.vectors * &f.values).matmul(&adjoint)?,
            ])
        }),
        "lu" => x.lu().and_then(|f| {
            // Row i of the product is row p[i] of the matrix.
            let product = f.l.matmul(&f.u)?;
            Ok(vec![product - x.take_array(&f.p, 0)?])
        }),
        _ => return None,
    })
}

fn transformed(name: &str, x: &Array, call: &Call<'_>) -> Option<Result<Vec<Array>>> {
    let p = call.p();
    let axes = || p.ints("axes").into_iter().map(|axis| axis as isize);
    let transform = || {
        let transform = Transform::along(call.axis());
        match p.maybe_size("n") {
            Some(len) => transform.to_len(len),
            None => transform,
        }
    };
    tried(match name {
        "fft" => x.fft(transform()),
        "ifft" => x.ifft(transform()),
        "rfft" => x.rfft(transform()),
        "irfft" => x.irfft(transform()),
        "fft2" => x.fft2(),
        "ifft2" => x.ifft2(),
        "fftshift" => x.fftshift(axes()),
        "ifftshift" => x.ifftshift(axes()),
        "rfft2" => x.rfft2(),
        "irfft2" => x.irfft2(),
        "rfftn" => x.rfftn(axes()),
        "irfftn" => {
            let transforms = axes().zip(p.ints("s"));
            x.irfftn(transforms.map(|(axis, len)| Transform::along(axis).to_len(len as usize)))
        }
        "fftn" => x.fftn(axes()),
        "ifftn" => x.ifftn(axes()),
        _ => return None,
    })
}

fn tensordot(call: &Call<'_>) -> Result<Array> {
    let axes: [Vec<isize>; 2] =
        serde_json::from_value(call.p().value("axes").clone()).expect("two lists of axes");
    let (x, y) = (call.x(0), call.x(1));
    match [axes[0].as_slice(), axes[1].as_slice()] {
        [[], []] => x.tensordot(y, 0),
        [&[a], &[b]] => x.tensordot(y, ([a], [b])),
        [&[a, b], &[c, d]] => x.tensordot(y, ([a, b], [c, d])),
        other => panic!("{other:?}"),
    }
}

fn order(call: &Call<'_>) -> Option<f64> {
    call.p()
        .has("order")
        .then(|| crate::numbers::float(call.p().value("order")))
}

fn matrix_norm(order: &Value) -> MatrixNorm {
    match (order.as_str(), order.as_i64()) {
        (Some("fro"), _) => MatrixNorm::Frobenius,
        (Some("nuc"), _) => MatrixNorm::Nuclear,
        (Some("inf"), _) => MatrixNorm::Rows,
        (Some("-inf"), _) => MatrixNorm::LeastRow,
        (_, Some(1)) => MatrixNorm::Columns,
        (_, Some(-1)) => MatrixNorm::LeastColumn,
        (_, Some(2)) => MatrixNorm::Spectral,
        (_, Some(-2)) => MatrixNorm::LeastSingular,
        other => panic!("{other:?}"),
    }
}
