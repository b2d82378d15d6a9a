//! The frames of the bulk path into pieces, as their bytes come in, without gathering a frame first.

use super::MESSAGE_BYTES_MAX;
use super::packing::unpack;
use super::shared::{Nonce, Reference};
use bytes::Bytes;
use prost::Message;
use taskloom_wire::limits::BUFFERS_MAX;
use taskloom_wire::proto::{DataStatus, SharedMemory};

/// The statuses of a piece, as numbers.
pub(super) const MORE: u64 = DataStatus::More as u64;
pub(super) const BEGIN: u64 = DataStatus::Begin as u64;
pub(super) const MISSING: u64 = DataStatus::Missing as u64;
pub(super) const FAILED: u64 = DataStatus::Failed as u64;
pub(super) const UNREACHABLE: u64 = DataStatus::Unreachable as u64;

/// Who takes the pieces.
pub(super) trait PieceSink {
    /// A piece begins; all of its fields but the data.
    fn begin(&mut self, head: PieceHead) -> Result<(), String>;
    /// Data of the piece that began last.
    fn data(&mut self, bytes: &[u8]) -> Result<(), String>;
}

/// The fields of a piece but its data.
#[derive(Debug, Default)]
pub(super) struct PieceHead {
    pub(super) item: u32,
    pub(super) status: u64,
    pub(super) codec: u64,
    pub(super) header: Bytes,
    pub(super) lengths: Vec<u64>,
    pub(super) header_bytes: u64,
    pub(super) error: String,
    /// All data of the value lie there.
    pub(super) shared: Option<Reference>,
    /// How many bytes the data are once unpacked; 0 if they are not packed.
    pub(super) unpacked: u32,
}

/// Takes frames apart.
pub(super) struct FrameReader {
    /// The field of the message that holds pieces.
    piece_field: u32,
    /// The values of the 64-bit fields 1 to 3 of the message.
    fixed: [Option<u64>; 3],
    state: State,
    message_left: usize,
    /// Within a piece: what is left of it.
    piece_left: Option<usize>,
    head: PieceHead,
    /// The head of the piece was handed on, because its data began.
    told: bool,
    gathered: Vec<u8>,
    /// Of the piece whose data are coming in: see [`PieceHead::unpacked`].
    packed: u32,
    unpacked: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// In the five bytes in front of a message.
    Prefix { bytes: [u8; 5], have: usize },
    /// In a number.
    Number {
        what: Number,
        value: u64,
        shift: u32,
    },
    /// In a field of a fixed width.
    Fixed {
        field: u32,
        width: u32,
        have: u32,
        value: u64,
    },
    /// In a short byte string that is gathered.
    Gather { field: u32, left: usize },
    /// In the data of a piece.
    Data { left: usize },
    /// In something that is not known here.
    Skip { left: usize },
}

#[derive(Clone, Copy, Debug)]
enum Number {
    Key,
    Value(u32),
    Length(u32),
}

const START: State = State::Prefix {
    bytes: [0; 5],
    have: 0,
};
const KEY: State = State::Number {
    what: Number::Key,
    value: 0,
    shift: 0,
};

impl FrameReader {
    /// For the answer to a fetch.
    pub(super) fn fetch() -> Self {
        Self::new(1)
    }

    /// For the value of a put.
    pub(super) fn put() -> Self {
        Self::new(2)
    }

    fn new(piece_field: u32) -> Self {
        Self {
            piece_field,
            fixed: [None; 3],
            state: START,
            message_left: 0,
            piece_left: None,
            head: PieceHead::default(),
            told: false,
            gathered: Vec::new(),
            packed: 0,
            unpacked: Vec::new(),
        }
    }

    /// The value of a 64-bit field of the messages read so far.
    pub(super) fn fixed(&self, field: usize) -> Option<u64> {
        self.fixed.get(field.wrapping_sub(1)).copied().flatten()
    }

