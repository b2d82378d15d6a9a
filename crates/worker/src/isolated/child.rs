//! The side of an isolated task: a process that runs one task at a time for a worker.

use super::frame::{self, LENGTH_BYTES};
use super::output::MARK;
use crate::panics::no_panic;
use bytes::Bytes;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use taskloom_core::message::{Compute, FromWorker, ToWorker};
use taskloom_core::{ErrorCode, Key, TaskFailure, TaskId};
use taskloom_task::{Registry, RunScope, TaskContext, Value, WorkerScope, assemble};
use tokio::runtime::Runtime;

/// Runs the isolated tasks of a worker in this process, which the worker has started for that, and
/// returns or ends the process when the worker closes the connection or ends. `name` and
/// `directory` are the worker's.
///
/// # Errors
/// If the process was not started by a worker.
pub fn isolated_main(name: String, directory: PathBuf, registry: &Registry) -> io::Result<()> {
    let (reader, writer) = connection()?;
    let scope = WorkerScope::new(name, directory);
    let writer = Arc::new(Mutex::new(writer));
    for compute in requests(reader) {
        let (task, run) = (compute.task, compute.run);
        let begun = Instant::now();
        let made = run_task(registry, &scope, &writer, *compute);
        mark_outputs();
        let elapsed = begun.elapsed();
        let end = match made {
            Ok((nbytes, value)) => FromWorker::Finished {
                task,
                run,
                nbytes,
                elapsed,
                value: Some(value),
            },
            Err(failure) => failed(task, run, elapsed, failure),
        };
        let sent = send(&writer, end).or_else(|error| {
            let failure = TaskFailure::new(ErrorCode::TooLarge, error.to_string());
            send(&writer, failed(task, run, elapsed, failure))
        });
        if sent.is_err() {
            break;
        }
    }
    Ok(())
}

fn failed(
    task: TaskId,
    run: taskloom_core::RunId,
    elapsed: Duration,
    failure: TaskFailure,
) -> FromWorker {
    FromWorker::Failed {
        task,
        run,
        elapsed,
        failure: Box::new(failure),
    }
}

/// The connection to the worker, which came as standard input. A task that reads standard input
/// finds it empty.
fn connection() -> io::Result<(UnixStream, UnixStream)> {
    let reader = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    // Something else that stands there is not a worker.
    reader.peer_addr()?;
    let nothing = std::fs::File::open("/dev/null")?;
    // SAFETY: both descriptors are open, and nobody else holds the one that is replaced.
    let replaced = unsafe { libc::dup2(std::os::fd::AsRawFd::as_raw_fd(&nothing), 0) };
    if replaced < 0 {
        return Err(io::Error::last_os_error());
    }
    let writer = reader.try_clone()?;
    Ok((reader, writer))
}

/// The tasks to run, read on a thread of its own: when the worker is gone the process ends at once,
/// also in the middle of a task.
fn requests(mut reader: UnixStream) -> impl Iterator<Item = Box<Compute>> {
    let (found, requests) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        loop {
            match receive(&mut reader) {
                Ok(ToWorker::Compute(compute)) => {
                    if found.send(compute).is_err() {
                        return;
                    }
                }
                // A worker says nothing else.
                Ok(_) => {}
                Err(_) => std::process::exit(0),
            }
        }
    });
    requests.into_iter()
}

fn receive(reader: &mut UnixStream) -> io::Result<ToWorker> {
    let mut length = [0; LENGTH_BYTES];
    reader.read_exact(&mut length)?;
    let mut bytes = vec![0; frame::length(length)?];
    reader.read_exact(&mut bytes)?;
    frame::decode(Bytes::from(bytes))
}

fn send(writer: &Mutex<UnixStream>, message: FromWorker) -> io::Result<()> {
    let frame = frame::encode(message)?;
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    writer.write_all(&frame)
}

fn run_task(
    registry: &Registry,
    scope: &Arc<WorkerScope>,
    writer: &Arc<Mutex<UnixStream>>,
    compute: Compute,
) -> Result<(u64, taskloom_core::Encoded), TaskFailure> {
    let protocol = |text: String| TaskFailure::new(ErrorCode::Protocol, text);
    let definition = registry
        .get(compute.operation)
        .ok_or_else(|| protocol(format!("there is no operation {}", compute.operation)))?;
    let panicked = |text| TaskFailure::new(ErrorCode::Panic, text);
    let key = Key::from_bytes(compute.key).map_err(|error| protocol(error.to_string()))?;
    let way = Arc::new(Way {
        task: compute.task,
        writer: writer.clone(),
    });
    let context = TaskContext::with_scope(key, compute.run, scope.clone(), way);
    let nodes = taskloom_wire::arguments::decode(&compute.arguments)
        .map_err(|error| protocol(error.to_string()))?;
    let mut inputs: Vec<Option<Value>> = compute
        .inputs
        .into_iter()
        .map(|input| input.value.map(Value::from_encoded))
        .collect();
    // Each reference has an input of its own.
    let arguments = no_panic(|| {
        assemble(nodes, |dependency, _| {
            inputs.get_mut(dependency as usize)?.take()
        })
    })
    .map_err(panicked)??;
    let value = if definition.is_async() {
        let runtime = runtime().map_err(|error| protocol(error.to_string()))?;
        runtime.block_on(definition.run_async(context, arguments))?
    } else {
        definition.run_thread(&context, arguments)?
    };
    let encoded =
        no_panic(|| value.encode().map(|encoded| (value.nbytes(), encoded))).map_err(panicked)?;
    encoded.map_err(|error| TaskFailure::new(ErrorCode::Encode, error.to_string()))
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// Everything that the task has printed is of this task.
fn mark_outputs() {
    let mut standard_output = io::stdout().lock();
    let _ = standard_output
        .write_all(MARK)
        .and_then(|()| standard_output.flush());
    let _ = io::stderr().write_all(MARK);
}

/// What a task in a process of its own can ask of its worker.
struct Way {
    task: TaskId,
    writer: Arc<Mutex<UnixStream>>,
}

impl RunScope for Way {
    fn task(&self) -> TaskId {
        self.task
    }

    // The worker counts the process, whatever it does.
    fn secede(&self) {}

    fn poll_rejoin(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn log(&self, level: u8, text: &str) {
        let lines = text.lines().map(|line| {
            let end = line.floor_char_boundary(taskloom_core::limits::LOG_BYTES_MAX);
            (level, line[..end].to_owned())
        });
        let message = FromWorker::Logged {
            task: self.task,
            lines: lines.collect(),
        };
        // Without a worker this process is about to end.
        let _ = send(&self.writer, message);
    }
}
