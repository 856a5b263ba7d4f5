//! The errors of calls, with Node.js's codes and messages.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use rustls::{CertificateError, Error as TlsError};

use super::policy::{Rejected, Unnamed};
use brink_frames::CallError;

/// A body is over its limit, in bytes.
pub(super) fn too_large(what: &str, limit: usize) -> CallError {
    CallError::new("EMSGSIZE", format!("the body of the {what} is larger than {limit} bytes"))
}

/// The gateway gave the event up: its worker stood still for a while, or it is answered.
pub(super) fn given_up() -> CallError {
    let why = "the event was given up, perhaps because its worker stood still; it must not act now";
    CallError::new("ECONNABORTED", why)
}

/// The event's time was over before there was a connection.
pub(super) fn out_of_time() -> CallError {
    CallError::new("ETIMEDOUT", "the event's time was over before the connection was there")
}

/// The policy does not allow the address.
pub(super) fn rejected(why: &Rejected) -> CallError {
    let address = why.address;
    at(address, "EACCES", format!("connect EACCES {address}: {why}"))
}

/// The function's role does not allow the host.
pub(super) fn unnamed(why: &Unnamed) -> CallError {
    CallError { syscall: "connect".to_owned(), ..CallError::new("EACCES", why.to_string()) }
}

/// A name has no address.
pub(super) fn of_lookup(host: &str, error: Option<&io::Error>) -> CallError {
    // The standard library has no error kinds for the system's resolver.
    let again = error.is_some_and(|error| {
        error.kind() == io::ErrorKind::TimedOut || error.to_string().contains("Temporary failure")
    });
    let code = if again { "EAI_AGAIN" } else { "ENOTFOUND" };
    CallError {
        syscall: "getaddrinfo".to_owned(),
        host: host.to_owned(),
        ..CallError::new(code, format!("getaddrinfo {code} {host}"))
    }
}

/// An address cannot be connected to; without `error`, not in time.
pub(super) fn of_connect(address: SocketAddr, error: Option<&io::Error>) -> CallError {
    let code = match error.map(io::Error::kind) {
        None | Some(io::ErrorKind::TimedOut) => "ETIMEDOUT",
        Some(io::ErrorKind::ConnectionRefused) => "ECONNREFUSED",
        Some(io::ErrorKind::ConnectionReset) => "ECONNRESET",
        Some(io::ErrorKind::HostUnreachable) => "EHOSTUNREACH",
        Some(io::ErrorKind::NetworkUnreachable) => "ENETUNREACH",
        Some(io::ErrorKind::PermissionDenied) => "EACCES",
        Some(_) => "EIO",
    };
    let separated = if address.is_ipv6() {
        format!("{}:{}", address.ip(), address.port())
    } else {
        address.to_string()
    };
    at(address, code, format!("connect {code} {separated}"))
}

/// TLS takes too long.
pub(super) fn no_answer(host: &str, port: u16) -> CallError {
    CallError::new("ETIMEDOUT", format!("connect ETIMEDOUT {host}:{port}"))
}

/// TLS fails.
pub(super) fn of_tls(host: &str, error: &io::Error) -> CallError {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    let (code, message) = match cause {
        Some(TlsError::InvalidCertificate(why)) => of_certificate(host, why),
        Some(TlsError::InvalidMessage(_)) => {
            ("EPROTO", format!("write EPROTO: wrong version number ({error})"))
        }
        Some(other) => ("EPROTO", format!("write EPROTO: {other}")),
        None => (
            "ECONNRESET",
            "Client network socket disconnected before secure TLS connection was established"
                .to_owned(),
        ),
    };
    CallError::new(code, message)
}

fn of_certificate(host: &str, why: &CertificateError) -> (&'static str, String) {
    use CertificateError as Why;
    match why {
        Why::Expired | Why::ExpiredContext { .. } => {
            ("CERT_HAS_EXPIRED", "certificate has expired".to_owned())
        }
        Why::NotValidYet | Why::NotValidYetContext { .. } => {
            ("CERT_NOT_YET_VALID", "certificate is not yet valid".to_owned())
        }
        Why::Revoked => ("CERT_REVOKED", "certificate revoked".to_owned()),
        Why::UnknownIssuer => {
            let code = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
            (code, "unable to verify the first certificate".to_owned())
        }
        Why::NotValidForName | Why::NotValidForNameContext { .. } => (
            "ERR_TLS_CERT_ALTNAME_INVALID",
            format!("Hostname/IP does not match certificate's altnames: Host: {host}."),
        ),
        other => ("CERT_REJECTED", format!("certificate rejected: {other}")),
    }
}

/// An exchange ended without the head of an answer.
pub(super) fn of_exchange(error: &hyper::Error) -> CallError {
    if error.is_parse_too_large() {
        CallError::new("HPE_HEADER_OVERFLOW", "Parse Error: Header overflow")
    } else if error.is_parse() {
        CallError::new("HPE_INVALID_CONSTANT", "Parse Error: Expected HTTP/")
    } else if error.is_user() {
        CallError::new("ERR_INVALID_HTTP_TOKEN", error.to_string())
    } else {
        CallError::new("ECONNRESET", "socket hang up")
    }
}

/// A body ended too early.
pub(super) fn cut_off(error: &(dyn Error + 'static)) -> CallError {
    match error.downcast_ref::<hyper::Error>() {
        Some(error) if error.is_parse() => {
            CallError::new("HPE_INVALID_CHUNK_SIZE", "Parse Error: Invalid character in chunk size")
        }
        _ => CallError::new("ECONNRESET", "aborted"),
    }
}

fn at(address: SocketAddr, code: &str, message: String) -> CallError {
    CallError {
        syscall: "connect".to_owned(),
        host: address.ip().to_string(),
        port: address.port(),
        ..CallError::new(code, message)
    }
}
