//! Tests of Fourier transforms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::array::Array;
use crate::chunks::Chunks;
use crate::fourier::{Norm, Transform};
use crate::random::Generator;
use ndarray::{ArrayD, array};
use num_complex::Complex;
use taskloom_kernels::DType;

type C128 = Complex<f64>;

fn local(array: &Array) -> ArrayD<C128> {
    array.to_local_here::<C128>().unwrap()
}

#[track_caller]
fn close(left: &ArrayD<C128>, right: &ArrayD<C128>) {
    assert_eq!(left.shape(), right.shape());
    assert!(
        (left - right).iter().all(|z| z.norm() < 1e-10),
        "{left} {right}"
    );
}

fn text<T>(result: crate::Result<T>) -> String {
    match result {
        Ok(_) => panic!("that should not have been possible"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn blocks_of_other_axes_do_not_matter() {
    let x = |chunks: [usize; 2]| Generator::new(1).normal(0.0, 1.0, [6, 8], chunks);
    let whole = x([6, 8]);
    close(
        &local(&x([2, 8]).fft(-1).unwrap()),
        &local(&whole.fft(-1).unwrap()),
    );
    close(
        &local(&x([6, 3]).fft(0).unwrap()),
        &local(&whole.fft(0).unwrap()),
    );
    let back = x([2, 8]).fft(1).unwrap().ifft(1).unwrap();
    let values = whole
        .to_local_here::<f64>()
        .unwrap()
        .mapv(|x| Complex::new(x, 0.0));
    close(&local(&back), &values);
    let half = x([2, 8]).rfft(1).unwrap();
    assert_eq!(half.chunks(), [vec![Some(2); 3], vec![Some(5)]]);
    let back = half.irfft(1).unwrap();
    let far = back.to_local_here::<f64>().unwrap() - whole.to_local_here::<f64>().unwrap();
    assert!(far.iter().all(|x| x.abs() < 1e-12));
    let there = whole.fft2().unwrap();
    close(
        &local(&there),
        &local(&whole.fft(0).unwrap().fft(1).unwrap()),
    );
    close(&local(&there.ifft2().unwrap()), &values);
    close(&local(&there.ifftn([0, 1]).unwrap()), &values);
}

#[test]
fn lengths_and_factors() {
    let x = Array::from_ndarray(&array![1.0, 2.0, 0.0, -1.0], Chunks::whole()).unwrap();
    // numpy: np.fft.fft(x, norm="ortho"), np.fft.rfft(x, n=6)
    let ortho = x.fft(Transform::along(0).norm(Norm::Ortho)).unwrap();
    let point = |re, im| Complex::new(re, im);
    let expected = array![
        point(1.0, 0.0),
        point(0.5, -1.5),
        point(0.0, 0.0),
        point(0.5, 1.5)
    ];
    close(&local(&ortho), &expected.into_dyn());
    assert_eq!(
        x.rfft(Transform::along(0).to_len(6)).unwrap().shape(),
        [Some(4)]
    );
    assert_eq!(x.irfft(0).unwrap().shape(), [Some(6)]);
    assert_eq!(
        x.irfft(Transform::along(0).to_len(5)).unwrap().shape(),
        [Some(5)]
    );
}

#[test]
fn dtypes() {
    let single = Array::from_ndarray(&array![1.0_f32, 2.0], [2]).unwrap();
    assert_eq!(single.fft(0).unwrap().dtype(), DType::C64);
    assert_eq!(
        single.rfft(0).unwrap().irfft(0).unwrap().dtype(),
        DType::F32
    );
    single
        .rfft(0)
        .unwrap()
        .irfft(0)
        .unwrap()
        .compute_here()
        .unwrap();
    let ints = Array::from_ndarray(&array![1_i8, 2], [2]).unwrap();
    assert_eq!(local(&ints.fft(0).unwrap())[[0]].re, 3.0);
}

#[test]
fn what_cannot_be() {
    let x = Array::from_ndarray(&array![1.0, 2.0, 3.0], [2]).unwrap();
    let reason = text(x.fft(0));
    assert!(
        reason.contains("2 chunks") && reason.contains("rechunk"),
        "{reason}"
    );
    let reason = text(x.forget_chunk_sizes().fft(0));
    assert!(
        reason.contains("unknown") && reason.contains("chunk"),
        "{reason}"
    );
    assert!(text(x.fft(1)).contains("axis 1"));
    let whole = Array::from_ndarray(&array![1.0, 2.0, 3.0], [3]).unwrap();
    assert!(whole.fft(Transform::along(0).to_len(0)).is_err());
    assert!(text(whole.fft(0).unwrap().rfft(0)).contains("complex128"));
    let none = Array::zeros([0], DType::F64, [1]);
    assert!(none.fft(0).is_err());
    let far = whole
        .fft(Transform::along(0).to_len(usize::MAX / 64))
        .unwrap();
    assert!(far.compute_here().is_err());
}

#[test]
fn unknown_rows_are_transformed() {
    let x = Generator::new(1).normal(0.0, 1.0, [6, 4], [2, 4]);
    let unknown = x.forget_chunk_sizes_along([0]).unwrap();
    let points = unknown.fft(-1).unwrap();
    assert!(points.axes()[0].is_aligned(&unknown.axes()[0]));
    close(&local(&points), &local(&x.fft(1).unwrap()));
}

#[test]
fn shifts() {
    let x = Array::from_ndarray(&array![0, 1, 2, 3, 4], [2]).unwrap();
    let shifted = x.fftshift([0]).unwrap();
    // numpy: np.fft.fftshift(np.arange(5))
    assert_eq!(
        shifted.to_local_here::<i32>().unwrap(),
        array![3, 4, 0, 1, 2].into_dyn()
    );
    let back = shifted.ifftshift([0]).unwrap();
    assert_eq!(
        back.to_local_here::<i32>().unwrap(),
        x.to_local_here::<i32>().unwrap()
    );
    assert!(x.fftshift([1]).is_err());
    assert!(text(x.forget_chunk_sizes().fftshift([0])).contains("unknown"));
}

#[test]
fn frequencies() {
    // numpy: np.fft.fftfreq(5, 0.1), np.fft.fftfreq(4), np.fft.rfftfreq(5, 0.1)
    let values = |array: crate::Result<Array>| array.unwrap().to_local_here::<f64>().unwrap();
    let five = values(Array::fftfreq(5, 0.1, [2]));
    assert_eq!(five, array![0.0, 2.0, 4.0, -4.0, -2.0].into_dyn());
    assert_eq!(
        values(Array::fftfreq(4, 1.0, [2])),
        array![0.0, 0.25, -0.5, -0.25].into_dyn()
    );
    assert_eq!(
        values(Array::rfftfreq(5, 0.1, [2])),
        array![0.0, 2.0, 4.0].into_dyn()
    );
    assert!(Array::fftfreq(0, 1.0, [2]).is_err());
}
