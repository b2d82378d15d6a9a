//! Slices and vectors of elements whose type is known as a dtype only.

use crate::block::Block;
use crate::dtype::DType;
use crate::element::Element;
use crate::error::KernelError;
use crate::room::zeros;
use num_complex::Complex;
use std::ops::Range;

/// An element with its places in [`Slice`] and [`Tile`].
pub(crate) trait Typed: Element {
    /// The elements, if they are of this type.
    fn of_slice<'a>(slice: Slice<'a>) -> Option<&'a [Self]>;
    /// The elements, if they are of this type.
    fn of_tile(tile: &Tile) -> Option<&[Self]>;
    /// The elements, if they are of this type.
    fn of_tile_mut(tile: &mut Tile) -> Option<&mut Vec<Self>>;
    /// The vector as a tile.
    fn into_tile(elements: Vec<Self>) -> Tile;
}

macro_rules! typed {
    ($($arm:ident $rust:ty),+) => {
        /// Borrowed elements.
        #[derive(Clone, Copy)]
        pub(crate) enum Slice<'a> {
            $($arm(&'a [$rust])),+
        }

        /// Owned elements: a few of them beside the processor, or all of a block.
        pub(crate) enum Tile {
            $($arm(Vec<$rust>)),+
        }

        $(impl Typed for $rust {
            fn of_slice<'a>(slice: Slice<'a>) -> Option<&'a [Self]> {
                match slice {
                    Slice::$arm(elements) => Some(elements),
                    _ => None,
                }
            }

            fn of_tile(tile: &Tile) -> Option<&[Self]> {
                match tile {
                    Tile::$arm(elements) => Some(elements),
                    _ => None,
                }
            }

            fn of_tile_mut(tile: &mut Tile) -> Option<&mut Vec<Self>> {
                match tile {
                    Tile::$arm(elements) => Some(elements),
                    _ => None,
                }
            }

            fn into_tile(elements: Vec<Self>) -> Tile {
                Tile::$arm(elements)
            }
        })+

        impl<'a> Slice<'a> {
            pub(crate) fn dtype(self) -> DType {
                match self {
                    $(Self::$arm(_) => DType::$arm),+
                }
            }

            /// The elements of a range; none if it is not within.
            pub(crate) fn part(self, range: Range<usize>) -> Self {
                match self {
                    $(Self::$arm(elements) => Self::$arm(elements.get(range).unwrap_or_default())),+
                }
            }

            /// From the first element of a block to the end of its storage.
            pub(crate) fn of_block(block: &'a Block) -> Result<Self, KernelError> {
                Ok(match block.dtype() {
                    $(DType::$arm => Self::$arm(block.elements()?)),+
                })
            }
        }

        impl Tile {
            /// Zeros.
            pub(crate) fn zeros(dtype: DType, len: usize) -> Self {
                match dtype {
                    $(DType::$arm => Self::$arm(vec![<$rust>::ZERO; len])),+
                }
            }

            /// Zeros for the elements of a block.
            ///
            /// # Errors
            /// If there is not so much memory.
            pub(crate) fn for_shape(dtype: DType, shape: &[usize]) -> Result<Self, KernelError> {
                Ok(match dtype {
                    $(DType::$arm => Self::$arm(zeros("a result", shape)?)),+
                })
            }

            pub(crate) fn dtype(&self) -> DType {
                match self {
                    $(Self::$arm(_) => DType::$arm),+
                }
            }

            pub(crate) fn is_empty(&self) -> bool {
                match self {
                    $(Self::$arm(elements) => elements.is_empty()),+
                }
            }

            /// All elements.
            pub(crate) fn all(&self) -> Slice<'_> {
                match self {
                    $(Self::$arm(elements) => Slice::$arm(elements)),+
                }
            }

            /// The elements of a range; none if it is not within.
            pub(crate) fn part(&self, range: Range<usize>) -> Slice<'_> {
                match self {
                    $(Self::$arm(elements) => {
                        Slice::$arm(elements.get(range).unwrap_or_default())
                    }),+
                }
            }

            /// The elements as a block.
            ///
            /// # Errors
            /// If there are more or fewer than the shape has.
            pub(crate) fn into_block(self, shape: &[usize]) -> Result<Block, KernelError> {
                match self {
                    $(Self::$arm(elements) => Block::new(elements, shape)),+
                }
            }

            /// The elements of a block that nobody else has and that lie in a row.
            ///
            /// # Errors
            /// The block, if it is not such a one.
            pub(crate) fn of_unique(block: Block) -> Result<Self, Block> {
                match block.dtype() {
                    $(DType::$arm => block.into_unique().map(Self::$arm)),+
                }
            }
        }
    };
}

typed! {
    Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64,
    F32 f32, F64 f64, C64 Complex<f32>, C128 Complex<f64>
}

/// The error for elements of another type than a step says: the program is none of ours.
pub(crate) fn mismatch(what: &str, dtype: DType) -> KernelError {
    KernelError::Program(format!(
        "{what} was given elements of another type than {dtype}"
    ))
}
