//! The certificates of a gateway: those of a folder, which it reads again when the files change, and
//! those that were issued by ACME.
//!
//! A name gets the certificate that has exactly this name, or else one with a wildcard for it, or
//! else the default: the certificate in the file `default`, or the only one. A viewer of any other
//! name gets none, and the handshake ends with the alert `unrecognized_name`. A certificate by ACME
//! is no default, and comes after one in a file for the same name.
//!
//! Each handshake asks [`Certificates`]. So new certificates reach new handshakes, and connections
//! that exist keep theirs.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::certificate::{Certificate, Files};
use super::https_error::HttpsError;

/// Most files of a folder, those of its folders included.
const FILES_MAX: usize = 10_000;

/// The file name, without its extension, of the certificate for all other names.
const DEFAULT: &str = "default";

/// The certificates of a gateway.
#[derive(Debug)]
pub(super) struct Certificates {
    folder: Option<PathBuf>,
    /// True if there may be no certificate at all.
    may_be_empty: bool,
    provider: CryptoProvider,
    sources: Mutex<Sources>,
    current: ArcSwap<Set>,
}

/// Where certificates come from.
#[derive(Clone, Debug, Default)]
struct Sources {
    by_file: BTreeMap<Files, Certificate>,
    issued: Vec<Certificate>,
}

/// The certificates at one time.
#[derive(Debug, Default)]
pub(super) struct Set {
    all: Vec<Certificate>,
    /// The best one first. The key of a wildcard is its name without the `*`.
    by_name: HashMap<String, Vec<Arc<CertifiedKey>>>,
    fallback: Option<Arc<CertifiedKey>>,
}

// === impl Certificates ===

impl Certificates {
    /// Reads a folder, if there is one. One certificate that cannot be used is an error.
    pub(super) fn open(
        folder: Option<&Path>,
        may_be_empty: bool,
        provider: CryptoProvider,
    ) -> Result<Arc<Self>, HttpsError> {
        let mut sources = Sources::default();
        if let Some(folder) = folder {
            for files in certificates_in(folder)? {
                let certificate = Certificate::read(&files, &provider)?;
                sources.by_file.insert(files, certificate);
            }
            if sources.by_file.is_empty() && !may_be_empty {
                return Err(HttpsError::Empty(folder.to_owned()));
            }
        }
        let current = ArcSwap::from_pointee(Set::new(&sources));
        let (folder, sources) = (folder.map(Path::to_owned), Mutex::new(sources));
        Ok(Arc::new(Self { folder, may_be_empty, provider, sources, current }))
    }

    /// Replaces the certificates that were issued by ACME.
    pub(super) fn install(&self, issued: Vec<Certificate>) {
        let mut sources = self.sources.lock();
        sources.issued = issued;
        self.current.store(Arc::new(Set::new(&sources)));
    }

    /// Reads the folder again. A certificate that cannot be used keeps its last good state. If the
    /// folder cannot be read or is empty, all certificates stay. Returns the problems.
    pub(super) fn reload(&self) -> Vec<HttpsError> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let found = match certificates_in(folder) {
            Ok(found) if found.is_empty() && !self.may_be_empty => {
                return vec![HttpsError::Empty(folder.clone())];
            }
            Ok(found) => found,
            Err(error) => return vec![error],
        };
        let before = self.sources.lock().by_file.clone();
        let (mut by_file, mut problems) = (BTreeMap::new(), Vec::new());
        for files in found {
            match Certificate::read(&files, &self.provider) {
                Ok(certificate) => drop(by_file.insert(files, certificate)),
                Err(problem) => {
                    problems.push(problem);
                    if let Some(good) = before.get(&files) {
                        by_file.insert(files, good.clone());
                    }
                }
            }
        }
        if !by_file.is_empty() || self.may_be_empty {
            let mut sources = self.sources.lock();
            sources.by_file = by_file;
            self.current.store(Arc::new(Set::new(&sources)));
        }
        problems
    }

    /// The names that viewers can use, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let set = self.current.load();
        let mut names: Vec<String> =
            set.all.iter().flat_map(|certificate| certificate.names.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The certificates that end within a time, in the given Unix time: each with the end of its
    /// validity. Certificates by ACME have a shorter time if their life is short.
    pub(super) fn ending(&self, now: Duration, usual: Duration) -> Vec<(String, Duration)> {
        let set = self.current.load();
        let shown = |certificate: &Certificate| {
            let name = match &certificate.file {
                Some(file) => {
                    let folder = self.folder.as_deref().unwrap_or(Path::new(""));
                    file.strip_prefix(folder).unwrap_or(file).display().to_string()
                }
                None => format!("of {} by ACME", certificate.names.join(", ")),
            };
            (name, certificate.expires)
        };
        let is_ending = |certificate: &&Certificate| {
            certificate.expires.saturating_sub(certificate.warn_before(usual)) < now
        };
        set.all.iter().filter(is_ending).map(shown).collect()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let set = self.current.load();
        let schemes = hello.signature_schemes();
        let fits = |key: &&Arc<CertifiedKey>| key.key.choose_scheme(schemes).is_some();
        let keys = hello.server_name().and_then(|name| set.named(name));
        match keys {
            Some(keys) => keys.iter().find(fits).or(keys.first()).cloned(),
            None => set.fallback.clone(),
        }
    }
}

