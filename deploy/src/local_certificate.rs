//! The certificate of `brink dev --https`: for names of this machine only, and kept for a year.
//!
//! It is signed by its own key, and the key stays in a file that only its owner can read. Who trusts
//! the certificate trusts nothing else: the key cannot sign certificates for other names.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use crate::command_error::CommandError;

/// Its names. Names below `localhost` resolve to this machine.
const NAMES: [&str; 5] = ["localhost", "*.localhost", "*.brink.localhost", "127.0.0.1", "::1"];

const DAY: Duration = Duration::from_hours(24);

/// How long it is valid. Browsers reject certificates that are valid for more than 398 days.
const VALID: Duration = Duration::from_hours(24 * 365);

/// How long before its end another one is made.
const RENEWED_BEFORE: Duration = Duration::from_hours(24 * 30);

/// A folder with the certificate and its key.
#[derive(Clone, Debug)]
pub struct LocalCertificate {
    /// The folder.
    pub folder: PathBuf,
}

// === impl LocalCertificate ===

impl LocalCertificate {
    /// The certificate in the user's data folder. It is made if it is missing or about to expire.
    pub fn open(environment: &HashMap<String, String>) -> Result<Self, CommandError> {
        let folder = folder(environment).ok_or_else(|| {
            CommandError::failed(
                "there is no place for the certificate: neither HOME nor XDG_DATA_HOME is set",
            )
        })?;
        let certificate = Self { folder };
        if !certificate.is_usable() {
            certificate.make().map_err(|error| {
                let folder = certificate.folder.display();
                CommandError::failed(format!("cannot make a certificate in {folder}: {error}"))
            })?;
        }
        Ok(certificate)
    }

    /// The certificate's file.
    pub fn file(&self) -> PathBuf {
        self.folder.join("default.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.join("default.key")
    }

    /// The lines that say how to use it.
    pub fn told(&self, address: SocketAddr) -> Vec<String> {
        let file = self.file();
        let file = file.display();
        vec![
            format!("https://localhost:{} has a certificate of its own: {file}", address.port()),
            format!("to trust it: curl --cacert {file}, NODE_EXTRA_CA_CERTS={file}, or import it"),
            "into your browser; see \"HTTPS on your machine\" in deploy/docs/https.md".to_owned(),
        ]
    }

    fn is_usable(&self) -> bool {
        let made = std::fs::metadata(self.file()).and_then(|metadata| metadata.modified());
        let age = made.ok().and_then(|made| made.elapsed().ok());
        age.is_some_and(|age| age < VALID - RENEWED_BEFORE) && self.key().exists()
    }

    fn make(&self) -> Result<(), Box<dyn std::error::Error>> {
        let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
        params.distinguished_name.push(DnType::CommonName, "Brink on this machine");
        let now = SystemTime::now();
        let (year, month, day) = date(now - DAY).ok_or("the clock is wrong")?;
        params.not_before = date_time_ymd(year, month, day);
        let (year, month, day) = date(now + VALID).ok_or("the clock is wrong")?;
        params.not_after = date_time_ymd(year, month, day);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        std::fs::create_dir_all(&self.folder)?;
        write_secret(&self.key(), &key.serialize_pem())?;
        std::fs::write(self.file(), certificate.pem())?;
        Ok(())
    }
}

fn folder(environment: &HashMap<String, String>) -> Option<PathBuf> {
    let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let data = variable("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")))?;
    Some(data.join("brink/https"))
}

/// Writes a file that only its owner can read.
fn write_secret(file: &Path, text: &str) -> std::io::Result<()> {
    // An existing file would keep its permissions.
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    let mut opened = options.write(true).create_new(true).mode(0o600).open(file)?;
    opened.write_all(text.as_bytes())
}

/// Year, month and day in UTC.
fn date(at: SystemTime) -> Option<(i32, u8, u8)> {
    let text = humantime::format_rfc3339(at).to_string();
    let mut parts = text.split(['-', 'T']);
    let year = parts.next()?.parse().ok()?;
    Some((year, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use brink_gateway::https::{HttpsSettings, ViewerCertificates};

    use super::*;

    #[test]
    fn it_is_made_once_and_its_key_is_the_owners() {
        let home = tempfile::tempdir().unwrap();
        let at = home.path().display().to_string();
        let environment: HashMap<_, _> = [("HOME".to_owned(), at)].into();
        let made = LocalCertificate::open(&environment).unwrap();
        let text = std::fs::read(made.file()).unwrap();
        let mode = std::fs::metadata(made.key()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = LocalCertificate::open(&environment).unwrap();
        assert_eq!(std::fs::read(again.file()).unwrap(), text);
        let certificates = Some(made.folder.clone());
        let settings = HttpsSettings { certificates, ..HttpsSettings::default() };
        let read = ViewerCertificates::open(&settings).unwrap();
        assert_eq!(read.names(), ["*.brink.localhost", "*.localhost", "localhost"]);
        assert_eq!(read.warnings(), Vec::<String>::new());
        std::fs::remove_file(made.key()).unwrap();
        let renewed = LocalCertificate::open(&environment).unwrap();
        assert_ne!(std::fs::read(renewed.file()).unwrap(), text);
    }
}
