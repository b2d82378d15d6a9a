//! The bytes of tasks: keys and arguments.
//!
//! A block is what one chunk brought, copied into memory of its own size: the message that carried it
//! has other columns too, and buffers that grew while it arrived. When less than a quarter of its tasks is alive, the living are
//! copied into a block of their own, so that one survivor does not pin a large buffer.

use bytes::{Bytes, BytesMut};
use taskloom_core::{KeyRef, Keys, KeysBuilder, Packed};

/// Where a task's bytes are: block and position in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) block: u32,
    pub(crate) at: u32,
}

#[derive(Debug)]
struct Block {
    keys: Keys,
    arguments: Packed,
    /// The task at each position, [`NOBODY`] once it is gone.
    owners: Vec<u32>,
    alive: u32,
}

const NOBODY: u32 = u32::MAX;

/// Blocks of fewer tasks than this are not worth copying.
const COMPACT_FROM: usize = 16;

/// Texts of keys that go out share memory of this size; a key is shorter.
const TEXTS_BYTES: usize = 16 * 1024;

/// All blocks.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    blocks: Vec<Option<Block>>,
    free: Vec<u32>,
    bytes: u64,
    /// Room for the texts of keys that go out.
    texts: BytesMut,
}

impl Block {
    /// The memory that it takes.
    fn bytes(&self) -> u64 {
        (self.keys.weight() + self.arguments.blob.len() + 8 * self.owners.len()) as u64
    }
}

impl Blocks {
    /// Takes in what a chunk brought. Its tasks are claimed with [`Blocks::own`]; positions that are
    /// not claimed by the time of [`Blocks::sealed`] are dead from the start.
    pub(crate) fn add(&mut self, keys: &Keys, arguments: &Packed) -> u32 {
        let keys = keys.to_exact();
        let arguments = Packed {
            blob: Bytes::copy_from_slice(&arguments.blob),
            ends: arguments.ends.as_slice().to_vec(),
        };
        let owners = vec![NOBODY; keys.len()];
        let block = Block {
            keys,
            arguments,
            owners,
            alive: 0,
        };
        self.bytes += block.bytes();
        let block = Some(block);
        match self.free.pop() {
            Some(index) => {
                self.blocks[index as usize] = block;
                index
            }
            None => {
                self.blocks.push(block);
                self.blocks.len() as u32 - 1
            }
        }
    }

    /// Says which task lies at a position.
    pub(crate) fn own(&mut self, place: Place, task: u32) {
        if let Some(block) = &mut self.blocks[place.block as usize] {
            block.owners[place.at as usize] = task;
            block.alive += 1;
        }
    }

    /// Ends the intake of a block: one that nobody claimed a place in is dropped.
    pub(crate) fn sealed(&mut self, block: u32) {
        if self.blocks[block as usize]
            .as_ref()
            .is_some_and(|block| block.alive == 0)
        {
            self.drop_block(block);
        }
    }

    fn drop_block(&mut self, block: u32) {
        if let Some(block) = self.blocks[block as usize].take() {
            self.bytes -= block.bytes();
        }
        self.free.push(block);
    }

