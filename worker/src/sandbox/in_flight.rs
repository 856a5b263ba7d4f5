//! The in-flight table: the events in one sandbox. It checks whether what the sandbox says of them
//! can be true.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::pending::Pending;
use crate::settings::INIT_MAX;
use brink_frames::EventId;

/// The events that were sent to one sandbox and are not done.
#[derive(Default)]
pub struct InFlight {
    next: u64,
    table: BTreeMap<EventId, InFlightEvent>,
}

/// An event in a sandbox.
pub struct InFlightEvent {
    /// The event; none if the supervisor answered it while the sandbox still had it.
    pub pending: Option<Pending>,
    /// When it was sent.
    pub sent: Instant,
    /// When its handler was called.
    pub started: Option<Instant>,
    /// When it must be done. Before it starts, this is the gateway's deadline.
    pub until: Instant,
    /// Number of outgoing calls that it has made.
    pub calls: u32,
    /// Bytes that its calls sent and received.
    pub call_bytes: u64,
    /// Limits how many of its outgoing calls are under way at a time.
    pub calls_gate: Arc<Semaphore>,
    /// Bytes that it logged.
    pub logged: usize,
}

/// The events of a sandbox that died.
#[derive(Default)]
pub struct Unfinished {
    /// The events that ran. One of them may have killed the sandbox.
    pub started: Vec<(EventId, InFlightEvent)>,
    /// The events that had not begun, oldest first.
    pub waiting: Vec<Pending>,
}

/// A sandbox said something that cannot be true: somebody took it over, or it is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox broke the protocol: {0}")]
pub struct ProtocolViolation(pub String);

// === impl Flights ===

