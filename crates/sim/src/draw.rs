//! Numbers drawn from a seed.

/// A row of numbers that looks random and is the same for the same seed: splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// A row for one purpose: rows of one seed and different purposes have nothing in common.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        let mut draw = Self(seed ^ purpose.wrapping_mul(0xd134_2543_de82_ef95));
        draw.next();
        draw
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // The upper half of the product is as even as the draw, but for a part in 2^64 / end.
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_cover_their_range() {
        let row = |seed, purpose| {
            let mut draw = Draw::new(seed, purpose);
            (0..1_000).map(|_| draw.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(row(1, 1), row(1, 1));
        assert_ne!(row(1, 1), row(2, 1));
        assert_ne!(row(1, 1), row(1, 2));
        for number in 0..10 {
            let count = row(1, 1).iter().filter(|&&drawn| drawn == number).count();
            assert!((60..140).contains(&count), "{number}: {count}");
        }
        assert_eq!(Draw::new(1, 1).below(0), 0);
    }
}
