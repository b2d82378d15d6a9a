//! The little of gRPC over HTTP/2 that the bulk path needs: prefixes, paths, ends of calls.

use crate::cause;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderValue, TE};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use std::convert::Infallible;
use tonic::body::Body;
use tonic::{Code, Status};

/// The path of the call that fetches.
pub(super) const FETCH: &str = "/taskloom.v1.Data/Fetch";

/// The path of the call that brings.
pub(super) const PUT: &str = "/taskloom.v1.Data/Put";

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// A message with its prefix.
pub(super) fn framed(message: &impl prost::Message) -> Bytes {
    let length = message.encoded_len();
    let mut out = BytesMut::with_capacity(5 + length);
    out.put_u8(0);
    out.put_u32(length as u32);
    message.encode_raw(&mut out);
    out.freeze()
}

/// A call.
pub(super) fn request(path: &'static str, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = http::Uri::from_static(path);
    *request.version_mut() = http::Version::HTTP_2;
    request.headers_mut().insert(CONTENT_TYPE, GRPC);
    request
        .headers_mut()
        .insert(TE, HeaderValue::from_static("trailers"));
    request
}

/// The beginning of an answer whose body ends with [`ok_trailers`].
pub(super) fn response(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response
}

/// An answer of one message.
pub(super) fn reply(message: &impl prost::Message) -> Response<Body> {
    let end = async { Some(Ok::<_, Infallible>(ok_trailers())) };
    response(Body::new(Full::new(framed(message)).with_trailers(end)))
}

/// The end of a call that went well.
pub(super) fn ok_trailers() -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    trailers
}

/// The end of a call, if these headers or trailers hold it. Its details are not looked at.
pub(super) fn end_of_call(headers: &HeaderMap) -> Option<(Code, String)> {
    let code = Code::from_bytes(headers.get("grpc-status")?.as_bytes());
    let message = headers
        .get("grpc-message")
        .map(|message| unescape(message.as_bytes()));
    Some((code, message.unwrap_or_default()))
}

/// The one message of a body.
pub(super) async fn only_message<M, B>(body: B, bytes_max: usize) -> Result<M, Status>
where
    M: prost::Message + Default,
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let collected = Limited::new(body, bytes_max).collect().await;
    let bytes = collected.map_err(|error| Status::invalid_argument(cause::words(&*error)))?;
    let bytes = bytes.to_bytes();
    let (Some(&compressed), Some(length)) = (bytes.first(), bytes.get(1..5)) else {
        return Err(Status::invalid_argument("the request has no message"));
    };
    if compressed != 0 {
        return Err(Status::unimplemented(
            "compressed messages are not supported",
        ));
    }
    let length = length
        .iter()
        .fold(0, |length, &byte| length << 8 | usize::from(byte));
    if bytes.len() != 5 + length {
        return Err(Status::invalid_argument(
            "the call takes exactly one message",
        ));
    }
    M::decode(bytes.slice(5..)).map_err(|error| Status::invalid_argument(error.to_string()))
}

/// Undoes the percent encoding of `grpc-message`.
fn unescape(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| tail.get(at).and_then(|&b| char::from(b).to_digit(16));
        match (*first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            (byte, ..) => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_words_of_a_status_come_back_as_they_were() {
        let status = Status::not_found("100 % of ä\nis gone %4");
        let response = status.into_http::<Body>();
        let (code, words) = end_of_call(response.headers()).unwrap();
        assert_eq!(
            (code, words.as_str()),
            (Code::NotFound, "100 % of ä\nis gone %4")
        );
    }
}
