//! The configuration of a NATS server for a cluster with identities.

use std::fs;
use std::path::{Path, PathBuf};

use brink_shared::bus::MAX_PAYLOAD;

use crate::args::BusInitArgs;
use crate::command_error::CommandError;

/// Rejects a server that would send events readable through a network.
pub fn check(args: &BusInitArgs) -> Result<(), CommandError> {
    if args.listen.ip().is_loopback() || args.tls_cert.is_some() || args.without_tls {
        return Ok(());
    }
    Err(CommandError::usage(format!(
        "a server on {} needs TLS: give --tls-cert and --tls-key, or --without-tls if the network \
         encrypts by itself",
        args.listen
    )))
}

/// Writes the configuration. From then on it is the operator's.
pub fn write(args: &BusInitArgs) -> Result<PathBuf, CommandError> {
    let failed = |path: &Path, error| CommandError::failed(format!("{}: {error}", path.display()));
    let server = args.dir.join("server");
    let server = server.canonicalize().map_err(|error| failed(&server, error))?;
    let mut text = format!(
        "# Made by `brink bus init`, for you to change. `brink bus` writes accounts.conf anew with\n\
         # every change; copy both files to each server.\n\
         include 'accounts.conf'\n\
         listen: \"{}\"\n\
         max_payload: {MAX_PAYLOAD}\n\
         jetstream {{\n  store_dir: {}\n  # What is acknowledged is on the disk.\n  \
         sync_interval: always\n}}\n",
        args.listen,
        quoted(&server.join("jetstream")),
    );
    if let (Some(cert), Some(key)) = (&args.tls_cert, &args.tls_key) {
        let file = |path: &Path| {
            let absolute = path.canonicalize().map_err(|error| failed(path, error))?;
            Ok::<_, CommandError>(quoted(&absolute))
        };
        text.push_str("# A signal to reload reads the files again.\n");
        text.push_str(&format!(
            "tls {{\n  cert_file: {}\n  key_file: {}\n}}\n",
            file(cert)?,
            file(key)?
        ));
    }
    let path = server.join("nats-server.conf");
    fs::write(&path, text).map_err(|error| failed(&path, error))?;
    // As it was given, because people read it.
    Ok(args.dir.join("server").join("nats-server.conf"))
}

/// A path as a string of NATS's configuration.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
