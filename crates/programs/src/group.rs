//! The process group of a program: whatever it starts ends with it.

use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError, mpsc};
#[cfg(target_os = "linux")]
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// A program that runs. Dropping it kills it with all that it has started.
pub(crate) struct Group {
    pub(crate) child: Child,
    /// The number of the group, until the program was waited for: then it may be another's.
    group: Option<libc::pid_t>,
}

impl Group {
    /// Starts a program.
    pub(crate) async fn start(mut command: Command) -> io::Result<Self> {
        command.process_group(0).kill_on_drop(true);
        die_with_this_process(&mut command);
        let child = spawn(command).await?;
        let group = child.id().and_then(|id| libc::pid_t::try_from(id).ok());
        Ok(Self { child, group })
    }

    /// Waits until the program itself has ended. What it left running in its group is killed.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let Some(end) = self.watch() else {
            let status = self.child.wait().await;
            self.kill();
            return status;
        };
        // The group is killed while the program is a zombie, so that its number is still its own.
        let ended = end.readable().await.map(drop);
        self.kill();
        ended?;
        self.child.wait().await
    }

    /// What becomes readable when the program has ended, and does not collect it; where the system
    /// has such a thing.
    #[cfg(target_os = "linux")]
    fn watch(&self) -> Option<AsyncFd<OwnedFd>> {
        // SAFETY: a plain system call without pointers; the child was not waited for.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, self.group?, 0) };
        let fd = i32::try_from(fd).ok().filter(|&fd| fd >= 0)?;
        // SAFETY: the call above has just made this descriptor for us alone.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: what is handed over owns the descriptor, which stays the same until then.
        unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }.ok()
    }

    #[cfg(not(target_os = "linux"))]
    fn watch(&self) -> Option<AsyncFd<OwnedFd>> {
        None
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            // SAFETY: no preconditions. The leader of the group was not waited for, or only just, so
            // the number is its own. That nothing is left to kill is no error.
            let _ = unsafe { libc::killpg(group, libc::SIGKILL) };
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Starts the process on a thread that lives as long as this process: the kernel takes the end of the
/// thread that started a program for the end of its parent.
async fn spawn(mut command: Command) -> io::Result<Child> {
    static STARTER: Mutex<Option<mpsc::Sender<Job>>> = Mutex::new(None);
    let runtime = Handle::current();
    let (reply, child) = oneshot::channel();
    let job: Job = Box::new(move || {
        let _entered = runtime.enter();
        // The task may have been dropped meanwhile: so is the child, which kills it.
        let _ = reply.send(command.spawn());
    });
    {
        let mut starter = STARTER.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = match &*starter {
            Some(starter) => starter.send(job),
            None => Err(mpsc::SendError(job)),
        };
        if let Err(mpsc::SendError(job)) = sent {
            let (sender, jobs) = mpsc::channel::<Job>();
            std::thread::Builder::new()
                .name("taskloom-programs".into())
                .spawn(move || jobs.into_iter().for_each(|job| job()))?;
            // The thread has just begun to listen.
            let _ = sender.send(job);
            *starter = Some(sender);
        }
    }
    child.await.unwrap_or_else(|_| {
        Err(io::Error::other(
            "the thread that starts programs has ended",
        ))
    })
}

/// Has the kernel kill the program when the worker dies without a word.
#[cfg(target_os = "linux")]
fn die_with_this_process(command: &mut Command) {
    let parent = std::process::id();
    // SAFETY: `prctl` and `getppid` may be called between fork and exec; nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            // It may have died before that.
            match u32::try_from(libc::getppid()) {
                Ok(now) if now == parent => Ok(()),
                _ => Err(io::Error::from_raw_os_error(libc::ESRCH)),
            }
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_this_process(_: &mut Command) {}
