//! The airlines that fly: their codes and names.

use serde::{Deserialize, Serialize};

/// The airlines, sorted by code. Columns of a [`crate::Month`] name an airline by its place here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Airlines(Vec<Airline>);

/// One airline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Airline {
    /// The two characters that a flight number begins with.
    #[serde(rename = "carrier")]
    pub code: String,
    /// The name in full.
    pub name: String,
}

/// Why a list of airlines cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AirlinesError {
    /// The file is not the CSV it should be.
    #[error("the list of airlines cannot be read")]
    Csv(#[from] csv::Error),
    /// The same code stands there twice.
    #[error("the list of airlines names {0} twice")]
    Twice(String),
    /// More airlines than one byte can number.
    #[error("the list names {0} airlines, at most 256 are supported")]
    TooMany(usize),
}

impl Airlines {
    /// Reads a CSV file with the columns `carrier` and `name`.
    ///
    /// # Errors
    /// If the file is no such CSV, names a code twice, or names more than 256 airlines.
    pub fn parse(text: &[u8]) -> Result<Self, AirlinesError> {
        let mut airlines = csv::Reader::from_reader(text)
            .into_deserialize()
            .collect::<Result<Vec<Airline>, _>>()?;
        airlines.sort_unstable_by(|a, b| a.code.cmp(&b.code));
        if let Some(pair) = airlines
            .windows(2)
            .find(|pair| pair[0].code == pair[1].code)
        {
            return Err(AirlinesError::Twice(pair[0].code.clone()));
        }
        if airlines.len() > 256 {
            return Err(AirlinesError::TooMany(airlines.len()));
        }
        Ok(Self(airlines))
    }

    /// The place of the airline with this code.
    pub fn place(&self, code: &[u8]) -> Option<u8> {
        let found = self
            .0
            .binary_search_by(|airline| airline.code.as_bytes().cmp(code));
        found.ok().and_then(|at| u8::try_from(at).ok())
    }

    /// The places of all airlines.
    pub fn places(&self) -> impl Iterator<Item = u8> + use<> {
        (0..=u8::MAX).take(self.0.len())
    }

    /// The airlines in the order of their places.
    pub fn iter(&self) -> std::slice::Iter<'_, Airline> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn airlines_are_found_by_code() {
        let airlines = Airlines::parse(b"carrier,name\nUA,United\nAA,American\n").unwrap();
        assert_eq!(airlines.place(b"AA"), Some(0));
        assert_eq!(airlines.place(b"UA"), Some(1));
        assert_eq!(airlines.place(b"ZZ"), None);
        assert_eq!(airlines.places().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_bad_list_is_refused() {
        let twice = Airlines::parse(b"carrier,name\nUA,United\nUA,American\n").unwrap_err();
        assert_eq!(twice.to_string(), "the list of airlines names UA twice");
        assert!(Airlines::parse(b"code,label\nUA,United\n").is_err());
    }
}
