//! Reading what a program writes, however much it is.

use crate::output::Captured;
use std::collections::VecDeque;
use taskloom_task::TaskContext;
use tokio::io::{AsyncRead, AsyncReadExt};
use tracing::Level;

/// Bytes that are read at a time.
const CHUNK: usize = 16 * 1024;

/// A longer line is handed on to listeners in pieces.
const LINE_BYTES: usize = 8 * 1024;

/// Keeps the beginning and the end of what it is given.
pub(crate) struct Kept {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Kept {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            half: usize::try_from(limit / 2).unwrap_or(usize::MAX),
            head: Vec::new(),
            tail: VecDeque::new(),
            left_out: 0,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.half.saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
        self.left_out += over as u64;
    }

    pub(crate) fn finish(self) -> Captured {
        let Self {
            mut head,
            tail,
            left_out,
            ..
        } = self;
        let tail: Vec<u8> = tail.into();
        if left_out == 0 {
            head.extend_from_slice(&tail);
            return Captured {
                head: head.into(),
                ..Captured::default()
            };
        }
        Captured {
            head: head.into(),
            left_out,
            tail: tail.into(),
        }
    }

    /// The end of what was given, as text of at most so many bytes.
    pub(crate) fn end(&self, most: usize) -> String {
        let all = self.head.iter().chain(&self.tail).copied();
        let count = self.head.len() + self.tail.len();
        let end: Vec<u8> = all.skip(count.saturating_sub(most)).collect();
        String::from_utf8_lossy(&end).trim().to_owned()
    }
}

/// Reads one output to its end, and hands its lines on to whoever listens to the task.
pub(crate) async fn capture(
    mut from: impl AsyncRead + Unpin,
    kept: &mut Kept,
    context: &TaskContext,
) -> std::io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut line = Vec::new();
    loop {
        let count = from.read(&mut chunk).await?;
        let bytes = &chunk[..count];
        if count == 0 {
            tell(context, &mut line);
            return Ok(());
        }
        kept.push(bytes);
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || line.len() >= LINE_BYTES {
                tell(context, &mut line);
            }
        }
    }
}

fn tell(context: &TaskContext, line: &mut Vec<u8>) {
    if !line.is_empty() {
        let text = String::from_utf8_lossy(line);
        context.forward_log(Level::INFO, text.trim_end_matches(['\n', '\r']));
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn the_beginning_and_the_end_are_kept() {
        let mut kept = Kept::new(8);
        kept.push(b"abc");
        assert_eq!(kept.end(2), "bc");
        kept.push(b"defg");
        assert_eq!(kept.end(100), "abcdefg");
        kept.push(b"hijkl");
        let captured = kept.finish();
        assert_eq!(&captured.head[..], b"abcd");
        assert_eq!(&captured.tail[..], b"ijkl");
        assert_eq!(captured.left_out, 4);
        assert_eq!(captured.to_string(), "abcd\n[4 bytes left out]\nijkl");
    }

    #[test]
    fn what_fits_is_whole() {
        let mut kept = Kept::new(8);
        kept.push(b"abcdefg");
        let captured = kept.finish();
        assert_eq!(captured.head, Bytes::from_static(b"abcdefg"));
        assert_eq!(captured.left_out, 0);
    }
}