    /// The key at a place.
    pub(crate) fn key(&self, place: Place) -> KeyRef<'_> {
        match &self.blocks[place.block as usize] {
            Some(block) => block.keys.get(place.at as usize),
            None => KeyRef::Text(&[]),
        }
    }

    /// The text of the key at a place, for a message: many of them share one piece of memory.
    pub(crate) fn key_text(&mut self, place: Place) -> Bytes {
        let Some(block) = &self.blocks[place.block as usize] else {
            return Bytes::new();
        };
        let key = block.keys.get(place.at as usize);
        if self.texts.capacity() < key.text_len() {
            self.texts = BytesMut::with_capacity(TEXTS_BYTES);
        }
        key.write(&mut self.texts);
        self.texts.split().freeze()
    }

    /// The arguments at a place, sharing the block's memory.
    pub(crate) fn arguments(&self, place: Place) -> Bytes {
        match &self.blocks[place.block as usize] {
            Some(Block { arguments, .. }) => {
                let range = arguments.range(place.at as usize);
                arguments.blob.slice(range)
            }
            None => Bytes::new(),
        }
    }

    /// Gives a place back. If its block was compacted, `moved(task, new place)` is called for each
    /// task that lives on in another one.
    pub(crate) fn release(&mut self, place: Place, mut moved: impl FnMut(u32, Place)) {
        let Some(block) = &mut self.blocks[place.block as usize] else {
            return;
        };
        block.owners[place.at as usize] = NOBODY;
        block.alive -= 1;
        let (alive, total) = (block.alive as usize, block.owners.len());
        if alive == 0 {
            self.drop_block(place.block);
        } else if total >= COMPACT_FROM && alive * 4 < total {
            self.compact(place.block, &mut moved);
        }
    }

    fn compact(&mut self, index: u32, moved: &mut impl FnMut(u32, Place)) {
        let Some(old) = self.blocks[index as usize].take() else {
            return;
        };
        let mut owners = Vec::with_capacity(old.alive as usize);
        let (mut keys, mut arguments) = (KeysBuilder::default(), Packing::default());
        for (at, &owner) in old.owners.iter().enumerate() {
            if owner != NOBODY {
                keys.push(old.keys.get(at));
                arguments.push(old.arguments.get(at));
                moved(
                    owner,
                    Place {
                        block: index,
                        at: owners.len() as u32,
                    },
                );
                owners.push(owner);
            }
        }
        let alive = owners.len() as u32;
        // Builders have room to spare.
        let (keys, arguments) = (keys.finish().to_exact(), arguments.finish());
        let new = Block {
            keys,
            arguments,
            owners,
            alive,
        };
        self.bytes = self.bytes - old.bytes() + new.bytes();
        self.blocks[index as usize] = Some(new);
    }

    /// The memory that all blocks take.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many places are claimed.
    pub(crate) fn alive(&self) -> usize {
        self.blocks
            .iter()
            .flatten()
            .map(|block| block.alive as usize)
            .sum()
    }
}

/// A [`Packed`] under construction.
#[derive(Default)]
struct Packing {
    blob: BytesMut,
    ends: Vec<u32>,
}

impl Packing {
    fn push(&mut self, bytes: &[u8]) {
        self.blob.extend_from_slice(bytes);
        self.ends.push(self.blob.len() as u32);
    }

    fn finish(self) -> Packed {
        Packed {
            blob: self.blob.freeze(),
            ends: self.ends,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn packed(strings: &[&str]) -> Packed {
        let mut packing = Packing::default();
        strings
            .iter()
            .for_each(|string| packing.push(string.as_bytes()));
        packing.finish()
    }

    #[test]
    fn survivors_move_together_and_keep_their_bytes() {
        let keys: Vec<String> = (0..20).map(|i| format!("key-{i}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut blocks = Blocks::default();
        let block = blocks.add(&packed(&keys).into(), &packed(&keys));
        let mut places: Vec<Place> = (0..20).map(|at| Place { block, at }).collect();
        for (task, place) in places.iter().enumerate() {
            blocks.own(*place, task as u32);
        }
        for task in 0..18 {
            let place = places[task];
            blocks.release(place, |task, place| places[task as usize] = place);
        }
        assert_eq!(blocks.key(places[19]), KeyRef::Text(b"key-19"));
        assert_eq!(blocks.arguments(places[18]), "key-18");
        assert!(places[19].at < 4, "the block was not compacted");
        for task in 18..20 {
            let place = places[task];
            blocks.release(place, |task, place| places[task as usize] = place);
        }
        assert_eq!((blocks.alive(), blocks.bytes()), (0, 0));
    }
}
