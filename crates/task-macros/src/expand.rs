//! The code that makes a task of a function.

use crate::options::{Options, parse};
use crate::signature::{Signature, read};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemFn, Result};

/// Expands `#[task(options)] item`.
pub fn task(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = parse(options)?;
    let function: ItemFn = syn::parse2(item).map_err(|error| {
        syn::Error::new(error.span(), "#[task] stands before a function with a body")
    })?;
    let signature = read(&function, &options.krate)?;
    let handle = handle(&function, &options, &signature);
    Ok(quote!(#function #handle))
}

fn handle(function: &ItemFn, options: &Options, signature: &Signature) -> TokenStream {
    let krate = &options.krate;
    let private = quote!(#krate::__private);
    let name = &function.sig.ident;
    let visibility = &function.vis;
    // A function behind `#[cfg]` takes its task with it.
    let conditions: Vec<_> = function
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect();
    let parameters: Vec<_> = signature.parameters.iter().map(|p| &p.name).collect();
    let values: Vec<_> = signature.parameters.iter().map(|p| &p.value).collect();
    let output = &signature.output.value;
    let bounds = signature
        .parameters
        .iter()
        .map(|parameter| (&parameter.value, parameter.written.span()));
    let bounds = bounds
        .chain([(output, function.sig.output.span())])
        .map(|(value, span)| quote_spanned!(span=> require::<#value>();));
    let about_struct = format!("The task `{name}`: `{name}::task(..)` makes a call of it.");
    let about_task = format!(
        "A call of the task [`{name}`](fn@{name}), to be submitted. Each argument is a value or a \
         future of one."
    );
    let full_name = match &options.name {
        Some(given) => quote!(#given),
        None => {
            let suffix = format!("::{}", syn::ext::IdentExt::unraw(name));
            quote!(::std::concat!(::std::module_path!(), #suffix))
        }
    };
    let version = options.version;
    let hash = hash(signature);
    let impure = options.impure.then(|| quote!(.impure()));
    let isolated = options.isolated.then(|| quote!(.isolated()));
    let run = run(function, signature, &private);
    quote! {
        #(#conditions)*
        #[doc = #about_struct]
        #[allow(non_camel_case_types, dead_code)]
        #visibility struct #name {}

        #(#conditions)*
        #[allow(clippy::too_many_arguments, dead_code)]
        impl #name {
            #[doc = #about_task]
            #visibility fn task(
                #(#parameters: impl #private::IntoArg<#values>),*
            ) -> #private::TaskCall<#output> {
                #[allow(unused_mut)]
                let mut __arguments = <#private::Arguments as ::std::default::Default>::default();
                #(#private::IntoArg::<#values>::into_arg(#parameters, &mut __arguments);)*
                #private::TaskCall::new(Self::definition(), __arguments)
            }

            #[doc(hidden)]
            #visibility fn definition() -> &'static #private::Definition {
                fn require<T: #private::TaskValue>() {}
                #[allow(dead_code)]
                fn required() {
                    #(#bounds)*
                }
                static DEFINITION: #private::Definition =
                    #private::Definition::new(#full_name, #version, #hash, #run)
                        .at(::std::file!(), ::std::line!())
                        #impure
                        #isolated;
                &DEFINITION
            }
        }

        #(#conditions)*
        const _: () = {
            #private::inventory::submit! { #private::Linked(#name::definition) }
        };
    }
}

/// The function that takes arguments of any kind, and calls the user's.
fn run(function: &ItemFn, signature: &Signature, private: &TokenStream) -> TokenStream {
    let name = &function.sig.ident;
    let held: Vec<_> = (0..signature.parameters.len())
        .map(|at| format_ident!("__held{at}"))
        .collect();
    let names = signature
        .parameters
        .iter()
        .map(|parameter| parameter.name.to_string());
    let markers: Vec<_> = signature.parameters.iter().map(|p| &p.marker).collect();
    let context = signature.context.then(|| quote!(__context,));
    let is_async = function.sig.asyncness.is_some();
    let waiting = is_async.then(|| quote!(.await));
    let makes = &signature.output.marker;
    let body = quote! {
        let mut __arguments = __arguments.into_iter();
        #(let mut #held = #private::hold::<#markers>(&mut __arguments, #names)?;)*
        #private::finish(__arguments)?;
        let __result = #name(#context #(#private::lend::<#markers>(&mut #held)?),*) #waiting;
    };
    let make = if signature.output.fallible {
        quote! {
            match __result {
                ::std::result::Result::Ok(__result) => {
                    ::std::result::Result::Ok(#private::make::<#makes>(__result))
                }
                ::std::result::Result::Err(error) => {
                    #[allow(unused_imports)]
                    use #private::{ByBox as _, ByDisplay as _, ByError as _};
                    ::std::result::Result::Err((&&&#private::Returned::new(error)).failure())
                }
            }
        }
    } else {
        quote!(::std::result::Result::Ok(#private::make::<#makes>(__result)))
    };
    let result = quote!(::std::result::Result<#private::Value, #private::TaskFailure>);
    let arguments = quote!(__arguments: ::std::vec::Vec<#private::Argument>);
    if is_async {
        quote!({
            #[allow(clippy::result_large_err)]
            fn __run(
                __context: #private::TaskContext,
                #arguments,
            ) -> #private::BoxFuture<'static, #result> {
                ::std::boxed::Box::pin(async move {
                    let __context = &__context;
                    let _ = __context;
                    #body
                    #make
                })
            }
            #private::Run::Async(__run)
        })
    } else {
        quote!({
            #[allow(clippy::result_large_err)]
            fn __run(__context: &#private::TaskContext, #arguments) -> #result {
                let _ = __context;
                #body
                #make
            }
            #private::Run::Thread(__run)
        })
    }
}

/// A hash of the types as written, without spaces, which differ between compilers: FNV-1a.
pub fn hash(signature: &Signature) -> u64 {
    let mut text = String::new();
    for parameter in &signature.parameters {
        text.push_str(&parameter.written.to_token_stream().to_string());
        text.push(',');
    }
    text.push_str("->");
    text.push_str(&signature.output.value.to_string());
    let significant = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    significant.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
