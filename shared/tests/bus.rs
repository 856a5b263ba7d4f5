//! The promises of every bus, tested on each of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "bus/connection.rs"]
mod connection;
#[path = "bus/large_payloads.rs"]
mod large_payloads;
#[path = "bus/messaging.rs"]
mod messaging;
#[path = "bus/nats_server.rs"]
mod nats_server;
#[path = "bus/replicas.rs"]
mod replicas;
#[path = "bus/state.rs"]
mod state;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_nats_server::{NatsServer, NatsServerOptions, program};
use brink_shared::bus::{
    Bus, BusError, Change, EmbeddedBus, Entry, JournalRange, JournalSpec, Link, Message, Moment,
    NatsBus, NatsOptions, Replicas, Requester, SUBSCRIPTION_CAPACITY_MAX, ServiceSpec,
    Subscription,
};
use brink_shared::clock::BusClock;
use brink_shared::invalidation::Invalidations;
use brink_shared::wire::UnixMillis;
use bytes::Bytes;

/// Longest wait for what must come.
const SOON: Duration = Duration::from_secs(10);

/// Longest that "at once" may take on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Wait for an answer that is asked for again until it comes.
const SHORT: Duration = Duration::from_millis(100);

macro_rules! contract {
    ($($module:ident::$property:ident,)*) => {
        mod embedded {
            $(#[tokio::test]
            async fn $property() {
                super::$module::$property(super::EmbeddedBus::new()).await;
            })*
        }

        mod nats {
            $(#[tokio::test]
            async fn $property() {
                let server = super::server().await;
                super::$module::$property(super::connect(&server).await).await;
            })*
        }
    };
}

contract! {
    messaging::a_message_reaches_every_subscriber,
    messaging::wildcards_match_one_token_or_the_rest,
    messaging::one_member_of_a_group_gets_each_message,
    messaging::members_of_a_group_share_the_work,
    messaging::a_missing_subscriber_is_reported_at_once,
    messaging::a_dropped_subscription_does_not_count,
    messaging::a_request_is_answered,
    messaging::a_request_times_out,
    messaging::gathering_takes_every_answer,
    messaging::inboxes_are_not_shared,
    messaging::a_payload_has_a_limit,
    messaging::malformed_names_are_rejected,
    messaging::a_slow_subscriber_loses_the_newest,
    messaging::many_are_taken_at_a_time,
    state::a_bucket_compares_and_swaps,
    state::a_decision_holds_while_nothing_else_is_written,
    state::of_decisions_at_once_one_is_taken,
    state::an_object_is_removed_in_the_writing_that_was_seen,
    state::a_watcher_is_told_everything,
    state::a_slow_watcher_misses_no_key,
    state::a_bucket_is_read_while_it_is_written,
    state::objects_are_listed_while_they_go,
    state::objects_are_stored_whole,
    messaging::a_service_answers_on_its_endpoints,
    state::a_journal_replays_and_ends,
    state::a_journal_is_followed,
    state::a_journal_numbers_its_messages,
    state::a_fading_bucket_forgets,
    messaging::closing_ends_after_the_delivered_messages,
    messaging::draining_loses_nothing,
    large_payloads::kept_payloads_arrive_whole,
    large_payloads::payloads_kept_until_fetched_go_then,
    large_payloads::a_holder_that_dies_is_noticed,
    large_payloads::a_holder_that_dies_half_way_is_noticed,
    large_payloads::a_lost_piece_is_asked_for_again,
    large_payloads::a_wrong_size_is_noticed,
    large_payloads::nothing_is_kept_beyond_its_time,
    large_payloads::a_full_table_says_so,
    large_payloads::fetched_payloads_take_room_until_dropped,
}

/// A server with a directory of its own.
struct TestServer {
    server: NatsServer,
    _dir: tempfile::TempDir,
}

impl std::ops::Deref for TestServer {
    type Target = NatsServer;

    fn deref(&self) -> &NatsServer {
        &self.server
    }
}

impl std::ops::DerefMut for TestServer {
    fn deref_mut(&mut self) -> &mut NatsServer {
        &mut self.server
    }
}

async fn server() -> TestServer {
    let dir = tempfile::tempdir().unwrap();
    let options = NatsServerOptions { dir: dir.path().to_owned(), ..program().await };
    TestServer { server: NatsServer::start(options).await.unwrap(), _dir: dir }
}

/// The program, looked for once.
async fn program() -> NatsServerOptions {
    static PROGRAM: tokio::sync::OnceCell<std::path::PathBuf> = tokio::sync::OnceCell::const_new();
    let found = PROGRAM.get_or_init(async || program::find().await.unwrap()).await;
    NatsServerOptions { program: Some(found.clone()), ..NatsServerOptions::default() }
}

fn options(url: String) -> NatsOptions {
    NatsOptions { servers: vec![url], creds: None, ca: None, name: "bus-test".into() }
}

async fn connect(server: &TestServer) -> Arc<dyn Bus> {
    connect_to(server.url()).await
}

async fn connect_to(url: String) -> Arc<dyn Bus> {
    let bus = NatsBus::connect(options(url)).await.unwrap();
    soon(bus.link().wait_for(|link| *link == Link::Up)).await.unwrap();
    bus
}

/// Answers every request with its payload and `suffix` until dropped.
async fn echo(bus: &Arc<dyn Bus>, subject: &str, suffix: &'static str) -> Echo {
    let mut requests = bus.subscribe(subject, None, 64).await.unwrap();
    let bus = bus.clone();
    Echo(tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let answer = [&request.payload, suffix.as_bytes()].concat();
            bus.publish(&request.reply_to.unwrap(), None, answer.into()).await.unwrap();
        }
    }))
}

struct Echo(tokio::task::JoinHandle<()>);

impl Drop for Echo {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn send(bus: &Arc<dyn Bus>, subject: &str, payload: &str) {
    bus.publish(subject, None, payload.to_owned().into()).await.unwrap();
}

/// Waits until everything published before has been delivered to this process.
async fn settle(bus: &Arc<dyn Bus>) {
    let subject = unique("settle");
    let mut subscription = bus.subscribe(&subject, None, 1).await.unwrap();
    send(bus, &subject, "").await;
    soon(subscription.next()).await.unwrap();
}

async fn take(from: &mut Subscription, count: usize) -> Vec<Message> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(soon(from.next()).await.expect("the subscription ended early"));
    }
    taken
}

/// The future's value, which must come before [`SOON`] is over.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("it did not happen soon")
}

/// Asks again until the answer is yes.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    while !condition().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn number_in(message: &Message) -> u32 {
    std::str::from_utf8(&message.payload).unwrap().parse().unwrap()
}

fn unique(kind: &str) -> String {
    format!("{kind}.{:016x}", rand::random::<u64>())
}

fn unique_name(kind: &str) -> String {
    unique(kind).replace('.', "-")
}
