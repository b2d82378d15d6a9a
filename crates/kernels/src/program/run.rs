//! A program as it runs.

use super::plan::{Plan, is_selection};
use super::{Program, Source, Step};
use crate::block::{Block, Extent};
use crate::elementwise::Elementwise;
use crate::elementwise::tiles::{Code, Value, broadcast};
use crate::error::KernelError;
use crate::kernel::{Kernel, Outputs, one, single};
use crate::reduce::{Reduce, Reduction};
use smallvec::SmallVec;

/// Elements that a reduction takes at a time of what is computed for it: they are still in the cache
/// of the processor when it reads them.
const BAND: usize = 32 * 1024;

/// The blocks that are there while a program runs.
pub(super) struct Run<'a> {
    program: &'a Program,
    plan: Plan,
    inputs: Vec<Option<Block>>,
    made: Vec<SmallVec<[Option<Block>; 1]>>,
}

/// Steps that are computed together, and what they take.
struct Group<'a> {
    /// The steps, each with its operands.
    steps: Vec<(&'a Elementwise, SmallVec<[Value; 3]>)>,
    blocks: Vec<Block>,
    shape: Extent,
}

impl<'a> Run<'a> {
    pub(super) fn new(program: &'a Program, inputs: Vec<Block>) -> Result<Self, KernelError> {
        Ok(Self {
            plan: Plan::new(program, inputs.len())?,
            inputs: inputs.into_iter().map(Some).collect(),
            made: vec![SmallVec::new(); program.steps.len()],
            program,
        })
    }

    /// Runs all steps; the last one's outputs are the result.
    pub(super) fn all(mut self) -> Result<Outputs, KernelError> {
        let program = self.program;
        for (at, step) in program.steps.iter().enumerate() {
            if self.plan.waits(at) {
                continue;
            }
            let outputs = match &*step.kernel {
                Kernel::Elementwise(_) => {
                    let mut members = self.plan.members(at).to_vec();
                    members.push(at);
                    single(self.group(at, &members)?.run()?)
                }
                Kernel::Reduce(reduce) if !self.plan.members(at).is_empty() => {
                    let mut members = self.plan.members(at).to_vec();
                    match members.pop_if(|last| is_selection(&program.steps[*last].kernel)) {
                        Some(select) => self.selected(reduce, at, select, &members)?,
                        None => reduced(reduce, self.group(at, &members)?)?,
                    }
                }
                kernel => {
                    let inputs = self.take_all(at, step)?;
                    check(step, inputs.iter().map(Block::shape))?;
                    kernel.run(inputs)?
                }
            };
            self.made[at] = outputs.into_iter().map(Some).collect();
        }
        let last = self.made.pop().unwrap_or_default();
        let last: Option<Outputs> = last.into_iter().collect();
        last.ok_or_else(|| KernelError::Program("a result is used and given away".to_owned()))
    }

    /// The inputs of a step: given away if no later step, and no other input of this one, takes them.
    fn take_all(&mut self, at: usize, step: &Step) -> Result<Vec<Block>, KernelError> {
        let mut blocks = Vec::with_capacity(step.inputs.len());
        for (place, &source) in step.inputs.iter().enumerate() {
            let again = step.inputs[place + 1..].contains(&source);
            let last = self.plan.last_use(source) == at && !again;
            blocks.push(self.take(source, last)?);
        }
        Ok(blocks)
    }

    /// A block; given away if this is the last time.
    fn take(&mut self, source: Source, last: bool) -> Result<Block, KernelError> {
        let slot = self.slot(source);
        let block = match slot {
            Some(slot) if last => slot.take(),
            Some(slot) => slot.clone(),
            None => None,
        };
        block.ok_or_else(|| KernelError::Program(format!("{source:?} is taken and not there")))
    }

    fn slot(&mut self, source: Source) -> Option<&mut Option<Block>> {
        match source {
            Source::Input(input) => self.inputs.get_mut(input as usize),
            Source::Step(step, output) => {
                let made = self.made.get_mut(step as usize)?;
                made.get_mut(output as usize)
            }
        }
    }

