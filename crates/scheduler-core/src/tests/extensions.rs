//! Extensions: their calls, what they hold and hand out, what they hear, and what they may not do.

use crate::extension::{
    CallId, Extension, ExtensionEffects, ExtensionError, ExtensionEvent, Hears, TaskEnd,
};
use crate::testing::TestScheduler;
use crate::{Config, SchedulerCore};
use bytes::Bytes;
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use taskloom_core::message::{Call, FromClient};
use taskloom_core::{TaskFailure, TaskId, Ticket, Time};

/// What an extension heard.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Does what its calls say: commands, separated by `;`. Futures of calls are put on a shelf.
struct Script {
    name: &'static str,
    operations: &'static [&'static str],
    hears: Hears,
    heard: Heard,
    shelf: Vec<TaskId>,
    waiting: Vec<CallId>,
    deadline: Option<Time>,
}

const OPERATIONS: &[&str] = &["do", "confirm", "news"];

impl Script {
    fn new(hears: Hears) -> (Self, Heard) {
        let heard = Heard::default();
        let script = Self {
            name: "script",
            operations: OPERATIONS,
            hears,
            heard: heard.clone(),
            shelf: Vec::new(),
            waiting: Vec::new(),
            deadline: None,
        };
        (script, heard)
    }

    fn obey(&mut self, now: Time, call: CallId, command: &str, effects: &mut ExtensionEffects) {
        let words: Vec<&str> = command.split_whitespace().collect();
        let task = |word: &str| self.shelf[word.parse::<usize>().unwrap()];
        match *words {
            ["hold", name, at] => effects.hold(name, task(at)),
            ["drop", name, at] => effects.let_go(name, task(at)),
            ["reply"] => effects.reply(call, "ok", Vec::new()),
            ["give"] => effects.reply(call, "ok", self.shelf.clone()),
            ["refuse"] => {
                let code = taskloom_core::ErrorCode::Refused;
                effects.refuse(call, TaskFailure::new(code, "no"));
            }
            ["wait"] => self.waiting.push(call),
            ["wake"] => {
                for call in self.waiting.drain(..) {
                    effects.reply(call, "ok", Vec::new());
                }
            }
            ["push", operation] => {
                let operation = operation.parse().unwrap();
                effects.push(call.client, operation, "news", self.shelf.clone());
            }
            ["tick", millis] => {
                self.deadline = Some(now + Duration::from_millis(millis.parse().unwrap()));
            }
            ["large"] => effects.reply(call, vec![0; 2 << 20], Vec::new()),
            ["panic"] => panic!("as it was told"),
            ref other => panic!("what is {other:?}?"),
        }
    }
}

impl Extension for Script {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operations(&self) -> &'static [&'static str] {
        self.operations
    }

    fn hears(&self) -> Hears {
        self.hears
    }

    fn confirmed(&self, operation: usize) -> bool {
        operation == 1
    }

    fn handle(&mut self, now: Time, event: ExtensionEvent, effects: &mut ExtensionEffects) {
        match event {
            ExtensionEvent::Called(called) => {
                self.shelf.extend(called.futures);
                let text = String::from_utf8(called.payload.to_vec()).unwrap();
                for command in text.split(';').filter(|command| !command.is_empty()) {
                    self.obey(now, called.call, command, effects);
                }
            }
            ExtensionEvent::Withdrawn(call) => {
                self.waiting.retain(|&other| other != call);
                self.heard.push(format!("withdrawn {}", call.request));
            }
            ExtensionEvent::Received(call) => self.heard.push(format!("received {}", call.request)),
            ExtensionEvent::ClientJoined { name, .. } => self.heard.push(format!("+{name}")),
            ExtensionEvent::ClientGone(client) => {
                for &task in &self.shelf {
                    effects.hold("heir", task);
                }
                self.waiting.retain(|call| call.client != client);
                self.heard.push("-client".into());
            }
            ExtensionEvent::WorkerJoined { name } => self.heard.push(format!("+{name}")),
            ExtensionEvent::WorkerGone { name } => self.heard.push(format!("-{name}")),
            ExtensionEvent::TaskEnded { task, end } => {
                let at = self.shelf.iter().position(|&other| other == task);
                let at = at.map_or("?".into(), |at| at.to_string());
                self.heard.push(match end {
                    TaskEnd::Finished { nbytes } => format!("{at} finished: {nbytes}"),
                    TaskEnd::Failed(code) => format!("{at} failed: {code:?}"),
                });
            }
            ExtensionEvent::Tick => {
                self.heard.push("tick".into());
                if self.deadline.take().is_none() {
                    panic!("a tick that nobody asked for");
                }
            }
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        self.deadline
    }
}