// === impl Set ===

impl Set {
    fn new(sources: &Sources) -> Self {
        let all = sources.by_file.values().chain(&sources.issued);
        let mut ranked: Vec<Certificate> = all.cloned().collect();
        ranked.sort_by_key(Certificate::rank);
        let mut by_name: HashMap<String, Vec<Arc<CertifiedKey>>> = HashMap::new();
        for certificate in &ranked {
            for name in &certificate.names {
                let name = name.strip_prefix('*').unwrap_or(name);
                by_name.entry(name.to_owned()).or_default().push(certificate.key.clone());
            }
        }
        let is_default = |certificate: &&Certificate| {
            let file = certificate.file.as_deref();
            file.and_then(Path::file_stem).is_some_and(|stem| stem == DEFAULT)
        };
        let named = ranked.iter().find(is_default);
        let only = sources.by_file.values().next().filter(|_| sources.by_file.len() == 1);
        let fallback = named.or(only).map(|certificate| certificate.key.clone());
        Self { by_name, fallback, all: ranked }
    }

    /// The certificates for a name: for exactly this name, or else for all its siblings.
    fn named(&self, name: &str) -> Option<&Vec<Arc<CertifiedKey>>> {
        let name = name.to_ascii_lowercase();
        let wildcard = || name.find('.').and_then(|dot| self.by_name.get(name.get(dot..)?));
        self.by_name.get(&name).or_else(wildcard)
    }
}

/// The certificates in a folder and in the folders in it. Names with a leading dot are skipped, as
/// Kubernetes keeps its own files there.
fn certificates_in(folder: &Path) -> Result<Vec<Files>, HttpsError> {
    let mut left = FILES_MAX;
    let mut found = Vec::new();
    let mut inner = Vec::new();
    gather(folder, folder, &mut left, &mut found, Some(&mut inner))?;
    for folder_in in inner {
        gather(folder, &folder_in, &mut left, &mut found, None)?;
    }
    found.sort();
    Ok(found)
}

fn gather(
    whole: &Path,
    folder: &Path,
    left: &mut usize,
    found: &mut Vec<Files>,
    mut inner: Option<&mut Vec<PathBuf>>,
) -> Result<(), HttpsError> {
    let failed = |source| HttpsError::Folder { folder: folder.to_owned(), source };
    let mut chains = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let most = FILES_MAX;
        *left = left
            .checked_sub(1)
            .ok_or_else(|| HttpsError::TooMany { folder: whole.to_owned(), most })?;
        let is_hidden =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if is_hidden {
            continue;
        }
        let is_chain = path.extension().is_some_and(|end| end == "pem" || end == "crt");
        match &mut inner {
            Some(inner) if path.is_dir() => inner.push(path),
            _ if is_chain && path.is_file() => chains.push(path),
            _ => {}
        }
    }
    // Beside its chain, certbot writes each part of it into a file.
    let certbots = chains.iter().find(|chain| chain.ends_with("fullchain.pem")).cloned();
    let chains = certbots.map_or(chains, |chain| vec![chain]);
    found.extend(chains.into_iter().map(Files::of));
    Ok(())
}

