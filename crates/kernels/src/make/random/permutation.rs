//! Numbers in random order, of which any part can be made alone.

use super::philox::Stream;
use crate::block::Block;
use crate::error::KernelError;
use crate::room::room;
use serde::{Deserialize, Serialize};

/// A part of the numbers from 0 to below `of`, each once, in random order: places `first` to
/// `first + len` of that order, as `int64`.
///
/// Up to 4,096 numbers are sorted by random keys, which makes every order equally likely. Of more
/// numbers, the order is a keyed bijection: ten rounds of a Feistel network on pairs of digits, each
/// of about the root of `of`, repeated for the few pairs that are no number below `of` (J. Black,
/// P. Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002). So place `i` can be computed
/// alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permutation {
    /// Where the random words come from.
    pub stream: Stream,
    /// How many numbers there are.
    pub of: u64,
    /// The first place of the part.
    pub first: u64,
    /// How many places the part has.
    pub len: usize,
}

const SORTED: u64 = 4096;
const ROUNDS: usize = 10;

impl Permutation {
    pub(crate) fn run(&self) -> Result<Block, KernelError> {
        let end = self.first.checked_add(self.len as u64);
        if end.is_none_or(|end| end > self.of) || i64::try_from(self.of).is_err() {
            return Err(KernelError::value(
                "permutation",
                format!(
                    "{} places from {} are not among {}",
                    self.len, self.first, self.of
                ),
            ));
        }
        let (mut elements, len) = room("permutation", &[self.len])?;
        if len > 0 && self.of <= SORTED {
            let mut keys = vec![0; self.of as usize];
            self.stream.words(0, &mut keys);
            let mut order: Vec<i64> = (0..self.of as i64).collect();
            order.sort_unstable_by_key(|&number| (keys[number as usize], number));
            elements.extend_from_slice(&order[self.first as usize..][..len]);
        } else {
            let bijection = Bijection::new(self.stream, self.of);
            let places = self.first..self.first + len as u64;
            elements.extend(places.map(|place| bijection.of(place) as i64));
        }
        Ok(Block::vector(elements))
    }
}

/// A bijection of the numbers below `count`, more than 0.
struct Bijection {
    count: u64,
    /// The number of values of the left and of the right digit; their product is at least `count`.
    left: u64,
    right: u64,
    keys: [u64; 2 * ROUNDS],
}

impl Bijection {
    fn new(stream: Stream, count: u64) -> Self {
        let root = count.isqrt().max(1);
        let mut keys = [0; 2 * ROUNDS];
        stream.words(0, &mut keys);
        Self {
            count,
            left: root,
            right: count.div_ceil(root),
            keys,
        }
    }

    fn of(&self, place: u64) -> u64 {
        let mut number = place;
        // The place is itself in range, and the network a bijection: the walk comes back into range.
        loop {
            number = self.network(number);
            if number < self.count {
                return number;
            }
        }
    }

    fn network(&self, number: u64) -> u64 {
        let (mut left, mut right) = (number / self.right, number % self.right);
        for keys in self.keys.as_chunks::<2>().0 {
            left = shifted(left, below(mixed(right ^ keys[0]), self.left), self.left);
            right = shifted(right, below(mixed(left ^ keys[1]), self.right), self.right);
        }
        left * self.right + right
    }
}

/// The sum modulo the number of values, which both are below.
fn shifted(digit: u64, by: u64, values: u64) -> u64 {
    let sum = digit + by;
    if sum >= values { sum - values } else { sum }
}

/// A word as a number below a bound, by a wide multiplication.
pub(super) fn below(word: u64, bound: u64) -> u64 {
    ((u128::from(word) * u128::from(bound)) >> 64) as u64
}

/// Spreads each bit over the word: the finalizer of SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014).
fn mixed(word: u64) -> u64 {
    let word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}
