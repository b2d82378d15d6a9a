//! Reading the signature of a task's function.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Error, FnArg, GenericArgument, GenericParam, Ident, ItemFn, Pat, Path, PathArguments, Result,
    ReturnType, Type, TypePath,
};

/// A parameter of the function.
pub struct Parameter {
    /// A name for it in the expansion and in messages.
    pub name: Ident,
    /// The type that a value for it has.
    pub value: TokenStream,
    /// How the function takes it: a marker of `__private`.
    pub marker: TokenStream,
    /// The type as written.
    pub written: Type,
}

/// What the function returns.
pub struct Output {
    /// The type of the value.
    pub value: TokenStream,
    /// How it becomes a value: a marker of `__private`.
    pub marker: TokenStream,
    /// Whether it is a `Result`.
    pub fallible: bool,
}

/// The signature, as far as the expansion needs it.
pub struct Signature {
    /// Whether the function begins with a context.
    pub context: bool,
    /// The other parameters.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub output: Output,
}

/// Reads the signature, or says what a task cannot have.
pub fn read(function: &ItemFn, krate: &Path) -> Result<Signature> {
    let signature = &function.sig;
    let refuse = |at: &dyn quote::ToTokens, message: &str| Err(Error::new_spanned(at, message));
    for generic in &signature.generics.params {
        if !matches!(generic, GenericParam::Lifetime(_)) {
            return refuse(
                generic,
                "a task cannot be generic: workers find it by name; write one task for each type",
            );
        }
    }
    if let Some(clause) = &signature.generics.where_clause {
        return refuse(clause, "a task cannot have a where clause");
    }
    if let Some(unsafety) = &signature.unsafety {
        return refuse(unsafety, "a task cannot be unsafe");
    }
    if let Some(abi) = &signature.abi {
        return refuse(abi, "a task cannot have a foreign calling convention");
    }
    if let Some(variadic) = &signature.variadic {
        return refuse(variadic, "a task cannot be variadic");
    }
    let mut context = false;
    let mut parameters = Vec::new();
    for (at, input) in signature.inputs.iter().enumerate() {
        let typed = match input {
            FnArg::Typed(typed) => typed,
            FnArg::Receiver(receiver) => {
                return refuse(
                    receiver,
                    "a task is a free function: it cannot have a `self` parameter",
                );
            }
        };
        if is_context(&typed.ty) {
            if at > 0 {
                return refuse(&typed.ty, "the context is the first parameter of a task");
            }
            context = true;
            continue;
        }
        let name = match &*typed.pat {
            Pat::Ident(ident) => ident.ident.clone(),
            _ => format_ident!("argument{at}"),
        };
        let (value, marker) = parameter(&typed.ty, krate)?;
        parameters.push(Parameter {
            name,
            value,
            marker,
            written: (*typed.ty).clone(),
        });
    }
    let output = output(&signature.output, krate)?;
    Ok(Signature {
        context,
        parameters,
        output,
    })
}

/// Whether a type is `&TaskContext`.
fn is_context(ty: &Type) -> bool {
    match ungroup(ty) {
        Type::Reference(reference) => {
            last_segment(&reference.elem).is_some_and(|segment| segment.ident == "TaskContext")
        }
        _ => false,
    }
}

/// Types that come out of other macros stand in invisible groups.
fn ungroup(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            other => return other,
        };
    }
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ungroup(ty) {
        Type::Path(TypePath { qself: None, path }) => path.segments.last(),
        _ => None,
    }
}

/// The only type argument of a path that ends in `name`.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match (arguments.args.len(), arguments.args.first()) {
        (1, Some(GenericArgument::Type(ty))) => Some(ty),
        _ => None,
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name && segment.arguments.is_none())
}

