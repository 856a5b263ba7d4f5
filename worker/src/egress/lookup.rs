//! Finding the addresses of a name with the system's resolver.
//!
//! A lookup occupies a thread until the system has an answer, and nothing ends it sooner: not the
//! end of the call that asked for it. So each version has a number of lookups of its own, and one
//! that starts and gives up calls all the time waits for its own threads, not the others for them.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::Resolver;

/// Most lookups of one version at a time.
const LOOKUPS_MAX: usize = 32;

/// The system's resolver, for one version.
pub(super) fn system() -> Resolver {
    let lookups = Arc::new(Semaphore::new(LOOKUPS_MAX));
    Arc::new(move |host: String, port| {
        let look = move || Ok((host.as_str(), port).to_socket_addrs()?.collect());
        in_line(lookups.clone(), look)
    })
}

/// Looks a name up when it is its turn. The turn lasts as long as the lookup does, even if
/// nobody waits for it any more.
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
