//! Fetching a payload that another process keeps.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::table::DONE;
use super::{FetchError, LargePayloads};
use crate::bus::BusError;
use crate::subject;
use crate::wire::ClaimCheck;

/// Pieces of one payload that are asked for at a time.
const PIECES_AT_ONCE: usize = 4;

/// After this long a piece counts as lost and is asked for again.
const PIECE_WITHIN: Duration = Duration::from_secs(3);

/// A fetched payload. Its room is free again once the last reader has dropped its bytes.
struct Fetched {
    payload: BytesMut,
    _room: OwnedSemaphorePermit,
}

// === impl LargePayloads ===

impl LargePayloads {
    /// Fetches a payload, waiting for room if there is none now.
    pub async fn fetch(
        &self,
        claim_check: &ClaimCheck,
        within: Duration,
    ) -> Result<Bytes, FetchError> {
        claim_check.check()?;
        let until = Instant::now() + within;
        let room = self.room.clone().acquire_many_owned(claim_check.size);
        match timeout_at(until, room).await {
            Ok(Ok(room)) => self.collect(claim_check, room, until).await,
            Ok(Err(_)) | Err(_) => Err(claim_check.late()),
        }
    }

    /// Fetches a payload; [`FetchError::Crowded`] at once if there is no room.
    pub async fn try_fetch(
        &self,
        claim_check: &ClaimCheck,
        within: Duration,
    ) -> Result<Bytes, FetchError> {
        claim_check.check()?;
        let until = Instant::now() + within;
        match self.room.clone().try_acquire_many_owned(claim_check.size) {
            Ok(room) => self.collect(claim_check, room, until).await,
            Err(_) => Err(FetchError::Crowded { size: claim_check.size, room: self.room_max }),
        }
    }

    async fn collect(
        &self,
        claim_check: &ClaimCheck,
        room: OwnedSemaphorePermit,
        until: Instant,
    ) -> Result<Bytes, FetchError> {
        let subject = subject::large_payload(&claim_check.holder, claim_check.number);
        let mut pieces = stream::iter(0..claim_check.pieces())
            .map(|index| self.piece(&subject, claim_check, index, until))
            .buffered(PIECES_AT_ONCE);
        let mut payload = BytesMut::new();
        while let Some(piece) = pieces.try_next().await? {
            if payload.is_empty() {
                // Only after the first piece: a claim check alone must not cost memory.
                payload.reserve(claim_check.len());
            }
            payload.extend_from_slice(&piece);
        }
        // If it is lost, the holder keeps the payload until its deadline.
        let _ = self.bus.publish(&subject, None, Bytes::from_static(DONE)).await;
        Ok(Bytes::from_owner(Fetched { payload, _room: room }))
    }

    async fn piece(
        &self,
        subject: &str,
        claim_check: &ClaimCheck,
        index: u32,
        until: Instant,
    ) -> Result<Bytes, FetchError> {
        let holder = || claim_check.holder.clone();
        let expected = claim_check.piece_len(index);
        loop {
            let within = until.saturating_duration_since(Instant::now()).min(PIECE_WITHIN);
            if within.is_zero() {
                return Err(claim_check.late());
            }
            let asked = Bytes::from(index.to_string());
            match self.requester.request(subject, asked, within).await {
                Ok(piece) if piece.is_empty() => return Err(FetchError::Gone { holder: holder() }),
                Ok(piece) if piece.len() == expected => return Ok(piece),
                Ok(piece) => {
                    let why = format!("piece {index} has {} bytes, not {expected}", piece.len());
                    return Err(FetchError::Wrong { holder: holder(), why });
                }
                Err(BusError::NoResponders(_)) => {
                    return Err(FetchError::Gone { holder: holder() });
                }
                Err(BusError::Timeout { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

// === impl ClaimCheck ===

impl ClaimCheck {
    fn len(&self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }

    fn late(&self) -> FetchError {
        FetchError::Late { holder: self.holder.clone(), size: self.size }
    }
}

// === impl Fetched ===

impl AsRef<[u8]> for Fetched {
    fn as_ref(&self) -> &[u8] {
        &self.payload
    }
}
