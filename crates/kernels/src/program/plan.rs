//! Which steps of a program are computed together.
//!
//! Steps that work element by element, and whose results only such steps take, are computed with
//! these, tile by tile; a reduction takes the tiles of its one input as they are made. If that input
//! is what a mask selects, the mask is made and used piece by piece as well.

use super::{Program, Source, Step};
use crate::error::KernelError;
use crate::index::Index;
use crate::kernel::Kernel;

/// When each step is computed, and when each block is needed for the last time.
pub(super) struct Plan {
    /// Per step, with which step it is computed: itself, or a later one.
    with: Vec<usize>,
    /// Per step, which others are computed with it, in order.
    members: Vec<Vec<usize>>,
    /// Per input, and per step, the last step with which something is computed that takes it.
    last_use_of_input: Vec<usize>,
    last_use_of_step: Vec<usize>,
}

impl Plan {
    /// # Errors
    /// If a step takes what is not there.
    pub(super) fn new(program: &Program, inputs: usize) -> Result<Self, KernelError> {
        let steps = program.steps.len();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); steps];
        for (at, step) in program.steps.iter().enumerate() {
            for source in &step.inputs {
                let there = match *source {
                    Source::Input(input) => (input as usize) < inputs,
                    Source::Step(made, _) => {
                        let there = (made as usize) < at;
                        if there {
                            users[made as usize].push(at);
                        }
                        there
                    }
                };
                if !there {
                    return Err(KernelError::Program(format!(
                        "step {at} takes {source:?}, of {inputs} inputs"
                    )));
                }
            }
        }
        let mut with: Vec<usize> = (0..steps).collect();
        for at in (0..steps).rev() {
            let selects = is_selection(&program.steps[at].kernel);
            if !selects && !matches!(*program.steps[at].kernel, Kernel::Elementwise(_)) {
                continue;
            }
            let alone = users[at].len() == 1;
            let mut targets = users[at].iter().map(|&user| {
                let Step { kernel, inputs, .. } = &program.steps[user];
                match &**kernel {
                    Kernel::Elementwise(_) if !selects => Some(with[user]),
                    Kernel::Reduce(reduce) => {
                        let alone = alone && inputs.len() == 1;
                        (alone && reduce.in_bands().is_some()).then_some(user)
                    }
                    kernel if is_selection(kernel) => {
                        let is_mask = inputs.get(1) == Some(&Source::Step(at as u32, 0));
                        (alone && !selects && is_mask && with[user] != user).then_some(with[user])
                    }
                    _ => None,
                }
            });
            if let Some(Some(first)) = targets.next()
                && targets.all(|target| target == Some(first))
            {
                with[at] = first;
            }
        }
        let mut members = vec![Vec::new(); steps];
        let mut last_use_of_input = vec![0; inputs];
        let mut last_use_of_step = vec![0; steps];
        for (at, step) in program.steps.iter().enumerate() {
            if with[at] != at {
                members[with[at]].push(at);
            }
            for source in &step.inputs {
                let last = match *source {
                    Source::Input(input) => &mut last_use_of_input[input as usize],
                    Source::Step(made, _) => &mut last_use_of_step[made as usize],
                };
                *last = (*last).max(with[at]);
            }
        }
        Ok(Self {
            with,
            members,
            last_use_of_input,
            last_use_of_step,
        })
    }

    /// Whether a step is computed with a later one.
    pub(super) fn waits(&self, step: usize) -> bool {
        self.with[step] != step
    }

    /// Which steps are computed with this one, in order.
    pub(super) fn members(&self, step: usize) -> &[usize] {
        &self.members[step]
    }

    /// The last step with which something is computed that takes it.
    pub(super) fn last_use(&self, source: Source) -> usize {
        match source {
            Source::Input(input) => self.last_use_of_input[input as usize],
            Source::Step(step, _) => self.last_use_of_step[step as usize],
        }
    }
}

/// Whether a step selects elements by a mask that begins at the first axis.
pub(super) fn is_selection(kernel: &Kernel) -> bool {
    matches!(kernel, Kernel::Index(Index::Select { axis: 0 }))
}
