//! Arrays as text: what they are, and a drawing of how they are cut.

use crate::array::Array;
use crate::axis::Axis;
use crate::node::Node;
use rustc_hash::FxHashSet;
use std::fmt;
use std::sync::Arc;

/// Most blocks that are drawn along an axis.
const DRAWN: usize = 12;

/// `Array float64 (10000, 10000), 100 chunks of (1000, 1000), 763 MiB, 3 layers`.
impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Err(error) = self.check() {
            return write!(f, "Array that failed: {error}");
        }
        let shape = self.axes().iter().map(|axis| number(axis.len()));
        write!(f, "Array {} {}", self.dtype(), tuple(shape))?;
        let chunks = self.npartitions();
        let s = if chunks == 1 { "" } else { "s" };
        let sizes = self.axes().iter().map(chunk_size);
        write!(f, ", {chunks} chunk{s} of {}", tuple(sizes))?;
        if let Some(bytes) = self.nbytes() {
            write!(f, ", {}", size(bytes))?;
        }
        let layers = layers(self.node());
        let s = if layers == 1 { "" } else { "s" };
        write!(f, ", {layers} layer{s}")
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Array({}, {}, {:?})",
            self.name(),
            self.dtype(),
            self.axes()
        )
    }
}

impl Array {
    /// A drawing of the chunks of the last two axes, with the lengths along them; `?` where one is
    /// not known.
    ///
    /// ```
    /// use taskloom_array::{Array, Chunks};
    ///
    /// let x = Array::from_ndarray(&ndarray::Array2::<f64>::zeros((4, 6)), Chunks::of([2, 4]))?;
    /// let lines = [
    ///     "     4   2",
    ///     "   +---+---+",
    ///     " 2 |   |   |",
    ///     "   +---+---+",
    ///     " 2 |   |   |",
    ///     "   +---+---+",
    /// ];
    /// assert!(x.drawing().lines().eq(lines));
    /// # Ok::<(), taskloom_array::ArrayError>(())
    /// ```
    pub fn drawing(&self) -> String {
        let one = Axis::single(1);
        let (rows, columns) = match self.axes() {
            [] => (&one, &one),
            [columns] => (&one, columns),
            [.., rows, columns] => (rows, columns),
        };
        let row_labels = labels(rows);
        let column_labels = labels(columns);
        let width = column_labels
            .iter()
            .map(String::len)
            .max()
            .unwrap_or(1)
            .max(3);
        let margin = row_labels.iter().map(String::len).max().unwrap_or(1) + 2;
        let mut drawing = String::new();
        let mut line = |text: &str| {
            drawing.push_str(text.trim_end());
            drawing.push('\n');
        };
        let centred = column_labels.iter().map(|label| format!("{label:^width$}"));
        let head: Vec<String> = centred.collect();
        line(&format!("{:margin$} {}", "", head.join(" ")));
        let edge = format!(
            "{:margin$}+{}",
            "",
            format!("{:-<width$}+", "").repeat(head.len())
        );
        let inside = format!("|{}", format!("{:width$}|", "").repeat(head.len()));
        line(&edge);
        for label in &row_labels {
            line(&format!("{label:>wide$} {inside}", wide = margin - 1));
            line(&edge);
        }
        if self.ndim() > 2 {
            let others = self.axes()[..self.ndim() - 2]
                .iter()
                .map(|axis| axis.blocks().to_string());
            line(&format!("{:margin$}in a grid of {}", "", tuple(others)));
        }
        drawing
    }
}

/// The lengths along an axis; the middle of many is left out.
fn labels(axis: &Axis) -> Vec<String> {
    let label = |len: &Option<usize>| number(*len);
    let lengths = axis.lengths();
    if lengths.len() <= DRAWN {
        return lengths.iter().map(label).collect();
    }
    let (first, last) = (&lengths[..DRAWN / 2], &lengths[lengths.len() - DRAWN / 2..]);
    let middle = std::iter::once("...".to_owned());
    first
        .iter()
        .map(label)
        .chain(middle)
        .chain(last.iter().map(label))
        .collect()
}

/// The length that most blocks of an axis have.
fn chunk_size(axis: &Axis) -> String {
    match axis.lengths() {
        [] => "0".to_owned(),
        lengths if lengths.contains(&None) => "?".to_owned(),
        lengths => number(lengths.iter().copied().max().flatten()),
    }
}

fn number(len: Option<usize>) -> String {
    len.map_or_else(|| "?".to_owned(), |len| len.to_string())
}

fn tuple(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.as_slice() {
        [one] => format!("({one},)"),
        items => format!("({})", items.join(", ")),
    }
}

/// Bytes as people read them.
fn size(bytes: usize) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut size = bytes as f64;
    let mut unit = "B";
    for larger in UNITS {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    match size {
        size if unit == "B" || size >= 100.0 => format!("{size:.0} {unit}"),
        size => format!("{size:.1} {unit}"),
    }
}

/// How many operations stand behind an array.
fn layers(node: &Arc<Node>) -> usize {
    let mut seen = FxHashSet::default();
    let mut way = vec![node];
    while let Some(node) = way.pop() {
        if seen.insert(node.id()) {
            way.extend(node.inputs());
        }
    }
    seen.len()
}
