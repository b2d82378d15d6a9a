//! What is computed.

use anyhow::{Context as _, Result};
use taskloom_array::prelude::*;
use taskloom_array::{Boundary, KernelError};
use taskloom_client::Client;
use taskloom_task::task;

/// Blocks along each side of the square, and along the tall side of the tall matrix.
const BLOCKS: usize = 10;
/// Columns of the tall matrix.
const TALL_COLUMNS: usize = 50;
/// How often the chain's step is repeated: each is a product, a sum and a root.
const CHAIN: usize = 5;
const SEED: u64 = 7;

/// An expression.
pub struct Expression {
    /// What it is called on the command line.
    pub name: &'static str,
    over: Over,
}

/// What an expression is over: an array that lies on the workers before the clock starts, or nothing.
/// The numbers are the side of the square, and one that differs from one repetition to the next.
enum Over {
    Square(fn(&Array, usize) -> Result<Array>),
    Tall(fn(&Array) -> Result<Array>),
    Nothing(fn(&Client, usize, u64) -> Result<Array>),
}

const fn square(name: &'static str, make: fn(&Array, usize) -> Result<Array>) -> Expression {
    let over = Over::Square(make);
    Expression { name, over }
}

const fn tall(name: &'static str, make: fn(&Array) -> Result<Array>) -> Expression {
    let over = Over::Tall(make);
    Expression { name, over }
}

const fn generated(
    name: &'static str,
    make: fn(&Client, usize, u64) -> Result<Array>,
) -> Expression {
    let over = Over::Nothing(make);
    Expression { name, over }
}

impl Expression {
    /// All of them, in the order in which they are measured.
    pub const ALL: &[Self] = &[
        square("mirror", |x, _| Ok((x + x.t()).mean())),
        generated("mirror-generated", |client, side, seed| {
            let x = uniform(client, side, seed);
            Ok((&x + x.t()).mean())
        }),
        square("mask", |x, _| Ok(x.mask(&x.gt(0.5))?.sum())),
        square("product", |x, side| {
            let few = x.slice(s![.., ..(side / BLOCKS)])?;
            Ok(x.matmul(&few)?.sum())
        }),
        square("chain", |x, _| {
            let mut y = x.clone();
            for _ in 0..CHAIN {
                y = (y * 1.5 + 0.25).sqrt();
            }
            Ok((y - 0.5).sum())
        }),
        square("std", |x, _| Ok(x.std_over(0).sum())),
        square("rechunk", |x, side| {
            Ok(x.rechunk(Chunks::of([side, side / BLOCKS / BLOCKS]))?)
        }),
        square("stencil", |x, _| {
            let around = x.map_overlap([1, 1], neighbours::task);
            let around = around.boundary(Boundary::Constant(0.0.into()));
            Ok(around.array()?.sum())
        }),
        tall("qr", |x| Ok(x.qr()?.r.abs().sum())),
        tall("svd", |x| Ok(x.svd()?.s.sum())),
        generated("random", |client, side, seed| {
            Ok(uniform(client, side, seed).sum())
        }),
        generated("normal", |client, side, seed| {
            let numbers = client.random(SEED + seed);
            let numbers = numbers.normal(0.0, 1.0, [side, side], chunks(side));
            Ok(numbers.sum())
        }),
    ];

    /// The array that lies on the workers before the clock starts.
    pub fn data(&self, client: &Client, side: usize) -> Option<Array> {
        match self.over {
            Over::Square(_) => Some(uniform(client, side, 0)),
            Over::Tall(_) => {
                let rows = side * side / TALL_COLUMNS / BLOCKS * BLOCKS;
                let chunks = Chunks::of([rows / BLOCKS, TALL_COLUMNS]);
                Some(client.random(SEED).random([rows, TALL_COLUMNS], chunks))
            }
            Over::Nothing(_) => None,
        }
    }

    /// The expression over that array.
    pub fn make(
        &self,
        client: &Client,
        data: Option<&Array>,
        side: usize,
        repetition: u64,
    ) -> Result<Array> {
        let data = || data.context("the array is missing");
        match self.over {
            Over::Square(make) => make(data()?, side),
            Over::Tall(make) => make(data()?),
            Over::Nothing(make) => make(client, side, repetition),
        }
    }
}

fn chunks(side: usize) -> Chunks {
    Chunks::from(side / BLOCKS)
}

fn uniform(client: &Client, side: usize, repetition: u64) -> Array {
    let numbers = client.random(SEED + repetition);
    numbers.random([side, side], chunks(side))
}

/// The mean of the four neighbours of each point of a block with a border.
#[task(crate = taskloom_task)]
fn neighbours(block: Block) -> Result<Block, KernelError> {
    let old = block.view::<f64>()?;
    let (rows, columns) = (block.len_of(0), block.len_of(1));
    let mut new = vec![0.0; rows * columns];
    if let Some(old) = old.as_slice() {
        for row in 1..rows.saturating_sub(1) {
            let at = row * columns;
            let above = &old[at - columns..at];
            let below = &old[at + columns..at + 2 * columns];
            let here = &old[at..at + columns];
            let points = &mut new[at..at + columns];
            for column in 1..columns.saturating_sub(1) {
                let around = above[column] + below[column] + here[column - 1] + here[column + 1];
                points[column] = around * 0.25;
            }
        }
    }
    Block::new(new, block.shape())
}
