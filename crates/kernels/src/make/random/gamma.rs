//! Gamma numbers by the inverse of their distribution.
//!
//! The equation `P(a, x) = u`, or `Q(a, x) = 1 - u` above the middle, is solved for the logarithm of
//! `x` by Newton's method on the logarithm of the probability. Both are concave there, so it comes
//! from any start to the solution; from the start of Wilson and Hilferty ("The distribution of
//! chi-square", 1931) in two to four steps. The exponential function is that of the system, so the last
//! digit can differ between systems.

use super::distribution::inside;
use super::logarithm::logarithm;
use super::normal::normals;

/// The smallest form: with less, the smallest numbers would be 0.
pub(super) const FORM_MIN: f64 = 0.06;

/// The largest form: with more, each number would take too long.
pub(super) const FORM_MAX: f64 = 1e4;

/// More steps than are ever needed.
const STEPS_MAX: usize = 64;

/// More terms than are ever needed for forms up to the largest.
const TERMS_MAX: usize = 20_000;

/// A step after which no other one is needed.
const NEAR: f64 = 1e-9;

/// What does not change a sum of numbers around 1.
const SMALL: f64 = 1e-17;

/// Gamma numbers of a form, of scale 1.
pub(super) fn gammas(form: f64, words: &[u64], out: &mut [f64]) {
    let law = Gamma::new(form);
    normals(words, out);
    for (out, &word) in out.iter_mut().zip(words) {
        *out = law.number(inside(word), *out);
    }
}

/// The gamma distribution of a form.
struct Gamma {
    form: f64,
    /// The logarithm of the gamma function of the form plus 1.
    scale: f64,
}

impl Gamma {
    fn new(form: f64) -> Self {
        Self {
            form,
            scale: logarithm_of_gamma(form + 1.0),
        }
    }

    /// The number below which the share `u` lies; `normal` is that number of the normal distribution.
    fn number(&self, u: f64, normal: f64) -> f64 {
        let above = u > 0.5;
        let target = logarithm(if above { 1.0 - u } else { u });
        let mut at = self.start(u, normal);
        for _ in 0..STEPS_MAX {
            let x = at.exp();
            // The logarithm of the probability, and its slope.
            let part = self.part(at, x, above);
            let share = self.form * at - x - self.scale;
            let value = share + logarithm(part);
            let slope = match above {
                true => -self.form / part,
                false => self.form / part,
            };
            let step = (target - value) / slope;
            at += step;
            // The error that is left is about the square of the step.
            if step.abs() < NEAR || step.is_nan() {
                break;
            }
        }
        at.exp()
    }

    /// The logarithm of a number that is near.
    fn start(&self, u: f64, normal: f64) -> f64 {
        // Of small numbers `P(a, x)` is nearly `x^a / gamma(a + 1)`.
        let small = (logarithm(u) + self.scale) / self.form;
        let ninth = 1.0 / (9.0 * self.form);
        let root = 1.0 - ninth + normal * ninth.sqrt();
        // Where the cube root of a chi-square number is not nearly normal, the tail is exponential.
        match (self.form < 0.5, root > 0.2) {
            (true, _) | (_, false) if u <= 0.5 => small,
            (true, _) => logarithm((-logarithm(1.0 - u)).max(self.form)),
            _ => logarithm(self.form) + 3.0 * logarithm(root.max(0.2)),
        }
    }

    /// What `P`, or `Q` if `above`, is when divided by `x^a exp(-x) / gamma(a + 1)`.
    fn part(&self, at: f64, x: f64, above: bool) -> f64 {
        if x < self.form + 1.0 {
            let below = self.series(x);
            return match above {
                false => below,
                // Not small: the middle is near.
                true => (1.0 / self.whole(at, x) - below).max(f64::MIN_POSITIVE),
            };
        }
        let beyond = self.form * self.fraction(x);
        match above {
            true => beyond,
            false => (1.0 / self.whole(at, x) - beyond).max(f64::MIN_POSITIVE),
        }
    }

    /// `x^a exp(-x) / gamma(a + 1)`.
    fn whole(&self, at: f64, x: f64) -> f64 {
        (self.form * at - x - self.scale).exp()
    }

    /// The sum of `x^n / ((a + 1) ... (a + n))` (Abramowitz and Stegun, 6.5.29).
    fn series(&self, x: f64) -> f64 {
        let (mut term, mut sum, mut next) = (1.0, 1.0, self.form);
        for _ in 0..TERMS_MAX {
            next += 1.0;
            term *= x / next;
            sum += term;
            if term < sum * SMALL {
                break;
            }
        }
        sum
    }

    /// The continued fraction of `Q` (Abramowitz and Stegun, 6.5.31), by Lentz's method.
    fn fraction(&self, x: f64) -> f64 {
        let mut below = x + 1.0 - self.form;
        let (mut c, mut d) = (1.0 / f64::MIN_POSITIVE, 1.0 / below);
        let mut value = d;
        let mut at = 0.0;
        for _ in 0..TERMS_MAX {
            at += 1.0;
            let over = at * (self.form - at);
            below += 2.0;
            d = 1.0 / away_from_zero(over * d + below);
            c = away_from_zero(below + over / c);
            let factor = c * d;
            value *= factor;
            if (factor - 1.0).abs() < 2e-16 {
                break;
            }
        }
        value
    }
}

