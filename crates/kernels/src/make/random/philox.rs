//! Philox4x32-10: a generator without state. A block of four words is a function of a key and a
//! counter.
//!
//! Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011; constants, rounds and known answers of their library Random123.

use multiversion::multiversion;
use serde::{Deserialize, Serialize};

/// An endless row of random words of 64 bits, of which any part can be had at once.
///
/// The key is the seed; word `i` is half `i % 2` of the block whose counter is `i / 2`, with `draw`
/// in the upper half of the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// The seed of the generator.
    pub seed: u64,
    /// Which of the generator's streams: no two draws of one generator share one.
    pub draw: u64,
}

/// Words in one block of the generator, as words of 64 bits.
const HALVES: u64 = 2;

impl Stream {
    /// Fills `words` with the words of the stream from place `first`.
    pub(super) fn words(self, first: u64, words: &mut [u64]) {
        let (mut counter, mut words) = (first / HALVES, words);
        if first % HALVES == 1 {
            let Some((head, rest)) = words.split_first_mut() else {
                return;
            };
            (_, *head) = block(counter, self.draw, self.seed);
            counter = counter.wrapping_add(1);
            words = rest;
        }
        let (pairs, last) = words.as_chunks_mut();
        blocks(self.seed, self.draw, counter, pairs);
        if let [last] = last {
            let counter = counter.wrapping_add(pairs.len() as u64);
            (*last, _) = block(counter, self.draw, self.seed);
        }
    }
}

/// How many blocks are made together.
const ROW: usize = 128;

/// From so many blocks on it is quicker to make a whole row.
const MANY: usize = 40;

/// Blocks in a row. The two halves are made into rows of their own and of fixed length first: that is
/// the form that compilers turn into vector instructions on every processor tried.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
fn blocks(seed: u64, draw: u64, first: u64, pairs: &mut [[u64; 2]]) {
    let mut low = [0; ROW];
    let mut high = [0; ROW];
    let mut counter = first;
    for pairs in pairs.chunks_mut(ROW) {
        if pairs.len() < MANY {
            for (at, pair) in pairs.iter_mut().enumerate() {
                *pair = block(counter.wrapping_add(at as u64), draw, seed).into();
            }
            return;
        }
        #[allow(clippy::needless_range_loop)] // Through iterators it is six times slower.
        for at in 0..ROW {
            (low[at], high[at]) = block(counter.wrapping_add(at as u64), draw, seed);
        }
        for (at, pair) in pairs.iter_mut().enumerate() {
            *pair = [low[at], high[at]];
        }
        counter = counter.wrapping_add(ROW as u64);
    }
}

/// One block: the lower and the upper half. Words of 32 bits are kept in 64, above which nothing is
/// read, since that is how vector units multiply them.
#[inline(always)]
fn block(counter: u64, draw: u64, seed: u64) -> (u64, u64) {
    const LOW: u64 = 0xffff_ffff;
    let (mut x0, mut x1, mut x2, mut x3) = (counter & LOW, counter >> 32, draw & LOW, draw >> 32);
    let (mut k0, mut k1) = (seed as u32, (seed >> 32) as u32);
    for _ in 0..10 {
        let p0 = (x0 & LOW) * 0xD251_1F53;
        let p1 = (x2 & LOW) * 0xCD9E_8D57;
        x0 = (p1 >> 32) ^ x1 ^ u64::from(k0);
        x2 = (p0 >> 32) ^ x3 ^ u64::from(k1);
        x1 = p1 & LOW;
        x3 = p0 & LOW;
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
    }
    ((x1 << 32) | (x0 & LOW), (x3 << 32) | (x2 & LOW))
}

#[cfg(test)]
mod tests {
    use super::{Stream, block};

    fn words(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
        let long = |low: u32, high: u32| (u64::from(high) << 32) | u64::from(low);
        let counters = (long(counter[0], counter[1]), long(counter[2], counter[3]));
        let (low, high) = block(counters.0, counters.1, long(key[0], key[1]));
        [
            low as u32,
            (low >> 32) as u32,
            high as u32,
            (high >> 32) as u32,
        ]
    }

    /// The known answers of Random123 (`kat_vectors`, philox4x32 with 10 rounds).
    #[test]
    fn known_answers() {
        assert_eq!(
            words([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            words([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            words(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn any_part_of_a_stream_is_the_same_words() {
        let stream = Stream { seed: 3, draw: 4 };
        let mut all = vec![0; 1000];
        stream.words(0, &mut all);
        for (first, len) in [
            (0, 1),
            (1, 1),
            (1, 0),
            (3, 400),
            (255, 2),
            (256, 257),
            (999, 1),
        ] {
            let mut part = vec![0; len];
            stream.words(first, &mut part);
            assert_eq!(part, all[first as usize..][..len], "{len} from {first}");
        }
        // Beyond the last word the counter goes on.
        stream.words(u64::MAX - 1, &mut [0; 3]);
    }
}