fn script(hears: Hears) -> (TestScheduler, Heard) {
    let (script, heard) = Script::new(hears);
    let t = TestScheduler::extended(vec![Box::new(script)]);
    heard.take();
    (t, heard)
}

impl TestScheduler {
    /// Calls the operation `do` of [`Script`] with futures.
    fn tell(&mut self, request: u64, commands: &str, futures: &[&str]) -> &mut Self {
        self.tell_of("c", 0, request, commands, futures)
    }

    fn tell_of(
        &mut self,
        client: &str,
        operation: u32,
        request: u64,
        commands: &str,
        futures: &[&str],
    ) -> &mut Self {
        let ticket = |name: &&str| match name.parse() {
            Ok(number) => Ticket(number),
            Err(_) => self.ticket(client, name),
        };
        let call = Call {
            request,
            operation,
            payload: Bytes::from(commands.to_owned()),
            futures: futures.iter().map(ticket).collect(),
        };
        self.say(client, FromClient::Call(Box::new(call)))
    }
}

#[test]
fn calls_are_replied_to_once_or_refused() {
    let (mut t, _) = script(Hears::Held);
    t.tell(1, "reply;reply;refuse", &[])
        .expect(["c: reply 1: 2 bytes, 0 futures"]);
    t.tell(2, "refuse;reply", &[]).expect(["c: refuse 2: no"]);
    // Without a number there is no reply, but a refusal is told.
    t.tell(0, "reply", &[]).expect([]);
    t.tell(0, "refuse", &[]).expect(["c: refuse 0: no"]);
    t.tell(3, "wait", &[]).expect([]);
    t.tell(4, "wake;reply", &[]).expect([
        "c: reply 3: 2 bytes, 0 futures",
        "c: reply 4: 2 bytes, 0 futures",
    ]);
}

#[test]
fn calls_that_cannot_be_are_refused_in_words() {
    let (mut t, _) = script(Hears::Held);
    t.tell_of("c", 9, 1, "", &[])
        .expect(["c: refuse 1: the scheduler has no operation 9"]);
    t.tell(1, "wait", &[]).expect([]);
    t.tell(1, "reply", &[])
        .expect(["c: refuse 1: do: the number 1 is that of a call under way"]);
    t.graph("a*").skip();
    let unknown = "do: future 1 of the call is unknown to the scheduler: its task was refused, or \
                   it is released";
    t.tell(2, "reply", &["a", "77"])
        .expect([&*format!("c: refuse 2: {unknown}")]);
    t.turn(crate::Event::Close {
        reason: "tests".into(),
    })
    .skip();
    t.tell(3, "reply", &[])
        .expect(["c: refuse 3: do: the scheduler is shutting down: tests"]);
}

#[test]
fn a_held_task_goes_on_without_its_client() {
    let (mut t, _) = script(Hears::Held);
    t.workers(["w1"]).client("d").graph("a -> b*");
    t.tell(0, "hold x 0", &["b"]).skip();
    t.client_gone("c").expect([]);
    t.finish("a", "w1").finish("b", "w1").skip();
    // The new owner finds it done.
    t.tell_of("d", 0, 1, "give", &[]);
    let granted = Ticket::FIRST_GRANTED;
    assert_eq!(
        t.said(),
        [
            "d: reply 1: 2 bytes, 1 futures".to_owned(),
            format!("d: finished {granted}")
        ]
    );
    t.tell_of("d", 0, 2, "drop x 0", &[]);
    t.tell_of("d", 0, 3, "reply;drop heir 0", &[])
        .expect(["d: reply 3: 2 bytes, 0 futures"]);
    t.say("d", FromClient::Release(vec![granted]))
        .expect(["w1: free b"]);
    assert_eq!(t.core.identity(t.now).tasks, Default::default());
}

#[test]
fn holds_count_and_names_are_apart() {
    let (mut t, _) = script(Hears::Held);
    t.workers(["w1"]).graph("a*");
    t.tell(0, "hold x 0;hold x 0;hold y 0", &["a"])
        .finish("a", "w1");
    t.release("a").skip();
    t.tell(0, "drop x 0;drop y 0", &[]).expect([]);
    t.tell(0, "drop x 0", &[]).expect(["w1: free a"]);
}

