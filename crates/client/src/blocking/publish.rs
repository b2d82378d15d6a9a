//! Published data sets and calls of extensions, for threads that may block.

use super::Client;
use crate::{Call, ClientExtension, Dataset, Reply, Result};
use std::future::IntoFuture;
use std::sync::Arc;
use taskloom_extensions::Operation;

impl Client {
    /// As [`crate::Client::publish`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn publish<D: Dataset>(&self, name: impl Into<String>, dataset: &D) -> Result<()> {
        let publish = self.client.publish(name, dataset);
        self.runtime.block_on(publish.into_future())?
    }

    /// As [`Client::publish`], in place of the data set of that name if there is one.
    ///
    /// # Errors
    /// As [`crate::Client::publish`], or on a thread that runs async tasks.
    pub fn publish_replacing<D: Dataset>(
        &self,
        name: impl Into<String>,
        dataset: &D,
    ) -> Result<()> {
        let publish = self.client.publish(name, dataset).replace();
        self.runtime.block_on(publish.into_future())?
    }

    /// As [`crate::Client::dataset`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn dataset<D: Dataset>(&self, name: impl Into<String>) -> Result<D> {
        self.runtime.block_on(self.client.dataset(name))?
    }

    /// As [`crate::Client::datasets`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn datasets(&self) -> Result<Vec<String>> {
        self.runtime.block_on(self.client.datasets())?
    }

    /// As [`crate::Client::unpublish`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn unpublish(&self, name: impl Into<String>) -> Result<()> {
        self.runtime.block_on(self.client.unpublish(name))?
    }

    /// As [`crate::Client::call`]; give it to [`Client::reply`], or [`Call::send`] it.
    pub fn call<O: Operation>(&self, request: O::Request) -> Call<O> {
        self.client.call(request)
    }

    /// Sends a call and waits for its reply.
    ///
    /// # Errors
    /// What awaiting the call gives, or on a thread that runs async tasks.
    pub fn reply<O: Operation>(&self, call: Call<O>) -> Result<Reply<O>> {
        self.runtime.block_on(call.into_future())?
    }

    /// As [`crate::Client::extension`].
    pub fn extension<E: ClientExtension>(&self) -> Arc<E> {
        self.client.extension()
    }
}
