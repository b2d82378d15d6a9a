//! The `#[task]` attribute.
//!
//! What lives here: reading the signature of a function and writing the code that makes a task of
//! it. What the code refers to lives in `taskloom-task`, in its module `__private`.

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
