//! The trait of everything that travels on a session.

use crate::error::WireError;

/// A word of `taskloom-core` with a form on the wire.
pub trait Wire: Sized + Send + 'static {
    /// The generated message.
    type Proto: prost::Message + Default;

    /// The form on the wire.
    fn into_proto(self) -> Self::Proto;

    /// The word, checked.
    ///
    /// # Errors
    /// If anything that a hostile peer could have set is not valid.
    fn from_proto(proto: Self::Proto) -> Result<Self, WireError>;

    /// Whether it is of a kind that this release does not know, which a newer peer may send. Such a
    /// message is skipped; one of a known kind that is not valid is an error.
    fn is_unknown(proto: &Self::Proto) -> bool;

    /// About how many bytes it takes, on the wire or in a queue. Both sides of a link compute the
    /// same number.
    fn weight(&self) -> usize;
}

/// What the transport adds to a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTerms {
    /// The name of the session beyond one connection, chosen by the party that connects.
    pub session: [u8; 16],
    /// What the other side may have unacknowledged towards this one.
    pub window_bytes: u64,
}

impl SessionTerms {
    pub(crate) fn from_proto(
        message: &'static str,
        session: &[u8],
        window_bytes: u64,
    ) -> Result<Self, WireError> {
        let session = session
            .try_into()
            .map_err(|_| WireError::new(message, "session", "is not 16 bytes long"))?;
        if window_bytes == 0 {
            return Err(WireError::new(
                message,
                "window_bytes",
                "is 0, so nothing could be sent",
            ));
        }
        Ok(Self {
            session,
            window_bytes,
        })
    }
}
