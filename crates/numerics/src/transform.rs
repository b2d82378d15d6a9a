//! Fourier transforms of lines.

use rustfft::{Fft, FftNum, FftPlanner};
use std::sync::Arc;

/// A transform of lines of one length in one direction.
pub type Plan<T> = Arc<dyn Fft<T>>;

/// Real numbers whose complex lines can be transformed.
pub trait Transform: FftNum {
    /// How lines of `len` points are transformed, without a factor: forward with the exponent
    /// `-2 pi i j k / len`, backward (`inverse`) with its conjugate.
    fn plan(len: usize, inverse: bool) -> Plan<Self>;
}

macro_rules! transforms {
    ($($real:ty),+) => {
        $(impl Transform for $real {
            fn plan(len: usize, inverse: bool) -> Plan<Self> {
                let mut planner = FftPlanner::new();
                if inverse {
                    planner.plan_fft_inverse(len)
                } else {
                    planner.plan_fft_forward(len)
                }
            }
        })+
    };
}
transforms!(f32, f64);

#[cfg(test)]
mod tests {
    use super::*;
    use num_complex::Complex;

    #[test]
    fn there_and_back_is_a_multiple() {
        let line: Vec<Complex<f64>> = (0..6).map(|at| Complex::new(f64::from(at), 1.0)).collect();
        let mut points = line.clone();
        f64::plan(6, false).process(&mut points);
        let sum: Complex<f64> = line.iter().sum();
        assert!((points[0] - sum).norm() < 1e-12);
        f64::plan(6, true).process(&mut points);
        for (point, number) in points.iter().zip(&line) {
            assert!((point / 6.0 - number).norm() < 1e-12);
        }
    }
}
