//! One session with the scheduler, from its welcome to its end.

use super::{Command, Control};
use crate::config::News;
use crate::error::WorkerExit;
use crate::memory;
use futures::FutureExt;
use std::time::{Duration, Instant};
use taskloom_core::limits::LEASE;
use taskloom_core::message::{FromWorker, ToWorker};
use taskloom_rpc::WorkerLink;
use taskloom_rpc::link::{Batch, Handled, LinkError, Outbox};
use taskloom_worker_core::Event;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};

/// How many frames of the scheduler one turn takes at most.
const TURN_FRAMES: usize = 16;

/// How long to wait for the ends of runs before looking, although nobody has woken us: compute
/// threads hold news back while they go on with tiny tasks, and one of those may not be tiny.
const LOOK_MIN: Duration = Duration::from_millis(2);

/// The same after looking in vain for a while.
const LOOK_MAX: Duration = Duration::from_millis(50);

/// How long the scheduler may take to see the last words of a worker that leaves.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a session ended.
pub(crate) enum SessionEnd {
    /// The worker ends with it.
    Exit(WorkerExit),
    /// The scheduler is gone; another one may come.
    Lost {
        /// Why.
        reason: String,
        /// Whether the scheduler itself said that it would go.
        announced: bool,
    },
}

/// What woke the control thread.
enum Woken {
    Command(Option<Command>),
    Frame(Result<Option<Batch<ToWorker>>, LinkError>),
    Ends,
    Transfer(Option<crate::data::Transfer>),
    Heartbeat,
    Deadline,
    Look,
}

impl Control {
    /// Lives through one session.
    pub(crate) async fn session(
        &mut self,
        link: WorkerLink,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> SessionEnd {
        let WorkerLink {
            welcome,
            mut inbox,
            outbox,
            heard,
            ..
        } = link;
        let mut heartbeat = interval(welcome.heartbeat);
        self.turn.another_session();
        self.host.set_id(Some(welcome.worker));
        self.turn.tell(Event::Opened(welcome));
        let mut said_why = None;
        let mut handled: Vec<Handled> = Vec::new();
        let mut look = LOOK_MIN;
        let end = loop {
            let exit = self.turn.end(Some(&outbox));
            handled.clear();
            if let Some(exit) = exit {
                self.farewell(outbox, &mut inbox).await;
                break SessionEnd::Exit(exit);
            }
            let deadline = self
                .turn
                .core
                .next_deadline()
                .and_then(|at| self.turn.clock.instant(at));
            let looks = self.turn.core.may_hold_back();
            let woken = tokio::select! {
                biased;
                command = commands.recv() => Woken::Command(command),
                frame = inbox.next() => Woken::Frame(frame),
                () = self.turn.completions.woken() => Woken::Ends,
                transfer = self.transfers.recv() => Woken::Transfer(transfer),
                _ = heartbeat.tick() => Woken::Heartbeat,
                () = sleep_until(deadline) => Woken::Deadline,
                () = tokio::time::sleep(look), if looks => Woken::Look,
            };
            look = if matches!(woken, Woken::Look) {
                (look * 2).min(LOOK_MAX)
            } else {
                LOOK_MIN
            };
            match woken {
                Woken::Command(Some(Command::Drain)) => {
                    self.config.tell(&News::Leaving);
                    self.turn.tell(Event::Drain);
                }
                Woken::Command(Some(Command::Stop) | None) => {
                    return SessionEnd::Exit(WorkerExit::Stopped);
                }
                Woken::Frame(mut frame) => {
                    let mut lost = None;
                    for left in (0..TURN_FRAMES).rev() {
                        match frame {
                            Ok(Some(batch)) => {
                                self.frame(batch, &mut handled, &mut said_why);
                            }
                            Ok(None) => {
                                lost = Some("the scheduler closed the session".to_owned());
                                break;
                            }
                            Err(error) => {
                                lost = Some(error.to_string());
                                break;
                            }
                        }
                        // What is taken must be handled: after the last one nothing is taken.
                        if left == 0 {
                            break;
                        }
                        match inbox.next().now_or_never() {
                            Some(next) => frame = next,
                            None => break,
                        }
                    }
                    if let Some(lost) = lost {
                        let announced = said_why.is_some();
                        let reason = said_why.take().unwrap_or(lost);
                        break SessionEnd::Lost { reason, announced };
                    }
                }
                Woken::Heartbeat => {
                    if heard.silence() > LEASE {
                        let reason = format!("nothing was heard of it for {:?}", heard.silence());
                        break SessionEnd::Lost {
                            reason,
                            announced: false,
                        };
                    }
                    let executing = self.turn.executing();
                    let process_bytes = memory::process_bytes();
                    self.turn.publish(&outbox, process_bytes);
                    self.turn.tell(Event::Heartbeat {
                        executing,
                        process_bytes,
                    });
                }
                Woken::Transfer(Some(transfer)) => self.turn.transferred(transfer),
                Woken::Transfer(None) | Woken::Ends | Woken::Look => {}
                Woken::Deadline => self.turn.tell(Event::Tick),
            }
            self.turn.take_reports();
            while let Ok(transfer) = self.transfers.try_recv() {
                self.turn.transferred(transfer);
            }
        };
        self.host.set_id(None);
        if let SessionEnd::Lost { .. } = end {
            self.turn.another_session();
            self.turn.tell(Event::Closed);
            if let Some(exit) = self.turn.end(None) {
                return SessionEnd::Exit(exit);
            }
        }
        end
    }

    fn frame(
        &mut self,
        batch: Batch<ToWorker>,
        handled: &mut Vec<Handled>,
        said_why: &mut Option<String>,
    ) {
        self.turn
            .meters
            .scheduler_said(&batch.messages, batch.bytes);
        let begun = Instant::now();
        for message in batch.messages {
            match &message {
                ToWorker::Closing { reason } => {
                    *said_why = Some(format!("the scheduler is ending: {reason}"));
                }
                ToWorker::Retire => self.config.tell(&News::Leaving),
                _ => {}
            }
            self.turn.said(message);
        }
        self.turn.meters.handle_messages.record(begun.elapsed());
        handled.push(batch.handled);
    }

    /// Says the last words of a worker that ends in order.
    async fn farewell(
        &self,
        outbox: Outbox<FromWorker>,
        inbox: &mut taskloom_rpc::link::Inbox<ToWorker>,
    ) {
        outbox.close();
        // The other side closes when it has taken everything.
        let closed = async { while let Ok(Some(_)) = inbox.next().await {} };
        let _ = tokio::time::timeout(FAREWELL, closed).await;
    }
}

fn interval(every: Duration) -> Interval {
    let mut interval = tokio::time::interval(every.max(Duration::from_millis(1)));
    // After a pause of the process, one heartbeat is as good as many.
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
