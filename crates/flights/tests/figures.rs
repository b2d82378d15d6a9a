//! The figures of the demo, computed in this process without a cluster.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod expected;

use taskloom_flights::files::default_folder;
use taskloom_flights::{Files, tasks};

#[test]
fn plain_calls_give_the_expected_figures() {
    let Files { airlines, months } = Files::read(default_folder()).unwrap();
    assert_eq!(months.len(), 12);
    let months: Vec<_> = months
        .iter()
        .map(|(name, content)| tasks::parse(name, content, &airlines).unwrap())
        .collect();
    let figures: Vec<_> = airlines
        .places()
        .map(|carrier| {
            let parts: Vec<_> = months
                .iter()
                .map(|month| tasks::carrier_in_month(month, carrier))
                .collect();
            tasks::merge(parts.iter().collect())
        })
        .collect();
    let report = tasks::report(&airlines, figures.iter().collect());
    expected::check(&report);

    let table = taskloom_flights::table::draw(&report);
    assert!(table.contains("United Air Lines Inc."), "{table}");
    assert!(table.contains("336,776"), "{table}");
}
