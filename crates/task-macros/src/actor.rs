//! The code that makes an actor of a type with methods.

use crate::expand::hash;
use crate::signature::{Parameter, Signature, read};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Error, FnArg, GenericArgument, Ident, ImplItem, ImplItemFn, ItemFn, ItemImpl, LitStr, Path,
    PathArguments, Result, ReturnType, Type, Visibility,
};

/// The options in `#[actor(..)]`.
struct Options {
    krate: Path,
    name: Option<LitStr>,
    version: u32,
}

/// What an impl block gives.
struct Actor {
    options: Options,
    /// The type.
    ty: Type,
    /// Its last segment.
    name: Ident,
    /// What the methods are called on.
    face: Ident,
}

/// A public function of the block.
struct Function<'a> {
    item: &'a ImplItemFn,
    signature: Signature,
}

/// Expands `#[actor(options)] item`.
pub fn actor(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = parse(options)?;
    let block: ItemImpl = syn::parse2(item).map_err(|error| {
        Error::new(
            error.span(),
            "#[actor] stands before an `impl` block with the methods of a type",
        )
    })?;
    let actor = Actor::of(&block, options)?;
    let mut constructors = Vec::new();
    let mut methods = Vec::new();
    for item in &block.items {
        let ImplItem::Fn(function) = item else {
            continue;
        };
        // Private functions are the actor's own affair.
        if matches!(function.vis, Visibility::Inherited) {
            continue;
        }
        match function.sig.inputs.first() {
            Some(FnArg::Receiver(receiver)) => {
                if receiver.reference.is_none() {
                    return Err(Error::new_spanned(
                        receiver,
                        "a method of an actor takes `&mut self` or `&self`: the actor stays where it is",
                    ));
                }
                methods.push(actor.method(function)?);
            }
            _ if actor.is_made_by(&function.sig.output) => {
                constructors.push(actor.constructor(function)?);
            }
            // Other functions stay what they are.
            _ => {}
        }
    }
    if constructors.is_empty() {
        return Err(Error::new_spanned(
            &block.self_ty,
            "an actor needs a constructor: a public function that returns `Self` or `Result<Self, E>`",
        ));
    }
    let actor = actor.expand(&constructors, &methods);
    Ok(quote!(#block #actor))
}

fn parse(tokens: TokenStream) -> Result<Options> {
    let crate::options::Options {
        krate,
        impure,
        name,
        version,
        ..
    } = crate::options::parse(tokens)?;
    if impure {
        let message = "each call of a constructor makes an actor of its own in any case";
        return Err(Error::new(proc_macro2::Span::call_site(), message));
    }
    Ok(Options {
        krate,
        name,
        version,
    })
}

impl Actor {
    fn of(block: &ItemImpl, options: Options) -> Result<Self> {
        let refuse = |at: &dyn ToTokens, message: &str| Err(Error::new_spanned(at, message));
        if let Some((_, of, _)) = &block.trait_ {
            return refuse(
                of,
                "#[actor] stands before the methods of the type itself, not of a trait",
            );
        }
        if !block.generics.params.is_empty() {
            return refuse(
                &block.generics,
                "an actor cannot be generic: workers find its constructor by name",
            );
        }
        let segment = match &*block.self_ty {
            Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
            _ => None,
        };
        let Some(segment) = segment.filter(|segment| segment.arguments.is_none()) else {
            return refuse(&block.self_ty, "an actor is a plain type of this crate");
        };
        Ok(Self {
            options,
            ty: (*block.self_ty).clone(),
            name: segment.ident.clone(),
            face: format_ident!("{}Methods", segment.ident),
        })
    }

    /// Whether a function that returns this makes an actor: `Self`, the type, or a `Result` of them.
    fn is_made_by(&self, output: &ReturnType) -> bool {
        let ReturnType::Type(_, ty) = output else {
            return false;
        };
        self.is_self(ty) || good_of(ty).is_some_and(|good| self.is_self(good))
    }

    fn is_self(&self, ty: &Type) -> bool {
        match ty {
            Type::Path(path) if path.qself.is_none() => {
                path.path.is_ident("Self") || path.path.is_ident(&self.name)
            }
            Type::Group(group) => self.is_self(&group.elem),
            _ => false,
        }
    }

    /// The parts of a function that a task could have too.
    fn read(&self, item: &ImplItemFn, constructor: bool) -> Result<Signature> {
        if let Some(attribute) = item
            .attrs
            .iter()
            .find(|attribute| attribute.path().is_ident("cfg"))
        {
            return Err(Error::new_spanned(
                attribute,
                "`#[cfg]` cannot stand inside an actor: write two blocks, each behind its own",
            ));
        }
        let mut sig = item.sig.clone();
        if constructor {
            // What it returns stays here and does not travel.
            sig.output = ReturnType::Default;
        } else {
            sig.inputs = sig.inputs.into_iter().skip(1).collect();
        }
        let function = ItemFn {
            attrs: Vec::new(),
            vis: Visibility::Inherited,
            sig,
            block: Box::new(syn::parse_quote!({})),
        };
        read(&function, &self.options.krate)
    }

    fn constructor<'a>(&self, item: &'a ImplItemFn) -> Result<Function<'a>> {
        let mut signature = self.read(item, true)?;
        if let ReturnType::Type(_, ty) = &item.sig.output {
            signature.output.fallible = good_of(ty).is_some();
        }
        Ok(Function { item, signature })
    }

    fn method<'a>(&self, item: &'a ImplItemFn) -> Result<Function<'a>> {
        let signature = self.read(item, false)?;
        if let ReturnType::Type(_, ty) = &item.sig.output
            && (self.is_self(ty) || good_of(ty).is_some_and(|good| self.is_self(good)))
        {
            return Err(Error::new_spanned(
                ty,
                "a method cannot return the actor itself: it stays where it is",
            ));
        }
        Ok(Function { item, signature })
    }

    fn full_name(&self) -> TokenStream {
        match &self.options.name {
            Some(given) => quote!(#given),
            None => {
                let suffix = format!("::{}", self.name.unraw());
                quote!(::std::concat!(::std::module_path!(), #suffix))
            }
        }
    }

    fn expand(&self, constructors: &[Function<'_>], methods: &[Function<'_>]) -> TokenStream {
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

/// The type of the good case, if it is a `Result`.
fn good_of(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Result")
}

/// The first type argument of a path that ends in `name`.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    if segment.ident != name {
        return None;
    }
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn docs(item: &ImplItemFn) -> Vec<&syn::Attribute> {
    let kept = |attribute: &&syn::Attribute| {
        let path = attribute.path();
        path.is_ident("doc") || path.is_ident("deprecated")
    };
    item.attrs.iter().filter(kept).collect()
}
