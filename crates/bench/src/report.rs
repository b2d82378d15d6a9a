//! Figures: what they say and how they are printed.

use serde::{Deserialize, Serialize};
use std::io::Write as _;

/// One figure. On the wire to other programs it is one line of JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured: `noop`, `raw.stream`, `dask.noop`, ...
    pub case: String,
    /// Which of its figures: `throughput`, `p50`, `bandwidth`, ...
    pub metric: String,
    /// How many tasks, round trips, bytes or values one repetition had.
    pub n: u64,
    /// The median over the repetitions.
    pub value: f64,
    /// What one is.
    pub unit: String,
    /// The least of the repetitions.
    pub min: f64,
    /// The greatest of the repetitions.
    pub max: f64,
    /// How many repetitions there were.
    pub reps: usize,
}

impl Figure {
    /// The median of `values` with its range. Without a value there is no figure.
    pub fn new(
        case: impl Into<String>,
        metric: &str,
        n: u64,
        unit: impl Into<String>,
        values: &[f64],
    ) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            case: case.into(),
            metric: metric.to_owned(),
            n,
            value: round(median(&sorted)?),
            unit: unit.into(),
            min: round(*sorted.first()?),
            max: round(*sorted.last()?),
            reps: sorted.len(),
        })
    }
}

/// The median of sorted values.
fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some((sorted.get(middle.checked_sub(1)?)? + upper) / 2.0)
}

/// The value below which the share `q` of `values` lies; `values` come back sorted.
pub fn percentile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (q * values.len() as f64) as usize;
    values
        .get(at.min(values.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

/// Five significant digits: more would claim a precision that no run has.
fn round(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

/// Where figures go, each as soon as it is known.
pub struct Report {
    json: bool,
    begun: bool,
    printed: Vec<Figure>,
}

impl Report {
    /// A report in lines of JSON, or as a table for people.
    pub fn new(json: bool) -> Self {
        Self {
            json,
            begun: false,
            printed: Vec::new(),
        }
    }

    /// Prints the figure of these values.
    pub fn figure(
        &mut self,
        case: impl Into<String>,
        metric: &str,
        n: u64,
        unit: impl Into<String>,
        values: &[f64],
    ) {
        if let Some(figure) = Figure::new(case, metric, n, unit, values) {
            self.print(figure);
        }
    }

    /// Prints a figure.
    pub fn print(&mut self, figure: Figure) {
        let line = if self.json {
            serde_json::to_string(&figure).unwrap_or_default()
        } else {
            self.row(&figure)
        };
        self.line(&line);
        self.printed.push(figure);
    }

    /// What was printed so far.
    pub fn printed(&self) -> &[Figure] {
        &self.printed
    }

    /// Says why something that was asked for is not here.
    pub fn skipped(&mut self, case: &str, why: &str) {
        let line = if self.json {
            serde_json::json!({ "case": case, "skipped": why }).to_string()
        } else {
            format!("{case}: skipped: {why}")
        };
        self.line(&line);
    }

    fn row(&mut self, figure: &Figure) -> String {
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            text = format!(
                "{:<36} {:<24} {:>12} {:>12}  {:<26} {}\n",
                "case", "metric", "n", "median", "unit", "(min, max) of repetitions"
            );
        }
        text + &format!(
            "{:<36} {:<24} {:>12} {:>12}  {:<26} ({}, {}) of {}",
            figure.case,
            figure.metric,
            grouped(figure.n as f64),
            grouped(figure.value),
            figure.unit,
            grouped(figure.min),
            grouped(figure.max),
            figure.reps
        )
    }

    // A closed pipe ends the output, not the measurement that is being taken.
    fn line(&self, line: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

/// A number with its thousands set apart, and decimals where it is small.
fn grouped(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs();
    let decimals = if value.fract() == 0.0 || magnitude >= 1_000.0 {
        0
    } else if magnitude >= 10.0 {
        1
    } else {
        3
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(w, r)| (w, Some(r)));
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    rest.map_or(grouped.clone(), |rest| format!("{grouped}.{rest}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_figure_is_the_median_and_the_range() {
        let figure = Figure::new("noop", "throughput", 10, "tasks/s", &[3.0, 1.0, 2.0]).unwrap();
        assert_eq!(
            (figure.value, figure.min, figure.max, figure.reps),
            (2.0, 1.0, 3.0, 3)
        );
        let figure = Figure::new("noop", "throughput", 10, "tasks/s", &[4.0, 1.0]).unwrap();
        assert_eq!(figure.value, 2.5);
        assert!(Figure::new("noop", "throughput", 10, "tasks/s", &[]).is_none());
    }

    #[test]
    fn a_line_has_the_promised_fields() {
        let figure = Figure::new("noop", "throughput", 10, "tasks/s", &[123_456.7]).unwrap();
        let line: serde_json::Value =
            serde_json::from_str(&serde_json::to_string(&figure).unwrap()).unwrap();
        for field in ["case", "metric", "n", "value", "unit"] {
            assert!(line.get(field).is_some(), "{field}");
        }
        assert_eq!(line["value"], 123_460.0);
    }

    #[test]
    fn percentiles_are_of_the_sorted_values() {
        let mut values: Vec<f64> = (0..100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 0.5), 50.0);
        assert_eq!(percentile(&mut values, 0.99), 99.0);
        assert!(percentile(&mut [], 0.5).is_nan());
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(1_234_567.0), "1,234,567");
        assert_eq!(grouped(123.0), "123");
        assert_eq!(grouped(-1_234.5), "-1,234");
        assert_eq!(grouped(2.5), "2.500");
        assert_eq!(grouped(0.0), "0");
    }
}
