//! Quantiles of many elements, nearly: by t-digests.

use crate::block::Block;
use crate::error::KernelError;
use crate::kernel::Outputs;
use crate::reduce::as_float64;
use smallvec::smallvec;
use taskloom_telemetry::TDigest;

/// A digest of a block as bytes, and how many elements are NaN, and infinite to either side, which a
/// digest does not take.
pub(super) fn partial(block: &Block) -> Result<Outputs, KernelError> {
    let mut digest = TDigest::default();
    let mut outside = [0_i64; 3];
    for &x in &as_float64(block)?.view::<f64>()? {
        match x {
            x if x.is_nan() => outside[0] += 1,
            f64::NEG_INFINITY => outside[1] += 1,
            f64::INFINITY => outside[2] += 1,
            x => digest.add(x),
        }
    }
    Ok(state(&digest, outside))
}

fn state(digest: &TDigest, outside: [i64; 3]) -> Outputs {
    smallvec![
        Block::vector(digest.to_bytes()),
        Block::vector(outside.to_vec())
    ]
}

/// Digests as one.
pub(super) fn merge(inputs: &[Block]) -> Result<Outputs, KernelError> {
    let mut merged: Option<TDigest> = None;
    let mut outside = [0_i64; 3];
    let (states, rest) = inputs.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(KernelError::Program("half a digest".to_owned()));
    }
    for [digest, more] in states {
        let digest = read(digest)?;
        match &mut merged {
            Some(merged) => merged.merge(&digest),
            None => merged = Some(digest),
        }
        for (sum, more) in outside.iter_mut().zip(more.clone().into_vec::<i64>()?) {
            *sum += more;
        }
    }
    Ok(state(&merged.unwrap_or_default(), outside))
}

fn read(bytes: &Block) -> Result<TDigest, KernelError> {
    let bytes = bytes.clone().into_vec::<u8>()?;
    TDigest::from_bytes(&bytes).map_err(|error| KernelError::Program(error.to_string()))
}

/// The quantiles of a digest; NaN if an element was, or if there was none.
pub(super) fn quantiles(state: &[Block], at: &[f64]) -> Result<Block, KernelError> {
    let [digest, outside] = state else {
        return Err(KernelError::Program(
            "quantiles without a digest".to_owned(),
        ));
    };
    let digest = read(digest)?;
    let outside = outside.clone().into_vec::<i64>()?;
    let &[nan, below, above] = outside.as_slice() else {
        return Err(KernelError::Program("half a digest".to_owned()));
    };
    let (below, above) = (below as f64, above as f64);
    let finite = digest.size();
    let all = finite + below + above;
    let quantile = |&q: &f64| {
        // Among the finite ones.
        let place = q * all - below;
        match () {
            () if nan > 0 || all == 0.0 => Ok(f64::NAN),
            () if below > 0.0 && (place <= 0.0 || finite + above == 0.0) => Ok(f64::NEG_INFINITY),
            () if above > 0.0 && place >= finite => Ok(f64::INFINITY),
            () => digest.quantile((place / finite).clamp(0.0, 1.0)),
        }
    };
    let quantiles = at.iter().map(quantile).collect::<Result<Vec<f64>, _>>();
    let quantiles = quantiles.map_err(|error| KernelError::value("quantile", error.to_string()))?;
    Ok(Block::vector(quantiles))
}
