//! The queue of one version: its events that wait for an execution environment.
//!
//! The queue takes a limited number of events. It does not take an event that would miss its
//! deadline here, so the gateway can ask another worker at once.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::pending::Pending;

/// The weight of the newest observation in the moving average of the throughput.
const NEWEST: f64 = 0.2;

/// The events, in the order in which they came.
pub struct Queue {
    events: VecDeque<Pending>,
    max: usize,
    closed: bool,
    /// How many of the next events run one at a time.
    alone: usize,
    /// Events that left the queue since the last observation.
    left: u32,
    /// How many events leave in a second while others wait; none until that was observed.
    throughput: Option<f64>,
}

// === impl Queue ===

impl Queue {
    /// A queue of at most `max` events.
    pub fn new(max: usize) -> Self {
        Self { events: VecDeque::new(), max, closed: false, alone: 0, left: 0, throughput: None }
    }

    /// Queues an event. Gives it back if the queue is full or the event would be late.
    pub fn push(&mut self, event: Pending, now: Instant) -> Option<Pending> {
        let done_at = now + self.wait();
        if self.closed || self.events.len() >= self.max || done_at >= event.deadline {
            return Some(event);
        }
        self.events.push_back(event);
        None
    }

    /// Puts events that a sandbox did not begin before all others, oldest first.
    pub fn put_back(&mut self, events: Vec<Pending>) {
        if self.alone > 0 {
            self.alone += events.len();
        }
        for event in events.into_iter().rev() {
            self.events.push_front(event);
        }
    }

    /// Notes that a sandbox died with this many running events, and that it is not known which of
    /// them killed it. When these events come again, each of them gets a sandbox to itself. So do
    /// the events that come before them.
    pub fn run_alone(&mut self, lost: usize) {
        self.alone = self.events.len() + lost;
    }

    /// True if the next event gets a sandbox to itself.
    pub fn next_runs_alone(&self) -> bool {
        self.alone > 0
    }

    /// Takes the next event that may still begin. Adds those that may not to `late`.
    pub fn pop(&mut self, now: Instant, late: &mut Vec<Pending>) -> Option<Pending> {
        while let Some(event) = self.events.pop_front() {
            self.left = self.left.saturating_add(1);
            self.alone = self.alone.saturating_sub(1);
            if event.may_begin(now) {
                return Some(event);
            }
            late.push(event);
        }
        None
    }

    /// Takes the events whose deadline is not after `by`.
    pub fn expire(&mut self, by: Instant) -> Vec<Pending> {
        let alone = self.alone;
        let (mut late, mut on_time) = (Vec::new(), VecDeque::with_capacity(self.events.len()));
        for (place, event) in std::mem::take(&mut self.events).into_iter().enumerate() {
            if event.deadline > by {
                on_time.push_back(event);
                continue;
            }
            if place < alone {
                self.alone -= 1;
            }
            late.push(event);
        }
        self.events = on_time;
        late
    }

    /// Takes all events.
    pub fn take_all(&mut self) -> VecDeque<Pending> {
        self.alone = self.alone.saturating_sub(self.events.len());
        std::mem::take(&mut self.events)
    }

    /// Closes the queue: it takes no further event.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// How long the oldest event has been waiting.
    pub fn oldest(&self, now: Instant) -> Option<Duration> {
        let oldest = self.events.front()?;
        Some(now.saturating_duration_since(oldest.arrived))
    }

    /// The number of events that wait.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// True if no event waits.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Measures the last `period`: how many events left while others waited.
    pub fn observe(&mut self, period: Duration) {
        let left = f64::from(std::mem::take(&mut self.left));
        if self.events.is_empty() {
            return;
        }
        let seen = left / period.as_secs_f64().max(0.001);
        self.throughput = Some(match self.throughput {
            Some(before) => before + NEWEST * (seen - before),
            None if left > 0.0 => seen,
            None => return,
        });
    }

    /// How long an event that comes now will probably wait.
    fn wait(&self) -> Duration {
        match self.throughput {
            Some(rate) if !self.events.is_empty() => {
                let waiting = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
                let seconds = f64::from(waiting) / rate.max(0.001);
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX / 4)
            }
            _ => Duration::ZERO,
        }
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

    fn event(within: Duration) -> Pending {
        let event = Event {
            request_id: "r".to_owned(),
            trigger: Trigger::ViewerRequest,
            timeout: within,
            within,
            payload: Payload::Json(Bytes::from_static(b"{}")),
            fresh: false,
        };
        Pending::from_here(event, Rc::new(Meter::new("f:1".parse().unwrap()))).0
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_or_closed_queue_gives_events_back() {
        let mut queue = Queue::new(1);
        let now = Instant::now();
        assert!(queue.push(event(Duration::from_secs(1)), now).is_none());
        assert!(queue.push(event(Duration::from_secs(1)), now).is_some());
        queue.take_all();
        queue.close();
        assert!(queue.push(event(Duration::from_secs(1)), now).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_would_be_late_is_given_back() {
        let mut queue = Queue::new(100);
        let now = Instant::now();
        for _ in 0..20 {
            assert!(queue.push(event(Duration::from_secs(9)), now).is_none());
        }
        let mut late = Vec::new();
        assert!(queue.pop(now, &mut late).is_some());
        queue.observe(Duration::from_millis(100));
        // One left in 100 ms, so that 19 take about two seconds.
        assert!(queue.push(event(Duration::from_secs(1)), now).is_some());
        assert!(queue.push(event(Duration::from_secs(3)), now).is_none());
        assert!(late.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn late_events_are_told_apart_from_those_on_time() {
        let mut queue = Queue::new(100);
        let now = Instant::now();
        assert!(queue.push(event(Duration::from_secs(1)), now).is_none());
        assert!(queue.push(event(Duration::from_secs(5)), now).is_none());
        let mut late = Vec::new();
        let next = queue.pop(now + Duration::from_secs(2), &mut late).unwrap();
        assert_eq!(late.len(), 1);
        queue.put_back(vec![next]);
        assert_eq!(queue.expire(now + Duration::from_secs(5)).len(), 1);
        assert!(queue.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn events_that_leave_the_queue_do_not_make_others_run_alone() {
        let now = Instant::now();
        let fill = |seconds: &[u64]| {
            let mut queue = Queue::new(100);
            for seconds in seconds {
                assert!(queue.push(event(Duration::from_secs(*seconds)), now).is_none());
            }
            queue
        };
        let mut queue = fill(&[1, 1, 9]);
        queue.run_alone(0);
        assert_eq!(queue.expire(now + Duration::from_secs(1)).len(), 2);
        assert!(queue.push(event(Duration::from_secs(9)), now).is_none());
        let mut late = Vec::new();
        assert!(queue.next_runs_alone());
        let first = queue.pop(now, &mut late).unwrap();
        assert!(!queue.next_runs_alone(), "the event that came later");
        queue.put_back(vec![first]);
        assert!(!queue.next_runs_alone());

        let mut queue = fill(&[9, 9]);
        queue.run_alone(1);
        assert_eq!(queue.take_all().len(), 2);
        assert!(queue.push(event(Duration::from_secs(9)), now).is_none());
        assert!(queue.next_runs_alone(), "the lost one comes again");
        queue.pop(now, &mut late).unwrap();
        assert!(!queue.next_runs_alone());

        let mut queue = fill(&[9, 9]);
        queue.run_alone(0);
        let first = queue.pop(now, &mut late).unwrap();
        queue.put_back(vec![first]);
        queue.pop(now, &mut late).unwrap();
        assert!(queue.next_runs_alone(), "the second one still does");
    }
}
