//! What the demo must find in the data.

use taskloom_flights::{Report, Row};

/// Checks a report of the whole year against figures that were computed independently.
pub fn check(report: &Report) {
    assert_eq!(
        (report.total.flights, report.total.departed),
        (336_776, 328_521)
    );
    let known = [
        ("UA", 57_979, 701_898, 12_195, 0.0),
        ("EV", 51_356, 1_024_829, 15_644, -1.0),
        ("B6", 54_169, 705_417, 12_353, -1.0),
        ("F9", 682, 13_787, 192, 0.5),
        ("OO", 29, 365, 6, -6.0),
    ];
    for (code, departed, delay_sum, late, median) in known {
        let row = report
            .rows
            .iter()
            .find(|row| row.code == code)
            .expect("the airline flew");
        let Row {
            departed: d,
            delay_sum: s,
            late: l,
            median: m,
            ..
        } = row;
        assert_eq!(
            (*d, *s, *l, *m),
            (departed, delay_sum, late, Some(median)),
            "{code}"
        );
    }
    assert_eq!(report.rows.len(), 16);
    let sorted = report.rows.is_sorted_by(|a, b| a.flights >= b.flights);
    assert!(sorted, "the airlines with the most flights come first");
}
