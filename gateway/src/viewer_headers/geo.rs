//! Finds the place of a viewer in database files of MaxMind's format, which the operator names.
//!
//! The files are read into memory. Publishers release new ones weekly. [`Geo::follow`] looks for
//! changes. If a new file cannot be used, the last good one stays.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use maxminddb::{MaxMindDbError, PathElement, Reader, path};
use parking_lot::Mutex;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use tokio_util::sync::CancellationToken;

use brink_shared::registry::distribution::viewer_header::{KnownFrom, ViewerHeader};

/// Pause between two checks of the files.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Which files are used: the `geo` settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GeoFiles {
    /// Places by address: GeoLite2-City, GeoLite2-Country, or another of their form.
    pub database: Option<PathBuf>,
    /// Autonomous systems by address: GeoLite2-ASN, or another of its form.
    pub asn_database: Option<PathBuf>,
}

/// The facts about addresses. Shared by all requests.
#[derive(Debug)]
pub struct Geo {
    places: Database,
    networks: Database,
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{key}: cannot use {}: {source}", file.display())]
pub struct GeoError {
    /// The setting that names the file.
    pub key: &'static str,
    /// The file.
    pub file: PathBuf,
    /// The problem.
    pub source: MaxMindDbError,
}

#[derive(Debug)]
struct Database {
    key: &'static str,
    file: Option<PathBuf>,
    reader: ArcSwapOption<Reader<Vec<u8>>>,
    /// The state of the file when it was last read, successfully or not.
    seen: Mutex<Option<Stamp>>,
}

/// A text or number of a record in the form of a header. Publishers use different widths of
/// numbers.
struct HeaderValue(String);

/// Distinguishes states of a file; `None` while it cannot be checked.
type Stamp = Option<(SystemTime, u64)>;

// === impl Geo ===

impl Geo {
    /// Reads the files.
    pub fn open(files: &GeoFiles) -> Result<Self, GeoError> {
        let geo = Self {
            places: Database::new("geo.database", &files.database),
            networks: Database::new("geo.asn_database", &files.asn_database),
        };
        geo.places.read()?;
        geo.networks.read()?;
        Ok(geo)
    }

    /// Without any database.
    pub fn none() -> Self {
        Self {
            places: Database::new("geo.database", &None),
            networks: Database::new("geo.asn_database", &None),
        }
    }

    /// The setting that must name a file for this header to have values; `None` if it does, or if
    /// the header needs no file.
    pub fn lacks(&self, header: ViewerHeader) -> Option<&'static str> {
        let database = self.database(header)?;
        database.file.is_none().then_some(database.key)
    }

    /// A header's value for an address; `None` if it is not known.
    pub fn value(&self, header: ViewerHeader, address: IpAddr) -> Option<String> {
        let database = self.database(header)?.reader.load();
        let reader = database.as_ref()?;
        // A record that cannot be read counts as missing.
        let found = reader.lookup(address).ok().filter(|found| found.has_data())?;
        let path: &[PathElement<'_>] = match header {
            ViewerHeader::Country => &path!["country", "iso_code"],
            ViewerHeader::CountryName => &path!["country", "names", "en"],
            // The first subdivision is the largest.
            ViewerHeader::CountryRegion => &path!["subdivisions", 0, "iso_code"],
            ViewerHeader::CountryRegionName => &path!["subdivisions", 0, "names", "en"],
            ViewerHeader::City => &path!["city", "names", "en"],
            ViewerHeader::Latitude => &path!["location", "latitude"],
            ViewerHeader::Longitude => &path!["location", "longitude"],
            ViewerHeader::MetroCode => &path!["location", "metro_code"],
            ViewerHeader::PostalCode => &path!["postal", "code"],
            ViewerHeader::TimeZone => &path!["location", "time_zone"],
            ViewerHeader::Asn => &path!["autonomous_system_number"],
            _ => return None,
        };
        found.decode_path::<HeaderValue>(path).ok().flatten().map(|HeaderValue(value)| value)
    }

    /// Reads changed files again, until `stop`.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        if self.places.file.is_none() && self.networks.file.is_none() {
            return;
        }
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => return,
            }
            let geo = self.clone();
            let looked = tokio::task::spawn_blocking(move || {
                geo.places.refresh();
                geo.networks.refresh();
            });
            if let Err(error) = looked.await {
                tracing::error!(%error, "cannot check the geo databases for changes");
            }
        }
    }

    fn database(&self, header: ViewerHeader) -> Option<&Database> {
        match header.known_from() {
            KnownFrom::Places => Some(&self.places),
            KnownFrom::Networks => Some(&self.networks),
            KnownFrom::UserAgent | KnownFrom::Request => None,
        }
    }
}

// === impl Database ===

impl Database {
    fn new(key: &'static str, file: &Option<PathBuf>) -> Self {
        let file = file.clone();
        Self { key, file, reader: ArcSwapOption::empty(), seen: Mutex::new(None) }
    }

    /// Reads the file, if one is named.
    fn read(&self) -> Result<(), GeoError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        // Read before the file: a change that comes in between is found by the next check.
        *self.seen.lock() = Some(stamp(file));
        let reader = Reader::open_readfile(file).map_err(|source| GeoError {
            key: self.key,
            file: file.clone(),
            source,
        })?;
        let (kind, built) = (&reader.metadata().database_type, reader.metadata().build_epoch);
        tracing::info!(file = %file.display(), kind, built, "a geo database was read");
        self.reader.store(Some(Arc::new(reader)));
        Ok(())
    }

    /// Reads the file again if it changed since the last check.
    fn refresh(&self) {
        let Some(file) = &self.file else { return };
        if *self.seen.lock() == Some(stamp(file)) {
            return;
        }
        if let Err(error) = self.read() {
            tracing::warn!("{error}; the previous database stays in use");
        }
    }
}

// === impl HeaderValue ===

impl<'de> Deserialize<'de> for HeaderValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl Visitor<'_> for Scalar {
            type Value = HeaderValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<HeaderValue, E> {
                Ok(HeaderValue(percent_encoded(text)))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<HeaderValue, E> {
                Ok(HeaderValue(number.to_string()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<HeaderValue, E> {
                if !number.is_finite() {
                    return Err(E::invalid_value(de::Unexpected::Float(number), &self));
                }
                Ok(HeaderValue(format!("{number:.5}")))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

fn stamp(file: &Path) -> Stamp {
    let found = std::fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// Leaves printable ASCII as it is.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
