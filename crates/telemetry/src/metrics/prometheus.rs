//! The text format of Prometheus, version 0.0.4.
//!
//! A digest is a summary: quantiles of the 60-second window, and the sum and count of all time. What
//! the three windows hold stands in a gauge beside it, by window and quantile. A counter of items is
//! a counter with the label `item`.

use super::windows::WINDOWS;
use super::{DigestSeen, Label, NumberSeen, Snapshot};
use crate::TDigest;
use std::collections::BTreeSet;
use std::fmt::{self, Write};

/// The media type of this text.
pub const PROMETHEUS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The quantiles that are given.
const QUANTILES: [(&str, f64); 3] = [("0.5", 0.5), ("0.9", 0.9), ("0.99", 0.99)];

impl Snapshot {
    /// All series in the text format of Prometheus.
    ///
    /// ```
    /// let metrics = taskloom_telemetry::Metrics::new("worker");
    /// metrics.gauge("open-connections").set(3.0);
    /// let text = metrics.snapshot().prometheus();
    /// assert!(text.ends_with("gauge\ntaskloom_worker_open_connections 3\n"), "{text}");
    /// ```
    #[must_use]
    pub fn prometheus(&self) -> String {
        let mut page = Page {
            snapshot: self,
            text: String::new(),
            used: BTreeSet::new(),
        };
        // Writing to a string does not fail.
        let _ = page.write();
        page.text
    }
}

struct Page<'a> {
    snapshot: &'a Snapshot,
    text: String,
    /// Families that were begun, because none may appear twice.
    used: BTreeSet<String>,
}

impl Page<'_> {
    fn write(&mut self) -> fmt::Result {
        for digest in &self.snapshot.digests {
            self.digest(digest)?;
        }
        for counter in &self.snapshot.counters {
            let family = self.begin(&counter.name, "_total", "counter")?;
            for (item, total) in &counter.totals {
                let item = Escaped(&item.to_string()).to_string();
                writeln!(self.text, "{family}{{item=\"{item}\"}} {total}")?;
            }
        }
        self.numbers(&self.snapshot.totals, "_total", "counter")?;
        self.numbers(&self.snapshot.gauges, "", "gauge")
    }

    fn digest(&mut self, digest: &DigestSeen) -> fmt::Result {
        let family = self.begin(&digest.name, "", "summary")?;
        for (label, value) in quantiles(&digest.windows[1], &digest.windows[0]) {
            let value = Number(value);
            writeln!(self.text, "{family}{{quantile=\"{label}\"}} {value}")?;
        }
        writeln!(self.text, "{family}_sum {}", Number(digest.sum))?;
        writeln!(self.text, "{family}_count {}", digest.count)?;
        let family = self.begin(&digest.name, "_window", "gauge")?;
        for (seconds, window) in WINDOWS.iter().zip(&digest.windows) {
            for (label, value) in quantiles(window, &TDigest::default()) {
                let value = Number(value);
                writeln!(
                    self.text,
                    "{family}{{window=\"{seconds}s\",quantile=\"{label}\"}} {value}"
                )?;
            }
        }
        Ok(())
    }

    fn numbers(&mut self, numbers: &[NumberSeen], suffix: &str, kind: &str) -> fmt::Result {
        for family in numbers.chunk_by(|a, b| a.name == b.name) {
            let Some(first) = family.first() else {
                continue;
            };
            let name = self.begin(&first.name, suffix, kind)?;
            for NumberSeen { label, value, .. } in family {
                let value = Number(*value);
                match label {
                    Some(Label { name: l, value: v }) => {
                        let (l, v) = (l.replace('-', "_"), Escaped(v));
                        writeln!(self.text, "{name}{{{l}=\"{v}\"}} {value}")?;
                    }
                    None => writeln!(self.text, "{name} {value}")?,
                }
            }
        }
        Ok(())
    }

    /// Begins a family and says its name.
    fn begin(&mut self, name: &str, suffix: &str, kind: &str) -> Result<String, fmt::Error> {
        let mut family = match name.starts_with("process-") {
            // These have names that every program uses.
            true => String::new(),
            false => format!("taskloom_{}_", self.snapshot.daemon),
        };
        family.push_str(name);
        if name.ends_with("-duration") {
            family.push_str("_seconds");
        } else if name.ends_with("-bandwidth") {
            family.push_str("_bytes_per_second");
        }
        family.push_str(suffix);
        let mut family = family.replace('-', "_");
        // A gauge may have the name of a digest; the text may not.
        while self.used.contains(&family) {
            write!(family, "_{kind}")?;
        }
        if let Some(help) = self.snapshot.helps.get(name) {
            // Quotes stand for themselves here, but escaping them changes nothing for readers.
            let help = help.replace('\\', "\\\\").replace('\n', "\\n");
            writeln!(self.text, "# HELP {family} {help}")?;
        }
        writeln!(self.text, "# TYPE {family} {kind}")?;
        self.used.insert(family.clone());
        if kind == "summary" {
            self.used.insert(format!("{family}_sum"));
            self.used.insert(format!("{family}_count"));
        }
        Ok(family)
    }
}

/// The quantiles of a window and a younger one together.
fn quantiles(window: &TDigest, younger: &TDigest) -> Vec<(&'static str, f64)> {
    let mut both = window.clone();
    both.merge(younger);
    let quantiles = QUANTILES.iter();
    quantiles
        // These quantiles are finite, so they are never refused.
        .map(|(label, q)| (*label, both.quantile(*q).unwrap_or(f64::NAN)))
        .collect()
}

/// A number in this format.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            x if x == f64::INFINITY => f.write_str("+Inf"),
            x if x == f64::NEG_INFINITY => f.write_str("-Inf"),
            x if x.is_nan() => f.write_str("NaN"),
            x => write!(f, "{x}"),
        }
    }
}

/// The value of a label in this format.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
