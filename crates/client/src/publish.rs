//! Published data sets: futures under a name, for every client that knows the name.

use crate::{Client, Error, Result};
use std::any::type_name;
use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use taskloom_extensions::publish::{
    DatasetDelete, DatasetGet, DatasetList, DatasetPut, Description, PutRequest,
};
use taskloom_extensions::{from_payload, to_payload};
use taskloom_task::{Bytes, FutureHandle, TaskFuture};

/// What can be published: something that is made of futures, and can be made of them again.
///
/// It is implemented for a [`TaskFuture`], a vector of futures, a map from names to futures, and
/// pairs of what can be published. Collections of your own implement it too:
///
/// ```
/// use taskloom_client::{Client, Dataset, DatasetParts, Error, TaskFuture};
///
/// /// A table in pieces.
/// struct Table {
///     columns: Vec<TaskFuture<Vec<f64>>>,
/// }
///
/// impl Dataset for Table {
///     const KIND: &'static str = "my table";
///
///     fn of() -> String {
///         "f64".into()
///     }
///
///     fn parts(&self) -> Result<DatasetParts, Error> {
///         let futures = self.columns.iter().map(|column| column.handle().clone());
///         Ok(DatasetParts::of_futures(futures))
///     }
///
///     fn from_parts(parts: DatasetParts, _client: &Client) -> Result<Self, Error> {
///         Ok(Self {
///             columns: parts.futures.into_iter().map(TaskFuture::new).collect(),
///         })
///     }
/// }
/// ```
pub trait Dataset: Sized {
    /// The kind of data set. Whoever asks for another kind gets an error that names both.
    const KIND: &'static str;

    /// The types of the values, for people.
    fn of() -> String;

    /// Its futures, and what else is needed to make it again.
    ///
    /// # Errors
    /// If it has no futures yet, or is not valid.
    fn parts(&self) -> Result<DatasetParts>;

    /// Makes it again, for the client that got it.
    ///
    /// # Errors
    /// If the parts are not of such a data set.
    fn from_parts(parts: DatasetParts, client: &Client) -> Result<Self>;
}

/// What a data set is made of.
#[derive(Clone)]
pub struct DatasetParts {
    /// Its futures.
    pub futures: Vec<Arc<dyn FutureHandle>>,
    /// What else is needed to make it again, in the words of its kind. At most a MiB together with
    /// its name.
    pub details: Bytes,
}

impl DatasetParts {
    /// Futures and nothing else.
    pub fn of_futures(futures: impl IntoIterator<Item = Arc<dyn FutureHandle>>) -> Self {
        Self {
            futures: futures.into_iter().collect(),
            details: Bytes::new(),
        }
    }
}

impl fmt::Debug for DatasetParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatasetParts")
            .field("futures", &self.futures.len())
            .field("details", &self.details)
            .finish()
    }
}

/// A data set whose parts do not fit its kind.
fn unfit(kind: &str, reason: impl fmt::Display) -> Error {
    Error::Refused(format!("the data set is no {kind}: {reason}"))
}

impl<T> Dataset for TaskFuture<T> {
    const KIND: &'static str = "future";

    fn of() -> String {
        type_name::<T>().into()
    }

    fn parts(&self) -> Result<DatasetParts> {
        Ok(DatasetParts::of_futures([self.handle().clone()]))
    }

    fn from_parts(parts: DatasetParts, _client: &Client) -> Result<Self> {
        match <[_; 1]>::try_from(parts.futures) {
            Ok([handle]) => Ok(Self::new(handle)),
            Err(futures) => {
                let n = futures.len();
                Err(unfit(Self::KIND, format!("it has {n} futures")))
            }
        }
    }
}

impl<T> Dataset for Vec<TaskFuture<T>> {
    const KIND: &'static str = "vector of futures";

    fn of() -> String {
        type_name::<T>().into()
    }

    fn parts(&self) -> Result<DatasetParts> {
        let handles = self.iter().map(|future| future.handle().clone());
        Ok(DatasetParts::of_futures(handles))
    }

    fn from_parts(parts: DatasetParts, _client: &Client) -> Result<Self> {
        Ok(parts.futures.into_iter().map(TaskFuture::new).collect())
    }
}

impl<T> Dataset for BTreeMap<String, TaskFuture<T>> {
    const KIND: &'static str = "map of futures";

    fn of() -> String {
        type_name::<T>().into()
    }

    fn parts(&self) -> Result<DatasetParts> {
        let names: Vec<&String> = self.keys().collect();
        Ok(DatasetParts {
            futures: self
                .values()
                .map(|future| future.handle().clone())
                .collect(),
            // Names are always encoded.
            details: to_payload(&names).unwrap_or_default(),
        })
    }

    fn from_parts(parts: DatasetParts, _client: &Client) -> Result<Self> {
        let names: Vec<String> =
            from_payload(&parts.details).map_err(|reason| unfit(Self::KIND, reason))?;
        if names.len() != parts.futures.len() {
            let (names, futures) = (names.len(), parts.futures.len());
            let reason = format!("it has {names} names and {futures} futures");
            return Err(unfit(Self::KIND, reason));
        }
        let futures = parts.futures.into_iter().map(TaskFuture::new);
        Ok(names.into_iter().zip(futures).collect())
    }
}

