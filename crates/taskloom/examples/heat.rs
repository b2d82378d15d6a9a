//! Heat spreads over a plate: each step of time looks at the neighbours of every point. The plate is
//! an array in blocks; `map_overlap` gives each block a border of its neighbours' points, and only these
//! travel between workers.
//!
//! `cargo run --package taskloom --example heat`

use taskloom::array::prelude::*;
use taskloom::array::{Boundary, KernelError};
use taskloom::prelude::*;

const SIDE: usize = 240;
const STEPS: usize = 20;
/// How fast heat spreads; beyond 0.25 the steps are too large for this method.
const RATE: f64 = 0.2;

/// One step of a block with a border of one point on each side.
#[task]
fn step(plate: Block) -> std::result::Result<Block, KernelError> {
    let (rows, columns) = (plate.len_of(0), plate.len_of(1));
    let old = plate.into_vec::<f64>()?;
    let mut new = old.clone();
    for row in 1..rows.saturating_sub(1) {
        for column in 1..columns.saturating_sub(1) {
            let at = row * columns + column;
            let around = old[at - columns] + old[at + columns] + old[at - 1] + old[at + 1];
            new[at] += RATE * (around - 4.0 * old[at]);
        }
    }
    Block::new(new, &[rows, columns])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = taskloom::local().await?;
    // Cold, with a hot square in the middle.
    let mut plate = client.zeros([SIDE, SIDE], DType::F64, Chunks::of([80, 80]));
    let middle = SIDE / 2 - 20..SIDE / 2 + 20;
    plate.set(s![middle.clone(), middle], 100.0)?;
    let before = plate.sum().item::<f64>().await?;

    for _ in 0..STEPS {
        // Kept on the workers, so that the next step starts from there.
        let next = plate.map_overlap([1, 1], step::task);
        plate = next.boundary(Boundary::Nearest).array()?.persist().await?;
    }
    let after = plate.sum().item::<f64>().await?;
    let hottest = plate.max().item::<f64>().await?;
    println!("heat {before} before, {after:.3} after; {hottest:.2} at the hottest point");
    println!("{plate}");
    // Nothing reaches the border in this time, so no heat is lost.
    assert!((after - before).abs() < 1e-6 * before && hottest < 100.0);
    Ok(())
}
