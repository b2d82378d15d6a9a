//! How the parameters of a task's function take their arguments.
//!
//! The expansion of `#[task]` maps each type of the signature to one of the markers here: `T` to
//! [`Taken`]`<`[`One`]`<T>>`, `Vec<T>` to `Taken<Many<..>>`, `&T` to [`Borrowed`], `&[T]` to
//! [`Slice`], `&str` to [`Text`], `&[u8]` to [`ByteSlice`], `Vec<&T>` to [`Refs`].

use crate::argument::Argument;
use crate::value::{TaskValue, Value, ValueError, ValueRef};
use bytes::Bytes;
use std::marker::PhantomData;

/// A type that an argument can become, with its shape known where futures may stand in it.
pub trait Shape {
    /// The type.
    type Out: TaskValue;

    /// Takes the argument.
    ///
    /// # Errors
    /// If it is not of that type.
    fn take(argument: Argument) -> Result<Self::Out, ValueError>;
}

/// A type whose inside is not looked at.
pub struct One<T>(PhantomData<T>);

impl<T: TaskValue> Shape for One<T> {
    type Out = T;

    fn take(argument: Argument) -> Result<T, ValueError> {
        argument.take()
    }
}

/// A vector.
pub struct Many<S>(PhantomData<S>);

impl<S: Shape> Shape for Many<S> {
    type Out = Vec<S::Out>;

    fn take(argument: Argument) -> Result<Self::Out, ValueError> {
        match argument {
            Argument::Sequence(items) => items.into_iter().map(S::take).collect(),
            other => other.take(),
        }
    }
}

macro_rules! tuple_shape {
    ($n:literal: $($shape:ident),+) => {
        impl<$($shape: Shape),+> Shape for ($($shape,)+) {
            type Out = ($($shape::Out,)+);

            fn take(argument: Argument) -> Result<Self::Out, ValueError> {
                match argument {
                    Argument::Sequence(items) if items.len() == $n => {
                        let mut items = items.into_iter();
                        // The length was looked at.
                        Ok(($($shape::take(items.next().ok_or_else(too_few)?)?,)+))
                    }
                    other => other.take(),
                }
            }
        }
    };
}

tuple_shape!(1: A);
tuple_shape!(2: A, B);
tuple_shape!(3: A, B, C);
tuple_shape!(4: A, B, C, D);
tuple_shape!(5: A, B, C, D, E);
tuple_shape!(6: A, B, C, D, E, F);

/// A parameter of a function: what is held while the function runs, and what it is lent.
pub trait Parameter {
    /// What is held.
    type Held: Send;

    /// What the function takes.
    type Lent<'a>
    where
        Self: 'a;

    /// Takes the argument.
    ///
    /// # Errors
    /// If it is not of the parameter's type.
    fn hold(argument: Argument) -> Result<Self::Held, ValueError>;

    /// Gives the function what it takes.
    ///
    /// # Errors
    /// Never the first time.
    fn lend<'a>(held: &'a mut Self::Held) -> Result<Self::Lent<'a>, ValueError>
    where
        Self: 'a;
}

/// A parameter by value.
pub struct Taken<S>(PhantomData<S>);

impl<S: Shape> Parameter for Taken<S> {
    type Held = Option<S::Out>;
    type Lent<'a>
        = S::Out
    where
        Self: 'a;

    fn hold(argument: Argument) -> Result<Self::Held, ValueError> {
        S::take(argument).map(Some)
    }

    fn lend<'a>(held: &'a mut Self::Held) -> Result<S::Out, ValueError>
    where
        Self: 'a,
    {
        held.take().ok_or_else(too_few)
    }
}

/// Borrows an argument of a shape: values are borrowed where they lie, sequences with futures in
/// them are put together first.
fn borrow<S: Shape>(argument: Argument) -> Result<ValueRef<S::Out>, ValueError> {
    match argument {
        Argument::Value(value) => value.get(),
        container => S::take(container).map(ValueRef::owned),
    }
}

/// A parameter by reference.
pub struct Borrowed<S>(PhantomData<S>);

impl<S: Shape> Parameter for Borrowed<S> {
    type Held = ValueRef<S::Out>;
    type Lent<'a>
        = &'a S::Out
    where
        Self: 'a;

    fn hold(argument: Argument) -> Result<Self::Held, ValueError> {
        borrow::<S>(argument)
    }

    fn lend<'a>(held: &'a mut Self::Held) -> Result<&'a S::Out, ValueError>
    where
        Self: 'a,
    {
        Ok(held)
    }
}

/// A slice.
pub struct Slice<S>(PhantomData<S>);

impl<S: Shape> Parameter for Slice<S> {
    type Held = ValueRef<Vec<S::Out>>;
    type Lent<'a>
        = &'a [S::Out]
    where
        Self: 'a;

    fn hold(argument: Argument) -> Result<Self::Held, ValueError> {
        borrow::<Many<S>>(argument)
    }

