//! Follows the records, and installs their certificates.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use brink_shared::bus::{Bus, BusError, Change, Entry, Link};
use brink_shared::subject;
use tokio_util::sync::CancellationToken;

use super::records::CertificateRecord;
use super::settings::Setup;
use super::shared_records::{Records, SharedRecords};
use super::state_file;
use crate::https::{Certificate, ViewerCertificates};

/// Pause before the bucket is opened again after an error.
const RETRY: Duration = Duration::from_millis(500);

/// Most changes that are read at a time.
const CHANGES_MAX: usize = 256;

/// The part of a gateway that follows the records.
pub(super) struct Follower {
    setup: Arc<Setup>,
    records: Arc<SharedRecords>,
    certificates: Arc<ViewerCertificates>,
    /// The certificates that can be used, with the revisions of their records.
    installed: HashMap<String, (u64, Certificate)>,
}

// === impl Follower ===

impl Follower {
    /// Has no certificates yet.
    pub(super) fn new(
        setup: Arc<Setup>,
        records: Arc<SharedRecords>,
        certificates: Arc<ViewerCertificates>,
    ) -> Self {
        Self { setup, records, certificates, installed: HashMap::new() }
    }

    /// Installs the certificates of an earlier run of this gateway.
    pub(super) async fn install_saved(&self) {
        let Some(folder) = self.setup.state.clone() else { return };
        let (setup, certificates) = (self.setup.clone(), self.certificates.clone());
        let installed = tokio::task::spawn_blocking(move || {
            let records = Records::saved(state_file::read(&folder));
            let (installed, problem) = open(&setup, &records, &HashMap::new());
            certificates.install(installed.into_values().map(|(_, own)| own).collect());
            (records, problem)
        });
        if let Ok((records, problem)) = installed.await {
            self.records.store(records);
            self.records.tell_of_certificates(problem);
        }
    }

    /// Follows until `stop`.
    pub(super) async fn run(mut self, bus: Arc<dyn Bus>, stop: CancellationToken) {
        let mut link = bus.link();
        while !stop.is_cancelled() {
            let followed = stop.run_until_cancelled(async {
                // Fails only if the bus is closed. Opening the bucket then reports that.
                let _ = link.wait_for(|link| *link == Link::Up).await;
                self.follow_once(&*bus).await
            });
            match followed.await {
                None => return,
                Some(Err(error)) => tracing::warn!(%error, "cannot follow the records of ACME"),
                Some(Ok(())) => {}
            }
            stop.run_until_cancelled(tokio::time::sleep(RETRY)).await;
        }
    }

    /// Watches until the watch ends.
    async fn follow_once(&mut self, bus: &dyn Bus) -> Result<(), BusError> {
        let mut changes = bus.bucket(subject::ACME_BUCKET).await?.watch().await?;
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        let (mut whole, mut batch) = (false, Vec::new());
        while changes.recv_many(&mut batch, CHANGES_MAX).await > 0 {
            for change in batch.drain(..) {
                match change {
                    Change::Put(entry) => drop(entries.insert(entry.key.clone(), entry)),
                    Change::Deleted { key } => drop(entries.remove(&key)),
                    Change::Current => whole = true,
                    Change::Restarted => {
                        entries.clear();
                        whole = false;
                    }
                }
            }
            if whole {
                self.take(&entries).await;
            }
        }
        Ok(())
    }

