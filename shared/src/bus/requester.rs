//! Requests with answers, on top of any bus.
//!
//! A requester has one inbox and a table of open requests. If the connection is lost, all open
//! requests fail at once, because their answers will not come. So unanswered requests cost memory
//! only for a bounded time.
//!
//! ```text
//!         sent        answered, out of time, connection lost, or dropped by the caller
//! request ──────▶ open ──────────────────────────────────────────────────────────────▶ gone
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::{Bus, BusError, Link, Message, Subscription};

/// Answers that wait in the inbox. Further answers are lost, and their requests time out.
const INBOX_CAPACITY: usize = 4096;

/// Answers taken from the inbox at a time.
const BATCH: usize = 64;

/// Answers to one request that wait while they are gathered. Further answers are lost.
const GATHER_CAPACITY: usize = 1024;

/// Sends requests and waits for answers. Share it as `Arc<Requester>`. If it is dropped, all open
/// requests fail.
pub struct Requester {
    bus: Arc<dyn Bus>,
    inbox: String,
    waiting: Arc<Waiting>,
    next: AtomicU64,
    /// Takes answers from the inbox; ends with this.
    _receiver: JoinSet<()>,
}

/// The waiting requests, by the number at the end of the reply subject.
#[derive(Default)]
struct Waiting {
    askers: Mutex<HashMap<u64, Asker>>,
}

type Answer = Result<Message, BusError>;

enum Asker {
    /// Wants the first answer.
    First(oneshot::Sender<Answer>),
    /// Wants all.
    All(mpsc::Sender<Answer>),
}

/// A request's entry in the table, removed when dropped.
struct Place<'a> {
    waiting: &'a Waiting,
    number: u64,
}

// === impl Requester ===

impl Requester {
    /// Opens an inbox on the bus, to which workers answer.
    pub async fn new(bus: Arc<dyn Bus>) -> Result<Self, BusError> {
        let inbox = bus.new_inbox();
        Self::at(bus, inbox).await
    }

    /// The same for requests that gateways answer too.
    pub async fn for_gateways(bus: Arc<dyn Bus>) -> Result<Self, BusError> {
        let inbox = bus.new_inbox_for_gateways();
        Self::at(bus, inbox).await
    }

    async fn at(bus: Arc<dyn Bus>, inbox: String) -> Result<Self, BusError> {
        let arrivals = bus.subscribe(&format!("{inbox}.*"), None, INBOX_CAPACITY).await?;
        let waiting = Arc::new(Waiting::default());
        let mut receiver = JoinSet::new();
        receiver.spawn(receive(arrivals, bus.link(), waiting.clone()));
        Ok(Self { bus, inbox, waiting, next: AtomicU64::new(0), _receiver: receiver })
    }

    /// The first answer. [`BusError::NoResponders`] at once if there is no subscriber,
    /// [`BusError::Away`] at once when there is no connection or it is lost meanwhile.
    pub async fn request(
        &self,
        subject: &str,
        payload: Bytes,
        within: Duration,
    ) -> Result<Bytes, BusError> {
        let until = Instant::now() + within;
        let (to, answer) = oneshot::channel();
        let denied = self.bus.denied(subject);
        let _place = self.ask(subject, payload, Asker::First(to)).await?;
        let answered = tokio::select! {
            answered = timeout_at(until, answer) => answered,
            error = denied => return Err(error),
        };
        match answered {
            Ok(Ok(answer)) => read(subject, answer),
            Ok(Err(_)) => Err(BusError::closed()),
            Err(_) => Err(BusError::Timeout { subject: subject.to_owned(), waited: within }),
        }
    }

    /// Every answer that comes `within` that time. Always waits for the whole time, unless there is
    /// no subscriber or the connection is lost.
    pub async fn gather(
        &self,
        subject: &str,
        payload: Bytes,
        within: Duration,
    ) -> Result<Vec<Bytes>, BusError> {
        let until = Instant::now() + within;
        let (to, mut incoming) = mpsc::channel(GATHER_CAPACITY);
        let mut denied = self.bus.denied(subject);
        let _place = self.ask(subject, payload, Asker::All(to)).await?;
        let mut answers = Vec::new();
        loop {
            let answer = tokio::select! {
                answer = timeout_at(until, incoming.recv()) => answer,
                error = &mut denied => return Err(error),
            };
            let Ok(answer) = answer else { return Ok(answers) };
            answers.push(read(subject, answer.ok_or_else(BusError::closed)?)?);
        }
    }

