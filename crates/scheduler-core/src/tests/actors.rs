//! Actors: their results are addresses, so copies of those are no copies of them.

use crate::testing::TestScheduler;
use taskloom_core::{Residence, TaskOptions};

/// An actor on `w1` whose address lies on `w2` too.
fn with_an_actor(residence: Residence) -> TestScheduler {
    let mut t = TestScheduler::new();
    t.workers(["w1"]);
    t.options = TaskOptions {
        residence,
        ..TaskOptions::default()
    };
    t.graph("counter*").finish("counter", "w1");
    t.workers(["w2"]).stored("counter", "w2").skip();
    t
}

#[test]
fn an_actor_is_lost_with_its_worker_although_its_address_lies_elsewhere() {
    let mut t = with_an_actor(Residence::Fixed);
    t.remove_worker("w1");
    let said = t.said();
    assert!(said.contains(&"w2: free counter".to_owned()), "{said:?}");
    assert!(
        said.iter()
            .any(|line| line.starts_with("c: failed counter")),
        "{said:?}"
    );
}

#[test]
fn an_actor_that_may_restart_is_made_anew_although_its_address_lies_elsewhere() {
    let mut t = with_an_actor(Residence::Restarted);
    t.remove_worker("w1");
    t.expect([
        "c: pending counter",
        "w2: free counter",
        "w2: compute counter",
    ]);
}

#[test]
fn a_lost_address_is_no_loss_of_the_actor() {
    let mut t = with_an_actor(Residence::Fixed);
    t.remove_worker("w2");
    t.expect([]);
}
