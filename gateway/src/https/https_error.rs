//! Why a gateway cannot serve HTTPS.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A wrong setting, or a file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// The address is taken or not allowed.
    #[error("https.listen: cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The port is taken for UDP, or QUIC cannot be served there.
    #[error("https.http3: cannot serve QUIC on {address} by UDP: {source}")]
    ListenUdp {
        /// Where.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// HTTP/3 has no address.
    #[error("https.http3 needs https.listen, the address for HTTPS")]
    NoAddress,
    /// No folder of certificates is named.
    #[error(
        "https.listen needs https.certificates, the folder with certificates and keys, or \
         https.acme.directory"
    )]
    NoFolder,
    /// The folder cannot be read.
    #[error("https.certificates: cannot read {}: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The folder has no certificate.
    #[error(
        "https.certificates: there is no certificate in {}; put a chain into NAME.pem or NAME.crt, \
         and its key into NAME.key", .0.display()
    )]
    Empty(PathBuf),
    /// The folder has too many files.
    #[error("https.certificates: {} has more than {most} files", folder.display())]
    TooMany {
        /// The folder.
        folder: PathBuf,
        /// The most that are allowed.
        most: usize,
    },
    /// A certificate, its key or its OCSP response cannot be used.
    #[error("https.certificates: {}: {reason}", file.display())]
    Certificate {
        /// The file.
        file: PathBuf,
        /// The problem.
        reason: String,
    },
    /// The key file for tickets cannot be used.
    #[error("https.ticket_keys: {}: {reason}", file.display())]
    TicketKeys {
        /// The file.
        file: PathBuf,
        /// The problem.
        reason: String,
    },
    /// rustls does not accept the settings.
    #[error("cannot prepare TLS for viewers: {0}")]
    Tls(#[from] rustls::Error),
}
