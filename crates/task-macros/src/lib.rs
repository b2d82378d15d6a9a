//! The attributes `#[task]` and `#[actor]`.
//!
//! What lives here: reading the signatures of functions and writing the code that makes tasks and
//! actors of them. What the code refers to lives in `taskloom-task`, in its module `__private`.

mod actor;
mod expand;
mod options;
mod signature;

use proc_macro::TokenStream;

/// Makes a task of a function, which stays callable as it was.
///
/// Beside `fn inc(x: i64) -> i64` it puts `inc::task(..)`, which takes for each parameter a value or
/// a future of one and returns a call to submit. The function may take its parameters by value
/// (`T`, moved if nobody else needs the value), by reference (`&T`, `&str`, `&[T]`, borrowed from
/// the worker's store), or as a vector of references (`Vec<&T>`); it may begin with
/// `ctx: &TaskContext`; it may be `async`; it may return a `Result`, whose error becomes the error
/// of the task with its text and chain of causes.
///
/// Options, in any order:
///
/// * `impure`: each call is a task of its own. Without it the same call twice is one task.
/// * `isolated`: each run is in a child process of the worker, which is killed when the task is
///   cancelled or runs out of time, and whose crash fails this task alone.
/// * `name = "x.y"`: the name instead of `crate::module::function`.
/// * `version = 2`: the version instead of 1; raise it when the same arguments shall give another
///   result.
/// * `crate = path`: where to find this system's crate, if it is not `::taskloom`.
///
/// ```ignore
/// use taskloom::prelude::*;
///
/// #[task]
/// fn inc(x: i64) -> i64 {
///     x + 1
/// }
///
/// let future = client.submit(inc::task(1));
/// let next = client.submit(inc::task(&future));
/// ```
#[proc_macro_attribute]
pub fn task(options: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    match expand::task(options.into(), item.clone()) {
        Ok(expanded) => expanded.into(),
        Err(error) => {
            // The function stays, so that its other users do not get errors of their own.
            let error = error.into_compile_error();
            quote::quote!(#item #error).into()
        }
    }
}

/// Makes an actor of a type: before the `impl` block with its methods, which stay as they were.
///
/// * A public function without `self` that returns `Self` or `Result<Self, E>` is a constructor. Beside
///   `fn new(start: i64) -> Self` there is `new_actor(..)`, which takes for each parameter a value or a
///   future of one and returns a call for `client.actor`. It runs as a task does.
/// * A public method with `&mut self` or `&self` can be called through a handle, `Actor<Type>`, where
///   it returns an `ActorReply`. It may begin with `ctx: &TaskContext`, may be `async`, and may return
///   a `Result`. Its arguments and its result travel, so their types are values.
/// * Private functions are the actor's own affair.
///
/// Options: `name = "x.y"`, `version = 2` and `crate = path`, as for `#[task]`.
///
/// ```ignore
/// use taskloom::prelude::*;
///
/// struct Counter {
///     total: i64,
/// }
///
/// #[actor]
/// impl Counter {
///     pub fn new(start: i64) -> Self {
///         Self { total: start }
///     }
///
///     pub fn add(&mut self, by: i64) -> i64 {
///         self.total += by;
///         self.total
///     }
/// }
///
/// let counter = client.actor(Counter::new_actor(10));
/// assert_eq!(counter.add(5).await?, 15);
/// ```
#[proc_macro_attribute]
pub fn actor(options: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    match actor::actor(options.into(), item.clone()) {
        Ok(expanded) => expanded.into(),
        Err(error) => {
            let error = error.into_compile_error();
            quote::quote!(#item #error).into()
        }
    }
}
