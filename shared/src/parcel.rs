//! Payloads that are larger than the bus carries in one message.
//!
//! NATS takes 1 MiB a message unless told otherwise, and an event with a body of 1 MB does not fit
//! in. The sender keeps such a payload and sends a [`ClaimCheck`] in its place. The receiver asks the
//! sender for the pieces, a few at a time, and goes on as if the payload had come whole.
//!
//! Nothing is stored outside the two processes, so that a ticket dies with its holder
//! ([`FetchError::Gone`]) and at its deadline. What a process holds and what it has fetched are
//! bounded, each by [`ROOM`].

mod fetch;
mod table;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::bus::{Bus, BusError, Requester};
use crate::id::NodeId;
use crate::subject;
use crate::wire::ClaimCheck;
use table::{Lives, Table};

/// Largest parcel in bytes. The contract's largest body (1 MB, 1.33 MB as base64) fits six times.
pub const SIZE_MAX: usize = 8 << 20;

/// Most bytes that a process holds for others, and as many that it has fetched and still uses.
pub const ROOM: usize = 64 << 20;

/// What is kept free of the bus's largest payload for what surrounds an event or an answer.
const SLACK: usize = 4 << 10;

/// Largest piece. Larger ones would make short messages on the same connection wait.
const PIECE_MAX: usize = 256 << 10;

/// Most pieces of one parcel: with fewer bytes each, a bus carries too little to be of use.
const PIECES_MAX: u32 = 8 << 10;

/// Requests for pieces that wait; beyond that they are lost and made again.
const BACKLOG: usize = 1_024;

/// Holds payloads for other processes and fetches theirs. One per process.
pub struct Parcels {
    bus: Arc<dyn Bus>,
    requester: Requester,
    table: Arc<Table>,
    /// Bytes that may still be fetched.
    room: Arc<Semaphore>,
    room_max: usize,
    /// Gives pieces to who asks; ends with this.
    _server: JoinSet<()>,
}

/// A payload that is held as long as this lives.
pub struct Held {
    ticket: ClaimCheck,
    table: Arc<Table>,
}

/// Why a payload cannot be held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    /// More than any parcel may have.
    #[error("{size} bytes are too many to send; the limit is {SIZE_MAX}")]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// Too much is held already; later there is room again.
    #[error("no room to hold {size} bytes more for others; the limit is {room} in all")]
    Full {
        /// Its size.
        size: usize,
        /// How much may be held.
        room: usize,
    },
}

/// Why a payload did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Its holder is gone, or holds it no longer.
    #[error("{holder} does not hold the payload any more")]
    Gone {
        /// Who had it.
        holder: NodeId,
    },
    /// The ticket is none that this process would write, or the pieces are not as it says.
    #[error("{holder} sent a wrong ticket: {why}")]
    Wrong {
        /// Who wrote it.
        holder: NodeId,
        /// What is wrong.
        why: String,
    },
    /// Too much that was fetched is in use.
    #[error("no room to fetch {size} bytes more; the limit is {room} in all")]
    Crowded {
        /// Its size.
        size: u32,
        /// How much may be fetched.
        room: usize,
    },
    /// The time was over before the last piece came.
    #[error("a payload of {size} bytes did not come in time from {holder}")]
    Late {
        /// Who has it.
        holder: NodeId,
        /// Its size.
        size: u32,
    },
    /// The bus did not carry the pieces.
    #[error("cannot fetch the pieces of a payload: {0}")]
    Bus(#[from] BusError),
}

/// Largest payload that travels within a message of the bus.
pub fn inline_max(bus: &dyn Bus) -> usize {
    bus.max_payload().saturating_sub(SLACK)
}

// === impl Parcels ===

impl Parcels {
    /// Starts to answer for what will be held. `name` is for people who look at subjects.
    pub async fn start(bus: Arc<dyn Bus>, name: &str) -> Result<Arc<Self>, BusError> {
        Self::with_room(bus, name, ROOM).await
    }

    /// The same with another bound than [`ROOM`].
    pub async fn with_room(
        bus: Arc<dyn Bus>,
        name: &str,
        room: usize,
    ) -> Result<Arc<Self>, BusError> {
        // Never the node's own name: a restarted node must not answer for its predecessor.
        let holder = NodeId::made_up(name);
        let requests = bus.subscribe(&subject::parcels(&holder), None, BACKLOG).await?;
        let requester = Requester::new(bus.clone()).await?;
        let table = Arc::new(Table::new(holder, room));
        let mut server = JoinSet::new();
        server.spawn(table::serve(bus.clone(), table.clone(), requests));
        Ok(Arc::new(Self {
            bus,
            requester,
            table,
            room: Arc::new(Semaphore::new(room)),
            room_max: room,
            _server: server,
        }))
    }

    /// See [`inline_max`].
    pub fn inline_max(&self) -> usize {
        inline_max(&*self.bus)
    }

    /// Holds a payload for at most `within`, for as many as ask, until the handle is dropped.
    pub fn hold(&self, payload: Bytes, within: Duration) -> Result<Held, HoldError> {
        let ticket = self.insert(payload, within, Lives::UntilDropped)?;
        Ok(Held { ticket, table: self.table.clone() })
    }

    /// Holds a payload for at most `within`, until somebody has collected it.
    pub fn leave(&self, payload: Bytes, within: Duration) -> Result<ClaimCheck, HoldError> {
        self.insert(payload, within, Lives::UntilCollected)
    }

    /// Waits until everything that is held has been collected, or is past its time.
    pub async fn collected(&self) {
        self.table.emptied().await;
    }

    fn insert(
        &self,
        payload: Bytes,
        within: Duration,
        lives: Lives,
    ) -> Result<ClaimCheck, HoldError> {
        let piece = self.inline_max().clamp(1, PIECE_MAX);
        self.table.insert(payload, piece, Instant::now() + within, lives)
    }
}

// === impl Held ===

impl Held {
    /// What to send in place of the payload.
    pub fn ticket(&self) -> &ClaimCheck {
        &self.ticket
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.table.remove(self.ticket.number);
    }
}

// === impl ClaimCheck ===

impl ClaimCheck {
    /// How many pieces there are.
    fn pieces(&self) -> u32 {
        self.size.div_ceil(self.piece.max(1))
    }

    /// Bytes of one piece.
    fn piece_len(&self, index: u32) -> usize {
        let before = u64::from(index) * u64::from(self.piece);
        let left = u64::from(self.size).saturating_sub(before);
        usize::try_from(left.min(u64::from(self.piece))).unwrap_or(usize::MAX)
    }

    /// Refuses what would cost too much to fetch. Peers lie.
    fn check(&self) -> Result<(), FetchError> {
        let (size, piece) = (self.size, self.piece);
        let wrong = |why| FetchError::Wrong { holder: self.holder.clone(), why };
        if usize::try_from(size).is_ok_and(|size| size > SIZE_MAX) {
            return Err(wrong(format!("{size} bytes; the limit is {SIZE_MAX}")));
        }
        if size == 0 || piece == 0 || self.pieces() > PIECES_MAX {
            return Err(wrong(format!("{size} bytes in pieces of {piece}")));
        }
        Ok(())
    }
}