#[cfg(test)]
mod tests {
    use brink_testing::certificates::Authority;
    use rustls::crypto::ring;

    use super::*;

    #[test]
    fn the_files_of_certbot_and_of_kubernetes_are_found() {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        let at = |path: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        let certbot = authority.issue(&["certbot.test"]);
        std::fs::write(at("certbot.test/fullchain.pem"), &certbot.chain).unwrap();
        std::fs::write(at("certbot.test/privkey.pem"), &certbot.key).unwrap();
        std::fs::write(at("certbot.test/cert.pem"), &certbot.chain).unwrap();
        let secret = authority.issue(&["kubernetes.test"]);
        std::fs::write(at("secret/..2026/tls.crt"), &secret.chain).unwrap();
        std::fs::write(at("secret/..2026/tls.key"), &secret.key).unwrap();
        std::os::unix::fs::symlink("..2026/tls.crt", at("secret/tls.crt")).unwrap();
        std::os::unix::fs::symlink("..2026/tls.key", at("secret/tls.key")).unwrap();
        let one = authority.issue(&["one.test", "*.one.test"]);
        std::fs::write(at("one.pem"), [one.chain, one.key].concat()).unwrap();
        std::fs::write(at("one.ocsp"), b"stapled").unwrap();
        std::fs::write(at("README"), b"no certificate").unwrap();
        let certificates =
            Certificates::open(Some(folder.path()), false, ring::default_provider()).unwrap();
        let names = ["*.one.test", "certbot.test", "kubernetes.test", "one.test"];
        assert_eq!(certificates.names(), names);
        let set = certificates.current.load();
        let stapled = |name| set.named(name).map(|keys| keys[0].ocsp.clone());
        assert_eq!(stapled("a.one.test"), Some(Some(b"stapled".to_vec())));
        assert_eq!(stapled("one.test"), Some(Some(b"stapled".to_vec())));
        assert_eq!(stapled("certbot.test"), Some(None));
        assert_eq!((stapled("a.b.one.test"), stapled("test")), (None, None));
        assert!(set.fallback.is_none());
    }

    #[test]
    fn one_bad_certificate_takes_nothing_from_the_others() {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        authority.issue(&["a.test"]).write(folder.path(), "a");
        authority.issue(&["b.test"]).write(folder.path(), "b");
        let certificates =
            Certificates::open(Some(folder.path()), false, ring::default_provider()).unwrap();
        std::fs::write(folder.path().join("a.pem"), "broken").unwrap();
        std::fs::remove_file(folder.path().join("b.pem")).unwrap();
        authority.issue(&["c.test"]).write(folder.path(), "c");
        std::fs::write(folder.path().join("d.pem"), "broken too").unwrap();
        let problems: Vec<_> = certificates.reload().iter().map(ToString::to_string).collect();
        assert!(problems.len() == 2 && problems[0].contains("a.pem"), "{problems:?}");
        assert_eq!(certificates.names(), ["a.test", "c.test"]);
        // A folder that is away for a moment takes nothing at all.
        std::fs::rename(folder.path(), folder.path().with_extension("away")).unwrap();
        assert_eq!(certificates.reload().len(), 1);
        assert_eq!(certificates.names(), ["a.test", "c.test"]);
        std::fs::rename(folder.path().with_extension("away"), folder.path()).unwrap();
    }

    #[test]
    fn the_default_is_the_only_certificate_or_the_one_of_this_name() {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        authority.issue(&["a.test"]).write(folder.path(), "a");
        let certificates =
            Certificates::open(Some(folder.path()), false, ring::default_provider()).unwrap();
        let fallback = || certificates.current.load().fallback.clone();
        assert!(fallback().is_some());
        authority.issue(&["b.test"]).write(folder.path(), "b");
        assert!(certificates.reload().is_empty() && fallback().is_none());
        let other = authority.issue(&["c.test"]);
        other.write(folder.path(), "default");
        assert!(certificates.reload().is_empty());
        let set = certificates.current.load();
        let named = set.named("c.test").unwrap();
        assert!(Arc::ptr_eq(&named[0], set.fallback.as_ref().unwrap()));
    }
}
