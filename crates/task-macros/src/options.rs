//! The options in `#[task(..)]`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Error, Ident, LitInt, LitStr, Path, Result, Token};

/// The options, as given.
pub struct Options {
    /// Where this system's crate is.
    pub krate: Path,
    /// Whether each call is a task of its own.
    pub impure: bool,
    /// Whether it runs in a child process.
    pub isolated: bool,
    /// The name, if it is not the path of the function.
    pub name: Option<LitStr>,
    /// The version.
    pub version: u32,
}

/// Reads the options.
pub fn parse(tokens: TokenStream) -> Result<Options> {
    let mut options = Options {
        krate: syn::parse_quote!(::taskloom),
        impure: false,
        isolated: false,
        name: None,
        version: 1,
    };
    let mut seen: Vec<String> = Vec::new();
    let parser = |input: syn::parse::ParseStream<'_>| {
        while !input.is_empty() {
            let option = input.call(Ident::parse_any)?;
            let text = option.to_string();
            if seen.contains(&text) {
                return Err(Error::new(
                    option.span(),
                    format!("`{text}` is given twice"),
                ));
            }
            match text.as_str() {
                "impure" => options.impure = true,
                "isolated" => options.isolated = true,
                "name" => {
                    input.parse::<Token![=]>()?;
                    let name: LitStr = input.parse()?;
                    if name.value().is_empty() || name.value().len() > 512 {
                        return Err(Error::new(name.span(), "a name has 1 to 512 bytes"));
                    }
                    options.name = Some(name);
                }
                "version" => {
                    input.parse::<Token![=]>()?;
                    options.version = input.parse::<LitInt>()?.base10_parse()?;
                }
                "crate" => {
                    input.parse::<Token![=]>()?;
                    options.krate = input.call(Path::parse_mod_style)?;
                }
                _ => {
                    let message = format!(
                        "unknown option `{text}`; there are `impure`, `isolated`, `name = \"..\"`, \
                         `version = 2` and `crate = path`"
                    );
                    return Err(Error::new(option.span(), message));
                }
            }
            seen.push(text);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    parser.parse2(tokens)?;
    Ok(options)
}
