//! Messages from the client library to a subscriber, without a task in between.
//!
//! The library's queue has one capacity for all subscriptions. Each poll moves all messages into a
//! queue with the subscription's own capacity. Messages that do not fit are dropped and counted.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_nats::StatusCode;
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::bus::{DROPPED_TOTAL, Message, SUBSCRIPTION_CAPACITY_MAX, name};
use crate::identity::Sender;

/// A bounded stream of messages that ends when the bus is closed.
pub(super) struct Inbound<S> {
    source: S,
    capacity: usize,
    waiting: VecDeque<Message>,
    ended: bool,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
}

// === impl Inbound ===

impl<S> Inbound<S> {
    pub(super) fn new(source: S, capacity: usize, closed: CancellationToken) -> Self {
        Self {
            source,
            capacity: capacity.clamp(1, SUBSCRIPTION_CAPACITY_MAX),
            waiting: VecDeque::new(),
            ended: false,
            closed: Box::pin(closed.cancelled_owned()),
        }
    }
}

impl<S> Inbound<S>
where
    S: Stream<Item = async_nats::Message> + Unpin,
{
    fn fill(&mut self, cx: &mut Context<'_>) {
        let mut dropped = 0;
        while !self.ended {
            match self.source.poll_next_unpin(cx) {
                Poll::Ready(Some(_)) if self.waiting.len() >= self.capacity => dropped += 1,
                Poll::Ready(Some(message)) => self.waiting.push_back(convert(message)),
                Poll::Ready(None) => self.ended = true,
                Poll::Pending => break,
            }
        }
        if dropped > 0 {
            metrics::counter!(DROPPED_TOTAL).increment(dropped);
        }
    }
}

impl<S> Stream for Inbound<S>
where
    S: Stream<Item = async_nats::Message> + Unpin,
{
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.fill(cx);
        if let Some(message) = self.waiting.pop_front() {
            return Poll::Ready(Some(message));
        }
        if self.ended || self.closed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// The header in which the server says who sent a request from another account.
const REQUEST_INFO: &str = "Nats-Request-Info";

/// The messages of a subscription. When `drain` is cancelled, the subscription ends after the
/// messages that the server has sent already; the server acknowledges the end.
pub(super) fn until(
    arrivals: async_nats::Subscriber,
    drain: CancellationToken,
) -> impl Stream<Item = async_nats::Message> {
    unfold((arrivals, Some(drain)), |(mut arrivals, mut drain)| async move {
        loop {
            let Some(told) = &drain else {
                return Some((arrivals.next().await?, (arrivals, drain)));
            };
            if told.is_cancelled() {
                // An error means that the connection is closed, and so is the subscription.
                arrivals.drain().await.ok()?;
                drain = None;
                continue;
            }
            tokio::select! {
                biased;
                message = arrivals.next() => return Some((message?, (arrivals, drain))),
                () = told.cancelled() => {}
            }
        }
    })
}

/// The library's message as the bus has it.
pub(super) fn convert(message: async_nats::Message) -> Message {
    Message {
        subject: message.subject.into_string(),
        reply_to: message
            .reply
            .map(async_nats::Subject::into_string)
            .filter(|to| name::is_inbox(to)),
        payload: message.payload,
        no_responders: message.status == Some(StatusCode::NO_RESPONDERS),
        sender: message
            .headers
            .as_ref()
            .and_then(|headers| Some(Sender::read(headers.get(REQUEST_INFO)?.as_str()))),
    }
}
