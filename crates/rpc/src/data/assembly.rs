//! Pieces into values.

use super::LARGE_BYTES;
use super::buffers::{BufferPool, PooledBuffer, Section};
use super::reader::PieceHead;
use super::shared;
use crate::cause;
use bytes::Bytes;
use taskloom_core::{Codec, Encoded};

/// So much of a very large buffer comes with the first call, which tells how the value is made up.
pub(super) const HEAD_BYTES: u64 = 1024 * 1024;

/// A value whose data are coming in.
pub(super) struct Assembly {
    codec: Codec,
    /// The header, unless it comes with the data.
    header: Bytes,
    header_in_data: bool,
    /// What the data are cut into: the header if it is among them, then the buffers.
    targets: Vec<u64>,
    done: Vec<Bytes>,
    current: Option<Target>,
    received: u64,
    buffers: BufferPool,
}

/// Memory that is being filled.
enum Target {
    Small(Vec<u8>, usize),
    Large(PooledBuffer),
}

impl Assembly {
    /// A value as its first piece announces it. Nothing is allocated before data come.
    pub(super) fn begin(
        head: PieceHead,
        buffers: &BufferPool,
        bytes_max: u64,
    ) -> Result<Self, String> {
        let codec = u32::try_from(head.codec).ok().and_then(Codec::from_number);
        let codec = codec.ok_or_else(|| format!("the codec {} is not known here", head.codec))?;
        if head.header_bytes > 0 && !head.header.is_empty() {
            return Err("a value has two headers".to_owned());
        }
        let has_header = head.header_bytes > 0 || !head.header.is_empty();
        if codec == Codec::Bytes && has_header {
            return Err("a value of plain bytes has a header".to_owned());
        }
        let sum = |sum: u64, &length: &u64| sum.checked_add(length);
        let total = head.lengths.iter().try_fold(head.header_bytes, sum);
        let total = total.filter(|&total| total <= bytes_max);
        let total = total.ok_or_else(|| format!("a value has more than {bytes_max} bytes"))?;
        let mut targets = head.lengths;
        if codec == Codec::Bytes && targets.len() > 1 {
            // How the bytes were cut has no meaning, and one buffer is read without a copy.
            targets = vec![total];
        }
        let header_in_data = head.header_bytes > 0;
        if header_in_data {
            targets.insert(0, head.header_bytes);
        }
        let mut assembly = Self {
            codec,
            header: head.header,
            header_in_data,
            done: Vec::with_capacity(targets.len()),
            targets,
            current: None,
            received: 0,
            buffers: buffers.clone(),
        };
        assembly.pass_empty_targets();
        Ok(assembly)
    }

    /// Bytes of data so far: where to go on after a break.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Where the data of the buffer begin that comes next, or is coming.
    fn target_start(&self) -> u64 {
        self.targets[..self.done.len()].iter().sum()
    }

    /// How many bytes are still to come of the buffer that is coming.
    fn target_left(&self) -> u64 {
        let length = self.targets.get(self.done.len()).copied().unwrap_or(0);
        length - (self.received - self.target_start())
    }

    /// How far to read before a buffer is reached of which so much is left that it is split: the
    /// first bytes of it. 0 if there is none.
    pub(super) fn limit(&self, split_from: u64) -> u64 {
        let mut start = self.target_start();
        for &length in &self.targets[self.done.len()..] {
            if length >= split_from && start + HEAD_BYTES > self.received {
                return start + HEAD_BYTES - self.received;
            }
            start += length;
        }
        0
    }

    /// Whether so much is to come of one buffer that it is worth several streams.
    pub(super) fn splits(&self, split_from: u64) -> bool {
        self.target_left() >= split_from.saturating_sub(HEAD_BYTES).max(1)
            && self.targets[self.done.len()] >= split_from.max(LARGE_BYTES as u64)
    }

    /// Takes the buffer that is coming, in stretches: each with where it begins in the data.
    pub(super) fn split(&mut self, count: usize) -> Result<Vec<(u64, Section)>, String> {
        let start = self.target_start();
        let target = match self.current.take() {
            Some(target) => target,
            None => Target::new(self.targets[self.done.len()], &self.buffers)?,
        };
        let Target::Large(buffer) = target else {
            return Err("a small buffer is not split".to_owned());
        };
        let sections = Section::cut(buffer, count).into_iter();
        Ok(sections.map(|s| (start + s.next() as u64, s)).collect())
    }

    /// Puts the stretches back that are filled now.
    pub(super) fn join(&mut self, sections: Vec<Section>) -> Result<(), String> {
        let buffer = Section::join(sections).ok_or("a stretch of a value is missing")?;
        self.received = self.target_start() + self.targets[self.done.len()];
        self.done.push(buffer.freeze());
        self.pass_empty_targets();
        Ok(())
    }

    /// Whether another first piece announces the same value.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.codec == other.codec
            && self.header == other.header
            && self.header_in_data == other.header_in_data
            && self.targets == other.targets
    }

    /// Whether all data are there.
    pub(super) fn is_complete(&self) -> bool {
        self.done.len() == self.targets.len()
    }

    /// Takes the data from shared memory, all at once and without a copy. Only before any data came.
    pub(super) fn map(&mut self, reference: &shared::Reference) -> std::io::Result<()> {
        self.done = shared::open(reference, &self.targets)?;
        self.received = self.targets.iter().sum();
        Ok(())
    }

    /// Takes data in.
    pub(super) fn data(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        while !bytes.is_empty() {
            let Some(&length) = self.targets.get(self.done.len()) else {
                return Err("a value has more data than its lengths say".to_owned());
            };
            let target = match &mut self.current {
                Some(target) => target,
                None => self.current.insert(Target::new(length, &self.buffers)?),
            };
            let count = target.fill(bytes);
            bytes = &bytes[count..];
            self.received += count as u64;
            if target.left() == 0 {
                self.done.extend(self.current.take().map(Target::freeze));
                self.pass_empty_targets();
            }
        }
        Ok(())
    }

    fn pass_empty_targets(&mut self) {
        while self.targets.get(self.done.len()) == Some(&0) {
            self.done.push(Bytes::new());
        }
    }

    /// The value. Only when it is complete.
    pub(super) fn finish(self) -> Encoded {
        let mut buffers = self.done;
        let mut header = self.header;
        if self.header_in_data && !buffers.is_empty() {
            header = buffers.remove(0);
        }
        Encoded {
            codec: self.codec,
            header,
            buffers,
        }
    }
}

impl Target {
    fn new(length: u64, buffers: &BufferPool) -> Result<Self, String> {
        let length = usize::try_from(length).map_err(|_| "a value is too large".to_owned())?;
        if length < LARGE_BYTES {
            return Ok(Self::Small(Vec::with_capacity(length), length));
        }
        let buffer = buffers.take(length).map_err(|error| {
            format!(
                "no memory for a value of {length} bytes: {}",
                cause::io_words(&error)
            )
        })?;
        Ok(Self::Large(buffer))
    }

    fn left(&self) -> usize {
        match self {
            Self::Small(filled, length) => length - filled.len(),
            Self::Large(buffer) => buffer.left(),
        }
    }

    fn fill(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Small(filled, length) => {
                let count = bytes.len().min(*length - filled.len());
                filled.extend_from_slice(&bytes[..count]);
                count
            }
            Self::Large(buffer) => buffer.fill(bytes),
        }
    }

    fn freeze(self) -> Bytes {
        match self {
            Self::Small(filled, _) => Bytes::from(filled),
            Self::Large(buffer) => buffer.freeze(),
        }
    }
}