    /// The reduction `at` of what step `select` selects with the mask that `members` make, which is
    /// there already if there are none.
    fn selected(
        &mut self,
        reduce: &Reduce,
        at: usize,
        select: usize,
        members: &[usize],
    ) -> Result<Outputs, KernelError> {
        let step = &self.program.steps[select];
        let &[data, mask] = step.inputs.as_slice() else {
            return Err(KernelError::Program("a mask takes two inputs".to_owned()));
        };
        let data = self.take(data, false)?;
        let mask = match members.is_empty() {
            true => Mask::Block(self.take(mask, false)?),
            false => Mask::Group(self.group(at, members)?),
        };
        check(step, [data.shape(), mask.shape()].into_iter())?;
        let Some((reduction, step_len)) = reduce
            .in_bands()
            .filter(|_| data.shape() == mask.shape())
            .zip(rows_of_band(data.shape()))
        else {
            let selected = step.kernel.run(vec![data, mask.whole()?])?;
            return reduce.run(selected.into_vec());
        };
        in_bands(
            reduce,
            reduction,
            [data.len_of(0), step_len],
            |start, len| {
                let parts = vec![data.sliced(0, start, len, 1)?, mask.band(start, len)?];
                one(step.kernel.name(), step.kernel.run(parts)?.into_vec())
            },
        )
    }

    /// The steps `members`, the last of which makes the result, to be computed together with step
    /// `at`. Steps whose results are smaller, because others stretch them later, are computed now.
    fn group(&mut self, at: usize, members: &[usize]) -> Result<Group<'a>, KernelError> {
        let program = self.program;
        let mut shapes: Vec<Extent> = Vec::with_capacity(members.len());
        for &member in members {
            let step = &program.steps[member];
            let mut of_inputs: SmallVec<[Extent; 3]> = SmallVec::new();
            for &source in &step.inputs {
                of_inputs.push(match position(members, source) {
                    Some(known) if known < shapes.len() => shapes[known].clone(),
                    _ => self.take(source, false)?.shape().into(),
                });
            }
            check(step, of_inputs.iter().map(Extent::as_slice))?;
            let of_inputs = of_inputs.iter().map(Extent::as_slice);
            shapes.push(broadcast(step.kernel.name(), of_inputs)?);
        }
        let mut group = Group {
            steps: Vec::with_capacity(members.len()),
            blocks: Vec::new(),
            shape: shapes.last().cloned().unwrap_or_default(),
        };
        // Before anything is given away to the others.
        for (shape, &member) in shapes.iter().zip(members) {
            if *shape != group.shape {
                let step = &program.steps[member];
                let inputs = step.inputs.iter().map(|&source| self.take(source, false));
                let inputs = inputs.collect::<Result<Vec<Block>, _>>()?;
                self.made[member] = step.kernel.run(inputs)?.into_iter().map(Some).collect();
            }
        }
        let mut values: Vec<Option<Value>> = vec![None; members.len()];
        let mut taken: Vec<(Source, Value)> = Vec::new();
        for (place, &member) in members.iter().enumerate() {
            let step = &program.steps[member];
            let Kernel::Elementwise(kernel) = &*step.kernel else {
                return Err(KernelError::Program("a step of a group is none".to_owned()));
            };
            if shapes[place] != group.shape {
                continue;
            }
            let mut operands = SmallVec::new();
            for &source in &step.inputs {
                let made = position(members, source).and_then(|known| values[known]);
                let known = taken.iter().find(|(known, _)| *known == source);
                operands.push(match (made, known) {
                    (Some(made), _) => made,
                    (None, Some((_, known))) => *known,
                    (None, None) => {
                        let last =
                            self.plan.last_use(source) == at || position(members, source).is_some();
                        group.blocks.push(self.take(source, last)?);
                        let value = Value::Block(group.blocks.len() - 1);
                        taken.push((source, value));
                        value
                    }
                });
            }
            values[place] = Some(Value::Made(group.steps.len()));
            group.steps.push((kernel, operands));
        }
        Ok(group)
    }
}

/// Which of the steps makes it.
fn position(members: &[usize], source: Source) -> Option<usize> {
    match source {
        Source::Step(step, 0) => members.binary_search(&(step as usize)).ok(),
        _ => None,
    }
}

/// That the inputs have the lengths along unknown axes that they should.
fn check<'s>(step: &Step, shapes: impl Iterator<Item = &'s [usize]>) -> Result<(), KernelError> {
    match &step.align {
        Some(align) => align.check(step.kernel.name(), &shapes.collect::<Vec<_>>()),
        None => Ok(()),
    }
}

