//! Making an actor of a type with methods: reading the block.

mod code;

use crate::signature::{Signature, read};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
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
