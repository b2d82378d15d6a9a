//! The computation, tile after tile.

use super::gather::{gather, scatter};
use super::walk::{Lie, Place, Walk};
use super::{Code, Instruction, Value, broadcast};
use crate::block::{Block, Extent};
use crate::dtype::DType;
use crate::elementwise::Op;
use crate::elementwise::loops::{self, Work};
use crate::elementwise::typed::{Slice, Tile};
use crate::error::KernelError;
use smallvec::SmallVec;

impl Code {
    /// Computes the result. The memory of an input that nobody else has is used for it if it fits.
    ///
    /// # Errors
    /// If the shapes do not go together, an operation is not for its dtype, or not for the values.
    pub(crate) fn run(self) -> Result<Block, KernelError> {
        let name = self.name();
        let shape = broadcast(name, self.inputs.iter().map(Block::shape))?;
        let Some(last) = self.instructions.len().checked_sub(1) else {
            return Err(KernelError::Program("nothing is to be computed".to_owned()));
        };
        let dtype = self.dtype(Value::Made(last))?;
        let mut operands: SmallVec<[Extent; 4]> = self
            .inputs
            .iter()
            .map(|input| stretched(input, &shape))
            .collect();
        operands.push(in_c_order(&shape));
        let walk = Walk::new(&shape, &operands);
        let registers = Registers::new(&self, walk.tile())?;
        let Self {
            inputs,
            numbers: _,
            instructions,
        } = self;

        let dtypes: Vec<DType> = inputs.iter().map(Block::dtype).collect();
        let (mut out, blocks, reused) = reuse(inputs, &shape, dtype)?;
        let mut sources = Vec::with_capacity(blocks.len());
        for block in &blocks {
            sources.push(match block {
                Some(block) => Some(Slice::of_block(block)?),
                None => None,
            });
        }
        let mut run = Run {
            sources,
            dtypes,
            reused,
            instructions: &instructions,
            registers,
            faults: 0,
        };
        walk.each(|place| run.tile(&place, &mut out))?;
        if run.faults > 0 {
            return Err(KernelError::NotFinite {
                operation: Op::Cast.name().to_owned(),
                count: run.faults,
                dtype: run.fault_of(),
            });
        }
        out.into_block(&shape)
    }
}

/// The distances along the axes of the common shape.
fn stretched(input: &Block, shape: &[usize]) -> Extent {
    let skipped = shape.len().saturating_sub(input.ndim());
    let own = input.shape().iter().zip(input.strides());
    let own = own.map(|(&len, &stride)| if len == 1 { 0 } else { stride });
    std::iter::repeat_n(0, skipped).chain(own).collect()
}

fn in_c_order(shape: &[usize]) -> Extent {
    let mut strides: Extent = SmallVec::from_elem(1, shape.len());
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
    }
    strides
}

/// Memory for a result, the inputs that still have theirs, and which one gave its own.
type Reused = (Tile, Vec<Option<Block>>, Option<usize>);

/// Memory for the result: that of an input which nobody else has and which lies as the result does,
/// else new. Gives the other inputs, and which one was taken.
///
/// # Errors
/// If there is not so much memory.
fn reuse(inputs: Vec<Block>, shape: &[usize], dtype: DType) -> Result<Reused, KernelError> {
    let mut taken = None;
    let mut blocks = Vec::with_capacity(inputs.len());
    for block in inputs {
        if taken.is_some() || block.dtype() != dtype || block.shape() != shape {
            blocks.push(Some(block));
            continue;
        }
        match Tile::of_unique(block) {
            Ok(tile) => {
                taken = Some((tile, blocks.len()));
                blocks.push(None);
            }
            Err(block) => blocks.push(Some(block)),
        }
    }
    Ok(match taken {
        Some((tile, at)) => (tile, blocks, Some(at)),
        None => (Tile::for_shape(dtype, shape)?, blocks, None),
    })
}

/// Tiles in the cache, by what they hold.
struct Registers {
    tiles: Vec<Tile>,
    /// Per input, where a tile of it is laid out.
    of_input: Vec<usize>,
    of_number: Vec<usize>,
    of_instruction: Vec<usize>,
    /// Elements of each.
    len: usize,
}

