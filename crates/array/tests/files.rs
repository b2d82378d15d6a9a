//! Files and random arrays on a real cluster in this process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use taskloom_array::prelude::*;
use taskloom_array::{ZarrOptions, ZarrVersion};
use taskloom_cluster::LocalCluster;

#[tokio::test(flavor = "multi_thread")]
async fn workers_write_and_read_files() {
    let cluster = LocalCluster::builder().workers(2).start().await.unwrap();
    let client = cluster.client().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();

    let x = client.random(5).normal(0.0, 1.0, [60, 50], [20, 30]);
    // The same numbers, cut in another way and made here.
    let here = Generator::new(5)
        .normal(0.0, 1.0, [60, 50], [60, 7])
        .compute_here()
        .unwrap();
    let x = x.persist().await.unwrap();
    assert_eq!(x.compute().await.unwrap(), here);

    let bytes = x
        .to_npy(&path("x.npy"))
        .unwrap()
        .item::<i64>()
        .await
        .unwrap();
    assert_eq!(bytes, 128 + 60 * 50 * 8);
    let back = Array::from_npy(&path("x.npy"), [25, 25])
        .unwrap()
        .on(&client);
    assert_eq!(back.compute().await.unwrap(), here);

    x.to_npy_stack(&path("stack"))
        .unwrap()
        .compute()
        .await
        .unwrap();
    let back = Array::from_npy_stack(&path("stack")).unwrap().on(&client);
    assert_eq!(back.compute().await.unwrap(), here);

    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        let store = path(&format!("{version:?}.zarr"));
        let options = ZarrOptions::new().version(version).chunks([10, 30]);
        let written = x
            .to_zarr(&store, &options)
            .unwrap()
            .compute()
            .await
            .unwrap();
        assert_eq!(written.shape(), [3, 2]);
        let back = Array::from_zarr_in(&store, [30, 50]).unwrap().on(&client);
        assert_eq!(back.compute().await.unwrap(), here);
    }

    // What is wrong with a file on the way is told with its name.
    let store = path("V3.zarr");
    let y = Array::from_zarr(&store).unwrap().on(&client);
    std::fs::write(format!("{store}/c/0/1"), b"junk").unwrap();
    let error = y.compute().await.unwrap_err().to_string();
    assert!(error.contains("V3.zarr"), "{error}");
    client.close().await;
    cluster.close().await.unwrap();
}
