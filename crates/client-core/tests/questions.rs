//! Questions to the scheduler, beside results.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use taskloom_client_core::{ClientCore, Config, Effects, Event, NewTask};
use taskloom_core::arguments::Part;
use taskloom_core::message::{Answer, FromClient, Question, ToClient};
use taskloom_core::{Key, Operation, Time};

fn core() -> ClientCore {
    ClientCore::new(Config {
        relay_only: true,
        scatter_keep_bytes: 0,
    })
}

fn handle(core: &mut ClientCore, event: Event) -> Effects {
    let mut effects = Effects::default();
    core.handle(Time(1), event, &mut effects);
    effects
}

#[test]
fn a_question_goes_out_behind_what_was_said_before() {
    let mut core = core();
    let task = NewTask {
        key: Key::new("a").unwrap(),
        operation: Operation::new("op", 1, 1),
        options: None,
        arguments: Vec::new(),
        dependencies: Vec::new(),
        parent: None,
    };
    assert!(handle(&mut core, Event::Submit(task)).send.is_empty());
    let request = core.next_request();
    let effects = handle(&mut core, Event::Ask(Question::Workers));
    assert!(matches!(effects.send[0], FromClient::Submit(_)));
    assert_eq!(
        effects.send[1],
        FromClient::Ask {
            request,
            question: Question::Workers
        }
    );
    assert_ne!(core.next_request(), request);
}

#[test]
fn a_question_keeps_its_number_when_others_are_asked_before_it() {
    let mut core = core();
    let ticket = core.next_ticket();
    handle(&mut core, Event::Want(Key::new("large").unwrap()));
    let finished = ToClient::Finished {
        ticket,
        nbytes: 1 << 20,
        value: None,
    };
    handle(&mut core, Event::Said(vec![finished]));
    let part = Part::WHOLE;
    handle(&mut core, Event::Demand { ticket, part });
    // Where the value is, is asked in the same breath, and has a number too.
    let request = core.next_request();
    let effects = handle(&mut core, Event::Ask(Question::Sync));
    let located = |message: &FromClient| matches!(message, FromClient::Locate { .. });
    assert!(effects.send.iter().any(located));
    let question = Question::Sync;
    assert!(
        effects
            .send
            .contains(&FromClient::Ask { request, question })
    );
}

#[test]
fn answers_come_out_under_the_number_of_their_question() {
    let mut core = core();
    let request = core.next_request();
    handle(&mut core, Event::Ask(Question::Sync));
    let result = Ok(Box::new(Answer::Done(0)));
    let answered = ToClient::Answered { request, result };
    let effects = handle(&mut core, Event::Said(vec![answered]));
    let (number, result) = &effects.answered[0];
    assert_eq!(*number, request);
    assert_eq!(**result.as_ref().unwrap(), Answer::Done(0));
}

#[test]
fn a_question_is_withdrawn_when_nobody_waits() {
    let mut core = core();
    let effects = handle(&mut core, Event::GiveUp(3));
    assert_eq!(effects.send, [FromClient::Withdraw(3)]);
    // After the end there is nobody to tell.
    handle(&mut core, Event::Closed("over".into()));
    assert!(handle(&mut core, Event::GiveUp(4)).send.is_empty());
}