#[test]
fn letting_go_of_what_is_not_held_is_a_fault_and_harmless() {
    let (mut t, _) = script(Hears::Held);
    t.workers(["w1"]).graph("a*").skip();
    t.tell(0, "drop x 0", &["a"])
        .expect(["fault of script in do: it lets go of a task under x, where it holds none"]);
    t.tell(0, "hold x 0;drop y 0", &["a"]).skip();
    t.finish("a", "w1").expect(["c: finished a"]);
}

#[test]
fn a_cancelled_task_that_is_held_goes_on_for_its_holder() {
    let (mut t, heard) = script(Hears::Held);
    t.workers(["w1"]).graph("a*").skip();
    t.tell(0, "hold x 0", &["a"]).cancel("a").skip();
    t.finish("a", "w1").expect([]);
    assert_eq!(heard.take(), ["+w1", "0 finished: 100"]);
}

#[test]
fn tasks_that_are_pushed_come_after_the_message_and_with_their_state() {
    let (mut t, _) = script(Hears::Held);
    t.workers(["w1"]).graph("a* b*").skip();
    t.fail("b", "w1").skip();
    t.tell(0, "hold x 0;hold x 1", &["a", "b"]).skip();
    t.tell(0, "push 2", &[]);
    let (a, b) = (Ticket::FIRST_GRANTED, Ticket::FIRST_GRANTED.offset(1));
    let failed = format!("c: failed {b}: Task of b");
    assert_eq!(t.said(), ["c: push 2: 2 futures", &failed]);
    t.finish("a", "w1");
    let mut lines = t.take_lines();
    lines.retain(|line| line.starts_with("c: finished"));
    assert_eq!(lines, [format!("c: finished {a}"), "c: finished a".into()]);
}

#[test]
fn a_granted_future_can_be_an_argument() {
    let (mut t, _) = script(Hears::Held);
    t.workers(["w1"]).client("d").graph("a*").skip();
    t.tell(0, "hold x 0", &["a"]).skip();
    t.tell_of("d", 0, 1, "give", &[]).skip();
    let mut chunk = t.chunk("d", "b*");
    chunk.dependencies = vec![Ticket::FIRST_GRANTED];
    chunk.dependency_ends = vec![1];
    t.say("d", FromClient::Submit(Box::new(chunk))).skip();
    t.finish("a", "w1").take_lines();
    t.finish("b", "w1").expect(["d: finished b"]);
}

#[test]
fn a_task_that_is_handed_out_but_gone_fails_for_who_gets_it() {
    let (mut t, _) = script(Hears::Held);
    t.graph("a*").tell(0, "", &["a"]).release("a").skip();
    t.tell(1, "give", &[]);
    let ticket = Ticket::FIRST_GRANTED;
    assert_eq!(
        t.said(),
        [
            "c: reply 1: 2 bytes, 1 futures".to_owned(),
            format!("c: failed {ticket}: Lost of ")
        ]
    );
}

#[test]
fn a_panic_drops_what_was_decided_and_refuses_the_call() {
    let (mut t, heard) = script(Hears::Held);
    t.workers(["w1"]).graph("a*").skip();
    t.tell(1, "hold x 0;push 2;panic", &["a"]).expect([
        "c: refuse 1: the extension script panicked in do: as it was told",
        "fault of script in do: as it was told",
    ]);
    t.release("a").expect(["w1: cancel a"]);
    t.tell(2, "reply", &[])
        .expect(["c: reply 2: 2 bytes, 0 futures"]);
    assert_eq!(heard.take(), ["+w1"]);
}

#[test]
fn replies_and_pushes_that_cannot_be_are_faults() {
    let (mut t, _) = script(Hears::Held);
    let reason = "the reply of do has 2097152 bytes, more than 1048576";
    t.tell(1, "large", &[]).expect([
        &*format!("c: refuse 1: {reason}"),
        &*format!("fault of script in do: {reason}"),
    ]);
    t.tell(0, "push 9", &[]).expect([
        "fault of script in do: a message that it pushes has no operation of its extension",
    ]);
}

