//! Counting by values and in bins, and places among bins.

use super::rows::Quantile;
use super::tally::{OfOne, part, tallied, weights_of};
use crate::array::Array;
use crate::axis::Axis;
use crate::error::{ArrayError, Result};
use crate::identity::Identity;
use crate::layer::{BlockRef, BlockTask, Layer};
use crate::node::{Axes as NodeAxes, number};
use taskloom_kernels::order::{Interpolation, Order, Tally, equal_bins};
use taskloom_kernels::{Block, DType, Kernel};

/// The bins of a histogram, and what is counted in them.
///
/// ```
/// use taskloom_array::{Array, Bins, Chunks};
///
/// let x = Array::from_ndarray(&ndarray::array![1.0, 2.0, 2.5, 9.0], Chunks::of([2]))?;
/// let (counts, edges) = x.histogram(Bins::count(2).range(0.0, 4.0))?;
/// assert_eq!(counts.to_local_here::<i64>()?, ndarray::array![1, 2].into_dyn());
/// assert_eq!(edges.to_local_here::<f64>()?, ndarray::array![0.0, 2.0, 4.0].into_dyn());
/// # Ok::<(), taskloom_array::ArrayError>(())
/// ```
#[derive(Clone)]
pub struct Bins {
    edges: Edges,
    weights: Option<Array>,
    density: bool,
}

#[derive(Clone)]
enum Edges {
    Count {
        bins: usize,
        range: Option<(f64, f64)>,
    },
    Given(Vec<f64>),
}

impl Bins {
    /// So many equal bins, from the least to the greatest element.
    pub fn count(bins: usize) -> Self {
        Self::of(Edges::Count { bins, range: None })
    }

    /// Bins with these edges, which rise. The last bin includes its upper edge.
    pub fn edges(edges: impl IntoIterator<Item = f64>) -> Self {
        Self::of(Edges::Given(edges.into_iter().collect()))
    }

    fn of(edges: Edges) -> Self {
        Self {
            edges,
            weights: None,
            density: false,
        }
    }

    /// The equal bins are in this range; what lies outside is not counted.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        if let Edges::Count { range, .. } = &mut self.edges {
            *range = Some((low, high));
        }
        self
    }

    /// Each element counts with its weight, an element of an array of the same shape.
    #[must_use]
    pub fn weights(mut self, weights: &Array) -> Self {
        self.weights = Some(weights.clone());
        self
    }

    /// The counts as a density: its integral over all bins is 1.
    #[must_use]
    pub fn density(mut self) -> Self {
        self.density = true;
        self
    }
}

impl From<usize> for Bins {
    fn from(bins: usize) -> Self {
        Self::count(bins)
    }
}

/// On which side of equal elements a place is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// Before them.
    #[default]
    Left,
    /// Behind them.
    Right,
}

fn real(operation: &str, array: &Array) -> Result<()> {
    array.check()?;
    if !array.dtype().is_complex() {
        return Ok(());
    }
    Err(ArrayError::DType {
        operation: operation.to_owned(),
        dtype: array.dtype(),
        reason: ": complex numbers have no order in it".to_owned(),
    })
}

