//! The clients' side: typed methods on the client, and a stream of what is pushed.

use crate::board::{Best, Improved, Offer, OfferRequest, Reach, Watch};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use taskloom::extension::{ClientExtension, FutureHandle, Pushes, WeakClient};
use taskloom::prelude::*;
use taskloom::{Result, TaskValue};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Adds boards to the client.
pub trait BoardClient {
    /// The board of this name.
    fn board<T: TaskValue>(&self, name: &str) -> Board<T>;
}

impl BoardClient for Client {
    fn board<T: TaskValue>(&self, name: &str) -> Board<T> {
        Board {
            client: self.clone(),
            name: name.to_owned(),
            marker: PhantomData,
        }
    }
}

/// A board as a client sees it.
pub struct Board<T> {
    client: Client,
    name: String,
    marker: PhantomData<fn() -> T>,
}

impl<T: TaskValue> Board<T> {
    /// Offers a task; whether it is the best one now.
    pub async fn offer(&self, score: f64, future: &TaskFuture<T>) -> Result<bool> {
        let request = self.request(score);
        let reply = self.client.call::<Offer>(request).future(future).await?;
        Ok(reply.message)
    }

    /// The best score and its task, which is this client's own from now on.
    pub async fn best(&self) -> Result<Option<(f64, TaskFuture<T>)>> {
        let reply = self.client.call::<Best>(self.name.clone()).await?;
        let task = reply.futures.into_iter().next().map(TaskFuture::new);
        Ok(reply.message.zip(task))
    }

    /// Waits until somebody has offered at least this score.
    pub async fn reach(&self, score: f64) -> Result<f64> {
        let reply = self.client.call::<Reach>(self.request(score)).await?;
        Ok(reply.message)
    }

    /// Every improvement from now on.
    pub async fn watch(&self) -> Result<Improvements<T>> {
        let news = self.client.extension::<News>().listen(&self.name);
        self.client.call::<Watch>(self.name.clone()).await?;
        Ok(Improvements {
            news,
            marker: PhantomData,
        })
    }

    fn request(&self, score: f64) -> OfferRequest {
        OfferRequest {
            board: self.name.clone(),
            score,
        }
    }
}

type New = (f64, Arc<dyn FutureHandle>);

/// What a watcher is told.
pub struct Improvements<T> {
    news: UnboundedReceiver<New>,
    marker: PhantomData<fn() -> T>,
}

impl<T: TaskValue> Improvements<T> {
    /// The next improvement; `None` when the session has ended.
    pub async fn next(&mut self) -> Option<(f64, TaskFuture<T>)> {
        let (score, task) = self.news.recv().await?;
        Some((score, TaskFuture::new(task)))
    }
}

/// What a session keeps: who listens to which board.
pub struct News {
    listeners: Mutex<HashMap<String, Vec<UnboundedSender<New>>>>,
}

impl News {
    fn listen(&self, board: &str) -> UnboundedReceiver<New> {
        let (sender, receiver) = unbounded_channel();
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.entry(board.to_owned()).or_default().push(sender);
        receiver
    }

    fn improved(&self, (board, score): (String, f64), tasks: Vec<Arc<dyn FutureHandle>>) {
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let (Some(of_board), Some(task)) = (listeners.get_mut(&board), tasks.first()) {
            of_board.retain(|listener| listener.send((score, task.clone())).is_ok());
        }
    }
}

impl ClientExtension for News {
    fn new(_client: WeakClient) -> Self {
        Self {
            listeners: Mutex::default(),
        }
    }

    fn pushes() -> Pushes<Self> {
        Pushes::new().on::<Improved>(Self::improved)
    }

    fn closed(&self, _why: &str) {
        // The streams end when nobody can send into them any more.
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
