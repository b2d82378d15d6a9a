//! Segments between two sides, which are one process here: what counts are the files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(target_os = "linux")]

use super::*;
use bytes::Bytes;
use std::time::Duration;

fn pool(keep_bytes: u64) -> SegmentPool {
    SegmentPool::new(SegmentOptions {
        keep_bytes,
        from_bytes: 1,
    })
}

fn row(byte: u8, length: usize) -> Row {
    vec![Bytes::from(vec![byte; length])]
}

#[test]
fn rows_are_read_where_they_lie_and_the_memory_is_used_again() {
    let pool = pool(1 << 20);
    let rows = [row(1, 100_000), Row::new(), row(2, 3), row(3, 50_000)];
    let lengths = [100_000, 0, 3, 50_000];
    let mut descriptors = Vec::new();
    for _ in 0..3 {
        let reference = pool.hand_out(&rows).unwrap();
        descriptors.push(reference.descriptor);
        let read = open(&reference, &lengths).unwrap();
        for (read, row) in read.iter().zip(&rows) {
            assert_eq!(read, &row.concat());
            assert!(read.is_empty() || read.as_ptr().addr() % 64 == 0);
        }
    }
    // The second found the first's reader gone, and so on.
    assert_eq!(descriptors[0], descriptors[1]);
    assert_eq!(descriptors[1], descriptors[2]);
}

#[test]
fn what_is_read_is_not_written_to() {
    let pool = pool(1 << 20);
    let first = pool.hand_out(&[row(1, 100_000)]).unwrap();
    let read = open(&first, &[100_000]).unwrap().remove(0);
    let tail = read.slice(99_999..);
    drop(read);
    let second = pool.hand_out(&[row(2, 100_000)]).unwrap();
    assert_ne!(first.descriptor, second.descriptor);
    assert_eq!(tail, [1][..]);
    let again = open(&first, &[100_000]).unwrap();
    assert_eq!(again[0][0], 1, "another reader may still come");
    drop((tail, again));
    let third = pool.hand_out(&[row(3, 100_000)]).unwrap();
    assert_eq!(first.descriptor, third.descriptor);
    let error = open(&first, &[100_000]).unwrap_err();
    assert!(error.to_string().contains("something else"), "{error}");
}

#[test]
fn a_reader_that_was_told_is_waited_for() {
    let pool = pool(300_000);
    let first = pool.hand_out(&[row(1, 100_000)]).unwrap();
    let second = pool.hand_out(&[row(2, 100_000)]).unwrap();
    assert_ne!(first.descriptor, second.descriptor);
    // Two times 128 KiB are on their way, and there is no room for a third.
    assert!(pool.hand_out(&[row(3, 100_000)]).is_err());
    for (reference, byte) in [(first, 1), (second, 2)] {
        assert_eq!(open(&reference, &[100_000]).unwrap()[0][5], byte);
    }
    assert!(pool.hand_out(&[row(3, 100_000)]).is_ok());
}

#[test]
fn what_readers_keep_does_not_use_the_room_up() {
    let pool = pool(300_000);
    let keep = |byte| {
        let reference = pool.hand_out(&[row(byte, 200_000)]).unwrap();
        open(&reference, &[200_000]).unwrap().remove(0)
    };
    let kept: Vec<Bytes> = (0..5).map(keep).collect();
    for (byte, kept) in kept.iter().enumerate() {
        assert!(kept.iter().all(|&read| usize::from(read) == byte));
    }
    drop(kept);
    pool.trim(Duration::ZERO);
    assert_eq!(pool.bytes(), 0);
}

#[test]
fn strange_references_are_refused() {
    use std::os::fd::AsRawFd;

    let pool = pool(1 << 20);
    let good = pool.hand_out(&[row(1, 100_000)]).unwrap();
    let with = |change: &dyn Fn(&mut Reference)| {
        let mut reference = good.clone();
        change(&mut reference);
        open(&reference, &[100_000])
    };
    assert!(with(&|r| r.nonce.low ^= 1).is_err());
    assert!(with(&|r| r.offsets = vec![]).is_err());
    assert!(with(&|r| r.offsets = vec![0]).is_err());
    assert!(with(&|r| r.offsets = vec![u64::MAX]).is_err());
    assert!(
        with(&|r| r.offsets = vec![40_000]).is_err(),
        "it ends behind the file"
    );
    assert!(with(&|r| r.process = u32::MAX).is_err());
    let (pipe, _other_end) = std::io::pipe().unwrap();
    let plain = tempfile::tempfile().unwrap();
    for descriptor in [pipe.as_raw_fd(), plain.as_raw_fd(), i32::MAX] {
        let refused = with(&|r| r.descriptor = descriptor.unsigned_abs());
        assert!(refused.is_err());
    }
    assert!(with(&|_| ()).is_ok());
}
