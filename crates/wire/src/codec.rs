//! The codec of all calls: protobuf, with a bound on what a message may unfold to.
//!
//! A message of a few megabytes could hold millions of empty sub-messages, each of which would
//! become a structure of some hundred bytes. The fields at its top are counted before anything is
//! allocated for them.

use crate::limits::FIELDS_MAX;
use crate::varint::Cursor;
use bytes::Buf;
use prost::Message;
use std::marker::PhantomData;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::ProstEncoder;

/// Encodes `T` and decodes `U`.
#[derive(Clone, Debug)]
pub struct BoundedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for BoundedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for BoundedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::new(BufferSettings::default())
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(PhantomData)
    }
}

/// Decodes `U` after counting its fields.
#[derive(Clone, Debug)]
pub struct BoundedDecoder<U>(PhantomData<U>);

impl<U: Message + Default> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let message = buf.copy_to_bytes(buf.remaining());
        let mut cursor = Cursor::new(&message, 0, message.len());
        let mut fields = 0;
        while !cursor.is_done() {
            let malformed = |_| Status::invalid_argument("a message is not valid protobuf");
            cursor.field().map_err(malformed)?;
            fields += 1;
            if fields > FIELDS_MAX {
                let words = format!("a message has more than {FIELDS_MAX} fields");
                return Err(Status::resource_exhausted(words));
            }
        }
        let malformed =
            |error| Status::invalid_argument(format!("a message is not valid protobuf: {error}"));
        U::decode(message).map(Some).map_err(malformed)
    }
}
