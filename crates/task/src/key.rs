//! The keys of calls: the name with a hash of what the result depends on, or with a unique number.

use crate::call::Dependency;
use crate::definition::Definition;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use taskloom_core::value::Encoded;
use taskloom_core::{ArgumentNode, Key, KeyError, TaskOptions};

/// Buffers from this size on are hashed on their own instead of being copied into the text.
const HASHED_APART: usize = 1024;

thread_local! {
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The key of a pure call. Everything that goes in is preceded by its length or by a tag of a fixed
/// length, so no two different calls have the same text.
pub(crate) fn of_content(
    definition: &'static Definition,
    nodes: &[ArgumentNode],
    dependencies: &[Dependency],
    options: Option<&TaskOptions>,
) -> Result<Key, KeyError> {
    TEXT.with_borrow_mut(|text| {
        text.clear();
        text.extend_from_slice(definition.digest());
        for node in nodes {
            match node {
                ArgumentNode::Value(value) => add_value(text, value),
                ArgumentNode::Reference { dependency, part } => {
                    text.push(2);
                    text.extend_from_slice(&part.number().to_le_bytes());
                    match dependencies.get(*dependency as usize) {
                        Some(Dependency::Node(node)) => add_bytes(text, node.key().as_bytes()),
                        Some(other) => add_bytes(text, other.key().as_bytes()),
                        None => {}
                    }
                }
                ArgumentNode::Sequence(n) => add_count(text, 3, *n),
                ArgumentNode::Map(n) => add_count(text, 4, *n),
            }
        }
        if let Some(options) = options {
            for (name, amount) in &options.resources {
                text.push(5);
                add_bytes(text, name.as_bytes());
                text.extend_from_slice(&amount.0.to_le_bytes());
            }
            for worker in &options.workers {
                text.push(6);
                add_bytes(text, worker.as_bytes());
            }
            if options.or_any {
                text.push(7);
            }
        }
        let hash = blake3::hash(text);
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.as_bytes()[..16]);
        // A call with very many arguments must not leave its text in the thread for ever.
        text.shrink_to(64 * 1024);
        named(definition, digest)
    })
}

/// The key of an impure call: a number that no other call in the world has.
pub(crate) fn unique(definition: &'static Definition) -> Result<Key, KeyError> {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // The standard library seeds a hasher from the system's random source.
    let process = *PROCESS.get_or_init(|| {
        RandomState::new().hash_one((std::process::id(), std::time::SystemTime::now()))
    });
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut digest = [0; 16];
    digest[..8].copy_from_slice(&process.to_be_bytes());
    digest[8..].copy_from_slice(&number.to_be_bytes());
    named(definition, digest)
}

fn named(definition: &'static Definition, digest: [u8; 16]) -> Result<Key, KeyError> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let name = definition.short_name();
    let mut key = String::with_capacity(name.len() + 33);
    key.push_str(name);
    key.push('-');
    for byte in digest {
        key.push(char::from(DIGITS[usize::from(byte >> 4)]));
        key.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    Key::new(key)
}

fn add_value(text: &mut Vec<u8>, value: &Encoded) {
    text.push(1);
    text.extend_from_slice(&value.codec.number().to_le_bytes());
    add_bytes(text, &value.header);
    text.extend_from_slice(&(value.buffers.len() as u32).to_le_bytes());
    for buffer in &value.buffers {
        add_bytes(text, buffer);
    }
}

fn add_bytes(text: &mut Vec<u8>, bytes: &[u8]) {
    text.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    if bytes.len() < HASHED_APART {
        text.extend_from_slice(bytes);
    } else {
        text.extend_from_slice(blake3::hash(bytes).as_bytes());
    }
}

fn add_count(text: &mut Vec<u8>, tag: u8, n: u32) {
    text.push(tag);
    text.extend_from_slice(&n.to_le_bytes());
}
