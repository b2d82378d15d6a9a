//! Jobs: shares by weight, pauses, caps and cancellation; tasks by key, detached, away, nested.

use crate::testing::TestScheduler;
use std::time::Duration;
use taskloom_core::message::{Answer, FromClient, FromWorker, JobChange};
use taskloom_core::{Key, TaskOptions, Ticket};

fn of_job(job: &str) -> TaskOptions {
    TaskOptions {
        job: job.into(),
        ..TaskOptions::default()
    }
}

fn set(t: &mut TestScheduler, job: &str, change: JobChange) -> u64 {
    match t.core.set_job(job, change) {
        Ok(Answer::Done(tasks)) => tasks,
        other => panic!("{other:?}"),
    }
}

fn given(t: &mut TestScheduler) -> Vec<String> {
    t.take_lines()
        .iter()
        .filter_map(|line| Some(line.split_once("compute ")?.1.to_owned()))
        .collect()
}

#[test]
fn jobs_share_by_weight() {
    let mut t = TestScheduler::new();
    set(&mut t, "heavy", JobChange::Weight(3000));
    for (job, tasks) in [
        ("light", "a1* a2* a3* a4* a5* a6*"),
        ("heavy", "b1* b2* b3* b4* b5* b6*"),
    ] {
        t.options = of_job(job);
        t.graph(tasks);
    }
    t.skip();
    // One task at a time, and one in hand.
    t.workers(["w1"]);
    let mut order = given(&mut t);
    let mut ended = 0;
    while ended < 8 {
        let next = order[ended].clone();
        t.finish(&next, "w1");
        order.extend(given(&mut t));
        ended += 1;
    }
    let heavy = order[..8]
        .iter()
        .filter(|task| task.starts_with('b'))
        .count();
    assert_eq!(heavy, 6, "{order:?}");
}

#[test]
fn a_paused_job_waits_and_goes_on() {
    let mut t = TestScheduler::new();
    set(&mut t, "j", JobChange::Pause);
    t.options = of_job("j");
    t.workers(["w1"]).graph("a*").expect([]);
    t.options = TaskOptions::default();
    t.graph("b*").expect(["w1: compute b"]);
    set(&mut t, "j", JobChange::Resume);
    t.after(Duration::ZERO).expect(["w1: compute a"]);
}

#[test]
fn a_paused_job_waits_also_where_its_inputs_are() {
    let mut t = TestScheduler::new();
    t.options = of_job("j");
    t.workers(["w1"]).graph("a -> b*").skip();
    set(&mut t, "j", JobChange::Pause);
    t.options = TaskOptions::default();
    t.finish("a", "w1").expect([]);
    t.graph("x -> y*").expect(["w1: compute x"]);
    t.finish("x", "w1");
    assert_eq!(given(&mut t), ["y"]);
    set(&mut t, "j", JobChange::Resume);
    t.after(Duration::ZERO);
    assert_eq!(given(&mut t), ["b"]);
}

#[test]
fn a_cap_bounds_what_runs_at_a_time() {
    let mut t = TestScheduler::new();
    set(&mut t, "j", JobChange::Cap(Some(1)));
    t.options = of_job("j");
    t.workers(["w1", "w2"])
        .graph("a* b*")
        .expect(["w1: compute a"]);
    t.finish("a", "w1")
        .expect(["c: finished a", "w2: compute b"]);
    t.finish("b", "w2").expect(["c: finished b"]);
}

#[test]
fn one_that_waits_for_others_does_not_count_for_the_cap_or_the_threads() {
    let mut t = TestScheduler::new();
    set(&mut t, "j", JobChange::Cap(Some(1)));
    t.options = of_job("j");
    t.workers(["w1"]).graph("a* b*").expect(["w1: compute a"]);
    let run = t.run("a", "w1");
    let (task, run) = (run.task, run.run);
    t.worker_says("w1", FromWorker::Seceded { task, run })
        .expect(["w1: compute b"]);
    t.worker_says("w1", FromWorker::Seceded { task, run })
        .expect([]);
    t.worker_says("w1", FromWorker::Rejoined { task, run })
        .expect([]);
    t.finish("a", "w1").expect(["c: finished a"]);
    t.finish("b", "w1").expect(["c: finished b"]);
    t.remove_worker("w1");
}

#[test]
fn a_run_that_was_away_is_cancelled_like_any_other() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a*").skip();
    let run = t.run("a", "w1");
    let (task, run) = (run.task, run.run);
    t.worker_says("w1", FromWorker::Seceded { task, run });
    t.cancel("a")
        .expect(["c: failed a: Cancelled of a", "w1: cancel a"]);
    t.worker_says("w1", FromWorker::Rejoined { task, run })
        .expect([]);
    t.return_run("a", "w1", taskloom_core::message::ReturnCause::Withdrawn);
    t.graph("b* d* e*");
    assert_eq!(given(&mut t), ["b", "d"]);
}

