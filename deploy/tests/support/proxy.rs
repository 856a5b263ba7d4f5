//! A network between a node and its NATS server, which a test can cut.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Connections to a server, as long as the network is whole.
pub struct Proxy {
    address: String,
    network: Arc<Mutex<Network>>,
}

#[derive(Default)]
struct Network {
    is_cut: bool,
    streams: Vec<TcpStream>,
}

impl Proxy {
    pub fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let network = Arc::new(Mutex::new(Network::default()));
        let (server, shared) = (server.to_owned(), network.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut network = shared.lock().unwrap();
                if network.is_cut {
                    continue;
                }
                let Ok(onward) = TcpStream::connect(&server) else { continue };
                for (from, to) in [(&stream, &onward), (&onward, &stream)] {
                    carry(from.try_clone().unwrap(), to.try_clone().unwrap());
                    network.streams.push(from.try_clone().unwrap());
                }
            }
        });
        Self { address, network }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends every connection and lets no new one through.
    pub fn cut(&self) {
        let mut network = self.network.lock().unwrap();
        network.is_cut = true;
        for stream in network.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn mend(&self) {
        self.network.lock().unwrap().is_cut = false;
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}