    /// Takes over the records as they are in the bucket now.
    async fn take(&mut self, entries: &BTreeMap<String, Entry>) {
        let before = self.records.load();
        let records = self.records.store(Records::read(entries, &before));
        let revisions = |records: &Records| -> Vec<(String, u64)> {
            records.certificates.iter().map(|(name, (at, _))| (name.clone(), *at)).collect()
        };
        if before.is_current && revisions(&before) == revisions(&records) {
            return;
        }
        let (setup, installed) = (self.setup.clone(), std::mem::take(&mut self.installed));
        let of = records.clone();
        let opened = tokio::task::spawn_blocking(move || {
            if let Some(folder) = &setup.state {
                let all: Vec<Arc<CertificateRecord>> =
                    of.certificates.values().map(|(_, record)| record.clone()).collect();
                if let Err(error) = state_file::write(folder, &all) {
                    tracing::error!(%error, "cannot keep the certificates in the state folder");
                }
            }
            open(&setup, &of, &installed)
        });
        if let Ok((installed, problem)) = opened.await {
            self.installed = installed;
            self.records.tell_of_certificates(problem);
            let all = self.installed.values().map(|(_, own)| own.clone()).collect();
            self.certificates.install(all);
        }
    }
}

/// Opens the certificates of these records. Those of a record that has not changed are taken from
/// `before`. The last problem is returned too.
fn open(
    setup: &Setup,
    records: &Records,
    before: &HashMap<String, (u64, Certificate)>,
) -> (HashMap<String, (u64, Certificate)>, Option<String>) {
    let (mut opened, mut problem) = (HashMap::new(), None);
    for (name, (revision, record)) in &records.certificates {
        let known = before.get(name).filter(|known| known.0 == *revision && *revision > 0);
        let certificate = known.map(|known| Ok(known.1.clone()));
        let read = || {
            let key = record.open(&setup.keys).map_err(|error| error.to_string())?;
            Certificate::issued(name, &record.chain, &key)
        };
        match certificate.unwrap_or_else(read) {
            Ok(certificate) => drop(opened.insert(name.clone(), (*revision, certificate))),
            Err(why) => {
                problem = Some(format!(
                    "the certificate of {name} by ACME cannot be used here: its key: {why}"
                ));
            }
        }
    }
    (opened, problem)
}

#[cfg(test)]
mod tests {
    use brink_shared::secret::SecretKey;
    use brink_shared::wire::UnixMillis;
    use brink_testing::certificates::Authority;

    use super::*;
    use crate::https::{AcmeSettings, HttpsSettings};

    #[tokio::test]
    async fn a_gateway_serves_kept_certificates_before_it_has_a_bus() {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("acme.key");
        std::fs::write(&key_file, SecretKey::generate().to_file().as_bytes()).unwrap();
        let acme = AcmeSettings {
            directory: Some("https://acme.test/".to_owned()),
            agree: true,
            key: Some(key_file),
            state: Some(folder.path().join("state")),
            ..AcmeSettings::default()
        };
        let setup = Arc::new(Setup::read(&acme).unwrap().unwrap());
        let authority = Authority::new();
        let record = |name: &str| {
            let issued = authority.issue(&["a.test"]);
            Arc::new(CertificateRecord {
                name: name.to_owned(),
                directory: setup.directory.clone(),
                chain: issued.chain,
                key: CertificateRecord::seal("a.test", &issued.key, &setup.seal_to).unwrap(),
                expires: UnixMillis(0),
                renew_at: UnixMillis(0),
                window: None,
            })
        };
        // The key of the second one was sealed for another name.
        let state = setup.state.clone().unwrap();
        state_file::write(&state, &[record("a.test"), record("b.test")]).unwrap();
        let settings = HttpsSettings { acme, ..HttpsSettings::default() };
        let certificates = Arc::new(ViewerCertificates::open(&settings).unwrap());
        let records = Arc::new(SharedRecords::default());
        let follower = Follower::new(setup.clone(), records.clone(), certificates.clone());
        follower.install_saved().await;
        assert_eq!(certificates.names(), ["a.test"]);
        let problems = records.problems();
        assert!(problems.len() == 1 && problems[0].contains("of b.test by ACME"), "{problems:?}");
        // A broken file is reported, and harms nothing.
        std::fs::write(state.join("acme.json"), "{").unwrap();
        assert!(state_file::read(&state).is_empty());
    }
}
