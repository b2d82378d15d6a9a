//! Tests of Fourier transforms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Fourier, Norm};
use crate::block::Block;
use crate::dtype::DType;
use num_complex::Complex;

fn fft(axis: usize, len: usize) -> Fourier {
    Fourier::Complex {
        inverse: false,
        axis,
        len,
        norm: Norm::Backward,
    }
}

fn run(kernel: &Fourier, block: &Block) -> Block {
    kernel.run(vec![block.clone()]).unwrap().remove(0)
}

#[track_caller]
fn close(block: &Block, expected: &[(f64, f64)]) {
    let block = block.clone().into_vec::<Complex<f64>>().unwrap();
    assert_eq!(block.len(), expected.len());
    for (value, &(re, im)) in block.iter().zip(expected) {
        assert!((value - Complex::new(re, im)).norm() < 1e-12, "{block:?}");
    }
}

#[test]
fn known_transforms() {
    // numpy: np.fft.fft([1, 2, 0, -1])
    let x = Block::vector(vec![1.0, 2.0, 0.0, -1.0]);
    let all = [(2.0, 0.0), (1.0, -3.0), (0.0, 0.0), (1.0, 3.0)];
    close(&run(&fft(0, 4), &x), &all);
    let real = Fourier::Real {
        axis: 0,
        len: 4,
        norm: Norm::Backward,
    };
    close(&run(&real, &x), &all[..3]);
    // np.fft.fft([1, 2, 0, -1], n=3), n=5
    let root = 3.0_f64.sqrt();
    close(
        &run(&fft(0, 3), &x),
        &[(3.0, 0.0), (0.0, -root), (0.0, root)],
    );
    assert_eq!(run(&fft(0, 5), &x).shape(), [5]);
    // np.fft.fft([1, 2, 0, -1], norm="ortho"), "forward"
    let norm = |norm| Fourier::Complex {
        inverse: false,
        axis: 0,
        len: 4,
        norm,
    };
    close(
        &run(&norm(Norm::Ortho), &x),
        &[(1.0, 0.0), (0.5, -1.5), (0.0, 0.0), (0.5, 1.5)],
    );
    close(
        &run(&norm(Norm::Forward), &x),
        &[(0.5, 0.0), (0.25, -0.75), (0.0, 0.0), (0.25, 0.75)],
    );
}

#[test]
fn there_and_back_along_each_axis() {
    let shape = [3, 10, 7];
    let values: Vec<f64> = (0..210).map(|at| f64::from(at * 37 % 101)).collect();
    let x = Block::new(values.clone(), &shape).unwrap();
    for (axis, &len) in shape.iter().enumerate() {
        let there = run(&fft(axis, len), &x);
        let inverse = Fourier::Complex {
            inverse: true,
            axis,
            len,
            norm: Norm::Backward,
        };
        let back = run(&inverse, &there).into_vec::<Complex<f64>>().unwrap();
        assert!(
            back.iter()
                .zip(&values)
                .all(|(a, b)| (a - b).norm() < 1e-10)
        );

        let half = run(
            &Fourier::Real {
                axis,
                len,
                norm: Norm::Ortho,
            },
            &x,
        );
        assert_eq!(half.len_of(axis), len / 2 + 1);
        let back = run(
            &Fourier::RealInverse {
                axis,
                len,
                norm: Norm::Ortho,
            },
            &half,
        );
        let back = back.into_vec::<f64>().unwrap();
        assert!(back.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-10));
    }
}

#[test]
fn half_a_result_is_taken_as_numpy_takes_it() {
    // numpy: np.fft.irfft([1+2j, 3-1j, 2+5j]), n=5, n=2
    let half = vec![
        Complex::new(1.0, 2.0),
        Complex::new(3.0, -1.0),
        Complex::new(2.0, 5.0),
    ];
    let half = Block::vector(half);
    let back = |len| {
        run(
            &Fourier::RealInverse {
                axis: 0,
                len,
                norm: Norm::Backward,
            },
            &half,
        )
    };
    let near = |block: Block, expected: &[f64]| {
        let values = block.into_vec::<f64>().unwrap();
        assert_eq!(values.len(), expected.len());
        let far = values
            .iter()
            .zip(expected)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(far < 1e-12, "{values:?}");
    };
    near(back(4), &[2.25, 0.25, -0.75, -0.75]);
    near(back(2), &[2.0, -1.0]);
}

#[test]
fn dtypes_are_numpys() {
    for (dtype, expected) in [
        (DType::F32, DType::C64),
        (DType::C64, DType::C64),
        (DType::F64, DType::C128),
        (DType::C128, DType::C128),
        (DType::I8, DType::C128),
        (DType::U64, DType::C128),
        (DType::Bool, DType::C128),
    ] {
        crate::dispatch!(dtype, T => {
            let ones = Block::new(vec![<T as crate::Element>::ONE; 4], &[4]).unwrap();
            assert_eq!(run(&fft(0, 4), &ones).dtype(), expected);
        });
    }
}

#[test]
fn zero_lengths_and_what_cannot_be() {
    let empty = Block::new(Vec::<f64>::new(), &[0, 3]).unwrap();
    assert_eq!(run(&fft(1, 3), &empty).shape(), [0, 3]);
    assert_eq!(run(&fft(0, 2), &empty).shape(), [2, 3]);
    let x = Block::vector(vec![1.0]);
    for kernel in [fft(1, 1), fft(0, 0), fft(0, usize::MAX / 2)] {
        assert!(kernel.run(vec![x.clone()]).is_err(), "{kernel:?}");
    }
    let complex = Block::vector(vec![Complex::new(1.0, 1.0)]);
    let real = Fourier::Real {
        axis: 0,
        len: 1,
        norm: Norm::Backward,
    };
    let error = real.run(vec![complex]).unwrap_err();
    assert_eq!(error.to_string(), "rfft is not for complex128");
}
