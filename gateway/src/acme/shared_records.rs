//! The records as one gateway knows them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use brink_shared::bus::Entry;
use brink_shared::id::NodeId;
use brink_shared::status::{AcmeCertificate, AcmeFailure, AcmeName, AcmeStatus};
use brink_shared::wire::UnixMillis;
use parking_lot::RwLock;
use serde::de::DeserializeOwned;

use super::key;
use super::records::{CertificateRecord, ChallengeRecord, Failure, LeaseRecord};

/// The records; replaced whole at each change.
#[derive(Debug, Default)]
pub(super) struct SharedRecords {
    current: RwLock<Arc<Records>>,
    /// Why a certificate cannot be used here, if one cannot.
    of_certificates: RwLock<Option<String>>,
    /// Why this gateway cannot use the cluster's account, if it cannot.
    of_account: RwLock<Option<String>>,
}

/// The records at one moment.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// True once the bucket has been read whole.
    pub(super) is_current: bool,
    lease: Option<LeaseRecord>,
    authority: Option<Failure>,
    /// The answers to challenges by their tokens.
    challenges: HashMap<String, ChallengeRecord>,
    /// By name, with their revisions.
    pub(super) certificates: BTreeMap<String, (u64, Arc<CertificateRecord>)>,
    pub(super) failures: BTreeMap<String, Failure>,
}

// === impl SharedRecords ===

impl SharedRecords {
    /// The records now.
    pub(super) fn load(&self) -> Arc<Records> {
        self.current.read().clone()
    }

    /// Replaces them.
    pub(super) fn store(&self, records: Records) -> Arc<Records> {
        let records = Arc::new(records);
        *self.current.write() = records.clone();
        records
    }

    /// Says why a certificate cannot be used here, or that all can.
    pub(super) fn tell_of_certificates(&self, problem: Option<String>) {
        change(&self.of_certificates, problem);
    }

    /// Says why the account cannot be used here, or that it can.
    pub(super) fn tell_of_account(&self, problem: Option<String>) {
        change(&self.of_account, problem);
    }

    /// Problems of this gateway alone.
    pub(super) fn problems(&self) -> Vec<String> {
        let told = [&self.of_certificates, &self.of_account];
        told.into_iter().filter_map(|problem| problem.read().clone()).collect()
    }

    /// The answer to a challenge that is under way.
    pub(super) fn challenge(&self, token: &str) -> Option<String> {
        self.current.read().challenges.get(token).map(|challenge| challenge.answer.clone())
    }

    /// The report on these names.
    pub(super) fn status(
        &self,
        directory: String,
        wanted: impl Iterator<Item = String>,
    ) -> AcmeStatus {
        let records = self.load();
        let all = wanted.map(|name| {
            let certificate = records.certificates.get(&name).map(|(_, record)| record);
            AcmeName {
                certificate: certificate.map(|record| AcmeCertificate {
                    expires: record.expires,
                    renews: record.renew_at,
                }),
                failure: records.failures.get(&name).map(told),
                name,
            }
        });
        let leader: Option<NodeId> = records.lease.as_ref().map(|lease| lease.holder.clone());
        let authority = records.authority.as_ref().map(told);
        AcmeStatus::new(directory, leader, authority, all)
    }
}

// === impl Records ===

impl Records {
    /// Reads the entries of the bucket. Certificates that have not changed since are taken from
    /// `before`. Records that this release cannot read are left out.
    pub(super) fn read(entries: &BTreeMap<String, Entry>, before: &Self) -> Self {
        let mut records = Self { is_current: true, ..Self::default() };
        for (key, entry) in entries {
            if let Some(name) = key::certified(key) {
                let known = before.certificates.get(name).filter(|known| known.0 == entry.revision);
                let read = || read(entry).map(|record| (entry.revision, Arc::new(record)));
                let record = known.cloned().or_else(read);
                records.certificates.extend(record.map(|record| (name.to_owned(), record)));
            } else if let Some(name) = key::failed(key) {
                records.failures.extend(read(entry).map(|failure| (name.to_owned(), failure)));
            } else if let Some(token) = key::token_of(key) {
                records.challenges.extend(read(entry).map(|answer| (token.to_owned(), answer)));
            } else if key == key::LEASE {
                records.lease = read(entry);
            } else if key == key::AUTHORITY {
                records.authority = read(entry);
            }
        }
        records
    }

    /// The certificates of an earlier run, while the bucket cannot be read.
    pub(super) fn saved(certificates: Vec<CertificateRecord>) -> Self {
        let named = certificates.into_iter().map(|c| (c.name.clone(), (0, Arc::new(c))));
        Self { certificates: named.collect(), ..Self::default() }
    }

    /// The tokens of challenges that nobody asks for any more.
    pub(super) fn old_challenges(&self, now: UnixMillis) -> Vec<String> {
        let old = self.challenges.iter().filter(|(_, challenge)| challenge.until <= now);
        old.map(|(token, _)| token.clone()).collect()
    }
}

/// Replaces a problem, and logs it if it is another one.
fn change(told: &RwLock<Option<String>>, problem: Option<String>) {
    let mut told = told.write();
    if *told != problem {
        if let Some(problem) = &problem {
            tracing::error!("{problem}");
        }
        *told = problem;
    }
}

fn read<T: DeserializeOwned>(entry: &Entry) -> Option<T> {
    let read = serde_json::from_slice(&entry.value);
    read.inspect_err(|error| {
        tracing::warn!(key = entry.key, %error, "cannot read a record of ACME; it is left out");
    })
    .ok()
}

fn told(failure: &Failure) -> AcmeFailure {
    AcmeFailure { count: failure.count, error: failure.error.clone(), next: failure.next }
}
