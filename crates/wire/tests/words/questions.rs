//! Random questions and answers.

use super::{bytes, failure, name, nanos, operation, resources, ticket, value, workers};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::sync::Arc;
use taskloom_core::Key;
use taskloom_core::message::{
    Answer, Explanation, HolderList, JobChange, JobSummary, Question, WorkerContents, WorkerSummary,
};

pub fn question() -> impl Strategy<Value = Question> {
    let tickets = || vec(ticket(), 0..4);
    let change = prop_oneof![
        (1..u32::MAX).prop_map(JobChange::Weight),
        Just(JobChange::Pause),
        Just(JobChange::Resume),
        option::of(1..u32::MAX).prop_map(JobChange::Cap),
        Just(JobChange::Cancel),
    ];
    prop_oneof![
        ticket().prop_map(Question::Explain),
        tickets().prop_map(Question::WhoHas),
        workers().prop_map(Question::HasWhat),
        workers().prop_map(Question::Processing),
        Just(Question::Workers),
        any::<u32>().prop_map(Question::WaitForWorkers),
        (tickets(), any::<u32>(), workers()).prop_map(|(tickets, copies, workers)| {
            Question::Replicate {
                tickets,
                copies,
                workers,
            }
        }),
        (tickets(), workers())
            .prop_map(|(tickets, workers)| Question::Rebalance { tickets, workers }),
        (operation(), bytes(), workers()).prop_map(|(operation, arguments, workers)| {
            Question::Run {
                operation,
                arguments,
                workers,
            }
        }),
        workers().prop_map(Question::Restart),
        workers().prop_map(Question::Retire),
        ".{0,8}".prop_map(Question::Shutdown),
        Just(Question::Jobs),
        (".{0,8}", change).prop_map(|(job, change)| Question::SetJob { job, change }),
        Just(Question::Sync),
    ]
}

pub fn answer() -> impl Strategy<Value = Answer> {
    let texts = || vec(".{0,8}", 0..3);
    let key = || name().prop_map(|key| Key::new(key).unwrap());
    let explanation = (
        (name(), ".{0,8}", ".{0,8}", ".{0,8}", ".{0,8}"),
        (
            texts(),
            texts(),
            texts(),
            option::of(any::<u64>()),
            any::<u32>(),
        ),
    )
        .prop_map(|(one, two)| {
            let (key, operation, label, job, state) = one;
            let (reasons, workers, story, queue_place, runs) = two;
            Explanation {
                key,
                operation,
                label,
                job,
                state,
                reasons,
                workers,
                story,
                queue_place,
                runs,
            }
        });
    let summary = (
        (name(), any::<u16>(), any::<u32>(), any::<u64>()),
        (resources(), any::<u64>(), any::<u32>()),
    )
        .prop_map(|(one, two)| {
            let (name, port, nthreads, memory_limit) = one;
            let (resources, stored_bytes, processing) = two;
            WorkerSummary {
                name,
                address: format!("host:{port}"),
                nthreads,
                memory_limit,
                resources,
                stored_bytes,
                processing,
            }
        });
    let job = (
        (
            ".{0,8}",
            any::<u32>(),
            any::<bool>(),
            option::of(1..u32::MAX),
        ),
        (any::<u64>(), any::<u64>(), any::<u64>(), nanos()),
    )
        .prop_map(|(one, two)| {
            let (job, weight, paused, cap) = one;
            let (queued, running, tasks, given) = two;
            JobSummary {
                job,
                weight,
                paused,
                cap,
                queued,
                running,
                tasks,
                given,
            }
        });
    let ran = prop_oneof![
        value().prop_map(Ok),
        failure().prop_map(|failure| Err(Arc::new(failure)))
    ];
    prop_oneof![
        explanation.prop_map(Answer::Explained),
        vec((texts(), any::<u64>()), 0..3).prop_map(|lists| {
            let list = |(workers, nbytes)| HolderList { workers, nbytes };
            Answer::Holders(lists.into_iter().map(list).collect())
        }),
        vec((name(), vec((key(), any::<u64>()), 0..3)), 0..3).prop_map(|workers| {
            let contents = |(worker, keys): (String, Vec<(Key, u64)>)| WorkerContents {
                count: keys.len() as u64,
                worker,
                keys,
            };
            Answer::Contents(workers.into_iter().map(contents).collect())
        }),
        vec(summary, 0..3).prop_map(Answer::Workers),
        vec((name(), ran), 0..3).prop_map(Answer::Ran),
        vec(job, 0..3).prop_map(Answer::Jobs),
        any::<u64>().prop_map(Answer::Done),
    ]
}
