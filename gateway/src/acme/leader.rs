//! The work of the leader: it orders and renews certificates, one after the other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use brink_shared::bus::{Bucket, Bus, BusError};
use brink_shared::id::NodeId;
use brink_shared::registry::Mirror;
use brink_shared::subject;
use brink_shared::wire::UnixMillis;
use instant_acme::Account;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::authority_client::AuthorityClient;
use super::lease::{self, Lease};
use super::order::Ordering;
use super::order_error::{Fault, OrderError};
use super::records::{CertificateRecord, Failure, OrderCount, json};
use super::schedule::{self, State};
use super::settings::Setup;
use super::shared_records::SharedRecords;
use super::{account, key, names, renewal_info};

/// The shortest and the longest pause between two questions about a certificate's window.
const WINDOW_AGAIN: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_hours(24);

/// How long a gateway that stops tries to give back the lease.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(2);

/// When the window of a new certificate is asked for again.
const WINDOW_FIRST: Duration = Duration::from_hours(1);

/// The part of a gateway that leads if it has the lease.
pub(crate) struct Leader {
    setup: Arc<Setup>,
    records: Arc<SharedRecords>,
    bus: Arc<dyn Bus>,
    mirror: Arc<Mirror>,
    node: NodeId,
    /// When the window of each certificate is asked for again.
    windows: HashMap<String, Instant>,
}

// === impl Leader ===

impl Leader {
    /// Does nothing yet.
    pub(super) fn new(
        setup: Arc<Setup>,
        records: Arc<SharedRecords>,
        bus: Arc<dyn Bus>,
        mirror: Arc<Mirror>,
        node: NodeId,
    ) -> Self {
        Self { setup, records, bus, mirror, node, windows: HashMap::new() }
    }

