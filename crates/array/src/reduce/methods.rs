//! The methods of reductions.

use super::over::Over;
use crate::array::Array;
use crate::elementwise::Operand;
use crate::error::{ArrayError, Result};
use taskloom_kernels::reduce::{Reduction, What};

impl Array {
    /// The reduction with this name, if the options are for it.
    fn reduce_over(
        &self,
        operation: &str,
        what: What,
        skip_nan: bool,
        over: &Over,
    ) -> Result<Self> {
        let counts = matches!(
            what,
            What::Var { .. } | What::Std { .. } | What::Moment { .. }
        );
        let dtype = matches!(what, What::Sum | What::Prod | What::Mean);
        over.only(operation, counts, dtype)?;
        let how = over.of(operation, self)?;
        let dtype = over.wanted_dtype();
        let converted = self.astype(dtype.unwrap_or(self.dtype()));
        let reduction = Reduction {
            what,
            axes: how.axes,
            keepdims: how.keepdims,
            skip_nan,
            dtype: converted.dtype(),
        };
        let result = converted.reduced(reduction, how.split_every)?;
        let dtype = dtype.unwrap_or(result.dtype());
        Ok(result.astype(dtype))
    }

    /// The mean of a power of the distances from the mean: the central moment of that order. Its
    /// count is lessened by [`Over::ddof`]. For real numbers.
    #[track_caller]
    pub fn moment(&self, order: u32, over: impl Into<Over>) -> Self {
        let over = over.into();
        let moment = || {
            if order > What::HIGHEST_MOMENT {
                let reason = format!("order {order}; the highest is {}", What::HIGHEST_MOMENT);
                return Err(ArrayError::value("moment", reason));
            }
            if self.dtype().is_complex() {
                return Err(ArrayError::DType {
                    operation: "moment".to_owned(),
                    dtype: self.dtype(),
                    reason: String::new(),
                });
            }
            let ddof = over.degrees();
            self.reduce_over("moment", What::Moment { order, ddof }, false, &over)
        };
        Self::or_failed(moment(), Some(self))
    }

    /// The distance from the least to the greatest element, in their dtype; integers wrap.
    #[must_use]
    #[track_caller]
    pub fn ptp(&self) -> Self {
        self.ptp_over(Over::all())
    }

    /// As [`Array::ptp`], over some axes.
    #[must_use]
    #[track_caller]
    pub fn ptp_over(&self, over: impl Into<Over>) -> Self {
        let over = over.into();
        let greatest = self.reduce_over("ptp", What::Max, false, &over);
        let least = self.reduce_over("ptp", What::Min, false, &over);
        let distance = least.and_then(|least| greatest?.try_sub(&least));
        Self::or_failed(distance, Some(self))
    }
}

/// Both forms of a reduction: over all axes, and over some.
macro_rules! reductions {
    ($($(#[doc = $text:literal])+ $name:ident $over:ident: $what:expr, $skip_nan:literal;)+) => {
        impl Array {
            $(
                $(#[doc = $text])+
                #[track_caller]
                pub fn $name(&self) -> Self {
                    self.$over(Over::all())
                }

                #[doc = concat!("As [`Array::", stringify!($name), "`], over some axes.")]
                #[track_caller]
                pub fn $over(&self, over: impl Into<Over>) -> Self {
                    let over = over.into();
                    let what: fn(u32) -> What = $what;
                    let what = what(over.degrees());
                    let result = self.reduce_over(stringify!($name), what, $skip_nan, &over);
                    Self::or_failed(result, Some(self))
                }
            )+
        }
    };
}

reductions! {
    #[doc = "The sum. Integers and truth values are summed in 64 bits and wrap; `float32` is"]
    #[doc = "accumulated in `float64`."]
    sum sum_over: |_| What::Sum, false;
    #[doc = "The product, in the dtypes of the sum."]
    prod prod_over: |_| What::Prod, false;
    #[doc = "The mean, `float64` for integers and truth values; NaN of no elements."]
    mean mean_over: |_| What::Mean, false;
    #[doc = "The variance: the mean of the squared distances from the mean, real also for complex"]
    #[doc = "numbers. [`Over::ddof`] lessens the count."]
    var var_over: |ddof| What::Var { ddof }, false;
    #[doc = "The standard deviation: the root of the variance."]
    std std_over: |ddof| What::Std { ddof }, false;
    #[doc = "The least; NaN if there is one. Complex numbers are ordered by their real part first. Of"]
    #[doc = "no elements: an error \"zero-size array\" when it is computed."]
    min min_over: |_| What::Min, false;
    #[doc = "The greatest; otherwise as [`Array::min`]."]
    max max_over: |_| What::Max, false;
    #[doc = "Whether any element is not zero; NaN is not."]
    any any_over: |_| What::Any, false;
    #[doc = "Whether no element is zero; true of no elements."]
    all all_over: |_| What::All, false;
    #[doc = "How many elements are not zero."]
    count_nonzero count_nonzero_over: |_| What::CountNonzero, false;
    #[doc = "Where the least is, the first of equal ones, or the first NaN: counted in C order over"]
    #[doc = "all reduced axes, also where their chunk sizes are unknown. Of no elements: an error"]
    #[doc = "when it is computed."]
    argmin argmin_over: |_| What::ArgMin, false;
    #[doc = "Where the greatest is; otherwise as [`Array::argmin`]."]
    argmax argmax_over: |_| What::ArgMax, false;
    #[doc = "The sum of what is not NaN."]
    nansum nansum_over: |_| What::Sum, true;
    #[doc = "The product of what is not NaN."]
    nanprod nanprod_over: |_| What::Prod, true;
    #[doc = "The mean of what is not NaN; NaN if nothing is left."]
    nanmean nanmean_over: |_| What::Mean, true;
    #[doc = "The variance of what is not NaN."]
    nanvar nanvar_over: |ddof| What::Var { ddof }, true;
    #[doc = "The standard deviation of what is not NaN."]
    nanstd nanstd_over: |ddof| What::Std { ddof }, true;
    #[doc = "The least that is not NaN; NaN if all are."]
    nanmin nanmin_over: |_| What::Min, true;
    #[doc = "The greatest that is not NaN; NaN if all are."]
    nanmax nanmax_over: |_| What::Max, true;
    #[doc = "Where the least is that is not NaN; an error when it is computed if all are NaN."]
    nanargmin nanargmin_over: |_| What::ArgMin, true;
    #[doc = "Where the greatest is that is not NaN; otherwise as [`Array::nanargmin`]."]
    nanargmax nanargmax_over: |_| What::ArgMax, true;
}

impl Array {
    /// Whether all elements are close to those of another array, as [`Array::isclose`] has it.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1.0, 2.0], Chunks::of([1]))?;
    /// let near = x.allclose(&(&x + 1e-9), 1e-5, 1e-8, false);
    /// assert!(near.to_local_here::<bool>()?[[]]);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn allclose(
        &self,
        other: impl Into<Operand>,
        rtol: f64,
        atol: f64,
        equal_nan: bool,
    ) -> Self {
        self.isclose(other, rtol, atol, equal_nan).all()
    }
}
