//! Reductions, running results, order and counting.

use super::{Call, one, tried};
use taskloom_array::{Array, Bins, Covariance, Over, Quantile, Result, Side};

/// The axes, and what else a reduction takes.
fn over(call: &Call<'_>) -> Over {
    let p = call.p();
    let mut over = match p.maybe_ints("axis") {
        None => Over::all(),
        Some(axes) => Over::axes(axes.iter().map(|&axis| axis as isize)),
    };
    if p.flag("keepdims") {
        over = over.keepdims();
    }
    if let Some(many) = p.maybe_size("split_every") {
        over = over.split_every(many);
    }
    if let Some(ddof) = p.maybe_size("ddof") {
        over = over.ddof(ddof as u32);
    }
    match p.dtype("dtype") {
        Some(dtype) => over.dtype(dtype),
        None => over,
    }
}

pub fn apply(name: &str, call: &Call<'_>) -> Option<Result<Vec<Array>>> {
    if call.count() == 0 || !call.is_array(0) {
        return None;
    }
    let (x, p) = (call.x(0), call.p());
    let over = || over(call);
    one(match name {
        "sum" => x.sum_over(over()),
        "prod" => x.prod_over(over()),
        "mean" => x.mean_over(over()),
        "var" => x.var_over(over()),
        "std" => x.std_over(over()),
        "min" => x.min_over(over()),
        "max" => x.max_over(over()),
        "any" => x.any_over(over()),
        "all" => x.all_over(over()),
        "argmin" => x.argmin_over(over()),
        "argmax" => x.argmax_over(over()),
        "nansum" => x.nansum_over(over()),
        "nanprod" => x.nanprod_over(over()),
        "nanmean" => x.nanmean_over(over()),
        "nanvar" => x.nanvar_over(over()),
        "nanstd" => x.nanstd_over(over()),
        "nanmin" => x.nanmin_over(over()),
        "nanmax" => x.nanmax_over(over()),
        "nanargmin" => x.nanargmin_over(over()),
        "nanargmax" => x.nanargmax_over(over()),
        "count_nonzero" => x.count_nonzero_over(over()),
        "moment" => x.moment(p.int("order") as u32, over()),
        "ptp" => x.ptp_over(over()),
        "average" => x.average(call.x(1), call.axis()),
        "cumsum" => x.cumsum(call.axis()),
        "cumprod" => x.cumprod(call.axis()),
        "nancumsum" => x.nancumsum(call.axis()),
        "nancumprod" => x.nancumprod(call.axis()),
        _ => return ordered(name, x, call),
    })
}

/// Along one axis, which may stay.
fn along(call: &Call<'_>) -> Over {
    match call.p().flag("keepdims") {
        true => Over::axis(call.axis()).keepdims(),
        false => Over::axis(call.axis()),
    }
}

fn quantile(call: &Call<'_>) -> Quantile {
    let shares = call.p().floats("q");
    match call.p().value("q").is_array() {
        true => shares.into(),
        false => shares[0].into(),
    }
}

fn bins(call: &Call<'_>) -> Bins {
    let p = call.p();
    let mut bins = match p.value("bins").as_u64() {
        Some(count) => Bins::count(count as usize),
        None => Bins::edges(p.floats("bins")),
    };
    if p.has("range") {
        let range = p.floats("range");
        bins = bins.range(range[0], range[1]);
    }
    if call.count() == 2 {
        bins = bins.weights(call.x(1));
    }
    match p.flag("density") {
        true => bins.density(),
        false => bins,
    }
}

fn covariance(call: &Call<'_>) -> Covariance {
    let how = match call.p().flag("rowvar") {
        true => Covariance::of_rows(),
        false => Covariance::of_columns(),
    };
    match call.p().maybe_size("ddof") {
        Some(ddof) => how.ddof(ddof as u32),
        None => how,
    }
}

fn ordered(name: &str, x: &Array, call: &Call<'_>) -> Option<Result<Vec<Array>>> {
    let p = call.p();
    one(match name {
        "sort" => x.sort(call.axis()),
        "median" => x.median_over(along(call)),
        "nanmedian" => x.nanmedian_over(along(call)),
        "quantile" => x.quantile(quantile(call), along(call)),
        "nanquantile" => x.nanquantile(quantile(call), along(call)),
        "percentile" => x.percentile(quantile(call), along(call)),
        "nanpercentile" => x.nanpercentile(quantile(call), along(call)),
        "topk" => x.topk(p.int("k") as isize, call.axis()),
        "argtopk" => x.argtopk(p.int("k") as isize, call.axis()),
        "unique" => x.unique(),
        "bincount" => {
            let weights = (call.count() == 2).then(|| call.x(1));
            x.bincount(weights, p.size("minlength"))
        }
        "unique_counts" => return two(Ok(x.unique_counts())),
        "unique_inverse" => return two(Ok(x.unique_inverse())),
        "histogram" => return two(x.histogram(bins(call))),
        "digitize" => return tried(x.digitize(p.floats("bins"), p.flag("right"))),
        "diff" => return tried(x.diff(p.size("n"), call.axis())),
        "gradient" => return tried(x.gradient(p.float("spacing"), call.axis())),
        "isin" => return tried(x.isin(call.x(1))),
        "allclose" => {
            let equal_nan = p.flag("equal_nan");
            x.allclose(call.x(1), p.float("rtol"), p.float("atol"), equal_nan)
        }
        "cov" => return tried(x.cov(covariance(call))),
        "corrcoef" => return tried(x.corrcoef(covariance(call))),
        "searchsorted" => {
            let side = match p.text("side").as_str() {
                "left" => Side::Left,
                _ => Side::Right,
            };
            return tried(x.searchsorted(call.x(1), side));
        }
        _ => return None,
    })
}

fn two(pair: Result<(Array, Array)>) -> Option<Result<Vec<Array>>> {
    Some(pair.map(|(first, second)| vec![first, second]))
}
