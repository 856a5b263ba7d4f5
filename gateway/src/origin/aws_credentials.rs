//! The gateway's AWS credentials, with which it signs requests to buckets.
//!
//! They come from the environment, or from a credentials file as the AWS tools write it
//! (`~/.aws/credentials`). A changed file is read again: tools that rotate keys replace it. Secrets
//! are shown by no `Debug`, log line or error.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use serde::Deserialize;
use zeroize::Zeroizing;

/// Pause between two checks of the file.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;

/// Where the credentials are: the `aws` settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AwsSettings {
    /// A credentials file; without one, the environment has them.
    pub credentials: Option<PathBuf>,
    /// The file's section; `default` if none is named.
    pub profile: Option<String>,
}

/// Credentials of AWS, or of a store that speaks S3.
#[derive(Clone)]
pub struct AwsCredentials {
    /// The access key's id, which is not secret.
    pub key_id: String,
    /// The access key.
    pub secret: Zeroizing<String>,
    /// The token of temporary credentials.
    pub token: Option<Zeroizing<String>>,
}

/// Finds the gateway's credentials. Shared by its threads.
#[derive(Debug)]
pub struct AwsKeys {
    place: Place,
    /// The result of the last look.
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
enum Place {
    /// Credentials that do not change, or the reason why there are none.
    Fixed(Result<Arc<AwsCredentials>, String>),
    File(PathBuf, String),
}

#[derive(Debug)]
struct Known {
    looked: Instant,
    stamp: Option<(SystemTime, u64)>,
    found: Result<Arc<AwsCredentials>, String>,
}

// === impl AwsKeys ===

impl AwsKeys {
    /// The credentials of these settings, or else of this environment.
    pub fn new(settings: &AwsSettings, environment: impl Fn(&str) -> Option<String>) -> Self {
        let place = match &settings.credentials {
            Some(file) => {
                let profile = settings.profile.clone().unwrap_or_else(|| "default".to_owned());
                Place::File(file.clone(), profile)
            }
            None => Place::Fixed(in_environment(environment)),
        };
        Self { place, known: Mutex::new(None) }
    }

    /// The credentials now. The error says what is missing, and where.
    pub fn current(&self) -> Result<Arc<AwsCredentials>, String> {
        let (file, profile) = match &self.place {
            Place::Fixed(found) => return found.clone(),
            Place::File(file, profile) => (file, profile),
        };
        let mut known = self.known.lock();
        if let Some(known) = known.as_ref().filter(|known| known.looked.elapsed() < LOOK_EVERY) {
            return known.found.clone();
        }
        let (looked, stamp) = (Instant::now(), stamp(file));
        let found = match known.take() {
            Some(known) if known.stamp == stamp && stamp.is_some() => known.found,
            before => keep_the_last(before, in_file(file, profile)),
        };
        *known = Some(Known { looked, stamp, found: found.clone() });
        found
    }
}

impl Default for AwsKeys {
    fn default() -> Self {
        Self::new(&AwsSettings::default(), |_| None)
    }
}

/// A file that is being replaced may be empty for a moment, so the last good credentials stay.
fn keep_the_last(
    before: Option<Known>,
    now: Result<Arc<AwsCredentials>, String>,
) -> Result<Arc<AwsCredentials>, String> {
    match (before.map(|known| known.found), now) {
        (Some(Ok(last)), Err(error)) => {
            tracing::warn!("{error}; the previous credentials stay in use");
            Ok(last)
        }
        (_, now) => now,
    }
}

fn in_environment(
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Arc<AwsCredentials>, String> {
    let value = |name| environment(name).filter(|value| !value.is_empty());
    match (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")) {
        (Some(key_id), Some(secret)) => Ok(Arc::new(AwsCredentials {
            key_id,
            secret: secret.into(),
            token: value("AWS_SESSION_TOKEN").map(Zeroizing::new),
        })),
        _ => Err("this gateway has no AWS credentials; set AWS_ACCESS_KEY_ID and \
                  AWS_SECRET_ACCESS_KEY in its environment, or name a file in its setting \
                  aws.credentials"
            .to_owned()),
    }
}

fn in_file(file: &Path, profile: &str) -> Result<Arc<AwsCredentials>, String> {
    let bad = |why: String| format!("the credentials file {}: {why}", file.display());
    match std::fs::metadata(file) {
        Ok(found) if found.len() > FILE_MAX => return Err(bad("it is too large".to_owned())),
        Ok(_) => {}
        Err(error) => return Err(bad(format!("it cannot be read: {error}"))),
    }
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| bad(format!("it cannot be read: {error}")))?;
    let mut section = Section::default();
    let mut is_ours = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            is_ours = name.trim() == profile;
            section.exists |= is_ours;
        } else if is_ours && !line.starts_with(['#', ';']) {
            section.read(line);
        }
    }
    if !section.exists {
        return Err(bad(format!("it has no section [{profile}]")));
    }
    match (section.key_id, section.secret) {
        (Some(key_id), Some(secret)) => {
            Ok(Arc::new(AwsCredentials { key_id, secret, token: section.token }))
        }
        _ => Err(bad(format!(
            "its section [{profile}] needs aws_access_key_id and aws_secret_access_key"
        ))),
    }
}