#[test]
fn confirmed_calls_are_heard_of_until_they_are_received_or_withdrawn() {
    let (mut t, heard) = script(Hears::Held);
    let reply = |t: &mut TestScheduler, operation, request| {
        t.tell_of("c", operation, request, "reply", &[]).skip();
    };
    reply(&mut t, 1, 1);
    reply(&mut t, 1, 2);
    reply(&mut t, 0, 3);
    t.say("c", FromClient::Received(1));
    t.say("c", FromClient::Received(1));
    t.say("c", FromClient::Withdraw(1));
    t.say("c", FromClient::Withdraw(2));
    t.say("c", FromClient::Withdraw(3));
    t.tell(4, "wait", &[]).say("c", FromClient::Withdraw(4));
    t.tell(5, "wake", &[]).expect([]);
    assert_eq!(heard.take(), ["received 1", "withdrawn 2", "withdrawn 4"]);
}

#[test]
fn ends_are_heard_of_what_is_held_or_of_all() {
    let (mut t, heard) = script(Hears::Held);
    t.workers(["w1"]).graph("a* b*").tell(0, "hold x 0", &["a"]);
    t.finish("a", "w1").fail("b", "w1");
    // One that had ended is told at once; one that is lost and made again, again.
    t.tell(0, "hold x 1", &["b"]);
    t.workers(["w2"]).remove_worker("w1");
    t.finish("a", "w2");
    let ends = [
        "+w1",
        "0 finished: 100",
        "1 failed: Task",
        "+w2",
        "-w1",
        "0 finished: 100",
    ];
    assert_eq!(heard.take(), ends);

    let (mut t, heard) = script(Hears::All);
    t.workers(["w1"]).graph("a* b*");
    t.finish("a", "w1").fail("b", "w1");
    assert_eq!(heard.take(), ["+w1", "? finished: 100", "? failed: Task"]);
}

#[test]
fn clients_are_announced_and_their_tasks_can_be_inherited() {
    let (mut t, heard) = script(Hears::Held);
    t.workers(["w1"]).client("d").graph_of("d", "a*");
    t.tell_of("d", 0, 7, "wait", &["a"]).skip();
    t.client_gone("d");
    assert_eq!(heard.take(), ["+w1", "+d", "-client"]);
    // It was held before the client's want was gone, so it was not even cancelled.
    t.finish("a", "w1").expect([]);
    assert_eq!(t.core.identity(t.now).tasks.memory, 1);
    // A reply to a client that is gone reaches nobody.
    t.tell(1, "wake;push 2", &[]).skip();
}

#[test]
fn ticks_come_when_asked_for_and_never_spin() {
    let (mut t, heard) = script(Hears::Held);
    t.tell(0, "tick 20", &[]).after(Duration::from_millis(10));
    assert_eq!(heard.take(), Vec::<String>::new());
    t.after(Duration::from_millis(10));
    t.after(Duration::from_millis(10));
    assert_eq!(heard.take(), ["tick"]);
    assert_eq!(t.core.next_deadline(), None);
    // A deadline in the past is moved ahead.
    t.tell(0, "tick 0", &[]);
    assert!(t.core.next_deadline().unwrap() > t.now);
}

#[test]
fn s9_extensions_of_one_name_or_operation_are_refused() {
    let make = |name, operations| -> Box<dyn Extension> {
        let (script, _) = Script::new(Hears::Held);
        Box::new(Script {
            name,
            operations,
            ..script
        })
    };
    let start = |extensions| {
        let core = SchedulerCore::with_extensions(Config::default(), 1, extensions);
        core.map(drop).unwrap_err()
    };
    assert_eq!(
        start(vec![make("a", &["x", "y"]), make("b", &["z", "y"])]),
        ExtensionError::DuplicateOperation {
            operation: "y".into(),
            first: "a".into(),
            second: "b".into(),
        }
    );
    let twice = start(vec![make("a", &["x"]), make("a", &[])]);
    assert_eq!(twice, ExtensionError::DuplicateName("a".into()));
}

#[derive(Clone, Debug)]
enum Step {
    Submit(u8),
    Shelve(u8),
    Hold(u8, u8),
    LetGo(u8),
    Give(bool),
    Panic(u8),
    Release(u8),
    Cancel(u8),
    Finish(u8),
    Fail(u8),
    Lose(bool),
    Leave,
}

fn step() -> impl Strategy<Value = Step> {
    let n = || 0..8u8;
    prop_oneof![
        3 => n().prop_map(Step::Submit),
        3 => n().prop_map(Step::Shelve),
        4 => (0..3u8, any::<u8>()).prop_map(|(name, at)| Step::Hold(name, at)),
        3 => any::<u8>().prop_map(Step::LetGo),
        1 => any::<bool>().prop_map(Step::Give),
        1 => n().prop_map(Step::Panic),
        2 => n().prop_map(Step::Release),
        1 => n().prop_map(Step::Cancel),
        4 => n().prop_map(Step::Finish),
        1 => n().prop_map(Step::Fail),
        1 => any::<bool>().prop_map(Step::Lose),
        1 => Just(Step::Leave),
    ]
}

