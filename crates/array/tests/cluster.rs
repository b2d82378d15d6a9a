//! Arrays on a real cluster in this process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ndarray::array;
use taskloom_array::prelude::*;
use taskloom_cluster::LocalCluster;
use taskloom_task::task;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_comes_back() {
    let cluster = LocalCluster::builder().workers(2).start().await.unwrap();
    let client = cluster.client().await.unwrap();
    let values = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
    let x = client.array(&values, Chunks::of([2, 2])).unwrap();
    assert_eq!(x.to_local::<f64>().await.unwrap(), values.into_dyn());
    let kept = x.persist().await.unwrap();
    assert_eq!(kept.to_local::<f64>().await.unwrap().sum(), 45.0);
    let unknown = kept.forget_chunk_sizes();
    assert_eq!(unknown.shape(), [None, None]);
    let known = unknown.compute_chunk_sizes().await.unwrap();
    assert_eq!(known.chunks(), x.chunks());
    assert_eq!(known.to_local::<f64>().await.unwrap().sum(), 45.0);
    client.close().await;
    cluster.close().await.unwrap();
}

/// A block that is far larger than a message travels to a worker and back.
#[tokio::test(flavor = "multi_thread")]
async fn large_blocks_travel_whole() {
    let cluster = LocalCluster::builder().workers(2).start().await.unwrap();
    let client = cluster.client().await.unwrap();
    let values = ndarray::Array2::from_shape_fn((2000, 1500), |(i, j)| (i * 7 + j) as f64);
    let x = client.array(&values, Chunks::of([1500, 1500])).unwrap();
    let kept = x.persist().await.unwrap();
    assert_eq!(kept.to_local::<f64>().await.unwrap(), values.into_dyn());
    client.close().await;
    cluster.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_array_keeps_its_cuts() {
    let cluster = LocalCluster::builder().workers(2).start().await.unwrap();
    let client = cluster.client().await.unwrap();
    let x = client
        .array(&array![1_i64, 2, 3], Chunks::of([2]))
        .unwrap()
        .forget_chunk_sizes();
    let error = client
        .publish("x", &x.persist().await.unwrap().forget_chunk_sizes())
        .await;
    assert!(error.unwrap_err().to_string().contains("persist()"));
    client
        .publish("x", &x.persist().await.unwrap())
        .await
        .unwrap();
    let other = cluster.client().await.unwrap();
    let got: Array = other.dataset("x").await.unwrap();
    assert!(got.axes()[0].is_aligned(&x.axes()[0]));
    assert_eq!(
        got.to_local::<i64>().await.unwrap(),
        array![1_i64, 2, 3].into_dyn()
    );
    client.close().await;
    other.close().await;
    cluster.close().await.unwrap();
}

/// The least and the greatest element of each row.
#[task(crate = taskloom_task)]
fn range(rows: Block) -> Vec<Block> {
    let rows = rows.into_array::<f64>().unwrap();
    let last = ndarray::Axis(rows.ndim() - 1);
    let least = rows.map_axis(last, |row| {
        row.iter().copied().fold(f64::INFINITY, f64::min)
    });
    let most = rows.map_axis(last, |row| row.iter().copied().fold(0.0, f64::max));
    vec![Block::from(least), Block::from(most)]
}

/// The sum of each element and its neighbours.
#[task(crate = taskloom_task)]
fn around(block: Block) -> Block {
    let x = block.into_vec::<f64>().unwrap();
    let at = |at: usize| x.get(at).copied().unwrap_or(0.0);
    let sums = (0..x.len()).map(|i| at(i.wrapping_sub(1)) + at(i) + at(i + 1));
    Block::vector(sums.collect::<Vec<f64>>())
}

#[tokio::test(flavor = "multi_thread")]
async fn stencils_of_what_a_mask_selected() {
    let cluster = LocalCluster::builder().workers(2).start().await.unwrap();
    let client = cluster.client().await.unwrap();
    let values = ndarray::Array1::from_iter((0..200).map(f64::from));
    let x = client.array(&values, Chunks::of([5])).unwrap();
    let few = x.mask(&(&x % 30.0).eq(0.0)).unwrap();
    let sums = few.map_overlap([1], around::task).array().unwrap();
    assert_eq!(
        sums.to_local::<f64>().await.unwrap(),
        array![30.0, 90.0, 180.0, 270.0, 360.0, 450.0, 330.0].into_dyn()
    );
    client.close().await;
    cluster.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_users_make_several_arrays() {
    let cluster = LocalCluster::builder().workers(2).start().await.unwrap();
    let client = cluster.client().await.unwrap();
    let values = array![[1.0, 2.0, 3.0], [6.0, 5.0, 4.0], [7.0, 9.0, 8.0]];
    let x = client.array(&values, Chunks::of([2, 3])).unwrap();
    let made = apply_gufunc("(i)->(),()", [&x]).arrays(|blocks| range::task(&blocks[0]));
    let made = made.unwrap();
    let least = made[0].to_local::<f64>().await.unwrap();
    assert_eq!(least, array![1.0, 4.0, 7.0].into_dyn());
    let width = &made[1] - &made[0];
    assert_eq!(
        width.to_local::<f64>().await.unwrap(),
        array![2.0, 2.0, 2.0].into_dyn()
    );
    client.close().await;
    cluster.close().await.unwrap();
}