    fn lend<'a>(held: &'a mut Self::Held) -> Result<&'a [S::Out], ValueError>
    where
        Self: 'a,
    {
        Ok(held)
    }
}

/// Text by reference.
pub struct Text;

impl Parameter for Text {
    type Held = ValueRef<String>;
    type Lent<'a> = &'a str;

    fn hold(argument: Argument) -> Result<Self::Held, ValueError> {
        borrow::<One<String>>(argument)
    }

    fn lend<'a>(held: &'a mut Self::Held) -> Result<&'a str, ValueError>
    where
        Self: 'a,
    {
        Ok(held)
    }
}

/// Bytes by reference, whichever of the types of bytes they have.
pub struct ByteSlice;

impl Parameter for ByteSlice {
    type Held = Bytes;
    type Lent<'a> = &'a [u8];

    fn hold(argument: Argument) -> Result<Self::Held, ValueError> {
        match argument {
            Argument::Value(value) => value.bytes(),
            container => Many::<One<u8>>::take(container).map(Bytes::from),
        }
    }

    fn lend<'a>(held: &'a mut Self::Held) -> Result<&'a [u8], ValueError>
    where
        Self: 'a,
    {
        Ok(held)
    }
}

/// A vector of references.
pub struct Refs<P>(PhantomData<P>);

/// What is held for a vector of references.
pub enum HeldRefs<W, P> {
    /// One value that is the whole vector.
    Whole(W),
    /// A value for each element.
    Each(Vec<P>),
}

/// An element of a vector of references.
pub trait Element: Parameter {
    /// The type that it is a reference to.
    type Target: TaskValue;

    /// Borrows an element of a whole vector.
    fn of_whole<'a>(target: &'a Self::Target) -> Self::Lent<'a>
    where
        Self: 'a;
}

impl<S: Shape> Element for Borrowed<S> {
    type Target = S::Out;

    fn of_whole<'a>(target: &'a S::Out) -> &'a S::Out
    where
        Self: 'a,
    {
        target
    }
}

impl<S: Shape> Element for Slice<S> {
    type Target = Vec<S::Out>;

    fn of_whole<'a>(target: &'a Vec<S::Out>) -> &'a [S::Out]
    where
        Self: 'a,
    {
        target
    }
}

impl Element for Text {
    type Target = String;

    fn of_whole<'a>(target: &'a String) -> &'a str
    where
        Self: 'a,
    {
        target
    }
}

impl Element for ByteSlice {
    type Target = Bytes;

    fn of_whole<'a>(target: &'a Bytes) -> &'a [u8]
    where
        Self: 'a,
    {
        target
    }
}

impl<P: Element> Parameter for Refs<P> {
    type Held = HeldRefs<ValueRef<Vec<P::Target>>, P::Held>;
    type Lent<'a>
        = Vec<P::Lent<'a>>
    where
        Self: 'a;

    fn hold(argument: Argument) -> Result<Self::Held, ValueError> {
        match argument {
            Argument::Sequence(items) => items
                .into_iter()
                .map(P::hold)
                .collect::<Result<_, _>>()
                .map(HeldRefs::Each),
            other => borrow::<One<Vec<P::Target>>>(other).map(HeldRefs::Whole),
        }
    }

    fn lend<'a>(held: &'a mut Self::Held) -> Result<Self::Lent<'a>, ValueError>
    where
        Self: 'a,
    {
        match held {
            HeldRefs::Whole(whole) => Ok(whole.iter().map(P::of_whole).collect()),
            HeldRefs::Each(items) => items.iter_mut().map(P::lend).collect(),
        }
    }
}

/// How a result becomes a value whose parts can be served.
pub trait Makes {
    /// The type of the result.
    type In: TaskValue;

    /// Makes the value.
    fn make(result: Self::In) -> Value;
}

impl<T: TaskValue> Makes for One<T> {
    type In = T;

    fn make(result: T) -> Value {
        Value::live(result)
    }
}

impl<T: TaskValue> Makes for Many<One<T>> {
    type In = Vec<T>;

    fn make(result: Vec<T>) -> Value {
        Value::sequence(result)
    }
}

macro_rules! tuple_makes {
    ($($name:ident $index:tt),+) => {
        impl<$($name: TaskValue),+> Makes for ($(One<$name>,)+)
        where
            ($($name,)+): TaskValue,
        {
            type In = ($($name,)+);

            fn make(result: Self::In) -> Value {
                Value::with_parts(result, |whole, index| match index {
                    $($index => Some(&whole.$index),)+
                    _ => None,
                })
            }
        }
    };
}

tuple_makes!(A 0);
tuple_makes!(A 0, B 1);
tuple_makes!(A 0, B 1, C 2);
tuple_makes!(A 0, B 1, C 2, D 3);
tuple_makes!(A 0, B 1, C 2, D 3, E 4);
tuple_makes!(A 0, B 1, C 2, D 3, E 4, F 5);

fn too_few() -> ValueError {
    ValueError::Arguments("an argument was taken twice".to_owned())
}
