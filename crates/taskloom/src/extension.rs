//! What it takes to write an extension: a service that runs beside the scheduler, and the clients'
//! side of it. The guide is `docs/extending.md`; the example `extending` is a complete one.
//!
//! * On the scheduler's side: [`Operation`] and [`Push`] are the words, [`Service`] is the machine,
//!   [`Out`] is what it can do. [`Extension`] is the same without types, for those who need it.
//! * On the clients' side: [`Client::call`](crate::Client::call) calls an operation, and a
//!   [`ClientExtension`] takes in what is pushed.

pub use taskloom_client::{Call, Calling, ClientExtension, Pushes, Reply, WeakClient};
pub use taskloom_core::{ClientId, TaskId, Time};
pub use taskloom_extensions::{
    CallId, Called, Extension, ExtensionEffect, ExtensionEffects, ExtensionEvent, Hears, Incoming,
    Operation, Operations, Out, Push, Service, TaskEnd, from_payload, hosted, to_payload,
};
pub use taskloom_task::FutureHandle;