impl<A: Dataset, B: Dataset> Dataset for (A, B) {
    const KIND: &'static str = "pair";

    fn of() -> String {
        format!("{} of {} and {} of {}", A::KIND, A::of(), B::KIND, B::of())
    }

    fn parts(&self) -> Result<DatasetParts> {
        let (a, b) = (self.0.parts()?, self.1.parts()?);
        let (kinds, cut) = ((A::KIND, B::KIND), a.futures.len() as u64);
        let details = to_payload(&(kinds, cut, &a.details, &b.details));
        Ok(DatasetParts {
            futures: a.futures.into_iter().chain(b.futures).collect(),
            // Two texts, a number and bytes are always encoded.
            details: details.unwrap_or_default(),
        })
    }

    fn from_parts(mut parts: DatasetParts, client: &Client) -> Result<Self> {
        type Details = ((String, String), u64, Bytes, Bytes);
        let ((a, b), cut, of_a, of_b): Details =
            from_payload(&parts.details).map_err(|reason| unfit(Self::KIND, reason))?;
        if (a.as_str(), b.as_str()) != (A::KIND, B::KIND) {
            let (wanted_a, wanted_b) = (A::KIND, B::KIND);
            let reason = format!("it is a pair of {a} and {b}, not of {wanted_a} and {wanted_b}");
            return Err(Error::Refused(reason));
        }
        let all = parts.futures.len();
        let cut = usize::try_from(cut).unwrap_or(usize::MAX).min(all);
        let second = parts.futures.split_off(cut);
        Ok((
            A::from_parts(
                DatasetParts {
                    futures: parts.futures,
                    details: of_a,
                },
                client,
            )?,
            B::from_parts(
                DatasetParts {
                    futures: second,
                    details: of_b,
                },
                client,
            )?,
        ))
    }
}

/// A data set in publication: from [`Client::publish`]; await it.
#[must_use = "nothing is published before this is awaited"]
pub struct Publish {
    client: Client,
    prepared: Result<(PutRequest, Vec<Arc<dyn FutureHandle>>)>,
}

impl Publish {
    /// To take the place of a data set of that name, if there is one. Without it a name that is in
    /// use is an error.
    pub fn replace(mut self) -> Self {
        if let Ok((request, _)) = &mut self.prepared {
            request.replace = true;
        }
        self
    }
}

impl IntoFuture for Publish {
    type Output = Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, prepared } = self;
        let calling = prepared.map(|(request, futures)| {
            let mut call = client.call::<DatasetPut>(request);
            for handle in futures {
                call = call.handle(handle);
            }
            call.into_future()
        });
        Box::pin(async move { calling?.await.map(drop) })
    }
}

impl Client {
    /// Publishes futures under a name: every client can get them with [`Client::dataset`], and they
    /// are kept, also when this client is gone, until somebody unpublishes the name. The tasks need
    /// not have ended.
    ///
    /// ```no_run
    /// # use taskloom_client::{Client, Result, TaskFuture};
    /// # async fn example(client: Client, other: Client, parts: Vec<TaskFuture<f64>>) -> Result<()> {
    /// client.publish("flights", &parts).await?;
    /// let parts: Vec<TaskFuture<f64>> = other.dataset("flights").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If a data set of that name is published already (see [`Publish::replace`]), the name is empty
    /// or longer than 512 bytes, the data set has more than 65,536 futures, or a future belongs to
    /// another client.
    pub fn publish<D: Dataset>(&self, name: impl Into<String>, dataset: &D) -> Publish {
        let prepared = dataset.parts().map(|DatasetParts { futures, details }| {
            let description = Description {
                kind: D::KIND.into(),
                of: D::of(),
                details,
            };
            let request = PutRequest {
                name: name.into(),
                description,
                replace: false,
            };
            (request, futures)
        });
        Publish {
            client: self.clone(),
            prepared,
        }
    }

    /// The data set of a name. The futures are this client's own: they stay valid when the name is
    /// unpublished.
    ///
    /// # Errors
    /// If nothing is published under that name (the error names similar ones), or something of
    /// another kind. Values of another type are an error when they are awaited.
    pub async fn dataset<D: Dataset>(&self, name: impl Into<String>) -> Result<D> {
        let name = name.into();
        let reply = self.call::<DatasetGet>(name.clone()).await?;
        let Description { kind, of, details } = reply.message;
        if kind != D::KIND {
            return Err(Error::Refused(format!(
                "the data set {name:?} is a {kind} of {of}, not a {} of {}",
                D::KIND,
                D::of()
            )));
        }
        let futures = reply.futures;
        D::from_parts(DatasetParts { futures, details }, self)
    }

    /// The names of all published data sets, sorted.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn datasets(&self) -> Result<Vec<String>> {
        Ok(self.call::<DatasetList>(()).await?.message)
    }

    /// Forgets the data set of a name. Its results are released unless somebody else wants them.
    ///
    /// # Errors
    /// If nothing is published under that name.
    pub async fn unpublish(&self, name: impl Into<String>) -> Result<()> {
        self.call::<DatasetDelete>(name.into()).await.map(drop)
    }
}