#[test]
fn a_job_is_cancelled_as_a_whole() {
    let mut t = TestScheduler::new();
    t.options = of_job("j");
    t.workers(["w1"]).graph("a -> b*").graph("d*").skip();
    assert_eq!(set(&mut t, "j", JobChange::Cancel), 3);
    t.after(Duration::ZERO).expect([
        "c: failed b: Cancelled of b",
        "c: failed d: Cancelled of d",
        "w1: cancel a",
        "w1: cancel d",
    ]);
    assert!(t.core.set_job("nobody", JobChange::Cancel).is_err());
    assert!(t.core.set_job("", JobChange::Pause).is_err());
}

#[test]
fn a_job_goes_with_its_tasks_and_clients() {
    let mut t = TestScheduler::new();
    t.options = of_job("j");
    t.graph("a*").release("a").client_gone("c");
    assert_eq!(t.core.job_summaries(), Answer::Jobs(Vec::new()));
}

#[test]
fn a_task_is_had_by_its_key() {
    let mut t = TestScheduler::new();
    t.workers(["w1"])
        .graph("a*")
        .client("d")
        .finish("a", "w1")
        .skip();
    let want = |ticket, key: &str| FromClient::Want {
        ticket: Ticket(ticket),
        key: Key::new(key).unwrap(),
    };
    t.say("d", want(0, "a"));
    assert!(t.take_lines()[0].contains("finished"));
    t.say("d", want(1, "b"))
        .expect(["d: failed #1: UnknownKey of b"]);
    // It lives as long as one of them wants it.
    t.release("a").expect([]);
    t.say("d", FromClient::Release(vec![Ticket(0)]))
        .expect(["w1: free a"]);
}

#[test]
fn a_detached_task_is_kept_going_until_it_has_ended() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).graph("a* b*").skip();
    let tickets = vec![t.ticket("c", "a"), t.ticket("c", "b")];
    t.say("c", FromClient::Detach(tickets.clone()));
    t.say("c", FromClient::Detach(tickets)).expect([]);
    t.client_gone("c").expect([]);
    t.finish("a", "w1").expect(["w1: free a"]);
    t.fail("b", "w1").expect([]);
    assert_eq!(t.core.identity(t.now).tasks, Default::default());
}

#[test]
fn children_go_before_unrelated_work_and_count_to_their_parents_job() {
    let mut t = TestScheduler::new();
    t.workers(["w1"]).client("nested");
    t.options = of_job("j");
    t.graph("p*").expect(["w1: compute p"]);
    t.options = TaskOptions::default();
    t.graph("x1* x2* x3*").expect(["w1: compute x1"]);
    let run = t.run("p", "w1");
    let (task, run) = (run.task, run.run);
    let mut chunk = t.chunk("nested", "k1* k2*");
    chunk.parent = Some((task, run));
    t.say("nested", FromClient::Submit(Box::new(chunk)));
    t.worker_says("w1", FromWorker::Seceded { task, run });
    t.finish("x1", "w1");
    t.finish("k1", "w1");
    let order = given(&mut t);
    let place = |task: &str| order.iter().position(|other| other == task);
    assert!(place("k1").is_some() && place("k2").is_some(), "{order:?}");
    assert!(place("x3").is_none(), "{order:?}");
    let Answer::Jobs(jobs) = t.core.job_summaries() else {
        panic!("jobs are listed");
    };
    let of_parent = jobs.iter().find(|job| job.job == "j").unwrap();
    assert_eq!(of_parent.tasks, 3);
}

#[test]
fn soft_workers_are_preferred_while_they_are_there() {
    let mut t = TestScheduler::new();
    t.workers(["w1", "w2"]);
    t.options = TaskOptions {
        workers: vec!["w2".into()],
        or_any: true,
        ..TaskOptions::default()
    };
    t.graph("a*").expect(["w2: compute a"]);
    t.remove_worker("w2").expect(["w1: compute a"]);
    t.graph("b*").expect(["w1: compute b"]);
    t.workers(["w2"]).skip();
    t.graph("d*").expect(["w2: compute d"]);
}

#[test]
fn a_job_of_chains_does_not_keep_others_from_their_share() {
    let mut t = TestScheduler::new();
    t.options = of_job("chains");
    t.workers(["w1"]).graph("a1 -> a2 -> a3 -> a4 -> a5 -> a6*");
    t.graph("c1 -> c2 -> c3 -> c4 -> c5 -> c6*");
    t.options = of_job("bag");
    t.graph("b1* b2* b3* b4* b5* b6*");
    let mut order = given(&mut t);
    for ended in 0..8 {
        let next = order[ended].clone();
        t.finish(&next, "w1");
        order.extend(given(&mut t));
    }
    let bag = order[..8]
        .iter()
        .filter(|task| task.starts_with('b'))
        .count();
    assert!((3..=5).contains(&bag), "{order:?}");
}
