//! The machine of the example `extending`, by itself: it is a function of its events, so it is
//! tested without a cluster.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, missing_docs)] // The words are those of the example.
#[path = "../examples/extending/board.rs"]
mod board;

use board::{Boards, OfferRequest};
use taskloom::ErrorCode;
use taskloom::extension::{
    CallId, Called, ClientId, Extension, ExtensionEffect, ExtensionEffects, ExtensionEvent,
    TaskEnd, TaskId, Time, from_payload, hosted, to_payload,
};

const CALL: CallId = CallId {
    client: ClientId::new(1, 1),
    request: 1,
};

fn task(number: u32) -> TaskId {
    TaskId::new(number, 1)
}

/// What the machine wants done after an event.
fn after(boards: &mut dyn Extension, event: ExtensionEvent) -> Vec<ExtensionEffect> {
    let mut effects = ExtensionEffects::default();
    boards.handle(Time::ZERO, event, &mut effects);
    effects.0
}

fn offer(score: f64, number: u32) -> ExtensionEvent {
    let board = "b".to_owned();
    ExtensionEvent::Called(Called {
        call: CALL,
        operation: 0,
        payload: to_payload(&OfferRequest { board, score }).unwrap(),
        futures: vec![task(number)],
    })
}

/// The reply of an offer, and the tasks that were held and let go.
fn outcome(effects: Vec<ExtensionEffect>) -> (bool, Vec<TaskId>, Vec<TaskId>) {
    let (mut reply, mut held, mut gone) = (None, Vec::new(), Vec::new());
    for effect in effects {
        match effect {
            ExtensionEffect::Reply { payload, .. } => reply = Some(from_payload(&payload).unwrap()),
            ExtensionEffect::Hold { task, .. } => held.push(task),
            ExtensionEffect::LetGo { task, .. } => gone.push(task),
            other => panic!("{other:?}"),
        }
    }
    (reply.unwrap(), held, gone)
}

#[test]
fn only_the_best_task_is_held() {
    let mut boards = hosted(Boards::default());
    let first = outcome(after(&mut *boards, offer(1.0, 1)));
    assert_eq!(first, (true, vec![task(1)], vec![]));
    let worse = outcome(after(&mut *boards, offer(0.5, 2)));
    assert_eq!(worse, (false, vec![], vec![]));
    let better = outcome(after(&mut *boards, offer(2.0, 3)));
    assert_eq!(better, (true, vec![task(3)], vec![task(1)]));
    // It fails: the board is empty, and the next one is the best again.
    let end = TaskEnd::Failed(ErrorCode::Task);
    let ended = ExtensionEvent::TaskEnded { task: task(3), end };
    let effects = after(&mut *boards, ended);
    assert!(
        matches!(effects[..], [ExtensionEffect::LetGo { .. }]),
        "{effects:?}"
    );
    let next = outcome(after(&mut *boards, offer(0.1, 4)));
    assert_eq!(next, (true, vec![task(4)], vec![]));
}

#[test]
fn what_cannot_be_offered_is_refused() {
    let mut boards = hosted(Boards::default());
    let effects = after(&mut *boards, offer(f64::NAN, 1));
    assert!(
        matches!(effects[..], [ExtensionEffect::Refuse { .. }]),
        "{effects:?}"
    );
}
