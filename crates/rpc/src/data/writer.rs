//! Values into the frames of the bulk path.

use super::LARGE_BYTES;
use super::packing::Packing;
use super::shared::{Reference, Row};
use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use std::collections::VecDeque;
use taskloom_core::limits::BULK_FRAME_BYTES;
use taskloom_core::{Codec, Encoded, TaskId, WorkerId};
use taskloom_wire::proto::{DataStatus, SharedMemory};
use taskloom_wire::varint;

/// Bytes in front of each gRPC message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// Small pieces are gathered until a frame has so many bytes.
const GATHER_BYTES: usize = 256 * 1024;

/// Frames on their way out, as chunks of the response or request body.
pub(super) struct FrameWriter {
    envelope: Envelope,
    /// A frame of small pieces that is being filled, with room for its prefix.
    small: BytesMut,
    /// What stands in front of the data of a piece.
    head: Vec<u8>,
    ready: VecDeque<Bytes>,
}

/// What a piece is wrapped in.
enum Envelope {
    /// `DataFrame`: any number of pieces.
    Fetch,
    /// `PutFrame`: one piece; the first frame says what it is.
    Put {
        task: TaskId,
        target: Option<WorkerId>,
        first: bool,
    },
}

impl FrameWriter {
    /// For the answer to a fetch.
    pub(super) fn fetch() -> Self {
        Self::new(Envelope::Fetch)
    }

    /// For the value of a put.
    pub(super) fn put(task: TaskId, target: Option<WorkerId>) -> Self {
        Self::new(Envelope::Put {
            task,
            target,
            first: true,
        })
    }

    fn new(envelope: Envelope) -> Self {
        Self {
            envelope,
            small: BytesMut::new(),
            head: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    /// The next chunk of the body. Never empty: the transport counts empty ones against us.
    pub(super) fn next_chunk(&mut self) -> Option<Bytes> {
        self.ready.pop_front()
    }

    /// Says that an item is not to be had.
    pub(super) fn refuse(&mut self, item: u32, status: DataStatus, error: &str) {
        self.head.clear();
        put_number(&mut self.head, 1, u64::from(item));
        put_number(&mut self.head, 2, status as u64);
        if !error.is_empty() {
            put_bytes(&mut self.head, 8, error.as_bytes());
        }
        self.piece(&[], 0);
    }

    /// Says that a value lies in shared memory.
    pub(super) fn refer(&mut self, item: u32, begin: &Begin, reference: Reference) {
        self.head.clear();
        put_number(&mut self.head, 1, u64::from(item));
        begin.put(&mut self.head);
        let shared = SharedMemory {
            process: reference.process,
            descriptor: reference.descriptor,
            nonce_low: reference.nonce.low,
            nonce_high: reference.nonce.high,
            offsets: reference.offsets,
        };
        put_bytes(&mut self.head, 9, &shared.encode_to_vec());
        self.piece(&[], 0);
    }

    /// Closes the frame of small pieces, if there is one.
    pub(super) fn flush(&mut self) {
        if self.small.len() > PREFIX {
            let length = (self.small.len() - PREFIX) as u32;
            self.small[1..PREFIX].copy_from_slice(&length.to_be_bytes());
            self.ready.push_back(self.small.split().freeze());
        }
    }

    /// Adds a piece: `head` and the given data.
    fn piece(&mut self, data: &[Bytes], data_len: usize) {
        let tail = match data_len {
            0 => 0,
            n => 1 + varint::len(n as u64) + n,
        };
        let piece_len = self.head.len() + tail;
        match data {
            [chunk] if chunk.len() >= LARGE_BYTES => {
                self.flush();
                let fields = self.envelope_len();
                let message_len = fields + 1 + varint::len(piece_len as u64) + piece_len;
                let mut front = BytesMut::with_capacity(self.head.len() + fields + 32);
                front.put_u8(0);
                front.put_u32(message_len as u32);
                self.put_piece(&mut front, piece_len, data_len);
                self.ready.push_back(front.freeze());
                self.ready.push_back(chunk.clone());
            }
            _ => {
                let mut small = std::mem::take(&mut self.small);
                if small.is_empty() {
                    small.reserve(PREFIX + 64 + piece_len.max(16 * 1024));
                    small.put_bytes(0, PREFIX);
                }
                self.put_piece(&mut small, piece_len, data_len);
                for chunk in data {
                    small.put_slice(chunk);
                }
                self.small = small;
                let alone = matches!(self.envelope, Envelope::Put { .. });
                if alone || self.small.len() >= GATHER_BYTES {
                    self.flush();
                }
            }
        }
    }

    fn envelope_len(&self) -> usize {
        match self.envelope {
            Envelope::Put {
                first: true,
                target,
                ..
            } => 9 + target.map_or(0, |_| 9),
            _ => 0,
        }
    }

    /// Everything of a piece in its envelope that stands before the data.
    fn put_piece(&mut self, out: &mut BytesMut, piece_len: usize, data_len: usize) {
        let mut field = 1;
        if let Envelope::Put {
            task,
            target,
            first,
        } = &mut self.envelope
        {
            field = 2;
            if std::mem::take(first) {
                put_fixed(out, 1, task.to_bits());
                if let Some(target) = target {
                    put_fixed(out, 3, target.to_bits());
                }
            }
        }
        out.put_u8(field << 3 | varint::LEN);
        varint::put(piece_len as u64, out);
        out.put_slice(&self.head);
        if data_len > 0 {
            out.put_u8(7 << 3 | varint::LEN);
            varint::put(data_len as u64, out);
        }
    }
}

/// A value that is being sent.
pub(super) struct Sending {
    item: u32,
    begin: Option<Begin>,
    segments: VecDeque<Bytes>,
    packing: Packing,
}

/// Which bytes of a value's data are sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range {
    /// From here on ...
    pub(super) offset: u64,
    /// ... at most so many; all if it is 0.
    pub(super) limit: u64,
}

/// What is said of a value before its data.
pub(super) struct Begin {
    codec: Codec,
    header: Bytes,
    header_bytes: u64,
    lengths: Vec<u64>,
}

impl Sending {
    /// A part of the data of a value.
    pub(super) fn new(item: u32, value: Encoded, range: Range, packing: Packing) -> Self {
        let (begin, mut segments) = Begin::of(value);
        let length = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let mut skip = length(range.offset);
        let mut left = match range.limit {
            0 => usize::MAX,
            limit => length(limit),
        };
        segments.retain_mut(|segment| {
            let skipped = skip.min(segment.len());
            skip -= skipped;
            let taken = left.min(segment.len() - skipped);
            left -= taken;
            *segment = segment.slice(skipped..skipped + taken);
            !segment.is_empty()
        });
        Self {
            item,
            begin: Some(begin),
            segments,
            packing,
        }
    }

