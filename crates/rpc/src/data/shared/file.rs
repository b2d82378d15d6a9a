//! Memory files: made, sealed, locked, and opened in another process.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A new memory file of this size, which nobody can make smaller or larger any more.
#[cfg(target_os = "linux")]
pub(super) fn create(bytes: usize) -> io::Result<File> {
    // SAFETY: the name is a C string, and the call has no other input.
    let fd = unsafe {
        libc::memfd_create(
            c"taskloom".as_ptr(),
            libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING,
        )
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and belongs to nobody else.
    let file = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
    file.set_len(bytes as u64)?;
    let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: only changes what may be done with the file just made.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) } {
        0 => Ok(file),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The memory file that a process has open under this descriptor, opened anew.
///
/// # Errors
/// If there is none, it is not of this user, or it is no file whose size is sealed.
#[cfg(target_os = "linux")]
pub(super) fn open(process: u32, descriptor: u32) -> io::Result<File> {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

    let open = |path: String, flags| {
        let mut options = File::options();
        options.read(true).custom_flags(libc::O_CLOEXEC | flags);
        if flags & libc::O_PATH == 0 {
            options.write(true);
        }
        options.open(path)
    };
    // The numbers come from a peer and may name anything that the process has open. Looking at a
    // path does nothing to what it names; only a plain file is opened then.
    let seen = open(format!("/proc/{process}/fd/{descriptor}"), libc::O_PATH)?;
    let kind = seen.metadata()?.file_type();
    if !kind.is_file() || kind.is_fifo() {
        return Err(io::Error::other("it is no memory file"));
    }
    let file = open(
        format!("/proc/self/fd/{}", seen.as_raw_fd()),
        libc::O_NONBLOCK,
    )?;
    // SAFETY: asks about an open file. It fails for files that are not in memory.
    let seals = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GET_SEALS) };
    // Reading a map behind the end of its file ends the process, so the end must be settled.
    if seals < 0 || seals & libc::F_SEAL_SHRINK == 0 {
        return Err(io::Error::other("it is no sealed memory file"));
    }
    Ok(file)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn create(_: usize) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn open(_: u32, _: u32) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A lock on an open file, which goes with the last descriptor and map made from it.
#[derive(Clone, Copy)]
pub(super) enum Lock {
    /// Of a reader.
    Shared,
    /// Of the one who writes.
    Exclusive,
    /// None any more.
    None,
}

/// Takes or changes the lock; whether that was possible at once.
pub(super) fn lock(file: &File, lock: Lock) -> bool {
    let operation = match lock {
        Lock::Shared => libc::LOCK_SH,
        Lock::Exclusive => libc::LOCK_EX,
        Lock::None => libc::LOCK_UN,
    };
    // SAFETY: concerns the lock of an open file and no memory.
    unsafe { libc::flock(file.as_raw_fd(), operation | libc::LOCK_NB) == 0 }
}

/// Random numbers of the system.
pub(super) fn random() -> io::Result<[u64; 2]> {
    let mut bytes = [0; 16];
    io::Read::read_exact(&mut File::open("/dev/urandom")?, &mut bytes)?;
    let [low, high] = [0, 8].map(|at| {
        let mut half = [0; 8];
        half.copy_from_slice(&bytes[at..at + 8]);
        u64::from_le_bytes(half)
    });
    Ok([low, high])
}