impl Registers {
    fn new(code: &Code, len: usize) -> Result<Self, KernelError> {
        let mut tiles = Vec::new();
        let mut add = |tile: Tile| {
            tiles.push(tile);
            tiles.len() - 1
        };
        let inputs = code.inputs.iter();
        // Made when first needed: most inputs are read where they lie.
        let of_input = inputs
            .map(|input| add(Tile::zeros(input.dtype(), 0)))
            .collect();
        let mut of_number = Vec::with_capacity(code.numbers.len());
        for (number, dtype) in &code.numbers {
            of_number.push(add(number.tile(*dtype, len)?));
        }
        let mut last_use = vec![usize::MAX; code.instructions.len()];
        for (at, instruction) in code.instructions.iter().enumerate() {
            for arg in &instruction.args {
                if let Value::Made(made) = arg {
                    last_use[*made] = at;
                }
            }
        }
        let mut of_instruction: Vec<usize> = Vec::with_capacity(code.instructions.len());
        let mut free: Vec<(DType, usize)> = Vec::new();
        for (at, instruction) in code.instructions.iter().enumerate() {
            let dtype = instruction.op.result(instruction.compute);
            let known = free.iter().position(|(known, _)| *known == dtype);
            of_instruction.push(match known {
                Some(known) => free.swap_remove(known).1,
                None => add(Tile::zeros(dtype, len)),
            });
            // Given back after the result has its own, which the loop writes while it reads these.
            for (made, last) in last_use.iter_mut().enumerate().take(at) {
                if *last == at {
                    let dtype = code.dtype(Value::Made(made))?;
                    free.push((dtype, of_instruction[made]));
                    *last = usize::MAX;
                }
            }
        }
        Ok(Self {
            tiles,
            of_input,
            of_number,
            of_instruction,
            len,
        })
    }
}

/// A computation under way.
struct Run<'a> {
    /// Per input its elements; none for the one whose memory the result takes.
    sources: Vec<Option<Slice<'a>>>,
    dtypes: Vec<DType>,
    reused: Option<usize>,
    instructions: &'a [Instruction],
    registers: Registers,
    /// Numbers that could not be cast.
    faults: usize,
}

impl Run<'_> {
    fn tile(&mut self, place: &Place<'_>, out: &mut Tile) -> Result<(), KernelError> {
        let target = place.lie(self.sources.len());
        self.gather(place, target, out)?;
        let last = self.instructions.len().saturating_sub(1);
        for (at, instruction) in self.instructions.iter().enumerate() {
            let register = self.registers.of_instruction[at];
            let direct = place.in_a_row(target).filter(|_| at == last);
            // Out of its place while the others are read.
            let mut own = std::mem::replace(
                &mut self.registers.tiles[register],
                Tile::zeros(DType::Bool, 0),
            );
            let mut faults = 0;
            let args: SmallVec<[Slice<'_>; 3]> = instruction
                .args
                .iter()
                .map(|&arg| self.read(place, arg))
                .collect();
            let work = Work {
                name: instruction.op.name(),
                args: &args,
                range: direct.map_or(0..place.len(), |start| start..start + place.len()),
                out: match direct {
                    Some(_) => &mut *out,
                    None => &mut own,
                },
            };
            loops::apply(instruction.op, instruction.compute, work, &mut faults)?;
            drop(args);
            self.faults += faults;
            if at == last && direct.is_none() {
                scatter(&own, target, place.rows, place.columns, out)?;
            }
            self.registers.tiles[register] = own;
        }
        Ok(())
    }

    /// Lays out the inputs that do not lie in a row, and the one that the result overwrites.
    fn gather(&mut self, place: &Place<'_>, target: Lie, out: &Tile) -> Result<(), KernelError> {
        for (input, source) in self.sources.iter().enumerate() {
            let (from, lie) = match source {
                Some(source) => (*source, place.lie(input)),
                None => (out.all(), target),
            };
            if self.reused != Some(input) && place.in_a_row(lie).is_some() {
                continue;
            }
            let tile = &mut self.registers.tiles[self.registers.of_input[input]];
            if tile.is_empty() {
                *tile = Tile::zeros(self.dtypes[input], self.registers.len);
            }
            gather(from, lie, place.rows, place.columns, tile)?;
        }
        Ok(())
    }

    /// A tile of an operand.
    fn read(&self, place: &Place<'_>, value: Value) -> Slice<'_> {
        let len = place.len();
        let register = match value {
            Value::Block(input) => {
                let start = place.in_a_row(place.lie(input));
                match (self.sources[input], start) {
                    (Some(source), Some(start)) => return source.part(start..start + len),
                    _ => self.registers.of_input[input],
                }
            }
            Value::Number(number) => self.registers.of_number[number],
            Value::Made(made) => self.registers.of_instruction[made],
        };
        self.registers.tiles[register].part(0..len)
    }

    /// The dtype of the cast that met what it cannot cast.
    fn fault_of(&self) -> DType {
        let mut casts = self.instructions.iter().map(|one| one.compute);
        casts.find(|dtype| dtype.is_integer()).unwrap_or(DType::I64)
    }
}