    /// Looks at all names again and again, until `stop`. Then gives the lease back.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.turn(&stop).await {
                tracing::warn!(%error, "cannot look after the certificates of ACME; this is tried again");
            }
            // Gateways that start together do not look together.
            let pause = self.setup.pace.look_every.mul_f64(0.8 + 0.4 * rand::random::<f64>());
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
        let given_back = tokio::time::timeout(GIVE_BACK_WITHIN, self.give_back()).await;
        if !matches!(given_back, Ok(Ok(()))) {
            tracing::debug!("cannot give back the lease of ACME; it ends by itself");
        }
    }

    async fn give_back(&self) -> Result<(), BusError> {
        let bucket = self.bus.bucket(subject::ACME_BUCKET).await?;
        lease::give_back(&*bucket, &self.node).await
    }

    /// Takes the lease if it is free, and does all that is due.
    async fn turn(&mut self, stop: &CancellationToken) -> Result<(), BusError> {
        // Without the bus's time and the newest distributions, nothing can be decided.
        let is_ready = self.mirror.is_current()
            && self.bus.clock().is_measured()
            && self.records.load().is_current;
        if !is_ready {
            return Ok(());
        }
        let bucket = self.bus.bucket(subject::ACME_BUCKET).await?;
        let lasts = self.setup.pace.lease;
        let Some(mut lease) = Lease::take(&self.bus, &bucket, &self.node, lasts).await? else {
            return Ok(());
        };
        let worked = tokio::select! {
            worked = self.work(&bucket) => worked,
            error = lease.keep() => {
                tracing::warn!(%error, "another gateway orders the certificates now");
                Ok(())
            }
            () = stop.cancelled() => Ok(()),
        };
        if worked.is_err() {
            // Another gateway may be able to do it.
            lease::give_back(&*bucket, &self.node).await?;
        }
        worked
    }

    /// Does all that is due: orders, questions about windows, and the removal of old records.
    async fn work(&mut self, bucket: &Arc<dyn Bucket>) -> Result<(), BusError> {
        let wanted = names::wanted(&self.mirror.snapshot());
        self.tidy(bucket, &wanted).await?;
        let authority: Option<Failure> = read(bucket, key::AUTHORITY).await?.map(|(_, own)| own);
        if authority.is_some_and(|failure| failure.next > self.bus.clock().now()) {
            return Ok(());
        }
        let client = AuthorityClient::new(self.setup.tls.clone(), self.setup.pace.request);
        let mut opened: Option<Account> = None;
        for (name, applied) in &wanted {
            let records = self.records.load();
            let certificate = records.certificates.get(name).map(|(_, record)| record.as_ref());
            let failure = records.failures.get(name);
            let state = State { applied: *applied, certificate, failure };
            let asks = certificate.is_some_and(|own| self.asks_for_window(own));
            if !self.is_due(&state) && !asks {
                continue;
            }
            let account = match opened.take() {
                Some(account) => Ok(account),
                None => account::open(&self.setup, &**bucket, &client).await,
            };
            let went = match account {
                Err(error) => Err(error),
                Ok(account) => {
                    self.records.tell_of_account(None);
                    let went = self.look_after(bucket, &account, name, *applied).await;
                    opened = Some(account);
                    went
                }
            };
            if let Err(error) = went {
                let goes_on = self.failed(bucket, name, error, &client).await?;
                if !goes_on {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn is_due(&self, state: &State<'_>) -> bool {
        let (now, first) = (self.bus.clock().now(), self.setup.pace.first_pause);
        state.is_due(&self.setup.directory, now, first)
    }

    fn asks_for_window(&self, certificate: &CertificateRecord) -> bool {
        let is_over = |at: &Instant| *at <= Instant::now();
        certificate.directory == self.setup.directory
            && self.windows.get(&certificate.name).is_none_or(is_over)
    }

    /// Asks for the window of a certificate, and orders a new one if it is due. The records are read
    /// again for that, because those that this gateway knows may be a moment old.
    async fn look_after(
        &mut self,
        bucket: &Arc<dyn Bucket>,
        account: &Account,
        name: &str,
        applied: UnixMillis,
    ) -> Result<(), OrderError> {
        let mut certificate = read(bucket, &key::certificate(name)).await?;
        let failure: Option<Failure> = read(bucket, &key::failure(name)).await?.map(|(_, f)| f);
        if let Some((revision, record)) = &mut certificate
            && self.asks_for_window(record)
        {
            self.ask_for_window(bucket, account, revision, record).await?;
        }
        let record = certificate.as_ref().map(|(_, record)| record);
        if !self.is_due(&State { applied, certificate: record, failure: failure.as_ref() }) {
            return Ok(());
        }
        if !self.count_order(bucket).await? {
            tracing::warn!(name, "too many certificates were ordered lately; this one waits");
            return Ok(());
        }
        tracing::info!(name, is_renewal = record.is_some(), "orders a certificate by ACME");
        let ordering = Ordering { setup: &self.setup, bus: &*self.bus, bucket, account };
        let ordered =
            tokio::time::timeout(self.setup.pace.order, ordering.certificate(name, record)).await;
        let late = |_| OrderError::of_name("the order did not come to an end in time");
        let issued = ordered.map_err(late)??;
        let key = key::certificate(name);
        write(bucket, &key, &issued, certificate.map(|(revision, _)| revision)).await?;
        // An authority whose windows are always over gets an order an hour, and not one after another.
        self.windows.insert(name.to_owned(), Instant::now() + WINDOW_FIRST);
        remove(bucket, &key::failure(name)).await?;
        remove(bucket, key::AUTHORITY).await?;
        tell("issued");
        tracing::info!(name, expires = issued.expires.0, "has a certificate by ACME");
        Ok(())
    }

    /// Asks when the authority wants a certificate to be replaced. A new window gives a new time.
    async fn ask_for_window(
        &mut self,
        bucket: &Arc<dyn Bucket>,
        account: &Account,
        revision: &mut u64,
        record: &mut CertificateRecord,
    ) -> Result<(), OrderError> {
        let asked = renewal_info::window(account, &record.chain).await;
        let answer = asked.unwrap_or_else(|error| {
            // The time that is known already goes on to hold.
            tracing::debug!(%error, name = record.name, "no renewal information");
            None
        });
        let again = answer.map_or(*WINDOW_AGAIN.end(), |(_, again)| again);
        let again = again.clamp(*WINDOW_AGAIN.start(), *WINDOW_AGAIN.end());
        self.windows.insert(record.name.clone(), Instant::now() + again);
        let Some((window, _)) = answer.filter(|(window, _)| Some(*window) != record.window) else {
            return Ok(());
        };
        record.window = Some(window);
        let life = (self.bus.clock().now(), record.expires);
        record.renew_at = schedule::renew_at(life, Some(window), rand::random());
        *revision = write(bucket, &key::certificate(&record.name), record, Some(*revision)).await?;
        Ok(())
    }

    /// Counts one more order. False if there were too many.
    async fn count_order(&self, bucket: &Arc<dyn Bucket>) -> Result<bool, BusError> {
        let before: Option<(u64, OrderCount)> = read(bucket, key::ORDERS).await?;
        let now = self.bus.clock().now();
        let Some(count) = schedule::counted(before.map(|(_, count)| count), now) else {
            return Ok(false);
        };
        write(bucket, key::ORDERS, &count, before.map(|(revision, _)| revision)).await?;
        Ok(true)
    }

    /// Writes down a failure. False if no other name can succeed now.
    async fn failed(
        &self,
        bucket: &Arc<dyn Bucket>,
        name: &str,
        error: OrderError,
        client: &AuthorityClient,
    ) -> Result<bool, BusError> {
        let OrderError { fault, message } = error;
        if matches!(fault, Fault::Here | Fault::Bus) {
            if fault == Fault::Here {
                self.records.tell_of_account(Some(message.clone()));
            }
            let what = "get a certificate by ACME".to_owned();
            return Err(BusError::Rejected { what, why: message });
        }
        tell("failed");
        tracing::warn!(name, ?fault, "no certificate by ACME: {message}");
        if fault == Fault::Account {
            account::forget(&self.setup, &**bucket).await?;
        }
        let told = client.told();
        self.write_failure(bucket, &key::failure(name), told, &message).await?;
        if fault == Fault::Authority {
            self.write_failure(bucket, key::AUTHORITY, told, &message).await?;
        }
        Ok(fault == Fault::Name)
    }

    async fn write_failure(
        &self,
        bucket: &Arc<dyn Bucket>,
        key: &str,
        told: Option<Duration>,
        message: &str,
    ) -> Result<(), BusError> {
        let before: Option<(u64, Failure)> = read(bucket, key).await?;
        let (now, first) = (self.bus.clock().now(), self.setup.pace.first_pause);
        let failures = before.as_ref().map(|(_, failure)| failure);
        let shown = message.chars().filter(|c| !c.is_control());
        let message = shown.take(MESSAGE_MAX).collect();
        let failure = schedule::failed(failures, now, (first, told), message, rand::random());
        write(bucket, key, &failure, before.map(|(revision, _)| revision)).await.map(drop)
    }

    /// Removes records that are of no use any more: answers to challenges whose leader ended, and
    /// those of names that nobody wants, once they are over.
    async fn tidy(
        &mut self,
        bucket: &Arc<dyn Bucket>,
        wanted: &BTreeMap<String, UnixMillis>,
    ) -> Result<(), BusError> {
        let (records, now) = (self.records.load(), self.bus.clock().now());
        for token in records.old_challenges(now) {
            remove(bucket, &key::challenge(&token)).await?;
        }
        let is_unwanted = |name: &String| !wanted.contains_key(name);
        for (name, (_, certificate)) in &records.certificates {
            if is_unwanted(name) && certificate.expires <= now {
                remove(bucket, &key::certificate(name)).await?;
            }
        }
        for (name, failure) in &records.failures {
            if is_unwanted(name) && failure.next <= now {
                remove(bucket, &key::failure(name)).await?;
            }
        }
        self.windows.retain(|name, _| wanted.contains_key(name));
        Ok(())
    }
}

/// Longest message of a failure that is kept, in characters.
const MESSAGE_MAX: usize = 500;

async fn read<T: DeserializeOwned>(
    bucket: &Arc<dyn Bucket>,
    key: &str,
) -> Result<Option<(u64, T)>, BusError> {
    let Some(entry) = bucket.get(key).await? else { return Ok(None) };
    let what = format!("read {key} of ACME");
    let read = serde_json::from_slice(&entry.value);
    let read = read.map_err(|error| BusError::Rejected { what, why: error.to_string() });
    read.map(|record| Some((entry.revision, record)))
}

/// Writes a record that has this revision now, or none.
async fn write<T: Serialize>(
    bucket: &Arc<dyn Bucket>,
    key: &str,
    record: &T,
    revision: Option<u64>,
) -> Result<u64, BusError> {
    match revision {
        Some(revision) => bucket.update(key, json(record), revision).await,
        None => bucket.create(key, json(record)).await,
    }
}

async fn remove(bucket: &Arc<dyn Bucket>, key: &str) -> Result<(), BusError> {
    match bucket.get(key).await? {
        Some(entry) => bucket.delete(key, entry.revision).await,
        None => Ok(()),
    }
}

fn tell(outcome: &'static str) {
    metrics::counter!("brink_gateway_acme_orders_total", "outcome" => outcome).increment(1);
}
