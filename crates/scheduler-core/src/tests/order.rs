//! The sorted list and the order of workers: the cases O of the reference, under its numbers.
//!
//! Case O4 is met in another way: whatever their number, idle workers are offered tasks in the order of
//! load and then name, so no list has to be walked and nothing depends on how many there are. Case O7
//! is a row of `cargo xtask bench core`.

use crate::queue::{QueueEntry, SortedList, TaskQueue};
use crate::testing::TestScheduler;
use std::collections::BTreeSet;
use taskloom_core::message::ReturnCause;

/// A list of numbers, the least of which is the best; the slot tells equal ones apart.
fn list(values: &[(u64, u32)]) -> TaskQueue {
    let mut list = SortedList::default();
    for &(value, slot) in values {
        list.insert(entry(value, slot));
    }
    list
}

fn entry(value: u64, slot: u32) -> QueueEntry {
    QueueEntry::new(0, value, slot)
}

fn slots(list: &TaskQueue) -> Vec<u32> {
    list.iter().map(QueueEntry::slot).collect()
}

#[test]
fn o1_an_order_by_value_follows_its_values() {
    let [alice, bob, carol, dave] = [0, 1, 2, 3];
    let mut order = list(&[(3000, alice), (500, bob), (1500, carol)]);
    assert_eq!(slots(&order), [bob, carol, alice]);
    assert!(order.remove(entry(500, bob)));
    order.insert(entry(9000, bob));
    assert_eq!(slots(&order), [carol, alice, bob]);
    order.insert(entry(1500, dave));
    assert_eq!(slots(&order), [carol, dave, alice, bob]);
    assert!(order.remove(entry(1500, carol)));
    assert_eq!(slots(&order), [dave, alice, bob]);
    assert_eq!(order.ahead_of(entry(1500, dave)), 0);
}

#[test]
fn o2_ranks_and_ranges_are_those_of_a_sorted_list() {
    let order = list(&[(2, 1), (1, 0), (3, 3), (2, 2)]);
    let left = order.ahead_of(entry(2, 0));
    let right = order.ahead_of(entry(2, u32::MAX));
    assert_eq!((left, right, right - left), (1, 3, 2));
    let range: Vec<u64> = order.iter().skip(left).map(QueueEntry::rank).collect();
    assert_eq!(range, [2, 2, 3]);
    let open: Vec<u64> = (order.iter().skip(left).take(right - left))
        .map(QueueEntry::rank)
        .collect();
    assert_eq!(open, [2, 2]);
}

#[test]
fn o3_members_are_reached_by_their_place() {
    let order = list(&[(3, 3), (1, 1), (2, 2)]);
    assert_eq!(order.best().map(QueueEntry::slot), Some(1));
    assert_eq!(order.iter().next_back().map(QueueEntry::slot), Some(3));
    let in_turn: Vec<u32> = (0..5)
        .filter_map(|at| order.iter().nth(at % order.len()))
        .map(QueueEntry::slot)
        .collect();
    assert_eq!(in_turn, [1, 2, 3, 1, 2]);
}

#[test]
fn o4_idle_workers_are_offered_tasks_by_load_then_name_however_many_there_are() {
    for count in [19, 25] {
        let mut t = TestScheduler::new();
        let names: Vec<String> = (0..count).map(|n| format!("w{n:02}")).collect();
        for name in names.iter().rev() {
            let hello = t.hello(name);
            t.join(hello).unwrap();
        }
        // The first has one task, so the second by name comes before it.
        t.graph("a*").expect(["w00: compute a"]);
        t.graph("b*").expect(["w01: compute b"]);
    }
}

#[test]
fn o6_a_hundred_thousand_operations_agree_with_a_tree() {
    let (mut list, mut model) = (TaskQueue::default(), BTreeSet::new());
    // A fixed sequence that looks random: Knuth's linear congruence.
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..100_000 {
        let chosen = entry(next(500), next(40) as u32);
        match next(5) {
            0 | 1 => {
                if model.insert(chosen) {
                    list.insert(chosen);
                }
            }
            2 => assert_eq!(list.remove(chosen), model.remove(&chosen)),
            3 => assert_eq!(list.contains(chosen), model.contains(&chosen)),
            _ => {
                assert_eq!(list.best(), model.last().copied());
                assert_eq!(list.iter().next_back(), model.first().copied());
            }
        }
        assert_eq!(list.len(), model.len());
    }
    let middle = entry(250, 20);
    let better = model.range(middle..).filter(|&&e| e != middle).count();
    assert_eq!(list.ahead_of(middle), better);
    assert!(list.iter().eq(model.iter().rev().copied()));
}

#[test]
fn o8_no_load_is_beyond_the_order() {
    // Loads are whole nanoseconds, so what is not a number cannot be one; the greatest still count.
    let mut t = TestScheduler::new();
    t.elapsed = std::time::Duration::MAX;
    t.workers(["w1", "w2"]).graph("a* b*").skip();
    t.finish("a", "w1").finish("b", "w2").skip();
    t.graph("c* d* e* f*");
    let lines = t.take_lines();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let first = lines.iter().filter(|line| line.starts_with("w1:")).count();
    assert_eq!(first, 2, "{lines:?}");
}

#[test]
fn o9_workers_that_come_and_go_leave_no_trace_and_order_is_by_name() {
    let mut t = TestScheduler::new();
    t.workers(["w3", "w1", "w2"]);
    t.graph("a*").expect(["w1: compute a"]);
    t.remove_worker("w1").expect(["w2: compute a"]);
    t.workers(["w0"]);
    t.graph("b*").expect(["w0: compute b"]);
    t.return_run("b", "w0", ReturnCause::Leaving).skip();
    t.remove_worker("w0").remove_worker("w2").skip();
    // All that is left is on the one that stayed; every turn checked the lists against the tables.
    assert_eq!(t.core.identity(t.now).workers.len(), 1);
}
