//! Errors of the bus.

use std::time::Duration;

/// The errors of the bus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// There is no subscriber. No process has seen the message.
    #[error("no process answers on {0}")]
    NoResponders(String),
    /// No answer in time. A subscriber may have seen the message.
    #[error("no answer on {subject} within {waited:?}")]
    Timeout {
        /// The subject of the request.
        subject: String,
        /// For how long.
        waited: Duration,
    },
    /// There is no connection. Subscribers may have seen the message.
    #[error("there is no connection to the bus: {0}")]
    Away(String),
    /// The payload is larger than the bus carries.
    #[error(
        "a message of {size} bytes on {subject}; the bus carries {max} (raise max_payload in the NATS configuration)"
    )]
    TooLarge {
        /// Where it was to go.
        subject: String,
        /// Its size.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// A compare-and-swap failed, because the key was written in the meantime.
    #[error("another process changed {0} in the meantime")]
    Conflict(String),
    /// The subject, key or name is not well-formed.
    #[error("{0:?} is not a valid subject, key or name")]
    BadName(String),
    /// The role of this process does not allow the request.
    #[error("cannot {what}: {why}")]
    Denied {
        /// The attempted action.
        what: String,
        /// The action that the role does not allow.
        why: String,
    },
    /// The server rejects the request, for example for lack of permission or of JetStream.
    #[error("the bus rejects the request to {what}: {why}")]
    Rejected {
        /// The attempted action.
        what: String,
        /// The server's words.
        why: String,
    },
}

// === impl BusError ===

impl BusError {
    /// Whether the request may have been carried out, or may still be.
    pub(crate) fn may_be_done(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::Away(_))
    }

    /// The bus was closed by this process.
    pub(crate) fn closed() -> Self {
        Self::Away("this process closed it".to_owned())
    }

    /// The connection was lost before the answer came.
    pub(crate) fn lost() -> Self {
        Self::Away("the connection was lost before an answer came".to_owned())
    }

    pub(crate) fn no_journal(name: &str) -> Self {
        Self::Rejected {
            what: format!("read the journal {name}"),
            why: "it does not exist; a worker makes it when it starts".to_owned(),
        }
    }

    pub(crate) fn journal_full(name: &str) -> Self {
        Self::Rejected { what: format!("keep a message in {name}"), why: "it is full".to_owned() }
    }

    pub(crate) fn not_kept(journal: &str, subject: &str) -> Self {
        Self::Rejected {
            what: format!("keep a message on {subject}"),
            why: format!("the journal {journal} does not keep this subject"),
        }
    }

    pub(crate) fn object_too_large(name: &str, size: usize, max: usize) -> Self {
        Self::Rejected {
            what: format!("read the object {name}"),
            why: format!("it has {size} bytes, and at most {max} are allowed"),
        }
    }
}
