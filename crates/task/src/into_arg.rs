//! What can be given where a task wants a value.

use crate::call::{Arguments, Dependency};
use crate::future::{Element, TaskFuture};
use crate::node::Node;
use crate::value::{Buffers, TaskValue};
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use taskloom_core::arguments::Part;

/// What can be given where a task takes a `T`:
///
/// * a `T`, and `&str` or `&String` for a `String`;
/// * a [`TaskFuture<T>`], an [`Element<T>`] or a [`Node<T>`], or a reference to one;
/// * for a `Vec<T>`: a vector (or a reference to one), slice or array of futures or references to
///   futures;
/// * for a tuple of up to four: a tuple with futures in any of its places;
/// * for a map: a map with futures as its values;
/// * for bytes of one type (`Bytes`, `Vec<u8>`, [`Buffers`]): bytes of another, or a future of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given where a task takes `{T}`",
    label = "expected `{T}`, or a future of `{T}`",
    note = "an argument is a `{T}`, a `TaskFuture<{T}>`, a reference to such a future, or, for a \
            vector or tuple, one of these for its elements"
)]
pub trait IntoArg<T> {
    /// Adds the argument to those of a call.
    fn into_arg(self, arguments: &mut Arguments);
}

impl<T: TaskValue> IntoArg<T> for T {
    fn into_arg(self, arguments: &mut Arguments) {
        arguments.value(self);
    }
}

impl IntoArg<String> for &str {
    fn into_arg(self, arguments: &mut Arguments) {
        arguments.text(self);
    }
}

impl IntoArg<String> for &String {
    fn into_arg(self, arguments: &mut Arguments) {
        arguments.text(self);
    }
}

macro_rules! other_bytes {
    ($($from:ty => $($to:ty),+;)*) => {$(
        $(
            impl IntoArg<$to> for $from {
                fn into_arg(self, arguments: &mut Arguments) {
                    arguments.value(self);
                }
            }
        )+
    )*};
}

other_bytes! {
    Bytes => Vec<u8>, Buffers;
    Vec<u8> => Bytes, Buffers;
    Buffers => Bytes, Vec<u8>;
}

/// Something that stands for the result of a task, or a part of it.
trait Handle {
    fn refer(self, arguments: &mut Arguments);
}

impl<T> Handle for TaskFuture<T> {
    fn refer(self, arguments: &mut Arguments) {
        arguments.reference(Dependency::Future(self.handle), Part::WHOLE);
    }
}

impl<T> Handle for &TaskFuture<T> {
    fn refer(self, arguments: &mut Arguments) {
        self.clone().refer(arguments);
    }
}

impl<T> Handle for Element<T> {
    fn refer(self, arguments: &mut Arguments) {
        arguments.reference(Dependency::Future(self.handle), self.part);
    }
}

impl<T> Handle for &Element<T> {
    fn refer(self, arguments: &mut Arguments) {
        self.clone().refer(arguments);
    }
}

impl<T> Handle for Node<T> {
    fn refer(self, arguments: &mut Arguments) {
        arguments.reference(Dependency::Node(self.task), self.part);
    }
}

impl<T> Handle for &Node<T> {
    fn refer(self, arguments: &mut Arguments) {
        self.clone().refer(arguments);
    }
}

fn refer_all<H: Handle>(handles: impl ExactSizeIterator<Item = H>, arguments: &mut Arguments) {
    arguments.sequence(handles.len());
    handles.for_each(|handle| handle.refer(arguments));
}

