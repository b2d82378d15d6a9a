//! Bare TCP: round trips of one byte and large copies.

use super::memory::Pages;
use anyhow::{Context as _, Result, anyhow};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::time::Instant;

/// The peer sends this byte back.
const ECHO: u8 = b'e';
/// The peer sends [`super::LARGE`] bytes.
const SEND: u8 = b's';

/// Serves every connection on a thread of its own, for ever.
pub fn serve(listener: &TcpListener) -> Result<()> {
    // Made when it is first asked for: a peer of round trips has no use for it.
    let stored = Mutex::new(None);
    std::thread::scope(|scope| {
        let stored = &stored;
        for connection in listener.incoming() {
            // A connection that ends in an error concerns only the one who made it.
            scope.spawn(move || answer(connection?, stored));
        }
    });
    Ok(())
}

fn answer(mut stream: TcpStream, stored: &Mutex<Option<Pages>>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte)?;
        if byte[0] != SEND {
            stream.write_all(&byte)?;
            continue;
        }
        let mut stored = stored
            .lock()
            .map_err(|_| anyhow!("another connection failed"))?;
        if stored.is_none() {
            let mut pages = Pages::huge(super::LARGE)?;
            pages.fill(7);
            *stored = Some(pages);
        }
        stream.write_all(stored.as_deref().unwrap_or_default())?;
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).context("the TCP peer does not answer")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Microseconds of each of `n` round trips of one byte.
pub fn round_trips(address: SocketAddr, n: usize) -> Result<Vec<f64>> {
    let mut stream = connect(address)?;
    let mut byte = [ECHO];
    let mut trips = Vec::with_capacity(n);
    for _ in 0..n {
        let started = Instant::now();
        stream.write_all(&byte)?;
        stream.read_exact(&mut byte)?;
        trips.push(started.elapsed().as_secs_f64() * 1e6);
    }
    Ok(trips)
}

/// Receives the peer's large buffer into `to`, in gigabytes per second.
pub fn copy(address: SocketAddr, to: &mut Pages) -> Result<f64> {
    let mut stream = connect(address)?;
    let started = Instant::now();
    stream.write_all(&[SEND])?;
    stream.read_exact(to)?;
    Ok(super::gigabytes(to.len(), started))
}