impl InFlight {
    /// The number of events in the sandbox.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// True if there is no event in the sandbox.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Enters an event that is sent now and must be done by `until`. At most `connections` of its
    /// outgoing calls may be under way at a time.
    pub fn send(&mut self, pending: Pending, until: Instant, connections: usize) -> EventId {
        self.next += 1;
        let id = EventId(self.next);
        self.table.insert(
            id,
            InFlightEvent {
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

    /// An event that a frame names. It must be in the sandbox.
    pub fn get(&mut self, id: EventId) -> Result<&mut InFlightEvent, ProtocolViolation> {
        self.table
            .get_mut(&id)
            .ok_or_else(|| ProtocolViolation(format!("event {} is not in it", id.0)))
    }

    /// The event that was sent first.
    pub fn oldest(&self) -> Option<EventId> {
        self.table.first_key_value().map(|(id, _)| *id)
    }

    /// An event that runs; none if no event does.
    pub fn running(&self) -> Option<EventId> {
        self.table.iter().find(|(_, event)| event.started.is_some()).map(|(id, _)| *id)
    }

    /// The number of all events that were sent.
    pub fn sent(&self) -> u64 {
        self.next
    }

    /// True if the event is or was in the sandbox.
    pub fn was_sent(&self, id: EventId) -> bool {
        (1..=self.next).contains(&id.0)
    }

    /// An event that may have ended in the meantime; none if it has.
    pub fn find(&mut self, id: EventId) -> Option<&mut InFlightEvent> {
        self.table.get_mut(&id)
    }

    /// Notes that the handler was called. From now on the event may take `timeout`.
    pub fn started(&mut self, id: EventId, timeout: Duration) -> Result<(), ProtocolViolation> {
        let event = self.get(id)?;
        if event.started.is_some() {
            return Err(ProtocolViolation(format!("event {} started twice", id.0)));
        }
        let now = Instant::now();
        event.started = Some(now);
        event.until = match &event.pending {
            Some(pending) => pending.deadline.min(now + timeout),
            None => now + timeout,
        };
        Ok(())
    }

    /// Removes an event that is done.
    pub fn done(&mut self, id: EventId) -> Result<InFlightEvent, ProtocolViolation> {
        self.table
            .remove(&id)
            .ok_or_else(|| ProtocolViolation(format!("event {} is not in it", id.0)))
    }

    /// When the next event has used up its time. An event that was answered and has not begun
    /// counts only if no other event runs, because a running event may keep its thread.
    pub fn next_due(&self) -> Option<Instant> {
        let idle = !self.any_started();
        self.table
            .values()
            .filter(|event| idle || event.pending.is_some() || event.started.is_some())
            .map(|event| event.until)
            .min()
    }

    /// True if the sandbox runs no event, although it should have begun one by now.
    pub fn is_stuck(&self, now: Instant) -> bool {
        !self.any_started() && self.table.values().any(|event| event.until <= now)
    }

    /// True if an event has waited this long for its start, because the sandbox has no free thread.
    pub fn is_stalled(&self, wait: Duration, now: Instant) -> bool {
        self.table.values().any(|event| {
            event.started.is_none() && now.saturating_duration_since(event.sent) > wait
        })
    }

    /// The running event that used up its time first.
    pub fn guilty(&self, now: Instant) -> Option<EventId> {
        self.table
            .iter()
            .filter(|(_, event)| event.started.is_some() && event.until <= now)
            .min_by_key(|(_, event)| event.until)
            .map(|(id, _)| *id)
    }

    /// Takes the events whose time is over before they began. Their entries stay in the table,
    /// because the sandbox will still send frames about them. They have [`INIT_MAX`] more to begin.
    pub fn take_late(&mut self, now: Instant) -> Vec<Pending> {
        self.table
            .values_mut()
            .filter(|event| event.started.is_none() && event.until <= now)
            .filter_map(|event| {
                let pending = event.pending.take()?;
                event.until = now + INIT_MAX;
                Some(pending)
            })
            .collect()
    }

    /// True if an event is running.
    pub fn any_started(&self) -> bool {
        self.table.values().any(|event| event.started.is_some())
    }

    /// Takes all events but the one that the sandbox began, because it will begin no other.
    pub fn take_all_but(&mut self, begun: Option<EventId>) -> Vec<Pending> {
        let running = begun.and_then(|id| self.table.remove_entry(&id));
        let waiting = std::mem::replace(&mut self.table, running.into_iter().collect());
        waiting.into_values().filter_map(|event| event.pending).collect()
    }

    /// Empties the table, because the sandbox died.
    pub fn take_unfinished(&mut self) -> Unfinished {
        let mut unfinished = Unfinished::default();
        for (id, event) in std::mem::take(&mut self.table) {
            match (event.pending, event.started) {
                (Some(pending), None) => unfinished.waiting.push(pending),
                (None, None) => {}
                (pending, Some(_)) => {
                    unfinished.started.push((id, InFlightEvent { pending, ..event }))
                }
            }
        }
        unfinished
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

    fn send(in_flight: &mut InFlight, within: Duration) -> EventId {
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
        in_flight.send(pending, until, 6)
    }

    #[tokio::test(start_paused = true)]
    async fn impossible_frames_are_protocol_violations() {
        let mut in_flight = InFlight::default();
        let id = send(&mut in_flight, SECOND);
        assert!(in_flight.started(EventId(9), SECOND).is_err());
        assert!(in_flight.started(id, SECOND).is_ok());
        assert!(in_flight.started(id, SECOND).is_err());
        assert!(in_flight.done(id).is_ok());
        assert!(in_flight.done(id).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_whose_time_was_over_first_is_guilty() {
        let mut in_flight = InFlight::default();
        let first = send(&mut in_flight, 9 * SECOND);
        let second = send(&mut in_flight, 9 * SECOND);
        let waiting = send(&mut in_flight, 9 * SECOND);
        in_flight.started(first, 3 * SECOND).unwrap();
        in_flight.started(second, 2 * SECOND).unwrap();
        let now = Instant::now() + 5 * SECOND;
        assert_eq!(in_flight.guilty(Instant::now()), None);
        assert_eq!(in_flight.guilty(now), Some(second));
        let unfinished = in_flight.take_unfinished();
        assert_eq!(unfinished.started.len(), 2);
        assert_eq!(unfinished.waiting.len(), 1);
        assert!(in_flight.done(waiting).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_was_not_begun_goes_back_even_if_it_was_its_turn() {
        let mut in_flight = InFlight::default();
        let answered = send(&mut in_flight, SECOND);
        let next = send(&mut in_flight, SECOND);
        send(&mut in_flight, SECOND);
        in_flight.done(answered).unwrap();
        in_flight.started(next, SECOND).unwrap();
        assert_eq!(in_flight.take_all_but(Some(answered)).len(), 2);
        assert!(in_flight.is_empty());
        let running = send(&mut in_flight, SECOND);
        send(&mut in_flight, SECOND);
        assert_eq!(in_flight.take_all_but(Some(running)).len(), 1);
        assert_eq!(in_flight.oldest(), Some(running));
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_answered_over_its_head_stays_known() {
        let mut in_flight = InFlight::default();
        let id = send(&mut in_flight, SECOND);
        assert_eq!(in_flight.take_late(Instant::now() + 2 * SECOND).len(), 1);
        assert!(in_flight.started(id, SECOND).is_ok());
        assert!(in_flight.done(id).unwrap().pending.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_never_begins_is_due_once_nothing_else_runs() {
        let mut in_flight = InFlight::default();
        let running = send(&mut in_flight, 60 * SECOND);
        send(&mut in_flight, SECOND);
        in_flight.started(running, 60 * SECOND).unwrap();
        let begun = Instant::now();
        in_flight.take_late(begun + SECOND);
        let overdue = begun + SECOND + INIT_MAX;
        assert_eq!(in_flight.next_due(), Some(begun + 60 * SECOND));
        assert!(!in_flight.is_stuck(overdue));
        in_flight.done(running).unwrap();
        assert_eq!(in_flight.next_due(), Some(overdue));
        assert!(in_flight.is_stuck(overdue));
    }
}
