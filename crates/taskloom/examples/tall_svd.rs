//! The singular values of a tall matrix: many rows in blocks, few columns. Here some rows are dropped by a
//! mask first, so nobody knows how many are left in each block, and that does not matter.
//!
//! `cargo run --package taskloom --example tall_svd`

use taskloom::array::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = taskloom::local().await?;
    let numbers = client.random(3);
    let x = numbers.normal(0.0, 1.0, [20_000, 8], Chunks::of([2_500, 8]));
    let first = x.slice(s![.., 0])?;
    let rows = x.mask_axis(&first.gt(-1.0), 0)?;
    println!("{rows}");

    let factors = rows.svd()?;
    let back = (&factors.u * &factors.s).matmul(&factors.vh)?;
    let error = (&back - &rows).abs().max().item::<f64>().await?;
    let values = factors.s.to_local::<f64>().await?;
    println!("singular values {values:.1}, and U S V differs from the matrix by {error:.1e}");
    assert!(error < 1e-10);
    Ok(())
}
