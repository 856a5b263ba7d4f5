//! The identities of a cluster that `brink up` runs on this machine.
//!
//! Its nodes have their credentials in the cluster's folder. People need none: the commands find
//! credentials for a local cluster by the port of its NATS server, in a folder of the user.

use std::path::{Path, PathBuf};

use brink_shared::id::NodeId;
use brink_shared::identity::{Authority, AuthorityError, Role};

use crate::command_error::CommandError;

/// The name of the person who started the cluster.
const PERSON: &str = "you";

/// The identities of a local cluster.
pub struct LocalIdentities {
    authority: Authority,
}

/// The credentials of a person for a local cluster, as long as it runs.
pub struct PersonalFile(PathBuf);

// === impl LocalIdentities ===

impl LocalIdentities {
    /// Opens the identities in this folder, and makes them if there are none.
    pub fn open(dir: &Path) -> Result<Self, CommandError> {
        let opened = match Authority::open(dir) {
            Err(AuthorityError::None { .. }) => Authority::create(dir),
            opened => opened,
        };
        Ok(Self { authority: opened.map_err(CommandError::failed)? })
    }

    /// The configuration for the server.
    pub fn accounts_file(&self) -> PathBuf {
        self.authority.accounts_file()
    }

    /// The credentials of a node. Those of an earlier start are used again.
    pub fn of(&mut self, name: &str, role: Role) -> Result<PathBuf, CommandError> {
        let name: NodeId = name.parse().map_err(CommandError::failed)?;
        let known = self.authority.users().any(|(own, user)| *own == name && user.role == role);
        let file = self.authority.credentials_file(&name);
        if known && file.is_file() {
            return Ok(file);
        }
        match self.authority.revoke(&name) {
            Ok(()) | Err(AuthorityError::NoUser(..)) => {}
            Err(error) => return Err(CommandError::failed(error)),
        }
        self.authority.add_user(&name, role, None, Vec::new()).map_err(CommandError::failed)
    }

    /// Lets the commands of this user find credentials for the server at this address.
    pub fn offer(&mut self, url: &str) -> Result<Option<PersonalFile>, CommandError> {
        let own = self.of(PERSON, Role::Publisher)?;
        let Some(file) = personal_file(url) else { return Ok(None) };
        let copied = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| {
            let _ = std::fs::remove_file(&file);
            // The copy has the permissions of the original.
            std::fs::copy(own, &file).map(drop)
        });
        copied.map_err(|error| CommandError::failed(format!("{}: {error}", file.display())))?;
        Ok(Some(PersonalFile(file)))
    }
}

impl Drop for PersonalFile {
    fn drop(&mut self) {
        // A file that stays is replaced by the next cluster on this port.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The credentials of this user for the server at this address, if a local cluster runs there.
pub fn find(url: &str) -> Option<PathBuf> {
    personal_file(url).filter(|file| file.is_file())
}

/// Where the credentials for a server on the loopback interface are; none for other servers.
fn personal_file(url: &str) -> Option<PathBuf> {
    let port: u16 = url.strip_prefix("nats://127.0.0.1:")?.parse().ok()?;
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))?;
    Some(cache.join("brink").join("up").join(format!("{port}.creds")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_servers_have_a_file() {
        let file = personal_file("nats://127.0.0.1:4222").unwrap();
        assert!(file.ends_with("brink/up/4222.creds"), "{}", file.display());
        for other in ["nats://10.0.0.1:4222", "tls://127.0.0.1:4222", "nats://127.0.0.1:4222,b"] {
            assert_eq!(personal_file(other), None, "{other}");
        }
    }

    #[test]
    fn credentials_are_used_again() {
        let dir = tempfile::tempdir().unwrap();
        let bus = dir.path().join("bus");
        let first = LocalIdentities::open(&bus).unwrap().of("worker-1", Role::Admin).unwrap();
        let text = std::fs::read_to_string(&first).unwrap();
        let again = LocalIdentities::open(&bus).unwrap().of("worker-1", Role::Admin).unwrap();
        assert_eq!(std::fs::read_to_string(&again).unwrap(), text);
        std::fs::remove_file(&again).unwrap();
        let new = LocalIdentities::open(&bus).unwrap().of("worker-1", Role::Admin).unwrap();
        assert_ne!(std::fs::read_to_string(&new).unwrap(), text);
    }
}
