//! Which blocks are needed, and which of them get tasks of their own.

use crate::error::{ArrayError, Result};
use crate::identity::NodeId;
use crate::layer::{BlockRef, BlockTask, Leaf, Work};
use crate::node::{Node, place};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::sync::Arc;
use taskloom_kernels::Class;

/// Most steps that one task takes: a loop of thousands of operations becomes a chain of tasks, each
/// of which can be followed and run again.
const STEPS_MAX: u16 = 256;

/// A task that brings together more blocks than this does not compute them too: they would be
/// computed one after another.
const GATHERED_MAX: usize = 4;

/// In whose task a block is computed, if it gets none of its own.
type Root = u32;

/// Nobody uses the block.
const UNUSED: Root = u32::MAX;

/// More than one task uses it.
const MANY: Root = u32::MAX - 1;

/// Its value is wanted by the user.
const WANTED: u8 = 1;
/// It is not the only input of its user.
const AMONG_OTHERS: u8 = 2;
/// Its user cannot compute it within its own task.
const APART: u8 = 4;
/// It gets a task of its own.
const OWN: u8 = 8;

/// The needed blocks of an expression.
pub(crate) struct Plan {
    /// Inputs before those who use them.
    pub(super) nodes: Vec<Planned>,
    /// What is wanted: a node, and a block of it.
    pub(super) wanted: Vec<(u32, u32)>,
}

/// A node with what is decided about its blocks.
pub(super) struct Planned {
    pub(super) node: Arc<Node>,
    /// The places of the inputs in the plan.
    pub(super) inputs: SmallVec<[u32; 3]>,
    roots: Vec<Root>,
    flags: Vec<u8>,
    /// Which block each one is, where it is that of an input; empty if none is. The rest of the work
    /// is made anew when it is wanted: kept, it would be most of the memory of a plan.
    aliases: Vec<Option<BlockRef>>,
    /// The number of its first block among all blocks of the plan.
    base: u32,
}

impl Planned {
    pub(super) fn is_leaf(&self) -> bool {
        self.node.layer().leaf().is_some()
    }

    pub(super) fn is_own(&self, block: u32) -> bool {
        self.flags[block as usize] & OWN != 0
    }

    pub(super) fn is_used(&self, block: u32) -> bool {
        self.roots[block as usize] != UNUSED
    }

    pub(super) fn blocks(&self) -> usize {
        self.roots.len()
    }

    /// The block of an input that this one is.
    pub(super) fn alias(&self, block: u32) -> Option<BlockRef> {
        *self.aliases.get(block as usize)?
    }

    /// The work for a block, made anew.
    pub(super) fn work(&self, block: u32) -> BlockTask {
        let mut at = SmallVec::new();
        place(self.node.axes(), block as usize, &mut at);
        self.node.layer().block(&at)
    }
}

impl Plan {
    /// Plans all blocks of these nodes.
    ///
    /// # Errors
    /// If there are more than 2^32 blocks.
    pub(crate) fn new(wanted: &[&Arc<Node>]) -> Result<Self> {
        let (nodes, places) = in_order(wanted)?;
        let blocks = wanted.iter().map(|node| node.blocks());
        let mut plan = Self {
            nodes,
            wanted: Vec::with_capacity(blocks.sum()),
        };
        for node in wanted {
            let at = places[&node.id()];
            let planned = &mut plan.nodes[at as usize];
            planned.roots.fill(MANY);
            planned.flags.iter_mut().for_each(|flags| *flags |= WANTED);
            plan.wanted
                .extend((0..planned.roots.len() as u32).map(|block| (at, block)));
        }
        let all: usize = plan.nodes.iter().map(|planned| planned.roots.len()).sum();
        let mut steps = vec![0_u16; all];
        for at in (0..plan.nodes.len()).rev() {
            plan.decide(at, &mut steps)?;
        }
        Ok(plan)
    }

