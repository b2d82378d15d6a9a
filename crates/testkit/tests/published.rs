//! The rules build what the fixtures hold and what was published.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use taskloom_testkit::literature::PUBLISHED;
use taskloom_testkit::{GraphShape, fixture, fixture::names, generate, published};

fn generated(name: &str) -> Option<GraphShape> {
    let fields: Vec<&str> = name.split('-').collect();
    let number = |text: &str| {
        text.trim_end_matches(['K', 'S', 'H'])
            .parse::<usize>()
            .unwrap()
    };
    Some(match fields[..] {
        ["merge", sources] => generate::merge(number(sources) * 1_000),
        ["tree", exponent] => generate::tree(1 << (number(exponent) - 1)),
        ["bag", _, partitions] => generate::bag(number(partitions)),
        ["numpy", _, blocks] => generate::numpy(number(blocks)),
        ["groupby", days, _, hours] => generate::groupby(number(days) * 24 / number(hours)),
        ["join", _, _, "1T"] => generate::join(24 * 60),
        ["join", days, _, hours] => generate::join(number(days) * 24 / number(hours)),
        _ => return None,
    })
}

#[test]
fn the_rules_build_the_shapes_of_the_fixtures() {
    for name in names() {
        let Some(built) = generated(name) else {
            assert_eq!(name, "xarray-25-variant", "every other fixture has a rule");
            continue;
        };
        let fixture = fixture(name).unwrap();
        assert_eq!(built.len(), fixture.len(), "tasks of {name}");
        assert_eq!(built.edges(), fixture.edges(), "edges of {name}");
        assert_eq!(built.widths(), fixture.widths(), "widths of {name}");
        assert_eq!(
            built.in_degrees(),
            fixture.in_degrees(),
            "in-degrees of {name}"
        );
        assert_eq!(
            built.out_degrees(),
            fixture.out_degrees(),
            "out-degrees of {name}"
        );
        assert_eq!(fixture.sinks().len(), 1, "results of {name}");
    }
}

#[test]
fn the_rules_build_what_was_published() {
    for row in PUBLISHED {
        let Some(built) = generated(row.name) else {
            assert_eq!(row.name, "xarray-25", "every other graph has a rule");
            continue;
        };
        assert_eq!(built.len(), row.tasks, "tasks of {}", row.name);
        assert_eq!(built.edges(), row.edges, "edges of {}", row.name);
        assert_eq!(
            built.longest_path(),
            row.longest_path,
            "longest path of {}",
            row.name
        );
    }
}

#[test]
fn the_widths_of_the_largest_are_as_measured() {
    assert_eq!(
        generate::bag(200).widths(),
        [200, 200, 40_000, 40_000, 5_000, 625, 78, 10, 2, 1]
    );
    let numpy = [
        30_000, 20_000, 20_000, 5_000, 1_200, 400, 200, 200, 50, 13, 3, 1,
    ];
    assert_eq!(generate::numpy(200).widths(), numpy);
    let groupby = [8_640, 25_920, 10_800, 271, 34, 4, 2, 1, 1, 1];
    assert_eq!(generate::groupby(8_640).widths(), groupby);
    let join = [
        1_728, 1_728, 20_736, 1_728, 1_728, 20_736, 1_728, 1_728, 17_280, 1_440, 1_440, 1,
    ];
    assert_eq!(generate::join(1_440).widths(), join);
}

#[test]
fn every_fixture_has_published_figures() {
    for name in names() {
        assert!(published(name).is_some(), "{name}");
    }
}
