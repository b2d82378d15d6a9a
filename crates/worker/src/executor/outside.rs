//! Runs outside scheduling: at once, beside the compute threads, with an answer of their own.

use super::Crew;
use super::completions::Report;
use crate::home::Home;
use crate::isolated::Isolated;
use crate::panics::no_panic;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use taskloom_core::limits::CALL_BYTES_MAX;
use taskloom_core::message::Compute;
use taskloom_core::{Encoded, ErrorCode, Key, RunId, TaskFailure, TaskId};
use taskloom_task::{Argument, Definition, TaskContext, Value, assemble};
use tokio::runtime::Handle;

/// Most of them at a time; more are refused.
const AT_A_TIME_MAX: usize = 64;

/// A run outside scheduling.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) session: u64,
    pub(crate) request: u64,
    pub(crate) operation: u32,
    pub(crate) definition: &'static Definition,
    pub(crate) arguments: bytes::Bytes,
    pub(crate) home: Arc<Home>,
}

/// One of the places for runs.
struct Place(Arc<Crew>);

impl Place {
    fn take(crew: &Arc<Crew>) -> Option<Self> {
        let more = |count: usize| (count < AT_A_TIME_MAX).then_some(count + 1);
        let taken = crew
            .outside
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        taken.ok().map(|_| Self(crew.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.outside.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Outside {
    /// Runs it on a thread of its own, or on the runtime if it is async. The answer is reported.
    pub(crate) fn spawn(
        self,
        runtime: Option<&Handle>,
        isolated: &Arc<Isolated>,
        crew: &Arc<Crew>,
    ) {
        let (session, request) = (self.session, self.request);
        let crew = crew.clone();
        let place = Place::take(&crew);
        let answer = move |result: Result<Encoded, TaskFailure>| {
            crew.completions.tell(Report::Ran {
                session,
                request,
                result: result.map_err(Box::new),
            });
        };
        let Some(place) = place else {
            let message = format!("{AT_A_TIME_MAX} operations run outside scheduling already");
            return answer(Err(self.failure(ErrorCode::Overloaded, message)));
        };
        match runtime {
            Some(runtime) if !self.definition.runs_on_thread() => {
                let isolated = isolated.clone();
                runtime.spawn(async move {
                    let result = if self.definition.is_isolated() {
                        self.run_isolated(&isolated).await
                    } else {
                        self.run_async().await
                    };
                    drop(place);
                    answer(result);
                });
            }
            _ => {
                let lost = self.failure(
                    ErrorCode::Overloaded,
                    "the system gives no thread for it".to_owned(),
                );
                let refuse = answer.clone();
                let work = move || {
                    let result = self.run();
                    drop(place);
                    answer(result);
                };
                let thread = std::thread::Builder::new().name("taskloom-outside".into());
                if thread.spawn(work).is_err() {
                    refuse(Err(lost));
                }
            }
        }
    }

    fn run(&self) -> Result<Encoded, TaskFailure> {
        let (context, arguments) = self.prepare()?;
        let value = self.definition.run_thread(&context, arguments)?;
        self.encode(&value)
    }

    async fn run_async(&self) -> Result<Encoded, TaskFailure> {
        let (context, arguments) = self.prepare()?;
        let value = self.definition.run_async(context, arguments).await?;
        self.encode(&value)
    }

    async fn run_isolated(&self, isolated: &Isolated) -> Result<Encoded, TaskFailure> {
        let context = self.context()?;
        let compute = Compute {
            task: TaskId::new(u32::MAX, u32::MAX),
            run: context.run(),
            key: context.key().to_owned().into(),
            operation: self.operation,
            priority: 0,
            rank: 0,
            arguments: self.arguments.clone(),
            inputs: Vec::new(),
            inline_result: true,
            timeout: Duration::ZERO,
        };
        let made = isolated.run(&context, Box::new(compute)).await;
        let (_, encoded) = made.map_err(|failure| self.named(failure))?;
        self.answer(encoded)
    }

    fn context(&self) -> Result<TaskContext, TaskFailure> {
        let key = format!("{}-outside-{}", self.definition.short_name(), self.request);
        let key =
            Key::new(&key).map_err(|error| self.failure(ErrorCode::Protocol, error.to_string()))?;
        // Its number is none of the scheduler's, so its scratch directory is its own as well.
        let run = RunId(u64::MAX - self.request);
        Ok(TaskContext::new(key, run, self.home.scope.clone()))
    }

    fn prepare(&self) -> Result<(TaskContext, Vec<Argument>), TaskFailure> {
        let context = self.context()?;
        let protocol = |error: String| self.failure(ErrorCode::Protocol, error);
        let nodes = taskloom_wire::arguments::decode(&self.arguments)
            .map_err(|error| protocol(format!("the arguments cannot be read: {error}")))?;
        let arguments = no_panic(|| assemble(nodes, |_, _| None))
            .unwrap_or_else(|text| Err(self.failure(ErrorCode::Panic, text)))
            .map_err(|failure| self.named(failure))?;
        Ok((context, arguments))
    }

    fn encode(&self, value: &Value) -> Result<Encoded, TaskFailure> {
        let failed = |text| self.failure(ErrorCode::Encode, text);
        let encoded = no_panic(|| value.encode())
            .map_err(failed)?
            .map_err(|error| failed(error.to_string()))?;
        self.answer(encoded)
    }

    fn answer(&self, encoded: Encoded) -> Result<Encoded, TaskFailure> {
        if encoded.nbytes() > CALL_BYTES_MAX as u64 {
            let message = format!(
                "what it returned has {} bytes, and an answer has at most {CALL_BYTES_MAX}: submit \
                 it as a task, and fetch the result",
                encoded.nbytes()
            );
            return Err(self.failure(ErrorCode::TooLarge, message));
        }
        Ok(encoded)
    }

    fn failure(&self, code: ErrorCode, message: String) -> TaskFailure {
        self.named(TaskFailure::new(code, message))
    }

    fn named(&self, mut failure: TaskFailure) -> TaskFailure {
        failure.operation = self.definition.operation().to_string();
        failure.worker = self.home.name.clone();
        failure
    }
}