// The compiler lists impls beside its message about a wrong argument; those that would not help
// anybody are kept out of the list.
//
// One impl for each kind of handle, and not one for all `H: Handle`: the compiler could not tell
// that one apart from the impl for plain values.
macro_rules! handles {
    ($($handle:ident),+) => {$(
        impl<T> IntoArg<T> for $handle<T> {
            fn into_arg(self, arguments: &mut Arguments) {
                self.refer(arguments);
            }
        }

        impl<T> IntoArg<T> for &$handle<T> {
            fn into_arg(self, arguments: &mut Arguments) {
                self.refer(arguments);
            }
        }

        impl<T> IntoArg<Vec<T>> for Vec<$handle<T>> {
            fn into_arg(self, arguments: &mut Arguments) {
                refer_all(self.into_iter(), arguments);
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T> IntoArg<Vec<T>> for Vec<&$handle<T>> {
            fn into_arg(self, arguments: &mut Arguments) {
                refer_all(self.into_iter(), arguments);
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T, const N: usize> IntoArg<Vec<T>> for [$handle<T>; N] {
            fn into_arg(self, arguments: &mut Arguments) {
                refer_all(self.into_iter(), arguments);
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T, const N: usize> IntoArg<Vec<T>> for [&$handle<T>; N] {
            fn into_arg(self, arguments: &mut Arguments) {
                refer_all(self.into_iter(), arguments);
            }
        }

        handles!(@slices $handle: &Vec<$handle<T>>, &[$handle<T>]);
        handles!(@slices $handle: &Vec<&$handle<T>>, &[&$handle<T>]);

        #[diagnostic::do_not_recommend]
        impl<T, const N: usize> IntoArg<Vec<T>> for &[$handle<T>; N] {
            fn into_arg(self, arguments: &mut Arguments) {
                refer_all(self.iter(), arguments);
            }
        }

        #[diagnostic::do_not_recommend]
        impl<K, T, S> IntoArg<HashMap<K, T, S>> for HashMap<K, $handle<T>, S>
        where
            K: TaskValue + Eq + Hash,
            S: BuildHasher,
        {
            fn into_arg(self, arguments: &mut Arguments) {
                arguments.map(self.len());
                for (key, handle) in self {
                    arguments.value(key);
                    handle.refer(arguments);
                }
            }
        }

        #[diagnostic::do_not_recommend]
        impl<K: TaskValue + Ord, T> IntoArg<BTreeMap<K, T>> for BTreeMap<K, $handle<T>> {
            fn into_arg(self, arguments: &mut Arguments) {
                arguments.map(self.len());
                for (key, handle) in self {
                    arguments.value(key);
                    handle.refer(arguments);
                }
            }
        }

        handles!(@bytes $handle: Bytes => Vec<u8>);
        handles!(@bytes $handle: Bytes => Buffers);
        handles!(@bytes $handle: Vec<u8> => Bytes);
        handles!(@bytes $handle: Vec<u8> => Buffers);
        handles!(@bytes $handle: Buffers => Bytes);
        handles!(@bytes $handle: Buffers => Vec<u8>);

        tuples!($handle<T>);
        tuples!(&$handle<T>);
    )+};
    (@slices $handle:ident: $($slice:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl<T> IntoArg<Vec<T>> for $slice {
            fn into_arg(self, arguments: &mut Arguments) {
                refer_all(self.iter().map(|handle| (*handle).clone()), arguments);
            }
        }
    )+};
    (@bytes $handle:ident: $from:ty => $to:ty) => {
        #[diagnostic::do_not_recommend]
        impl IntoArg<$to> for $handle<$from> {
            fn into_arg(self, arguments: &mut Arguments) {
                self.refer(arguments);
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoArg<$to> for &$handle<$from> {
            fn into_arg(self, arguments: &mut Arguments) {
                self.refer(arguments);
            }
        }
    };
}

// A tuple whose first handle is in the given place: before it stand plain values, after it whatever
// can be an argument. So no tuple has two impls, and one of plain values alone has none of these.
macro_rules! tuples {
    ($handle:ty) => {
        tuples!($handle; before(); after(B Y));
        tuples!($handle; before(); after(B Y, C Z));
        tuples!($handle; before(); after(B Y, C Z, D W));
        tuples!($handle; before(A); after());
        tuples!($handle; before(A); after(C Z));
        tuples!($handle; before(A); after(C Z, D W));
        tuples!($handle; before(A, B); after());
        tuples!($handle; before(A, B); after(D W));
        tuples!($handle; before(A, B, C); after());
    };
    ($handle:ty; before($($plain:ident),*); after($($out:ident $in:ident),*)) => {
        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case)] // The members are named after their types.
        impl<T, $($plain: TaskValue,)* $($out, $in: IntoArg<$out>),*>
            IntoArg<($($plain,)* T, $($out,)*)> for ($($plain,)* $handle, $($in,)*)
        {
            fn into_arg(self, arguments: &mut Arguments) {
                let ($($plain,)* handle, $($in,)*) = self;
                arguments.sequence(tuples!(@count $($plain)* T $($in)*));
                $(arguments.value($plain);)*
                handle.refer(arguments);
                $($in.into_arg(arguments);)*
            }
        }
    };
    (@count $($member:ident)*) => { [$(stringify!($member)),*].len() };
}

handles!(TaskFuture, Element, Node);
