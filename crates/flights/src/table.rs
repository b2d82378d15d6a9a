//! Draws a report for a terminal.

use crate::report::{Report, Row};
use comfy_table::{
    Attribute, Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle,
};

const HEADER: [&str; 9] = [
    "",
    "airline",
    "flights",
    "departed",
    "delay sum",
    "mean",
    "median",
    "> 15 min",
    "share",
];

/// Rules above, below the header, and below; nothing else draws the eye from the figures.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// The report as a table: minutes of delay, counts with thousands marked, the total last.
pub fn draw(report: &Report) -> String {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(cells(HEADER.map(str::to_owned)));
    for row in &report.rows {
        table.add_row(cells(fields(row)));
    }
    let total = cells(fields(&report.total));
    table.add_row(total.map(|cell| cell.add_attribute(Attribute::Bold)));
    table.to_string()
}

/// Text to the left, numbers to the right.
fn cells(fields: [String; 9]) -> impl Iterator<Item = Cell> {
    fields.into_iter().enumerate().map(|(at, field)| {
        let side = if at < 2 {
            CellAlignment::Left
        } else {
            CellAlignment::Right
        };
        Cell::new(field).set_alignment(side)
    })
}

fn fields(row: &Row) -> [String; 9] {
    let minutes = |value: Option<f64>| value.map_or_else(String::new, |v| format!("{v:.1}"));
    [
        row.code.clone(),
        row.name.clone(),
        grouped(row.flights.into()),
        grouped(row.departed.into()),
        grouped(row.delay_sum.into()),
        minutes(row.mean()),
        minutes(row.median),
        grouped(row.late.into()),
        row.late_share()
            .map_or_else(String::new, |share| format!("{:.1} %", share * 100.0)),
    ]
}

/// A number of bytes in the largest unit that leaves at least one.
pub fn bytes(number: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, size)| number >= *size) {
        Some((unit, size)) => format!("{:.1} {unit}", number as f64 / *size as f64),
        None => format!("{number} bytes"),
    }
}

/// A number with a comma before every third digit from the right.
fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_marked() {
        let shown = [0, 999, 1000, -12_345, 1_000_000].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "-12,345", "1,000,000"]);
    }

    #[test]
    fn bytes_have_a_unit() {
        assert_eq!(
            [0, 1536, 5 << 30].map(bytes),
            ["0 bytes", "1.5 KiB", "5.0 GiB"]
        );
    }
}
