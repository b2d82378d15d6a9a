//! A word to the service manager that started this process (`Type=notify` of systemd).

use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;

/// The variable that says where the service manager listens.
pub(crate) const SOCKET_VARIABLE: &str = "NOTIFY_SOCKET";

/// Tells the service manager `READY=1`, `STOPPING=1` or the like. Without one nothing happens.
pub(crate) fn notify(state: &str) {
    let Some(path) = std::env::var_os(SOCKET_VARIABLE) else {
        return;
    };
    // It is only ever a courtesy: a daemon runs as well when nobody hears it.
    if let Err(error) = send(path.as_bytes(), state) {
        tracing::debug!("cannot notify the service manager: {error}");
    }
}

fn send(path: &[u8], state: &str) -> std::io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    #[cfg(target_os = "linux")]
    if let Some(name) = path.strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
        return socket.send_to_addr(state.as_bytes(), &address).map(drop);
    }
    socket
        .send_to(state.as_bytes(), std::ffi::OsStr::from_bytes(path))
        .map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_state_arrives() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        send(path.as_os_str().as_bytes(), "READY=1").unwrap();
        let mut text = [0; 64];
        let length = socket.recv(&mut text).unwrap();
        assert_eq!(&text[..length], b"READY=1");
    }
}