fn away_from_zero(x: f64) -> f64 {
    match x.abs() < f64::MIN_POSITIVE {
        true => f64::MIN_POSITIVE,
        false => x,
    }
}

/// The logarithm of the gamma function of numbers from 1 on, by Stirling's series (Abramowitz and
/// Stegun, 6.1.41) from 16 on.
fn logarithm_of_gamma(number: f64) -> f64 {
    let (mut number, mut product) = (number, 1.0);
    while number < 16.0 {
        product *= number;
        number += 1.0;
    }
    let square = 1.0 / (number * number);
    let series = 1.0 / 12.0
        - square
            * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)));
    let half = 0.5 * logarithm(std::f64::consts::TAU);
    (number - 0.5) * logarithm(number) - number + half + series / number - logarithm(product)
}

#[cfg(test)]
mod tests {
    use super::{Gamma, logarithm_of_gamma};

    /// Quantiles of 1e-12, 0.01, 0.5, 0.9 and 0.999999, by the series in 60 digits of Python's
    /// `decimal`, and of the normal distribution by `statistics`.
    #[test]
    fn known_quantiles() {
        let shares = [1e-12, 0.01, 0.5, 0.9, 0.999_999];
        let normals = [
            -7.034_483_825_301_132,
            -2.326_347_874_040_841,
            0.0,
            1.281_551_565_544_600_4,
            4.753_424_308_817_089,
        ];
        let cases = [
            (
                0.5,
                [
                    7.853_981_633_974_483e-25,
                    7.854_392_895_485_099e-5,
                    0.227_468_211_559_786_4,
                    1.352_771_727_047_707_5,
                    11.964_063_488_439_734,
                ],
            ),
            (
                1.0,
                [
                    1.000_000_000_000_5e-12,
                    0.010_050_335_853_501_442,
                    std::f64::consts::LN_2,
                    std::f64::consts::LN_10,
                    13.815_510_557_935_518,
                ],
            ),
            (
                2.5,
                [
                    2.562_321_748_415_268e-5,
                    0.277_149_038_364_138_57,
                    2.175_730_095_547_763_6,
                    4.618_178_449_890_56,
                    17.944_093_439_805_21,
                ],
            ),
            (
                30.0,
                [
                    5.772_993_820_290_659,
                    18.742_425_764_901_892,
                    29.667_333_138_221_23,
                    37.198_502_859_684_3,
                    63.548_180_124_816_32,
                ],
            ),
            (
                400.0,
                [
                    275.032_135_822_871_06,
                    354.948_457_126_885_3,
                    399.666_716_094_464_4,
                    425.835_608_856_749_7,
                    502.364_777_382_357_43,
                ],
            ),
            (
                1e4,
                [
                    9_312.628_969_854_226,
                    9_768.836_856_696_591,
                    9_999.666_668_642_047,
                    10_128.367_373_674_177,
                    10_482.561_164_638_257,
                ],
            ),
        ];
        for (form, expected) in cases {
            let law = Gamma::new(form);
            for ((&share, &normal), expected) in shares.iter().zip(&normals).zip(expected) {
                let found = law.number(share, normal);
                let off = (found / expected - 1.0).abs();
                assert!(off < 1e-12, "{form} {share}: {found} for {expected}");
            }
        }
        // Of the smallest form the smallest number is one.
        let least = Gamma::new(super::FORM_MIN).number(1.0 / 9e15, -8.0);
        assert!(least > 0.0 && least < 1e-200, "{least}");
    }

    #[test]
    fn every_share_is_found() {
        for form in [0.06, 0.2, 0.49, 0.5, 0.7, 1.0, 3.0, 50.0, 1e4] {
            let law = Gamma::new(form);
            let mut before = 0.0;
            for at in 0..400_u64 {
                let mut normal = [0.0];
                let word = at * (u64::MAX / 399);
                super::normals(&[word], &mut normal);
                let share = super::inside(word);
                let number = law.number(share, normal[0]);
                assert!(number > before, "{form} {share}: {number} after {before}");
                before = number;
                let (log, above) = (number.ln(), share > 0.5);
                let found = law.whole(log, number) * law.part(log, number, above);
                let target = if above { 1.0 - share } else { share };
                let off = (found / target - 1.0).abs();
                assert!(off < 1e-9, "{form} {share}: {number} has {found}");
            }
        }
    }

    #[test]
    fn gamma_functions() {
        assert!(logarithm_of_gamma(1.0).abs() < 1e-14);
        assert!((logarithm_of_gamma(1.5) - (-0.120_782_237_635_245_43)).abs() < 1e-14);
        assert!((logarithm_of_gamma(11.0) - 3_628_800.0_f64.ln()).abs() < 1e-13);
        assert!((logarithm_of_gamma(1e4 + 1.0) - 82_108.927_836_814_34).abs() < 1e-10);
    }
}
