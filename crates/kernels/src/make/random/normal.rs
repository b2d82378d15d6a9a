//! Normal numbers by the inverse of their distribution.
//!
//! Source: M. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
//! Statistics 37 (1988) 477-484, the routine of 16 digits.

#![allow(clippy::excessive_precision)] // The digits are those of the source.

use super::distribution::inside;
use super::logarithm::logarithm;
use super::place::TILE;
use multiversion::multiversion;

/// Standard normal numbers of words.
///
/// The middle of the distribution is a quotient of polynomials, computed for all at once; the ends,
/// 15 of 100 numbers, need logarithm and root: they are gathered, computed for themselves and put
/// back, so that there are no branches that nobody can predict.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
pub(super) fn normals(words: &[u64], out: &mut [f64]) {
    let mut places = [0_u16; TILE];
    let mut ends = [0.0; TILE];
    for (words, out) in words.chunks(TILE).zip(out.chunks_mut(TILE)) {
        for (out, &word) in out.iter_mut().zip(words) {
            *out = middle(inside(word) - 0.5);
        }
        let mut count = 0;
        for (at, &word) in words.iter().enumerate() {
            let p = inside(word);
            places[count] = at as u16;
            ends[count] = p;
            count += usize::from((p - 0.5).abs() > MIDDLE);
        }
        for end in &mut ends[..count] {
            *end = outside(*end);
        }
        for (&place, &end) in places[..count].iter().zip(&ends) {
            if let Some(out) = out.get_mut(usize::from(place)) {
                *out = end;
            }
        }
    }
}

/// The greatest distance from a half at which `middle` holds.
const MIDDLE: f64 = 0.425;

#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = 0.0;
    for coefficient in coefficients {
        sum = sum * x + coefficient;
    }
    sum
}

/// The inverse near the middle, of the distance from a half.
#[inline(always)]
fn middle(q: f64) -> f64 {
    let r = 0.180_625 - q * q;
    let above = polynomial(
        r,
        [
            2.509_080_928_730_122_672_7e+3,
            3.343_057_558_358_812_810_5e+4,
            6.726_577_092_700_870_085_3e+4,
            4.592_195_393_154_987_145_7e+4,
            1.373_169_376_550_946_112_5e+4,
            1.971_590_950_306_551_442_7e+3,
            1.331_416_678_917_843_774_5e+2,
            3.387_132_872_796_366_608_0e+0,
        ],
    );
    let below = polynomial(
        r,
        [
            5.226_495_278_852_854_561_0e+3,
            2.872_908_573_572_194_267_4e+4,
            3.930_789_580_009_271_061_0e+4,
            2.121_379_430_158_659_586_7e+4,
            5.394_196_021_424_751_107_7e+3,
            6.871_870_074_920_579_083_0e+2,
            4.231_333_070_160_091_125_2e+1,
            1.0,
        ],
    );
    q * above / below
}

/// The inverse at the ends.
#[inline(always)]
fn outside(p: f64) -> f64 {
    let r = (-logarithm(p.min(1.0 - p))).sqrt();
    let (near, far) = (r - 1.6, r - 5.0);
    let near = polynomial(
        near,
        [
            7.745_450_142_783_414_076_40e-4,
            2.272_384_498_926_918_458_33e-2,
            2.417_807_251_774_506_117_70e-1,
            1.270_458_252_452_368_382_58e+0,
            3.647_848_324_763_204_605_04e+0,
            5.769_497_221_460_691_405_50e+0,
            4.630_337_846_156_545_295_90e+0,
            1.423_437_110_749_683_577_34e+0,
        ],
    ) / polynomial(
        near,
        [
            1.050_750_071_644_416_843_24e-9,
            5.475_938_084_995_344_946_00e-4,
            1.519_866_656_361_645_719_66e-2,
            1.481_039_764_274_800_745_90e-1,
            6.897_673_349_851_000_045_50e-1,
            1.676_384_830_183_803_849_40e+0,
            2.053_191_626_637_758_821_87e+0,
            1.0,
        ],
    );
    let far = polynomial(
        far,
        [
            2.010_334_399_292_288_132_65e-7,
            2.711_555_568_743_487_578_15e-5,
            1.242_660_947_388_078_438_60e-3,
            2.653_218_952_657_612_309_30e-2,
            2.965_605_718_285_048_912_30e-1,
            1.784_826_539_917_291_335_80e+0,
            5.463_784_911_164_113_699_00e+0,
            6.657_904_643_501_103_777_20e+0,
        ],
    ) / polynomial(
        far,
        [
            2.044_263_103_389_939_785_64e-15,
            1.421_511_758_316_445_888_70e-7,
            1.846_318_317_510_054_681_80e-5,
            7.868_691_311_456_132_591_00e-4,
            1.487_536_129_085_061_485_25e-2,
            1.369_298_809_227_358_053_10e-1,
            5.998_322_065_558_879_376_90e-1,
            1.0,
        ],
    );
    let distance = if r <= 5.0 { near } else { far };
    if p < 0.5 { -distance } else { distance }
}

#[cfg(test)]
mod tests {
    use super::{MIDDLE, middle, outside};

    /// Python's `statistics.NormalDist().inv_cdf`.
    #[test]
    fn known_quantiles() {
        let inverse = |p: f64| match p - 0.5 {
            q if q.abs() <= MIDDLE => middle(q),
            _ => outside(p),
        };
        for (p, expected) in [
            (0.5, 0.0),
            (0.1, -1.281_551_565_544_600_8),
            (0.9, 1.281_551_565_544_600_8),
            (0.975, 1.959_963_984_540_053_6),
            (0.025, -1.959_963_984_540_053_8),
            (1e-6, -4.753_424_308_822_899),
            (1e-15, -7.941_345_326_170_995),
        ] {
            let ours: f64 = inverse(p);
            assert!(
                (ours - expected).abs() <= 1e-14 * f64::max(1.0, expected.abs()),
                "{p}: {ours}"
            );
        }
    }
}
