//! The events that are in a sandbox, and whether what the sandbox says of them can be true.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::pending::Pending;
use crate::settings::INIT_MAX;
use brink_frames::EventId;

/// Events sent to one sandbox and not yet done.
#[derive(Default)]
pub struct Flights {
    next: u64,
    table: HashMap<EventId, Flight>,
}

/// One event in a sandbox.
pub struct Flight {
    /// The event; none once it was answered over the sandbox's head.
    pub pending: Option<Pending>,
    /// When it was sent.
    pub sent: Instant,
    /// When its handler was called.
    pub started: Option<Instant>,
    /// When it must be done.
    pub until: Instant,
    /// Outgoing calls that it has made.
    pub calls: u32,
    /// Bytes that those sent and received.
    pub call_bytes: u64,
    /// Lets so many of its outgoing calls be under way at a time.
    pub calls_gate: Arc<Semaphore>,
    /// Bytes that it logged.
    pub logged: usize,
}

/// What becomes of the events of a sandbox that died.
#[derive(Default)]
pub struct Wreck {
    /// Were running. They, or one of them, brought it down.
    pub started: Vec<(EventId, Flight)>,
    /// Had not begun, oldest first.
    pub waiting: Vec<Pending>,
}

/// What a sandbox said cannot be: somebody took it over, or it is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox broke the protocol: {0}")]
pub struct Lie(pub String);

// === impl Flights ===

impl Flights {
    /// How many events are in the sandbox.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Takes note of an event that is sent now and must be done by `until`.
    /// So many of its outgoing calls may be under way at a time.
    pub fn send(&mut self, pending: Pending, until: Instant, connections: usize) -> EventId {
        self.next += 1;
        let id = EventId(self.next);
        self.table.insert(
            id,
            Flight {
                pending: Some(pending),
                sent: Instant::now(),
                started: None,
                until,
                calls: 0,
                call_bytes: 0,
                calls_gate: Arc::new(Semaphore::new(connections)),
                logged: 0,
            },
        );
        id
    }

    /// An event that the sandbox speaks of.
    pub fn get(&mut self, id: EventId) -> Result<&mut Flight, Lie> {
        self.table.get_mut(&id).ok_or_else(|| Lie(format!("event {} is not in it", id.0)))
    }

    /// How many events were ever sent.
    pub fn sent(&self) -> u64 {
        self.next
    }

    /// True if the event is or was in the sandbox.
    pub fn was_sent(&self, id: EventId) -> bool {
        (1..=self.next).contains(&id.0)
    }

    /// An event that may have ended in the meantime.
    pub fn find(&mut self, id: EventId) -> Option<&mut Flight> {
        self.table.get_mut(&id)
    }

    /// The handler was called: from now on the event may take `timeout`.
    pub fn started(&mut self, id: EventId, timeout: Duration) -> Result<(), Lie> {
        let flight = self.get(id)?;
        if flight.started.is_some() {
            return Err(Lie(format!("event {} started twice", id.0)));
        }
        let now = Instant::now();
        flight.started = Some(now);
        flight.until = match &flight.pending {
            Some(pending) => pending.deadline.min(now + timeout),
            None => now + timeout,
        };
        Ok(())
    }

    /// The event is done.
    pub fn done(&mut self, id: EventId) -> Result<Flight, Lie> {
        self.table.remove(&id).ok_or_else(|| Lie(format!("event {} is not in it", id.0)))
    }

    /// When the next event runs over its time. One that nobody waits for and that has not begun
    /// only counts when no other runs, which may hold its thread.
    pub fn next_due(&self) -> Option<Instant> {
        let idle = !self.any_started();
        self.table
            .values()
            .filter(|flight| idle || flight.pending.is_some() || flight.started.is_some())
            .map(|flight| flight.until)
            .min()
    }

    /// True if the sandbox does nothing, and should have begun an event by now.
    pub fn is_stuck(&self, now: Instant) -> bool {
        !self.any_started() && self.table.values().any(|flight| flight.until <= now)
    }

    /// True if an event has waited this long to be started: the sandbox has no thread free.
    pub fn is_stalled(&self, wait: Duration, now: Instant) -> bool {
        self.table.values().any(|flight| {
            flight.started.is_none() && now.saturating_duration_since(flight.sent) > wait
        })
    }