proptest! {
    /// Whatever an extension holds, hands out and lets go, the tables agree after every event (the
    /// driver checks them), and nothing is left when all have let go.
    #[test]
    fn holds_leave_nothing_behind(steps in prop::collection::vec(step(), 1..80)) {
        let (mut t, _) = script(Hears::Held);
        t.workers(["w0", "w1"]);
        let name = |n: u8| format!("t{n}");
        let mut submitted = std::collections::BTreeSet::new();
        let mut shelf = 0;
        let mut holds = std::collections::BTreeMap::new();
        let mut granted = 0;
        t.client("d");
        for step in steps {
            match step {
                Step::Submit(n) if submitted.insert(n) => {
                    let needs = n.checked_sub(1).filter(|before| submitted.contains(before));
                    let mut chunk = t.chunk("c", &format!("{}*", name(n)));
                    if let Some(before) = needs {
                        chunk.dependencies = vec![t.ticket("c", &name(before))];
                        chunk.dependency_ends = vec![1];
                    }
                    t.say("c", FromClient::Submit(Box::new(chunk)));
                }
                Step::Shelve(n) if submitted.contains(&n) => {
                    t.tell(0, "", &[&*name(n)]);
                    shelf += 1;
                    // Held at once, so that it stays what it is.
                    let at = shelf - 1;
                    t.tell(0, &format!("hold h0 {at}"), &[]);
                    *holds.entry((0, at)).or_insert(0) += 1;
                }
                Step::Hold(holder, at) if shelf > 0 => {
                    let at = u32::from(at) % shelf;
                    // Only what somebody holds is surely there.
                    if holds.keys().any(|&(_, held)| held == at) {
                        t.tell(0, &format!("hold h{holder} {at}"), &[]);
                        *holds.entry((holder, at)).or_insert(0) += 1;
                    }
                }
                Step::LetGo(nth) if !holds.is_empty() => {
                    let (holder, at) = *holds.keys().nth(usize::from(nth) % holds.len()).unwrap();
                    t.tell(0, &format!("drop h{holder} {at}"), &[]);
                    let count = holds.get_mut(&(holder, at)).unwrap();
                    *count -= 1;
                    if *count == 0 {
                        holds.remove(&(holder, at));
                    }
                }
                Step::Give(pushed) => {
                    let command = if pushed { "push 2" } else { "give" };
                    t.tell_of("d", 0, 1 + granted, command, &[]);
                    granted += u64::from(shelf);
                }
                Step::Panic(n) if submitted.contains(&n) && shelf > 0 => {
                    t.tell(0, "hold h1 0;panic", &[]);
                }
                Step::Release(n) if submitted.remove(&n) => drop(t.release(&name(n))),
                Step::Cancel(n) if submitted.contains(&n) => drop(t.cancel(&name(n))),
                Step::Finish(n) | Step::Fail(n) => {
                    for worker in ["w0", "w1"] {
                        if t.has_run(&name(n), worker) {
                            match step {
                                Step::Finish(_) => t.finish(&name(n), worker),
                                _ => t.fail(&name(n), worker),
                            };
                        }
                    }
                }
                Step::Lose(first) => {
                    let worker = if first { "w0" } else { "w1" };
                    t.remove_worker(worker).workers([worker]);
                }
                Step::Leave => {
                    t.client_gone("d").client("d");
                    // The script inherits what is on the shelf, if it is still there.
                    let heirs: Vec<u32> = (0..shelf).collect();
                    for at in heirs {
                        t.tell(0, &format!("drop heir {at}"), &[]);
                    }
                }
                _ => {}
            }
            t.skip();
        }
        for ((holder, at), count) in holds {
            for _ in 0..count {
                t.tell(0, &format!("drop h{holder} {at}"), &[]);
            }
        }
        for n in submitted {
            t.release(&name(n));
        }
        t.client_gone("d");
        for at in 0..shelf {
            t.tell(0, &format!("drop heir {at}"), &[]);
        }
        prop_assert_eq!(t.core.identity(t.now).tasks, Default::default());
    }
}