impl Group<'_> {
    /// Computes it on these blocks.
    fn on(&self, blocks: Vec<Block>) -> Result<Block, KernelError> {
        let mut code = Code::new(blocks);
        // Casts stand between the steps in the code.
        let mut made: Vec<Value> = Vec::with_capacity(self.steps.len());
        for (kernel, operands) in &self.steps {
            let mut values: SmallVec<[Value; 3]> = SmallVec::new();
            for operand in operands {
                values.push(match *operand {
                    Value::Made(step) => made[step],
                    other => other,
                });
            }
            made.push(kernel.compile(&values, &mut code)?);
        }
        code.run()
    }

    fn run(mut self) -> Result<Block, KernelError> {
        let blocks = std::mem::take(&mut self.blocks);
        self.on(blocks)
    }

    /// The part of it from `start` with `len` places along an axis.
    fn band(&self, axis: usize, start: usize, len: usize) -> Result<Block, KernelError> {
        let mut parts = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let place = (axis + block.ndim()).checked_sub(self.shape.len());
            parts.push(match place {
                Some(place) if block.len_of(place) != 1 => block.sliced(place, start, len, 1)?,
                _ => block.clone(),
            });
        }
        self.on(parts)
    }
}

/// A mask that is there, or will be.
enum Mask<'a> {
    Block(Block),
    Group(Group<'a>),
}

impl Mask<'_> {
    fn shape(&self) -> &[usize] {
        match self {
            Self::Block(block) => block.shape(),
            Self::Group(group) => &group.shape,
        }
    }

    fn whole(self) -> Result<Block, KernelError> {
        match self {
            Self::Block(block) => Ok(block),
            Self::Group(group) => group.run(),
        }
    }

    fn band(&self, start: usize, len: usize) -> Result<Block, KernelError> {
        match self {
            Self::Block(block) => block.sliced(0, start, len, 1),
            Self::Group(group) => group.band(0, start, len),
        }
    }
}

/// How many places of the first axis a band has; `None` if one band would be all.
fn rows_of_band(shape: &[usize]) -> Option<usize> {
    let (&rows, of_row) = shape.split_first()?;
    let step = (BAND / of_row.iter().product::<usize>().max(1)).max(1);
    (step < rows).then_some(step)
}

/// The reduction of what a group makes, band by band, so that it is never there as a whole.
fn reduced(reduce: &Reduce, group: Group<'_>) -> Result<Outputs, KernelError> {
    let size = group.shape.iter().product::<usize>();
    let Some((reduction, bands)) = reduce
        .in_bands()
        .zip(Bands::new(reduce, &group.shape, size))
    else {
        return reduce.run(vec![group.run()?]);
    };
    in_bands(reduce, reduction, [bands.len, bands.step], |start, len| {
        group.band(bands.axis, start, len)
    })
}

/// The reduction of what is made in bands of `step` of `len` places.
fn in_bands(
    reduce: &Reduce,
    reduction: &Reduction,
    [len, step]: [usize; 2],
    band: impl Fn(usize, usize) -> Result<Block, KernelError>,
) -> Result<Outputs, KernelError> {
    let mut states = Vec::new();
    let mut faults: Option<KernelError> = None;
    for start in (0..len).step_by(step) {
        match band(start, step.min(len - start)) {
            Ok(block) if faults.is_none() => states.extend(reduction.partial(&block)?),
            Ok(_) => {}
            Err(error) => faults = Some(together(faults, error)?),
        }
    }
    match faults {
        Some(faults) => Err(faults),
        None => reduce.of_states(reduction, &states),
    }
}

/// Numbers that cannot be cast are counted in all bands; any other error ends the work.
fn together(faults: Option<KernelError>, error: KernelError) -> Result<KernelError, KernelError> {
    match (faults, error) {
        (
            Some(KernelError::NotFinite { count: known, .. }),
            KernelError::NotFinite {
                operation,
                count,
                dtype,
            },
        ) => Ok(KernelError::NotFinite {
            operation,
            count: known + count,
            dtype,
        }),
        (None, error @ KernelError::NotFinite { .. }) => Ok(error),
        (_, error) => Err(error),
    }
}

/// How a shape is cut into bands along the longest axis that is reduced.
struct Bands {
    axis: usize,
    len: usize,
    /// Places of a band.
    step: usize,
}

impl Bands {
    /// None if one band would be all.
    fn new(reduce: &Reduce, shape: &[usize], size: usize) -> Option<Self> {
        let reduction: &Reduction = reduce.in_bands()?;
        let axis = reduction
            .axes
            .iter()
            .take_while(|&axis| axis < shape.len())
            .max_by_key(|&axis| (shape[axis], std::cmp::Reverse(axis)))?;
        let len = shape[axis];
        let step = BAND.checked_div(size.checked_div(len)?)?.max(1);
        (step < len).then_some(Self { axis, len, step })
    }
}