impl Array {
    /// How many elements of a 1-d array of integers have each value from 0 on, or the sum of the
    /// weights of each, in one block of at least `minlength` values: how many it are is known when
    /// it is computed. Negative values are an error then.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![1, 1, 3], Chunks::of([2]))?;
    /// let counts = x.bincount(None, 0).to_local_here::<i64>()?;
    /// assert_eq!(counts, ndarray::array![0, 2, 0, 1].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn bincount(&self, weights: Option<&Self>, minlength: usize) -> Self {
        Self::or_failed(self.counted(weights, minlength), Some(self))
    }

    fn counted(&self, weights: Option<&Self>, minlength: usize) -> Result<Self> {
        const OPERATION: &str = "bincount";
        self.check()?;
        if self.dtype().is_inexact() {
            return Err(ArrayError::DType {
                operation: OPERATION.to_owned(),
                dtype: self.dtype(),
                reason: ": it counts integers".to_owned(),
            });
        }
        if self.ndim() != 1 {
            let reason = format!("an array of {} axes; it takes one", self.ndim());
            return Err(ArrayError::value(OPERATION, reason));
        }
        let tally = Tally::Bincount { minlength };
        let weights = weights
            .map(|weights| weights_of(OPERATION, self, weights))
            .transpose()?;
        let inputs: Vec<&Self> = [self].into_iter().chain(&weights).collect();
        let state = tallied(tally, &inputs, false)?;
        let mut cut = Identity::new(OPERATION);
        cut.bytes(state.node().id().as_bytes());
        let axis = Axis::unknown(1, &cut, format!("the values of {}", self.name()));
        let dtype = if weights.is_some() {
            DType::F64
        } else {
            DType::I64
        };
        Ok(part(&state, 0, dtype, axis))
    }

    /// How many elements lie in each bin, and the edges of the bins: one more than there are bins.
    /// NaN lies in none. Weights sum up in `float64`. Without a range, that of the elements is found
    /// first; an array without elements has none, and is an error when it is computed.
    ///
    /// # Errors
    /// If the bins do not rise, the weights do not fit, or the elements are complex.
    pub fn histogram(&self, bins: impl Into<Bins>) -> Result<(Self, Self)> {
        const OPERATION: &str = "histogram";
        let bins = bins.into();
        real(OPERATION, self)?;
        let (edges, count) = self.edges_of(&bins.edges)?;
        let weights = bins.weights.as_ref();
        let weights = weights
            .map(|weights| weights_of(OPERATION, self, weights))
            .transpose()?;
        let inputs: Vec<&Self> = [&edges, self].into_iter().chain(&weights).collect();
        let state = tallied(Tally::Histogram, &inputs, true)?;
        let dtype = if weights.is_some() {
            DType::F64
        } else {
            DType::I64
        };
        let counts = part(&state, 0, dtype, Axis::single(count));
        if !bins.density {
            return Ok((counts, edges));
        }
        let density = OfOne {
            kernel: Order::Density,
            inputs: vec![(0, 0), (1, 0)],
        };
        let axes = [Axis::single(count)];
        let density = Self::from_layer(density, &[&counts, &edges], DType::F64, axes);
        Ok((density, edges))
    }

    /// The edges as an array of one block, and how many bins there are.
    fn edges_of(&self, edges: &Edges) -> Result<(Self, usize)> {
        const OPERATION: &str = "histogram";
        // As numpy: single precision stays where the library makes the edges.
        let single = self.dtype() == DType::F32;
        let (edges, single) = match edges {
            Edges::Given(edges) => {
                let rise = edges.windows(2).all(|pair| pair[0] <= pair[1]);
                if edges.len() < 2 || !rise {
                    let reason = "the edges of bins are to rise, and to be at least two";
                    return Err(ArrayError::value(OPERATION, reason));
                }
                (edges.clone(), false)
            }
            &Edges::Count {
                bins,
                range: Some((low, high)),
            } => (equal_bins(low, high, bins)?, single),
            &Edges::Count { bins, range: None } => {
                // What is wrong with the number of bins shows at once.
                let without_elements = equal_bins(0.0, 1.0, bins)?;
                if self.size() != Some(0) {
                    let layer = OfOne {
                        kernel: Order::Edges { bins },
                        inputs: vec![(0, 0), (1, 0)],
                    };
                    let dtype = if single { DType::F32 } else { DType::F64 };
                    let axes = [Axis::single(bins + 1)];
                    let range = [&self.min(), &self.max()];
                    return Ok((Self::from_layer(layer, &range, dtype, axes), bins));
                }
                (without_elements, single)
            }
        };
        let count = edges.len() - 1;
        let block = match single {
            true => Block::vector(edges.into_iter().map(|edge| edge as f32).collect()),
            false => Block::vector(edges),
        };
        Ok((Self::from_block(block), count))
    }

    /// In which bin each element lies: with rising edges, how many of them are not above the element,
    /// or, with `right`, below it; with falling ones the other way round. NaN lies behind the last.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::array![0.5, 1.0, 2.5], Chunks::of([2]))?;
    /// let bins = x.digitize([1.0, 2.0], false)?;
    /// assert_eq!(bins.to_local_here::<i64>()?, ndarray::array![0, 1, 2].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If the edges neither rise nor fall, or the elements are complex.
    pub fn digitize(&self, edges: impl IntoIterator<Item = f64>, right: bool) -> Result<Self> {
        const OPERATION: &str = "digitize";
        real(OPERATION, self)?;
        let edges: Vec<f64> = edges.into_iter().collect();
        let rise = edges.windows(2).all(|pair| pair[0] <= pair[1]);
        let fall = edges.windows(2).all(|pair| pair[0] >= pair[1]);
        if !rise && !fall {
            let reason = "the edges of bins are to rise or to fall";
            return Err(ArrayError::value(OPERATION, reason));
        }
        let layer = Digitize {
            edges,
            right,
            axes: self.axes().into(),
        };
        let axes = self.axes().to_vec();
        Ok(Self::from_layer(layer, &[self], DType::I64, axes))
    }

    /// Where each of `values` is to stand in this sorted 1-d array, before or behind equal elements.
    /// The result is cut as `values` is.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks, Side};
    ///
    /// let sorted = Array::from_ndarray(&ndarray::array![1, 2, 2, 5], Chunks::of([2]))?;
    /// let values = Array::from_ndarray(&ndarray::array![2, 7], Chunks::of([2]))?;
    /// let places = sorted.searchsorted(&values, Side::Right)?;
    /// assert_eq!(places.to_local_here::<i64>()?, ndarray::array![3, 4].into_dyn());
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If this array has not one axis.
    pub fn searchsorted(&self, values: &Self, side: Side) -> Result<Self> {
        self.check()?;
        values.check()?;
        if self.ndim() != 1 {
            let reason = format!(
                "the sorted array has {} axes; it is to have one",
                self.ndim()
            );
            return Err(ArrayError::value("searchsorted", reason));
        }
        let layer = Search {
            right: side == Side::Right,
            sorted: self.npartitions(),
            axes: values.axes().into(),
        };
        let axes = values.axes().to_vec();
        let result = Self::from_layer(layer, &[values, self], DType::I64, axes);
        result.check()?;
        Ok(result)
    }

    /// Quantiles of all elements, nearly: a t-digest of each block, merged, is most exact at both
    /// ends. The result has one axis. NaN if an element is, or there is none.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::Array1::range(0.0, 1001.0, 1.0), Chunks::of([100]))?;
    /// let median = x.approximate_quantile(vec![0.5]).to_local_here::<f64>()?;
    /// assert!((median[[0]] - 500.0).abs() < 5.0);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn approximate_quantile(&self, q: impl Into<Quantile>) -> Self {
        Self::or_failed(self.digested(&q.into()), Some(self))
    }

    fn digested(&self, q: &Quantile) -> Result<Self> {
        const OPERATION: &str = "approximate_quantile";
        real(OPERATION, self)?;
        let at = q.checked(OPERATION)?.to_vec();
        if q.way() != Interpolation::Linear {
            let reason = "a digest knows no single elements: the interpolation is linear";
            return Err(ArrayError::value(OPERATION, reason));
        }
        let state = tallied(Tally::Digest, &[self], false)?;
        let axes = [Axis::single(at.len())];
        let layer = OfOne {
            kernel: Order::ReadDigest { at },
            inputs: vec![(0, 0), (0, 1)],
        };
        Ok(Self::from_layer(layer, &[&state], DType::F64, axes))
    }
}

