//! The natural logarithm, the same to the last bit on every machine.
//!
//! The logarithm of the system's library differs between systems in the last place, and random
//! numbers must not; and this one has no branches, so it is computed for several numbers at once.

#![allow(clippy::excessive_precision)] // The digits are those of the source.

use multiversion::multiversion;

/// Replaces positive normal numbers by their natural logarithms.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
pub(super) fn logarithms(numbers: &mut [f64]) {
    for number in numbers {
        *number = logarithm(*number);
    }
}

/// The natural logarithm of a positive normal number.
///
/// The method and the constants are those of fdlibm's `e_log.c` (Sun Microsystems, 1993): the number
/// is `2^k (1 + f)` with `1 + f` between the roots of a half and of two, and a polynomial in
/// `f / (2 + f)` does the rest. The error is below one unit in the last place.
#[inline(always)]
pub(super) fn logarithm(number: f64) -> f64 {
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const ROOT_HALF: u64 = 0x3fe6_a09e_0000_0000;
    let bits = number.to_bits().wrapping_add(ONE - ROOT_HALF);
    let k = (bits >> 52) as i64 - 0x3ff;
    let f = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) + ROOT_HALF) - 1.0;
    let half = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w
        * (3.999_999_999_940_941_908e-1
            + w * (2.222_219_843_214_978_396e-1 + w * 1.531_383_769_920_937_332e-1));
    let odd = z
        * (6.666_666_666_666_735_130e-1
            + w * (2.857_142_874_366_239_149e-1
                + w * (1.818_357_216_161_805_012e-1 + w * 1.479_819_860_511_658_591e-1)));
    let k = k as f64;
    s * (half + even + odd) + k * 1.908_214_929_270_587_700_02e-10 - half
        + f
        + k * 6.931_471_803_691_238_164_90e-1
}

#[cfg(test)]
mod tests {
    use super::logarithm;

    #[test]
    fn agrees_with_the_system() {
        let mut number = 1e-300;
        while number < 1e300 {
            let (ours, theirs) = (logarithm(number), number.ln());
            assert!(
                (ours - theirs).abs() <= theirs.abs() * 4e-16,
                "ln {number}: {ours} and {theirs}"
            );
            number *= 1.37;
        }
        assert_eq!(logarithm(1.0), 0.0);
        assert_eq!(logarithm(0.5), -std::f64::consts::LN_2);
    }
}