    async fn ask(
        &self,
        subject: &str,
        payload: Bytes,
        asker: Asker,
    ) -> Result<Place<'_>, BusError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.waiting.askers.lock().insert(number, asker);
        let place = Place { waiting: &self.waiting, number };
        let reply_to = format!("{}.{number}", self.inbox);
        self.bus.publish(subject, Some(&reply_to), payload).await?;
        Ok(place)
    }
}

// === impl Place ===

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.askers.lock().remove(&self.number);
    }
}

// === impl Waiting ===

impl Waiting {
    fn answer(&self, message: Message) {
        let number = message.subject.rsplit_once('.').and_then(|(_, last)| last.parse().ok());
        let Some(number) = number else { return };
        let mut askers = self.askers.lock();
        match askers.get(&number) {
            // If the queue is full, the answer is lost; it must not delay the answers of others.
            Some(Asker::All(to)) => drop(to.try_send(Ok(message))),
            Some(Asker::First(_)) => {
                if let Some(asker) = askers.remove(&number) {
                    asker.end(Ok(message));
                }
            }
            None => {}
        }
    }

    /// Fails every open request with the error.
    fn fail(&self, error: &BusError) {
        for (_, asker) in self.askers.lock().drain() {
            asker.end(Err(error.clone()));
        }
    }
}

// === impl Asker ===

impl Asker {
    /// Gives the last answer. If the caller is gone, nothing happens.
    fn end(self, answer: Answer) {
        match self {
            Self::First(to) => drop(to.send(answer)),
            Self::All(to) => drop(to.try_send(answer)),
        }
    }
}

fn read(subject: &str, answer: Answer) -> Result<Bytes, BusError> {
    match answer? {
        message if message.no_responders => Err(BusError::NoResponders(subject.to_owned())),
        message => Ok(message.payload),
    }
}

/// Hands answers to the requests that wait for them, until the bus is closed.
async fn receive(
    mut arrivals: Subscription,
    mut link: watch::Receiver<Link>,
    waiting: Arc<Waiting>,
) {
    let mut before = *link.borrow_and_update();
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            changed = link.changed() => {
                let now = *link.borrow_and_update();
                // `Up` after `Up` hides a `Down` that was too short to see.
                if now == Link::Down || before == Link::Up {
                    waiting.fail(&BusError::lost());
                }
                if changed.is_err() {
                    return;
                }
                before = now;
            }
            taken = arrivals.next_many(&mut batch, BATCH) => {
                batch.drain(..).for_each(|message| waiting.answer(message));
                if taken == 0 {
                    waiting.fail(&BusError::closed());
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream::pending;

    use super::*;
    use crate::bus::EmbeddedBus;

    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn no_question_stays_in_the_table() {
        let bus = EmbeddedBus::new();
        let requester = Requester::new(bus.clone()).await.unwrap();
        let waiting = || requester.waiting.askers.lock().len();
        let _silent = bus.subscribe("silent", None, 8).await.unwrap();

        let late = requester.request("silent", Bytes::new(), SHORT).await;
        assert!(matches!(late, Err(BusError::Timeout { .. })), "{late:?}");
        assert_eq!(waiting(), 0, "after its time");
        assert_eq!(requester.gather("silent", Bytes::new(), SHORT).await, Ok(vec![]));
        assert_eq!(waiting(), 0, "after gathering");
        let nobody = requester.request("nobody", Bytes::new(), SHORT).await;
        assert!(matches!(nobody, Err(BusError::NoResponders(_))), "{nobody:?}");
        assert_eq!(waiting(), 0, "after an answer");
        let malformed = requester.request("a b", Bytes::new(), SHORT).await;
        assert!(matches!(malformed, Err(BusError::BadName(_))), "{malformed:?}");
        assert_eq!(waiting(), 0, "after it could not be sent");

        let question = requester.request("silent", Bytes::new(), Duration::from_secs(60));
        let given_up = tokio::time::timeout(SHORT, question).await;
        assert!(given_up.is_err());
        assert_eq!(waiting(), 0, "after it was given up");
    }

    #[tokio::test]
    async fn a_break_too_short_to_see_fails_open_requests() {
        let link = watch::Sender::new(Link::Up);
        let waiting = Arc::new(Waiting::default());
        let arrivals = Subscription::new(pending());
        let mut receiver = JoinSet::new();
        receiver.spawn(receive(arrivals, link.subscribe(), waiting.clone()));
        tokio::task::yield_now().await;

        let (to, answer) = oneshot::channel();
        waiting.askers.lock().insert(1, Asker::First(to));
        link.send_replace(Link::Down);
        link.send_replace(Link::Up);
        let answer = tokio::time::timeout(Duration::from_secs(5), answer).await.unwrap();
        assert_eq!(answer.unwrap(), Err(BusError::lost()));
    }
}
