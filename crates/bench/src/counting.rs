//! A port that passes everything on to another one and counts the bytes.

use anyhow::Result;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// What is read and passed on at a time.
const PIECE: usize = 256 * 1024;

/// Bytes that have passed: of TCP's contents, without its own headers.
#[derive(Default)]
pub struct Counted {
    there: AtomicU64,
    back: AtomicU64,
}

impl Counted {
    /// Bytes towards the port, and from it.
    pub fn get(&self) -> (u64, u64) {
        (
            self.there.load(Ordering::Relaxed),
            self.back.load(Ordering::Relaxed),
        )
    }
}

/// Opens a port before `target`. It serves until this process ends.
pub fn before(target: SocketAddr) -> Result<(SocketAddr, Arc<Counted>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let counted = Arc::new(Counted::default());
    let counts = counted.clone();
    thread::spawn(move || {
        for near in listener.incoming() {
            // A connection that fails is closed, which its end notices.
            let _ = near
                .map_err(Into::into)
                .and_then(|near| join(near, target, &counts));
        }
    });
    Ok((address, counted))
}

fn join(near: TcpStream, target: SocketAddr, counts: &Arc<Counted>) -> Result<()> {
    let far = TcpStream::connect(target)?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (near_in, far_in) = (near.try_clone()?, far.try_clone()?);
    let (there, back) = (counts.clone(), counts.clone());
    thread::spawn(move || pass(near_in, far, &there.there));
    thread::spawn(move || pass(far_in, near, &back.back));
    Ok(())
}

/// Passes bytes on until either side closes.
fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut piece = vec![0; PIECE];
    while let Ok(length) = from.read(&mut piece) {
        count.fetch_add(length as u64, Ordering::Relaxed);
        if length == 0 || to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    // The other direction ends with this one; both may be closed already.
    let _ = to.shutdown(std::net::Shutdown::Both);
}
