//! Numbers of an array of programs.

/// More than these are a typing error, or a job that should be cut up.
const MOST: u64 = 65_536;

/// Ranges of numbers, ascending and apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Indices(Vec<u64>);

impl Indices {
    /// Reads `1-1000`, `0-99:10`, `7`, or several with commas between.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} are no numbers; write them as 1-1000, 0-99:10 or 1,5,8-10");
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
        let mut all = Vec::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once(':') {
                Some((range, step)) => (range, number(step)?),
                None => (part, 1),
            };
            let (first, last) = match range.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(range)?, number(range)?),
            };
            if step == 0 || last < first {
                return Err(wrong());
            }
            if (last - first) / step >= MOST || all.len() as u64 > MOST {
                return Err(format!("{text:?} are more than {MOST} numbers"));
            }
            all.extend((first..=last).step_by(usize::try_from(step).unwrap_or(usize::MAX)));
        }
        all.sort_unstable();
        all.dedup();
        if all.len() as u64 > MOST {
            return Err(format!("{text:?} are more than {MOST} numbers"));
        }
        Ok(Self(all))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.0.binary_search(&number).is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn numbers(text: &str) -> Vec<u64> {
        Indices::parse(text).unwrap().iter().collect()
    }

    #[test]
    fn numbers_are_read() {
        assert_eq!(numbers("7"), [7]);
        assert_eq!(numbers("1-4"), [1, 2, 3, 4]);
        assert_eq!(numbers("0-99:25"), [0, 25, 50, 75]);
        assert_eq!(numbers("8-9, 1,8"), [1, 8, 9]);
        assert_eq!(numbers("1-65536").len(), 65_536);
        assert!(Indices::parse("1-9").unwrap().contains(9));
    }

    #[test]
    fn what_are_no_numbers_is_told() {
        for text in ["", "a", "1-", "3-1", "1-9:0", "1,,2", "-1", "1-2-3"] {
            assert!(
                Indices::parse(text).unwrap_err().contains("no numbers"),
                "{text}"
            );
        }
        for text in ["0-65536", "0-18446744073709551615", "1-40000,50000-99999"] {
            assert!(
                Indices::parse(text).unwrap_err().contains("more than"),
                "{text}"
            );
        }
    }
}
