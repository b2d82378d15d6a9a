//! What is answered.

use crate::Subject;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use taskloom_telemetry::PROMETHEUS_TYPE;

/// An event loop that did not run for this long is not well.
const UNWELL_AFTER: Duration = Duration::from_secs(10);

/// The pages there are: path and what it is.
const PAGES: [(&str, &str); 2] = [
    ("/metrics", "all series, in the text format of Prometheus"),
    ("/health", "whether the event loop runs"),
];

pub(crate) fn router(subject: Subject) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/metrics", get(metrics))
        .route("/health", get(health))
        .fallback(missing)
        .with_state(Arc::new(subject))
}

async fn index(State(subject): State<Arc<Subject>>) -> Response {
    let title = escaped(&subject.title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\
         </head>\n<body>\n<h1>{title}</h1>\n<ul>\n"
    );
    for (path, what) in PAGES {
        // Writing to a string does not fail.
        let _ = writeln!(page, "<li><a href=\"{path}\">{path}</a>: {what}</li>");
    }
    page.push_str("</ul>\n</body>\n</html>\n");
    answer("text/html; charset=utf-8", page)
}

async fn metrics(State(subject): State<Arc<Subject>>) -> Response {
    answer(PROMETHEUS_TYPE, subject.metrics.prometheus())
}

async fn health(State(subject): State<Arc<Subject>>) -> Response {
    match ailment(subject.metrics.silence()) {
        Some(words) => (StatusCode::SERVICE_UNAVAILABLE, words).into_response(),
        None => answer("text/plain; charset=utf-8", "ok\n".into()),
    }
}

/// What is wrong with a daemon whose event loop did not run for this long.
fn ailment(silence: Option<Duration>) -> Option<String> {
    let silence = silence.filter(|silence| *silence > UNWELL_AFTER)?;
    let seconds = silence.as_secs();
    Some(format!("the event loop has not run for {seconds} s\n"))
}

async fn missing() -> Response {
    let mut words = "there is no such page; there are\n/\n".to_owned();
    for (path, _) in PAGES {
        words.push_str(path);
        words.push('\n');
    }
    (StatusCode::NOT_FOUND, words).into_response()
}

fn answer(kind: &'static str, body: String) -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let fresh = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ([kind, fresh], body).into_response()
}

/// Text as it stands in a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_stands_still_is_unwell() {
        assert_eq!(ailment(None), None);
        assert_eq!(ailment(Some(UNWELL_AFTER)), None);
        let ailment = ailment(Some(Duration::from_secs(12)));
        assert_eq!(
            ailment.as_deref(),
            Some("the event loop has not run for 12 s\n")
        );
    }
}