    /// The running event that first ran over its time.
    pub fn guilty(&self, now: Instant) -> Option<EventId> {
        self.table
            .iter()
            .filter(|(_, flight)| flight.started.is_some() && flight.until <= now)
            .min_by_key(|(_, flight)| flight.until)
            .map(|(id, _)| *id)
    }

    /// Takes the events whose time is over and that were not even begun. They stay in the
    /// table, because the sandbox will speak of them, and have [`INIT_MAX`] more to begin.
    pub fn take_late(&mut self, now: Instant) -> Vec<Pending> {
        self.table
            .values_mut()
            .filter(|flight| flight.started.is_none() && flight.until <= now)
            .filter_map(|flight| {
                let pending = flight.pending.take()?;
                flight.until = now + INIT_MAX;
                Some(pending)
            })
            .collect()
    }

    /// True if an event runs.
    pub fn any_started(&self) -> bool {
        self.table.values().any(|flight| flight.started.is_some())
    }

    /// Empties the table of a sandbox that died.
    pub fn wreck(&mut self) -> Wreck {
        let mut flights: Vec<_> = self.table.drain().collect();
        flights.sort_by_key(|(id, _)| *id);
        let mut wreck = Wreck::default();
        for (id, flight) in flights {
            match (flight.pending, flight.started) {
                (Some(pending), None) => wreck.waiting.push(pending),
                (None, None) => {}
                (pending, Some(_)) => wreck.started.push((id, Flight { pending, ..flight })),
            }
        }
        wreck
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use brink_shared::event::Trigger;
    use brink_shared::wire::Payload;
    use bytes::Bytes;

    use super::*;
    use crate::meter::Meter;
    use crate::pending::Event;

    const SECOND: Duration = Duration::from_secs(1);

    fn send(flights: &mut Flights, within: Duration) -> EventId {
        let event = Event {
            request_id: "r".to_owned(),
            trigger: Trigger::ViewerRequest,
            timeout: within,
            within,
            payload: Payload::Json(Bytes::from_static(b"{}")),
            fresh: false,
        };
        let meter = Rc::new(Meter::new("f:1".parse().unwrap()));
        let (pending, _) = Pending::from_here(event, meter);
        let until = pending.deadline;
        flights.send(pending, until, 6)
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_is_a_lie() {
        let mut flights = Flights::default();
        let id = send(&mut flights, SECOND);
        assert!(flights.started(EventId(9), SECOND).is_err());
        assert!(flights.started(id, SECOND).is_ok());
        assert!(flights.started(id, SECOND).is_err());
        assert!(flights.done(id).is_ok());
        assert!(flights.done(id).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_whose_time_was_over_first_is_guilty() {
        let mut flights = Flights::default();
        let first = send(&mut flights, 9 * SECOND);
        let second = send(&mut flights, 9 * SECOND);
        let waiting = send(&mut flights, 9 * SECOND);
        flights.started(first, 3 * SECOND).unwrap();
        flights.started(second, 2 * SECOND).unwrap();
        let now = Instant::now() + 5 * SECOND;
        assert_eq!(flights.guilty(Instant::now()), None);
        assert_eq!(flights.guilty(now), Some(second));
        let wreck = flights.wreck();
        assert_eq!(wreck.started.len(), 2);
        assert_eq!(wreck.waiting.len(), 1);
        assert!(flights.done(waiting).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_answered_over_its_head_stays_known() {
        let mut flights = Flights::default();
        let id = send(&mut flights, SECOND);
        assert_eq!(flights.take_late(Instant::now() + 2 * SECOND).len(), 1);
        assert!(flights.started(id, SECOND).is_ok());
        assert!(flights.done(id).unwrap().pending.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_never_begins_is_due_once_nothing_else_runs() {
        let mut flights = Flights::default();
        let running = send(&mut flights, 60 * SECOND);
        send(&mut flights, SECOND);
        flights.started(running, 60 * SECOND).unwrap();
        let begun = Instant::now();
        flights.take_late(begun + SECOND);
        let overdue = begun + SECOND + INIT_MAX;
        assert_eq!(flights.next_due(), Some(begun + 60 * SECOND));
        assert!(!flights.is_stuck(overdue));
        flights.done(running).unwrap();
        assert_eq!(flights.next_due(), Some(overdue));
        assert!(flights.is_stuck(overdue));
    }
}
