//! A proxy before a NATS server whose connections can cease to carry anything without being closed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Connections made before the end of the last silence carry nothing any more.
#[derive(Clone, Default)]
pub struct Proxy(Arc<State>);

#[derive(Default)]
struct State {
    /// Connections are numbered; up to this one they are dead.
    dead: AtomicU64,
    made: AtomicU64,
}

/// While this lives, no connection carries anything.
pub struct Silence(Proxy);

impl Proxy {
    /// Starts before the server at this URL; its own URL.
    pub fn before(&self, url: &str) -> String {
        let server = url.strip_prefix("nats://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = self.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let number = proxy.0.made.fetch_add(1, Ordering::SeqCst) + 1;
                let server = TcpStream::connect(&server).unwrap();
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                for (from, to) in [(client, server), back] {
                    let proxy = proxy.clone();
                    std::thread::spawn(move || proxy.carry(number, from, to));
                }
            }
        });
        format!("nats://{address}")
    }

    /// Nothing is carried from now on.
    pub fn swallow(&self) -> Silence {
        self.0.dead.store(u64::MAX, Ordering::SeqCst);
        Silence(self.clone())
    }

    fn carry(&self, number: u64, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let alive = number > self.0.dead.load(Ordering::SeqCst);
            if alive && to.write_all(&bytes[..count]).is_err() {
                return;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let proxy = &self.0.0;
        proxy.dead.store(proxy.made.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}