    /// The bytes that are still to be sent.
    pub(super) fn bytes(&self) -> u64 {
        let header = self.begin.as_ref().map_or(0, |begin| begin.header.len());
        let data: usize = self.segments.iter().map(Bytes::len).sum();
        (header + data) as u64
    }

    /// Writes the next piece; whether that was the last one.
    pub(super) fn step(&mut self, writer: &mut FrameWriter) -> bool {
        writer.head.clear();
        if self.item != 0 {
            put_number(&mut writer.head, 1, u64::from(self.item));
        }
        if let Some(begin) = self.begin.take() {
            begin.put(&mut writer.head);
        }
        let mut chunks = Vec::new();
        let mut data_len = 0;
        while let Some(front) = self.segments.front_mut() {
            // A large segment is a piece of its own; small ones are gathered.
            if !chunks.is_empty() && (front.len() >= LARGE_BYTES || data_len >= LARGE_BYTES) {
                break;
            }
            let chunk = front.split_to(front.len().min(BULK_FRAME_BYTES));
            if front.is_empty() {
                self.segments.pop_front();
            }
            data_len += chunk.len();
            chunks.push(chunk);
            if data_len >= LARGE_BYTES {
                break;
            }
        }
        match self.packing.pack(&chunks, data_len) {
            Some(packed) => {
                put_number(&mut writer.head, 10, data_len as u64);
                let packed_len = packed.len();
                writer.piece(&[packed], packed_len);
            }
            None => writer.piece(&chunks, data_len),
        }
        self.segments.is_empty()
    }
}

impl Begin {
    /// What is said of a value, and its data.
    fn of(value: Encoded) -> (Self, VecDeque<Bytes>) {
        let mut header = value.header;
        let mut data = VecDeque::with_capacity(value.buffers.len() + 1);
        let mut header_bytes = 0;
        if header.len() >= LARGE_BYTES {
            header_bytes = header.len() as u64;
            data.push_back(std::mem::take(&mut header));
        }
        let length = |buffer: &Bytes| buffer.len() as u64;
        let begin = Self {
            codec: value.codec,
            header,
            header_bytes,
            lengths: value.buffers.iter().map(length).collect(),
        };
        data.extend(value.buffers);
        (begin, data)
    }

    /// The bytes of the value.
    pub(super) fn bytes(&self) -> u64 {
        let header = self.header.len() as u64 + self.header_bytes;
        header + self.lengths.iter().sum::<u64>()
    }

    /// What is said of a value that lies in shared memory, and the rows that lie there.
    pub(super) fn shared(value: Encoded) -> (Self, Vec<Row>) {
        let (mut begin, data) = Self::of(value);
        if begin.codec == Codec::Bytes {
            // How the bytes are cut has no meaning, and whoever reads one row copies nothing.
            begin.lengths = vec![begin.lengths.iter().sum()];
            return (begin, vec![data.into()]);
        }
        (begin, data.into_iter().map(|row| vec![row]).collect())
    }

    fn put(&self, head: &mut Vec<u8>) {
        put_number(head, 2, DataStatus::Begin as u64);
        put_number(head, 3, u64::from(self.codec.number()));
        if !self.header.is_empty() {
            put_bytes(head, 4, &self.header);
        }
        if !self.lengths.is_empty() {
            let length: usize = self.lengths.iter().map(|&length| varint::len(length)).sum();
            head.put_u8(5 << 3 | varint::LEN);
            varint::put(length as u64, head);
            for &length in &self.lengths {
                varint::put(length, head);
            }
        }
        if self.header_bytes > 0 {
            put_number(head, 6, self.header_bytes);
        }
    }
}

fn put_number(out: &mut Vec<u8>, field: u8, value: u64) {
    out.put_u8(field << 3);
    varint::put(value, out);
}

fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.put_u8(field << 3 | varint::LEN);
    varint::put(bytes.len() as u64, out);
    out.put_slice(bytes);
}

fn put_fixed(out: &mut BytesMut, field: u8, value: u64) {
    out.put_u8(field << 3 | 1);
    out.put_u64_le(value);
}
