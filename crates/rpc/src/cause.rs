//! Errors of the transport in few words.

use std::error::Error;

/// The innermost cause of an error, which is what people can act on: `connection refused` rather
/// than `transport error`.
pub(crate) fn words(error: &(dyn Error + 'static)) -> String {
    let mut innermost: &(dyn Error + 'static) = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if let Some(io) = innermost.downcast_ref::<std::io::Error>() {
        return io_words(io);
    }
    innermost.to_string()
}

/// An IO error without the number that the system gives it.
pub(crate) fn io_words(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = match text.find(" (os error") {
        Some(end) => &text[..end],
        None => &text,
    };
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => error.kind().to_string(),
    }
}
