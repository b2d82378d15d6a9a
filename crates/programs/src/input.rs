//! The contents of a program's files: bytes, or the futures of bytes.

use bytes::Bytes;
use taskloom_task::{Arguments, Element, IntoArg, Node, TaskFuture};

/// What a file of a program can be made from: bytes, text, or the future of bytes.
pub trait IntoInput {
    /// The contents.
    #[doc(hidden)]
    fn into_input(self) -> Input;
}

/// The contents of one file.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum Input {
    Bytes(Bytes),
    Future(TaskFuture<Bytes>),
    Element(Element<Bytes>),
    Node(Node<Bytes>),
}

macro_rules! bytes {
    ($($kind:ty),+) => {$(
        impl IntoInput for $kind {
            fn into_input(self) -> Input {
                Input::Bytes(Bytes::from(self))
            }
        }
    )+};
}

bytes!(Bytes, Vec<u8>, String, &'static str);

macro_rules! futures {
    ($($whom:ty => $kind:ident;)+) => {$(
        impl IntoInput for $whom {
            fn into_input(self) -> Input {
                Input::$kind(self)
            }
        }

        impl IntoInput for &$whom {
            fn into_input(self) -> Input {
                Input::$kind(self.clone())
            }
        }
    )+};
}

futures! {
    TaskFuture<Bytes> => Future;
    Element<Bytes> => Element;
    Node<Bytes> => Node;
}

impl IntoInput for &TaskFuture<Vec<u8>> {
    fn into_input(self) -> Input {
        // Bytes of one type are read as those of the other.
        Input::Future(TaskFuture::new(self.handle().clone()))
    }
}

impl IntoInput for TaskFuture<Vec<u8>> {
    fn into_input(self) -> Input {
        (&self).into_input()
    }
}

/// The contents of all files, as the argument of the task.
pub(crate) struct Inputs(pub(crate) Vec<Input>);

impl IntoArg<Vec<Bytes>> for Inputs {
    fn into_arg(self, arguments: &mut Arguments) {
        arguments.sequence(self.0.len());
        for input in self.0 {
            match input {
                Input::Bytes(bytes) => arguments.value(bytes),
                Input::Future(future) => IntoArg::<Bytes>::into_arg(future, arguments),
                Input::Element(element) => IntoArg::<Bytes>::into_arg(element, arguments),
                Input::Node(node) => IntoArg::<Bytes>::into_arg(node, arguments),
            }
        }
    }
}
