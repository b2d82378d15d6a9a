//! Large memory whose pages are known: fresh or used before, small or huge.

use anyhow::{Result, bail};
use std::ops::{Deref, DerefMut};
use std::time::Instant;

/// A private mapping. Its pages exist from their first use on.
pub struct Pages {
    start: *mut u8,
    len: usize,
}

impl Pages {
    /// Memory in pages of 4 KiB.
    pub fn small(len: usize) -> Result<Self> {
        Self::map(len, libc::MADV_NOHUGEPAGE)
    }

    /// Memory in huge pages, if the kernel gives them to those who ask.
    pub fn huge(len: usize) -> Result<Self> {
        Self::map(len, libc::MADV_HUGEPAGE)
    }

    fn map(len: usize, advice: libc::c_int) -> Result<Self> {
        // SAFETY: a new private mapping at an address of the kernel's choice touches nothing of ours,
        // and the advice concerns that mapping alone.
        let start = unsafe {
            let start = libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if start == libc::MAP_FAILED {
                bail!(
                    "cannot map {len} bytes: {}",
                    std::io::Error::last_os_error()
                );
            }
            libc::madvise(start, len, advice);
            start
        };
        Ok(Self {
            start: start.cast(),
            len,
        })
    }
}

// SAFETY: the mapping is owned by this value alone, like the memory of a `Vec<u8>`.
unsafe impl Send for Pages {}
// SAFETY: as above; shared access only reads.
unsafe impl Sync for Pages {}

impl Deref for Pages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the mapping is readable, zeroed by the kernel, and lives as long as this value.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}

impl DerefMut for Pages {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the exclusive borrow makes the slice the only view.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.len) }
    }
}

impl AsRef<[u8]> for Pages {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `map`, and no view of it outlives this value.
        unsafe { libc::munmap(self.start.cast(), self.len) };
    }
}

/// Copies `from` to `to`, in gigabytes per second.
pub fn copy(from: &Pages, to: &mut Pages) -> f64 {
    let started = Instant::now();
    to.copy_from_slice(std::hint::black_box(from));
    std::hint::black_box(&to);
    super::gigabytes(from.len(), started)
}