/// The keys of a section that matter.
#[derive(Default)]
struct Section {
    exists: bool,
    key_id: Option<String>,
    secret: Option<Zeroizing<String>>,
    token: Option<Zeroizing<String>>,
}

// === impl Section ===

impl Section {
    fn read(&mut self, line: &str) {
        let Some((key, value)) = line.split_once('=') else { return };
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        match key.trim().to_ascii_lowercase().as_str() {
            "aws_access_key_id" => self.key_id = Some(value.to_owned()),
            "aws_secret_access_key" => self.secret = Some(value.to_owned().into()),
            "aws_session_token" => self.token = Some(value.to_owned().into()),
            _ => {}
        }
    }
}

fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let found = std::fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}

// === impl AwsCredentials ===

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsCredentials").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn keys(file: &Path, profile: Option<&str>) -> AwsKeys {
        let settings =
            AwsSettings { credentials: Some(file.to_owned()), profile: profile.map(str::to_owned) };
        AwsKeys::new(&settings, |_| panic!("the file is named"))
    }

    const TWO: &str = "# keys\n[default]\naws_access_key_id = AKIDONE\n\
        aws_secret_access_key=sec/ret+one==\nregion = x\n\n[ other ]\n; note\n\
        AWS_ACCESS_KEY_ID = AKIDTWO\naws_secret_access_key = two\naws_session_token = tok=en\n";

    #[test]
    fn a_section_of_a_file_is_read() {
        let file = file(TWO);
        let one = keys(file.path(), None).current().unwrap();
        assert_eq!((one.key_id.as_str(), one.secret.as_str()), ("AKIDONE", "sec/ret+one=="));
        assert!(one.token.is_none());
        let two = keys(file.path(), Some("other")).current().unwrap();
        assert_eq!((two.key_id.as_str(), two.secret.as_str()), ("AKIDTWO", "two"));
        assert_eq!(two.token.as_ref().map(|token| token.as_str()), Some("tok=en"));
        let error = keys(file.path(), Some("third")).current().unwrap_err();
        assert!(error.contains("no section [third]"), "{error}");
    }

    #[test]
    fn secrets_are_shown_nowhere() {
        let file = file(TWO);
        let keys = keys(file.path(), Some("other"));
        let shown = format!("{:?} {keys:?}", keys.current().unwrap());
        assert!(shown.contains("AKIDTWO") && !shown.contains("\"two\""), "{shown}");
        assert!(!shown.contains("tok=en"), "{shown}");
        let broken = self::file("[default]\naws_secret_access_key = hidden\n");
        let error = self::keys(broken.path(), None).current().unwrap_err();
        assert!(error.contains("needs aws_access_key_id") && !error.contains("hidden"), "{error}");
    }

    #[test]
    fn the_environment_has_them_if_no_file_is_named() {
        let set = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" => Some("AKID".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some("secret".to_owned()),
            _ => None,
        };
        let found = AwsKeys::new(&AwsSettings::default(), set).current().unwrap();
        assert_eq!((found.key_id.as_str(), found.token.is_none()), ("AKID", true));
        let error = AwsKeys::default().current().unwrap_err();
        assert!(error.contains("AWS_SECRET_ACCESS_KEY"), "{error}");
    }

    #[test]
    fn a_changed_file_is_read_again_and_a_broken_one_is_not_used() {
        let file = file(TWO);
        let keys = keys(file.path(), None);
        assert_eq!(keys.current().unwrap().key_id, "AKIDONE");
        let look_again = || keys.known.lock().as_mut().unwrap().looked -= LOOK_EVERY;
        std::fs::write(file.path(), TWO.replace("AKIDONE", "AKIDNEWER")).unwrap();
        look_again();
        assert_eq!(keys.current().unwrap().key_id, "AKIDNEWER");
        std::fs::write(file.path(), "").unwrap();
        look_again();
        assert_eq!(keys.current().unwrap().key_id, "AKIDNEWER");
    }
}
