//! Measurements with gaps and outliers: assign by a mask, pick by a mask, and reduce what is left, also
//! where nobody knows how many numbers a block has.
//!
//! `cargo run --package taskloom --example mask_and_assign`

use taskloom::array::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = taskloom::local().await?;
    let readings = client.random(11);
    let mut x = readings.normal(20.0, 5.0, [1_000, 100], Chunks::of([250, 50]));

    // Readings below 5 are failures of the sensor.
    x.set(x.lt(5.0), f64::NAN)?;
    // What is too high counts as the highest that is believed.
    x.set(x.gt(30.0), 30.0)?;
    println!("mean {:.3}", x.nanmean().item::<f64>().await?);

    // One axis, whose chunk sizes only the workers know.
    let good = x.mask(&!&x.isnan())?;
    println!("{good}");
    let warm = good.mask(&good.gt(25.0))?;
    println!(
        "mean of the warm ones {:.3}",
        warm.mean().item::<f64>().await?
    );

    // What needs the sizes says so, before anything is computed.
    let refused = warm.reshape([10, 10]).err().map(|error| error.to_string());
    assert!(refused.is_some_and(|why| why.contains("compute_chunk_sizes")));
    let warm = warm.compute_chunk_sizes().await?;
    println!("{} warm readings", warm.size().unwrap_or(0));
    assert!(warm.min().item::<f64>().await? > 25.0);
    Ok(())
}
