//! Payloads that are larger than the bus carries in one message.
//!
//! By default, NATS takes messages of up to 1 MiB, and an event with a body of 1 MB does not fit. The
//! sender keeps such a payload and sends a [`ClaimCheck`] in its place. The receiver asks the sender
//! for the pieces, a few at a time, and goes on as if the payload had come whole.
//!
//! Only the two processes store the payload. So a claim check is void after its deadline, and when
//! its holder ends ([`FetchError::Gone`]). [`ROOM`] bounds the bytes that a process keeps for others,
//! and also the bytes that it has fetched.
//!
//! A payload at its holder:
//!
//! ```text
//!        keep                 the owner drops the handle, or the deadline passes
//! none ─────────────▶ kept ───────────────────────────────────────────────────▶ gone
//!        keep_until_fetched   a receiver says `done`, or the deadline passes
//! none ─────────────▶ kept ───────────────────────────────────────────────────▶ gone
//! ```
//!
//! A receiver that asks for a piece of a payload that is gone gets an empty answer.

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

/// Largest payload in bytes. The contract's largest body (1 MB, 1.33 MB as base64) fits six times.
pub const SIZE_MAX: usize = 8 << 20;

/// Most bytes that a process keeps for others. It may have as many fetched bytes in use.
pub const ROOM: usize = 64 << 20;

/// Bytes of a message that are kept free for the fields around an event or an answer.
const SLACK: usize = 4 << 10;

/// Largest piece in bytes. Larger pieces would delay short messages on the same connection.
const PIECE_MAX: usize = 256 << 10;

/// Most pieces of one payload. If it needs more, the bus carries too little in a message.
const PIECES_MAX: u32 = 8 << 10;

/// Most requests for pieces that wait. Further requests are lost, and the receivers repeat them.
const BACKLOG: usize = 1_024;

/// Keeps payloads for other processes and fetches theirs. One per process.
pub struct LargePayloads {
    bus: Arc<dyn Bus>,
    requester: Requester,
    table: Arc<Table>,
    /// Bytes that may still be fetched.
    room: Arc<Semaphore>,
    room_max: usize,
    /// Answers requests for pieces; ends with this.
    _server: JoinSet<()>,
}

/// A payload that is kept as long as this handle lives.
pub struct Kept {
    claim_check: ClaimCheck,
    table: Arc<Table>,
}

/// Why a payload cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// It is larger than [`SIZE_MAX`].
    #[error("{size} bytes are too many to send; the limit is {SIZE_MAX}")]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// Too much is kept already; later there is room again.
    #[error("there is no room to keep {size} more bytes; the limit is {room} bytes in all")]
    Full {
        /// Its size.
        size: usize,
        /// How many bytes may be kept in all.
        room: usize,
    },
}

/// Why a payload did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Its holder is gone, or no longer keeps it.
    #[error("{holder} no longer has the payload")]
    Gone {
        /// The process that had it.
        holder: NodeId,
    },
    /// The claim check is invalid, or a piece does not fit it.
    #[error("{holder} sent an invalid claim check: {why}")]
    Wrong {
        /// The process that sent it.
        holder: NodeId,
        /// What is wrong.
        why: String,
    },
    /// Too many fetched bytes are in use.
    #[error("there is no room to fetch {size} more bytes; the limit is {room} bytes in all")]
    Crowded {
        /// Its size.
        size: u32,
        /// How many fetched bytes may be in use in all.
        room: usize,
    },
    /// The time was over before the last piece came.
    #[error("{holder} did not send a payload of {size} bytes in time")]
    Late {
        /// The process that has it.
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

// === impl LargePayloads ===

impl LargePayloads {
    /// Starts to answer requests for pieces. `name` is a part of the subject, for people. On a bus
    /// with identities the holder has the name of the identity, to which the server restricts it.
    pub async fn start(bus: Arc<dyn Bus>, name: &str) -> Result<Arc<Self>, BusError> {
        Self::with_room(bus, name, ROOM).await
    }

    /// The same with another bound than [`ROOM`].
    pub async fn with_room(
        bus: Arc<dyn Bus>,
        name: &str,
        room: usize,
    ) -> Result<Arc<Self>, BusError> {
        let own = bus.identity().map(|identity| identity.name.clone());
        let holder = own.unwrap_or_else(|| NodeId::made_up(name));
        let requests = bus.subscribe(&subject::large_payloads(&holder), None, BACKLOG).await?;
        let requester = Requester::for_gateways(bus.clone()).await?;
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

    /// Keeps a payload for at most `within`, until the handle is dropped. Any number of receivers may
    /// fetch it.
    pub fn keep(&self, payload: Bytes, within: Duration) -> Result<Kept, KeepError> {
        let claim_check = self.insert(payload, within, Lives::UntilDropped)?;
        Ok(Kept { claim_check, table: self.table.clone() })
    }

    /// Keeps a payload for at most `within`, until one receiver has fetched it.
    pub fn keep_until_fetched(
        &self,
        payload: Bytes,
        within: Duration,
    ) -> Result<ClaimCheck, KeepError> {
        self.insert(payload, within, Lives::UntilFetched)
    }

    /// Waits until no payload is kept: each was fetched, dropped, or is past its deadline.
    pub async fn collected(&self) {
        self.table.emptied().await;
    }

    fn insert(
        &self,
        payload: Bytes,
        within: Duration,
        lives: Lives,
    ) -> Result<ClaimCheck, KeepError> {
        let piece = self.inline_max().clamp(1, PIECE_MAX);
        self.table.insert(payload, piece, Instant::now() + within, lives)
    }
}

// === impl Kept ===

impl Kept {
    /// What to send in place of the payload.
    pub fn claim_check(&self) -> &ClaimCheck {
        &self.claim_check
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.table.remove(self.claim_check.number);
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

    /// Rejects a claim check that would cost too much to fetch. Peers may send anything.
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
