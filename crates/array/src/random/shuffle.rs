//! The elements of an array in random order.

use super::generator::Generator;
use crate::array::Array;
use crate::chunks::Chunks;
use crate::error::Result;

impl Generator {
    /// The array with what stands along an axis in random order, as numpy's `permutation` of an array.
    /// The chunks are those of the array.
    ///
    /// ```
    /// use taskloom_array::{Array, Generator};
    ///
    /// let x = Array::arange(0, 6, 1, [4]);
    /// let shuffled = Generator::new(1).shuffle(&x, 0)?;
    /// assert_eq!(shuffled.to_local_here::<i64>()?.sum(), 15);
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such axis, its chunk sizes are unknown, or the array is in the failed state.
    pub fn shuffle(&self, x: &Array, axis: isize) -> Result<Array> {
        x.check()?;
        let axis = x.axis_of("shuffle", axis)?;
        let lengths = x.axes().get(axis).and_then(|axis| axis.known_lengths());
        let lengths = lengths.ok_or_else(|| x.unknown("shuffle", axis))?;
        let order = self.permutation(lengths.iter().sum(), Chunks::exact([lengths]));
        x.take_array(&order, axis as isize)
    }
}
