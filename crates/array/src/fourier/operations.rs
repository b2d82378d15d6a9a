//! What the table says about Fourier transforms.

use crate::registry::{OnUnknown, Operation};

const fn transform(
    name: &'static str,
    numpy: &'static str,
    dtype: &'static str,
    summary: &'static str,
) -> Operation {
    Operation {
        name,
        group: "Fourier transforms",
        numpy,
        dask: numpy,
        dtype,
        unknown: OnUnknown::NeedsOthers(
            "the transformed axes must be known, in one chunk; the others may be unknown",
        ),
        empty: "other axes may be empty; no points are an error",
        summary,
    }
}

const fn shift(name: &'static str, numpy: &'static str, summary: &'static str) -> Operation {
    Operation {
        name,
        group: "Fourier transforms",
        numpy,
        dask: numpy,
        dtype: "that of the array",
        unknown: OnUnknown::NeedsOthers("the shifted axes must be known"),
        empty: "stay",
        summary,
    }
}

const fn frequencies(name: &'static str, numpy: &'static str, summary: &'static str) -> Operation {
    Operation {
        name,
        group: "Fourier transforms",
        numpy,
        dask: numpy,
        dtype: "float64",
        unknown: OnUnknown::MakesNew,
        empty: "no points are an error",
        summary,
    }
}

const COMPLEX: &str = "complex64 for float32 and complex64; else complex128";
const REAL: &str = "float32 for complex64 and float32; else float64";

/// The operations of this module.
pub(crate) const OPERATIONS: &[Operation] = &[
    transform("fft", "fft.fft", COMPLEX, "the transform along an axis"),
    transform("ifft", "fft.ifft", COMPLEX, "its inverse"),
    transform(
        "rfft",
        "fft.rfft",
        COMPLEX,
        "half the transform of real numbers",
    ),
    transform("irfft", "fft.irfft", REAL, "its inverse"),
    transform(
        "fft2",
        "fft.fft2",
        COMPLEX,
        "the transform along the last two axes",
    ),
    transform("ifft2", "fft.ifft2", COMPLEX, "its inverse"),
    transform(
        "fftn",
        "fft.fftn",
        COMPLEX,
        "the transform along several axes",
    ),
    transform("ifftn", "fft.ifftn", COMPLEX, "its inverse"),
    transform(
        "rfft2",
        "fft.rfft2",
        COMPLEX,
        "half the transform of real numbers along the last two axes",
    ),
    transform("irfft2", "fft.irfft2", REAL, "its inverse"),
    transform(
        "rfftn",
        "fft.rfftn",
        COMPLEX,
        "half the transform of real numbers along several axes",
    ),
    transform("irfftn", "fft.irfftn", REAL, "its inverse"),
    shift(
        "fftshift",
        "fft.fftshift",
        "the point of frequency 0 in the middle",
    ),
    shift("ifftshift", "fft.ifftshift", "and back at the start"),
    frequencies("fftfreq", "fft.fftfreq", "the frequencies of the points"),
    frequencies(
        "rfftfreq",
        "fft.rfftfreq",
        "the frequencies of half the points",
    ),
];
