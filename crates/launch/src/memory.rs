//! Amounts of memory: how they are written.

use bytesize::ByteSize;

/// Less than this cannot hold a worker, and no graphs worth the name.
const LIMIT_MIN: u64 = 16 << 20;

/// How much memory a worker shall use, or the tables of a scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MemoryLimit {
    /// That many bytes.
    Bytes(u64),
    /// That share of what there is, above 0 and up to 1.
    Share(f64),
}

impl MemoryLimit {
    /// Reads `4GiB`, `500 MB`, `8000000000`, `75%` or `0.75`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |reason: &str| {
            format!(
                "{text:?} {reason}; give a size such as 4GiB or 500MB, or a share such as 75% or \
                 0.75"
            )
        };
        let text = text.trim();
        let share = match text.strip_suffix('%') {
            Some(percent) => Some(
                percent
                    .trim()
                    .parse::<f64>()
                    .map_err(|_| wrong("is not a share"))?
                    / 100.0,
            ),
            None if text.contains('.') => text.parse::<f64>().ok(),
            None => None,
        };
        if let Some(share) = share {
            return if share > 0.0 && share <= 1.0 {
                Ok(Self::Share(share))
            } else {
                Err(wrong("is not a share above 0 and up to 100%"))
            };
        }
        match text.parse::<ByteSize>() {
            Ok(ByteSize(bytes)) if bytes >= LIMIT_MIN => Ok(Self::Bytes(bytes)),
            Ok(_) => Err(wrong("is too little (16 MiB at least)")),
            Err(_) => Err(wrong("is not an amount of memory")),
        }
    }

    /// The limit in bytes where there is that much.
    pub(crate) fn of(self, available: u64) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.min(available),
            Self::Share(share) => ((available as f64 * share) as u64).max(LIMIT_MIN),
        }
    }
}

/// What each of `count` workers gets of the memory.
pub(crate) fn share_of(available: u64, count: usize) -> u64 {
    (available / (count as u64).max(1)).max(LIMIT_MIN)
}

/// Reads a size such as `256MiB`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    match text.trim().parse::<ByteSize>() {
        Ok(ByteSize(bytes)) => Ok(bytes),
        Err(_) => Err(format!("{text:?} is not a size; write it as 256MiB or 1GB")),
    }
}

/// Bytes for people: `12 GiB`, `1.5 GiB`, `700 B`.
pub(crate) fn show(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    // What would be shown as 1024.0 belongs to the next unit.
    while amount >= 1023.95 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let text = format!("{amount:.1}");
    format!(
        "{} {}",
        text.strip_suffix(".0").unwrap_or(&text),
        UNITS[unit]
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn limits_are_sizes_or_shares() {
        let parse = |text| MemoryLimit::parse(text).unwrap();
        assert_eq!(parse("4GiB"), MemoryLimit::Bytes(4 << 30));
        assert_eq!(parse("500 MB"), MemoryLimit::Bytes(500_000_000));
        assert_eq!(parse("1.5GiB"), MemoryLimit::Bytes(3 << 29));
        assert_eq!(parse("8000000000"), MemoryLimit::Bytes(8_000_000_000));
        assert_eq!(parse("75%"), MemoryLimit::Share(0.75));
        assert_eq!(parse(" 0.75 "), MemoryLimit::Share(0.75));
        assert_eq!(parse("100%"), MemoryLimit::Share(1.0));
    }

    #[test]
    fn wrong_limits_say_what_would_be_right() {
        for text in [
            "", "lots", "12Q", "-1GiB", "0", "1", "1MiB", "0%", "101%", "1.5", "NaN%", "%",
        ] {
            let error = MemoryLimit::parse(text).unwrap_err();
            assert!(error.contains("75%"), "{text}: {error}");
        }
    }

    #[test]
    fn shares_are_of_what_there_is_and_sizes_at_most_that() {
        assert_eq!(MemoryLimit::Share(0.5).of(8 << 30), 4 << 30);
        assert_eq!(MemoryLimit::Bytes(4 << 30).of(8 << 30), 4 << 30);
        assert_eq!(MemoryLimit::Bytes(9 << 30).of(8 << 30), 8 << 30);
    }

    #[test]
    fn sizes_are_shown_for_people() {
        assert_eq!(show(700), "700 B");
        assert_eq!(show(12 << 30), "12 GiB");
        assert_eq!(show(3 << 29), "1.5 GiB");
        assert_eq!(show((1 << 30) - 1), "1 GiB");
        assert_eq!(show(u64::MAX), "16384 PiB");
    }
}
