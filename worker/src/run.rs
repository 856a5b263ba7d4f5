//! The message with which a caller in this process has the supervisor run an event.
//!
//! The supervisor handles it, because it has the table of live versions.

use actix::prelude::*;
use tokio::sync::oneshot;

use brink_shared::id::VersionId;

use crate::pending::{Ended, Event};

/// Run an event at this worker, even if other workers have loaded its version.
#[derive(Message)]
#[rtype(result = "Result<oneshot::Receiver<Ended>, Stopping>")]
pub struct Run(pub VersionId, pub Event);

/// The worker takes no further events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the worker is stopping")]
pub struct Stopping;
