//! The code: the handle's methods, the worker's table of them, and the tasks that make actors.

use super::{Actor, Function, argument_of};
use crate::expand::hash;
use crate::signature::Parameter;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{ImplItemFn, Type};

impl Actor {
    /// All that stands beside the block.
    pub(super) fn expand(
        &self,
        constructors: &[Function<'_>],
        methods: &[Function<'_>],
    ) -> TokenStream {
        let (ty, face) = (&self.ty, &self.face);
        let krate = &self.options.krate;
        let private = quote!(#krate::__private);
        let name = self.full_name();
        let about = format!(
            "What an actor [`{}`] can be asked, through a handle of it: each method sends a call and \
             returns its reply.",
            self.name
        );
        let faces = methods.iter().map(|method| self.face(method, &private));
        let table = methods.iter().map(|method| self.table(method, &private));
        let constructors = constructors.iter().map(|made| self.make(made, &private));
        quote! {
            #[doc = #about]
            #[allow(dead_code, unreachable_pub, private_interfaces)]
            pub struct #face(#private::ActorLink);

            #[allow(dead_code, unreachable_pub, private_interfaces, clippy::too_many_arguments)]
            impl #face {
                #(#faces)*
            }

            impl #private::ActorMethods for #face {
                fn new(link: #private::ActorLink) -> Self {
                    Self(link)
                }

                fn link(&self) -> &#private::ActorLink {
                    &self.0
                }
            }

            impl #private::ActorType for #ty {
                const NAME: &'static str = #name;

                type Methods = #face;

                fn methods() -> &'static [#private::Method<Self>] {
                    const METHODS: &[#private::Method<#ty>] = &[#(#table),*];
                    METHODS
                }
            }

            #(#constructors)*
        }
    }

    /// The method of the handle.
    fn face(&self, method: &Function<'_>, private: &TokenStream) -> TokenStream {
        let item = method.item;
        let (name, visibility) = (&item.sig.ident, &item.vis);
        let docs = docs(item);
        let text = name.unraw().to_string();
        let plain = docs.is_empty().then(|| {
            let about = format!("Calls `{text}` of the actor.");
            quote!(#[doc = #about])
        });
        let hash = hash(&method.signature);
        let names = method.signature.parameters.iter().map(|p| &p.name);
        let types = method.signature.parameters.iter().map(|p| &p.written);
        let adds = method.signature.parameters.iter().map(give);
        let output = &method.signature.output.value;
        quote! {
            #(#docs)*
            #plain
            #visibility fn #name(&self, #(#names: #types),*) -> #private::ActorReply<#output> {
                #[allow(unused_mut)]
                let mut __arguments = <#private::CallArguments as ::std::default::Default>::default();
                #(#adds)*
                self.0.call::<#output>(#text, #hash, __arguments)
            }
        }
    }

    /// The entry for the worker.
    fn table(&self, method: &Function<'_>, private: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        let ident = &method.item.sig.ident;
        let text = ident.unraw().to_string();
        let hash = hash(&method.signature);
        let is_async = method.item.sig.asyncness.is_some();
        let waiting = is_async.then(|| quote!(.await));
        let makes = &method.signature.output.marker;
        let call = call(
            method,
            private,
            &quote!(<#ty>::#ident),
            Some(quote!(__actor)),
        );
        let make = returned(
            method,
            private,
            &|result| quote!(::std::result::Result::Ok(#private::make::<#makes>(#result))),
        );
        let result = quote!(::std::result::Result<#private::Value, #private::TaskFailure>);
        let arguments = quote!(__arguments: ::std::vec::Vec<#private::Argument>);
        let run = if is_async {
            quote!({
                #[allow(clippy::result_large_err)]
                fn __run<'a>(
                    __actor: &'a mut #ty,
                    __context: &'a #private::TaskContext,
                    #arguments,
                ) -> #private::LocalBoxFuture<'a, #result> {
                    ::std::boxed::Box::pin(async move {
                        let _ = __context;
                        #call #waiting;
                        #make
                    })
                }
                #private::MethodRun::Async(__run)
            })
        } else {
            quote!({
                #[allow(clippy::result_large_err)]
                fn __run(
                    __actor: &mut #ty,
                    __context: &#private::TaskContext,
                    #arguments,
                ) -> #result {
                    let _ = __context;
                    #call;
                    #make
                }
                #private::MethodRun::Thread(__run)
            })
        };
        quote!(#private::Method { name: #text, signature: #hash, run: #run })
    }

    /// The task that makes the actor.
    fn make(&self, made: &Function<'_>, private: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        let item = made.item;
        let ident = &item.sig.ident;
        let visibility = &item.vis;
        let task = format_ident!("{}_actor", ident.unraw());
        let definition = format_ident!("__{}_definition", ident.unraw());
        let names: Vec<_> = made.signature.parameters.iter().map(|p| &p.name).collect();
        let values: Vec<_> = made.signature.parameters.iter().map(|p| &p.value).collect();
        let bounds = made.signature.parameters.iter().map(|parameter| {
            let value = &parameter.value;
            quote_spanned!(parameter.written.span()=> require::<#value>();)
        });
        let about = format!(
            "A call of [`{0}`](Self::{0}) that makes an actor, for `client.actor`. Each argument is \
             a value or a future of one.",
            ident.unraw()
        );
        let suffix = format!(".{}", ident.unraw());
        let full_name = match &self.options.name {
            Some(given) => quote!(::std::concat!(#given, #suffix)),
            None => {
                let suffix = format!("::{}{suffix}", self.name.unraw());
                quote!(::std::concat!(::std::module_path!(), #suffix))
            }
        };
        let version = self.options.version;
        let hash = hash(&made.signature);
        let is_async = item.sig.asyncness.is_some();
        let waiting = is_async.then(|| quote!(.await));
        let call = call(made, private, &quote!(<#ty>::#ident), None);
        let house = returned(
            made,
            private,
            &|result| quote!(#private::house::<#ty>(#result, __context)),
        );
        let result = quote!(::std::result::Result<#private::Value, #private::TaskFailure>);
        let arguments = quote!(__arguments: ::std::vec::Vec<#private::Argument>);
        let run = if is_async {
            quote!({
                #[allow(clippy::result_large_err)]
                fn __run(
                    __context: #private::TaskContext,
                    #arguments,
                ) -> #private::BoxFuture<'static, #result> {
                    ::std::boxed::Box::pin(async move {
                        let __context = &__context;
                        #call #waiting;
                        #house
                    })
                }
                #private::Run::Async(__run)
            })
        } else {
            quote!({
                #[allow(clippy::result_large_err)]
                fn __run(__context: &#private::TaskContext, #arguments) -> #result {
                    #call;
                    #house
                }
                #private::Run::Thread(__run)
            })
        };
        quote! {
            #[allow(clippy::too_many_arguments, dead_code)]
            impl #ty {
                #[doc = #about]
                #visibility fn #task(
                    #(#names: impl #private::IntoArg<#values>),*
                ) -> #private::TaskCall<#private::Actor<#ty>> {
                    #[allow(unused_mut)]
                    let mut __arguments = <#private::Arguments as ::std::default::Default>::default();
                    #(#private::IntoArg::<#values>::into_arg(#names, &mut __arguments);)*
                    #private::TaskCall::new(Self::#definition(), __arguments)
                        .residence(#private::Residence::Fixed)
                }

                #[doc(hidden)]
                fn #definition() -> &'static #private::Definition {
                    fn require<T: #private::TaskValue>() {}
                    #[allow(dead_code)]
                    fn required() {
                        #(#bounds)*
                    }
                    static DEFINITION: #private::Definition =
                        #private::Definition::new(#full_name, #version, #hash, #run)
                            .at(::std::file!(), ::std::line!())
                            .impure();
                    &DEFINITION
                }
            }

            const _: () = {
                #private::inventory::submit! { #private::Linked(<#ty>::#definition) }
            };
        }
    }
}

/// Takes the arguments and calls the function: everything up to `.await`.
fn call(
    function: &Function<'_>,
    private: &TokenStream,
    callee: &TokenStream,
    receiver: Option<TokenStream>,
) -> TokenStream {
    let parameters = &function.signature.parameters;
    let held: Vec<_> = (0..parameters.len())
        .map(|at| format_ident!("__held{at}"))
        .collect();
    let names = parameters
        .iter()
        .map(|parameter| parameter.name.to_string());
    let markers: Vec<_> = parameters.iter().map(|p| &p.marker).collect();
    let receiver = receiver.map(|receiver| quote!(#receiver,));
    let context = function.signature.context.then(|| quote!(__context,));
    quote! {
        let mut __arguments = __arguments.into_iter();
        #(let mut #held = #private::hold::<#markers>(&mut __arguments, #names)?;)*
        #private::finish(__arguments)?;
        let __result = #callee(
            #receiver #context #(#private::lend::<#markers>(&mut #held)?),*
        )
    }
}

/// What becomes of the result.
fn returned(
    function: &Function<'_>,
    private: &TokenStream,
    good: &dyn Fn(TokenStream) -> TokenStream,
) -> TokenStream {
    if !function.signature.output.fallible {
        return good(quote!(__result));
    }
    let good = good(quote!(__result));
    quote! {
        match __result {
            ::std::result::Result::Ok(__result) => #good,
            ::std::result::Result::Err(error) => {
                #[allow(unused_imports)]
                use #private::{ByBox as _, ByDisplay as _, ByError as _};
                ::std::result::Result::Err((&&&#private::Returned::new(error)).failure())
            }
        }
    }
}

/// Adds an argument of the handle's method to the call.
fn give(parameter: &Parameter) -> TokenStream {
    let (name, value) = (&parameter.name, &parameter.value);
    match &parameter.written {
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => quote!(__arguments.text(#name);),
            Type::Slice(slice) => match &*slice.elem {
                Type::Path(path) if path.path.is_ident("u8") => quote!(__arguments.bytes(#name);),
                _ => quote!(__arguments.row(#name);),
            },
            _ => quote!(__arguments.lent::<#value>(#name);),
        },
        written if is_row_of_references(written) => quote!(__arguments.row(&#name);),
        _ => quote!(__arguments.value::<#value>(#name);),
    }
}

fn is_row_of_references(ty: &Type) -> bool {
    argument_of(ty, "Vec").is_some_and(|element| matches!(element, Type::Reference(_)))
}

/// What is said about a method.
fn docs(item: &ImplItemFn) -> Vec<&syn::Attribute> {
    let kept = |attribute: &&syn::Attribute| {
        let path = attribute.path();
        path.is_ident("doc") || path.is_ident("deprecated")
    };
    item.attrs.iter().filter(kept).collect()
}
