//! The first bytes of a connection: whether it is HTTP/2, and which frames its client announces.

use crate::settings::{ConnectionKind, DATA_FRAME_THRESHOLD};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEAD: usize = 9;
const SETTINGS: u8 = 4;
const MAX_FRAME_SIZE: u16 = 5;

/// Settings longer than this are not looked at: there are about ten kinds of 6 bytes each.
const SETTINGS_BYTES_MAX: usize = 1024;

/// More than is ever read before a connection is judged.
pub(super) const READ_BYTES_MAX: usize = PREFACE.len() + FRAME_HEAD + SETTINGS_BYTES_MAX;

/// What the first bytes of a connection say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Too few to say.
    More,
    /// It is HTTP/2 for this purpose.
    Http2(ConnectionKind),
    /// It is HTTP/1, probably a person with a browser.
    Http1,
    /// It is something else.
    Garbage,
}

/// Judges the bytes read so far.
pub(super) fn judge(bytes: &[u8]) -> Judgement {
    let common = bytes.len().min(PREFACE.len());
    if bytes[..common] != PREFACE[..common] {
        let text = [&b"GET "[..], b"HEAD ", b"POST ", b"PUT ", b"OPTIONS "];
        return match text.iter().any(|word| bytes.starts_with(word)) {
            true => Judgement::Http1,
            // `POST` and `PUT` begin like the preface.
            false if text.iter().any(|word| word.starts_with(bytes)) => Judgement::More,
            false => Judgement::Garbage,
        };
    }
    let Some(head) = bytes.get(PREFACE.len()..PREFACE.len() + FRAME_HEAD) else {
        return Judgement::More;
    };
    let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
    if head[3] != SETTINGS || length > SETTINGS_BYTES_MAX {
        // The transport will say what is wrong with it.
        return Judgement::Http2(ConnectionKind::Control);
    }
    let start = PREFACE.len() + FRAME_HEAD;
    let Some(settings) = bytes.get(start..start + length) else {
        return Judgement::More;
    };
    let announced = settings
        .chunks_exact(6)
        .rev()
        .find_map(|setting| match setting {
            [a, b, value @ ..] if u16::from_be_bytes([*a, *b]) == MAX_FRAME_SIZE => {
                <[u8; 4]>::try_from(value).ok().map(u32::from_be_bytes)
            }
            _ => None,
        });
    Judgement::Http2(match announced {
        Some(bytes) if bytes >= DATA_FRAME_THRESHOLD => ConnectionKind::Data,
        _ => ConnectionKind::Control,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    fn hello(settings: &[(u16, u32)]) -> Vec<u8> {
        let mut bytes = PREFACE.to_vec();
        bytes.extend([0, 0, 6 * settings.len() as u8, SETTINGS, 0, 0, 0, 0, 0]);
        for (id, value) in settings {
            bytes.extend(id.to_be_bytes());
            bytes.extend(value.to_be_bytes());
        }
        bytes
    }

    #[test]
    fn large_frames_make_a_data_connection() {
        let data = hello(&[(4, 1), (MAX_FRAME_SIZE, 1 << 20)]);
        for end in 1..data.len() {
            assert_eq!(judge(&data[..end]), Judgement::More, "{end}");
        }
        assert_eq!(judge(&data), Judgement::Http2(ConnectionKind::Data));
        for settings in [&[][..], &[(MAX_FRAME_SIZE, 16384)], &[(1, 1 << 20)]] {
            assert_eq!(
                judge(&hello(settings)),
                Judgement::Http2(ConnectionKind::Control)
            );
        }
    }

    #[test]
    fn what_is_not_http2_is_told_apart() {
        assert_eq!(judge(b"GET / HTTP/1.1\r\n"), Judgement::Http1);
        assert_eq!(judge(b"POST /x HTTP/1.1\r\n"), Judgement::Http1);
        assert_eq!(judge(b"P"), Judgement::More);
        assert_eq!(judge(b"\x16\x03\x01"), Judgement::Garbage);
        assert_eq!(judge(b"PRINT"), Judgement::Garbage);
    }

    proptest! {
        #[test]
        fn judging_never_panics_and_never_reads_on_for_ever(
            rest in prop::collection::vec(any::<u8>(), 0..READ_BYTES_MAX + 9),
            preface in any::<bool>(),
        ) {
            let mut bytes = if preface { PREFACE.to_vec() } else { Vec::new() };
            bytes.extend(rest);
            let judged = judge(&bytes);
            prop_assert!(bytes.len() < READ_BYTES_MAX || judged != Judgement::More);
        }
    }
}
