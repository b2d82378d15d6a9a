//! The rules build what the fixtures hold and what was published.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use taskloom_testkit::literature::PUBLISHED;
use taskloom_testkit::{fixture, fixture::names, generate, published};

#[test]
fn the_rules_build_the_shapes_of_the_fixtures() {
    for name in names() {
        let Some(built) = generate::by_name(name) else {
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
        let Some(built) = generate::by_name(row.name) else {
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
    assert_eq!(
        generate::bag(100).widths(),
        [100, 100, 10_000, 10_000, 1_250, 157, 20, 3, 1]
    );
    assert_eq!(
        generate::numpy(100).widths(),
        [7_500, 5_000, 5_000, 1_300, 300, 100, 100, 25, 6, 2, 1]
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

#[test]
fn stencils_need_their_neighbours_and_statistics_their_chunks_twice() {
    let overlap = generate::overlap(3, 2);
    assert_eq!(overlap.len(), 9 + 2 * (9 + 9) + 9 + 1 + 1);
    assert_eq!(overlap.widths(), [9, 9, 9, 9, 9, 9, 1, 1]);
    // Of nine blocks, four have two neighbours, four three and one four.
    assert_eq!(overlap.in_degrees()[&3], 2 * 4);
    assert_eq!(overlap.in_degrees()[&4], 2 * 4);
    assert_eq!(overlap.in_degrees()[&5], 2);
    let two_pass = generate::two_pass(64);
    assert_eq!(two_pass.widths(), [64, 64, 8, 1, 64, 8, 1]);
    assert_eq!(two_pass.out_degrees()[&64], 1);
    assert_eq!(two_pass.out_degrees()[&2], 64);
}

#[test]
fn shuffles_and_layers_have_their_widths() {
    let shuffle = generate::shuffle(5);
    assert_eq!(shuffle.widths(), [5, 25, 5]);
    assert_eq!(shuffle.sinks().len(), 5);
    let layered = generate::layered(6, 50, 1);
    assert_eq!(layered.widths(), [50; 6]);
    assert!(layered.in_degrees().keys().all(|&needs| needs <= 4));
    assert_eq!(layered, generate::layered(6, 50, 1));
    assert_ne!(layered, generate::layered(6, 50, 2));
}

#[test]
fn names_that_make_no_sense_have_no_graph() {
    for name in [
        "",
        "bag",
        "bag-25K-x",
        "tree-0",
        "groupby-1-1S-0H",
        "tree-99",
        "merge-9999999K",
    ] {
        assert!(generate::by_name(name).is_none(), "{name}");
    }
}
