//! The rules of the house hold in this checkout.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[test]
fn the_house_is_tidy() {
    let violations = xtask::tidy::check(&xtask::cargo::root()).unwrap();
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
