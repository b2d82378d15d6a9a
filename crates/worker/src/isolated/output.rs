//! The standard output and error of a process for isolated tasks, cut into lines.

use taskloom_core::limits::LOG_BYTES_MAX;

/// What a process writes to both of its outputs when a task is over, so that all lines before it are
/// known to be of that task.
pub(super) const MARK: &[u8] = b"\0the task is over\0\n";

/// Cuts what comes into lines. A line that is longer than anybody would read is cut.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
}

/// Something that was found in an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Line(String),
    /// The [`MARK`].
    Mark,
}

impl Lines {
    /// Takes what came next, and gives what is complete.
    pub(super) fn take(&mut self, bytes: &[u8], found: &mut Vec<Found>) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            // The mark has to stay whole: it is the end of the line.
            let room = (LOG_BYTES_MAX + MARK.len()).saturating_sub(self.begun.len());
            let kept = piece.len().min(room);
            self.begun.extend_from_slice(&piece[..kept]);
            if kept < piece.len() && piece.ends_with(b"\n") {
                let tail = &piece[kept..];
                let mark = &tail[tail.len().saturating_sub(MARK.len())..];
                self.begun.extend_from_slice(mark);
            }
            if piece.ends_with(b"\n") {
                self.end(found);
            }
        }
    }

    /// The output has ended.
    pub(super) fn finish(&mut self, found: &mut Vec<Found>) {
        if !self.begun.is_empty() {
            self.end(found);
        }
    }

    fn end(&mut self, found: &mut Vec<Found>) {
        let line = std::mem::take(&mut self.begun);
        let (line, marked) = match line.strip_suffix(MARK) {
            Some(before) => (before, true),
            None => (line.strip_suffix(b"\n").unwrap_or(&line), false),
        };
        // What stands before a mark is a line without an end, if it is anything.
        if !marked || !line.is_empty() {
            let text = String::from_utf8_lossy(line);
            let end = text.floor_char_boundary(LOG_BYTES_MAX);
            found.push(Found::Line(text[..end].to_owned()));
        }
        if marked {
            found.push(Found::Mark);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<Found> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.take(piece, &mut found);
        }
        lines.finish(&mut found);
        found
    }

    fn line(text: &str) -> Found {
        Found::Line(text.to_owned())
    }

    #[test]
    fn pieces_become_lines() {
        let found = all(&[b"on", b"e\n\ntw", b"o\nthree"]);
        assert_eq!(found, [line("one"), line(""), line("two"), line("three")]);
    }

    #[test]
    fn a_mark_is_found_wherever_it_is_cut() {
        let text = [b"a\nb".as_slice(), MARK, MARK, b"c\n".as_slice()].concat();
        let expected = [line("a"), line("b"), Found::Mark, Found::Mark, line("c")];
        for at in 0..text.len() {
            assert_eq!(all(&[&text[..at], &text[at..]]), expected, "cut at {at}");
        }
    }

    #[test]
    fn an_endless_line_takes_no_endless_memory() {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        for _ in 0..1_000 {
            lines.take(&[b'x'; 8_192], &mut found);
            assert!(lines.begun.len() <= LOG_BYTES_MAX + MARK.len());
        }
        lines.take(MARK, &mut found);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[1], Found::Mark);
    }
}