    /// Whether the bytes so far end with a whole message.
    pub(super) fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Prefix { have: 0, .. })
    }

    /// Takes bytes in.
    ///
    /// # Errors
    /// If they are not such frames, or the sink refuses a piece.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl PieceSink,
    ) -> Result<(), String> {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Prefix {
                    bytes: prefix,
                    have,
                } => self.prefix(prefix, have, bytes)?,
                State::Number { what, value, shift } => {
                    self.number(what, value, shift, bytes, sink)?
                }
                State::Fixed {
                    field,
                    width,
                    have,
                    value,
                } => {
                    self.use_up(1)?;
                    let value = value | u64::from(bytes[0]) << (8 * have);
                    self.state = State::Fixed {
                        field,
                        width,
                        have: have + 1,
                        value,
                    };
                    if have + 1 == width {
                        self.fixed_field(field, width, value);
                        self.boundary(sink)?;
                    }
                    &bytes[1..]
                }
                State::Gather { field, left } => {
                    let (now, rest) = bytes.split_at(left.min(bytes.len()));
                    self.use_up(now.len())?;
                    self.gathered.extend_from_slice(now);
                    self.state = State::Gather {
                        field,
                        left: left - now.len(),
                    };
                    if left == now.len() {
                        self.gathered_field(field, sink)?;
                        self.boundary(sink)?;
                    }
                    rest
                }
                State::Data { left } => {
                    let (now, rest) = bytes.split_at(left.min(bytes.len()));
                    self.use_up(now.len())?;
                    self.state = State::Data {
                        left: left - now.len(),
                    };
                    sink.data(now)?;
                    if left == now.len() {
                        self.boundary(sink)?;
                    }
                    rest
                }
                State::Skip { left } => {
                    let (now, rest) = bytes.split_at(left.min(bytes.len()));
                    self.use_up(now.len())?;
                    self.state = State::Skip {
                        left: left - now.len(),
                    };
                    if left == now.len() {
                        self.boundary(sink)?;
                    }
                    rest
                }
            };
        }
        Ok(())
    }

    fn prefix<'b>(
        &mut self,
        mut prefix: [u8; 5],
        have: usize,
        bytes: &'b [u8],
    ) -> Result<&'b [u8], String> {
        let count = (5 - have).min(bytes.len());
        prefix[have..have + count].copy_from_slice(&bytes[..count]);
        self.state = State::Prefix {
            bytes: prefix,
            have: have + count,
        };
        if have + count == 5 {
            let [compressed, length @ ..] = prefix;
            if compressed != 0 {
                return Err("a frame is compressed".to_owned());
            }
            self.message_left = u32::from_be_bytes(length) as usize;
            if self.message_left > MESSAGE_BYTES_MAX {
                let length = self.message_left;
                return Err(format!(
                    "a frame has {length} bytes, more than {MESSAGE_BYTES_MAX}"
                ));
            }
            self.state = if self.message_left == 0 { START } else { KEY };
        }
        Ok(&bytes[count..])
    }

    fn number<'b>(
        &mut self,
        what: Number,
        value: u64,
        shift: u32,
        bytes: &'b [u8],
        sink: &mut impl PieceSink,
    ) -> Result<&'b [u8], String> {
        self.use_up(1)?;
        let byte = bytes[0];
        if shift > 63 || (shift == 63 && byte > 1) {
            return Err(malformed());
        }
        let value = value | u64::from(byte & 0x7f) << shift;
        if byte >= 0x80 {
            self.state = State::Number {
                what,
                value,
                shift: shift + 7,
            };
            return Ok(&bytes[1..]);
        }
        match what {
            Number::Key => self.key(value)?,
            Number::Value(field) => {
                self.number_field(field, value)?;
                self.boundary(sink)?;
            }
            Number::Length(field) => self.length(field, value, sink)?,
        }
        Ok(&bytes[1..])
    }

    fn key(&mut self, key: u64) -> Result<(), String> {
        let field = u32::try_from(key >> 3).ok().filter(|&field| field != 0);
        let field = field.ok_or_else(malformed)?;
        let number = |what| State::Number {
            what,
            value: 0,
            shift: 0,
        };
        self.state = match key & 7 {
            0 => number(Number::Value(field)),
            1 => State::Fixed {
                field,
                width: 8,
                have: 0,
                value: 0,
            },
            2 => number(Number::Length(field)),
            5 => State::Fixed {
                field,
                width: 4,
                have: 0,
                value: 0,
            },
            _ => return Err(malformed()),
        };
        Ok(())
    }

    fn length(&mut self, field: u32, length: u64, sink: &mut impl PieceSink) -> Result<(), String> {
        let left = self.piece_left.unwrap_or(self.message_left);
        let length = usize::try_from(length)
            .ok()
            .filter(|&n| n <= left)
            .ok_or_else(malformed)?;
        if self.piece_left.is_none() && field == self.piece_field {
            self.piece_left = Some(length);
            self.head = PieceHead::default();
            self.told = false;
            return self.boundary(sink);
        }
        match (self.piece_left.is_some(), field) {
            (true, 7) if self.head.unpacked == 0 => {
                self.tell(sink)?;
                self.state = State::Data { left: length };
            }
            (true, 4 | 5 | 7 | 8 | 9) => {
                if field == 7 {
                    self.packed = self.head.unpacked;
                    self.tell(sink)?;
                }
                self.gathered.clear();
                self.state = State::Gather {
                    field,
                    left: length,
                };
                if length == 0 {
                    self.gathered_field(field, sink)?;
                }
            }
            _ => self.state = State::Skip { left: length },
        }
        if length == 0 {
            self.boundary(sink)?;
        }
        Ok(())
    }

    fn number_field(&mut self, field: u32, value: u64) -> Result<(), String> {
        if self.piece_left.is_none() {
            return Ok(());
        }
        let head = &mut self.head;
        match field {
            1 => head.item = u32::try_from(value).map_err(|_| malformed())?,
            2 => head.status = value,
            3 => head.codec = value,
            5 => push_length(&mut head.lengths, value)?,
            6 => head.header_bytes = value,
            10 => head.unpacked = u32::try_from(value).map_err(|_| malformed())?,
            _ => {}
        }
        Ok(())
    }

    fn fixed_field(&mut self, field: u32, width: u32, value: u64) {
        if self.piece_left.is_none() && width == 8 {
            let at = (field as usize).wrapping_sub(1);
            if let Some(fixed) = self.fixed.get_mut(at) {
                *fixed = Some(value);
            }
        }
    }

    fn gathered_field(&mut self, field: u32, sink: &mut impl PieceSink) -> Result<(), String> {
        match field {
            7 => {
                unpack(&self.gathered, self.packed, &mut self.unpacked)?;
                sink.data(&self.unpacked)?;
            }
            4 => self.head.header = Bytes::copy_from_slice(&self.gathered),
            5 => {
                let (mut value, mut shift) = (0u64, 0);
                for &byte in &self.gathered {
                    if shift > 63 || (shift == 63 && byte > 1) {
                        return Err(malformed());
                    }
                    value |= u64::from(byte & 0x7f) << shift;
                    shift += 7;
                    if byte < 0x80 {
                        push_length(&mut self.head.lengths, value)?;
                        (value, shift) = (0, 0);
                    }
                }
                if shift != 0 {
                    return Err(malformed());
                }
            }
            8 => self.head.error = String::from_utf8_lossy(&self.gathered).into_owned(),
            _ => self.head.shared = Some(reference(&self.gathered)?),
        }
        Ok(())
    }

    /// Counts bytes off the message, and off the piece within it.
    fn use_up(&mut self, count: usize) -> Result<(), String> {
        if let Some(left) = &mut self.piece_left {
            *left = left.checked_sub(count).ok_or_else(malformed)?;
        }
        self.message_left = self.message_left.checked_sub(count).ok_or_else(malformed)?;
        Ok(())
    }

    /// A field ended: whether the piece and the message end with it.
    fn boundary(&mut self, sink: &mut impl PieceSink) -> Result<(), String> {
        if self.piece_left == Some(0) {
            self.tell(sink)?;
            self.piece_left = None;
        }
        self.state = if self.message_left == 0 && self.piece_left.is_none() {
            START
        } else {
            KEY
        };
        Ok(())
    }

    fn tell(&mut self, sink: &mut impl PieceSink) -> Result<(), String> {
        if std::mem::replace(&mut self.told, true) {
            return Ok(());
        }
        sink.begin(std::mem::take(&mut self.head))
    }
}

fn reference(bytes: &[u8]) -> Result<Reference, String> {
    let shared = SharedMemory::decode(bytes).map_err(|_| malformed())?;
    if shared.offsets.len() > BUFFERS_MAX + 1 {
        return Err(format!("a value has more than {BUFFERS_MAX} buffers"));
    }
    Ok(Reference {
        process: shared.process,
        descriptor: shared.descriptor,
        nonce: Nonce {
            low: shared.nonce_low,
            high: shared.nonce_high,
        },
        offsets: shared.offsets,
    })
}

fn push_length(lengths: &mut Vec<u64>, length: u64) -> Result<(), String> {
    if lengths.len() == BUFFERS_MAX {
        return Err(format!("a value has more than {BUFFERS_MAX} buffers"));
    }
    lengths.push(length);
    Ok(())
}

fn malformed() -> String {
    "a frame is not valid protobuf".to_owned()
}