struct Digitize {
    edges: Vec<f64>,
    right: bool,
    axes: NodeAxes,
}

impl Digitize {
    fn kernel(&self) -> Order {
        Order::Digitize {
            edges: self.edges.clone(),
            right: self.right,
        }
    }
}

impl Layer for Digitize {
    fn name(&self) -> &'static str {
        "digitize"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.value(&self.kernel());
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let block = BlockRef::new(0, number(&self.axes, at));
        BlockTask::kernel(Kernel::Order(self.kernel()), [block])
    }

    fn again(&self, inputs: &[Array]) -> Option<Array> {
        let [input] = inputs else { return None };
        input.digitize(self.edges.iter().copied(), self.right).ok()
    }
}

struct Search {
    right: bool,
    /// How many blocks the sorted array has.
    sorted: usize,
    axes: NodeAxes,
}

impl Layer for Search {
    fn name(&self) -> &'static str {
        "searchsorted"
    }

    fn identity(&self, identity: &mut Identity) {
        identity.number(u64::from(self.right));
    }

    fn block(&self, at: &[usize]) -> BlockTask {
        let values = BlockRef::new(0, number(&self.axes, at));
        let sorted = (0..self.sorted).map(|block| BlockRef::new(1, block));
        let kernel = Kernel::Order(Order::Search { right: self.right });
        BlockTask::kernel(kernel, [values].into_iter().chain(sorted))
    }
}
