//! Finds the addresses of a name with the system's resolver.
//!
//! A lookup occupies a thread until the system answers, even if its call ends earlier. So each
//! version has a limited number of lookups at a time. A version that makes and gives up many calls
//! waits for its own lookups, and does not make others wait.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, FutureExt};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Finds the addresses of a host and port.
pub type Resolver =
    Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Most lookups of one version at a time.
const LOOKUPS_MAX: usize = 32;

/// How long a lookup may take.
pub(super) const TIME_MAX: Duration = Duration::from_secs(10);

/// How long the addresses of a name are remembered: from the query of a client to its connection.
const REMEMBERED_FOR: Duration = Duration::from_secs(5);

/// Most names whose addresses are remembered.
const REMEMBERED_MAX: usize = 256;

/// The system's resolver, for one version.
pub(super) fn system() -> Resolver {
    let lookups = Arc::new(Semaphore::new(LOOKUPS_MAX));
    Arc::new(move |host: String, port| {
        let look = move || Ok((host.as_str(), port).to_socket_addrs()?.collect());
        in_line(lookups.clone(), look)
    })
}

/// The same resolver, which is not asked again for a name that it found a moment ago.
pub(super) fn remembering(resolver: Resolver) -> Resolver {
    type Found = HashMap<String, (Instant, Vec<IpAddr>)>;
    let found: Arc<Mutex<Found>> = Arc::default();
    Arc::new(move |host: String, port| {
        let (resolver, found) = (resolver.clone(), found.clone());
        async move {
            let known =
                found.lock().get(&host).filter(|(at, _)| at.elapsed() < REMEMBERED_FOR).cloned();
            if let Some((_, known)) = known {
                return Ok(known.into_iter().map(|ip| SocketAddr::new(ip, port)).collect());
            }
            let addresses = resolver(host.clone(), port).await?;
            let mut found = found.lock();
            found.retain(|_, (at, _)| at.elapsed() < REMEMBERED_FOR);
            if found.len() < REMEMBERED_MAX {
                let ips = addresses.iter().map(SocketAddr::ip).collect();
                found.insert(host, (Instant::now(), ips));
            }
            Ok(addresses)
        }
        .boxed()
    })
}

/// Looks a name up when one of the version's lookups is free. It stays in use until the lookup
/// ends, even if nobody waits for the result any more.
fn in_line(
    lookups: Arc<Semaphore>,
    look: impl FnOnce() -> io::Result<Vec<SocketAddr>> + Send + 'static,
) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
    async move {
        let turn = lookups.acquire_owned().await.map_err(io::Error::other)?;
        let looking = spawn_blocking(move || {
            let found = look();
            drop(turn);
            found
        });
        looking.await.map_err(io::Error::other)?
    }
    .boxed()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn a_lookup_that_nobody_waits_for_keeps_its_turn() {
        let lookups = Arc::new(Semaphore::new(1));
        let (go, wait) = channel();
        let mut first = in_line(lookups.clone(), move || {
            wait.recv().map_err(io::Error::other)?;
            Ok(Vec::new())
        });
        assert!((&mut first).now_or_never().is_none());
        drop(first);
        assert_eq!(lookups.available_permits(), 0);
        let mut second = in_line(lookups.clone(), || Ok(Vec::new()));
        assert!((&mut second).now_or_never().is_none());
        go.send(()).unwrap();
        assert_eq!(second.await.unwrap(), []);
        assert_eq!(lookups.available_permits(), 1);
    }
}