/// The type of a parameter's values, and its marker.
fn parameter(ty: &Type, krate: &Path) -> Result<(TokenStream, TokenStream)> {
    let private = quote!(#krate::__private);
    match ungroup(ty) {
        Type::Reference(_) => reference(ty, krate),
        other => {
            if let Some(element) = argument_of(other, "Vec")
                && let Type::Reference(_) = ungroup(element)
            {
                let (value, marker) = reference(element, krate)?;
                return Ok((
                    quote!(::std::vec::Vec<#value>),
                    quote!(#private::Refs<#marker>),
                ));
            }
            let shape = shape(other, krate)?;
            Ok((quote!(#other), quote!(#private::Taken<#shape>)))
        }
    }
}

/// A parameter, or element, that is a reference.
fn reference(ty: &Type, krate: &Path) -> Result<(TokenStream, TokenStream)> {
    let private = quote!(#krate::__private);
    let Type::Reference(reference) = ungroup(ty) else {
        return Err(Error::new_spanned(ty, "a reference is expected"));
    };
    if reference.mutability.is_some() {
        return Err(Error::new_spanned(
            ty,
            "a task cannot change its input: take it by value, and return what it becomes",
        ));
    }
    let target = ungroup(&reference.elem);
    if is_named(target, "str") {
        return Ok((quote!(::std::string::String), quote!(#private::Text)));
    }
    if let Type::Slice(slice) = target {
        let element = ungroup(&slice.elem);
        if is_named(element, "u8") {
            return Ok((quote!(#private::Bytes), quote!(#private::ByteSlice)));
        }
        let shape = shape(element, krate)?;
        return Ok((
            quote!(::std::vec::Vec<#element>),
            quote!(#private::Slice<#shape>),
        ));
    }
    let shape = shape(target, krate)?;
    Ok((quote!(#target), quote!(#private::Borrowed<#shape>)))
}

/// The shape of a type that holds no references.
fn shape(ty: &Type, krate: &Path) -> Result<TokenStream> {
    let private = quote!(#krate::__private);
    match ungroup(ty) {
        Type::Reference(_) => Err(Error::new_spanned(
            ty,
            "a reference cannot stand here: a task takes `&T`, `&str`, `&[T]` or `Vec<&T>`",
        )),
        Type::ImplTrait(_) => Err(Error::new_spanned(
            ty,
            "a task cannot take or return `impl Trait`: values of it travel, so their type is named",
        )),
        Type::TraitObject(_) | Type::BareFn(_) | Type::Ptr(_) | Type::Infer(_) | Type::Never(_) => {
            Err(Error::new_spanned(
                ty,
                "a value of this type cannot travel between workers",
            ))
        }
        Type::Tuple(tuple) if (1..=6).contains(&tuple.elems.len()) => {
            let shapes = tuple.elems.iter().map(|member| shape(member, krate));
            let shapes: Vec<_> = shapes.collect::<Result<_>>()?;
            Ok(quote!((#(#shapes,)*)))
        }
        // A row of bytes is one value and has no futures in it.
        other => match argument_of(other, "Vec").filter(|element| !is_named(element, "u8")) {
            Some(element) => {
                let shape = shape(element, krate)?;
                Ok(quote!(#private::Many<#shape>))
            }
            None => Ok(quote!(#private::One<#other>)),
        },
    }
}

fn output(output: &ReturnType, krate: &Path) -> Result<Output> {
    let private = quote!(#krate::__private);
    let ReturnType::Type(_, ty) = output else {
        return Ok(Output {
            value: quote!(()),
            marker: quote!(#private::One<()>),
            fallible: false,
        });
    };
    let ty = ungroup(ty);
    let Some(segment) = last_segment(ty).filter(|segment| segment.ident == "Result") else {
        return Ok(Output {
            value: quote!(#ty),
            marker: makes(ty, krate)?,
            fallible: false,
        });
    };
    // An alias of `Result` has the type of the good case as its first argument, or has none.
    let good = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    };
    Ok(match good {
        Some(good) => Output {
            value: quote!(#good),
            marker: makes(good, krate)?,
            fallible: true,
        },
        None => {
            let value = quote!(<#ty as #private::Fallible>::Ok);
            let marker = quote!(#private::One<#value>);
            Output {
                value,
                marker,
                fallible: true,
            }
        }
    })
}

/// How a result becomes a value: vectors and tuples serve their elements.
fn makes(ty: &Type, krate: &Path) -> Result<TokenStream> {
    let private = quote!(#krate::__private);
    if let Type::Reference(_) = ungroup(ty) {
        return Err(Error::new_spanned(
            ty,
            "a task returns a value of its own: the result outlives what the task was lent",
        ));
    }
    let ty = ungroup(ty);
    shape(ty, krate)?;
    Ok(match ty {
        Type::Tuple(tuple) if (1..=6).contains(&tuple.elems.len()) => {
            let members = tuple.elems.iter();
            quote!((#(#private::One<#members>,)*))
        }
        other => match argument_of(other, "Vec").filter(|element| !is_named(element, "u8")) {
            Some(element) => quote!(#private::Many<#private::One<#element>>),
            None => quote!(#private::One<#other>),
        },
    })
}