    /// Decides about the blocks of a node whose users have all been decided about.
    fn decide(&mut self, at: usize, steps: &mut [u16]) -> Result<()> {
        let (before, rest) = self.nodes.split_at_mut(at);
        let planned = &mut rest[0];
        if planned.is_leaf() {
            return Ok(());
        }
        for block in 0..planned.roots.len() as u32 {
            let root = planned.roots[block as usize];
            if root == UNUSED {
                continue;
            }
            let task = planned.work(block);
            let flags = planned.flags[block as usize];
            let inside = is_inside(&task, root, flags)
                && (root == MANY || is_free(&task) || room(steps, root));
            let gathered = task.inputs.len() > GATHERED_MAX;
            let is_alias = matches!(task.work, Work::Alias);
            let (their_root, mut their_flags) = match (inside, is_alias) {
                (true, true) => (root, flags & (WANTED | AMONG_OTHERS | APART)),
                (true, false) => (root, flags & AMONG_OTHERS),
                (false, _) => (planned.base + block, 0),
            };
            if task.inputs.len() > 1 {
                their_flags |= AMONG_OTHERS;
            }
            if !is_alias && (gathered || matches!(task.work, Work::User(_))) {
                their_flags |= APART;
            }
            if !inside {
                planned.flags[block as usize] |= OWN;
            }
            for input in &task.inputs {
                let user = planned.inputs.get(input.input);
                let used = user.and_then(|&used| before.get_mut(used as usize));
                let Some(used) = used.filter(|used| input.block < used.roots.len()) else {
                    return Err(ArrayError::value(
                        planned.node.name(),
                        format!("block {block} is made of {input:?}, which does not exist"),
                    ));
                };
                let known = &mut used.roots[input.block];
                *known = match *known {
                    UNUSED => their_root,
                    known if known == their_root => known,
                    _ => MANY,
                };
                used.flags[input.block] |= their_flags;
            }
            if is_alias {
                planned.aliases.resize(planned.roots.len(), None);
                planned.aliases[block as usize] = task.inputs.first().copied();
            }
        }
        Ok(())
    }

    /// How many tasks there will be.
    pub(crate) fn tasks(&self) -> usize {
        let own = |planned: &Planned| planned.flags.iter().filter(|&&f| f & OWN != 0).count();
        self.nodes.iter().map(own).sum()
    }

    /// The blocks in this process that tasks need.
    pub(crate) fn local_blocks(&self) -> Vec<(&crate::source::LocalBlocks, usize)> {
        let mut blocks = Vec::new();
        for planned in &self.nodes {
            if let Some(Leaf::Local(leaf)) = planned.node.layer().leaf() {
                let used = (0..planned.roots.len() as u32).filter(|&block| planned.is_used(block));
                blocks.extend(used.map(|block| (leaf, block as usize)));
            }
        }
        blocks
    }
}

/// Whether the block is computed within the task of its user.
fn is_inside(task: &BlockTask, root: Root, flags: u8) -> bool {
    let kernel = match &task.work {
        Work::Alias => return true,
        Work::User(_) => return false,
        Work::Kernel(kernel) => kernel,
    };
    if flags & (WANTED | APART) != 0 {
        return false;
    }
    match kernel.class() {
        Class::Source => task.inputs.is_empty(),
        Class::Inline => root != MANY,
        Class::Part => root != MANY && flags & AMONG_OTHERS == 0,
        Class::Task => false,
    }
}

/// Whether it costs its user's task next to nothing.
fn is_free(task: &BlockTask) -> bool {
    match &task.work {
        Work::Alias => true,
        Work::Kernel(kernel) => kernel.class() == Class::Source,
        Work::User(_) => false,
    }
}

/// Takes a step's room in the task of a root, if there is some.
fn room(steps: &mut [u16], root: Root) -> bool {
    match steps.get_mut(root as usize) {
        Some(taken) if *taken < STEPS_MAX => {
            *taken += 1;
            true
        }
        _ => false,
    }
}

/// All nodes that these need, inputs first, each once however often it was built; and their places.
fn in_order(wanted: &[&Arc<Node>]) -> Result<(Vec<Planned>, FxHashMap<NodeId, u32>)> {
    let mut nodes: Vec<Planned> = Vec::new();
    let mut places: FxHashMap<NodeId, u32> = FxHashMap::default();
    let mut base = 0_usize;
    for node in wanted {
        let mut way: Vec<(&Arc<Node>, usize)> = vec![(node, 0)];
        while let Some((node, next)) = way.pop() {
            if places.contains_key(&node.id()) {
                continue;
            }
            if let Some(input) = node.inputs().get(next) {
                way.push((node, next + 1));
                way.push((input, 0));
                continue;
            }
            let blocks = node.blocks();
            let first = base;
            base = base.saturating_add(blocks);
            if base >= MANY as usize {
                let reason = "it needs more than 2^32 blocks: choose larger chunks";
                return Err(ArrayError::value(node.name(), reason));
            }
            places.insert(node.id(), nodes.len() as u32);
            nodes.push(Planned {
                inputs: node
                    .inputs()
                    .iter()
                    .map(|input| places[&input.id()])
                    .collect(),
                node: node.clone(),
                roots: vec![UNUSED; blocks],
                flags: vec![0; blocks],
                aliases: Vec::new(),
                base: first as u32,
            });
        }
    }
    Ok((nodes, places))
}
