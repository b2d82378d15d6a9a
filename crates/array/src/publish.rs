//! Arrays under a name, for every client that knows the name.

use crate::array::Array;
use crate::axis::Axis;
use crate::layer::Leaf;
use crate::node::Axes;
use serde::{Deserialize, Serialize};
use taskloom_client::{Client, Dataset, DatasetParts};
use taskloom_kernels::DType;
use taskloom_task::{Error, TaskFuture};

/// What is needed beside the futures.
#[derive(Serialize, Deserialize)]
struct Details {
    dtype: DType,
    axes: Axes,
}

/// A persisted array can be published. Whoever gets it has the same cuts, so that arrays which were
/// published together stay aligned, also where their chunk sizes are unknown.
///
/// ```no_run
/// # use taskloom_array::Array;
/// # use taskloom_client::Client;
/// # async fn example(client: Client, other: Client, x: Array) -> taskloom_array::Result<()> {
/// client.publish("x", &x.persist().await?).await?;
/// let x: Array = other.dataset("x").await?;
/// # Ok(()) }
/// ```
impl Dataset for Array {
    const KIND: &'static str = "array";

    fn of() -> String {
        "blocks".to_owned()
    }

    fn parts(&self) -> Result<DatasetParts, Error> {
        let refused = |reason: String| Error::Refused(reason);
        self.check().map_err(|error| refused(error.to_string()))?;
        let Some(Leaf::Futures(futures)) = self.node().layer().leaf() else {
            return Err(refused(format!(
                "{} is not on the cluster yet: `persist()` it, and publish that",
                self.name()
            )));
        };
        let details = Details {
            dtype: self.dtype(),
            axes: self.axes().iter().cloned().collect(),
        };
        let details = postcard::to_stdvec(&details).map_err(|error| refused(error.to_string()))?;
        let futures = futures.iter().map(|future| future.handle().clone());
        Ok(DatasetParts {
            details: details.into(),
            ..DatasetParts::of_futures(futures)
        })
    }

    fn from_parts(parts: DatasetParts, client: &Client) -> Result<Self, Error> {
        let refused =
            |reason: String| Error::Refused(format!("the data set is no array: {reason}"));
        let Details { dtype, axes } =
            postcard::from_bytes(&parts.details).map_err(|error| refused(error.to_string()))?;
        let futures = parts.futures.into_iter().map(TaskFuture::new).collect();
        let array = Self::from_futures(client, futures, dtype, axes);
        array.map_err(|error| refused(error.to_string()))
    }
}

/// How an axis travels.
#[derive(Serialize, Deserialize)]
struct Travelling {
    lengths: Vec<Option<usize>>,
    cut: Option<([u8; 16], String)>,
}

impl Serialize for Axis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let travelling = Travelling {
            lengths: self.lengths().to_vec(),
            cut: self.cut(),
        };
        travelling.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Axis {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Travelling { lengths, cut } = Travelling::deserialize(deserializer)?;
        Ok(Self::of_cut(lengths, cut))
    }
}
