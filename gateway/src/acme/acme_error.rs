//! Why a gateway cannot use ACME.

use std::path::PathBuf;

use brink_shared::secret::KeyError;

/// A wrong setting, or a file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// HTTPS is off.
    #[error("https.acme.directory needs https.listen, the address for HTTPS")]
    NoHttps,
    /// The directory is not a URL of HTTPS.
    #[error("https.acme.directory: {0:?} is not a URL that begins with https://")]
    Directory(String),
    /// Nobody has agreed to the terms of service.
    #[error(
        "https.acme.agree: set it to true if you agree to the terms of service of the authority \
         {0}; without that it issues no certificates"
    )]
    NotAgreed(String),
    /// A contact is not a URL.
    #[error("https.acme.contact: {0:?} is not a URL; write mailto:you@example.com")]
    Contact(String),
    /// There is no key file.
    #[error(
        "https.acme.key: name the file with the key that gateways seal certificates' keys with; all \
         gateways need the same file. Make it with `openssl rand -base64 32` and chmod 600"
    )]
    NoKey,
    /// A file cannot be read.
    #[error("{setting}: {}: {source}", file.display())]
    File {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The key file has something else in it.
    #[error("https.acme.key: {}: {source}", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// The problem.
        source: KeyError,
    },
    /// The file of authorities has none.
    #[error("https.acme.root: {}: there is no certificate in PEM in it", .0.display())]
    Root(PathBuf),
    /// The file of the external account has another form.
    #[error(
        "https.acme.external_account: {}: write the key's id into the first line, and the key in \
         Base64url into the second", .0.display()
    )]
    ExternalAccount(PathBuf),
    /// rustls does not accept the authorities.
    #[error("cannot prepare TLS for the ACME authority: {0}")]
    Tls(#[from] rustls::Error),
}
